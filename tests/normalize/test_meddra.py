import os
import sys
from pathlib import Path

import pytest

from adetk.errors import AdetkError
from adetk.normalize.meddra import HistoryEntry, read_history, read_meddra
from adetk.normalize.terminology import open_terminology
from adetk.normalize.terminology_view import describe

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from make_synthetic_meddra import write_synthetic_meddra  # noqa: E402

CORPORA = Path(os.environ.get("ADETK_CORPORA", ROOT.parent / "shared" / "corpora"))
SUBSET = CORPORA.parent / "vocabularies" / "meddra_subset"

LLT = [
    "19000001$Knee hum$19000001$$$$$$$Y$$",
    "19000002$Knee humming$19000001$$$$$$$N$$",
    "19000003$Elbow glow$19000003$$$$$$$$$",  # currency left empty
]
PT = ["19000001$Knee hum$$19000092$$$$$$$$", "19000003$Elbow glow$$19000091$$$$$$$$"]
SOC = ["19000091$Glow disorders$Glow$$$$$$$$", "19000092$Sound disorders$Sound$$$$$$$$"]
MDHIER = [  # the secondary path of the first PT stands before its primary one
    "19000001$19000071$19000081$19000091$Knee hum$Glows$Lights$Glow disorders$Glow$$19000092$N$",
    "19000001$19000072$19000082$19000092$Knee hum$Hums$Noises$Sound disorders$Sound$$19000092$Y$",
    "19000003$19000071$19000081$19000091$Elbow glow$Glows$Lights$Glow disorders$Glow$$19000091$Y$",
]
JOINS = {
    "hlt_pt.asc": ["19000071$19000001$", "19000072$19000001$", "19000071$19000003$"],
    "hlgt_hlt.asc": ["19000081$19000071$", "19000082$19000072$"],
    "soc_hlgt.asc": ["19000091$19000081$", "19000092$19000082$"],
}
KNEE_PATHS = [
    ("19000001", "19000072", "19000082", "19000092"),
    ("19000001", "19000071", "19000081", "19000091"),
]


def write(folder, end="\r\n", **name_to_lines):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in name_to_lines.items():
        (folder / f"{name}.asc").write_bytes("".join(line + end for line in lines).encode())
    return folder


def test_a_release(tmp_path):
    write(
        tmp_path,
        llt=LLT,
        pt=PT,
        soc=SOC,
        mdhier=MDHIER,
        intl_ord=["1$19000092$", "2$19000091$"],
        meddra_release=["99.1$English$$$$"],
        hlt=["19000071$Glows$$$$$$$$", "19000072$Hums$$$$$$$$"],
    )
    meddra = read_meddra(tmp_path)
    assert (meddra.label, meddra.language) == ("MedDRA 99.1", "English")
    assert [concept.id for concept in meddra.offered()] == ["19000001", "19000003"]
    assert meddra.current("19000002").id == "19000001"
    assert meddra.paths("19000002") == KNEE_PATHS
    assert meddra.soc_of("19000002") == ("19000092", "Sound disorders")
    assert list(meddra.socs) == ["19000092", "19000091"]  # international order, not the file's
    assert meddra.concept("19000072").name == "Hums"
    assert meddra.concept("19000082").name == "Noises"  # no hlgt.asc: from mdhier.asc
    assert describe(meddra)["levels"] == {"LLT": 3, "PT": 2, "HLT": 2, "HLGT": 2, "SOC": 2}


def test_a_lone_llt_file(tmp_path):
    meddra = read_meddra(write(tmp_path, llt=LLT))
    assert meddra.label == "MedDRA (version unknown)"
    link = meddra.link("19000002")
    assert (link.pt_id, link.pt_name, link.soc_id) == ("19000001", "Knee hum", "")
    assert meddra.paths("19000002") == [("19000001", "", "", "")]


def test_a_lone_llt_file_without_the_pts_own_llt(tmp_path):
    link = read_meddra(write(tmp_path, llt=["19000002$Knee humming$19000001"])).link("19000002")
    assert (link.pt_id, link.pt_name) == ("19000001", "")


def test_without_pt_file_the_hierarchy_gives_the_primary_soc(tmp_path):
    meddra = read_meddra(write(tmp_path, llt=LLT, mdhier=MDHIER))
    assert meddra.soc_of("19000002") == ("19000092", "Sound disorders")


def test_without_hierarchy_file_the_joins_give_the_paths(tmp_path):
    write(tmp_path, llt=LLT, pt=PT, soc=SOC)
    for name, lines in JOINS.items():
        (tmp_path / name).write_text("\n".join(lines))
    assert read_meddra(tmp_path).paths("19000002") == KNEE_PATHS


def test_forms_of_a_folder_that_read_the_same(tmp_path):
    expected = read_meddra(write(tmp_path / "plain", llt=LLT, pt=PT)).fingerprint
    stripped = [line.rstrip("$") for line in LLT]
    write(tmp_path / "bare", end="\n", llt=[*stripped, ""], pt=[line.rstrip("$") for line in PT])
    write(tmp_path / "release" / "MedAscii", LLT=LLT, Pt=PT)
    assert read_meddra(tmp_path / "bare").fingerprint == expected
    assert read_meddra(tmp_path / "release").fingerprint == expected
    assert open_terminology(tmp_path / "plain" / "llt.asc").fingerprint == expected
    assert open_terminology(str(tmp_path / "plain")).fingerprint == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "llt.asc").write_bytes("19000001$Génération d’étincelles$19000001$".encode(encoding))
    assert read_meddra(tmp_path).concept("19000001").name == "Génération d’étincelles"


@pytest.mark.parametrize(
    ("language", "encoding", "name"),
    [
        ("Czech", "cp1250", "Žhnutí lokte"),
        ("Russian", "cp1251", "Гудение колена"),
        ("Chinese", "gb18030", "膝盖嗡鸣"),
        ("Korean", "cp949", "무릎 울림"),
        ("Spanish", "cp1252", "Zumbido de rodilla, señal"),
        ("Russian", "utf-8", "Гудение колена"),
    ],
)
def test_the_release_says_the_language_and_that_the_code_page(tmp_path, language, encoding, name):
    write(tmp_path, meddra_release=[f"99.1${language}$$$$"])
    (tmp_path / "llt.asc").write_bytes(f"19000001${name}$19000001$".encode(encoding))
    meddra = read_meddra(tmp_path)
    assert (meddra.language, meddra.concept("19000001").name) == (language, name)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_japanese_wordings_are_synonyms(tmp_path, encoding):
    write(tmp_path, llt=LLT)
    lines = ["19000001$膝の音$Y$ヒザノオト$$$", "19000003$肘の光$N$ヒジ$$$"]
    (tmp_path / "llt_j.asc").write_bytes("\r\n".join(lines).encode(encoding))
    (tmp_path / "llt_syn.asc").write_bytes("19000003$肘が光る$Y$ヒジ$$$90000001$".encode(encoding))
    meddra = read_meddra(tmp_path)
    assert meddra.concept("19000001").synonyms == ("膝の音",)
    assert meddra.concept("19000003").synonyms == ("肘が光る",)
    assert meddra.search("膝の音", limit=1)[0].name == "Knee hum"


def test_the_history_of_a_term(tmp_path):
    write(
        tmp_path,
        llt=LLT,
        meddra_history_english=[
            "19000002$Knee humm$98.0$LLT$Y$Added",
            "19000001$Knee hum$98.0$PT$Y$Added",
            "19000002$Knee humming$99.1$LLT$N$Currency change",
        ],
    )
    assert read_history(tmp_path, "19000002") == [
        HistoryEntry("19000002", "Knee humm", "98.0", "LLT", True, "Added"),
        HistoryEntry("19000002", "Knee humming", "99.1", "LLT", False, "Currency change"),
    ]
    (tmp_path / "meddra_history_english.asc").unlink()
    assert read_history(tmp_path, "19000002") == []


def test_a_line_separator_inside_a_name_does_not_end_the_line(tmp_path):
    assert (
        read_meddra(write(tmp_path, llt=["19000001$A\u2028B$19000001$"])).concept("19000001").name
        == "A\u2028B"
    )


def test_a_repeated_line_is_harmless(tmp_path):
    assert len(read_meddra(write(tmp_path, llt=[*LLT, LLT[0]])).concepts) == 3


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"llt": [LLT[0], "19000002$Knee humming"]}, r"llt\.asc:2: 2 fields between \$; expected 3"),
        ({"llt": ["1900001$Knee hum$19000001"]}, r"llt\.asc:1: found '1900001' as a code; expected 8 digits"),
        ({"llt": ["19000001$Knee hum$1900000x"]}, r"llt\.asc:1: found '1900000x' as a code"),
        ({"llt": ["1900000²$Knee hum$19000001"]}, r"llt\.asc:1: found '1900000²' as a code"),
        ({"llt": ["19000001$$19000001$"]}, r"llt\.asc:1: LLT 19000001 has no name"),
        ({"llt": [""]}, r"llt\.asc: no line in it"),
        ({"llt": LLT, "pt": PT[:1]}, r"LLT 19000003 has PT 19000003, which pt\.asc lacks"),
        ({"llt": [*LLT, "19000001$Other$19000001$"]}, r"llt\.asc:4: LLT 19000001 stands there twice"),
        ({"llt": LLT, "pt": [*PT, "19000001$Knee$$$"]}, r"pt\.asc:3: PT 19000001 stands there twice"),
        ({"llt": LLT, "pt": ["19000001$Knee hum$$Sound$"]}, r"pt\.asc:1: found 'Sound' as a code"),
        ({"llt": LLT, "mdhier": [MDHIER[1][:60]]}, r"mdhier\.asc:1: \d fields between"),
        (
            {"llt": LLT, "mdhier": [MDHIER[1], MDHIER[0].replace("$N$", "$Y$")]},
            r"mdhier\.asc:2: a second primary",
        ),
        ({"llt": LLT, "soc": SOC, "intl_ord": ["one$19000091"]}, r"intl_ord\.asc:1: found 'one'"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, files, said):
    with pytest.raises(AdetkError, match=said) as caught:
        read_meddra(write(tmp_path, **files))
    assert "\n" not in str(caught.value)


def test_a_folder_without_llts_lists_what_is_there(tmp_path):
    with pytest.raises(AdetkError, match=r"no llt\.asc in .*: found pt\.asc, soc\.asc;"):
        read_meddra(write(tmp_path, pt=PT, soc=SOC))
    with pytest.raises(AdetkError, match="found nothing"):
        read_meddra(write(tmp_path / "empty"))


def test_no_folder(tmp_path):
    with pytest.raises(AdetkError, match="no MedDRA at"):
        read_meddra(tmp_path / "absent")


def test_no_encoding_fits(tmp_path):
    (tmp_path / "llt.asc").write_bytes(b"19000001$Knee \x81 hum$19000001$")
    with pytest.raises(AdetkError, match="neither UTF-8 nor cp1252"):
        read_meddra(tmp_path)


def test_the_synthetic_release_reads_whole(tmp_path):
    meddra = read_meddra(write_synthetic_meddra(tmp_path / "a", llts=1000, seed=3))
    described = describe(meddra)
    assert described["levels"] == {"LLT": 1000, "PT": 303, "HLT": 21, "HLGT": 5, "SOC": 5}
    assert described["non_current"] > 0
    assert described["smqs"] == 2
    assert all(meddra.current(concept.id).is_current for concept in meddra.concepts.values())
    assert all(meddra.paths(pt.id)[0][3] == pt.parent_id for pt in meddra.pts.values())


def test_the_synthetic_release_has_secondary_paths_and_is_seeded(tmp_path):
    meddra = read_meddra(write_synthetic_meddra(tmp_path / "a", llts=12_000, seed=1))
    assert len(meddra.socs) == 27
    assert any(len(meddra.paths(pt_id)) == 2 for pt_id in meddra.pts)
    again = read_meddra(write_synthetic_meddra(tmp_path / "b", llts=12_000, seed=1))
    other = read_meddra(write_synthetic_meddra(tmp_path / "c", llts=12_000, seed=2))
    assert meddra.fingerprint == again.fingerprint != other.fingerprint


def test_joins_and_hierarchy_file_tell_the_same(tmp_path):
    folder = write_synthetic_meddra(tmp_path / "a", llts=8000)
    with_file = read_meddra(folder).pt_to_paths
    (folder / "mdhier.asc").unlink()
    assert read_meddra(folder).pt_to_paths == with_file


@pytest.mark.skipif(not SUBSET.is_dir(), reason=f"no MedDRA subset at {SUBSET}")
def test_a_real_subset():
    described = describe(open_terminology(SUBSET))
    assert described["levels"] == {"LLT": 3934, "PT": 2711, "SOC": 24}
    assert (described["current"], described["label"]) == (3934, "MedDRA (version unknown)")
