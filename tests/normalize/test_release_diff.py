"""Two tiny releases, worked by hand.

Old: PT Knee hum (LLTs: its own, Knee humming, Knee buzz), PT Elbow glow (its own, Elbow shine, not current: Glowing
elbow), PT Toe whistle (its own). New: what `NEW_*` say, each difference with its reason beside it.
"""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adetk.errors import AdetkError
from adetk.normalize.meddra import read_meddra
from adetk.normalize.release_diff import Change, CodedMention, diff, touched
from adetk.normalize.table import read_table

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from edit_synthetic_meddra import edited
from make_synthetic_meddra import synthetic_release, write_release

OLD_LLT = [
    "19000001$Knee hum$19000001$$$$$$$Y$$",
    "19000002$Knee humming$19000001$$$$$$$Y$$",
    "19000003$Knee buzz$19000001$$$$$$$Y$$",
    "19000004$Elbow glow$19000004$$$$$$$Y$$",
    "19000005$Elbow shine$19000004$$$$$$$Y$$",
    "19000006$Glowing elbow$19000004$$$$$$$N$$",
    "19000007$Toe whistle$19000007$$$$$$$Y$$",
    "19000008$Shining toe$19000007$$$$$$$Y$$",
]
NEW_LLT = [
    "19000001$Knee hum$19000001$$$$$$$Y$$",
    "19000002$Knee humming$19000001$$$$$$$N$$",  # made non-current
    "19000004$Elbow gleam$19000004$$$$$$$Y$$",  # renamed, and so its PT; 19000003 is gone
    "19000005$Elbow shine$19000010$$$$$$$Y$$",  # moved to a new PT
    "19000006$Glowing elbow$19000004$$$$$$$Y$$",  # current again
    "19000007$Toe whistle$19000007$$$$$$$Y$$",  # its PT is moved to another primary SOC
    "19000008$Shining toe$19000007$$$$$$$Y$$",
    "19000010$Bright joint$19000010$$$$$$$Y$$",  # added with its PT
    "19000011$Humming at night$19000001$$$$$$$Y$$",  # added
]
OLD_PT = [
    "19000001$Knee hum$$19000092$$$$$$$$",
    "19000004$Elbow glow$$19000091$$$$$$$$",
    "19000007$Toe whistle$$19000092$$$$$$$$",
]
NEW_PT = [
    OLD_PT[0],
    "19000004$Elbow gleam$$19000091$$$$$$$$",
    "19000007$Toe whistle$$19000091$$$$$$$$",
    "19000010$Bright joint$$19000091$$$$$$$$",
]
SOC = ["19000091$Glow disorders$Glow$", "19000092$Sound disorders$Sound$"]
NEW_SOC = [SOC[0], "19000092$Sounds$Sound$"]
CHANGES = [
    Change("renamed", "SOC", "19000092", "Sounds", "Sound disorders", "Sounds"),
    Change("added", "PT", "19000010", "Bright joint"),
    Change("renamed", "PT", "19000004", "Elbow gleam", "Elbow glow", "Elbow gleam"),
    Change("moved", "PT", "19000007", "Toe whistle", "19000092", "19000091"),
    Change("added", "LLT", "19000010", "Bright joint"),
    Change("added", "LLT", "19000011", "Humming at night"),
    Change("removed", "LLT", "19000003", "Knee buzz"),
    Change("renamed", "LLT", "19000004", "Elbow gleam", "Elbow glow", "Elbow gleam"),
    Change("moved", "LLT", "19000005", "Elbow shine", "19000004", "19000010"),
    Change("made non-current", "LLT", "19000002", "Knee humming"),
    Change("made current", "LLT", "19000006", "Glowing elbow"),
]


def release(folder, language="English", version="99.0", **name_to_lines):
    folder.mkdir()
    files = {"meddra_release": [f"{version}${language}$$$$"], **name_to_lines}
    for name, lines in files.items():
        (folder / f"{name}.asc").write_text("\r\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def old(tmp_path):
    return read_meddra(release(tmp_path / "old", llt=OLD_LLT, pt=OLD_PT, soc=SOC))


@pytest.fixture
def new(tmp_path):
    return read_meddra(release(tmp_path / "new", version="99.1", llt=NEW_LLT, pt=NEW_PT, soc=NEW_SOC))


def coded(code, name, verbatim="my words"):
    return CodedMention("1", 0, len(verbatim), verbatim, code, name, "MedDRA 99.0")


def of(mention, old, new):
    """Levels and kinds of the changes that touch one mention, and the proposal's code; None where it is untouched."""
    found = list(touched([mention], old, new, diff(old, new)))
    if not found:
        return None
    (row,) = found
    assert row.mention == mention
    changes = [(change.level, change.kind, change.id) for change in row.changes]
    return changes, None if row.proposal is None else row.proposal.concept_id


def test_every_difference_is_one_change(old, new):
    assert diff(old, new) == CHANGES


def test_a_release_does_not_differ_from_itself(old):
    assert diff(old, old) == []


def test_what_only_one_of_two_folders_tells_is_no_change(tmp_path, old, caplog):
    alone = read_meddra(release(tmp_path / "alone", llt=OLD_LLT))
    for before, after in ((alone, old), (old, alone)):
        assert diff(before, after) == []
        assert of(coded("19000002", "Knee humming"), before, after) is None
    assert "has a file of each level (SOC); these are left out" in caplog.text


def test_the_other_way_round_the_changes_turn(old, new):
    turned = {"added": "removed", "removed": "added", "made current": "made non-current"}
    turned |= {kind: other for other, kind in turned.items()}
    forth = {(turned.get(c.kind, c.kind), c.level, c.id, c.after, c.before) for c in CHANGES}
    assert {(c.kind, c.level, c.id, c.before, c.after) for c in diff(new, old)} == forth


def test_what_has_not_changed_is_not_touched(old, new):
    assert of(coded("19000001", "Knee hum"), old, new) is None


@pytest.mark.parametrize(
    ("code", "name", "changes", "proposal"),
    [
        # non-current: the PT's own LLT
        ("19000002", "Knee humming", [("LLT", "made non-current", "19000002")], "19000001"),
        # gone: likewise
        ("19000003", "Knee buzz", [("LLT", "removed", "19000003")], "19000001"),
        # renamed with its PT: the code stays; said once
        ("19000004", "Elbow glow", [("LLT", "renamed", "19000004")], "19000004"),
        # moved: the code stays, the PT is another one; the old PT's new name does not matter any more
        ("19000005", "Elbow shine", [("LLT", "moved", "19000005")], "19000005"),
        # current again, under a PT of another name
        (
            "19000006",
            "Glowing elbow",
            [("LLT", "made current", "19000006"), ("PT", "renamed", "19000004")],
            "19000006",
        ),
        # the PT is in another SOC: its own LLT, and another one
        ("19000007", "Toe whistle", [("PT", "moved", "19000007")], "19000007"),
        ("19000008", "Shining toe", [("PT", "moved", "19000007")], "19000008"),
    ],
)
def test_a_coded_mention_is_touched_by_its_term_and_its_pt(old, new, code, name, changes, proposal):
    assert of(coded(code, name), old, new) == (changes, proposal)


def test_a_proposal_has_the_new_releases_pt_and_soc(old, new):
    (row,) = touched([coded("19000005", "Elbow shine")], old, new, CHANGES)
    link = row.proposal
    assert (link.pt_name, link.soc_name, link.terminology) == (
        "Bright joint",
        "Glow disorders",
        "MedDRA 99.1",
    )


def test_a_term_that_now_has_the_mentions_very_words_is_proposed(old, new):
    mention = coded("19000001", "Knee hum", "humming at NIGHT")
    assert of(mention, old, new) == ([("LLT", "added", "19000011")], "19000011")
    mention = coded("19000005", "Elbow shine", "glowing elbows")
    assert of(mention, old, new) == (
        [("LLT", "moved", "19000005"), ("LLT", "made current", "19000006")],
        "19000006",
    )


def test_a_mention_coded_to_its_own_words_stays_there(old, new):
    assert of(coded("19000006", "Glowing elbow", "glowing elbow"), old, new)[1] == "19000006"


def test_a_term_that_is_gone_leads_to_the_one_of_its_name(tmp_path, old):
    moved_name = [line for line in OLD_LLT if "Knee buzz" not in line]
    moved_name.append("19000012$knee buzz$19000007$$$$$$$Y$$")
    new = read_meddra(release(tmp_path / "named", llt=moved_name, pt=OLD_PT, soc=SOC))
    assert of(coded("19000003", "Knee buzz"), old, new)[1] == "19000012"


def test_where_nothing_is_obvious_a_coder_must_choose(tmp_path, old):
    without_knee = [line for line in OLD_LLT if "Knee" not in line]
    new = read_meddra(release(tmp_path / "less", llt=without_knee, pt=OLD_PT[1:], soc=SOC))
    changes, proposal = of(coded("19000003", "Knee buzz"), old, new)
    assert changes == [("LLT", "removed", "19000003")]
    assert proposal is None


def test_a_pt_that_became_an_llt_of_another_is_moved(tmp_path, old):
    llts = [line.replace("$19000007$", "$19000004$") for line in OLD_LLT]
    new = read_meddra(release(tmp_path / "demoted", llt=llts, pt=OLD_PT[:2], soc=SOC))
    assert [(c.kind, c.level, c.id) for c in diff(old, new)] == [
        ("removed", "PT", "19000007"),
        ("moved", "LLT", "19000007"),
        ("moved", "LLT", "19000008"),
    ]


def test_a_code_that_neither_release_has_is_not_touched(old, new):
    assert of(coded("12345678", "Else"), old, new) is None


def test_releases_in_two_languages_are_refused(tmp_path, old):
    french = read_meddra(release(tmp_path / "fr", language="French", llt=OLD_LLT, pt=OLD_PT, soc=SOC))
    with pytest.raises(
        AdetkError, match=r"99\.0 is in English, MedDRA 99\.0 in French; expected one language"
    ):
        diff(old, french)


def test_two_terminologies_are_refused(tmp_path, old):
    table = tmp_path / "house.tsv"
    table.write_text("code\tname\n19000001\tKnee hum\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="no term in common"):
        diff(old, read_table(table))


def test_tables_are_compared_too(tmp_path):
    before, after = tmp_path / "a.tsv", tmp_path / "b.tsv"
    before.write_text("code\tname\tpt\nA1\tKnee hum\tA1\nA2\tLoud hum\tA1\nA3\tGlow\tA3\n", encoding="utf-8")
    after.write_text("code\tname\tpt\nA1\tKnee hum\tA1\nA2\tLoud hum\tA3\nA3\tGlows\tA3\n", encoding="utf-8")
    old, new = read_table(before), read_table(after)
    assert [(c.kind, c.id) for c in diff(old, new)] == [("renamed", "A3"), ("moved", "A2")]
    assert of(coded("A2", "Loud hum"), old, new) == ([("TERM", "moved", "A2")], "A2")


def difference(folder, release, other):
    """Kinds, levels and codes of the changes between two invented releases, by way of their files."""
    old, new = (read_meddra(write_release(r, folder / r.version)) for r in (release, other))
    return [(change.kind, change.level, change.id) for change in diff(old, new)]


@pytest.mark.parametrize("seed", range(3))
def test_of_a_large_release_exactly_the_edits_are_found(tmp_path, seed):
    release = synthetic_release(20_000, seed)
    other, edits = edited(release, 2000, seed)
    assert len({kind for kind, _, _ in edits}) == 6
    found = difference(tmp_path, release, other)
    assert sorted(found) == sorted(edits)
    assert len(found) > 2000


@given(llts=st.integers(1, 300), n=st.integers(0, 120), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_any_release_exactly_the_edits_are_found(tmp_path, llts, n, seed):
    release = synthetic_release(llts, seed)
    other, edits = edited(release, n, seed)
    assert sorted(difference(tmp_path, release, other)) == sorted(edits)
