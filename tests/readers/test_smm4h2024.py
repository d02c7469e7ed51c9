import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import read_corpus

POST = 'the ill pills: ill, ""Dizzy"" 😵 dizzy &amp; legs\u2028 that wobble'


def codes(code):
    return (frozenset({code}),)


def test_words_are_found_in_their_tweet(fixtures, caplog):
    assert read_corpus("smm4h2024", "valid", fixtures) == [
        Document(
            "fix15",
            POST,
            "ADE",
            mentions=(
                Mention(((4, 7),), gold=codes("90000001")),  # not the middle of "pills"
                Mention(((32, 37),), gold=codes("90000002")),  # in its own case
                Mention(((22, 27),), gold=codes("90000003")),
                Mention(((15, 18),), gold=()),  # said again: the next place
                Mention(((4, 7),), gold=codes("90000004")),  # no place is left
                Mention(((44, 48), (55, 61)), gold=codes("90000005")),
            ),
        ),
        Document("fix16", "lumerade refill", "noADE"),
        Document("fix17", "lumerade, uh", "ADE"),
    ]
    path = fixtures / "smm4h2024" / "Dev_2024" / "gold_annotations_for_evaluation.tsv"
    assert sorted(caplog.messages) == [
        f"{path}: 1 annotations left out, their words are not in their tweet",
        f"{path}: 1 rows that repeat another were left out",
    ]


def test_rows_with_offsets(fixtures):
    assert read_corpus("smm4h2024", "train", fixtures) == [
        Document(
            "fix18", "zorafen: 😵 dizzy", "ADE", mentions=(Mention(((11, 16),), gold=codes("90000002")),)
        )
    ]


def test_test_is_unlabelled(fixtures):
    assert read_corpus("smm4h2024", "test", fixtures) == [Document("fix19", "zorafen?")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fix18\tADE", "fix18", r"complete\.tsv:1: 5 tab-separated cells; expected 3 or 6"),
        ("fix18", "fix81", r"complete\.tsv:1: tweet fix81 is not in the split's tweets"),
        ("\t16\t", "\t15\t", r"complete\.tsv:1: offsets 11 15 give 'dizz'; expected 'dizzy'"),
        ("90000002", "dizzy", r"complete\.tsv:1: code 'dizzy'; expected digits or -"),
    ],
)
def test_bad_rows(copied, edit, old, new, message):
    edit(copied / "smm4h2024" / "Train_2024" / "gold_annotations_complete.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2024", "train", copied)


def test_missing_files(copied):
    (copied / "smm4h2024" / "Train_2024" / "gold_annotations_complete.tsv").unlink()
    with pytest.raises(AdetkError, match=r"Train_2024: no gold_annotations\*\.tsv in it; expected the annot"):
        read_corpus("smm4h2024", "train", copied)
    (copied / "smm4h2024" / "Train_2024").rename(copied / "smm4h2024" / "elsewhere")
    with pytest.raises(AdetkError, match=r"smm4h2024: no folder Train_2024 or train in it"):
        read_corpus("smm4h2024", "train", copied)
