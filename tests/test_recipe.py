import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.held_out import same_text_key, split_development
from adetk.readers import CORPORA
from adetk.recipe import (
    KIND_TO_METRICS,
    TrainingConfig,
    read_recipe,
    read_source,
    read_training_data,
    sources_of,
)
from adetk.record import record_from_document
from adetk.toml import from_table

HEAD = "kind = 'extract'\nencoder = 'tiny'\n"


def post(number, text=None, label=NO_ADE, mentions=(), **meta):
    spans = tuple(Mention(((0, 3),), name) for name in mentions)
    return Document(f"p{number}", text or f"number {number} says", label, mentions=spans, meta=meta)


@pytest.fixture
def write(tmp_path):
    """A function that writes documents to files and a recipe over them, and reads the recipe."""

    def written(recipe, **name_to_documents):
        for name, documents in name_to_documents.items():
            lines = [json.dumps(record_from_document(d)) + "\n" for d in documents]
            (tmp_path / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        (tmp_path / "recipe.toml").write_text(HEAD + recipe, encoding="utf-8")
        return read_recipe(tmp_path / "recipe.toml")

    return written


def ids(documents):
    return [d.id for d in documents]


def test_a_recipe_has_the_defaults_that_it_does_not_change(write):
    recipe = write(
        "max_length = 24\n[[data]]\npath = 'a.jsonl'\n[training]\nepochs = 2\n[options]\ntag_width = 4"
    )
    assert (recipe.kind, recipe.encoder, recipe.max_length, recipe.development) == (
        "extract",
        "tiny",
        24,
        0.1,
    )
    assert recipe.training == TrainingConfig(epochs=2)
    assert recipe.options == {"tag_width": 4}
    assert recipe.data[0].repeat == 1


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            "maxlength = 3\n[[data]]\npath='a'",
            "unknown key maxlength; known are kind, encoder, data, max_length",
        ),
        ("[[data]]\nfile='a'", r"\[\[data\]\]: unknown key file; known are corpus, split, path"),
        ("[[data]]\npath='a'\n[training]\nlr = 1", r"\[training\]: unknown key lr; known are epochs"),
        ("", r"no \[\[data\]\]; name at least one"),
        ("[[data]]\nsplit='train'", "expected a corpus or a path in each, and not both"),
        ("[[data]]\npath='a'\ncorpus='psytar'", "expected a corpus or a path in each, and not both"),
        (
            "[[data]]\npath='a'\n[training]\nmetric = 'strictf1'",
            r"\[training\]: metric is 'strictf1'; expected strict_f1 or relaxed_f1",
        ),
        ("data = 'a.jsonl'", r"expected \[\[data\]\] tables"),
        ("training = 3\n[[data]]\npath='a'", "is 3; expected a table of epochs"),
        ("[[data]]\npath='a'\n[training]\nepochs = 'two'", "epochs is 'two'; expected a value like 3.0"),
        ("max_length = 9.5\n[[data]]\npath='a'", "max_length is 9.5; expected a value like 96"),
        ("[[data]]\npath='a'\nlabels = 'ADE'", "labels is 'ADE'; expected a value like {}"),
        ("[[data]]\npath='a'\n[training]\nbf16 = 1", "bf16 is 1; expected a value like True"),
        (
            "[[data]]\npath='a'\n[training]\nhead_learning_rate = -1.0",
            "head_learning_rate is -1; expected 0 or more",
        ),
        ("[[data]", "not TOML"),
    ],
)
def test_a_wrong_recipe_says_what_is_known(write, recipe, message):
    with pytest.raises(AdetkError, match=message) as caught:
        write(recipe)
    assert "recipe.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_kind_and_a_missing_encoder_are_named(tmp_path):
    (tmp_path / "r.toml").write_text("kind = 'link'\nencoder = 'x'\n[[data]]\npath='a'")
    with pytest.raises(AdetkError, match="kind is 'link'; expected one of classify, extract, normalize"):
        read_recipe(tmp_path / "r.toml")
    (tmp_path / "r.toml").write_text("kind = 'extract'\n[[data]]\npath='a'")
    with pytest.raises(AdetkError, match=r"missing.*'encoder'.*known keys are kind, encoder"):
        read_recipe(tmp_path / "r.toml")
    with pytest.raises(AdetkError, match="no such recipe"):
        read_recipe(tmp_path / "absent.toml")


def test_a_table_fills_a_dataclass_and_lists_become_tuples():
    @dataclass
    class Options:
        names: tuple[str, ...] = ()
        rate: float = 0.5

    assert from_table(Options, {"names": ["a", "b"], "rate": 1}, "here") == Options(("a", "b"), 1)
    with pytest.raises(AdetkError, match=r"here: rate is True; expected a value like 0\.5"):
        from_table(Options, {"rate": True}, "here")


def test_a_source_that_is_not_there_is_named(write):
    with pytest.raises(AdetkError, match=r"absent\.jsonl"):
        read_training_data(write("[[data]]\npath = 'absent.jsonl'"), None)


def test_texts_are_the_same_whatever_their_links_handles_case_and_marks():
    assert same_text_key("SICK, again!! @me https://a.example") == same_text_key(
        "sick again @USER___ HTTPURL__"
    )
    assert same_text_key("sick again") != same_text_key("sick against")


def test_repeated_texts_count_once_over_all_sources(write):
    recipe = write(
        "development = 0\n[[data]]\npath = 'a.jsonl'\n[[data]]\npath = 'b.jsonl'",
        a=[post(1, "so sick"), post(2, "SO SICK! @you")],
        b=[post(3, "so sick https://t.example"), post(4, "all well")],
    )
    assert ids(read_training_data(recipe, None).train) == ["p1", "p4"]


def test_the_development_split_is_about_the_share_and_always_the_same():
    documents = [post(n) for n in range(1000)]
    data = split_development(documents, 0.2)
    assert 150 < len(data.development) < 250
    assert split_development(list(reversed(documents)), 0.2).development == data.development[::-1]
    more = split_development(documents, 0.4)
    assert set(ids(data.development)) < set(ids(more.development))
    assert len(split_development(documents, 0.0).train) == 1000
    assert len(split_development(documents, 1.0).development) == 1000


def test_sentences_of_one_post_stay_on_one_side():
    documents = [post(n, post=str(n // 5), drug="x") for n in range(500)]
    data = split_development(documents, 0.3)
    sides = [{d.meta["post"] for d in side} for side in (data.train, data.development)]
    assert min(map(len, sides)) > 10
    assert not sides[0] & sides[1]
    assert len(data.train) + len(data.development) == 500


def test_repeats_multiply_training_documents_only(write):
    recipe = write(
        "[[data]]\npath = 'a.jsonl'\nrepeat = 3\ndevelopment = 0.5", a=[post(n) for n in range(40)]
    )
    data = read_training_data(recipe, None)
    assert len(set(ids(data.development))) == len(data.development)
    assert len(data.train) == 3 * (40 - len(data.development))
    assert len(set(ids(data.train))) == 40 - len(data.development)
    assert not set(ids(data.train)) & set(ids(data.development))
    assert ids(data.carved) == 3 * ids(data.development)
    held = len(data.development)
    says = f"a.jsonl: {40 - held} documents (0 mentions), each 3 times; {held} to choose by; a local file"
    assert sources_of(recipe, data) == [says]


def test_a_sources_own_share_goes_before_the_recipes(write):
    recipe = write(
        "development = 0.5\n[[data]]\npath = 'a.jsonl'\ndevelopment = 0\n[[data]]\npath = 'b.jsonl'\ndevelopment = 1",
        a=[post(1), post(2)],
        b=[post(3), post(4)],
    )
    data = read_training_data(recipe, None)
    assert (ids(data.train), ids(data.development)) == (["p1", "p2"], ["p3", "p4"])


def test_labels_are_renamed_or_dropped(write):
    recipe = write(
        "development = 0\n[[data]]\npath = 'a.jsonl'\nlabels = { ADE = 'ADE', WD = 'ADE' }",
        a=[post(1, mentions=("ADE", "DRUG", "WD"))],
    )
    (document,) = read_training_data(recipe, None).train
    assert [m.label for m in document.mentions] == [ADE, ADE]


def test_mention_labels_make_a_post_positive(write):
    recipe = write(
        "development = 0\n[[data]]\npath = 'a.jsonl'\npositive = ['WD']\nlabels = { ADE = 'ADE' }",
        a=[post(1, mentions=("WD",)), post(2, mentions=("DRUG",)), post(3, label=ADE), post(4, label=None)],
    )
    assert [d.label for d in read_training_data(recipe, None).train] == [ADE, NO_ADE, ADE, NO_ADE]


def test_a_flag_alone_makes_a_post_positive(write):
    recipe = write(
        "development = 0\n[[data]]\npath = 'a.jsonl'\nflag = 'WD'\nlabels = { WD = 'ADE' }",
        a=[post(1, WD="1", mentions=("ADE", "WD")), post(2, label=ADE, mentions=("ADE",)), post(3, WD="0")],
    )
    documents = read_training_data(recipe, None).train
    assert [d.label for d in documents] == [ADE, NO_ADE, NO_ADE]
    assert [len(d.mentions) for d in documents] == [1, 0, 0]


def test_a_source_is_read_with_its_labels_and_its_repeats(write):
    recipe = write(
        "[[data]]\npath = 'a.jsonl'\npositive = ['WD']",
        a=[post(1, "so sick", mentions=("WD",)), post(2, "So sick!"), post(3, "all well")],
    )
    assert [d.label for d in read_source(recipe.data[0], recipe, None)] == [ADE, NO_ADE, NO_ADE]


def test_max_empty_keeps_few_posts_without_a_mention_in_their_order(write):
    documents = [post(n, mentions=("ADE",) if n % 4 == 0 else ()) for n in range(20)]
    base = "development = 0\n[[data]]\npath = 'a.jsonl'\nmax_empty = "
    some = ids(read_training_data(write(base + "5", a=documents), None).train)
    assert len(some) == 10
    assert some == [i for i in ids(documents) if i in some]
    more = ids(read_training_data(write(base + "9", a=documents), None).train)
    assert set(some) < set(more)
    none = read_training_data(write(base + "0", a=documents), None).train
    assert ids(none) == ["p0", "p4", "p8", "p12", "p16"]


def test_a_linker_has_no_metric_to_stop_by(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text("kind = 'normalize'\nencoder = 'x'\n[[data]]\npath='a'\n[training]\nmetric = 'f1'")
    with pytest.raises(AdetkError, match=r"metric is 'f1'; normalize has none, leave it out"):
        read_recipe(recipe)
    recipe.write_text(recipe.read_text().replace("metric = 'f1'", "head_learning_rate = 1e-3"))
    with pytest.raises(AdetkError, match=r"head_learning_rate is 0\.001; .*0 of a linker, which has no head"):
        read_recipe(recipe)


@pytest.mark.parametrize("kind", ["classify", "extract"])
def test_the_metrics_of_a_kind_are_scores_of_its_training(tiny_parts, kind):
    assert KIND_TO_METRICS[kind]
    assert set(KIND_TO_METRICS[kind]) <= set(tiny_parts.scores[kind])


def test_documents_say_which_codes_their_gold_has(write):
    recipe = write(
        "development = 0\n[[data]]\npath = 'a.jsonl'\n[[data]]\npath = 'b.jsonl'\ncodes = 'House list'\n"
        "[[data]]\ncorpus = 'demo'\nsplit = 'all'",
        a=[post(1, drug="x")],
        b=[post(2, codes="from elsewhere")],
    )
    documents = read_training_data(recipe, recipe.path.parent).train
    assert [d.meta for d in documents[:2]] == [{"drug": "x", "codes": "MedDRA"}, {"codes": "House list"}]
    assert {d.meta["codes"] for d in documents[2:]} == {"CTCAE"}


FOLDS = """development = 0
[[data]]
corpus = 'askapatient'
split = 'train-{fold}'
[[data]]
corpus = 'askapatient'
split = 'validation-{fold}'
development = 1
"""


def test_one_recipe_serves_all_folds(write, tmp_path):
    folder = tmp_path / "askapatient_twadrl" / "AskAPatient"
    folder.mkdir(parents=True)
    for part, phrases in (
        ("train", ("dull hum", "dull hum", "soft glow")),
        ("validation", ("Dull hum!", "chill")),
    ):
        rows = [f"900000001\tWobble\t{phrase}\n" for phrase in phrases]
        (folder / f"AskAPatient.fold-3.{part}.txt").write_text("".join(rows), encoding="latin-1")
    write(FOLDS)
    recipe = read_recipe(tmp_path / "recipe.toml", fold=3)
    assert [source.split for source in recipe.data] == ["train-3", "validation-3"]
    data = read_training_data(recipe, tmp_path)
    trained, chosen = sources_of(recipe, data)
    assert trained.startswith("askapatient, split train-3: 2 documents (2 mentions); CC BY")
    assert chosen.startswith(
        "askapatient, split validation-3: 0 documents (0 mentions); 1 to choose by; CC BY"
    )
    # what was learnt from is not chosen by
    assert (ids(data.train), ids(data.development)) == (["train-3:1", "train-3:3"], ["validation-3:2"])
    assert data.carved == ()  # and a published validation part is never learnt
    assert {d.meta["codes"] for d in data.train} == {"SNOMED CT"}
    assert [source.split for source in read_recipe(tmp_path / "recipe.toml").data] == [
        "train-0",
        "validation-0",
    ]


def test_a_fold_for_a_recipe_without_folds_is_refused(write, tmp_path):
    write("[[data]]\ncorpus = 'psytar'")
    with pytest.raises(AdetkError, match=r"no split has \{fold\} in its name"):
        read_recipe(tmp_path / "recipe.toml", fold=1)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "recipes").glob("*.toml")), ids=lambda p: p.stem
)
def test_recipes_of_the_repository_are_read(path):
    recipe = read_recipe(path)
    assert path.stem.endswith(recipe.kind)
    for source in recipe.data:
        assert source.path or source.split in CORPORA[source.corpus].splits
