"""How far a run has come, kept beside its partial output, so that an interrupted run can go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io.outputs import partial_of, write_errors
from adetk.record import document_from_record

Settings = Mapping[str, object]
"""What two runs must share for their outputs to be pasted together."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the run where input, output and error log agree.

    Attributes:
        documents: written.
        n_bytes: of the partial output that hold them.
        columns: of the table that is written.
        rows: of the input that were used up, bad ones included.
        bad: bad rows among these.
        error_bytes: of the error log that hold them.
        digest: of the rows used up; tells whether the input is still the same.
    """

    documents: int = 0
    n_bytes: int = 0
    columns: tuple[str, ...] = ()
    rows: int = 0
    bad: int = 0
    error_bytes: int = 0
    digest: str = ""


def save_position(out: Path, position: Position, settings: Settings) -> None:
    """Replace the saved position at once, so that a crash leaves the old one or the new one."""
    path = _state_of(out)
    fresh = path.with_name(path.name + ".new")
    with write_errors(path):
        fresh.write_text(json.dumps({"settings": settings, "position": asdict(position)}), encoding="utf-8")
        fresh.replace(path)


def load_position(out: Path, settings: Settings) -> Position:
    """Where the interrupted run stood; the beginning when there was none.

    Raises:
        AdetkError: the settings differ (says which), or the partial output or its state are damaged.
    """
    path, partial = _state_of(out), partial_of(out)
    if not (partial.exists() and path.exists()):
        return Position()
    again = f"remove {path.name} to start again"
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        stored = state["position"]
        position = Position(**stored | {"columns": tuple(stored["columns"])})
        difference = difference_of(state["settings"], settings)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise AdetkError(f"{path}: is damaged; expected the state of an interrupted run: {again}") from error
    if difference:
        raise AdetkError(f"{partial}: was begun with other settings ({difference}); use those or {again}")
    if partial.stat().st_size < position.n_bytes:
        raise AdetkError(f"{partial}: is shorter than the {position.n_bytes} bytes written to it; {again}")
    return position


def refuse_interrupted(out: Path) -> None:
    """Refuse to begin anew over what an interrupted run has done.

    Raises:
        AdetkError: its partial output and its position are there.
    """
    path, partial = _state_of(out), partial_of(out)
    if path.exists() and partial.exists() and partial.stat().st_size > 0:
        raise AdetkError(
            f"{partial}: holds what an interrupted run has done; add --resume to go on with it, or remove "
            f"{path.name} to start again"
        )


def documents_before(out: Path, settings: Settings) -> Iterator[Document]:
    """What an interrupted run wrote and its resumption keeps, as documents; its output must be JSON lines.

    Raises:
        AdetkError: as `load_position` does.
    """
    n_bytes = load_position(out, settings).n_bytes
    if n_bytes == 0:
        return
    with partial_of(out).open("rb") as lines:
        while lines.tell() < n_bytes:
            yield document_from_record(json.loads(lines.readline()), str(partial_of(out)))


def discard_position(out: Path) -> None:
    """Forget an earlier run's position."""
    with write_errors(out):
        _state_of(out).unlink(missing_ok=True)


def _state_of(out: Path) -> Path:
    return Path(f"{partial_of(out)}.state")


def difference_of(before: Settings, now: Settings) -> str:
    """The settings that differ, in words; empty where none does."""
    before, now = _flat(before), _flat(now)
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name} was {before.get(name)!r} and is now {now.get(name)!r}" for name in names)


def _flat(settings: Settings) -> Settings:
    """Settings within settings, by the names of both."""
    flat: dict[str, object] = {}
    for name, value in settings.items():
        within = _flat(value) if isinstance(value, Mapping) else {}
        flat |= {f"{name} {inner}": it for inner, it in within.items()} if within else {name: value}
    return flat
