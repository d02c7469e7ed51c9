"""The `.asc` files of a MedDRA release: fields between `$`, one term a line.

No header, no quoting, often a trailing `$`, CRLF or LF. English files are ASCII; other languages come in UTF-8, with
or without a mark, and from older releases in a code page of Windows. Layout after the MedDRA Distribution File
Format Document (ICH/MSSO).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from adetk.errors import AdetkError

LLT, RELEASE = "llt.asc", "meddra_release.asc"

_is_code = re.compile("[0-9]{8}").fullmatch
_CODE_PAGES = {
    "chinese": "gb18030",
    "croatian": "cp1250",
    "czech": "cp1250",
    "greek": "cp1253",
    "hungarian": "cp1250",
    "japanese": "cp932",
    "korean": "cp949",
    "polish": "cp1250",
    "russian": "cp1251",
}
"""Language -> code page of what is not UTF-8; all other languages: cp1252."""


class AscFolder:
    """The files of a release by name; case does not matter in names.

    Args:
        where: the MedAscii folder, the folder around it, or the path of an `llt.asc`.

    Attributes:
        version: as meddra_release.asc says; empty without one.
        language: likewise.

    Raises:
        AdetkError: no llt.asc there.
    """

    def __init__(self, where: Path) -> None:
        self._name_to_path = _files(where)
        self.version, self.language = "", ""  # the file that names the language is plain ASCII
        for _, fields in self.lines(RELEASE, n_fields=2) if RELEASE in self else ():
            self.version, self.language = fields[0].strip(), fields[1].strip()
            break

    def __contains__(self, name: object) -> bool:
        return name in self._name_to_path

    def path(self, name: str) -> Path:
        """Where a file is that is there."""
        return self._name_to_path[name]

    def first_named(self, beginning: str) -> str | None:
        """The first file whose name begins so; None where none does."""
        return next((name for name in self._name_to_path if name.startswith(beginning)), None)

    def lines(
        self, name: str, n_fields: int, code_columns: tuple[int, ...] = ()
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and fields, of which there are at least `n_fields`; codes have been checked."""
        path = self.path(name)
        # Not `splitlines`: it also splits at characters that a term may hold.
        for number, line in enumerate(self._text(name).split("\n"), start=1):
            if not line.strip():
                continue
            fields = line.rstrip("\r").split("$")
            if len(fields) < n_fields:
                raise AdetkError(
                    f"{path}:{number}: {len(fields)} fields between $; expected {n_fields} or more"
                )
            for column in code_columns:
                if not _is_code(
                    fields[column]
                ):  # asked here too: a call a code is a third of a release's reading
                    self.check_code(fields[column], name, number)
            yield number, fields

    def check_code(self, code: str, name: str, number: int) -> None:
        """Refuse what is no code.

        Raises:
            AdetkError: it is not of 8 digits.
        """
        if not _is_code(code):
            raise AdetkError(f"{self.path(name)}:{number}: found {code!r} as a code; expected 8 digits")

    def number(self, cell: str, name: str, number: int, what: str) -> int:
        """A field that is a number.

        Raises:
            AdetkError: it is none; `what` says what was expected.
        """
        if not (cell.strip().isascii() and cell.strip().isdigit()):
            raise AdetkError(f"{self.path(name)}:{number}: found {cell!r}; expected {what}")
        return int(cell)

    def _text(self, name: str) -> str:
        content = self.path(name).read_bytes()
        # The English and the Japanese files of one release lie side by side.
        is_japanese = name.endswith("_j.asc") or name == "llt_syn.asc"
        code_page = _CODE_PAGES.get("japanese" if is_japanese else self.language.lower(), "cp1252")
        for encoding in ("utf-8-sig", code_page):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise AdetkError(f"{self.path(name)}: neither UTF-8 nor {code_page} text; convert it to UTF-8")


def _files(where: Path) -> Mapping[str, Path]:
    """Lower-case name -> path of every file beside llt.asc."""
    if where.is_file():
        return {**_listing(where.parent), LLT: where}
    if not where.is_dir():
        raise AdetkError(f"no MedDRA at {where}: expected a MedAscii folder or an llt.asc file")
    subfolders = sorted(place for place in where.iterdir() if place.is_dir())
    for place in (where, *(sub for sub in subfolders if sub.name.lower() == "medascii")):
        files = _listing(place)
        if LLT in files:
            return files
    there = sorted(place.name for place in where.iterdir())
    shown = ", ".join(there[:12]) + (f" and {len(there) - 12} more" if len(there) > 12 else "")
    raise AdetkError(
        f"no llt.asc in {where}: found {shown if there else 'nothing'}; name the MedAscii folder"
    )


def _listing(folder: Path) -> dict[str, Path]:
    return {place.name.lower(): place for place in sorted(folder.iterdir()) if place.is_file()}
