import re

import pytest

from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.normalize.terminology_view import describe, show


def llt(code, name, pt, *synonyms, is_current=True):
    return Concept(code, name, "LLT", synonyms, pt, is_current)


# Two PTs: 001 (three LLTs: its own, a current one, a retired one) and 004 (its own LLT is retired).
LLTS = [
    llt("19000003", "Old humming of knee", "19000001", is_current=False),
    llt("19000001", "Knee hum", "19000001", "humming knee"),
    llt("19000002", "Knee humming loud", "19000001"),
    llt("19000004", "Elbow glow", "19000004", is_current=False),
    llt("19000005", "Glowing of elbow", "19000004", is_current=False),
]
PTS = [
    Concept("19000001", "Knee hum", "PT", parent_id="19000091"),
    Concept("19000004", "Elbow glow", "PT", parent_id="19000092"),
]
SOCS = {"19000092": "Glow disorders", "19000091": "Sound disorders"}
PATHS = {
    "19000001": (
        ("19000001", "19000071", "19000081", "19000091"),
        ("19000001", "19000072", "19000082", "19000092"),
    )
}


def by_id(concepts):
    return {concept.id: concept for concept in concepts}


@pytest.fixture
def meddra():
    upper = [Concept("19000071", "Hums", "HLT"), Concept("19000081", "Noises", "HLGT")]
    return Terminology("MedDRA", "99.1", "English", by_id([*LLTS, *upper]), SOCS, by_id(PTS), PATHS)


@pytest.fixture
def ctcae():
    terms = [
        Concept("19000011", "Hiccup cascade", "CTCAE", ("hiccups all day",), "19000091"),
        Concept("19000010", "Cold glow", "CTCAE", (), "19000092"),
    ]
    return Terminology("CTCAE", "6.0", "English", by_id(terms), SOCS)


def test_a_code_that_is_llt_and_pt_gives_the_llt(meddra):
    assert meddra.concept("19000001").level == "LLT"
    assert meddra.concept("19000091") == Concept("19000091", "Sound disorders", "SOC")


def test_an_unknown_code_names_itself_and_the_terminology(meddra):
    with pytest.raises(AdetkError, match=r"'12345678' is not in MedDRA 99\.1"):
        meddra.concept("12345678")


def test_a_term_of_no_known_pt_stands_for_itself():
    own = Terminology("Mine", "1", "", {c: Concept(c, c) for c in ("headache", "nausea")})
    assert own.pt_of("headache") == "headache"
    assert own.link("nausea").pt_id == "nausea"


def test_pt_of(meddra, ctcae):
    assert meddra.pt_of("19000003") == "19000001"
    assert meddra.pt_of("19000001") == "19000001"
    assert meddra.pt_of("12345678") == "12345678"
    assert ctcae.pt_of("19000011") == "19000011"


def test_soc_of(meddra, ctcae):
    assert meddra.soc_of("19000005") == ("19000092", "Glow disorders")
    assert meddra.soc_of("19000091") == ("19000091", "Sound disorders")
    assert meddra.soc_of("19000071") == ("", "")
    assert meddra.soc_of("12345678") == ("", "")
    assert ctcae.soc_of("19000011") == ("19000091", "Sound disorders")


def test_paths(meddra, ctcae):
    assert meddra.paths("19000003") == list(PATHS["19000001"])
    assert meddra.paths("19000005") == [("19000004", "", "", "19000092")]
    assert meddra.paths("19000071") == []
    assert meddra.paths("12345678") == []
    assert ctcae.paths("19000010") == [("19000010", "", "", "19000092")]


def test_only_current_llts_and_ctcae_terms_are_offered(meddra, ctcae):
    assert [concept.id for concept in meddra.offered()] == ["19000001", "19000002"]
    assert [concept.id for concept in ctcae.offered()] == ["19000010", "19000011"]


def test_current_proposes_the_pts_own_llt(meddra):
    assert meddra.current("19000003").id == "19000001"
    assert meddra.current("19000002").id == "19000002"


def test_current_chooses_no_sibling_when_the_pts_own_llt_is_retired(meddra):
    assert meddra.current("19000005") == meddra.concept("19000005")


def test_rows_are_names_and_synonyms_by_code_and_retired_names_of_the_term_of_today(meddra):
    assert meddra.rows() == [
        ("Knee hum", "19000001"),
        ("humming knee", "19000001"),
        ("Knee humming loud", "19000002"),
        ("Old humming of knee", "19000001"),  # nothing stands for the elbow's: no term of its PT is current
    ]


def test_search_puts_exact_before_prefix_before_similar(meddra):
    terminology = meddra.with_synonyms([("19000002", "kneehum")])
    assert [c.id for c in terminology.search("KNEE HUM")] == ["19000001", "19000002"]
    assert [c.id for c in terminology.search("knee humming l")] == ["19000002", "19000001"]
    assert terminology.search("hming knee")[0].id == "19000001"
    assert [c.id for c in terminology.search("kneehum", limit=1)] == ["19000002"]


def test_search_leads_from_a_retired_wording_to_the_term_of_today(meddra):
    assert meddra.search("old humming of knee")[0].id == "19000001"
    assert "19000004" not in {concept.id for concept in meddra.search("elbow glow")}


@pytest.mark.parametrize("text", ["", "  ", "qqqqzzzz"])
def test_search_without_a_hit(meddra, text):
    assert meddra.search(text) == []


def test_link_fills_names_and_places(meddra):
    link = meddra.link("19000003", score=0.5, method="synonym")
    assert (link.name, link.level, link.pt_id, link.pt_name) == (
        "Old humming of knee",
        "LLT",
        "19000001",
        "Knee hum",
    )
    assert (link.soc_id, link.soc_name) == ("19000091", "Sound disorders")
    assert (link.terminology, link.score, link.method) == ("MedDRA 99.1", 0.5, "synonym")


def test_link_of_a_ctcae_term_rolls_to_itself(ctcae):
    link = ctcae.link("19000011")
    assert (link.pt_id, link.pt_name, link.soc_id) == ("19000011", "Hiccup cascade", "19000091")


def test_link_above_the_pt_has_no_pt(meddra):
    assert (meddra.link("19000071").pt_id, meddra.link("19000071").pt_name) == ("", "")


def test_label_says_when_the_version_is_unknown():
    assert Terminology("MedDRA", "", "", {}).label == "MedDRA (version unknown)"


def test_with_synonyms_returns_a_copy(meddra):
    rows = [("19000001", "HUMMING KNEE"), ("19000001", " buzzing knee "), ("19000001", ""), ("12345678", "x")]
    extended = meddra.with_synonyms(rows)
    assert extended.concept("19000001").synonyms == ("humming knee", "buzzing knee")
    assert meddra.concept("19000001").synonyms == ("humming knee",)
    assert extended.search("buzzing knee", limit=1)[0].id == "19000001"
    assert extended.fingerprint != meddra.fingerprint
    assert extended.missing(code for code, _ in rows) == ["12345678"]


def test_the_fingerprint_depends_on_content_and_not_on_order(meddra):
    turned = Terminology(
        "MedDRA",
        "99.1",
        "English",
        dict(reversed(meddra.concepts.items())),
        dict(reversed(SOCS.items())),
        dict(reversed(meddra.pts.items())),
    )
    assert turned.fingerprint == meddra.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", meddra.fingerprint)


@pytest.mark.parametrize(
    "changed",
    [
        llt("19000002", "Knee humming louder", "19000001"),
        llt("19000002", "Knee humming loud", "19000004"),
        llt("19000002", "Knee humming loud", "19000001", is_current=False),
        llt("19000002", "Knee humming loud", "19000001", "a synonym"),
        Concept("19000002", "Knee humming loud", "CTCAE", (), "19000001"),
    ],
)
def test_every_field_changes_the_fingerprint(meddra, changed):
    other = Terminology(
        "MedDRA", "99.1", "English", {**meddra.concepts, changed.id: changed}, SOCS, by_id(PTS)
    )
    assert other.fingerprint != meddra.fingerprint


def test_nothing_where_a_terminology_was_expected(tmp_path):
    with pytest.raises(AdetkError, match=r"expected `ctcae`, a MedDRA folder or a \.tsv table") as caught:
        open_terminology(tmp_path / "absent")
    assert str(tmp_path / "absent") in str(caught.value)


def test_describe_counts_a_pt_at_both_levels(meddra):
    assert describe(meddra) == {
        "name": "MedDRA",
        "version": "99.1",
        "language": "English",
        "label": "MedDRA 99.1",
        "levels": {"LLT": 5, "HLT": 1, "HLGT": 1, "PT": 2, "SOC": 2},
        "current": 2,
        "non_current": 3,
        "synonyms": 1,
        "smqs": 0,
        "fingerprint": meddra.fingerprint,
    }


def test_describe_ctcae(ctcae):
    described = describe(ctcae)
    assert described["levels"] == {"CTCAE": 2, "SOC": 2}
    assert (described["current"], described["non_current"], described["synonyms"]) == (2, 0, 1)


def test_show_names_the_paths_and_the_replacement(meddra):
    shown = show(meddra, "19000003")
    assert (shown["is_current"], shown["use_instead"]) == (False, "19000001")
    assert shown["paths"][0] == {
        "pt": ("19000001", "Knee hum"),
        "hlt": ("19000071", "Hums"),
        "hlgt": ("19000081", "Noises"),
        "soc": ("19000091", "Sound disorders"),
        "primary": True,
    }
    assert shown["paths"][1]["hlt"] == ("19000072", "")
    assert shown["paths"][1]["primary"] is False


def test_show_of_a_current_term_proposes_nothing(meddra):
    assert show(meddra, "19000002")["use_instead"] == ""
    with pytest.raises(AdetkError, match="12345678"):
        show(meddra, "12345678")
