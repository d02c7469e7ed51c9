import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import Document, Explanation, Link, Mention
from adetk.errors import AdetkError
from adetk.record import (
    META_COLUMN,
    TABLE_COLUMNS,
    document_from_record,
    meta_column,
    record_from_document,
    rows_from_document,
)

TEXT = "Zorvex gives me cold hands and feet 😀, no rash"
INSOMNIA = Link(
    "10022437",
    "Insomnia",
    "CTCAE",
    soc_name="Psychiatric disorders",
    terminology="CTCAE 5.0",
    score=0.9123456789,
)
COLD_FEET = Mention(((16, 20), (31, 35)), score=0.75, drug=1, status="coded", links=(INSOMNIA,))
ZORVEX = Mention(((0, 6),), "DRUG")
RASH = Mention(((42, 46),), assertion="negated", gold=(frozenset({"20", "10"}),))
DOCUMENT = Document("p1", TEXT, "ADE", 0.97, (COLD_FEET, ZORVEX, RASH), {"lang": "en"})


def test_record_leaves_out_what_is_unknown():
    record = record_from_document(Document("1", "fine so far"))
    assert record == {"id": "1", "text": "fine so far", "meta": {}, "mentions": []}


def test_record_of_a_full_document():
    assert record_from_document(DOCUMENT) == {
        "id": "p1",
        "text": TEXT,
        "label": "ADE",
        "score": 0.97,
        "meta": {"lang": "en"},
        "mentions": [
            {
                "spans": [[16, 20], [31, 35]],
                "text": "cold feet",
                "label": "ADE",
                "score": 0.75,
                "assertion": "present",
                "drug": 1,
                "status": "coded",
                "links": [
                    {
                        "concept_id": "10022437",
                        "name": "Insomnia",
                        "level": "CTCAE",
                        "soc_name": "Psychiatric disorders",
                        "terminology": "CTCAE 5.0",
                        "score": 0.912346,
                        "calibrated": False,
                        "method": "exact",
                    }
                ],
            },
            {
                "spans": [[0, 6]],
                "text": "Zorvex",
                "label": "DRUG",
                "score": 1.0,
                "assertion": "present",
                "status": "none",
            },
            {
                "spans": [[42, 46]],
                "text": "rash",
                "label": "ADE",
                "score": 1.0,
                "assertion": "negated",
                "status": "none",
                "gold": [["10", "20"]],
            },
        ],
    }


def test_empty_gold_differs_from_no_gold():
    annotated = Document("1", "rash", mentions=(Mention(((0, 4),), gold=()),))
    record = record_from_document(annotated)
    assert record["mentions"][0]["gold"] == []
    assert document_from_record(record, "f:1").mentions[0].gold == ()


def test_minus_zero_and_numpy_scores_are_plain_floats():
    link = Link("1", "x", distance=-1e-9, score=np.float32(0.5))
    record = record_from_document(Document("1", "ab", mentions=(Mention(((0, 1),), links=(link,)),)))
    assert json.dumps(record["mentions"][0]["links"][0]["distance"]) == "0.0"
    assert type(record["mentions"][0]["links"][0]["score"]) is float


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(AdetkError, match="a score is nan"):
        record_from_document(Document("1", "ab", "ADE", float("nan")))


spans = st.lists(st.integers(0, len(TEXT)), min_size=2, max_size=6, unique=True).map(
    lambda edges: tuple(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
scores = st.integers(0, 10**6).map(lambda n: n / 10**6)
links = st.builds(
    Link,
    names, names, names, names, names, names, names, names, scores, st.booleans(),
    st.none() | scores, names.filter(bool), st.none() | st.booleans(),
)  # fmt: skip
mentions = st.builds(
    Mention,
    spans,
    names,
    scores,
    st.sampled_from(["present", "negated", "hypothetical"]),
    st.none(),
    st.sampled_from(["review", "none"]),
    st.lists(links, max_size=2).map(tuple),
    st.none() | st.lists(st.frozensets(names, max_size=3), max_size=2).map(tuple),
)
documents = st.builds(
    Document,
    names,
    st.just(TEXT),
    st.sampled_from([None, "ADE", "noADE"]),
    st.none() | scores,
    st.lists(mentions, max_size=3).map(tuple),
    st.dictionaries(names, names, max_size=3),
)


@given(documents)
def test_what_is_written_is_read_back(document):
    line = json.dumps(record_from_document(document))
    assert document_from_record(json.loads(line), "f:1") == document


def test_other_keys_go_to_meta_as_text():
    record = {
        "id": 7,
        "text": "ok",
        "stars": 5,
        "tags": ["a"],
        "empty": None,
        "lang": "x",
        "meta": {"lang": "en"},
    }
    document = document_from_record(record, "f:1")
    assert document == Document("7", "ok", meta={"stars": "5", "tags": '["a"]', "empty": "", "lang": "en"})


MENTION = {"spans": [[0, 2]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": None}, "text is None; expected a string"),
        ({"text": "a\ud800"}, "expected a string of valid Unicode"),
        ({"id": True}, "id is True; expected a string or a whole number"),
        ({"id": 1.0}, "id is 1.0; expected a string or a whole number"),
        ({"label": "AE"}, "label is 'AE'; expected one of ADE, noADE"),
        ({"score": 1.5}, "score is 1.5; expected a number from 0 to 1"),
        ({"score": float("nan")}, "score is nan; expected a number from 0 to 1"),
        ({"score": True}, "score is True; expected a number from 0 to 1"),
        ({"meta": []}, r"meta is \[\]; expected an object"),
        ({"meta": {"a": "\udfff"}}, "a is '.udfff'; expected a string of valid Unicode"),
        ({"mentions": {}}, "mentions is {}; expected a list of objects"),
        ({"mentions": ["ab"]}, "expected a list of objects"),
        ({"mentions": [{}]}, "mention 0: spans is missing; expected a list of"),
        ({"mentions": [{"spans": []}]}, "mention 0: spans is"),
        ({"mentions": [MENTION, {"spans": [[0]]}]}, "mention 1: spans is"),
        ({"mentions": [{"spans": [[0, 1.0]]}]}, "mention 0: spans is"),
        ({"mentions": [{"spans": [[2, 2]]}]}, "mention 0: span 2-2; expected 0 <= start < end <= 4"),
        ({"mentions": [{"spans": [[-1, 2]]}]}, "mention 0: span -1-2"),
        ({"mentions": [{"spans": [[0, 5]]}]}, "mention 0: span 0-5"),
        ({"mentions": [{"spans": [[2, 3], [0, 1]]}]}, "not in text order"),
        ({"mentions": [MENTION | {"text": "ra "}]}, "text is 'ra '; expected what the spans give, 'ra'"),
        ({"mentions": [MENTION | {"assertion": "absent"}]}, "assertion is 'absent'; expected one of present"),
        ({"mentions": [MENTION | {"status": "done"}]}, "status is 'done'; expected one of coded"),
        ({"mentions": [MENTION | {"status": "coded"}]}, "status is 'coded' but there are no links"),
        ({"mentions": [MENTION | {"drug": 1}]}, "drug is 1; expected an index of the 1 mentions"),
        ({"mentions": [MENTION | {"drug": -1}]}, "drug is -1"),
        ({"mentions": [MENTION | {"gold": ["10"]}]}, "gold is .*; expected a list of lists of strings"),
        ({"mentions": [MENTION | {"links": [{"name": "x"}]}]}, "concept_id is missing"),
        (
            {"mentions": [MENTION | {"links": [{"concept_id": 1, "name": "x"}]}]},
            "concept_id is 1; expected a str",
        ),
        ({"mentions": [MENTION | {"links": [{"concept_id": "1", "name": "x", "score": 10**400}]}]}, "finite"),
        (
            {"mentions": [MENTION | {"links": [{"concept_id": "1", "name": "x", "calibrated": 1}]}]},
            "true or false",
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_place(change, message):
    with pytest.raises(AdetkError, match=message) as error:
        document_from_record({"id": "1", "text": "rash"} | change, "posts.jsonl:3")
    assert str(error.value).startswith("posts.jsonl:3")
    assert "\n" not in str(error.value)


def test_rows_of_a_full_document():
    coded, drug, negated = rows_from_document(DOCUMENT)
    post = {"id": "p1", "post_label": "ADE", "post_score": "0.97", "text": TEXT, "lang": "en"}
    blank = dict.fromkeys(TABLE_COLUMNS, "")
    assert coded == blank | post | {
        "drug": "Zorvex",
        "verbatim": "cold feet",
        "start": "16",
        "end": "35",
        "spans": "16 20;31 35",
        "label": "ADE",
        "mention_score": "0.75",
        "assertion": "present",
        "status": "coded",
        "llt_code": "10022437",
        "llt_name": "Insomnia",
        "soc": "Psychiatric disorders",
        "score": "0.912346",
        "method": "exact",
        "terminology": "CTCAE 5.0",
    }
    assert (drug["drug"], drug["verbatim"], drug["label"], drug["llt_code"]) == (
        "Zorvex",
        "Zorvex",
        "DRUG",
        "",
    )
    assert (negated["drug"], negated["verbatim"], negated["assertion"]) == ("", "rash", "negated")
    assert list(coded) == [*TABLE_COLUMNS, "lang"]


def test_a_link_under_review_is_no_code():
    mention = Mention(((0, 4),), status="review", links=(INSOMNIA,))
    (row,) = rows_from_document(Document("1", "rash", mentions=(mention,)))
    assert (row["status"], row["llt_code"], row["score"]) == ("review", "", "")


def test_a_post_without_mentions_keeps_one_row():
    (row,) = rows_from_document(Document("1", "fine", "noADE", 0.25, meta={"drug": "Zorvex"}))
    filled = {name: cell for name, cell in row.items() if cell}
    assert filled == {
        "id": "1", "text": "fine", "post_label": "noADE", "post_score": "0.25", "meta_drug": "Zorvex",
    }  # fmt: skip


def test_meta_columns_never_collide():
    names = ["lang", "text", "meta_text", "meta_meta_text", META_COLUMN]
    columns = [meta_column(name) for name in names]
    assert columns == ["lang", "meta_text", "meta_meta_text", "meta_meta_meta_text", "meta_meta"]


def test_an_explained_mention_of_two_effects_is_read_back_and_has_a_row_a_term():
    links = (
        Link("1", "Rash", conjunct=0, surface="red dots", in_set=True),
        Link("2", "Cough", conjunct=1),
        Link("3", "Hum"),
    )
    why = Explanation("because", {"tau": 0.3, "abstain": 0.0})
    mention = Mention(((0, 8),), status="coded", links=links, explanation=why)
    document = Document("1", "red dots", mentions=(mention,))
    record = json.loads(json.dumps(record_from_document(document)))
    assert record["mentions"][0]["explanation"] == {
        "text": "because",
        "thresholds": {"tau": 0.3, "abstain": 0.0},
    }
    assert [link.get("conjunct") for link in record["mentions"][0]["links"]] == [0, 1, None]
    assert document_from_record(record, "x") == document
    rows = rows_from_document(document)
    assert [(row["verbatim"], row["llt_name"]) for row in rows] == [
        ("red dots", "Rash"),
        ("red dots", "Cough"),
    ]
    uncoded = replace(document, mentions=(replace(mention, status="review"),))
    assert [row["llt_name"] for row in rows_from_document(uncoded)] == [""]
    record["mentions"][0]["links"][0]["conjunct"] = -1
    with pytest.raises(AdetkError, match="conjunct is -1; expected a whole number from 0"):
        document_from_record(record, "x")
