"""Drug structure: which drugs a post names, their SMILES, and the rows that they have in the gate's table.

After Sakhovskiy et al. (SMM4H 2021), whose gate reads the structure of a post's drugs beside its text. A
structure does not change: it is computed once per drug, before or during training, and lies in the network as a
table of vectors. What is served is a look-up from drugs to rows; neither RDKit nor a structure encoder is needed.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adetk.dictionaries import dictionaries_folder, drug_lexicon
from adetk.encoder import Window
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, tokenize

FILE = "structures.json"
"""File of a part: drug -> its rows in the network's table."""
NONE = ""
"""Stands for no drug at all: its SMILES is the empty string, and it has rows of its own."""
MOST_DRUGS = 8
"""So many drugs of a post count, the first ones: a list of a hundred says no more, and takes memory."""
RADIUS, BITS = 2, 1024
"""Of Morgan fingerprints: bonds around an atom (4 across, as in ECFP4) and length."""

_KINDS, _JOINS, _SEVERAL = (
    ("none", "fingerprint", "encoder"),
    ("concat", "cross_attention"),
    ("average", "join"),
)
_HEAVY_ATOM = re.compile(r"\[(?!\d*H[+\-\d]*\])[^\]]+\]|Br|Cl|[BCNOPSFIbcnops]")


@dataclass(frozen=True)
class StructureOptions:
    """A gate recipe's `[options.structure]`.

    Attributes:
        kind: `none`; `fingerprint`, RDKit's Morgan bits; or `encoder`, a transformers encoder over SMILES.
        encoder: of kind `encoder`: folder, name under `$ADETK_ENCODERS`, or hub id.
        join: `concat`: a vector per drug (fingerprint, or the frozen encoder's first state) beside the text's;
            `cross_attention`: the text's states attend to states of the structure (a learnt vector for each
            fingerprint bit, or the states of the encoder, which is trained along).
        several: of a post with several drugs: `average` their vectors, or what attention reads from each; or
            `join` them as one molecule (the union of bits, or attention over all states side by side).
    """

    kind: str = "none"
    encoder: str = ""
    join: str = "concat"
    several: str = "average"

    def __post_init__(self) -> None:
        for name, known in (("kind", _KINDS), ("join", _JOINS), ("several", _SEVERAL)):
            if getattr(self, name) not in known:
                raise AdetkError(
                    f"structure: {name} is {getattr(self, name)!r}; expected one of {', '.join(known)}"
                )
        if (self.kind == "encoder") != bool(self.encoder):
            raise AdetkError(
                f"structure: kind is {self.kind!r} and encoder {self.encoder!r}; "
                "name an encoder with kind = 'encoder', and only there"
            )
        if (self.kind, self.join, self.several) == ("encoder", "concat", "join"):
            # which drugs will meet in one post is not known before serving
            raise AdetkError(
                "structure: a frozen encoder's vectors are one a drug and cannot be joined; expected several = "
                "'average', or join = 'cross_attention'"
            )


class Structures:
    """Adds the rows of a post's drugs to its windows.

    Args:
        lexicon: drug names with ids.
        id_to_rows: rows of each drug whose structure is known, and of `NONE`.
    """

    def __init__(self, lexicon: Lexicon, id_to_rows: Mapping[str, Sequence[int]]) -> None:
        self._lexicon = lexicon
        self._none = (tuple(id_to_rows[NONE]),)
        self._id_to_rows = {i: tuple(rows) for i, rows in id_to_rows.items() if i != NONE}

    @classmethod
    def load(cls, folder: Path) -> Structures:
        """Read what `save` wrote into a part folder; names are those of the packaged dictionary."""
        return cls(drug_lexicon()[0], json.loads((folder / FILE).read_text(encoding="utf-8")))

    def save(self, folder: Path) -> None:
        """Write the rows of each drug."""
        id_to_rows = {NONE: self._none[0], **self._id_to_rows}
        (folder / FILE).write_text(json.dumps(id_to_rows, sort_keys=True) + "\n", encoding="utf-8")

    def __call__(self, windows: Sequence[Window], text: str) -> list[Window]:
        """The windows of one text with `structure`: all the drugs of the text, in each."""
        rows = self.rows(text)
        return [replace(w, structure=rows) for w in windows]

    def rows(self, text: str) -> tuple[tuple[int, ...], ...]:
        """The rows of each drug that a text names, in the order of their first mention; at least those of `NONE`."""
        matches = self._lexicon.matches(tokenize(text), fuzzy=True)  # as DRUG mentions are found
        known = dict.fromkeys(i for match in matches for i in match.ids if i in self._id_to_rows)
        found = tuple(self._id_to_rows[i] for i in islice(known, MOST_DRUGS))
        return found if found else self._none


def packaged_smiles() -> dict[str, str]:
    """The packaged drugs' SMILES by id, salts stripped."""
    with (dictionaries_folder() / "drug_smiles.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["concept_id"]: largest_fragment(row["smiles"]) for row in rows}


def largest_fragment(smiles: str) -> str:
    """The part of a SMILES with the most heavy atoms, the first on a tie: what is left of a salt is the drug."""
    return max(smiles.split("."), key=lambda fragment: len(_HEAVY_ATOM.findall(fragment)))


def fingerprints(smiles: Sequence[str]) -> NDArray[np.bool_]:
    """Morgan fingerprints, shape (n, BITS); the empty string's has no bit.

    Raises:
        AdetkError: RDKit is not installed, or cannot read one.
    """
    try:
        from rdkit import Chem, rdBase
        from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
    except ImportError:
        raise AdetkError(
            "structure fingerprints need RDKit; pip install 'adetk[chemistry]', or take kind = 'encoder'"
        ) from None
    generator = GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    found = np.zeros((len(smiles), BITS), bool)
    for row, text in enumerate(smiles):
        with rdBase.BlockLogs():  # RDKit writes to stderr by itself
            molecule = Chem.MolFromSmiles(text)
        if molecule is None:
            raise AdetkError(f"SMILES {text!r}: RDKit cannot read it; correct or remove it")
        found[row, list(generator.GetFingerprint(molecule).GetOnBits())] = True
    return found
