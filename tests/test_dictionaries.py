import hashlib
import importlib
import json
import os
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from adetk.dictionaries import drug_lexicon
from adetk.errors import AdetkError
from adetk.lexicon import tokenize
from adetk.readers import read_corpus

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "dictionaries"
CORPORA = Path(os.environ.get("ADETK_CORPORA", ROOT.parent / "shared" / "corpora"))
SYNONYM_FILES = ("ctcae_synonyms.tsv", "hpo_synonyms.tsv", "patient_phrases.tsv")
SYNONYM_COLUMNS = ["concept_id", "synonym", "source", "source_id", "licence"]
FILE_TO_COLUMNS = {
    "ctcae_concepts.tsv": ["id", "name", "soc_id", "soc_name", "versions", "definition"],
    "ctcae_socs.tsv": ["id", "name"],
    "drugs.tsv": ["concept_id", "name", "variant", "kind", "source"],
    "drugs_ru.tsv": ["concept_id", "name", "variant", "kind", "source"],
    "drug_smiles.tsv": ["concept_id", "smiles", "source"],
    "symptoms.tsv": ["phrase", "source", "source_id", "licence"],
} | dict.fromkeys(SYNONYM_FILES, SYNONYM_COLUMNS)
FILE_TO_SOURCES = {
    "ctcae_synonyms.tsv": {"MeSH": "NLM-PD", "ICD10CM": "US-PD", "DOID2016": "CC-BY-3.0", "SYMP": "CC0"},
    "hpo_synonyms.tsv": {"HPO": "HPO-terms"},
    "patient_phrases.tsv": {"PsyTAR": "CC-BY-4.0", "TwADR-L": "CC-BY-4.0"},
}
COMMON_NAMES = """
    abilify accutane actemra actonel actos adderall advair advil aleve allegra ambien arimidex ativan
    avelox avonex bactrim belsomra benadryl benicar boniva botox buspar bystolic byetta celebrex celexa
    chantix cialis cimzia cipro claritin clozaril concerta copaxone coumadin cozaar crestor cymbalta
    depakote diflucan dilantin dilaudid diovan dupixent effexor elavil eliquis enbrel entyvio epipen
    excedrin farxiga flagyl flexeril flonase flovent focalin fosamax gardasil geodon gilenya gleevec
    glucophage haldol herceptin humalog humira imitrex imodium imuran invega januvia jardiance keppra
    keytruda klonopin lamictal lantus lasix latuda levaquin levitra lexapro lipitor lunesta lupron luvox
    lyrica macrobid medrol mirena mirapex mobic motrin mucinex namenda neurontin nexium nexplanon
    nicorette norco norvasc nuvaring nuvigil orencia otezla oxycontin ozempic pamelor paxil paxlovid
    pepcid percocet plaquenil plavix pradaxa prilosec pristiq proair prolia propecia protonix provigil
    prozac reglan remeron remicade requip restoril rexulti risperdal ritalin rituxan seroquel simponi
    singulair spiriva stelara strattera suboxone symbicort synthroid tamiflu tecfidera tegretol topamax
    toradol tramadol trazodone trileptal trulicity tylenol tysabri ultram valium valtrex ventolin viagra
    vicodin victoza viibryd vioxx vraylar vyvanse wegovy wellbutrin xanax xarelto xeljanz xyzal zantac
    zetia zocor zofran zoloft zometa zyprexa zyrtec prednisone metformin methotrexate insulin ibuprofen
    ssri statins addy xanny vyvance
"""


ABROAD = (
    (
        "Two paracetamol and a Nurofen Plus, then the Panadol Osteo",
        ["paracetamol", "nurofen plus", "panadol osteo"],
    ),
    ("salbutamol 4x a day, Clenil mornings, Fostair nights", ["salbutamol", "clenil", "fostair"]),
    ("adrenaline in the ambulance, chlorphenamine after", ["adrenaline", "chlorphenamine"]),
    (
        "Levothyroxine sodium again; Eltroxin and Euthyrox both out",
        ["levothyroxine sodium", "eltroxin", "euthyrox"],
    ),
    ("off Seroxat, on Lustral, Efexor XL before that", ["seroxat", "lustral", "efexor xl"]),
    ("mum's frusemide, ramipril and bendroflumethiazide", ["frusemide", "ramipril", "bendroflumethiazide"]),
    ("zopiclone AND Stilnoct?? and a temazepam", ["zopiclone", "stilnoct", "temazepam"]),
    ("Epilim Chrono for fits, Priadel for moods", ["epilim chrono", "priadel"]),
    ("co-codamol, co-dydramol, Solpadeine Max", ["co codamol", "co dydramol", "solpadeine max"]),
    ("Microgynon then Cerazette then Rigevidon", ["microgynon", "cerazette", "rigevidon"]),
    (
        "flucloxacillin and co-amoxiclav and pivmecillinam",
        ["flucloxacillin", "co amoxiclav", "pivmecillinam"],
    ),
    ("my Gravol, her Reactine, his Telfast", ["gravol", "reactine", "telfast"]),
    ("Crocin or Dolo 650 or Combiflam", ["crocin", "dolo 650", "combiflam"]),
    ("Somac at night, Losec by day, a Buscopan for cramps", ["somac", "losec", "buscopan"]),
    ("Champix dreams; Niquitin rash", ["champix", "niquitin"]),
    ("fluctine, dafalgan et doliprane", ["fluctine", "dafalgan", "doliprane"]),
)
"""Invented sentences with names outside the US, and what is to be found in each, folded."""
NO_DRUGS = """
    my regular doctor is reactive and dogmatic, so I discover and determine things with finesse
    she tolerated the stream of visitors, moderate at first, and preserved a shorter lunch in Belfast
    the process of eating minced meat in a parapet, inhuman heat in Panama, a vandal at the dinette
    attention, clique, circadian rhythm, a minuet, a serenade, temerity, prowess, innovate and depend on it
    joy rides, a golden eye, the sonata, a selection of lumens, avant-garde, a moment with Amira, Katya and Telma
"""


def rows(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    return [line.split("\t") for line in lines]


def fold(text):
    return " ".join(re.sub(r"[^\w]+|_", " ", text.casefold()).split())


def rejected_drug_names():
    text = (ROOT / "scripts/dictionaries/rejected_drug_names.txt").read_text(encoding="utf-8")
    name_and_reason = [line.split("#", 1) for line in text.splitlines() if not line.startswith("#")]
    return [(name.strip(), reason.strip()) for name, reason in name_and_reason]


@pytest.fixture
def module(monkeypatch):
    """Import a part of the build script, which is no installed package."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield lambda name: importlib.import_module(f"dictionaries.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "dictionaries"]:
        del sys.modules[name]


@pytest.mark.parametrize(("name", "columns"), FILE_TO_COLUMNS.items())
def test_tables_have_their_header_and_plain_sorted_unique_rows(name, columns):
    header, *body = rows(name)
    assert header == columns
    assert {len(row) for row in body} == {len(columns)}
    assert all(cell == cell.strip() for row in body for cell in row)
    assert sorted(map(tuple, body)) == list(map(tuple, body))
    assert len(set(map(tuple, body))) == len(body)


def test_sources_declare_every_file_with_its_checksum_and_rows():
    files = json.loads((FOLDER / "SOURCES.json").read_text(encoding="utf-8"))["files"]
    assert set(files) == {path.name for path in FOLDER.iterdir() if path.suffix in {".tsv", ".txt"}}
    for name, record in files.items():
        data = (FOLDER / name).read_bytes()
        assert record["sha256"] == hashlib.sha256(data).hexdigest(), name
        assert record["rows"] == data.count(b"\n") - name.endswith(".tsv"), name
        assert all(source[key] for source in record["sources"] for key in source), name
        assert min(len(record[key]) for key in ("title", "licence", "attribution")) > 0, name


def test_licences_name_every_file_the_trademark_and_hpo():
    text = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    assert all(f"## {name}" in text for name in FILE_TO_COLUMNS)
    assert "MedDRA(R) is a registered trademark of ICH; CTCAE incorporates elements of MedDRA" in text
    assert "National Cancer Institute" in text
    assert "This file uses the Human Phenotype Ontology" in text


def test_dictionaries_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000


def test_ctcae_has_all_terms_of_its_versions_under_its_socs():
    concepts, socs = rows("ctcae_concepts.tsv")[1:], rows("ctcae_socs.tsv")[1:]
    assert (len(concepts), len(socs)) == (884, 26)
    assert len({row[0] for row in concepts}) == len({fold(row[1]) for row in concepts}) == 884
    assert {(row[2], row[3]) for row in concepts} <= {tuple(row) for row in socs}
    versions = [version for row in concepts for version in row[4].split(",")]
    assert [versions.count(version) for version in ("4.03", "5.0", "6.0")] == [764, 811, 824]
    assert ["10028813", "Nausea"] in [row[:2] for row in concepts]


def test_a_wording_stands_for_one_concept_in_all_files():
    concepts = rows("ctcae_concepts.tsv")[1:]
    fold_to_ids = defaultdict(set, {fold(row[1]): {row[0]} for row in concepts})
    known = {row[0] for row in concepts}
    for name in SYNONYM_FILES:
        for concept_id, synonym, *_ in rows(name)[1:]:
            assert concept_id in known, (name, synonym)
            fold_to_ids[fold(synonym)].add(concept_id)
    assert [wording for wording, ids in fold_to_ids.items() if len(ids) > 1] == []


@pytest.mark.parametrize(("name", "source_to_licence"), FILE_TO_SOURCES.items())
def test_only_redistributable_sources_are_in_each_file(name, source_to_licence):
    assert {(row[2], row[4]) for row in rows(name)[1:]} == set(source_to_licence.items())


def test_rejected_synonyms_are_in_no_file():
    lines = (ROOT / "scripts/dictionaries/rejected_synonyms.tsv").read_text(encoding="utf-8").splitlines()
    header, *body = [line.split("\t") for line in lines]
    assert header == ["concept_id", "synonym", "reason"]
    assert all(reason for _, _, reason in body)
    shipped = {(row[0], fold(row[1])) for name in SYNONYM_FILES for row in rows(name)[1:]}
    assert {(concept_id, fold(synonym)) for concept_id, synonym, _ in body} & shipped == set()


@pytest.mark.parametrize(
    ("corpus", "splits"), [("psytar", ("dev", "test")), ("twadrl", ("validation-0", "test-0"))]
)
def test_no_patient_phrase_is_a_held_out_mention(corpus, splits):
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora in {CORPORA}")
    pytest.importorskip("openpyxl")
    held_out = {
        fold(mention.surface(document.text))
        for split in splits
        for document in read_corpus(corpus, split, CORPORA)
        for mention in document.labelled("ADE")
    }
    assert len(held_out) > 50
    assert {fold(row[1]) for row in rows("patient_phrases.tsv")[1:]} & held_out == set()


def test_a_drug_name_stands_for_one_drug_and_a_drug_has_one_name():
    variant_to_ids, id_to_names = defaultdict(set), defaultdict(set)
    for concept_id, name, variant, kind, _ in rows("drugs.tsv")[1:]:
        variant_to_ids[fold(variant)].add(concept_id)
        id_to_names[concept_id].add(name)
        assert re.fullmatch(r"DB\d{5}|D\d{6,9}|name:.+", concept_id), concept_id
        assert kind in {"generic", "brand", "synonym", "slang"}
    assert [variant for variant, ids in variant_to_ids.items() if len(ids) > 1] == []
    assert [concept_id for concept_id, names in id_to_names.items() if len(names) > 1] == []


def test_common_brands_are_found():
    names = COMMON_NAMES.split()
    assert len(set(names)) >= 180
    variants = {fold(row[2]) for row in rows("drugs.tsv")[1:]}
    assert [name for name in names if name not in variants] == []


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("humira", "Adalimumab"),
        ("prozac", "Fluoxetine"),
        ("cymbalta", "Duloxetine"),
        ("effexor", "Venlafaxine"),
        ("addy", "Amphetamine"),
        ("xanny", "Alprazolam"),
        ("pred", "Prednisone"),
        ("vyvance", "Lisdexamfetamine"),
    ],
)
def test_a_name_stands_for_the_right_drug(variant, name):
    assert [row[1] for row in rows("drugs.tsv")[1:] if row[2] == variant] == [name]


def test_rejected_and_household_words_are_no_drug_names():
    rejected = rejected_drug_names()
    assert all(reason and len(name.split()) == 1 for name, reason in rejected)
    household = {"water", "caffeine", "oxygen", "sugar", "alcohol", "protein", "salt", "he", "more", "none"}
    variants = {fold(row[2]) for row in rows("drugs.tsv")[1:]}
    assert ({fold(name) for name, _ in rejected} | household) & variants == set()


def test_structures_belong_to_named_drugs_one_each():
    ids = [row[0] for row in rows("drug_smiles.tsv")[1:]]
    assert len(set(ids)) == len(ids) > 1500
    assert set(ids) <= {row[0] for name in ("drugs.tsv", "drugs_ru.tsv") for row in rows(name)[1:]}


def test_russian_names_have_the_ids_and_names_of_the_latin_ones():
    id_to_name = {row[0]: row[1] for row in rows("drugs.tsv")[1:]}
    body = rows("drugs_ru.tsv")[1:]
    russian_id_to_names = defaultdict(set)
    for concept_id, name, variant, kind, source in body:
        russian_id_to_names[concept_id].add(name)
        assert id_to_name.get(concept_id, name) == name
        assert re.fullmatch(r"(?=.*[а-яё])[а-яёa-z0-9 -]+", variant), variant
        assert kind in {"generic", "brand", "synonym", "slang"}
        assert source == "adetk"
    assert [concept_id for concept_id, names in russian_id_to_names.items() if len(names) > 1] == []
    assert len({row[2] for row in body}) == len(body)
    assert sum(row[3] == "brand" for row in body) > 1000
    assert len(set(russian_id_to_names) & set(id_to_name)) > 2000


RUSSIAN_NAMES = {
    "Fluoxetine": "флуоксетин прозак профлузак",
    "Paroxetine": "пароксетин паксил рексетин",
    "Sertraline": "сертралин золофт стимулотон",
    "Quetiapine": "кветиапин сероквель",
    "Pregabalin": "прегабалин лирика",
    "Phenazepam": "феназепам",
    "Ibuprofen": "ибупрофен нурофен",
    "Acetaminophen": "парацетамол панадол",
    "Albuterol": "сальбутамол вентолин",
    "Levothyroxine": "левотироксин эутирокс",
    "Oseltamivir": "осельтамивир тамифлю",
    "Furosemide": "фуросемид",
    "Rosuvastatin": "розувастатин крестор",
    "Loperamide": "лоперамид имодиум",
    "Adalimumab": "адалимумаб хумира",
    "kagocel": "кагоцел",
}


def test_russian_names_stand_for_the_right_drug():
    variant_to_name = {row[2]: row[1] for row in rows("drugs_ru.tsv")[1:]}
    found = {
        name: " ".join(v for v in variants.split() if variant_to_name.get(v) == name)
        for name, variants in RUSSIAN_NAMES.items()
    }
    assert found == RUSSIAN_NAMES
    structured = {row[0] for row in rows("drug_smiles.tsv")[1:]}
    ids = {row[1]: row[0] for row in rows("drugs_ru.tsv")[1:]}
    assert {ids[name] for name in ("Fluoxetine", "Quetiapine", "Albuterol", "Drotaverine")} <= structured
    drotaverine = {variant for variant, name in variant_to_name.items() if name == "Drotaverine"}
    assert drotaverine >= {"дротаверин", "но-шпа", "ношпа"}


@pytest.mark.parametrize(("sentence", "names"), ABROAD)
def test_names_outside_the_us_are_found(sentence, names):
    lexicon, _ = drug_lexicon()
    tokens = tokenize(sentence)
    found = [fold(" ".join(tokens.folded[m.start : m.end])) for m in lexicon.matches(tokens, fuzzy=True)]
    assert found == names


def test_sentences_without_a_drug_have_none():
    lexicon, _ = drug_lexicon()
    tokens = tokenize(NO_DRUGS)
    found = [" ".join(tokens.folded[m.start : m.end]) for m in lexicon.matches(tokens, fuzzy=True)]
    assert found == []


def test_a_name_outside_the_us_and_the_us_one_are_one_drug():
    variant_to_id = {fold(row[2]): row[0] for row in rows("drugs.tsv")[1:]}
    for abroad, at_home in (
        ("paracetamol", "tylenol"),
        ("salbutamol", "albuterol"),
        ("adrenaline", "epinephrine"),
        ("frusemide", "lasix"),
        ("chlorphenamine maleate", "chlorpheniramine"),
        ("co amoxiclav", "augmentin"),
        ("seroxat", "paxil"),
        ("sodium valproate", "valproic acid"),
        ("co codamol", "tylex"),
    ):
        assert variant_to_id[abroad] == variant_to_id[at_home], (abroad, at_home)


def test_our_own_lists_of_names_do_not_contradict_each_other():
    names = []
    for table in ("drug_slang.tsv", "drugs_abroad.tsv"):
        lines = (ROOT / "scripts/dictionaries" / table).read_text(encoding="utf-8").splitlines()
        header, *body = [line.split("\t") for line in lines]
        assert header == ["variant", "name", "kind"]
        assert {kind for _, _, kind in body} <= {"brand", "generic", "slang", "synonym"}
        assert all(variant == variant.lower().strip() and name == name.strip() for variant, name, _ in body)
        names += [fold(variant) for variant, _, _ in body]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    ours = {fold(row[2]) for row in rows("drugs.tsv")[1:] if row[4] == "adetk"}
    assert set(names) - {fold(name) for name, _ in rejected_drug_names()} == ours
    assert len(ours) > 2_400


def test_ordinary_russian_words_are_no_drug_in_any_case():
    words = """вода водка индия индии кофеин йод соль сахар чай молоко мёд кислород миг портал экватор соната
        концерт концерта берет берета диана диане реглан алфавит силуэт жанр опра снуп дон дона золото серебро
        витамин витамина эффект эффекта гриппом дивана проспала тотем фольк кетонов"""
    lexicon, _ = drug_lexicon()
    assert [word for word in words.split() if lexicon.matches(tokenize(word), fuzzy=True)] == []


def test_no_word_of_a_name_in_both_alphabets_is_a_name_by_itself():
    latin = {fold(row[2]) for row in rows("drugs.tsv")[1:]}
    words = {word for row in rows("drugs_ru.tsv")[1:] for word in fold(row[2]).split()}
    assert words & latin == set()


@pytest.mark.parametrize(
    ("latin", "russian"),
    [
        ("paroxetine", ["пароксетин"]),
        ("quetiapine", ["кветиапин"]),
        ("levofloxacin", ["левофлоксацин"]),
        ("citalopram", ["циталопрам"]),
        ("escitalopram", ["эсциталопрам"]),
        ("methotrexate", ["метотрексат"]),
        ("acyclovir", ["ацикловир"]),
        ("hydroxyzine", ["гидроксизин"]),
        ("diphenhydramine", ["дифенгидрамин"]),
        ("salbutamol", ["сальбутамол"]),
        ("sulpiride", ["сульпирид"]),
        ("lactulose", ["лактулоза"]),
        ("tiotropium", ["тиотропий"]),
        ("ethinylestradiol", ["этинилэстрадиол"]),
        ("pseudoephedrine", ["псевдоэфедрин"]),
        ("chlorpromazine", ["хлорпромазин"]),
        ("furosemide", ["фуроземид", "фуросемид"]),
        ("rosuvastatin", ["розувастатин", "росувастатин"]),
        ("etanercept", ["этанерцепт"]),
    ],
)
def test_generic_names_are_transliterated_by_rule(module, latin, russian):
    assert module("russian").spellings(latin) == russian


def test_a_russian_table_with_a_latin_name_or_two_drugs_of_a_name_is_refused(module, tmp_path, monkeypatch):
    russian = module("russian")
    catalogue = module("drug_catalogue").Catalogue()
    table = tmp_path / "table.tsv"
    monkeypatch.setattr(russian, "GENERICS", table)
    table.write_text("variant\tname\tkind\nzanomil\tzanomil\tbrand\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="lower-case Cyrillic"):
        russian.russian_rows(catalogue, [])
    table.write_text(
        "variant\tname\tkind\nзаномил\tzanomil\tbrand\nзаномил\tother\tbrand\n", encoding="utf-8"
    )
    with pytest.raises(AdetkError, match="expected one drug"):
        russian.russian_rows(catalogue, [])


def test_blocked_words_are_ordinary_and_no_drug_names():
    words = (FOLDER / "fuzzy_blocked.txt").read_text(encoding="utf-8").splitlines()
    assert words == sorted(set(words))
    assert all(re.fullmatch(r"[^\W\d_]{6,}", word) and word == word.lower() for word in words)
    assert "lyrics" not in {row[2] for row in rows("drugs.tsv")[1:]}
    assert set(words) & {row[2] for row in rows("drugs.tsv")[1:]} == set()


def test_symptom_phrases_are_folded_and_from_open_sources():
    body = rows("symptoms.tsv")[1:]
    assert all(row[0] == fold(row[0]) for row in body)
    assert {(row[1], row[3]) for row in body} == {("SYMP", "CC0"), ("MeSH", "NLM-PD")}
    assert {"weight gain", "headache", "hair loss", "restless legs syndrome"} <= {row[0] for row in body}
    assert len({row[0] for row in body}) == len(body)


def test_words_one_edit_from_a_name_are_blocked(module):
    words_like_names = module("misspellings").words_like_names
    words = [
        "planet",
        "planets",
        "plantets",
        "lament",
        "zanomil",
        "zinomil",
        "zanomills",
        "anomila",
        "xanomi",
    ]
    # zinomil: substitution; xanomi: two edits; anomila: two; zanomil: the name itself; zanomills: one, as the
    # lexicon folds the plural away, and planets is planet to it.
    assert words_like_names(words, ["zanomil", "planetz"]) == ["planet", "zanomills", "zinomil"]
    assert words_like_names(["zanomi", "anomil", "zzanomil"], ["zanomil"]) == ["anomil", "zanomi", "zzanomil"]
    assert words_like_names(["zanom"], ["zanomi"]) == []  # the name is too short


def test_words_near_names_agree_with_comparing_all(module):
    from rapidfuzz.distance import Levenshtein

    words_like_names = module("misspellings").words_like_names
    names = ["abcdefg", "abcdefgh", "bcdefgha"]
    words = [
        name[:i] + "x" * k + name[i + j :] for name in names for i in range(8) for j in (0, 1) for k in (0, 1)
    ]
    expected = {
        w
        for w in words
        if w not in names and len(w) >= 6 and min(Levenshtein.distance(w, n) for n in names) <= 1
    }
    assert words_like_names(words, names) == sorted(expected)


def test_selection_keeps_unambiguous_wordings_and_counts_the_rest(module):
    synonyms = module("synonyms")
    selection = synonyms.Selection({"1": "Sore toe", "2": "Sore thumb"}, {("1", "bad toe")})
    row = lambda concept_id, text: (concept_id, text, "X", "x1", "CC0")  # noqa: E731
    first = [row("1", "Aching toe"), row("1", "aching-toe"), row("1", "Bad Toe"), row("2", "sore toe")]
    both = [row("1", "Sore digit"), row("2", "sore digit"), row("2", "toe"), row("2", "Thumb pain, NOS")]
    assert selection.choose(first + both, synonyms.clinical_fits) == [first[0]]
    assert selection.dropped == {
        "repeated": 1,
        "rejected by hand": 1,
        "is a term": 1,
        "ambiguous": 2,
        "too short": 1,
        "no one's own wording": 1,
    }
    # A later file may repeat a concept's wording, but not give it to another concept.
    later = [row("1", "aching toe"), row("2", "aching toe")]
    assert selection.choose(later, synonyms.short_fits) == [later[0]]


@pytest.mark.parametrize(
    ("phrase", "fits"),
    [
        ("my toe throbs", True),
        ("toe throbbed for two weeks", False),
        ("at first a sore toe", False),
        ("toe pain went away", False),
        ("7 sore toes", False),
        ("a toe so sore that it would not move", False),
    ],
)
def test_a_patient_phrase_names_an_effect_and_nothing_of_one_post(module, phrase, fits):
    assert module("synonyms").patient_fits(phrase) is fits


def test_a_rejection_needs_a_known_concept_and_a_reason(module, tmp_path):
    path = tmp_path / "rejected.tsv"
    path.write_text("concept_id\tsynonym\treason\n9\tbad toe\ttoo broad\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="needs a known concept and a reason, found '9'"):
        module("synonyms").read_rejected(path, {"1": "Sore toe"})


def test_a_cell_with_a_line_break_is_not_written(module, tmp_path):
    with pytest.raises(AdetkError, match="plain cells"):
        module("tables").write_rows(tmp_path / "t.tsv", ("a", "b"), [("x", "y\nz")])
    assert not (tmp_path / "t.tsv").exists()
