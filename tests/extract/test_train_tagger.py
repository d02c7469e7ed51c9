import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from adetk.bundle import read_manifest
from adetk.document import ADE, Document, Mention
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.extract.features import DictionaryFeatures
from adetk.extract.network import network_of
from adetk.extract.schemes import DEFAULT, open_scheme
from adetk.extract.tagger import Tagger
from adetk.extract.train import ExtractOptions, TaggingLoss, _rows, _untrained, train_tagger
from adetk.lexicon import Lexicon
from adetk.networks import TorchNetwork, empty_encoder, load_pretrained, load_weights
from adetk.recipe import TrainingConfig, read_recipe
from adetk.training import train

SIX = [
    ("zoloft gave me [night sweats] again", ADE),
    ("@you ambien &amp; [no memory] of dinner", ADE),
    ("i take it for [anxiety], no harm done", "INDICATION"),
    ("nothing to report \U0001f600 today", ADE),
    ("[can't sleep] and [dry mouth], lovely", ADE),
    ("week 3: [\U0001f922] all day", ADE),
]


def document(number, marked, label):
    text, spans = "", []
    for part in marked.replace("]", "[").split("["):
        if marked[: marked.find(part)].count("[") > marked[: marked.find(part)].count("]"):
            spans.append((len(text), len(text) + len(part)))
        text += part
    return Document(str(number), text, mentions=tuple(Mention((s,), label) for s in spans))


DOCUMENTS = [document(i, *row) for i, row in enumerate(SIX)]
FEATURES = DictionaryFeatures([Lexicon("effects", [("night sweats", ""), ("sleep", "")])])


def learnt(encoder, features, scheme, documents, folder):
    """The spans and labels that a tagger finds in the documents it was trained on."""
    network_encoder, backend = load_pretrained(str(encoder))
    network = network_of(network_encoder, scheme, len(features.lexicons))
    tagger = Tagger(Tokenizer(backend, 64), TorchNetwork(network), features, scheme)
    config = TrainingConfig(epochs=70, learning_rate=5e-3, batch_size=3, bf16=False)
    train(network, TaggingLoss(), _rows(documents, tagger), tagger.tokenizer.pad_id, config, folder)
    found = tagger([replace(d, mentions=()) for d in documents])
    return [[(m.spans, m.label) for m in d.mentions] for d in found]


@pytest.mark.parametrize("encoder", ["tiny_encoder", "tiny_roberta"])
@pytest.mark.parametrize("features", [DictionaryFeatures([]), FEATURES])
def test_six_posts_are_learnt_by_heart(request, encoder, features, tmp_path):
    scheme = open_scheme(DEFAULT, [ADE, "INDICATION"])
    found = learnt(request.getfixturevalue(encoder), features, scheme, DOCUMENTS, tmp_path)
    assert found == [[(m.spans, m.label) for m in d.mentions] for d in DOCUMENTS]


@pytest.mark.parametrize("name", ["bioes", "biohd", "pairs"])
def test_each_scheme_is_learnt_and_two_with_discontinuous_mentions(tiny_encoder, name, tmp_path):
    text = "my legs and feet really hurt"
    hurt = (24, 28)
    apart = Document("6", text, mentions=(Mention(((3, 7), hurt)), Mention(((12, 16), hurt))))
    documents = DOCUMENTS if name == "bioes" else [*DOCUMENTS, apart]
    found = learnt(tiny_encoder, FEATURES, open_scheme(name, [ADE, "INDICATION"]), documents, tmp_path)
    assert found == [[(m.spans, m.label) for m in d.mentions] for d in documents]


def served_and_trained(folder):
    settings = read_manifest(folder, "extract").settings
    served = Tagger.load(folder, settings)
    sizes = (len(served.features.lexicons), settings["options"]["tag_width"])
    network = network_of(empty_encoder(folder / "torch"), served.scheme, *sizes)
    load_weights(network, folder / "torch")
    return served, Tagger(served.tokenizer, TorchNetwork(network), served.features, served.scheme)


def test_the_served_tagger_is_the_trained_one(tiny_parts, posts, easy_posts):
    served, trained = served_and_trained(tiny_parts.folders["extract"])
    documents = [replace(d, mentions=()) for d in (*posts, *easy_posts)]
    ours, theirs = served.mentions(documents), trained.mentions(documents)
    assert sum(map(len, ours)) > 60
    same = [
        [(m.spans, m.label) for m in one] == [(m.spans, m.label) for m in other]
        for one, other in zip(ours, theirs, strict=True)
    ]
    assert np.mean(same) > 0.97  # int8 may flip a word that was undecided
    scores = [
        [m.score for found, is_same in zip(both, same, strict=True) if is_same for m in found]
        for both in (ours, theirs)
    ]
    np.testing.assert_allclose(*scores, atol=0.15)


def test_the_served_tagger_of_word_pairs_is_the_trained_one(tiny_recipes, easy_posts, tmp_path):
    recipe = read_recipe(tiny_recipes["extract"])
    options = {"scheme": "pairs", "dictionaries": ["ctcae", "symptoms"]}
    training = replace(recipe.training, head_learning_rate=5e-3)
    scores = train_tagger(replace(recipe, options=options, training=training), tmp_path, tmp_path / "part")
    served, trained = served_and_trained(tmp_path / "part")
    ours, theirs = (
        tagger.mentions([replace(d, mentions=()) for d in easy_posts]) for tagger in (served, trained)
    )
    assert scores["int8_relaxed_f1"] == pytest.approx(scores["relaxed_f1"], abs=0.1)
    assert sum(map(len, ours)) > 60
    same = [[m.spans for m in a] == [m.spans for m in b] for a, b in zip(ours, theirs, strict=True)]
    assert np.mean(same) > 0.95


def test_the_dictionaries_of_training_are_those_of_serving(tiny_parts, easy_posts):
    served, _ = served_and_trained(tiny_parts.folders["extract"])
    assert [lexicon.name for lexicon in served.features.lexicons] == ["ctcae", "symptoms"]
    bare = Tagger(
        served.tokenizer,
        served.network,
        DictionaryFeatures([Lexicon("ctcae", []), Lexicon("symptoms", [])]),
        served.scheme,
    )
    assert served.mentions(easy_posts) != bare.mentions(easy_posts)  # the features are no ornament


def test_a_part_says_its_labels_and_scores(tiny_parts):
    settings = read_manifest(tiny_parts.folders["extract"], "extract").settings
    assert settings["labels"] == [ADE, "INDICATION"]
    assert settings["dictionaries"] == ["ctcae", "symptoms"]
    assert settings["development"]["relaxed_f1"] == tiny_parts.scores["extract"]["relaxed_f1"] > 0.7
    assert settings["development"]["int8_relaxed_f1"] > 0.7
    assert settings["scheme"] == "bio"
    expressed = settings["expressed"]
    assert expressed["mentions"] == expressed["kept"] == expressed["given"] > 50  # whole mentions only
    assert expressed["discontinuous"] == expressed["overlapping"] == 0


def test_a_part_from_before_there_were_schemes_is_flat(tiny_parts):
    folder = tiny_parts.folders["extract"]
    settings = dict(read_manifest(folder, "extract").settings)
    del settings["scheme"]
    assert Tagger.load(folder, settings).scheme.name == "bio"


def test_training_says_what_the_scheme_loses_and_keeps_it(tiny_recipes, tmp_path, caplog):
    recipe = read_recipe(tiny_recipes["extract"])
    apart = tmp_path / "apart.jsonl"
    post = {"id": "1", "text": "my legs and feet really hurt", "mentions": [{"spans": [[3, 7], [17, 28]]}]}
    apart.write_text(json.dumps(post), encoding="utf-8")
    recipe = replace(
        recipe,
        data=(replace(recipe.data[0], path=str(apart)),),
        development=0.0,
        training=replace(recipe.training, epochs=1, metric=""),
    )
    name_to_kept = {}
    for name in ("bio", "biohd", "pairs"):
        part = tmp_path / name
        with caplog.at_level("INFO"):
            train_tagger(replace(recipe, options={"scheme": name}), tmp_path, part)
        settings = read_manifest(part, "extract").settings
        assert Tagger.load(part, settings).scheme.name == name
        name_to_kept[name] = settings["expressed"]["discontinuous_kept"]
    assert name_to_kept == {"bio": 0, "biohd": 1, "pairs": 1}
    assert "scheme bio: of 1 mentions 0 come back (of 1 discontinuous ones 0" in caplog.text
    assert "scheme biohd: of 1 mentions 1 come back" in caplog.text


def test_a_recipe_names_its_dictionaries_its_own_files_too(tiny_recipes, tmp_path):
    (tmp_path / "mine.txt").write_text("night sweats\n", encoding="utf-8")
    recipe = replace(read_recipe(tiny_recipes["extract"]), path=tmp_path / "recipe.toml")
    scheme = open_scheme(DEFAULT, [ADE])
    every = ("ctcae", "symptoms", "mine.txt")
    for left_out in (None, *every):
        names = tuple(name for name in every if name != left_out)
        network, tagger = _untrained(recipe, ExtractOptions(dictionaries=names), scheme)
        assert [lexicon.name for lexicon in tagger.features.lexicons] == [
            n.removesuffix(".txt") for n in names
        ]
        assert network.n_dictionaries == len(names)
        assert [len(found) for found in tagger.mentions([Document("1", "")])] == [0]
    with pytest.raises(AdetkError, match=r"neither one of ctcae, symptoms, .* nor a file at"):
        _untrained(recipe, ExtractOptions(dictionaries=("yours.txt",)), scheme)


def test_what_is_of_a_mention_may_weigh_more(tiny_recipes, tmp_path):
    import torch

    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [9.0, 9.0]]])
    labels = torch.tensor([[0, 1, -100]])
    of_none, of_mention = (float(torch.log1p(torch.exp(torch.tensor(-x)))) for x in (2.0, 1.0))
    assert float(TaggingLoss()(logits, labels)) == pytest.approx((of_none + of_mention) / 2)
    assert float(TaggingLoss(8.0)(logits, labels)) == pytest.approx((of_none + 8 * of_mention) / 9)
    assert float(TaggingLoss(8.0)(logits[:, None], labels[:, None])) == pytest.approx(
        (of_none + 8 * of_mention) / 9
    )
    recipe = read_recipe(tiny_recipes["extract"])
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(AdetkError, match=r"mention_weight is .*; expected a number above 0"):
            train_tagger(replace(recipe, options={"mention_weight": wrong}), tmp_path, tmp_path / "part")


def test_documents_without_a_mention_are_refused(tiny_recipes, tmp_path):
    recipe = read_recipe(tiny_recipes["extract"])
    source = replace(recipe.data[0], labels={"NOTHING": ADE})
    with pytest.raises(AdetkError, match="hold no mention; name a corpus with spans"):
        train_tagger(replace(recipe, data=(source,)), tmp_path, tmp_path / "part")
    with pytest.raises(AdetkError, match="scheme 'iob': unknown; expected one of bio"):
        train_tagger(replace(recipe, options={"scheme": "iob"}), tmp_path, tmp_path / "part")
    with pytest.raises(AdetkError, match="unknown key dictionary"):
        train_tagger(replace(recipe, options={"dictionary": []}), tmp_path, tmp_path / "part")
