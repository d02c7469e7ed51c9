import re
from collections import Counter, defaultdict

import pytest
from dictionary_tables import FOLDER, ROOT, fold, rows

from adetk.dictionaries import drug_lexicon
from adetk.lexicon import tokenize

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


def rejected_drug_names():
    text = (ROOT / "scripts/dictionaries/rejected_drug_names.txt").read_text(encoding="utf-8")
    name_and_reason = [line.split("#", 1) for line in text.splitlines() if not line.startswith("#")]
    return [(name.strip(), reason.strip()) for name, reason in name_and_reason]


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


def test_blocked_words_are_ordinary_and_no_drug_names():
    words = (FOLDER / "fuzzy_blocked.txt").read_text(encoding="utf-8").splitlines()
    assert words == sorted(set(words))
    assert all(re.fullmatch(r"[^\W\d_]{6,}", word) and word == word.lower() for word in words)
    assert "lyrics" not in {row[2] for row in rows("drugs.tsv")[1:]}
    assert set(words) & {row[2] for row in rows("drugs.tsv")[1:]} == set()


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
