import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import gate_report  # noqa: E402
from gate_report import Gate, gates_report, systems_of  # noqa: E402
from gate_samples import pools_of  # noqa: E402
from gate_streams import prevalence_report, recall_report  # noqa: E402
from gate_systems import (  # noqa: E402
    ENSEMBLES,
    PER_SEED,
    Sample,
    cross_fitted,
    f1_of,
    member_figures,
    plain,
    platt_calibrations,
    posterior_calibrated,
    posterior_calibrations,
    tuned,
)

from adetk.errors import AdetkError  # noqa: E402


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """Each draw of a stream iterates to its share: 200 of them are half of this file's time."""
    monkeypatch.setattr(gate_report, "STREAM_DRAWS", 4)


# ---- arrays that are made up


def sample(n=1200, share=0.1, members=3, seed=0, prior=0.1, lead=3.0):
    """Margins that are calibrated at `prior` but for their noise, in posts of which `share` are ADE."""
    draw = np.random.default_rng(seed)
    labels = draw.random(n) < share
    # two normals `lead` apart: the log odds are lead * x - lead^2 / 2 + the prior's
    own = draw.normal(size=n) + lead * labels
    members = own + draw.normal(scale=0.3, size=(members, n))
    margins = lead * members - lead**2 / 2 + np.log(prior / (1 - prior))
    return Sample(labels, np.arange(n) % 5, margins, np.full(len(margins), prior), "same")


def test_without_calibration_half_decides():
    two = Sample(
        np.array([True, False]), np.zeros(2, int), np.array([[0.0, -0.1], [-2.0, 3.0]]), np.array([0.1, 0.1])
    )
    answers = plain(two)(two.margins)
    assert answers.decisions.tolist() == [[True, False], [False, True]]
    np.testing.assert_allclose(answers.probabilities[0], [0.5, 1 / (1 + np.exp(0.1))])


def test_posterior_calibration_has_the_best_f1_of_all_strengths_and_is_a_shift():
    chosen = sample(prior=0.02)  # trained at 2 %, shown 10 %: the threshold is too high
    answers, before = posterior_calibrated(chosen)(chosen.margins), plain(chosen)(chosen.margins)
    for row, calibration in enumerate(posterior_calibrations(chosen)):
        assert calibration.strength > 0.2
        shift = calibration.strength * np.log(0.98 / 0.02)
        np.testing.assert_array_equal(answers.decisions[row], chosen.margins[row] + shift >= 0)
        assert f1_of(answers.decisions[row], chosen.labels) > f1_of(before.decisions[row], chosen.labels)


def test_where_sampling_made_the_classes_even_posterior_calibration_moves_nothing():
    even = replace(sample(), priors=np.full(3, 0.5))
    assert [c.strength for c in posterior_calibrations(even)] == [0.0] * 3
    np.testing.assert_allclose(
        posterior_calibrated(even)(even.margins).probabilities, plain(even)(even.margins).probabilities
    )


def test_a_tuned_gate_is_calibrated_and_its_threshold_is_about_the_best():
    chosen = sample(prior=0.5)
    answers = tuned(chosen)(chosen.margins)
    np.testing.assert_allclose(answers.probabilities.mean(axis=1), chosen.labels.mean(), atol=2e-3)
    for decisions, margins in zip(answers.decisions, chosen.margins, strict=True):
        best = max(f1_of(margins >= at, chosen.labels) for at in margins)
        assert best - 0.02 < f1_of(decisions, chosen.labels) <= best


def test_ensembles_are_one_member_and_no_worse_than_most_seeds():
    chosen, other = sample(seed=1), sample(seed=2, n=4000)
    ones = [f1_of(d, other.labels) for d in tuned(chosen)(other.margins).decisions]
    for name, fit in ENSEMBLES.items():
        answers = fit(chosen)(other.margins)
        assert answers.probabilities.shape == answers.decisions.shape == (1, 4000), name
        assert f1_of(answers.decisions[0], other.labels) > np.median(ones) - 0.01, name
    votes = ENSEMBLES["vote_at_half"](chosen)(other.margins)
    np.testing.assert_array_equal(votes.decisions[0], (other.margins >= 0).sum(axis=0) >= 2)


@pytest.mark.parametrize("name", [*PER_SEED, *ENSEMBLES])
def test_nobody_is_judged_by_what_was_chosen_on_its_own_labels(name):
    fit, chosen = {**PER_SEED, **ENSEMBLES}[name], sample(n=300)
    held = chosen.folds == 2
    flipped = replace(chosen, labels=np.where(held, ~chosen.labels, chosen.labels))
    before, after = cross_fitted(fit, chosen), cross_fitted(fit, flipped)
    np.testing.assert_array_equal(after.probabilities[:, held], before.probabilities[:, held])
    np.testing.assert_array_equal(after.decisions[:, held], before.decisions[:, held])


def test_figures_of_a_worked_case():
    one = Sample(
        np.array([True, True, False, False]),
        np.zeros(4, int),
        np.array([[2.0, -1.0, 1.0, -3.0]]),
        np.array([0.5]),
    )
    figures = member_figures(plain(one)(one.margins), one.labels)
    (report,) = figures(np.ones(4, int))
    assert (report["f1"], report["precision"], report["recall"]) == (0.5, 0.5, 0.5)
    assert report["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    (doubled,) = figures(np.array([1, 1, 2, 1]))
    assert (doubled["f1"], doubled["precision"]) == (2 / 5, 1 / 3)
    (nothing,) = figures(np.array([0, 1, 0, 1]))
    assert (nothing["f1"], nothing["precision"], nothing["recall"]) == (0.0, 0.0, 0.0)


def test_a_stream_with_another_share_is_read_better_after_its_share_was_estimated():
    chosen, final = sample(n=4000), sample(n=4000, seed=7)
    calibrations = platt_calibrations(chosen)
    for share in (0.01, 0.3):
        report = prevalence_report(calibrations, chosen, final, share, draws=20)
        assert report["estimated"] == pytest.approx(share, rel=0.5)
        assert report["gain"] == pytest.approx(report["f1_adapted"] - report["f1_as_it_is"], abs=0.02)
        assert report["gain_low"] <= report["gain"] <= report["gain_high"]
    own = prevalence_report(calibrations, chosen, final, float(final.labels.mean()), 5)
    ones = [f1_of(d, final.labels) for d in tuned(chosen)(final.margins).decisions]
    assert own["f1_as_it_is"] == pytest.approx(np.median(ones))
    assert prevalence_report(calibrations, chosen, final, 0.01, 20)["gain"] > 0


def test_a_promised_recall_is_kept_in_the_mean():
    report = recall_report(sample(n=4000), recall=0.9, splits=200)
    assert report["mean_recall"] == pytest.approx(0.9, abs=0.02)
    assert 0.3 < report["held"] < 0.8
    assert report["lowest_recall"] < 0.9
    assert 0 < report["passed"] < 0.5
    assert (report["splits"], report["n"]) == (200, sample(n=4000).labels.sum())


def gate(name, chosen, final):
    return Gate(name, {"corpus": "made_up", "split": "valid"}, "out_of_fold", chosen, "valid", final)


def test_the_report_holds_every_system_beside_the_plain_gate():
    weak, strong = (sample(n=400, lead=lead, share=0.2) for lead in (1.0, 4.0))
    final = [sample(n=400, lead=lead, share=0.2, seed=9) for lead in (1.0, 4.0)]
    final = [replace(f, sha256="final") for f in final]
    gates = [
        gate("one_cross_entropy_classify", weak, final[0]),
        gate("one_ldam_classify", strong, final[1]),
    ]
    report = gates_report(gates, draws=30)
    plain_row = report["recipes"]["one_cross_entropy_classify"]["valid"]["plain"]
    better = report["recipes"]["one_ldam_classify"]["valid"]
    assert list(better) == systems_of(3) == [*PER_SEED, *ENSEMBLES]
    assert plain_row["members"] == 3
    assert plain_row["f1_lowest"] <= plain_row["f1"] <= plain_row["f1_highest"]
    assert plain_row["f1_low"] <= plain_row["f1"] <= plain_row["f1_high"]
    assert not any(key.startswith("more_than_plain") for key in plain_row)
    for system, row in better.items():
        assert row["more_than_plain_f1"] == pytest.approx(row["f1"] - plain_row["f1"]), system
        assert row["more_than_plain_f1_low"] > 0, system
    (pair,) = [p for p in report["pairs"] if p["system"] == "tuned" and p["sample"] == "valid"]
    assert (pair["first"], pair["second"]) == ("one_ldam_classify", "one_cross_entropy_classify")
    tuned_row = report["recipes"]["one_cross_entropy_classify"]["valid"]["tuned"]
    assert pair["f1"] == pytest.approx(better["tuned"]["f1"] - tuned_row["f1"])
    assert {p["system"] for p in report["pairs"]} == set(systems_of(3))
    assert set(better["plain"]) > {"ece_low", "average_precision_spread", "n", "ade"}
    assert set(report["recipes"]["one_ldam_classify"]) > {"out_of_fold", "prevalence", "min_recall", "tuned"}
    json.dumps(report)


def test_members_of_several_recipes_are_one_ensemble(tmp_path):
    about = {"corpus": "made_up", "split": "valid", "seeds": [1, 2, 3], "training_seconds": 7}
    chosen = [sample(n=400, share=0.2, seed=3), sample(n=400, share=0.2, seed=3, members=1)]
    assert (chosen[0].labels == chosen[1].labels).all()
    gates = [replace(gate(name, c, c), about=about) for name, c in zip("ab", chosen, strict=True)]
    path = tmp_path / "ensembles.toml"
    path.write_text('[both]\nrecipes = ["b", "a"]\n[of_what_is_not_there]\nrecipes = ["a", "c"]\n')
    (pool,) = pools_of(path, gates)
    assert pool.name == "both"
    assert pool.selection.margins.tolist() == [*chosen[1].margins.tolist(), *chosen[0].margins.tolist()]
    assert (pool.about["recipes"], pool.about["training_seconds"]) == (["b", "a"], 14)
    assert pool.final is None  # nobody committed it
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", path], check=True)
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", *who, "-C", tmp_path, "commit", "-qm", "both"], check=True)
    (pool,) = pools_of(path, gates)
    assert len(pool.final.margins) == 4
    found = gates_report([*gates, pool], draws=5)["recipes"]["both"]
    assert list(found["valid"]) == list(found["out_of_fold"]) == list(ENSEMBLES)
    assert "prevalence" not in found
    assert "tuned" not in found

    other = replace(gates[1], selection=replace(chosen[1], sha256="other"))
    with pytest.raises(AdetkError, match="both saw other documents"):
        pools_of(path, [gates[0], other])
    assert pools_of(tmp_path / "absent.toml", gates) == []
    for wrong in ('[a]\nrecipes = ["a", "b"]', '[c]\nrecipes = ["a", "a"]', '[c]\nrecipe = "a"', "c = 1"):
        path.write_text(wrong)
        with pytest.raises(AdetkError, match="expected two or more, each once"):
            pools_of(path, gates)


def test_one_seed_has_no_ensemble_and_other_documents_are_not_compared():
    chosen = sample(n=300, members=1)
    gates = [gate("a_cross_entropy_classify", chosen, None), gate("b", replace(chosen, sha256="other"), None)]
    report = gates_report(gates, draws=5)
    assert report["pairs"] == []
    assert list(report["recipes"]["b"]["out_of_fold"]) == list(PER_SEED)
    assert "f1_spread" not in report["recipes"]["b"]["out_of_fold"]["plain"]
    assert "valid" not in report["recipes"]["b"]
    assert "prevalence" not in report["recipes"]["b"]
    assert "min_recall" not in report["recipes"]["b"]  # some 15 of 30 ADE posts: too few to promise .95
