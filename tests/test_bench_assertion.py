import json
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_assertion  # noqa: E402

from adetk.document import ADE, NO_ADE, Document, Mention  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402


def post(number, text, *effects, carries=()):
    spans = [((text.index(e), text.index(e) + len(e)),) for e in effects]
    label = ADE if effects else NO_ADE
    return Document(
        str(number),
        text,
        label,
        mentions=tuple(Mention(s, ADE) for s in spans),
        meta=dict.fromkeys(carries, 1),
    )


SENTENCES = [
    post(1, "lexapro gave me nausea", "nausea"),
    post(2, "no nausea on lexapro, but a dry mouth", "dry mouth"),
    post(3, "took lexapro for my nausea", carries=["DI"]),
    post(4, "never had nausea", carries=["SSI"]),
    post(5, "picked up my lexapro"),
]


class Finds:
    """Takes every `nausea` and `dry mouth` for an effect."""

    def __call__(self, documents):
        for d in documents:
            assert not d.mentions
            assert d.label is None  # nobody told it
            yield post(d.id, d.text, *(e for e in ("nausea", "dry mouth") if e in d.text))


@pytest.fixture
def corpora(monkeypatch):
    asked = []

    def read(name, split, folder):
        asked.append((name, split, folder))
        return SENTENCES

    monkeypatch.setattr(bench_assertion, "read_corpus", read)
    return asked


def called(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["bench_assertion.py", "--corpora", "corpora", *map(str, words)])
    return bench_assertion.main()


def test_what_flags_cost_and_gain_is_told_by_what_sentences_carry(corpora, monkeypatch, tmp_path, capsys):
    opened = []
    monkeypatch.setattr(bench_assertion, "opened", lambda part: opened.append(part) or Finds())
    out = tmp_path / "assertion.json"
    words = ["--tagger", "one=a", "--tagger", "another one=b=c", "--psytar", "test", "--out", out]
    assert called(monkeypatch, *words) == 0
    assert opened == [Path("a"), Path("b=c")]
    assert [asked[:2] for asked in corpora] == [
        *((name, "train") for name in bench_assertion.POSTS),
        ("psytar", "test"),
    ]
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["psytar_split"] == "test"
    assert list(report["psytar"]) == ["one", "another one"]
    assert report["gold"]["cadec"]["effects"] == 2
    assert report["gold"]["cadec"]["flagged"] == 0  # both are told as they are
    name_to_figures = report["psytar"]["one"]
    found = {n: (f["sentences"], f["without_flags"]["found"]) for n, f in name_to_figures.items()}
    assert found == {"all": (5, 5), "effect": (2, 3), "DI or SSI, no effect": (2, 2), "neither": (1, 0)}
    effects, others = name_to_figures["effect"], name_to_figures["DI or SSI, no effect"]
    assert effects["without_flags"]["precision"] == pytest.approx(2 / 3)
    assert effects["with_flags"] | {"precision_low": 0, "precision_high": 0} == {
        **{"found": 2, "wrong": 0, "precision": 1.0, "recall": 1.0},
        **{"precision_low": 0, "precision_high": 0},
    }
    assert effects["difference"] == pytest.approx(1 / 3)
    assert (others["without_flags"]["wrong"], others["with_flags"]["wrong"]) == (2, 1)  # `never` is a flag
    assert '"flagged"' in capsys.readouterr().out


@pytest.mark.parametrize("given", ["part", "=part", "name="])
def test_a_tagger_needs_a_name_and_a_folder(given, corpora, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stopped:
        called(monkeypatch, "--tagger", given)
    assert stopped.value.code == 2
    assert f"{given!r}; expected NAME=PART" in capsys.readouterr().err


def test_a_part_that_is_not_there_is_one_line_and_nothing_is_written(corpora, monkeypatch, tmp_path, capsys):
    out = tmp_path / "assertion.json"
    assert called(monkeypatch, "--tagger", f"x={tmp_path / 'absent'}", "--out", out) == 1
    said = capsys.readouterr().err
    assert said.startswith("bench_assertion: ")
    assert len(said.splitlines()) == 1
    assert not out.exists()


def test_a_part_is_opened_as_it_is_served(tiny_parts):
    tagger = bench_assertion.opened(tiny_parts.folders["extract"])
    assert ADE in tagger.scheme.labels
    with pytest.raises(AdetkError):
        bench_assertion.opened(tiny_parts.folders["classify"])
