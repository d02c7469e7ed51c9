"""What the flags for negated and hypothetical effects gain and cost, and what a label for indications does.

    python scripts/bench_assertion.py --corpora CORPORA [--tagger NAME=PART ...] [--psytar train|test] [--out FILE]

Cost: the share of patients' gold effects that the flags would take away, on training splits: the rules were checked
there. Gain: precision of a tagger's effects on PsyTAR's sentences, a prediction being right where it overlaps a gold
effect, one to one. Sentences without an effect stand apart, with and without the drug's indication (DI) or symptoms of
the illness (SSI): all that is found there is wrong, so what is given is how much. The default bundle's tagger learnt
from these very sentences; one that never saw them, such as one trained by `recipes/cadec_extract.toml`, shows more of
what the flags do. Taggers that learnt from PsyTAR's training split, with a label for indications
(`recipes/psytar_indication_extract.toml`) and without, are for `--psytar test`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench_options import shown_command, write_report

from adetk.bundle import read_manifest
from adetk.dictionaries import drug_lexicon
from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import groups_of, intervals_of, weighted_sum
from adetk.evaluate.scores import Counts, span_counts
from adetk.extract.assertion import AssertionFinder
from adetk.extract.assertion_rules import ASSERTIONS, read_rules
from adetk.extract.drugs import DrugFinder
from adetk.extract.tagger import Tagger
from adetk.pipeline import Pipeline
from adetk.readers import read_corpus

POSTS = ("psytar", "cadec", "smm4h2022")
Figures = dict[str, object]


def main() -> int:
    """Parse the command line, measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument(
        "--tagger",
        action="append",
        default=[],
        type=named_part,
        metavar="NAME=PART",
        help="else the default bundle's",
    )
    parser.add_argument("--psytar", default="train", help="the split that taggers are judged on")
    parser.add_argument("--out", type=Path, default=Path("results") / "assertion.json")
    options = parser.parse_args()
    try:
        report = measured(options.corpora, dict(options.tagger), options.psytar)
    except AdetkError as error:
        print(f"bench_assertion: {error}", file=sys.stderr)
        return 1
    write_report(report, shown_command("bench_assertion"), options.out)
    return 0


def measured(corpora: Path, name_to_part: Mapping[str, Path], split: str) -> Figures:
    """Cost on training splits, and gain on a split of PsyTAR for each tagger, or for the default bundle's.

    Raises:
        AdetkError: a corpus or a part that cannot be read.
    """
    drugs, flags = DrugFinder(*drug_lexicon()), AssertionFinder(read_rules())
    taggers = {name: opened(part) for name, part in name_to_part.items()}
    if not taggers:
        taggers = {"default bundle": Pipeline.from_pretrained().tagger}
    gold = {name: cost(read_corpus(name, "train", corpora), drugs, flags) for name in POSTS}
    print(json.dumps(gold, indent=1), flush=True)
    sentences = read_corpus("psytar", split, corpora)
    precision: Figures = {}
    for name, tagger in taggers.items():
        precision[name] = gain(sentences, tagger, drugs, flags)
        print(name, json.dumps(precision[name], indent=1), flush=True)
    return {"split": "train", "psytar_split": split, "gold": gold, "psytar": precision}


def named_part(given: str) -> tuple[str, Path]:
    """The name and the folder of `NAME=PART`."""
    name, found, part = given.partition("=")
    if not (found and name and part):
        raise argparse.ArgumentTypeError(f"{given!r}; expected NAME=PART, a name and a tagger's folder")
    return name, Path(part)


def opened(part: Path) -> Tagger:
    """The tagger in a part's folder."""
    return Tagger.load(part, read_manifest(part, "extract").settings)


def cost(documents: Sequence[Document], drugs: DrugFinder, flags: AssertionFinder) -> Figures:
    """The share of gold effects that would be flagged, and how many posts a second are judged."""
    told = list(drugs(d for d in documents if d.labelled(ADE)))
    start = time.process_time()
    judged = list(flags(told))
    seconds = time.process_time() - start
    counts = [
        Counts(tp=sum(m.assertion != "present" for m in effects), n_gold=len(effects))
        for effects in (d.labelled(ADE) for d in judged)
    ]
    figures: Figures = {"effects": sum(c.n_gold for c in counts)}
    figures |= {
        assertion: sum(m.assertion == assertion for d in judged for m in d.labelled(ADE))
        for assertion in ASSERTIONS
    }
    total = weighted_sum(counts)
    ((low, high),) = intervals_of(len(told), lambda weights: [total(weights).recall], groups=groups_of(told))
    figures |= {"flagged": sum(counts, Counts()).recall, "flagged_low": low, "flagged_high": high}
    return figures | {"posts_per_second_of_cpu": round(len(told) / seconds)}


def gain(gold: Sequence[Document], tagger: Tagger, drugs: DrugFinder, flags: AssertionFinder) -> Figures:
    """Precision without and with the flags, over all sentences and by what they carry."""
    plain = list(drugs(tagger(replace(d, mentions=(), label=None, score=None) for d in gold)))
    flagged = list(flags(plain))
    name_to_places = {"all": range(len(gold))} | {
        name: [i for i, d in enumerate(gold) if carried(d) == name]
        for name in ("effect", "DI or SSI, no effect", "neither")
    }
    return {
        name: compared(*([side[i] for i in places] for side in (gold, plain, flagged)))
        for name, places in name_to_places.items()
    }


def carried(sentence: Document) -> str:
    """What a sentence of PsyTAR carries, in so far as it matters here."""
    if sentence.label == ADE:
        return "effect"
    return "DI or SSI, no effect" if {"DI", "SSI"} & set(sentence.meta) else "neither"


def compared(gold: Sequence[Document], plain: Sequence[Document], flagged: Sequence[Document]) -> Figures:
    """Figures of two sets of predictions and their paired difference in precision, with intervals."""
    counts = [span_counts(gold, predicted, relaxed=True) for predicted in (plain, flagged)]
    totals = [weighted_sum(each) for each in counts]
    without, with_flags = (sum(each, Counts()) for each in counts)
    bounds = intervals_of(
        len(gold),
        lambda weights: [
            *(total(weights).precision for total in totals),
            totals[1](weights).precision - totals[0](weights).precision,
        ],
        groups=groups_of(gold),
    )
    figures: Figures = {"sentences": len(gold), "gold": without.n_gold}
    for name, total, (low, high) in zip(
        ("without_flags", "with_flags"), (without, with_flags), bounds[:2], strict=True
    ):
        figures[name] = {
            "found": total.n_pred,
            "wrong": total.n_pred - total.tp,
            "precision": total.precision,
            "precision_low": low,
            "precision_high": high,
            "recall": total.recall,
        }
    difference_low, difference_high = bounds[2]
    return figures | {
        "difference": with_flags.precision - without.precision,
        "difference_low": difference_low,
        "difference_high": difference_high,
    }


if __name__ == "__main__":
    sys.exit(main())
