from dataclasses import replace
from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
transformers = pytest.importorskip("transformers", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from tokenizers import ByteLevelBPETokenizer  # noqa: E402
from tokenizers.pre_tokenizers import ByteLevel  # noqa: E402
from tokenizers.processors import RobertaProcessing  # noqa: E402

from adetk.bundle import read_manifest, write_bundle  # noqa: E402
from adetk.classify.chemistry import FILE, StructureOptions  # noqa: E402
from adetk.classify.classifier import Classifier  # noqa: E402
from adetk.classify.losses import ClassificationLoss, LossConfig  # noqa: E402
from adetk.classify.network import PostClassifier, open_network  # noqa: E402
from adetk.classify.structure import EncodedRows, build_structure, empty_structure  # noqa: E402
from adetk.classify.train import train_classifier  # noqa: E402
from adetk.document import Document  # noqa: E402
from adetk.encoder import Tokenizer, Window, pad, run_windows  # noqa: E402
from adetk.lexicon import Lexicon  # noqa: E402
from adetk.networks import (  # noqa: E402
    TorchNetwork,
    empty_encoder,
    export_onnx,
    load_pretrained,
    load_weights,
    save_network,
)
from adetk.pipeline import Pipeline  # noqa: E402
from adetk.recipe import TrainingConfig, read_recipe  # noqa: E402
from adetk.runtime import open_graph  # noqa: E402
from adetk.training import Row, train  # noqa: E402

AMINES = ["CCN", "CCCN", "CCCCN", "CC(C)N", "CCCCCN", "CC(C)CN"]
CHLORIDES = ["CCCl", "CCCCl", "CCCCCl", "CC(C)Cl", "CCCCCCl", "CC(C)CCl"]
SMILES = {f"{kind}{i}": s for kind, own in (("a", AMINES), ("c", CHLORIDES)) for i, s in enumerate(own)}
LEXICON = Lexicon("drugs", [(f"drug {i}", i) for i in SMILES])
KINDS = ("fingerprint", "encoder")
CHOICES = [
    c
    for c in product(KINDS, ("concat", "cross_attention"), ("average", "join"))
    if c != ("encoder", "concat", "join")
]


@pytest.fixture(scope="module")
def smiles_encoder(tmp_path_factory):
    """A random RoBERTa over the characters of SMILES, as transformers loads it."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    characters = ByteLevelBPETokenizer({piece: i for i, piece in enumerate(pieces)}, [])
    characters._tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=characters._tokenizer, **names)
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.8,  # else the first state would hardly differ from one SMILES to the next
        max_position_embeddings=34,
        pad_token_id=1,
    )
    folder = tmp_path_factory.mktemp("encoders") / "tiny-smiles"
    torch.manual_seed(0)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def built(tiny_encoder, smiles_encoder):
    """Of a kind, a join and a way with several drugs: the structures and a network with them, both new."""

    def build(kind, join, several="average", inner_width=0):
        if kind == "fingerprint":
            pytest.importorskip("rdkit", reason="RDKit is not installed")
        torch.manual_seed(2)
        encoder, backend = load_pretrained(str(tiny_encoder))
        options = StructureOptions(kind, str(smiles_encoder) if kind == "encoder" else "", join, several)
        structures, joined = build_structure(options, encoder.config.hidden_size, LEXICON, SMILES)
        network = PostClassifier(encoder, inner_width=inner_width, structure=joined)
        return Tokenizer(backend, 32), structures, network

    return build


def windows_of(tokenizer, structures, texts):
    return [w for ws, text in zip(tokenizer.windows(texts), texts, strict=True) for w in structures(ws, text)]


TEXTS = [
    "drug a0 made me ill",
    "ill",
    "drug a1 and drug c2 and drug c5",
    "",
    "so tired of drug c3 and all of it",
]


@pytest.mark.parametrize(("kind", "join"), list(product(KINDS, ("concat", "cross_attention"))))
def test_where_the_text_is_the_same_the_drug_decides(built, kind, join, tmp_path):
    """Posts of the same words; by fingerprints also drugs that were not in training go by what they are made of."""
    tokenizer, structures, network = built(kind, join, inner_width=32)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # eight posts: dropout would be most of what is seen
    (window,) = tokenizer.windows(["i took it and now this"])[0]
    told = {i: replace(window, structure=structures.rows(f"drug {i}")) for i in SMILES}
    seen = [i for i in SMILES if i[1] not in "14"]
    rows = [Row(told[i], int(i[0] == "a")) for i in seen]
    config = TrainingConfig(epochs=30, learning_rate=5e-3, batch_size=4, bf16=False)
    train(network, ClassificationLoss(LossConfig(), [4, 4]), rows, tokenizer.pad_id, config, tmp_path)
    network.structure.freeze()
    asked = list(SMILES) if kind == "fingerprint" else seen
    logits = np.stack(run_windows(TorchNetwork(network), [told[i] for i in asked], tokenizer.pad_id))
    assert (logits[:, 1] > logits[:, 0]).tolist() == [i[0] == "a" for i in asked]


@pytest.mark.parametrize(("kind", "join", "several"), CHOICES)
def test_an_exported_graph_is_close_to_torch_and_blind_to_the_batch(built, kind, join, several, tmp_path):
    tokenizer, structures, network = built(kind, join, several)
    windows = windows_of(tokenizer, structures, TEXTS)
    before = np.stack(run_windows(TorchNetwork(network), windows, tokenizer.pad_id))
    network.structure.freeze()
    exact = np.stack(run_windows(TorchNetwork(network), windows, tokenizer.pad_id, batch_size=1))
    np.testing.assert_allclose(exact, before, atol=1e-5)
    export_onnx(network, pad(windows[:2], tokenizer.pad_id), tmp_path / "model.onnx", ("batch",))
    graph = open_graph(tmp_path / "model.onnx", workers=1)
    together = np.stack(run_windows(graph, windows, tokenizer.pad_id))
    alone = np.stack(run_windows(graph, windows, tokenizer.pad_id, batch_size=1))
    assert np.abs(together - alone).max() < 1e-5
    assert (np.abs(together - exact).max(1) < 0.1 * np.maximum(1.0, np.abs(exact).max(1))).all()
    none = [replace(w, structure=structures.rows("")) for w in windows]
    moved = np.abs(np.stack(run_windows(graph, none, tokenizer.pad_id)) - together).max(1)
    assert (moved > 1e-3).tolist() == [True, False, True, False, True]


def test_several_drugs_are_averaged_or_joined(built):
    """The mean of two fingerprints; or the fingerprint of both as one molecule."""
    pytest.importorskip("rdkit", reason="RDKit is not installed")
    from adetk.classify.chemistry import fingerprints

    one, other, both = fingerprints([SMILES["a0"], SMILES["c0"], f"{SMILES['a0']}.{SMILES['c0']}"]).astype(
        float
    )
    hidden, mask = torch.ones(1, 1, 32), torch.ones(1, 1, dtype=torch.int64)
    for several, expected in (("average", (one + other) / 2), ("join", both)):
        _, structures, network = built("fingerprint", "concat", several)
        rows = torch.tensor([structures.rows("drug a0, drug c0")])
        np.testing.assert_array_equal(network.structure(hidden, mask, rows)[0, 32:].numpy(), expected)
        rows = torch.tensor([structures.rows("none")])
        assert not network.structure(hidden, mask, rows)[0, 32:].any()


def test_attention_reads_all_states_side_by_side_or_each_drug_by_itself(built):
    """Against plain numpy, one head after the other."""
    pytest.importorskip("rdkit", reason="RDKit is not installed")
    hidden = torch.randn(1, 3, 32, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1, 1, 0]])
    for several in ("average", "join"):
        _, structures, network = built("fingerprint", "cross_attention", several)
        join, drugs = network.structure, structures.rows("drug a0, drug c0")
        states = [join.table.weight[list(rows)] for rows in drugs]
        states = [torch.cat(states)] if several == "join" else states
        read = torch.stack([_read(join, hidden[0], own) for own in states]).mean(0)
        expected = join.norm(hidden[0] + join.out(read))[:2].mean(0)
        most = max(len(rows) for rows in drugs)
        padded = [[[*rows, *[0] * (most + 1 - len(rows))] for rows in (*drugs, ())]]
        found = join(hidden, mask, torch.tensor(padded))[0]
        np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), atol=1e-6)


def _read(join, text, states):
    query, key, value = join.query(text), join.key(states), join.value(states)
    size = 32 // join.heads
    parts = []
    for head in range(join.heads):
        own = slice(head * size, (head + 1) * size)
        weights = (query[:, own] @ key[:, own].T / size**0.5).softmax(1)
        parts.append(weights @ value[:, own])
    return torch.cat(parts, 1)


def test_a_table_of_an_encoder_is_its_states(smiles_encoder, built):
    encoder, backend = load_pretrained(str(smiles_encoder))
    tokenizer = Tokenizer(backend, 32)

    def states(smiles):
        ids = torch.tensor([tokenizer.windows([smiles])[0][0].ids])
        with torch.inference_mode():
            return encoder.eval()(ids).last_hidden_state[0].numpy()

    assert states("").shape == (2, 24)  # the empty string: the two special pieces
    _, structures, network = built("encoder", "concat")
    table = network.structure.table.weight.numpy()
    for text, smiles in (("", ""), ("drug c3", SMILES["c3"])):
        ((row,),) = structures.rows(text)
        np.testing.assert_allclose(table[row], states(smiles)[0], atol=1e-5)
    assert not network.structure.table.weight.requires_grad
    _, structures, network = built("encoder", "cross_attention")
    assert isinstance(network.structure.table, EncodedRows)
    assert all(p.requires_grad for p in network.structure.table.parameters())
    network.structure.freeze()
    table = network.structure.table.weight.numpy()
    for text, smiles in (("", ""), ("drug c3", SMILES["c3"])):
        (rows,) = structures.rows(text)
        np.testing.assert_allclose(table[list(rows)], states(smiles), atol=1e-5)


def test_both_encoders_are_trained_by_cross_attention(built):
    tokenizer, structures, network = built("encoder", "cross_attention")
    batch = pad(windows_of(tokenizer, structures, TEXTS), tokenizer.pad_id)
    network(**{k: torch.from_numpy(v) for k, v in batch.feeds().items()}).sum().backward()
    for part in (network.encoder, network.structure.table.encoder):
        assert part.embeddings.word_embeddings.weight.grad.abs().sum() > 0


def test_a_head_with_a_hidden_layer(built, tmp_path):
    tokenizer, structures, network = built("encoder", "concat", inner_width=16)
    assert [type(m).__name__ for m in network.inner] == ["Linear", "GELU", "Dropout"]
    assert (network.inner[0].in_features, network.head.in_features) == (32 + 24, 16)
    save_network(network, tmp_path)
    options = StructureOptions("encoder", "x", "concat")
    size = network.structure.table_size
    empty = empty_structure(options, 32, size["rows"], size["width"])
    again = PostClassifier(empty_encoder(tmp_path), inner_width=16, structure=empty)
    load_weights(again, tmp_path)
    batch = pad(windows_of(tokenizer, structures, TEXTS), tokenizer.pad_id)
    np.testing.assert_array_equal(TorchNetwork(again)(batch), TorchNetwork(network)(batch))


def test_rows_are_padded_with_none():
    def window(*structure):
        return Window([5], [(0, 0)], [None], structure=structure)

    batch = pad([window((3, 4), (7,)), window((1,))], 0)
    assert batch.structure.tolist() == [[[3, 4], [7, 0]], [[1, 0], [0, 0]]]
    assert set(batch.feeds()) == {"input_ids", "attention_mask", "structure"}


@pytest.fixture(scope="module", params=["fingerprint/concat", "encoder/cross_attention"])
def part(request, tiny_recipes, smiles_encoder, tmp_path_factory):
    """A gate with structures of the packaged drugs, trained by a recipe on the easy posts."""
    kind, join = request.param.split("/")
    if kind == "fingerprint":
        pytest.importorskip("rdkit", reason="RDKit is not installed")
    folder = tmp_path_factory.mktemp("structured")
    recipe = folder / "gate.toml"
    encoder = f"encoder = '{smiles_encoder}'" if kind == "encoder" else ""
    recipe.write_text(
        tiny_recipes["classify"].read_text().replace("epochs = 4", "epochs = 12")
        + f"[options]\ninner_width = 16\n[options.structure]\nkind = '{kind}'\njoin = '{join}'\n{encoder}\n"
    )
    train_classifier(read_recipe(recipe), folder, folder / "part")
    return folder / "part"


def test_a_part_holds_its_structures_and_is_served_through_a_bundle(
    part, tiny_parts, posts, easy_posts, tmp_path
):
    manifest = read_manifest(part, "classify")
    assert FILE in manifest.files
    assert manifest.settings["development"]["int8_average_precision"] > 0.9
    write_bundle({**tiny_parts.folders, "classify": part}, tmp_path / "bundle", "card")
    pipeline = Pipeline.from_pretrained(tmp_path / "bundle")
    served = pipeline.classifier
    network = TorchNetwork(open_network(part, manifest.settings))
    trained = Classifier(served.tokenizer, network, served.calibration, served.structures)
    documents = [*posts, *easy_posts]
    scores = [d.score for d in pipeline.classify(documents)]
    np.testing.assert_allclose(scores, trained.scores(documents), atol=0.15)
    alone = [float(served.scores([d])[0]) for d in documents[::9]]
    np.testing.assert_allclose(scores[::9], alone, atol=1e-5)
    one, other = served.logits([Document("1", "zoloft then"), Document("2", "metformin then")])
    assert np.abs(one - other).max() > 1e-3
    assert (
        served.structures.rows("zoloft") != served.structures.rows("metformin") != served.structures.rows("x")
    )


def test_serving_needs_neither_torch_nor_rdkit(part):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from adetk.bundle import read_manifest;"
        "from adetk.classify.classifier import Classifier; from adetk.document import Document;"
        f"f = Path({str(part)!r}); c = Classifier.load(f, read_manifest(f, 'classify').settings);"
        "c.scores([Document('1', 'zoloft and ambien')]);"
        "print(sorted({'torch', 'transformers', 'rdkit', 'sklearn'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
