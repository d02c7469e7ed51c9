"""Fixtures that several rooms share: tiny encoders with random weights, parts and a bundle trained on them.

Nothing is downloaded. Where training's packages are absent, what needs them is skipped.
"""

import json
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import ascii_lowercase, digits, punctuation

import pytest

# Before any test imports a library that reads them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"  # networks this small spend their time waiting for threads
_CACHE = tempfile.TemporaryDirectory(prefix="adetk-cache-")
os.environ["ADETK_CACHE"] = _CACHE.name

from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer  # noqa: E402
from tokenizers import Tokenizer as Backend  # noqa: E402
from tokenizers.models import Unigram  # noqa: E402
from tokenizers.pre_tokenizers import ByteLevel, Metaspace  # noqa: E402
from tokenizers.processors import RobertaProcessing, TemplateProcessing  # noqa: E402

from adetk.bundle import read_manifest, write_bundle  # noqa: E402
from adetk.card import bundle_card  # noqa: E402
from adetk.document import ADE, NO_ADE, Document, Mention  # noqa: E402
from adetk.readers.jsonl import read_jsonl  # noqa: E402
from adetk.record import record_from_document  # noqa: E402

REPOSITORY = Path(__file__).parents[1]
DEMO = REPOSITORY / "corpora" / "demo" / "posts.jsonl"
SEED = REPOSITORY / "corpora" / "written" / "seed.jsonl"
WIDTH = 32
VOCABULARY = 400


@dataclass(frozen=True)
class TinyParts:
    """Part folders, and the development scores that training returned for each."""

    folders: dict[str, Path]
    scores: dict[str, dict[str, float]]


@pytest.fixture(scope="session")
def posts() -> list[Document]:
    """Forty invented posts, English and Russian, with labels, spans and CTCAE codes."""
    documents = list(read_jsonl(DEMO))
    return [*documents[:30], *[d for d in documents if d.meta["lang"] == "ru"][:10]]


@pytest.fixture(scope="session")
def easy_posts() -> list[Document]:
    """Posts of a few forms, which a tiny network learns in seconds: the tiny gate and tagger are trained on them."""
    return _easy_posts()


@pytest.fixture(scope="session")
def letter_pieces() -> Backend:
    """A BERT-like tokenizer by hand: `pain`, `sick` and `##ing` are pieces, all else is cut into letters."""
    letters = [*ascii_lowercase, *digits, *"абвгдеёжзийклмнопрстуфхцчшщъыьэюя"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *punctuation, *letters, *(f"##{x}" for x in letters)]
    vocabulary = {piece: i for i, piece in enumerate([*pieces, "pain", "sick", "##ing"])}
    return BertWordPieceTokenizer(vocabulary, lowercase=True)._tokenizer


@pytest.fixture(scope="session")
def byte_pieces() -> Backend:
    """A RoBERTa-like tokenizer by hand: every byte is a piece."""
    pieces = ["<s>", "<pad>", "</s>", *sorted(ByteLevel.alphabet())]
    trained = ByteLevelBPETokenizer({piece: i for i, piece in enumerate(pieces)}, [])
    trained._tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return trained._tokenizer


@pytest.fixture(scope="session")
def sentence_pieces() -> Backend:
    """An XLM-R-like tokenizer by hand: a piece holds the space before it; few words are pieces."""
    special = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    words = [(f"\u2581{word}", -1.0) for word in ("pain", "my", "skin", "burn")]
    letters = [(letter, -9.0) for letter in ("\u2581", *ascii_lowercase, *digits, *punctuation)]
    backend = Backend(Unigram([*special, *words, *letters], unk_id=3))
    backend.pre_tokenizer = Metaspace()
    backend.post_processor = TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return backend


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    """A folder with a random BERT and a WordPiece tokenizer, as transformers loads them."""
    pytest.importorskip("torch", reason="training is not installed")
    transformers = pytest.importorskip("transformers", reason="training is not installed")
    letters = sorted(
        {c for text in _texts() for c in text.lower() if c.isascii() or c.isalpha()} - {" ", "\n"}
    )
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces += _frequent_words(VOCABULARY - len(pieces))
    trained = BertWordPieceTokenizer({piece: i for i, piece in enumerate(pieces)}, lowercase=True)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=128, **_SIZES)
    return _saved(config, tokenizer, tmp_path_factory.mktemp("encoders") / "tiny-bert")


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory) -> Path:
    """A folder with a random RoBERTa and a byte-level BPE tokenizer."""
    pytest.importorskip("torch", reason="training is not installed")
    transformers = pytest.importorskip("transformers", reason="training is not installed")
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    merges = []
    for word in _frequent_words(60):
        whole = [
            "\u0120" + word[:end] for end in range(len(word) + 1)
        ]  # a space and the word, letter by letter
        merges += [(before, letter) for before, letter in zip(whole, word, strict=False)]
    merges = list(dict.fromkeys(merges))
    pieces += [before + letter for before, letter in merges]
    trained = ByteLevelBPETokenizer({piece: i for i, piece in enumerate(pieces)}, merges)
    trained._tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    )
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=130, pad_token_id=1, **_SIZES
    )
    return _saved(config, tokenizer, tmp_path_factory.mktemp("encoders") / "tiny-roberta")


@pytest.fixture(scope="session")
def tiny_recipes(tiny_encoder, tmp_path_factory) -> dict[str, Path]:
    """A recipe for each part: a few steps of the tiny encoder on the project's own posts."""
    folder = tmp_path_factory.mktemp("recipes")
    easy = folder / "easy.jsonl"
    lines = [json.dumps(record_from_document(document)) for document in _easy_posts()]
    easy.write_text("\n".join(lines), encoding="utf-8")
    kind_to_recipe = {}
    for kind, rest in _RECIPES.items():
        path = folder / f"tiny_{kind}.toml"
        path.write_text(
            f"kind = '{kind}'\nencoder = '{tiny_encoder}'\n{rest}".replace("SEED", str(SEED)).replace(
                "EASY", str(easy)
            ),
            encoding="utf-8",
        )
        kind_to_recipe[kind] = path
    return kind_to_recipe


@pytest.fixture(scope="session")
def tiny_parts(tiny_recipes, tmp_path_factory) -> TinyParts:
    """A gate, a tagger and a linker, trained by the tiny recipes. Read-only: copy a folder to change it."""
    for package in ("sklearn", "sentence_transformers", "onnx"):
        pytest.importorskip(package, reason="training is not installed")
    from adetk.commands import trainer
    from adetk.recipe import read_recipe

    root = tmp_path_factory.mktemp("parts")
    folders = {kind: root / kind for kind in tiny_recipes}
    scores = {
        kind: trainer(kind)(read_recipe(recipe), root, folders[kind], None)
        for kind, recipe in tiny_recipes.items()
    }
    return TinyParts(folders, scores)


@pytest.fixture(scope="session")
def tiny_bundle(tiny_parts, tmp_path_factory) -> Path:
    """The bundle of the tiny parts. Read-only: copy the folder to change it."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    settings = {kind: read_manifest(part, kind).settings for kind, part in tiny_parts.folders.items()}
    write_bundle(tiny_parts.folders, folder, bundle_card("tiny", settings))
    return folder


_SIZES = {
    "hidden_size": WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.2,  # vectors of 32 numbers: at the usual 0.02 all posts would look alike
}

_DRUGS = ("zoloft", "ambien", "metformin", "prednisone", "lisinopril", "quetiapine")
_EFFECTS = (
    "nausea",
    "a dry mouth",
    "night sweats",
    "headaches",
    "blurred vision",
    "back pain",
    "no appetite",
)
_ILLS = ("anxiety", "diabetes", "high blood pressure")
_FORM_AND_WORDS = (  # a span of label X stands in <X ...>
    ("<DRUG {}> gave me <ADE {}>", _EFFECTS),
    ("<ADE {1}> again after my <DRUG {0}> today", _EFFECTS),
    ("day 3 of <DRUG {}> and now <ADE {}> all night", _EFFECTS),
    ("i take <DRUG {}> for <INDICATION {}>", _ILLS),
    ("picked up my <DRUG {}> {} morning", ("monday", "tuesday", "sunday")),
    ("does <DRUG {}> cost {} dollars for you too", ("ten", "twenty", "ninety")),
)

_RECIPES = {
    "classify": """
max_length = 48
development = 0.3
[[data]]
path = 'EASY'
[training]
epochs = 4
learning_rate = 3e-3
batch_size = 16
bf16 = false
metric = 'average_precision'
""",
    "extract": """
max_length = 48
development = 0.2
[[data]]
path = 'EASY'
labels = { ADE = 'ADE', INDICATION = 'INDICATION' }
[training]
epochs = 14
learning_rate = 3e-3
batch_size = 16
bf16 = false
metric = 'strict_f1'
[options]
dictionaries = ['ctcae', 'symptoms']
""",
    "normalize": """
max_length = 16
development = 0.5
[[data]]
path = 'SEED'
[training]
epochs = 1
learning_rate = 1e-3
batch_size = 64
bf16 = false
""",
}


def _easy_posts() -> list[Document]:
    found = []
    for form, words in _FORM_AND_WORDS:
        for drug, word in product(_DRUGS, words):
            spans: list[Mention] = []
            text = ""
            for plain, label, inside in re.findall(r"([^<]*)(?:<(\w+) ([^>]*)>)?", form.format(drug, word)):
                text += plain
                if label:
                    spans.append(Mention(((len(text), len(text) + len(inside)),), label))
                text += inside
            label = ADE if any(m.label == ADE for m in spans) else NO_ADE
            found.append(Document(f"easy-{len(found)}", text, label, mentions=tuple(spans)))
    return found


def _frequent_words(n: int) -> list[str]:
    """By hand, for the tokenizers' trainers break ties by chance."""
    counts = Counter(word for text in _texts() for word in re.findall("[a-z]{2,}", text.lower()))
    return sorted(sorted(counts), key=lambda word: -counts[word])[:n]


def _texts() -> list[str]:
    return [document.text for path in (SEED, DEMO) for document in read_jsonl(path)]


def _saved(config, tokenizer, folder: Path) -> Path:
    import torch
    from transformers import AutoModel

    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
