"""Write a MedAscii folder of any size with invented names and codes: for tests and for measuring speed.

    python scripts/make_synthetic_meddra.py out/synthetic --llts 80000 --seed 0

Nothing in it comes from MedDRA: words are made of syllables, codes are counted up from 19000001, a range
that real releases do not use.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

LLTS_A_PT, PTS_AN_HLT, HLTS_AN_HLGT, HLGTS_A_SOC = 4, 12, 5, 12
SHARE_NON_CURRENT, SHARE_MULTI_AXIAL = 0.1, 0.3
ONSETS, VOWELS = "bdfgklmnprstvz", "aeiou"
FINDINGS = ["unease", "swelling", "redness", "tingling", "loss", "weakness", "noise", "stiffness"]

Rows = Sequence[tuple[str, ...]]


def write_synthetic_meddra(folder: Path, llts: int = 400, seed: int = 0, version: str = "99.1") -> Path:
    """Write every file that `adetk.normalize.meddra` reads.

    Args:
        folder: where to write; made when absent.
        llts: number of LLTs, at least 1; the other levels follow in MedDRA's proportions.
        seed: the same seed and size give the same files.
        version: what meddra_release.asc is to say.

    Returns:
        The folder.
    """
    generator = random.Random(seed)
    names = _names(generator)
    codes = (str(number) for number in range(19_000_001, 20_000_000))
    pts = _terms(-(-llts // LLTS_A_PT), codes, names)
    hlts = _terms(-(-len(pts) // PTS_AN_HLT), codes, names)
    hlgts = _terms(-(-len(hlts) // HLTS_AN_HLGT), codes, names)
    socs = _terms(-(-len(hlgts) // HLGTS_A_SOC), codes, names)
    hlt_to_hlgt = {hlt: hlgts[i // HLTS_AN_HLGT] for i, hlt in enumerate(hlts)}
    hlgt_to_soc = {hlgt: socs[i // HLGTS_A_SOC] for i, hlgt in enumerate(hlgts)}
    ways = _ways(pts, hlts, hlt_to_hlgt, hlgt_to_soc, generator)
    folder.mkdir(parents=True, exist_ok=True)
    rest = _terms(llts - len(pts), codes, names)
    _write(folder / "llt.asc", _llt_rows(pts, rest, generator), 11)
    _write(folder / "pt.asc", [(*way[0], "", way[3][0]) for way, is_primary in ways if is_primary], 11)
    _write(folder / "hlt.asc", hlts, 9)
    _write(folder / "hlgt.asc", hlgts, 9)
    _write(folder / "soc.asc", [(*soc, soc[1][:5]) for soc in socs], 10)
    _write(folder / "hlt_pt.asc", [(way[1][0], way[0][0]) for way, _ in ways], 2)
    _write(folder / "hlgt_hlt.asc", [(hlgt[0], hlt[0]) for hlt, hlgt in hlt_to_hlgt.items()], 2)
    _write(folder / "soc_hlgt.asc", [(soc[0], hlgt[0]) for hlgt, soc in hlgt_to_soc.items()], 2)
    _write(folder / "mdhier.asc", _mdhier_rows(ways), 12)
    _write(folder / "intl_ord.asc", [(str(i), soc[0]) for i, soc in enumerate(reversed(socs), start=1)], 2)
    _write(folder / "meddra_release.asc", [(version, "English")], 5)
    return folder


Term = tuple[str, str]  # code, name
Way = tuple[tuple[Term, Term, Term, Term], bool]  # PT, HLT, HLGT, SOC; whether it is the primary one


def _ways(
    pts: list[Term],
    hlts: list[Term],
    hlt_to_hlgt: dict[Term, Term],
    hlgt_to_soc: dict[Term, Term],
    generator: random.Random,
) -> list[Way]:
    def upwards(pt: Term, hlt: Term) -> tuple[Term, Term, Term, Term]:
        hlgt = hlt_to_hlgt[hlt]
        return pt, hlt, hlgt, hlgt_to_soc[hlgt]

    ways: list[Way] = []
    for i, pt in enumerate(pts):
        primary = upwards(pt, hlts[i // PTS_AN_HLT])
        second = upwards(pt, generator.choice(hlts))
        # As in MedDRA, a PT lies at most once in a SOC. Secondary first: readers must not rely on the order.
        if second[3] != primary[3] and generator.random() < SHARE_MULTI_AXIAL:
            ways.append((second, False))
        ways.append((primary, True))
    return ways


def _llt_rows(pts: list[Term], rest: list[Term], generator: random.Random) -> Rows:
    rows: list[tuple[str, ...]] = [(*pt, pt[0], *[""] * 6, "Y") for pt in pts]
    for i, llt in enumerate(rest):
        currency = "N" if generator.random() < SHARE_NON_CURRENT else "Y"
        rows.append((*llt, pts[i % len(pts)][0], *[""] * 6, currency))
    return rows


def _mdhier_rows(ways: list[Way]) -> Rows:
    pt_to_soc = {way[0]: way[3][0] for way, is_primary in ways if is_primary}
    return [
        (
            *(code for code, _ in way),
            *(name for _, name in way),
            way[3][1][:5],
            "",
            pt_to_soc[way[0]],
            "NY"[is_primary],
        )
        for way, is_primary in ways
    ]


def _terms(count: int, codes: Iterator[str], names: Iterator[str]) -> list[Term]:
    return [(next(codes), next(names)) for _ in range(count)]


def _names(generator: random.Random) -> Iterator[str]:
    """Yield invented names without end, each once."""
    given: set[str] = set()
    while True:
        syllables = [
            generator.choice(ONSETS) + generator.choice(VOWELS) for _ in range(generator.randint(2, 4))
        ]
        name = f"{''.join(syllables).capitalize()} {generator.choice(FINDINGS)}"
        if name not in given:
            given.add(name)
            yield name


def _write(path: Path, rows: Rows, n_fields: int) -> None:
    lines = ("$".join((*row, *[""] * (n_fields - len(row)))) + "$\r\n" for row in rows)
    path.write_bytes("".join(lines).encode())


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
