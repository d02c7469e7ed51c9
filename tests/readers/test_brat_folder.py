"""Folders that brat itself, or another program, has left; what adetk writes is in test_export."""

import logging

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import read_brat


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b.txt").write_text("Zorafen: ears buzz\nand hum")
    (tmp_path / "b.ann").write_text(
        "T2\tADR 14 18;19 22\tbuzz and\n"
        "T1\tDrug 0 7\tZorafen\n"
        "T3\tADR 23 26;9 13\thum ears\n"
        "R1\tAbout Arg1:T2 Arg2:T1\t\n"
        "A1\tAssertion T3 negated\n"
        "#1\tAnnotatorNotes T2\tcodes: 90000001\n"
        "#2\tAnnotatorNotes T3\tnot sure about this one\n"
    )
    (tmp_path / "a.txt").write_text("no annotations yet")
    return tmp_path


def test_without_documents_file(folder):
    assert list(read_brat(folder)) == [
        Document("a", "no annotations yet"),
        Document(
            "b",
            "Zorafen: ears buzz\nand hum",
            mentions=(
                Mention(((14, 22),), label="ADR", drug=1, gold=(frozenset({"90000001"}),)),
                Mention(((0, 7),), label="Drug"),
                Mention(((9, 13), (23, 26)), label="ADR", assertion="negated"),
            ),
        ),
    ]


def test_documents_file_gives_order_and_names_some(folder):
    (folder / "documents.jsonl").write_text(
        '{"file": "b", "id": "x/1", "label": "ADE", "meta": {"k": "v"}}\n'
    )
    found = list(read_brat(folder))
    assert [(document.id, document.label, document.meta) for document in found] == [
        ("x/1", "ADE", {"k": "v"}),
        ("a", None, {}),
    ]


def test_terms_of_brat_s_own_are_codes(folder, caplog):
    with (folder / "b.ann").open("a") as file:
        file.write("N1\tReference T3 MedDRA:10028813\tNausea\nN2\tReference T2 MedDRA:1\tAnother\n")
        file.write(
            "N3\tReference T1 ATC:A1\tone\nN4\tReference T1 ATC:B2\ttwo\n*\tEquiv T2 T3\nM1\tSure T2\n"
        )
    with caplog.at_level(logging.WARNING, logger="adetk.readers.brat_folder"):
        mentions = list(read_brat(folder))[1].mentions
    assert [mention.gold for mention in mentions] == [
        (frozenset({"90000001"}),),  # adetk's own note stands before
        None,
        (frozenset({"10028813"}),),
    ]
    assert (
        "1 attributes Sure, 1 equivalences, 1 mentions with several terms (taken as without)" in caplog.text
    )


def test_a_byte_order_mark_is_no_brat_line(folder):
    whole = list(read_brat(folder))
    for name in ("b.ann",):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert list(read_brat(folder)) == whole


@pytest.mark.parametrize(
    "line",
    [
        "A2\tAssertion T9 negated",
        "R2\tAbout Arg1:T8 Arg2:T1",
        "#3\tAnnotatorNotes T7\tcodes: 90000001",
        "N1\tReference T6 MedDRA:1\tx",
    ],
)
def test_what_is_said_of_an_unknown_annotation_is_refused(folder, line):
    with (folder / "b.ann").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(AdetkError, match=r"b\.ann: .* names T[6-9]; expected one of the file's T ids"):
        list(read_brat(folder))


def test_what_has_no_place_is_counted(folder, caplog):
    with (folder / "b.ann").open("a") as file:
        file.write("A2\tSevere T2\nR2\tNear Arg1:T2 Arg2:T3\nE1\tADR:T2\nR3\tAbout Arg1:T2 Arg2:T3\n")
    with caplog.at_level(logging.WARNING, logger="adetk.readers.brat_folder"):
        mentions = list(read_brat(folder))[1].mentions
    assert mentions[0].drug is None
    assert caplog.messages == [
        f"{folder}: left out, as mentions have no place for them: 1 attributes Severe, 1 events, "
        "1 mentions about several drugs (taken as about none), 1 relations Near"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("b.ann", "0 7", "0 6", r"b\.ann:2: offsets 0 6 give 'Zorafe'; expected 'Zorafen'"),
        (
            "b.ann",
            "negated",
            "denied",
            r"b\.ann: Assertion of T3 is 'denied'; expected one of present, negated",
        ),
        ("b.ann", "Arg2:T1", "Arg2:T9", r"b\.ann: About names T9; expected one of the file's T ids"),
        ("b.ann", "90000001", "9 or 8", r"b\.ann:6: codes '9 or 8'; expected codes joined by /"),
        ("b.ann", "90000001", "9 + none", r"b\.ann:6: codes '9 \+ none'; expected codes joined by /"),
    ],
)
def test_broken_convention(folder, edit, file, old, new, message):
    edit(folder / file, old, new)
    with pytest.raises(AdetkError, match=message):
        list(read_brat(folder))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", r"documents\.jsonl:1: no JSON object"),
        ('{"id": "1"}', r"documents\.jsonl:1: file is missing"),
        ('{"file": "b"}', r"documents\.jsonl:1: id is missing"),
        ('{"file": "z", "id": "1"}', r"z\.txt: cannot be read"),
        (
            '{"file": "b", "id": "1"}\n{"file": "b", "id": "2"}',
            r"documents\.jsonl:2: b stands here a second time",
        ),
        (
            '{"file": "b", "id": "1", "label": "yes"}',
            r"documents\.jsonl:1: label is 'yes'; expected one of ADE",
        ),
    ],
)
def test_bad_documents_file(folder, line, message):
    (folder / "documents.jsonl").write_text(line + "\n")
    with pytest.raises(AdetkError, match=message):
        list(read_brat(folder))


def test_no_text(tmp_path):
    with pytest.raises(AdetkError, match=r"no \.txt file; expected a folder of brat texts"):
        list(read_brat(tmp_path))
