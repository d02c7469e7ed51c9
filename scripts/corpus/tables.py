"""The report of `corpus_stats.py` as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corpus.style import QUANTILES

MENTIONS = ("ADE present", "ADE negated", "ADE hypothetical", "DRUG", "INDICATION")

Report = Mapping[str, Any]


def markdown(report: Report) -> str:
    """All tables of a report, with a heading each."""
    column_to_counts = {**report["files"], "all": report["all"]}
    if "demo" in report:
        column_to_counts["demo"] = report["demo"]
    parts = ["## Posts", _counts(column_to_counts), "## System organ classes"]
    parts += [_socs(report["all"]["socs"]), "## Length", _lengths(report), "## Copies", _copies(report)]
    if "against" in report:
        parts += ["## Against the stream", *_against(report)]
    return "\n\n".join(parts)


def _counts(column_to_counts: Report) -> str:
    counts = list(column_to_counts.values())
    rows: list[list[object]] = [
        ["posts", *(c["posts"] for c in counts)],
        ["with an ADE", *(f"{c['ade']} ({c['ade_share']:.1%})" for c in counts)],
    ]
    kinds = sorted({kind for c in counts for kind in c["kinds"]}, reverse=True)
    rows += [[f"kind {kind}", *(c["kinds"].get(kind, 0) for c in counts)] for kind in kinds]
    rows += [[f"mentions {label}", *(c["mentions"].get(label, 0) for c in counts)] for label in MENTIONS]
    rows += [
        ["different drugs", *(c["drugs"] for c in counts)],
        ["of them not in the dictionary", *(c["drugs_by_name_only"] for c in counts)],
        ["different CTCAE codes", *(c["concepts"] for c in counts)],
        ["of them felt", *(c["concepts_felt"] for c in counts)],
        ["felt, no such code", *(c["felt_without_concept"] for c in counts)],
        ["SOCs", *(sum(soc["mentions"] > 0 for soc in c["socs"].values()) for c in counts)],
    ]
    return _table(["", *column_to_counts], rows)


def _socs(socs: Report) -> str:
    rows = [[s["name"], s["mentions"], s["felt"], s["concepts"]] for s in socs.values()]
    return _table(["SOC", "mentions", "felt", "different codes"], rows)


def _lengths(report: Report) -> str:
    name_to_length = {f"ours, {kind}": length for kind, length in report["all"]["length"].items()}
    if "against" in report:
        name_to_length["theirs"] = report["against"]["length"]
    rows = [
        [name, unit, *(f"{value:.0f}" for value in values)]
        for name, length in name_to_length.items()
        for unit, values in length.items()
    ]
    return _table(["", "", *(f"{quantile} %" for quantile in QUANTILES)], rows)


def _copies(report: Report) -> str:
    near = report["near"]
    lines = [f"- posts with the text of an earlier one: {report['repeats']}"]
    for title in ("as written", "drug names masked"):
        found = near[title]
        within = ", ".join(f"{name} {number}" for name, number in found["pairs_within"].items())
        lines += [
            f"- {title}: posts with a near copy (cosine {near['cosine']} or more): "
            f"{found['posts']} ({found['share']:.2%})",
            f"  - pairs within a file: {within}; across files: {found['pairs_across']}",
            f"  - posts with a near copy in the demo: {found['posts_near_demo']}",
        ]
        lines += [
            f"  - {first} and {second}: {cosine:.2f}" for first, second, cosine in found.get("list", ())
        ]
    return "\n".join(lines)


def _against(report: Report) -> Iterable[str]:
    against = report["against"]
    near = against["near"]
    lines = [
        f"- {against['posts']} posts of theirs drawn, {against['others']} further ones beside them; "
        f"{against['repeats_left_out']} repeats and {against['bad_rows']} bad rows left out",
        f"- our posts with a near copy in theirs: {near['posts']} ({near['share']:.2%})",
    ]
    if "share_of_others" in near:
        lines.append(f"- further posts of theirs with a near copy in theirs: {near['share_of_others']:.2%}")
    lines += [
        f"- of their {row['top']} most frequent words ours lack {row['lacking']}: {row['share']:.2%} of their text"
        for row in against["lacking"]
    ]
    if "list" in near:
        lines.append(f"- near copies among ours: {', '.join(near['list']) or 'none'}")
    yield "\n".join(lines)
    shares = [[name, *map(_percent, overlap.values())] for name, overlap in against["words"].items()]
    yield _table(["words known", "of running words", "of different words"], shares)
    groups = list(next(iter(against["auc"].values())))
    rows = [[title, *(f"{auc[group]:.3f}" for group in groups)] for title, auc in against["auc"].items()]
    yield _table(["told apart, AUC", *groups], rows)
    columns = list(next(iter(against["habits"].values())))
    habits = [[name, *map(_percent, shares.values())] for name, shares in against["habits"].items()]
    yield _table(["posts with", *columns], habits)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
