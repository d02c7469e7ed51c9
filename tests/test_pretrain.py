import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
transformers = pytest.importorskip("transformers", reason="training is not installed")

from tokenizers import BertWordPieceTokenizer  # noqa: E402

from adetk import pretrain as room  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.networks import load_pretrained  # noqa: E402
from adetk.pretrain import NOTE, PretrainConfig, pretrain, pretrain_by_recipe  # noqa: E402
from adetk.recipe import TrainingConfig  # noqa: E402

CONFIG = PretrainConfig(48, 0.15, 0.2, TrainingConfig(4, 3e-3, 16, bf16=False))


@pytest.fixture(scope="module")
def texts(easy_posts):
    return [document.text for document in easy_posts]


def weights(folder):
    encoder, _ = load_pretrained(str(folder))
    return {k: v for k, v in encoder.state_dict().items() if "pooler" not in k}  # the pooler takes no part


@pytest.mark.parametrize("name", ["tiny_encoder", "tiny_roberta"])
def test_an_encoder_learns_the_posts_and_is_a_folder_that_recipes_can_name(request, name, texts, tmp_path):
    base, out = request.getfixturevalue(name), tmp_path / "out"
    report = pretrain(str(base), texts, out, CONFIG)
    assert report["texts"] + report["held_out_texts"] == len(set(texts))
    assert report["held_out_texts"] == round(0.2 * len(set(texts)))
    assert report["loss_after"] < report["loss_before"] - 0.3
    before, after = weights(base), weights(out)
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    # the folder holds the head too, tied to the embeddings, and says how it was made
    whole = transformers.AutoModelForMaskedLM.from_pretrained(out)
    assert whole.get_output_embeddings().weight is whole.get_input_embeddings().weight
    for key, value in whole.base_model.state_dict().items():
        torch.testing.assert_close(after[key], value)
    note = json.loads((out / NOTE).read_text(encoding="utf-8"))
    assert note["base"] == str(base)
    assert note["loss_after"] == report["loss_after"]
    assert not list(out.glob("training*"))


def test_a_run_that_was_cut_off_goes_on_and_ends_as_a_whole_one(tiny_encoder, texts, tmp_path, monkeypatch):
    pretrain(str(tiny_encoder), texts, tmp_path / "whole", CONFIG)

    class Cut(transformers.TrainerCallback):
        def on_epoch_begin(self, args, state, control, **kwargs):
            if state.epoch >= 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, "LogLine", Cut)
        with pytest.raises(KeyboardInterrupt):
            pretrain(str(tiny_encoder), texts, tmp_path / "cut", CONFIG)
    (folder,) = (tmp_path / "cut").iterdir()
    assert list(folder.glob("checkpoint-*"))
    steps = []

    class Counted(transformers.TrainerCallback):
        def on_epoch_begin(self, args, state, control, **kwargs):
            steps.append(round(state.epoch))

    monkeypatch.setattr(room, "LogLine", Counted)
    pretrain(str(tiny_encoder), texts, tmp_path / "cut", CONFIG)
    assert steps == [2, 3]
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    for key, value in whole.items():
        torch.testing.assert_close(cut[key], value, atol=1e-5, rtol=0, msg=key)


def test_a_long_text_is_cut_into_windows_and_nothing_is_lost(tiny_encoder):
    _, tokenizer = room._load(str(tiny_encoder))
    text = " ".join(["zoloft gave me night sweats"] * 8)
    rows = room._rows(tokenizer, [text, "sick"], 20)
    inner = [
        [i for i, special in zip(row["input_ids"], row["special_tokens_mask"], strict=True) if not special]
        for row in rows
    ]
    assert [piece for window in inner[:-1] for piece in window] == tokenizer(text, add_special_tokens=False)[
        "input_ids"
    ]
    assert all(len(row["input_ids"]) <= 20 for row in rows)
    assert all((row["special_tokens_mask"][0], row["special_tokens_mask"][-1]) == (1, 1) for row in rows)


def test_repeated_and_empty_texts_count_once_or_not_at_all():
    learnt, held = room._split(["so sick", "SO sick!", "", "@you", "all well", "fine"], CONFIG)
    assert sorted(learnt + held) == ["all well", "fine", "so sick"]
    assert len(held) == 1
    assert room._split(["a", "b", "c"], CONFIG) == room._split(["a", "b", "c"], CONFIG)


def test_what_cannot_be_is_said(tiny_encoder, texts, tmp_path):
    with pytest.raises(AdetkError, match="1 different texts"):
        pretrain(str(tiny_encoder), ["so sick", "So sick"], tmp_path / "out", CONFIG)
    with pytest.raises(AdetkError, match=r"encoder 'nowhere': not a folder with config\.json"):
        pretrain("nowhere", texts, tmp_path / "out", CONFIG)
    with pytest.raises(AdetkError, match="holds an encoder already"):
        pretrain(str(tiny_encoder), texts, tiny_encoder, CONFIG)
    with pytest.raises(AdetkError, match=r"mask_share is 1\.5"):
        replace(CONFIG, mask_share=1.5)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=BertWordPieceTokenizer({"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3})._tokenizer
    )
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    transformers.BertModel(transformers.BertConfig(vocab_size=4, **sizes)).save_pretrained(tmp_path / "mute")
    tokenizer.save_pretrained(tmp_path / "mute")
    with pytest.raises(AdetkError, match="its tokenizer has no mask piece"):
        pretrain(str(tmp_path / "mute"), texts, tmp_path / "out", CONFIG)
    assert not (tmp_path / "out").exists()


RECIPE = """
encoder = 'ENCODER'
max_length = 32
held_out = 0.2
[[data]]
path = 'posts.tsv'
[training]
epochs = 1
bf16 = false
"""


def test_the_command_pretrains_by_a_recipe(tiny_encoder, texts, tmp_path):
    (tmp_path / "posts.tsv").write_text("id\ttext\n" + "".join(f"{i}\t{t}\n" for i, t in enumerate(texts)))
    recipe, out = tmp_path / "posts.toml", tmp_path / "out"
    recipe.write_text(RECIPE.replace("ENCODER", str(tiny_encoder)))
    command = [sys.executable, "-m", "adetk", "pretrain", str(recipe), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["texts"] > report["held_out_texts"] > 0
    assert np.isfinite(report["loss_after"])
    note = json.loads((out / NOTE).read_text(encoding="utf-8"))
    assert (note["recipe"], note["sources"][0]["path"]) == ("posts.toml", "posts.tsv")
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 1
    assert again.stderr.splitlines()[-1] == (
        f"adetk: {out}: holds an encoder already; remove it, or name another folder"
    )


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("encoder = 'x'", r"expected the name of an encoder, and \[\[data\]\] tables"),
        ("[[data]]\npath = 'a.txt'", "expected the name of an encoder"),
        ("encoder = 'x'\n[[data]]\nfile = 'a'", "unknown key file; known are corpus, split, path"),
        (
            "encoder = 'x'\nmask = 0.2\n[[data]]\npath = 'a'",
            "unknown key mask; known are max_length, mask_share",
        ),
        ("encoder = 'x'\n[[data]]\nsplit = 'train'", "expected a corpus or a path in each"),
        ("encoder", "not TOML"),
    ],
)
def test_a_wrong_recipe_says_what_is_known(recipe, message, tmp_path):
    (tmp_path / "r.toml").write_text(recipe)
    with pytest.raises(AdetkError, match=message):
        pretrain_by_recipe(tmp_path / "r.toml", tmp_path, tmp_path / "out")
    with pytest.raises(AdetkError, match="no such recipe"):
        pretrain_by_recipe(tmp_path / "absent.toml", tmp_path, tmp_path / "out")
