import numpy as np
import pytest

from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.extract.features import DictionaryFeatures
from adetk.lexicon import Lexicon

TEXT = "dry mouths, pain"
EFFECTS = Lexicon("effects", [("dry mouth", "1"), ("pain", "2")])
PLACES = Lexicon("places", [("mouth", "")])


def tagged(features, backend, text=TEXT, max_length=64):
    """Of each piece its characters and its tags."""
    windows = features(Tokenizer(backend, max_length).windows([text])[0], text)
    return [
        [(text[slice(*o)], tuple(t)) for o, t in zip(w.offsets, w.tags.tolist(), strict=True)]
        for w in windows
    ]


def test_pieces_carry_the_tags_of_their_words(letter_pieces):
    (window,) = tagged(DictionaryFeatures([EFFECTS, PLACES]), letter_pieces)
    assert window == [
        ("", (0, 0)),
        *[("d", (1, 0)), ("r", (2, 0)), ("y", (2, 0))],
        *[("m", (2, 1)), *((letter, (2, 2)) for letter in "ouths")],
        (",", (0, 0)),
        ("pain", (1, 0)),
        ("", (0, 0)),
    ]


def test_byte_pieces_carry_the_same_tags(byte_pieces):
    (window,) = tagged(DictionaryFeatures([EFFECTS]), byte_pieces)
    assert [tag for characters, (tag,) in window if characters in ("d", "m", ",", "p")] == [1, 2, 0, 1]
    assert sum(tag == 1 for _, (tag,) in window) == 2


def test_without_dictionaries_windows_stay_as_they_are(letter_pieces):
    windows = Tokenizer(letter_pieces, 64).windows([TEXT])[0]
    assert DictionaryFeatures([])(windows, TEXT) == windows
    assert windows[0].tags is None


def test_an_entry_over_two_windows_is_tagged_in_both(letter_pieces):
    text = "x" * 8 + " dry mouth"
    windows = tagged(DictionaryFeatures([EFFECTS]), letter_pieces, text, max_length=14)
    assert len(windows) > 1
    assert [(c, t) for own in windows for c, (t,) in own if c == "m"] == [("m", 2)] * 2
    assert all(t == 0 for own in windows for c, (t,) in own if c in ("x", ""))


def test_saved_dictionaries_tag_alike(letter_pieces, tmp_path):
    features = DictionaryFeatures([EFFECTS, PLACES, Lexicon("marks", [("can't sleep", ""), ("5 mg", "")])])
    features.save(tmp_path)
    again = DictionaryFeatures.load(tmp_path, ["effects", "places", "marks"])
    text = "can't sleep, 5 mg of it, dry mouth and PAINS"
    assert tagged(again, letter_pieces, text) == tagged(features, letter_pieces, text)
    assert sum(t[2] > 0 for _, t in tagged(again, letter_pieces, text)[0]) == 13


def test_the_packaged_dictionaries_survive_saving(tmp_path):
    from adetk.dictionaries import open_dictionary

    names = ["ctcae", "symptoms", "patient_phrases", "drugs", "drugs_ru"]
    features = DictionaryFeatures([open_dictionary(name) for name in names])
    features.save(tmp_path)
    again = DictionaryFeatures.load(tmp_path, names)
    for before, after in zip(features.lexicons, again.lexicons, strict=True):
        assert sorted(before.phrases) == sorted(after.phrases)


def test_a_users_own_file_is_a_column_beside_the_packaged_ones(letter_pieces, tmp_path):
    from adetk.dictionaries import open_dictionary

    (tmp_path / "mine.txt").write_text("brain shut off\n\n  Mouth  \n", encoding="utf-8")
    features = DictionaryFeatures([open_dictionary(name, tmp_path) for name in ("ctcae", "mine.txt")])
    assert [lexicon.name for lexicon in features.lexicons] == ["ctcae", "mine"]
    (window,) = tagged(features, letter_pieces, "dry mouth, brain shut off")
    assert [tag for characters, (_, tag) in window if characters in ("d", "m", "b", "f")] == [0, 1, 1, 2, 2]
    assert [tag for characters, (tag, _) in window if characters in ("d", "m", "b", "f")] == [1, 2, 0, 0, 0]
    features.save(tmp_path / "part")
    assert sorted(p.name for p in (tmp_path / "part" / "dictionaries").iterdir()) == ["ctcae.txt", "mine.txt"]


def test_names_that_are_no_dictionary_are_refused(tmp_path):
    from adetk.dictionaries import open_dictionary

    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(AdetkError, match=r"empty\.txt: no phrase in it; expected one a line"):
        open_dictionary("empty.txt", tmp_path)
    with pytest.raises(
        AdetkError, match=r"'symptom': neither one of ctcae, symptoms, patient_phrases, drugs, drugs_ru nor a"
    ):
        open_dictionary("symptom", tmp_path)


def test_two_dictionaries_of_one_name_are_refused():
    with pytest.raises(AdetkError, match="one name twice"):
        DictionaryFeatures([PLACES, Lexicon("places", [("leg", "")])])


def test_tags_are_whole_numbers_of_the_window_length(letter_pieces):
    windows = DictionaryFeatures([EFFECTS])(Tokenizer(letter_pieces, 64).windows([""])[0], "")
    assert windows[0].tags.shape == (2, 1)
    assert windows[0].tags.dtype == np.int64
