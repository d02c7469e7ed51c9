from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from six_posts import DOCUMENTS, SPANS

from adetk.classify.losses import LossConfig
from adetk.classify.options import ClassifyOptions
from adetk.classify.train import _rows, oversampled
from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError


def test_of_a_long_ade_post_only_windows_with_a_mention_are_positive(letter_pieces):
    text = "a" * 40 + " pain " + "b" * 40
    tokenizer = Tokenizer(letter_pieces, 16, stride=2)
    told = Document("1", text, ADE, mentions=(Mention(((41, 45),), ADE), Mention(((0, 3),), "DRUG")))
    rows = _rows([told], tokenizer, ClassifyOptions())
    assert len(rows) > 3
    for row in rows:
        spans = [o for o in row.window.offsets if o[1] > o[0]]
        assert row.labels == int(any(start < 45 and end > 41 for start, end in spans))
    assert 0 < sum(r.labels for r in rows) < len(rows)
    assert all(r.labels == 1 for r in _rows([replace(told, mentions=())], tokenizer, ClassifyOptions()))
    assert all(r.labels == 0 for r in _rows([replace(told, label=NO_ADE)], tokenizer, ClassifyOptions()))


def test_with_spans_a_row_says_post_and_pieces(letter_pieces):
    tokenizer = Tokenizer(letter_pieces, 24)
    told = Document("1", "no pain", ADE, mentions=(Mention(((3, 7),), ADE),))
    (row,) = _rows([told], tokenizer, SPANS)
    inside = [1 if end > 3 else 0 for start, end in row.window.offsets if end > start]
    assert row.labels[0] == 1
    assert [mark for mark in row.labels[1:] if mark != -100] == inside
    assert row.labels[1] == row.labels[-1] == -100  # special pieces
    assert len(row.labels) == 1 + len(row.window.ids)
    (without,) = _rows([replace(told, mentions=())], tokenizer, SPANS)
    assert without.labels == [1, *[-100] * len(row.window.ids)]
    (other,) = _rows([replace(told, label=NO_ADE, mentions=())], tokenizer, SPANS)
    assert other.labels[0] == 0
    assert set(other.labels[2:-1]) == {0}
    denied = replace(told, label=NO_ADE, mentions=(replace(told.mentions[0], assertion="negated"),))
    assert _rows([denied], tokenizer, SPANS) == [other]


def test_a_score_softens_the_label_of_its_document(letter_pieces, tmp_path):
    tokenizer = Tokenizer(letter_pieces, 24)
    scored = [Document("1", "pain", ADE, 0.6), Document("2", "pain", NO_ADE, 0.1), Document("3", "pain", ADE)]
    soft = ClassifyOptions(soft_labels=0.5)
    assert [row.labels for row in _rows(scored, tokenizer, soft)] == pytest.approx([0.8, 0.05, 1.0])
    assert [row.labels for row in _rows(scored, tokenizer, ClassifyOptions())] == [1, 0, 1]
    marked = _rows(scored, tokenizer, replace(soft, span_weight=1.0))
    assert [row.labels[0] for row in marked] == pytest.approx([0.8, 0.05, 1.0])
    assert {mark for row in marked for mark in row.labels[1:]} == {-100}  # nobody said where
    with pytest.raises(AdetkError, match="expected cross_entropy"):
        ClassifyOptions(soft_labels=0.5, loss=LossConfig("ldam"))
    with pytest.raises(AdetkError, match="from 0 to 1"):
        ClassifyOptions(soft_labels=2.0)


def test_over_sampling_repeats_ade_windows_evenly_up_to_the_share(letter_pieces):
    rows = _rows(
        DOCUMENTS[:4] + [Document("x", "hello there", NO_ADE)] * 3,
        Tokenizer(letter_pieces, 16),
        ClassifyOptions(),
    )
    ade = [row for row in rows if row.labels == 1]
    assert oversampled(rows, 0.0) == rows
    assert oversampled(rows, len(ade) / len(rows)) == rows
    half = oversampled(rows, 0.5)
    others = len(rows) - len(ade)
    assert sum(row.labels for row in half) == others == len(half) - others
    times = [half.count(row) for row in ade]
    assert max(times) - min(times) <= 1
    assert oversampled(rows[1:2], 0.5) == rows[1:2]
    with pytest.raises(AdetkError, match="ade_share is 1"):
        ClassifyOptions(ade_share=1)
    for share in (7.0, 1.0, -0.5):
        with pytest.raises(AdetkError, match=r"target_prior is .*; expected a share below 1"):
            ClassifyOptions(target_prior=share)
