"""A second invented release, made from a first one by edits that are known: what a comparison must find.

    python scripts/edit_synthetic_meddra.py out/first out/second --llts 80000 --edits 500 --seed 0

Writes both and prints the edits, one a line: kind, level, code.
"""

from __future__ import annotations

import argparse
import random
from copy import deepcopy
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from make_synthetic_meddra import Llt, Release, synthetic_release, write_release

Edit = tuple[str, str, str]
"""Kind (in the words of `adetk.normalize.release_diff`), level, code."""


def edited(release: Release, n: int, seed: int = 0, version: str = "99.2") -> tuple[Release, list[Edit]]:
    """Make a new release by `n` edits of eight sorts in turn, each to PTs and LLTs that no other edit touches.

    An edit to a PT may show in its own LLT too: both are in the list.

    Returns:
        The new release, and what a comparison must find, in no order.
    """
    draw = random.Random(seed)
    new = replace(
        release,
        version=version,
        llts=deepcopy(release.llts),
        pts=dict(release.pts),
        pt_to_hlts=deepcopy(release.pt_to_hlts),
    )
    pts = draw.sample(list(new.pts), len(new.pts))
    free = _free_llts(new, draw)
    edits: list[Edit] = []
    sorts = cycle([_add, _add_pt, _remove, _rename, _rename_pt, _move, _move_pt, _switch_currency])
    for sort in (next(sorts) for _ in range(n)):
        # A PT and an LLT of each edit's own, and a PT to move to; too small a release has fewer edits.
        if len(pts) < 2 or not free:
            break
        edits += sort(new, (pts.pop(), pts[-1]), free.pop(), draw)
    return new, edits


def _free_llts(release: Release, draw: random.Random) -> list[str]:
    own = [code for code in release.llts if code not in release.pts]
    return draw.sample(own, len(own))


def _add(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    code = next(release.codes)
    release.llts[code] = Llt(next(release.names), pts[0])
    return [("added", "LLT", code)]


def _add_pt(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    code, name = next(release.codes), next(release.names)
    release.pts[code] = name
    release.llts[code] = Llt(name, code)
    release.pt_to_hlts[code] = [draw.choice(list(release.hlts))]
    return [("added", "PT", code), ("added", "LLT", code)]


def _remove(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    del release.llts[llt]
    return [("removed", "LLT", llt)]


def _rename(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    release.llts[llt].name = next(release.names)
    return [("renamed", "LLT", llt)]


def _rename_pt(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    release.pts[pts[0]] = release.llts[pts[0]].name = next(release.names)
    return [("renamed", "PT", pts[0]), ("renamed", "LLT", pts[0])]


def _move(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    release.llts[llt].pt = next(pt for pt in pts if pt != release.llts[llt].pt)
    return [("moved", "LLT", llt)]


def _move_pt(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    """Give the PT a primary path in another SOC; where there is but one, nothing can be moved."""
    soc = release.soc_of_hlt(release.pt_to_hlts[pts[0]][0])
    elsewhere = [hlt for hlt in release.hlts if release.soc_of_hlt(hlt) != soc]
    if not elsewhere:
        return []
    release.pt_to_hlts[pts[0]] = [draw.choice(elsewhere)]
    return [("moved", "PT", pts[0])]


def _switch_currency(release: Release, pts: tuple[str, str], llt: str, draw: random.Random) -> list[Edit]:
    term = release.llts[llt]
    term.is_current = not term.is_current
    return [("made current" if term.is_current else "made non-current", "LLT", llt)]


def main() -> None:
    """Parse the command line, write both folders, print the edits."""
    parser = argparse.ArgumentParser(description="Write two invented releases that differ by known edits.")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--llts", type=int, default=80_000)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    first = synthetic_release(options.llts, options.seed)
    second, edits = edited(first, options.edits, options.seed)
    write_release(first, options.first)
    write_release(second, options.second)
    for edit in edits:
        print("\t".join(edit))


if __name__ == "__main__":
    main()
