import json
import logging
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("transformers", reason="training is not installed")

from torch import nn  # noqa: E402

from adetk.classify.losses import ClassificationLoss, LossConfig, WithSpans  # noqa: E402
from adetk.encoder import Window  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.extract.train import TaggingLoss  # noqa: E402
from adetk.recipe import TrainingConfig  # noqa: E402
from adetk.training import Row, train, training_arguments  # noqa: E402

CONFIG = TrainingConfig(epochs=4, learning_rate=0.02, batch_size=5, bf16=False, metric="f1")


class Network(nn.Module):
    """Mean of embeddings, one layer."""

    def __init__(self, classes=2, pooled=True, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(12, 6)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(6, classes)
        self.pooled = pooled

    def forward(self, input_ids, attention_mask):
        hidden = self.embedding(input_ids) * attention_mask.unsqueeze(-1)
        return self.head(self.dropout(hidden.mean(1) if self.pooled else hidden))


def window(ids):
    return Window(ids, [(0, 0)] * len(ids), [None] * len(ids))


def rows(n=20):
    draw = np.random.default_rng(0)
    found = []
    for i in range(n):
        ids = draw.integers(3, 12, draw.integers(2, 7)).tolist()
        found.append(Row(window([1 + i % 2, *ids]), i % 2))
    return found


def tagged(tag):
    """The same rows with dictionary tags."""
    return [
        replace(row, window=replace(row.window, tags=np.full((len(row.window.ids), 1), tag)))
        for row in rows()
    ]


def loss(config=None):
    return ClassificationLoss(LossConfig() if config is None else config, [10, 10])


def weights(network):
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def assert_same(found, expected, atol=0.0):
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=atol, err_msg=name)


def test_training_learns_and_leaves_its_results_and_no_checkpoint(tmp_path):
    network = Network()
    results = train(network, loss(), rows(), 0, CONFIG, tmp_path, lambda: {"f1": 0.5, "recall": 0.25})
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert written["training"]["epochs"] == 4
    assert written["rows"] == results["rows"] == 20
    assert [entry["eval_recall"] for entry in written["log"] if "eval_recall" in entry] == [0.25] * 4


@pytest.mark.parametrize(
    ("capabilities", "used"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx512_bf16": False, "amx_bf16": True}, True),
        ({"neon": True, "bf16": True}, True),
    ],
)
def test_bfloat16_is_used_where_it_is_not_imitated(monkeypatch, tmp_path, capabilities, used):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    for asked in (True, False):
        arguments = training_arguments(TrainingConfig(bf16=asked), tmp_path, scored=False)
        assert arguments.bf16 is (asked and used)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path):
    trained = []
    for number, seed in enumerate((1, 1, 2)):
        network = Network()
        train(
            network,
            loss(),
            rows(),
            0,
            TrainingConfig(2, 0.02, 5, bf16=False, seed=seed),
            tmp_path / str(number),
        )
        trained.append(weights(network))
    assert_same(trained[0], trained[1])
    assert not torch.equal(trained[0]["head.weight"], trained[2]["head.weight"])


def test_the_best_epoch_is_kept_and_patience_ends_the_training(tmp_path):
    network = Network()
    scores = iter([0.1, 0.5, 0.3, 0.2, 0.9])
    after_epoch = []

    def score():
        after_epoch.append(weights(network))
        return {"f1": next(scores)}

    config = TrainingConfig(5, 0.02, 5, bf16=False, metric="f1", patience=2)
    results = train(network, loss(), rows(), 0, config, tmp_path, score)
    assert len(after_epoch) == 4
    assert results["best"] == 0.5
    assert_same(weights(network), after_epoch[1])
    assert not torch.equal(after_epoch[3]["head.weight"], after_epoch[1]["head.weight"])


def test_without_a_metric_the_last_epoch_is_kept(tmp_path):
    network = Network()
    after_epoch = []

    def score():
        after_epoch.append(weights(network))
        return {"f1": 1 / len(after_epoch)}

    train(network, loss(), rows(), 0, TrainingConfig(3, 0.02, 5, bf16=False), tmp_path, score)
    assert_same(weights(network), after_epoch[2])


def test_a_run_that_was_cut_off_goes_on_and_ends_as_a_whole_one(tmp_path):
    def rising(calls):
        def score():
            calls.append(1)
            return {"f1": 0.1 * len(calls)}

        return score

    whole = Network()
    train(whole, loss(), rows(), 0, CONFIG, tmp_path / "whole", rising([]))

    cut, calls = Network(), []

    def interrupted():
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rising(calls)()

    with pytest.raises(KeyboardInterrupt):
        train(cut, loss(), rows(), 0, CONFIG, tmp_path / "cut", interrupted)
    assert not (tmp_path / "cut" / "results.json").exists()
    again, resumed = Network(), [1, 1]
    results = train(again, loss(), rows(), 0, CONFIG, tmp_path / "cut", rising(resumed))
    assert len(resumed) == 4
    assert [round(e["eval_f1"], 1) for e in results["log"] if "eval_f1" in e] == [0.1, 0.2, 0.3, 0.4]
    assert_same(weights(again), weights(whole), atol=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        {"config": replace(CONFIG, learning_rate=0.1)},
        {"loss": loss(LossConfig("focal"))},
        {"loss": ClassificationLoss(LossConfig(), [12, 8])},
        {"loss": WithSpans(loss(), 2.0)},
        {"rows": rows(19)},
        {"rows": tagged(1)},
        {"network": {"seed": 1}},
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, other):
    def cut_off():
        if any(tmp_path.glob("checkpoint-*")):
            raise KeyboardInterrupt
        return {"f1": 0.5}

    with pytest.raises(KeyboardInterrupt):
        train(Network(), loss(), rows(), 0, CONFIG, tmp_path, cut_off)
    asked = {"loss": loss(), "rows": rows(), "config": CONFIG, "network": {}, **other}
    with pytest.raises(AdetkError, match=r"holds a checkpoint of another training"):
        train(Network(**asked["network"]), asked["loss"], asked["rows"], 0, asked["config"], tmp_path)
    assert any(tmp_path.glob("checkpoint-*"))


def test_deferred_weights_set_in_at_their_share_of_the_steps(tmp_path):
    seen = []

    class Watched(ClassificationLoss):
        def __call__(self, output, labels):
            seen.append(self._is_weighted)
            return super().__call__(output, labels)

    watched = Watched(LossConfig(reweight="deferred", drw_start=0.5), [16, 4])
    train(Network(), watched, rows(), 0, TrainingConfig(3, 0.02, 5, bf16=False), tmp_path)
    assert seen == [False] * 6 + [True] * 6  # 3 epochs of 4 steps


def test_the_head_may_learn_at_a_rate_of_its_own(tmp_path):
    class Encoded(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = Network(classes=6)
            self.head = nn.Linear(6, 2)

        def forward(self, input_ids, attention_mask):
            return self.head(self.encoder(input_ids, attention_mask))

    def moved(rate, name):
        network = Encoded()
        before = weights(network)
        config = TrainingConfig(1, 1e-6, 5, head_learning_rate=rate, bf16=False, warmup=0.0, weight_decay=0.0)
        train(network, loss(), rows(), 0, config, tmp_path / name)
        after = weights(network)
        return [float((after[n] - before[n]).abs().max()) for n in ("encoder.head.weight", "head.weight")]

    encoder, head = moved(0.1, "own")
    assert encoder < 1e-5
    assert head > 0.05
    encoder, head = moved(0.0, "same")
    assert max(encoder, head) < 1e-5


def test_pieces_that_are_padding_do_not_count(tmp_path):
    counted = []

    class Watched(TaggingLoss):
        def __call__(self, output, labels):
            counted.append((output.shape[:2] == labels.shape, int((labels != -100).sum())))
            return super().__call__(output, labels)

    tagged = [Row(window(list(range(1, n + 1))), [-100, *[1] * (n - 1)]) for n in (2, 5, 3, 4)]
    train(Network(3, pooled=False), Watched(), tagged, 0, TrainingConfig(1, 0.01, 2, bf16=False), tmp_path)
    assert all(fits for fits, _ in counted)
    assert sum(n for _, n in counted) == 10


def test_progress_is_logged_not_printed(tmp_path, caplog, capsys):
    with caplog.at_level(logging.INFO, logger="adetk"):
        train(Network(), loss(), rows(), 0, TrainingConfig(2, 0.02, 5, bf16=False, log_every=2), tmp_path)
    assert any("step 2/8" in record.message and "loss" in record.message for record in caplog.records)
    assert capsys.readouterr().out == ""
