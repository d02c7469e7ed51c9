import json

import numpy as np
import pytest

from adetk.classify.chemistry import (
    BITS,
    FILE,
    MOST_DRUGS,
    NONE,
    StructureOptions,
    Structures,
    fingerprints,
    largest_fragment,
    packaged_smiles,
)
from adetk.dictionaries import drug_lexicon
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon

NAMES = Lexicon(
    "drugs",
    [
        ("blarvin", "b"),
        ("quontrel", "q"),
        ("quon", "q"),
        ("duozeltan", "b"),
        ("duozeltan", "z"),
        ("mirpa", "m"),
    ],
)
ROWS = {NONE: [1], "b": [2, 3], "q": [4], "z": [5]}  # of mirpa no structure is known


def found(text):
    return Structures(NAMES, ROWS).rows(text)


@pytest.mark.parametrize(
    ("smiles", "drug"),
    [
        ("CCN.Cl", "CCN"),
        ("[Na+].CC(=O)[O-]", "CC(=O)[O-]"),
        ("Cl.Cl.CCCN", "CCCN"),
        ("CCCl.BrBr", "CCCl"),
        ("[H+].[Cl-]", "[Cl-]"),  # a hydrogen is no heavy atom
        ("OO.CC", "OO"),  # the first on a tie
        ("c1ccccc1.CCCC[Si]", "c1ccccc1"),
        ("CCN", "CCN"),
        ("", ""),
    ],
)
def test_salts_are_stripped(smiles, drug):
    assert largest_fragment(smiles) == drug


def test_a_post_has_the_rows_of_each_of_its_drugs_once_in_text_order():
    assert found("one Blarvin a day") == ((2, 3),)
    assert found("quontrel, then blarvin, then quon again") == ((4,), (2, 3))
    assert found("a duozeltan is both") == ((2, 3), (5,))
    assert found("misspelt blarvvin") == ((2, 3),)


def test_a_post_without_a_known_structure_has_the_rows_of_the_empty_string():
    assert found("no drug here") == found("") == found("mirpa only") == ((1,),)
    assert found("mirpa with quontrel") == ((4,),)


def test_of_a_long_list_the_first_drugs_count():
    many = Lexicon("drugs", [(f"drug{i}", str(i)) for i in range(40)])
    structures = Structures(many, {NONE: [1], **{str(i): [i + 2] for i in range(40)}})
    rows = structures.rows(" ".join(f"drug{i}" for i in range(40)))
    assert rows == tuple((i + 2,) for i in range(MOST_DRUGS))


def test_every_window_of_a_post_has_all_its_drugs(letter_pieces):
    text = "blarvin " + "x" * 40 + " quontrel"
    windows = Tokenizer(letter_pieces, 16).windows([text])[0]
    with_rows = Structures(NAMES, ROWS)(windows, text)
    assert len(windows) > 2
    assert [w.structure for w in with_rows] == [((2, 3), (4,))] * len(windows)
    assert [w.ids for w in with_rows] == [w.ids for w in windows]


def test_saved_rows_come_back_under_the_packaged_names(tmp_path):
    lexicon, id_to_name = drug_lexicon()
    (drug,) = [i for i, name in id_to_name.items() if name.lower() == "sertraline"]
    Structures(lexicon, {NONE: [1], drug: [7, 9]}).save(tmp_path)
    assert json.loads((tmp_path / FILE).read_text()) == {NONE: [1], drug: [7, 9]}
    again = Structures.load(tmp_path)
    assert again.rows("day 3 of zoloft") == ((7, 9),)
    assert again.rows("day 3 of nothing") == ((1,),)


def test_packaged_structures_are_single_molecules():
    id_to_smiles = packaged_smiles()
    assert len(id_to_smiles) > 2000
    assert all(smiles and "." not in smiles for smiles in id_to_smiles.values())
    assert NONE not in id_to_smiles


def test_a_fingerprint_says_what_is_in_a_molecule():
    pytest.importorskip("rdkit", reason="RDKit is not installed")
    bits = fingerprints(["", "CCN", "NCC", "CCO", "CCN.CCO"])
    assert bits.shape == (5, BITS)
    assert bits.any(1).tolist() == [False, True, True, True, True]
    np.testing.assert_array_equal(bits[1], bits[2])  # one molecule, written from either end
    assert (bits[1] != bits[3]).any()
    np.testing.assert_array_equal(bits[1] | bits[3], bits[4])  # what `several = "join"` relies on


def test_a_smiles_that_is_none_is_named(capfd):
    pytest.importorskip("rdkit", reason="RDKit is not installed")
    with pytest.raises(AdetkError, match=r"SMILES 'C1CC': RDKit cannot read it; correct or remove it"):
        fingerprints(["CC", "C1CC"])
    assert capfd.readouterr().err == ""


def test_without_rdkit_the_way_out_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rdkit", None)
    with pytest.raises(AdetkError, match=r"need RDKit; pip install 'adetk\[chemistry\]'"):
        fingerprints(["CC"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "graph"}, "kind is 'graph'; expected one of none, fingerprint, encoder"),
        ({"kind": "fingerprint", "join": "add"}, "join is 'add'; expected one of concat, cross_attention"),
        ({"kind": "fingerprint", "several": "first"}, "several is 'first'; expected one of average, join"),
        ({"kind": "encoder"}, "name an encoder with kind = 'encoder', and only there"),
        ({"kind": "fingerprint", "encoder": "x"}, "kind is 'fingerprint' and encoder 'x'"),
        ({"kind": "encoder", "encoder": "x", "several": "join"}, "cannot be joined"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(AdetkError, match=message):
        StructureOptions(**options)
