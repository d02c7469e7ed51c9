import numpy as np
import pytest

from adetk.classify.calibration import estimate_prior
from adetk.classify.drug_priors import (
    NONE,
    PSEUDO_POSTS,
    DrugPriors,
    Stream,
    estimate_drug_priors,
    read_drug_priors,
    write_drug_priors,
)
from adetk.errors import AdetkError

PRIORS = DrugPriors(0.1, {"1": 0.3, "2": 0.02, NONE: 0.01})


def test_a_post_is_read_at_the_share_of_its_drugs():
    assert PRIORS.of({"1"}) == 0.3
    assert PRIORS.of({"1", "2"}) == pytest.approx(0.16)
    assert PRIORS.of({"1", "unheard of"}) == pytest.approx(0.2)
    assert PRIORS.of(()) == 0.01
    # odds of 1 at the share .1 are odds of 27 / 7 at .3
    assert PRIORS.reread(0.5, {"1"}) == pytest.approx(27 / 34)
    assert PRIORS.reread(0.5, {"unheard of"}) == pytest.approx(0.5)
    assert PRIORS.reread(0.0, {"1"}) == 0.0
    assert PRIORS.reread(1.0, {"2"}) == 1.0


def stream(name_to_share, posts, seed=0, lead=2.0, prior=0.1):
    """Posts of each drug with its share of ADE, and probabilities that are calibrated at `prior` for any of them."""
    draw = np.random.default_rng(seed)
    ids = [{name} if name else set() for name in name_to_share for _ in range(posts)]
    labels = draw.random(len(ids)) < np.repeat(list(name_to_share.values()), posts)
    margins = lead * (draw.normal(size=len(ids)) + lead * labels) - lead**2 / 2 + np.log(prior / (1 - prior))
    return 1 / (1 + np.exp(-margins)), ids, labels


def test_shares_are_found_without_a_label_and_make_the_order_better():
    from sklearn.metrics import average_precision_score

    truth = {"often": 0.4, "seldom": 0.02, "never": 0.0, "": 0.05}
    probabilities, ids, labels = stream(truth, 600)
    found = estimate_drug_priors(Stream(probabilities, 0.1, ids))
    assert found.overall == pytest.approx(estimate_prior(probabilities, 0.1))
    shares = [found.of({name} if name else ()) for name in truth]
    assert shares == pytest.approx(labels.reshape(4, 600).mean(axis=1), abs=0.05)
    at_own = [found.reread(p, of_post) for p, of_post in zip(probabilities, ids, strict=True)]
    gain = average_precision_score(labels, at_own) - average_precision_score(labels, probabilities)
    assert gain > 0.1


def test_few_posts_say_little_and_no_drug_more_than_another_nothing():
    probabilities, ids, _ = stream({"a": 0.1, "b": 0.1}, 2000)
    rare = [*ids, {"rare"}]
    found = estimate_drug_priors(Stream(np.append(probabilities, 1 - 1e-9), 0.1, rare))
    assert found.of({"rare"}) == pytest.approx(
        (1 + PSEUDO_POSTS * found.overall) / (1 + PSEUDO_POSTS), abs=0.02
    )
    assert [found.of({name}) for name in "ab"] == pytest.approx([0.1, 0.1], abs=0.03)
    assert estimate_drug_priors(Stream(probabilities, 0.1, ids), pseudo_posts=1e9).of({"a"}) == pytest.approx(
        found.overall, abs=1e-3
    )


def test_a_post_of_two_drugs_counts_for_that_one_which_explains_it():
    share = {"a": 0.98, "b": 0.02}
    probabilities, ids, _ = stream({"ab": 0.5, "b": 0.02}, 4000)
    named = [{"a", "b"} if i == {"ab"} else i for i in ids]
    found = estimate_drug_priors(Stream(probabilities, 0.1, named))
    assert found.id_to_prior == pytest.approx(share, abs=0.05)  # their mean is .5
    both = [{"a", "b"}] * 4000
    of_both = estimate_drug_priors(Stream(probabilities[:4000], 0.1, both))
    assert of_both.id_to_prior["a"] == of_both.id_to_prior["b"] == pytest.approx(of_both.overall, abs=1e-3)


def test_nothing_to_estimate_from():
    with pytest.raises(AdetkError, match="0 posts to estimate a share from"):
        estimate_drug_priors(Stream(np.array([]), 0.1, []))


def test_a_table_comes_back_and_its_most_frequent_drug_leads(tmp_path):
    path = tmp_path / "shares.tsv"
    write_drug_priors(path, PRIORS, [{"1"}, {"2"}, {"1", "2"}, {"2"}, set()], {"1": "Sertraline"})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == [
        "drug_id\tdrug\tposts\tprior",
        "all\t\t5\t0.100000",
        "2\t\t3\t0.020000",
        "1\tSertraline\t2\t0.300000",
        "none\t\t1\t0.010000",
    ]
    assert read_drug_priors(path) == PRIORS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("drug_id\tprior\n1\t0.2\n", "no row with the drug_id 'all'"),
        ("drug_id\tprior\nall\t1.5\n", "row 2 has the prior '1.5'; expected a share, above 0 and below 1"),
        ("drug_id\tprior\nall\tmany\n", "row 2 has the prior 'many'"),
        ("drug\tprior\nall\t0.1\n", "no column drug_id"),
        ("drug_id\tprior\nall\t0.1\nall\t0.2\n", "row 3 has the drug_id 'all'; expected one, and each once"),
        ("drug_id\tprior\nall\t0.1\n\t0.2\n", "row 3 has the drug_id ''"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(text, said, tmp_path):
    path = tmp_path / "shares.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AdetkError, match=said):
        read_drug_priors(path)
    with pytest.raises(AdetkError, match="name a tab-separated file"):
        read_drug_priors(tmp_path / "absent.tsv")


def test_shares_are_shares_and_known_again():
    with pytest.raises(AdetkError, match=r"prior 1\.0 of 7: expected a share"):
        DrugPriors(0.1, {"7": 1.0})
    same = DrugPriors(0.1, dict(reversed(PRIORS.id_to_prior.items())))
    assert same.fingerprint == PRIORS.fingerprint
    assert DrugPriors(0.1, {"1": 0.3}).fingerprint != PRIORS.fingerprint
