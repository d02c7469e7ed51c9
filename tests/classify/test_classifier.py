import numpy as np
import pytest

from adetk.classify.calibration import Calibration
from adetk.classify.classifier import Classifier
from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.encoder import Tokenizer


@pytest.fixture
def pain(letter_pieces):
    """A made-up network: as many logits for ADE as there are `pain` pieces in the window, less one."""
    return lambda batch: np.stack(
        [np.zeros(len(batch.input_ids)), (batch.input_ids == letter_pieces.token_to_id("pain")).sum(1) - 1.0],
        axis=1,
    ).astype(np.float32)


def test_label_and_score_are_set_and_all_else_stays(letter_pieces, pain):
    classifier = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration())
    mention = Mention(((0, 4),), ADE)
    (document,) = classifier([Document("7", "pain! pain", NO_ADE, 0.1, (mention,), {"a": "b"})])
    assert (document.label, document.score) == (ADE, pytest.approx(1 / (1 + np.exp(-1))))
    assert (document.id, document.mentions, document.meta) == ("7", (mention,), {"a": "b"})


def test_a_score_at_the_threshold_is_an_ade_post(letter_pieces, pain):
    classifier = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration(threshold=0.5))
    assert [d.label for d in classifier([Document("1", "pain"), Document("2", "none")])] == [ADE, NO_ADE]
    above = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration(threshold=np.nextafter(0.5, 1)))
    assert [d.label for d in above([Document("1", "pain")])] == [NO_ADE]


def test_a_long_post_is_as_sure_as_its_surest_window(letter_pieces, pain):
    long = "x" * 40 + " pain pain " + "y" * 40
    classifier = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration())
    assert classifier.logits([Document("1", long), Document("2", "pain")]).tolist() == [[0, 1], [0, 0]]


def test_posts_are_cleaned_before_they_are_cut(letter_pieces, pain):
    classifier = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration())
    first, second = classifier.scores([Document("1", "@pain no"), Document("2", "pain no")])
    assert first < second


def test_posts_come_lazily_in_order_whatever_the_batch(letter_pieces, pain):
    taken = []

    def stream(n):
        for i in range(n):
            taken.append(i)
            yield Document(str(i), "pain " * (i % 4))

    classifier = Classifier(Tokenizer(letter_pieces, 16), pain, Calibration())
    few = classifier(stream(10**9), batch_size=4)
    assert next(few).id == "0"
    assert taken == [0, 1, 2, 3]
    assert list(classifier(stream(11), batch_size=1)) == list(classifier(stream(11), batch_size=5))
    assert list(classifier([])) == []


def test_a_post_said_twice_is_read_once_and_answered_twice(letter_pieces, pain):
    def counted(batch):
        sizes.append(len(batch.input_ids))
        return pain(batch)

    sizes = []
    classifier = Classifier(Tokenizer(letter_pieces, 16), counted, Calibration())
    posts = [Document(str(n), text) for n, text in enumerate(["pain", "no", "pain pain", "no", "pain"])]
    assert classifier.logits(posts)[:, 1].tolist() == [0, -1, 1, -1, 0]
    assert sum(sizes) == 3
