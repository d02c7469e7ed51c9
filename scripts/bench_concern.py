"""How often does an effect point at the right drug? Gold effects and drugs given, over PHEE and ADE-Corpus-V2.

    python scripts/bench_concern.py --corpora CORPORA [--out results/concern.json]

Training splits: the rule was chosen on them. Scored are effects of which the corpus blames one drug; those in sentences
that name one drug only are right by themselves and stand apart. Beside adetk's rule: the nearest by characters, and the
last drug before the effect. The corpora share most of their sentences: two readings of one text, not two texts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import adetk
from adetk.document import ADE, DRUG, Document, Mention
from adetk.evaluate.bootstrap import groups_of, intervals_of, weighted_sum
from adetk.evaluate.scores import Counts
from adetk.extract.concern import with_concern
from adetk.readers import read_corpus

CORPORA = ("phee", "ade_corpus_v2")
Choice = Callable[[Mention, Sequence[Mention]], int]


def main() -> None:
    """Parse the command line, score, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("results") / "concern.json")
    options = parser.parse_args()
    found = {name: scored(read_corpus(name, "train", options.corpora)) for name in CORPORA}
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "adetk": adetk.__version__,
        "command": f"python {' '.join(sys.argv)}",
        "split": "train",
        "corpora": found,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, figures in found.items():
        print(name, json.dumps(figures, indent=1))


def scored(documents: Sequence[Document]) -> dict[str, object]:
    """How many effects are scored, and the share of them that each rule points right, where there is a choice."""
    choices: dict[str, Choice] = {"nearest_in_characters": nearest, "last_before": last_before}
    several = [d for d in documents if len(d.labelled(DRUG)) > 1 and any(_one_drug(m) for m in d.mentions)]
    pointed = {"adetk": [with_concern(d) for d in several]}
    pointed |= {name: [_pointed(d, choice) for d in several] for name, choice in choices.items()}
    n_one = sum(_one_drug(m) for d in documents if len(d.labelled(DRUG)) == 1 for m in d.mentions)
    n_blamed_on_several = sum(m.drug is None for d in documents for m in d.labelled(ADE))
    figures: dict[str, object] = {"one_drug_named": n_one, "blamed_on_several_drugs": n_blamed_on_several}
    for name, given in pointed.items():
        counts = [_right(gold, document) for gold, document in zip(several, given, strict=True)]
        figures["several_drugs_named"] = sum(counts, Counts()).n_gold
        figures[name] = _share_right(counts, several)
    return figures


def _share_right(counts: Sequence[Counts], documents: Sequence[Document]) -> dict[str, float]:
    total = weighted_sum(counts)
    ((low, high),) = intervals_of(
        len(documents), lambda weights: [total(weights).recall], groups=groups_of(documents)
    )
    return {"right": sum(counts, Counts()).recall, "right_low": low, "right_high": high}


def nearest(effect: Mention, drugs: Sequence[Mention]) -> int:
    """The drug with the fewest characters between, the earlier one on a tie."""
    return min(
        range(len(drugs)), key=lambda i: max(drugs[i].start - effect.end, effect.start - drugs[i].end, 0)
    )


def last_before(effect: Mention, drugs: Sequence[Mention]) -> int:
    """The last drug before the effect, else the first."""
    return max((i for i, drug in enumerate(drugs) if drug.end <= effect.start), default=0)


def _pointed(document: Document, choice: Choice) -> Document:
    places = [i for i, m in enumerate(document.mentions) if m.label == DRUG]
    drugs = [document.mentions[i] for i in places]
    mentions = (replace(m, drug=places[choice(m, drugs)]) if m.label == ADE else m for m in document.mentions)
    return replace(document, mentions=tuple(mentions))


def _right(gold: Document, given: Document) -> Counts:
    pairs = [(g, p) for g, p in zip(gold.mentions, given.mentions, strict=True) if _one_drug(g)]
    return Counts(sum(g.drug == p.drug for g, p in pairs), len(pairs), len(pairs))


def _one_drug(mention: Mention) -> bool:
    return mention.label == ADE and mention.drug is not None


if __name__ == "__main__":
    main()
