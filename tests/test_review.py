import json
from dataclasses import replace

import pytest

from adetk.document import DRUG, Concept, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import Writer, read_documents
from adetk.io.sheet import read_sheet, write_sheet
from adetk.normalize.synonyms import read_synonyms, write_synonyms
from adetk.normalize.terminology import Terminology
from adetk.review import COLUMNS, collected, refuse_decided
from adetk.review_apply import ReviewPlaces, apply_review

TERMS = Terminology(
    "Invented",
    "1",
    "",
    {
        "1": Concept("1", "Rash", "LLT", parent_id="1"),
        "2": Concept("2", "Cough", "LLT", parent_id="2"),
        "3": Concept("3", "Hum", "LLT", parent_id="3"),
        "4": Concept("4", "Old hum", "LLT", parent_id="3", is_current=False),
    },
)


def link(code, score=0.4, **fields):
    return TERMS.link(code, score=score, method="similarity", **fields)


def post(identifier, text, *surfaces_and_links):
    mentions = []
    for surface, links in surfaces_and_links:
        start = text.index(surface)
        mentions.append(Mention(((start, start + len(surface)),), status="review", links=links))
    return Document(identifier, text, "ADE", 0.9, tuple(mentions), {"site": "a"})


POSTS = [
    post("1", "day 2: red dots\tand barking", ("red dots", (link("1"), link("3", 0.1))), ("barking", (link("2"),))),
    post("2", "ears humming", ("ears humming", (link("2"), link("3", 0.2)))),
    post("3", "dots, bark", ("dots, bark", (link("1", conjunct=0), link("2", 0.3, conjunct=1), link("3", 0.1)))),
    post("4", "all fine here", ("fine", (link("3", 0.2),))),
    Document("5", "nothing"),
]  # fmt: skip
RED, BARK, EARS, JOINED, FINE = range(5)


@pytest.fixture
def places(tmp_path):
    """The output and the sheet of a run."""
    found = ReviewPlaces(
        tmp_path / "review.tsv", tmp_path / "coded.jsonl", tmp_path / "audit.jsonl", tmp_path / "own.tsv"
    )
    with Writer(found.output) as writer:
        for document in collected(iter, found.sheet)(POSTS):
            writer.write(document)
    return found


def decide(places, *decisions):
    """Fill rows in as a coder does: `(row, {column: cell})`."""
    rows = [row for _, row in read_sheet(places.sheet, COLUMNS)]
    for number, cells in decisions:
        rows[number] = {**rows[number], "reviewer": "ann", **cells}
    write_sheet(places.sheet, COLUMNS, rows)


def accept(row, **cells):
    return row, {"decision": "accept", **cells}


def correct(row, code, **cells):
    return row, {"decision": "correct", "code": code, **cells}


def reject(row, **cells):
    return row, {"decision": "reject", **cells}


def answers(places):
    """Status and answered codes of each mention."""
    return [
        (m.status, [link.concept_id for link in m.answers])
        for d in read_documents(places.output)
        for m in d.mentions
    ]


def log(places):
    return [json.loads(line) for line in places.audit.read_text(encoding="utf-8").splitlines()]


def test_the_sheet_shows_what_a_coder_needs(places):
    rows = [row for _, row in read_sheet(places.sheet, COLUMNS)]
    assert [row["id"] for row in rows] == ["1", "1", "2", "3", "4"]
    assert rows[RED] == {
        "id": "1",
        "spans": "7 15",
        "verbatim": "red dots",
        "context": "day 2: red dots and barking",
        "proposed_code": "1",
        "proposed_name": "Rash",
        "score": "0.400",
        "alternatives": "3 Hum 0.100",
        "terminology": "Invented 1",
        **dict.fromkeys(("decision", "code", "comment", "reviewer"), ""),
        "mention": rows[RED]["mention"],
    }
    assert len({row["mention"] for row in rows}) == len(rows)
    assert all(row["mention"].startswith("m") for row in rows)  # no number to a spreadsheet
    joined = rows[JOINED]
    assert (joined["proposed_code"], joined["proposed_name"], joined["score"]) == (
        "1 + 2",
        "Rash + Cough",
        "0.300",
    )
    assert joined["alternatives"] == "3 Hum 0.100"


def test_decisions_come_back_into_output_synonyms_and_log(places):
    decide(
        places,
        accept(RED, comment="plain"),
        correct(EARS, "3", reviewer="bob"),
        (JOINED, {"decision": "Accept"}),
        reject(FINE),
    )
    counts = apply_review(places, TERMS)
    assert counts == {"accepted": 2, "corrected": 1, "rejected": 1, "unchanged": 0, "open": 1}
    assert answers(places) == [
        ("coded", ["1"]),
        ("review", []),
        ("coded", ["3"]),
        ("coded", ["1", "2"]),
        ("none", []),
    ]
    documents = list(read_documents(places.output))
    assert [replace(d, mentions=()) for d in documents] == [replace(d, mentions=()) for d in POSTS]
    corrected = documents[1].mentions[0].links
    assert [(x.concept_id, x.method, x.score) for x in corrected] == [
        ("3", "review", 1.0),
        ("2", "similarity", 0.4),
    ]
    assert read_synonyms(places.synonyms, TERMS) == {"red dots": "1", "ears humming": "3"}
    entries = log(places)
    assert [(e["reviewer"], e["decision"], e["id"]) for e in entries] == [
        ("ann", "accept", "1"),
        ("bob", "correct", "2"),
        ("ann", "accept", "3"),
        ("ann", "reject", "4"),
    ]
    assert entries[0]["before"] == {"status": "review", "codes": []}
    assert entries[0]["after"] == {"status": "coded", "codes": [["1", "Rash"]]}
    assert entries[2]["after"]["codes"] == [["1", "Rash"], ["2", "Cough"]]
    assert (entries[0]["comment"], entries[0]["terminology"], entries[0]["verbatim"]) == (
        "plain",
        "Invented 1",
        "red dots",
    )
    assert entries[0]["at"].endswith("+00:00")


def test_applying_again_changes_and_logs_only_what_is_new(places):
    decide(places, accept(RED))
    apply_review(places, TERMS)
    once = places.output.read_bytes()
    assert apply_review(places, TERMS)["unchanged"] == 1
    assert places.output.read_bytes() == once
    assert len(log(places)) == 1
    decide(places, accept(RED), accept(BARK))
    assert apply_review(places, TERMS)["accepted"] == 1
    places.synonyms.unlink()
    decide(places, correct(RED, "2"))
    assert apply_review(places, TERMS)["corrected"] == 1
    assert log(places)[-1]["before"]["codes"] == [["1", "Rash"]]
    assert answers(places)[:2] == [("coded", ["2"]), ("coded", ["2"])]


def test_a_correction_may_join_two_terms(places):
    decide(places, correct(RED, "1 + 3"), correct(JOINED, "2"))
    apply_review(places, TERMS)
    assert [codes for _, codes in answers(places)] == [["1", "3"], [], [], ["2"], []]
    assert read_synonyms(places.synonyms, TERMS) == {"dots, bark": "2"}  # a phrase of one term


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ([correct(RED, "99")], "row 2: code '99' is no term of Invented 1"),
        ([correct(RED, "4")], r"row 2: code 4 \(Old hum\) is not current in Invented 1; use 3 Hum"),
        ([correct(RED, "")], "row 2: decision correct without a code"),
        ([accept(RED, code="3")], "row 2: decision accept, but code '3' is not the proposed '1'"),
        ([reject(RED, code="3")], "row 2: decision reject, but code '3'; expected none"),
        ([(RED, {"decision": "maybe"})], "row 2: decision 'maybe'; expected accept, correct, reject or nothing"),
        ([(RED, {"code": "3"})], "row 2: code '3' without a decision"),
        ([accept(RED, reviewer="")], "row 2: no reviewer"),
        ([accept(RED, proposed_code="2")], "row 2: proposed code '2' is no candidate of this mention"),
        ([accept(RED, mention="m77")], r"row 2: no 'red dots' at 7 15 of post '1' in .*coded\.jsonl: of "),
        ([accept(RED, mention="m7"), reject(BARK, mention="m7")], "row 3: is the mention of row 2 once more"),
        ([correct(BARK, "99"), accept(RED, reviewer=""), accept(EARS)], "row 2: no reviewer.*; row 3: code '99'"),
    ],
)  # fmt: skip
def test_what_cannot_be_applied_is_named_by_its_row_and_nothing_is_written(places, decisions, said):
    decide(places, *decisions)
    before = {p.name: p.read_bytes() for p in places.output.parent.iterdir()}
    with pytest.raises(AdetkError, match=said):
        apply_review(places, TERMS)
    assert {p.name: p.read_bytes() for p in places.output.parent.iterdir()} == before


def test_wordings_that_contradict_each_other_are_no_synonyms(places):
    posts = [*POSTS, post("6", "Ears humming!", ("Ears humming", (link("3"),)))]
    with Writer(places.output) as writer:
        for document in collected(iter, places.sheet)(posts):
            writer.write(document)
    decide(places, accept(EARS), accept(5))
    with pytest.raises(AdetkError, match="row 7: 'Ears humming' is 3, in row 4 2"):
        apply_review(places, TERMS)
    assert apply_review(replace(places, synonyms=None), TERMS)["accepted"] == 2  # two contexts, two codes
    write_synonyms(places.synonyms, {"RED DOTS": "3"})
    decide(places, accept(RED), (EARS, {"decision": ""}), (5, {"decision": ""}))
    with pytest.raises(AdetkError, match=r"row 2: 'red dots' is 1, in .*own\.tsv 3"):
        apply_review(places, TERMS)


def test_a_decision_on_other_words_of_the_same_place_is_not_taken(places):
    decide(places, accept(RED))
    with Writer(places.output) as writer:
        writer.write(replace(POSTS[0], text=POSTS[0].text.replace("red dots", "big bugs")))
    with pytest.raises(AdetkError, match=r"row 2: no 'red dots' at 7 15 of post '1' in .* of another output"):
        apply_review(places, TERMS)


def test_a_spreadsheet_may_round_ids_and_save_in_its_own_way(places):
    posts = [replace(POSTS[0], id="1591234567890123456"), replace(POSTS[1], id="  a  b ")]
    with Writer(places.output) as writer:
        for document in collected(iter, places.sheet)(posts):
            writer.write(document)
    decide(places, accept(0, id="1.59123E+18"), accept(1), accept(2))
    text = places.sheet.read_text(encoding="utf-8").replace("\t", ";")
    places.sheet.write_bytes(text.encode("utf-16"))
    assert apply_review(places, TERMS)["accepted"] == 3


def test_rows_of_posts_with_one_id_find_their_own(places):
    posts = [POSTS[1], POSTS[1], replace(POSTS[3], id="2")]
    with Writer(places.output) as writer:
        for document in collected(iter, places.sheet)(posts):
            writer.write(document)
    decide(places, correct(1, "1"), accept(2))
    apply_review(replace(places, synonyms=None), TERMS)
    assert answers(places) == [("review", []), ("coded", ["1"]), ("coded", ["3"])]


def test_another_terminology_or_output_is_refused(places):
    decide(places, accept(RED))
    with pytest.raises(AdetkError, match="row 2: was coded with Invented 1, not Invented 2: name it"):
        apply_review(places, replace(TERMS, version="2"))
    with pytest.raises(AdetkError, match="decisions go into the JSON lines"):
        apply_review(replace(places, output=places.output.with_name("coded.tsv")), TERMS)
    places.sheet.write_text("id\tdecision\n1\taccept\n")
    with pytest.raises(AdetkError, match="no column spans, verbatim"):
        apply_review(places, TERMS)


def test_a_drug_of_the_same_words_stays_as_it_is(places):
    drug = Mention(((7, 15),), DRUG, status="coded", links=(Link("D1", "Redotol"),))
    with Writer(places.output) as writer:
        writer.write(replace(POSTS[0], mentions=(*POSTS[0].mentions, drug)))
    decide(places, accept(RED))
    assert apply_review(places, TERMS)["accepted"] == 1
    assert answers(places) == [("coded", ["1"]), ("review", []), ("coded", ["D1"])]


def test_a_mention_for_review_that_came_without_candidates_has_no_row(tmp_path):
    bare = Document("1", "a hum", mentions=(Mention(((2, 5),), assertion="negated", status="review"),))
    assert list(collected(iter, tmp_path / "review.tsv")([bare])) == [bare]
    assert list(read_sheet(tmp_path / "review.tsv", COLUMNS)) == []


def test_documents_of_before_are_in_the_sheet_too(places):
    whole = places.sheet.read_bytes()
    twice = [*POSTS, POSTS[1]]
    assert list(collected(iter, places.sheet, twice[:2])(twice[2:])) == twice[2:]
    again = places.sheet.read_bytes()
    assert again.startswith(whole)
    list(collected(iter, places.sheet)(twice))
    assert places.sheet.read_bytes() == again


def test_a_sheet_with_decisions_is_not_written_over(places):
    refuse_decided(places.sheet)
    refuse_decided(places.sheet.with_name("none.tsv"))
    for cells, found in (({"comment": "?"}, "comment"), ({"decision": "accept"}, "decision")):
        decide(places, (BARK, {"reviewer": "", **cells}))
        with pytest.raises(
            AdetkError, match=rf"review.tsv: row 3 has a {found}; expected a sheet that nobody"
        ):
            refuse_decided(places.sheet)
    write_synonyms(places.synonyms, {"red dots": "1"})
    with pytest.raises(AdetkError, match="no column id, spans"):
        refuse_decided(places.synonyms)


def test_a_run_that_fails_leaves_no_sheet(tmp_path):
    def broken(documents):
        yield from documents
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(collected(broken, tmp_path / "review.tsv")(POSTS))
    assert list(tmp_path.iterdir()) == []


def test_one_file_for_two_purposes_is_refused_and_stays(places):
    before = places.output.read_bytes()
    for both in (replace(places, audit=places.output), replace(places, synonyms=places.sheet)):
        with pytest.raises(AdetkError, match=r"is both .*; expected different files"):
            apply_review(both, TERMS)
    assert places.output.read_bytes() == before
