"""The rows of SMM4H 2019 Tasks 2 and 3 and of 2020 Task 3."""

import shutil

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import read_corpus

POST = '""zorafen"" &amp; me: ears buzz 😵 then WOBBLY legs \u2028 for the itch'
TRAIN = "smm4h2019/TrainData1.tsv"


def codes(code):
    return (frozenset({code}),)


def test_original_files(fixtures, caplog):
    assert read_corpus("smm4h2019", "train", fixtures) == [
        Document(
            "fix1",
            POST,
            "ADE",
            mentions=(
                Mention(((22, 31),), gold=codes("90000001")),
                Mention(((39, 50),), gold=codes("90000002")),
                Mention(((39, 50),), gold=codes("90000003")),
                Mention(((61, 65),), label="INDICATION", gold=None),
            ),
            meta={"drug": "zorafen"},
        ),
        Document("fix2", "lumerade day two, nothing to say", "noADE", meta={"drug": "lumerade"}),
        Document(
            "fix3",
            "slept with zorafen + lumerade, slept in the bus",
            "ADE",
            mentions=(Mention(((0, 5),), gold=()), Mention(((31, 36),), gold=codes("90000004"))),
            meta={"drug": "zorafen; lumerade"},
        ),
    ]
    assert caplog.messages == [f"{fixtures / TRAIN}: 1 rows that repeat another were left out"]


def test_the_csv_copy(fixtures, tmp_path):
    shutil.copytree(fixtures / "smm4h2019_copy", tmp_path / "smm4h2019")
    assert read_corpus("smm4h2019", "train", tmp_path) == [
        Document(
            "fix4",
            '"zorafen", he said:\nears buzz, 😵 ""all"" day &amp; night',
            "ADE",
            mentions=(Mention(((20, 29),), gold=codes("90000001")),),
            meta={"drug": "zorafen"},
        ),
        Document("fix5", "lumerade day two, nothing to say", "noADE"),
    ]


def test_2020(fixtures):
    assert read_corpus("smm4h2020_spans", "train", fixtures) == [
        Document(
            "fix6",
            "lumerade rash, day two",
            "ADE",
            mentions=(Mention(((9, 13),), gold=codes("90000005")),),
            meta={"drug": "lumerade"},
        ),
        Document("fix7", "no words", "noADE"),
    ]
    assert read_corpus("smm4h2020_spans", "valid", fixtures) == [
        Document("fix8", "zorafen refill", "noADE", meta={"drug": "zorafen"})
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fix6\t9\t13", "fix6\t9\t12", r"training\.tsv:2: offsets 9 12 give 'ras'; expected 'rash'"),
        ("fix6\t9\t13", "fix6\t9\t99", r"training\.tsv:2: span 9-99; expected .* <= 22"),
        ("fix6\t9\t13", "fix6\t9\tx", r"training\.tsv:2: 'x'; expected a whole number"),
        ("fix6\t9\t13", "fix6\t\t", r"training\.tsv:2: words 'rash' without offsets; expected begin and end"),
        ("\tADR\t", "\tRash\t", r"type 'Rash'; expected one of ADR, Indication"),
        ("90000005", "9x", r"'9x'; expected a whole number"),
        ("\t90000005\tRash made up", "", r"training\.tsv:2: 7 tab-separated cells; expected 9"),
        ("fix7", "fix6", r"training\.tsv:3: tweet fix6 has another text than at .*training\.tsv:2; expected"),
    ],
)
def test_bad_rows(copied, edit, old, new, message):
    edit(copied / "smm4h2020_spans" / "task3_training.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2020_spans", "train", copied)


def test_a_tweet_in_two_files(copied):
    shutil.copy(copied / TRAIN, copied / "smm4h2019" / "TrainData3.tsv")
    with pytest.raises(AdetkError, match=r"TrainData3\.tsv: tweet fix1 stands in another file too"):
        read_corpus("smm4h2019", "train", copied)


def test_neither_form_is_there(tmp_path):
    (tmp_path / "smm4h2019").mkdir()
    with pytest.raises(AdetkError, match=r"SMM4H19_Task2\.csv: cannot be read"):
        read_corpus("smm4h2019", "train", tmp_path)


def test_csv_without_a_column(fixtures, tmp_path, edit):
    shutil.copytree(fixtures / "smm4h2019_copy", tmp_path / "smm4h2019")
    edit(tmp_path / "smm4h2019" / "SMM4H19_Task2.csv", "extraction,", "words,")
    with pytest.raises(AdetkError, match="no column 'extraction'; expected it in the first row"):
        read_corpus("smm4h2019", "train", tmp_path)
