from itertools import pairwise

import numpy as np
import pytest

from adetk.encoder import Batch, Graph, Tokenizer, Window, pad, run_windows
from adetk.errors import AdetkError


def window(*ids, tags=None):
    return Window(list(ids), [(0, 0)] * len(ids), [None] * len(ids), tags)


def test_a_text_that_fits_is_one_window_with_special_pieces(letter_pieces):
    (found,) = Tokenizer(letter_pieces, 12).windows(["Sick, ok"])[0]
    assert found.ids == [letter_pieces.token_to_id(p) for p in ("[CLS]", "sick", ",", "o", "##k", "[SEP]")]
    assert found.offsets == [(0, 0), (0, 4), (4, 5), (6, 7), (7, 8), (0, 0)]
    assert found.words == [None, 0, 1, 2, 2, None]


def test_windows_of_a_long_text_cover_every_piece_and_overlap_by_the_stride(letter_pieces):
    text = "x" * 50
    windows = Tokenizer(letter_pieces, 12, stride=4).windows([text])[0]
    starts = [[s for s, e in w.offsets if e > s] for w in windows]
    assert sorted({s for own in starts for s in own}) == list(range(50))
    assert all(len(w.ids) <= 12 for w in windows)
    for earlier, later in pairwise(starts):
        assert earlier[-4:] == later[:4]


def test_a_piece_begins_at_its_first_letter_not_at_the_space_before(sentence_pieces):
    text = "my  pain, my skin"
    (window,) = Tokenizer(sentence_pieces, 32).windows([text])[0]
    found = [text[start:end] for start, end in window.offsets]
    assert "pain" in found
    assert found.count("my") == 2
    assert all(piece == piece.strip() for piece in found)
    assert sorted(c for piece in found for c in piece) == sorted(text.replace(" ", ""))


def test_the_stride_is_a_quarter_of_the_window_unless_said(letter_pieces):
    assert Tokenizer(letter_pieces, 48).stride == 12
    assert Tokenizer(letter_pieces, 48, stride=0).stride == 0


def test_texts_keep_their_order_and_an_empty_one_has_a_window(letter_pieces):
    windows = Tokenizer(letter_pieces, 12).windows(["a", "", "b" * 30])
    assert [len(own) for own in windows] == [1, 1, 4]
    assert len(windows[1][0].ids) == 2


def test_the_padding_piece_is_the_tokenizers_own(letter_pieces, byte_pieces):
    assert Tokenizer(letter_pieces, 12).pad_id == 0
    assert Tokenizer(byte_pieces, 12).pad_id == 1


def test_a_saved_tokenizer_cuts_alike(letter_pieces, tmp_path):
    tokenizer = Tokenizer(letter_pieces, 12)
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.from_file(tmp_path / "tokenizer.json", 12)
    assert again.windows(["a long enough text, twice"]) == tokenizer.windows(["a long enough text, twice"])
    longer = Tokenizer.from_file(tmp_path / "tokenizer.json", 64)  # the saved truncation does not stay
    assert len(longer.windows(["a long enough text, twice"])[0]) == 1
    with pytest.raises(AdetkError, match=r"no tokenizer there; expected a tokenizer\.json"):
        Tokenizer.from_file(tmp_path / "absent.json", 12)


def test_pad_fills_up_to_the_longest():
    batch = pad([window(5, 6, 7), window(8)], pad_id=1)
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.tags is None
    assert set(batch.feeds()) == {"input_ids", "attention_mask"}


def test_pad_fills_dictionary_tags_with_outside():
    batch = pad([window(5, tags=np.array([[1, 2]])), window(6, 7, tags=np.array([[0, 1], [2, 0]]))], 0)
    assert batch.tags.tolist() == [[[1, 2], [0, 0]], [[0, 1], [2, 0]]]
    assert set(batch.feeds()) == {"input_ids", "attention_mask", "tags"}


def test_run_windows_gives_back_the_order_and_equals_one_by_one():
    def network(batch: Batch):
        sizes.append(len(batch.input_ids))
        return (batch.input_ids * batch.attention_mask).sum(1, keepdims=True).astype(np.float32)

    sizes = []
    windows = [window(*range(1, 1 + n)) for n in (5, 1, 4, 2, 3, 1, 7)]
    together = run_windows(network, windows, 9, batch_size=3)
    assert sizes == [3, 3, 1]
    assert [out.tolist() for out in together] == [run_windows(network, [w], 9)[0].tolist() for w in windows]
    assert [out[0] for out in together] == [15, 1, 10, 3, 6, 1, 28]
    assert run_windows(network, [], 9) == []


def test_a_batch_is_padded_to_a_multiple_of_pieces():
    batch = pad([window(5, 6, 7), window(8)], 9, multiple=4)
    assert batch.input_ids.tolist() == [[5, 6, 7, 9], [8, 9, 9, 9]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
    assert pad([window(1, 2, 3, 4)], 9, multiple=4).input_ids.shape == (1, 4)


def test_rows_that_do_not_depend_on_their_neighbours_are_padded_no_more_than_they_need():
    def run(feeds):
        shapes.append(feeds["input_ids"].shape)
        return feeds["attention_mask"].sum(1, keepdims=True).astype(np.float32)

    shapes = []
    windows = [window(*range(1, 1 + n)) for n in (5, 1, 4, 2, 9, 3, 8, 1)]
    outputs = run_windows(
        Graph(run, {"input_ids", "attention_mask"}, 1, multiple=4), windows, 0, batch_size=4
    )
    assert shapes == [(4, 4), (1, 4), (2, 8), (1, 12)]
    assert [int(out[0]) for out in outputs] == [5, 1, 4, 2, 9, 3, 8, 1]


def test_a_runtime_meets_few_shapes_whatever_the_number_of_posts():
    def run(feeds):
        shapes.add(feeds["input_ids"].shape)
        return feeds["input_ids"][:, :1].astype(np.float32)

    shapes = set()
    graph = Graph(run, {"input_ids"}, 1, multiple=16)
    for number in range(100):
        windows = [window(1 + n, *range(n % 40)) for n in range(number)]
        outputs = run_windows(graph, windows, 0)
        assert [int(out[0]) for out in outputs] == list(range(1, 1 + number))
    assert {n for n, _ in shapes} == {1, 2, 3, *range(4, 33, 4)}
    assert {length for _, length in shapes} == {16, 32, 48}
