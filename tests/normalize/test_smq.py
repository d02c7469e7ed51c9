import pytest

from adetk.errors import AdetkError
from adetk.normalize.asc import AscFolder
from adetk.normalize.meddra import read_meddra
from adetk.normalize.smq import Smq, SmqTerm, read_smqs, smqs_with, terms_of
from adetk.normalize.terminology_view import describe, show

LLT = ["19000001$Knee hum$19000001$", "19000002$Knee humming$19000001$", "19000003$Elbow glow$19000003$"]
SMQ_LIST = [
    "20000001$Noises$1$All noises$House$$99.1$A$N$",
    "20000002$Joint noises$2$Of joints$House$$99.1$A$A or (B and C)",  # no $ at its end
    "20000003$Old noises$2$$$$99.1$I$N$",
]
SMQ_CONTENT = [
    "20000001$20000002$0$0$$0$A$99.0$99.1$",
    "20000001$20000003$0$0$$0$A$99.0$99.1$",
    "20000001$19000003$4$1$A$0$A$99.0$99.1$",
    "20000002$19000001$4$2$B$0$A$99.0$99.1$",
    "20000002$19000003$4$2$C$0$I$99.0$99.1$",  # no longer in the query
    "20000003$19000002$5$2$A$0$A$99.0$99.1$",
]


def write(folder, **name_to_lines):
    for name, lines in name_to_lines.items():
        (folder / f"{name}.asc").write_text("\r\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, llt=LLT, SMQ_List=SMQ_LIST, SMQ_Content=SMQ_CONTENT)


def test_queries_are_read_with_their_terms_children_and_rules(folder):
    assert read_smqs(AscFolder(folder)) == {
        "20000001": Smq(
            "20000001", "Noises", 1, "", True, ("20000002", "20000003"), (SmqTerm("19000003", "broad"),)
        ),
        "20000002": Smq(
            "20000002", "Joint noises", 2, "A or (B and C)", True, (), (SmqTerm("19000001", "narrow", "B"),)
        ),
        "20000003": Smq("20000003", "Old noises", 2, "", False, (), (SmqTerm("19000002", "narrow"),)),
    }


def test_a_search_takes_active_children_too_and_a_broad_one_the_narrow_terms(folder):
    smqs = read_smqs(AscFolder(folder))
    assert terms_of(smqs, "20000001", "narrow") == ["19000001"]
    assert terms_of(smqs, "20000001", "broad") == ["19000003", "19000001"]
    assert terms_of(smqs, "20000003") == []  # withdrawn


def test_queries_that_name_each_other_end(folder):
    smqs = read_smqs(AscFolder(folder))
    circle = {**smqs, "20000002": Smq("20000002", "Joint noises", 2, children=("20000001",))}
    assert terms_of(circle, "20000002") == ["19000003"]


def test_the_queries_of_a_term(folder):
    smqs = read_smqs(AscFolder(folder))
    assert [(smq.id, scope) for smq, scope in smqs_with(smqs, {"19000001"})] == [("20000002", "narrow")]
    assert smqs_with(smqs, {"19000002"}) == []  # a withdrawn query alone names it


def test_a_terminology_shows_queries(folder):
    meddra = read_meddra(folder)
    assert describe(meddra)["smqs"] == 2
    assert show(meddra, "19000002")["smqs"] == [("20000002", "Joint noises", "narrow")]  # by its PT
    shown = show(meddra, "20000001")
    assert (shown["level"], shown["algorithm"], shown["is_active"]) == ("SMQ 1", "", True)
    assert shown["children"] == [("20000002", "Joint noises"), ("20000003", "Old noises")]
    assert shown["narrow"] == [("19000001", "Knee hum")]
    assert shown["broad"] == [("19000003", "Elbow glow"), ("19000001", "Knee hum")]
    assert show(meddra, "20000002")["algorithm"] == "A or (B and C)"


def test_a_list_without_contents_still_names_the_queries(tmp_path):
    smqs = read_smqs(AscFolder(write(tmp_path, llt=LLT, smq_list=SMQ_LIST[:1])))
    assert (smqs["20000001"].name, terms_of(smqs, "20000001")) == ("Noises", [])
    (tmp_path / "smq_list.asc").unlink()
    assert read_smqs(AscFolder(tmp_path)) == {}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"smq_list": ["20000001$Noises$one$"]}, r"smq_list\.asc:1: found 'one'; expected the level"),
        ({"smq_list": ["2000001$Noises$1$"]}, r"smq_list\.asc:1: found '2000001' as a code"),
        ({"smq_list": SMQ_LIST, "smq_content": [SMQ_CONTENT[0][:24]]}, r"smq_content\.asc:1: 6 fields"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, files, said):
    with pytest.raises(AdetkError, match=said):
        read_meddra(write(tmp_path, llt=LLT, **files))
