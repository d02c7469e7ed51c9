"""Write a MedAscii folder of any size with invented names and codes: for tests and for measuring speed.

    python scripts/make_synthetic_meddra.py out/synthetic --llts 80000 --seed 0

Nothing in it comes from MedDRA: names are made of syllables and of everyday words, codes are counted up from 19000001
(those of the queries from 29000001), ranges that real releases do not use. The proportions are MedDRA's, roughly.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

LLTS_A_PT, PTS_AN_HLT, HLTS_AN_HLGT, SOCS = 3.3, 15, 5, 27
PTS_AN_SMQ = 240
TERMS_AN_SMQ = 30
SHARE_NON_CURRENT, SHARE_MULTI_AXIAL, SHARE_NARROW = 0.1, 0.35, 0.4
ONSETS, VOWELS, CODAS = "bdfgklmnprstvz", "aeiou", ["", "", "n", "r", "s", "l"]
FINDINGS = ["unease", "swelling", "redness", "tingling", "loss", "weakness", "noise", "stiffness", "disorder"]
PLACES = [
    "of the knee",
    "of elbow",
    "left arm",
    "at night",
    "of both feet",
    "neck",
    "in the morning",
    "jaw",
    "skin",
]
KINDS = ["", "", "", "acute", "chronic", "aggravated", "recurrent", "mild", "sudden", "increased"]

Rows = Sequence[tuple[str, ...]]


@dataclass
class Llt:
    """Name, PT and currency of an LLT."""

    name: str
    pt: str
    is_current: bool = True


@dataclass
class Smq:
    """Name, PTs with their scope (1 broad, 2 narrow), child queries and algorithm of a query."""

    name: str
    pt_to_scope: dict[str, str]
    children: list[str] = field(default_factory=list)
    algorithm: str = "N"


@dataclass
class Release:
    """A release, by code: LLTs, names of the upper levels, where each hangs, queries.

    `pt_to_hlts` has the HLT of the primary path first. `codes` and `names` give further ones, never given before.
    """

    version: str
    llts: dict[str, Llt]
    pts: dict[str, str]
    hlts: dict[str, str]
    hlgts: dict[str, str]
    socs: dict[str, str]
    pt_to_hlts: dict[str, list[str]]
    hlt_to_hlgt: dict[str, str]
    hlgt_to_soc: dict[str, str]
    smqs: dict[str, Smq]
    codes: Iterator[str]
    names: Iterator[str]

    def soc_of_hlt(self, hlt: str) -> str:
        """Code of the SOC that an HLT lies in."""
        return self.hlgt_to_soc[self.hlt_to_hlgt[hlt]]


def write_synthetic_meddra(folder: Path, llts: int = 400, seed: int = 0, version: str = "99.1") -> Path:
    """Invent a release and write it: `write_release(synthetic_release(...))`; returns the folder."""
    return write_release(synthetic_release(llts, seed, version), folder)


def synthetic_release(llts: int = 400, seed: int = 0, version: str = "99.1") -> Release:
    """Invent a release.

    Args:
        llts: number of LLTs, at least 1; the other levels follow in MedDRA's proportions, up to 27 SOCs.
        seed: the same seed and size give the same release.
        version: what meddra_release.asc is to say.
    """
    draw = random.Random(seed)
    names = _names(draw)
    codes = map(str, range(19_000_001, 20_000_000))
    n_pts = max(1, round(llts / LLTS_A_PT))
    n_hlts = -(-n_pts // PTS_AN_HLT)
    n_hlgts = -(-n_hlts // HLTS_AN_HLGT)
    pts, hlts, hlgts, socs = (
        {next(codes): next(names) for _ in range(n)} for n in (n_pts, n_hlts, n_hlgts, min(SOCS, n_hlgts))
    )
    own = {code: Llt(name, code) for code, name in pts.items()}
    pt_of_rest = islice(cycle(pts), llts - n_pts)
    rest = {next(codes): Llt(next(names), pt, draw.random() >= SHARE_NON_CURRENT) for pt in pt_of_rest}
    release = Release(
        version,
        {**own, **rest},
        pts,
        hlts,
        hlgts,
        socs,
        {pt: [hlt] for pt, hlt in _spread(pts, hlts).items()},
        _spread(hlts, hlgts),
        _spread(hlgts, socs),
        {},
        codes,
        names,
    )
    _add_secondary_paths(release, draw)
    _add_smqs(release, draw)
    return release


def write_release(release: Release, folder: Path) -> Path:
    """Write every file that `adetk.normalize.meddra` reads; the folder is made when absent."""
    folder.mkdir(parents=True, exist_ok=True)
    ways = [(pt, *_upwards(release, hlt)) for pt, hlts in release.pt_to_hlts.items() for hlt in hlts]
    primary = {pt: release.soc_of_hlt(hlts[0]) for pt, hlts in release.pt_to_hlts.items()}
    flag = {True: "Y", False: "N"}
    llts = [(code, x.name, x.pt, *[""] * 6, flag[x.is_current]) for code, x in release.llts.items()]
    hierarchy = [
        (*way, *_names_of(release, way), release.socs[way[3]][:5], "", primary[way[0]], flag[i == 0])
        for pt, hlts in release.pt_to_hlts.items()
        # The primary way last: readers must not rely on the order.
        for i, way in reversed(list(enumerate((pt, *_upwards(release, hlt)) for hlt in hlts)))
    ]
    files: dict[str, tuple[Rows, int]] = {
        "llt": (llts, 11),
        "pt": ([(code, name, "", primary[code]) for code, name in release.pts.items()], 11),
        "hlt": (list(release.hlts.items()), 9),
        "hlgt": (list(release.hlgts.items()), 9),
        "soc": ([(code, name, name[:5]) for code, name in release.socs.items()], 10),
        "hlt_pt": ([(way[1], way[0]) for way in ways], 2),
        "hlgt_hlt": ([(hlgt, hlt) for hlt, hlgt in release.hlt_to_hlgt.items()], 2),
        "soc_hlgt": ([(soc, hlgt) for hlgt, soc in release.hlgt_to_soc.items()], 2),
        "mdhier": (hierarchy, 12),
        "intl_ord": ([(str(i), soc) for i, soc in enumerate(reversed(release.socs), start=1)], 2),
        "SMQ_List": (_smq_rows(release), 9),
        "SMQ_Content": (_smq_contents(release), 9),
        "meddra_release": ([(release.version, "English")], 5),
    }
    for name, (rows, n_fields) in files.items():
        lines = ("$".join((*row, *[""] * (n_fields - len(row)))) + "$\r\n" for row in rows)
        (folder / f"{name}.asc").write_bytes("".join(lines).encode())
    return folder


def _spread(lower: Iterable[str], upper: Iterable[str]) -> dict[str, str]:
    """Hang the lower terms under the upper ones in even shares, neighbours together."""
    lowers, uppers = list(lower), list(upper)
    return {code: uppers[i * len(uppers) // len(lowers)] for i, code in enumerate(lowers)}


def _add_secondary_paths(release: Release, draw: random.Random) -> None:
    hlts = list(release.hlts)
    for own in release.pt_to_hlts.values():
        second = draw.choice(hlts)
        # As in MedDRA, a PT lies at most once in a SOC.
        elsewhere = release.soc_of_hlt(second) != release.soc_of_hlt(own[0])
        if elsewhere and draw.random() < SHARE_MULTI_AXIAL:
            own.append(second)


def _add_smqs(release: Release, draw: random.Random) -> None:
    """Every third query belongs to the one before it, every fifth has an algorithm."""
    pts = list(release.pts)
    codes: list[str] = []
    for number in range(-(-len(pts) // PTS_AN_SMQ)):
        code = str(29_000_001 + number)
        chosen = draw.sample(pts, min(TERMS_AN_SMQ, len(pts)))
        scopes = {pt: "2" if draw.random() < SHARE_NARROW else "1" for pt in chosen}
        release.smqs[code] = Smq(
            next(release.names), scopes, algorithm="N" if number % 5 else "A or (B and C)"
        )
        if number % 3 == 2:
            release.smqs[codes[-1]].children.append(code)
        codes.append(code)


def _smq_rows(release: Release) -> Rows:
    below = {child for smq in release.smqs.values() for child in smq.children}
    return [
        (code, smq.name, "2" if code in below else "1", "", "", "", release.version, "A", smq.algorithm)
        for code, smq in release.smqs.items()
    ]


def _smq_contents(release: Release) -> Rows:
    rest = ("A", "0", "A", release.version, release.version)
    rows = []
    for code, smq in release.smqs.items():
        rows += [(code, pt, "4", scope, *rest) for pt, scope in smq.pt_to_scope.items()]
        rows += [(code, child, "0", "0", "", *rest[1:]) for child in smq.children]
    return rows


def _upwards(release: Release, hlt: str) -> tuple[str, str, str]:
    return hlt, release.hlt_to_hlgt[hlt], release.soc_of_hlt(hlt)


def _names_of(release: Release, way: tuple[str, ...]) -> tuple[str, ...]:
    levels = (release.pts, release.hlts, release.hlgts, release.socs)
    return tuple(names[code] for names, code in zip(levels, way, strict=True))


def _names(draw: random.Random) -> Iterator[str]:
    """Yield invented names without end, each once: a made-up word among everyday ones."""
    given: set[str] = set()
    while True:
        word = "".join(
            draw.choice(ONSETS) + draw.choice(VOWELS) + draw.choice(CODAS) for _ in range(draw.randint(2, 3))
        )
        words = [word, draw.choice(KINDS), draw.choice(FINDINGS), draw.choice(PLACES)]
        name = " ".join(part for part in words if part).capitalize()
        if name not in given:
            given.add(name)
            yield name


def main() -> None:
    """Parse the command line and write the folder."""
    parser = argparse.ArgumentParser(description="Write a MedAscii folder with invented names and codes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llts", type=int, default=80_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(write_synthetic_meddra(options.folder, options.llts, options.seed))


if __name__ == "__main__":
    main()
