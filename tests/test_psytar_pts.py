import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import psytar_pts  # noqa: E402
from psytar_pts import PSYTAR_BY_PT, coverage, read_benchmark, read_cui_to_pts, with_pts  # noqa: E402

from adetk.document import Document, Mention  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.readers import read_corpus, read_jsonl  # noqa: E402

TEXT = "Toes hum and ears itch."
LABELS = """T1\tAdverseReaction 0 8\tToes hum
E1\tAdverseReaction:T1
A1\tCUI E1 C0000001
A2\tMEDDRA-PT-ID E1 {pt}
T2\tAdverseReaction 13 22\tears itch
E2\tAdverseReaction:T2
A3\tCUI E2 C0000002
A4\tMEDDRA-PT-ID E2 90000002
A5\tLLT-ID E2 90000003
E3\tAdverseReaction:T2
A6\tCUI E3 C0000004
"""


def effect(*conjuncts):
    return Mention(((0, 4),), gold=tuple(frozenset(codes) for codes in conjuncts))


def golds(documents):
    return [mention.gold for document in documents for mention in document.mentions]


@pytest.fixture
def labels(tmp_path):
    """Two drugs' labels; of the first concept they have different PTs."""
    folder = tmp_path / "tac2017" / "fda-ars"
    for name in ("Txt", "Brat"):
        (folder / name).mkdir(parents=True)
    for drug, pt in (("BRENOXIL", "90000001"), ("QUILTAMAB", "90000004")):
        (folder / "Txt" / f"{drug}_warnings.txt").write_text(TEXT, encoding="utf-8")
        (folder / "Brat" / f"{drug}_warnings.ann").write_text(LABELS.format(pt=pt), encoding="utf-8")
    return tmp_path


def test_a_concept_is_any_pt_that_a_label_gives_it(labels):
    assert read_cui_to_pts(labels) == {
        "C0000001": {"90000001", "90000004"},
        "C0000002": {"90000002"},  # the PT, not the LLT
    }  # an event without PT says nothing


def test_labels_without_both_codes_are_refused(tmp_path):
    with pytest.raises(AdetkError, match=r"Brat: no effect has both CUI and MEDDRA-PT-ID"):
        read_cui_to_pts(tmp_path)


def test_effects_get_all_pts_of_their_concepts():
    cui_to_pts = {"C0000001": frozenset({"90000001", "90000004"}), "C0000002": frozenset({"90000002"})}
    given = [
        effect({"C0000002"}),
        effect({"C0000003"}),  # of no label
        effect({"C0000001", "C0000003"}),
        effect(),  # the annotators found no concept
        Mention(((0, 4),), label="WD"),
    ]
    coded = with_pts([Document("1", TEXT, label="ADE", mentions=tuple(given))], cui_to_pts)
    assert golds(coded) == [
        (frozenset({"90000002"}),),
        None,
        (frozenset({"90000001", "90000004"}),),
        (),
        None,
    ]
    assert [m.label for m in coded[0].mentions] == ["ADE", "ADE", "ADE", "ADE", "WD"]
    assert coverage(coded) == psytar_pts.Coverage(coded=3, with_pt=2, ambiguous=1)
    assert str(coverage(coded)) == "2 of 3 effects have a PT, 1 of them several"


def test_other_corpora_are_read_as_they_are():
    assert read_benchmark("demo", "all", ROOT) == read_corpus("demo", "all", ROOT)


def test_the_documents_are_written_in_adetks_own_format(labels, tmp_path, monkeypatch, capsys):
    documents = [Document("1", TEXT, label="ADE", mentions=(effect({"C0000002"}), effect({"C0000009"})))]
    monkeypatch.setattr(psytar_pts, "read_corpus", lambda *_: documents)
    out = tmp_path / "made" / "train.jsonl"
    monkeypatch.setattr(sys, "argv", ["psytar_pts.py", "train", "--corpora", str(labels), "-o", str(out)])
    assert psytar_pts.main() == 0
    assert golds(read_jsonl(out)) == [(frozenset({"90000002"}),), None]
    assert capsys.readouterr().out == f"{out}: 1 of 2 effects have a PT, 0 of them several\n"


def test_a_corpus_that_is_not_there_is_an_error_of_one_line(tmp_path, monkeypatch, capsys):
    command = ["psytar_pts.py", "train", "--corpora", str(tmp_path), "-o", str(tmp_path / "x.jsonl")]
    monkeypatch.setattr(sys, "argv", command)
    assert psytar_pts.main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_more_than_half_of_psytars_effects_have_a_pt():
    root = Path(os.environ.get("ADETK_CORPORA", ROOT.parent / "shared" / "corpora"))
    if not root.is_dir():
        pytest.skip(f"no corpora at {root}; set ADETK_CORPORA")
    found = coverage(read_benchmark(PSYTAR_BY_PT, "test", root))
    assert (found.coded, found.with_pt, found.ambiguous) == (489, 276, 16)
