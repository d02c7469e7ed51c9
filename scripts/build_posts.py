"""Turn the inline markup of the project's own posts into JSON lines, and check every code and span.

Run: `python scripts/build_posts.py corpora/demo/posts.txt corpora/demo/posts.jsonl`
The markup is described in `corpora/README.md`.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from adetk.document import ADE, DRUG, NO_ADE, Mention, Span
from adetk.errors import AdetkError

INDICATION = "INDICATION"
ROOT = Path(__file__).resolve().parent.parent
CONCEPTS = ROOT / "dictionaries" / "ctcae_concepts.tsv"
HEADER = re.compile(
    r"# id=(?P<id>\S+) kind=(?P<kind>tweet|forum) label=(?P<label>ADE|noADE) lang=(?P<lang>\w+)"
)
HEADER_LINE = re.compile(r"^# id=.*$", re.MULTILINE)
MARK = re.compile(r"\[\[([^\[\]]*)\]\]")


@dataclass(frozen=True)
class Post:
    """One block of the markup file: its header and its marked text."""

    id: str
    label: str
    meta: dict[str, str]
    marked: str


@dataclass
class Draft:
    """A mention while its post is read: later fragments and its drug are still to come."""

    mention: Mention
    fragment: str | None = None
    drug_name: str | None = None
    spans: list[Span] = field(default_factory=list)


def main() -> int:
    """Parse the arguments, build, and say what was built."""
    parser = argparse.ArgumentParser(description="Build JSON lines from marked posts.")
    parser.add_argument("source", type=Path, help="marked posts (.txt)")
    parser.add_argument("target", type=Path, help="JSON lines to write")
    parser.add_argument(
        "--concepts", type=Path, default=CONCEPTS, help="TSV whose first column holds the known codes"
    )
    arguments = parser.parse_args()
    try:
        lines = build(arguments.source, read_codes(arguments.concepts))
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    arguments.target.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} posts written to {arguments.target}", file=sys.stderr)
    return 0


def build(source: Path, codes: frozenset[str]) -> list[str]:
    """Return one JSON line for every post of a marked file.

    Raises:
        AdetkError: on the first post that breaks a rule of the markup.
    """
    lines: list[str] = []
    ids: set[str] = set()
    for post in read_posts(source):
        where = f"{source.name}, post {post.id}"
        if post.id in ids:
            raise AdetkError(f"{where}: the id stands twice; give every post its own id")
        ids.add(post.id)
        text, mentions = parse(post.marked, codes, where)
        check_label(post, mentions, where)
        lines.append(json.dumps(as_row(post, text, mentions), ensure_ascii=False) + "\n")
    return lines


def read_codes(path: Path) -> frozenset[str]:
    """Read the known concept codes: the first column of a TSV with a header line."""
    if not path.is_file():
        raise AdetkError(f"no concept table at {path}; name one with --concepts")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows, None)
        return frozenset(row[0] for row in rows if row)


def read_posts(source: Path) -> Iterator[Post]:
    """Yield the blocks of a marked file; what stands before the first header is its preamble."""
    content = source.read_text(encoding="utf-8")
    starts = list(HEADER_LINE.finditer(content))
    if not starts:
        raise AdetkError(f"{source.name}: no post found; expected header lines that begin with '# id='")
    ends = [start.start() for start in starts[1:]] + [len(content)]
    for start, end in zip(starts, ends, strict=True):
        header = HEADER.fullmatch(start.group())
        if header is None:
            raise AdetkError(
                f"{source.name}: header {start.group()!r}; expected "
                "'# id=... kind=tweet|forum label=ADE|noADE lang=..'"
            )
        meta = {"kind": header["kind"], "lang": header["lang"]}
        yield Post(header["id"], header["label"], meta, content[start.end() : end].strip("\n"))


def parse(marked: str, codes: frozenset[str], where: str) -> tuple[str, tuple[Mention, ...]]:
    """Take the marks out of a post.

    Returns:
        The raw text and its mentions in text order; offsets count code points of the raw text.

    Raises:
        AdetkError: a mark is empty, nested, unclosed, of an unknown label, code, fragment or drug.
    """
    text = ""
    drafts: list[Draft] = []
    end = 0
    for mark in MARK.finditer(marked):
        text += marked[end : mark.start()]
        end = mark.end()
        surface, *fields = mark.group(1).split("|")
        if not surface or surface != surface.strip():
            raise AdetkError(
                f"{where}: mark {mark.group()!r} is empty or has outer blanks; mark the words alone"
            )
        span = (len(text), len(text) + len(surface))
        text += surface
        _take(drafts, span, fields, codes, f"{where}, mark {mark.group()!r}")
    text += marked[end:]
    if not text.strip() or "[[" in text or "]]" in text:
        raise AdetkError(
            f"{where}: empty, or a bracket pair is left over; marks are [[words|LABEL|...]], never nested"
        )
    return text, _with_drugs(drafts, text, where)


def check_label(post: Post, mentions: tuple[Mention, ...], where: str) -> None:
    """Raise AdetkError unless the label is ADE exactly when an effect was felt."""
    felt = any(m.label == ADE and m.assertion == "present" for m in mentions)
    expected = ADE if felt else NO_ADE
    if post.label != expected:
        raise AdetkError(
            f"{where}: label {post.label}, but its present ADE mentions ask for {expected}; mend one of them"
        )


def as_row(post: Post, text: str, mentions: tuple[Mention, ...]) -> dict[str, object]:
    """Return the post in adetk's JSON form, gold codes included."""
    rows: list[dict[str, object]] = []
    for mention in mentions:
        row: dict[str, object] = {
            "spans": [list(span) for span in mention.spans],
            "text": mention.surface(text),
            "label": mention.label,
            "assertion": mention.assertion,
            "drug": mention.drug,
        }
        if mention.gold is not None:
            row["gold"] = [sorted(accepted) for accepted in mention.gold]
        rows.append(row)
    return {"id": post.id, "text": text, "label": post.label, "meta": post.meta, "mentions": rows}


def _take(drafts: list[Draft], span: Span, fields: list[str], codes: frozenset[str], where: str) -> None:
    """Add a mark to the drafts: a mention of its own, or a further fragment of one."""
    if len(fields) == 1 and fields[0].startswith("#"):
        owners = [draft for draft in drafts if draft.fragment == fields[0]]
        if not owners:
            raise AdetkError(
                f"{where}: no earlier mark carries {fields[0]}; the first fragment names label and code"
            )
        owners[-1].spans.append(span)
        return
    drafts.append(_draft(span, fields, codes, where))


def _draft(span: Span, fields: list[str], codes: frozenset[str], where: str) -> Draft:
    label, *rest = fields if fields else [""]
    if label not in (ADE, DRUG, INDICATION):
        raise AdetkError(f"{where}: label {label!r}; expected ADE, DRUG or INDICATION")
    gold: tuple[frozenset[str], ...] | None = None
    if label == ADE:
        if not rest:
            raise AdetkError(f"{where}: an ADE without a code; write one, or '-' for no concept")
        gold = _gold(rest.pop(0), codes, where)
    draft = Draft(Mention((span,), label, gold=gold), spans=[span])
    for extra in rest:
        if extra in ("negated", "hypothetical") and label == ADE:
            draft.mention = replace(draft.mention, assertion=extra)
        elif extra.startswith("#"):
            draft.fragment = extra
        elif extra.startswith("@") and label != DRUG:
            draft.drug_name = extra[1:]
        else:
            raise AdetkError(f"{where}: field {extra!r}; expected negated, hypothetical, #fragment or @drug")
    return draft


def _gold(codes_field: str, codes: frozenset[str], where: str) -> tuple[frozenset[str], ...]:
    """Read `A+B` (the words name two things), `A/B` (either code is right) and `-` (no concept)."""
    if codes_field == "-":
        return ()
    gold = tuple(frozenset(conjunct.split("/")) for conjunct in codes_field.split("+"))
    unknown = sorted(frozenset().union(*gold) - codes)
    if unknown:
        raise AdetkError(
            f"{where}: code {unknown[0]!r} is not in the concept table; look it up there, or write '-'"
        )
    return gold


def _with_drugs(drafts: list[Draft], text: str, where: str) -> tuple[Mention, ...]:
    """Finish the mentions: all fragments, and the drug that each effect or indication is about.

    That drug is the nearest one named before it, else the first after it; `@name` says which where that is
    wrong, `@-` that it is none of those named.
    """
    mentions = [replace(draft.mention, spans=tuple(sorted(draft.spans))) for draft in drafts]
    for i, draft in enumerate(drafts):
        if draft.mention.label == DRUG or draft.drug_name == "-":
            continue
        drugs = [j for j, m in enumerate(mentions) if m.label == DRUG]
        if draft.drug_name is not None:
            drugs = [j for j in drugs if mentions[j].surface(text).casefold() == draft.drug_name.casefold()]
            if not drugs:
                raise AdetkError(f"{where}: no DRUG mark reads {draft.drug_name!r}; name one as it is marked")
        before = [j for j in drugs if j < i]
        if drugs:
            mentions[i] = replace(mentions[i], drug=before[-1] if before else drugs[0])
    return tuple(mentions)


if __name__ == "__main__":
    sys.exit(main())
