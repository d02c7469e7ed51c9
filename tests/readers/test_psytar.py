"""The workbook is built here: a binary file in the repository could not be reviewed."""

import logging
import sys

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus

openpyxl = pytest.importorskip("openpyxl")

SENTENCE_HEADER = ["id", "comment_id", "drug_id", "sentence_index", "sentences"]
SENTENCE_HEADER += ["ADR", "WD", "EF", "INF", "SSI", "DI", "Findings", "others", "rating", "category"]
CODED = " / Made up / Finding"


def sentence(id, post, position, text, **flags):
    row = [id, 1, post, position, text]
    return row + [flags.get(name) for name in SENTENCE_HEADER[5:13]] + [3, "ssri"]


def phrase(post, position, words, umls1=None, umls2=None):
    return [1, post, position, words, umls1, "sct", umls2, None, None]


def workbook():
    """Sheet -> rows, with the traps of the published workbook."""
    header = ["id", "drug_id", "sentence_index", "words", "UMLS1", "SNOMED-CT", "UMLS2", "SNOMED-CT", "mild"]
    return {
        "Sentence_Labeling": [
            SENTENCE_HEADER,
            sentence(
                1, "zorafen.1", 1, " Sore LEFT and right thumb, itch by day, itch by night.", ADR=1, EF=1
            ),
            sentence(2, "zorafen.1", 2, None, others=1),
            sentence(3, "zorafen.1", 3, "Took it for gout.", DI="!", others=1),
            sentence(
                4,
                "zorafen.1",
                3,
                "Gout eased, ear buzz came; buzz went once I quit.",
                ADR=1,
                WD=1,
                SSI=1,
                DI=1,
            ),
            sentence(1, "lumerade.1", 1, "Slept well.", EF=1, INF=1),
            [None] * 5 + ["=SUM(F1:F6)"] * 8 + [None, None],
        ],
        "ADR_Mapped": [
            header,
            phrase("zorafen.1", 1, "sore thumb", "c9000001" + CODED, "C9000002" + CODED),
            phrase("zorafen.1", 1, "itch", "C9000003" + CODED),
            phrase("zorafen.1", 1, "itch", "C9000003" + CODED),
            phrase("zorafen.1", 1, "thumb twitch", "C9000004" + CODED),
            phrase("zorafen.1", 3, "ear buzz", "odd feeling", "No code"),
            phrase("zorafen.9", 1, "nowhere", "C9000005" + CODED),
            [None] * 9,
        ],
        "WD-Mapped ": [header, phrase("zorafen.1", 3, "buzz", "C9000006" + CODED)],
        "SSI_Mapped": [
            header,
            phrase("zorafen.1", 3, "gout", "c9000007/gout/finding"),
            phrase(None, None, "gout"),
        ],
        "DI_Mapped": [header, phrase("zorafen.1", 3, "gout"), phrase("zorafen.1", 3, None)],
    }


@pytest.fixture
def save(tmp_path):
    """A function that writes sheets as PsyTAR's workbook and returns the folder of corpora."""

    def write(sheet_to_rows):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheet_to_rows.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        (tmp_path / "psytar").mkdir()
        book.save(tmp_path / "psytar" / "PsyTAR_dataset.xlsx")
        return tmp_path

    return write


def codes(*values):
    return (frozenset(values),)


def test_all(save):
    assert read_corpus("psytar", "all", save(workbook())) == [
        Document(
            "zorafen.1:1",
            " Sore LEFT and right thumb, itch by day, itch by night.",
            label="ADE",
            mentions=(
                Mention(((1, 5), (21, 26)), gold=codes("C9000001", "C9000002")),
                Mention(((28, 32),), gold=codes("C9000003")),
                Mention(((41, 45),), gold=codes("C9000003")),
            ),
            meta={"drug": "zorafen", "post": "1", "EF": "1"},
        ),
        Document("zorafen.1:2", "", label="noADE", meta={"drug": "zorafen", "post": "1"}),
        # The position stands twice; its mentions belong to the sentence that is labelled with their kind.
        Document("zorafen.1:3", "Took it for gout.", label="noADE", meta={"drug": "zorafen", "post": "1"}),
        Document(
            "zorafen.1:4",
            "Gout eased, ear buzz came; buzz went once I quit.",
            label="ADE",
            mentions=(
                Mention(((12, 20),), gold=()),
                Mention(((16, 20),), label="WD"),
                Mention(((0, 4),), label="INDICATION"),  # SSI and DI on the same words
            ),
            meta={"drug": "zorafen", "post": "1", "WD": "1", "SSI": "1", "DI": "1"},
        ),
        Document(
            "lumerade.1:1",
            "Slept well.",
            label="noADE",
            meta={"drug": "lumerade", "post": "1", "EF": "1", "INF": "1"},
        ),
    ]


def test_dropped_mentions_are_counted_once(save, caplog):
    with caplog.at_level(logging.WARNING, logger="adetk.readers.psytar"):
        read_corpus("psytar", "all", save(workbook()))
    messages = [record.getMessage() for record in caplog.records if record.name == "adetk.readers.psytar"]
    assert messages == ["psytar all: mentions dropped, not found in their sentence: 2 ADR, 1 DI, 1 SSI"]


def test_posts_stay_together(save):
    root = save(workbook())
    assert [document.id for document in read_corpus("psytar", "train", root)] == [
        f"zorafen.1:{number}" for number in (1, 2, 3, 4)
    ]
    assert [document.id for document in read_corpus("psytar", "test", root)] == ["lumerade.1:1"]


def test_missing_sheet(save):
    sheets = workbook()
    del sheets["WD-Mapped "]
    with pytest.raises(AdetkError, match=r"PsyTAR_dataset\.xlsx: no sheet WD-Mapped; expected"):
        read_corpus("psytar", "all", save(sheets))


def test_missing_column(save):
    sheets = workbook()
    sheets["Sentence_Labeling"][0] = ["x" if name == "SSI" else name for name in SENTENCE_HEADER]
    with pytest.raises(AdetkError, match="sheet Sentence_Labeling has no column SSI"):
        read_corpus("psytar", "all", save(sheets))


def test_shifted_column(save):
    sheets = workbook()
    sheets["DI_Mapped"][0] = ["new", *sheets["DI_Mapped"][0]]
    with pytest.raises(AdetkError, match="sheet DI_Mapped has 'id' in column 2; expected drug_id"):
        read_corpus("psytar", "all", save(sheets))


def test_not_a_workbook(tmp_path):
    (tmp_path / "psytar").mkdir()
    with pytest.raises(AdetkError, match=r"xlsx: cannot be read \(No such file or directory\)"):
        read_corpus("psytar", "all", tmp_path)
    (tmp_path / "psytar" / "PsyTAR_dataset.xlsx").write_text("no zip")
    with pytest.raises(AdetkError, match=r"xlsx: not an Excel workbook"):
        read_corpus("psytar", "all", tmp_path)


def test_without_openpyxl(save, monkeypatch):
    root = save(workbook())
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(AdetkError, match=r"openpyxl is not installed; run: pip install adetk\[train\]$"):
        read_corpus("psytar", "all", root)


def test_real(corpora, caplog):
    splits = {split: read_corpus("psytar", split, corpora) for split in ("train", "dev", "test", "all")}
    counted = {split: count(documents) for split, documents in splits.items()}
    keys = ("documents", "ADE documents", "ADE", "WD", "INDICATION")
    assert {split: tuple(counts[key] for key in keys) for split, counts in counted.items()} == {
        "train": (4_928, 1_776, 3_828, 464, 1_016),
        "dev": (471, 160, 394, 40, 91),
        "test": (610, 232, 493, 63, 122),
        "all": (6_009, 2_168, 4_715, 567, 1_229),
    }
    posts = {
        split: {(document.meta["drug"], document.meta["post"]) for document in documents}
        for split, documents in splits.items()
    }
    assert len(posts["all"]) == 891
    assert sum(len(posts[split]) for split in ("train", "dev", "test")) == 891
    assert (splits["all"][0].id, splits["all"][-1].id) == ("lexapro.1:1", "effexorXR.228:1549")
    assert splits["all"][0].mentions[0].gold == codes("C0000765")
    assert len({document.id for document in splits["all"]}) == 6_009
    assert caplog.records[-1].getMessage() == (
        "psytar all: mentions dropped, not found in their sentence: 98 ADR, 13 DI, 18 SSI, 23 WD"
    )
