import pytest

from adetk.errors import AdetkError
from adetk.normalize.ctcae import read_ctcae
from adetk.normalize.lay import NO_LAY, lay_wordings, read_lay
from adetk.normalize.linker import Linker
from adetk.normalize.settings import LinkOptions
from adetk.normalize.table import read_table
from adetk.pipeline import Pipeline


@pytest.fixture(scope="module")
def linker():
    return Linker.over("ctcae")


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("rash", "Rash maculo-papular"),
        ("Rashes!", "Rash maculo-papular"),
        ("a terrible rash", "Rash maculo-papular"),
        ("dry cough", "Cough"),
        ("cant pee", "Urinary retention"),
        ("water retention", "Generalized edema"),
    ],
)
def test_usual_wordings_mean_what_a_coder_takes_them_for(linker, wording, name):
    (best, *_) = linker.link(wording)
    assert (best.name, best.method) == (name, "synonym")
    assert linker.is_coded(best)


@pytest.mark.parametrize("wording", ["nightmares", "always hungry", "really bad nightmares", "Munchies"])
def test_what_ctcae_has_no_term_for_stays_without_a_code_and_keeps_its_candidates(linker, wording):
    links = linker.link(wording)
    assert len({link.concept_id for link in links}) == len(links) > 1
    assert {link.score for link in links} == {0.0}
    assert not linker.is_coded(links[0])


def test_a_list_of_ones_own_stands_before_it(linker):
    anorexia = next(c.id for c in linker.terminology.offered() if c.name == "Anorexia")
    own = linker.with_options(LinkOptions(synonyms=(("nightmares", anorexia), ("rash", anorexia))))
    assert {own.link(w)[0].name for w in ("nightmares", "rash")} == {"Anorexia"}
    assert own.link("dry cough")[0].name == "Cough"
    assert not linker.is_coded(linker.link("nightmares")[0])  # the one before is as it was


def test_an_effect_of_several_is_one_of_them(linker):
    assert [link.name for link in linker.link("rash and dry cough")[:2]] == ["Rash maculo-papular", "Cough"]


def test_another_terminology_has_no_such_list(tmp_path):
    path = tmp_path / "house.tsv"
    path.write_text("code\tname\n1\tRash\n2\tNightmare\n", encoding="utf-8")
    assert lay_wordings(read_table(path)) == NO_LAY
    assert lay_wordings(read_ctcae()).fingerprint != NO_LAY.fingerprint


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("10028813\tqueasy\n\tQueasy!\n", r"row 3: 'Queasy!' is in row 2 too; expected it once"),
        ("1\tqueasy\n", r"row 2: code '1' is no term of CTCAE"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(tmp_path, rows, message):
    path = tmp_path / "lay.tsv"
    path.write_text("concept_id\twording\n" + rows, encoding="utf-8")
    with pytest.raises(AdetkError, match=message):
        read_lay(path, read_ctcae())


def test_runs_with_another_list_are_not_gone_on_with(tiny_bundle, monkeypatch):
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    before = pipeline.fingerprint(), pipeline.fingerprint("extract")
    monkeypatch.setattr("adetk.pipeline.lay_wordings", lambda _: NO_LAY)
    assert pipeline.fingerprint() != before[0]
    assert pipeline.fingerprint("extract") == before[1]
