"""Tables of results/links.json, as `bench_links.py` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gate_tables import figure, markdown

Report = Mapping[str, Any]

VARIANT_TO_TITLE = {
    "exact": "the term's own name",
    "exact_or_synonym": "wordings that need no model",
    "similarity": "nearest term",
    "classifier": "classifier",
    "nearest_or_classifier": "published rule: nearest, past tau classifier",
    "fused": "nearest and classifier fused",
    "wording_or_fused": "known wordings, then fused",
    "wording_or_rule": "known wordings, then the rule",
}
ARM_HEADINGS = ("linker, scored on", "arm", "accuracy at 1", "answered", "more than what adetk serves")
OWN = "own"


def links_tables(report: Report) -> list[str]:
    """Each arm alone and together; and the rule over tau."""
    made = f"{report['date']}, `{report['command']}`"
    linkers = report["linkers"]
    curves = [linker for linker in linkers if linker.get("tau")]
    taus = [tau for tau in curves[0]["tau"] if tau != OWN][::2] if curves else []
    parts = [
        f"**What each arm of the linker is worth** (words given; adetk serves {_served(linkers)}; {made})\n\n"
        + markdown(ARM_HEADINGS, [row for linker in linkers for row in arm_rows(linker)])
    ]
    if curves:
        parts.append(
            "**The rule over tau** (accuracy at 1; known wordings first, then at tau 0 the classifier, at 1 the "
            "nearest term; each bundle's own tau is from development mentions)\n\n"
            + markdown(
                ["linker, scored on", *taus, "own tau"], [curve_row(linker, taus) for linker in curves]
            )
        )
    return parts


def _served(linkers: Sequence[Report]) -> str:
    fused = [linker["bundle_name"] for linker in linkers if linker["is_fused"]]
    rule = "known wordings, then the rule"
    return f"{rule}, but of {', '.join(fused)} the fusion" if fused else rule


def arm_rows(linker: Report) -> Iterator[Sequence[str]]:
    """A row for each arm of a linker, under `ARM_HEADINGS`."""
    for variant, title in VARIANT_TO_TITLE.items():
        if variant in linker["linking"]:
            at = linker["linking"][variant]
            yield (
                _place(linker),
                title,
                figure(at, "accuracy_at_1"),
                f"{at['answered']:.3f}",
                figure(at, "accuracy_at_1_difference"),
            )


def curve_row(linker: Report, taus: Sequence[str]) -> Sequence[str]:
    """A linker's accuracy at each tau, and at its own."""
    curve = linker["tau"]
    own = f"{curve[OWN]['accuracy_at_1']:.3f} ({linker['tau_of_bundle']:g})"
    return [_place(linker), *(f"{curve[tau]['accuracy_at_1']:.3f}" for tau in taus), own]


def _place(linker: Report) -> str:
    return f"{linker['bundle_name']}, {linker['corpus']} {linker['split']}"
