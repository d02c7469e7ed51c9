"""A folder of files in, a folder of files out, one for one, each made by the same `process` as in a run of one file.

A shard is coded in a folder of its own under `OUT/_adetk`, and moved to its name when it is whole; then a record
beside says with which settings, of which content. So whoever dies in between leaves no half shard, a shard that is
done twice (its worker was lost after the last line) is the same shard, and a run that goes on knows what is done.
Programs that read folders of shards pass over names that begin with `_` or `.`; here it is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from adetk.errors import AdetkError
from adetk.io.formats import INPUT_FORMATS, OUTPUT_FORMATS, format_of
from adetk.io.outputs import new_file, write_errors
from adetk.io.places import check_writable
from adetk.io.resume import Settings, difference_of
from adetk.io.run import RunOptions, RunSummary, Step, process, settings_of

STATE = "_adetk"
"""Folder in the output folder: records, bad rows, and shards that are being coded."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A file of posts, and the file that is made of it."""

    source: Path
    out: Path

    @property
    def record(self) -> Path:
        """What is known of the shard when it is done."""
        return self.out.parent / STATE / f"{self.out.name}.json"

    @property
    def bad_rows(self) -> Path:
        """Its bad rows with their reasons; absent where it has none."""
        return self.out.parent / STATE / f"{self.out.name}.bad.jsonl"


def shards_of(source: Path, out: Path, options: RunOptions) -> list[Shard]:
    """The shards of a folder, in the order of their names.

    Raises:
        AdetkError: no folder, nothing in it, something in it that is no input, two shards that would be written to
            one file, or an output folder that would be mixed up with the input.
    """
    if not source.is_dir():
        raise AdetkError(
            f"{source}: is no folder; expected a folder of shards: split the file, or leave out --engine"
        )
    here, there = source.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise AdetkError(f"{out}: is, is in or holds the folder of the input; expected a folder apart")
    name_to_shard: dict[str, Shard] = {}
    for path in sorted(source.iterdir()):
        if path.name.startswith((".", "_")) or (path.is_file() and path.stat().st_size == 0):
            continue  # programs that write a shard a partition leave empty ones
        shard = Shard(path, out / _name_of_output(path, options))
        other = name_to_shard.setdefault(shard.out.name, shard)
        if other != shard:
            raise AdetkError(
                f"{path}: and {other.source.name} would both be written to {shard.out}; rename one"
            )
    if not name_to_shard:
        raise AdetkError(f"{source}: is empty; expected at least one shard: {', '.join(INPUT_FORMATS)}")
    return list(name_to_shard.values())


def open_output(out: Path, resume: bool) -> None:
    """Make the output folder; what an interrupted run left half done is removed.

    Raises:
        AdetkError: it is not empty though no run is to be resumed, or cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise AdetkError(f"{out}: is a file; expected a folder to write shards to")
    if not resume and out.exists() and any(path.name != STATE for path in out.iterdir()):
        raise AdetkError(
            f"{out}: is not empty; add --resume to go on with an interrupted run, or name a new folder"
        )
    with write_errors(out):
        (out / STATE).mkdir(parents=True, exist_ok=True)
    discard_unfinished(out)


def discard_unfinished(out: Path) -> None:
    """Remove what was begun and never moved to its name."""
    for path in (out / STATE).iterdir():
        if path.is_dir():
            # A worker that everybody takes for dead may still write into it: that harms nobody.
            shutil.rmtree(path, ignore_errors=True)


def finished(shard: Shard, options: RunOptions) -> RunSummary | None:
    """What an earlier run counted in a shard that it finished; None where it did not.

    Raises:
        AdetkError: it was coded with other settings, or has changed since; or its record is damaged.
    """
    if not (shard.record.exists() and shard.out.exists()):
        return None
    try:
        record = json.loads(shard.record.read_text(encoding="utf-8"))
        difference = difference_of(record["settings"], _settings(options))
        is_same = _is_same(shard.source, record["input"])
        summary = RunSummary(**record["summary"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdetkError(
            f"{shard.record}: is damaged; expected a shard's record: remove it to code the shard again"
        ) from error
    again = "or name a new folder"
    if difference:
        raise AdetkError(f"{shard.out}: was coded with other settings ({difference}); use those {again}")
    if not is_same:
        raise AdetkError(f"{shard.source}: has changed since it was coded; remove {shard.out} {again}")
    return summary


def code_shard(shard: Shard, step: Step, options: RunOptions) -> RunSummary:
    """Run a step over a shard: its output is there whole, with its bad rows and its record, or not at all.

    Args:
        shard: what to read, and where to.
        step: as of `process`.
        options: as of `process`; where bad rows go is the shard's own.

    Raises:
        AdetkError: as `process` does.
    """
    with write_errors(shard.out):
        # The process id in its name tells who works on it. Nobody else ever writes there.
        begun = Path(tempfile.mkdtemp(dir=shard.record.parent, prefix=f"{os.getpid()}-"))
    out, bad_rows, record = begun / shard.out.name, begun / "bad", begun / "record"
    content = _fingerprint_of(shard.source)
    alone = replace(options, errors=bad_rows, resume=False, progress=None, may_be_bad=True)
    summary = process(shard.source, out, step, alone)
    with write_errors(shard.out):
        known = {"settings": _settings(options), "input": content, "summary": asdict(summary)}
        record.write_text(json.dumps(known), encoding="utf-8")
        shard.bad_rows.unlink(missing_ok=True)
        if summary.bad > 0:
            bad_rows.replace(shard.bad_rows)
        out.replace(shard.out)
        record.replace(shard.record)  # last: what has a record is whole
        shutil.rmtree(begun)
    return summary


def check_bad_rows_file(path: Path, shards: Sequence[Shard]) -> None:
    """Refuse, before hours of work, a file for bad rows that would pass for a shard or cannot be written.

    Raises:
        AdetkError: it is in a folder of shards, or its own folder is not there.
    """
    for folder in {place.parent for shard in shards for place in (shard.source, shard.out)}:
        if folder.resolve() in path.resolve().parents:
            raise AdetkError(f"{path}: is in {folder}, among the shards; expected an errors file elsewhere")
    check_writable(path)


def write_bad_rows(shards: Sequence[Shard], path: Path) -> None:
    """Write the bad rows of all shards into one file; each says its shard."""
    with new_file(path) as file, write_errors(path):
        for shard in shards:
            for row in _rows_of(shard.bad_rows):
                named = {"shard": shard.source.name} | row
                file.write(json.dumps(named, ensure_ascii=False) + "\n")


def _rows_of(path: Path) -> Iterator[dict[str, object]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="\n") as lines:
            yield from map(json.loads, lines)


def _name_of_output(path: Path, options: RunOptions) -> str:
    """The shard's name with the ending of the output's format.

    Raises:
        AdetkError: it is a folder, or its format or the output's is not known.
    """
    if path.is_dir():
        raise AdetkError(f"{path}: is a folder in a folder of shards; expected files: name the inner folder")
    found, _ = format_of(path, options.input.format, INPUT_FORMATS)
    stem = Path(path.name[: -len(".gz")] if path.name.lower().endswith(".gz") else path.name)
    name = stem.stem if stem.suffix[1:].lower() == found else stem.name
    out = f"{name}.{options.format}"
    format_of(Path(out), options.format, OUTPUT_FORMATS)
    return out


def _settings(options: RunOptions) -> Settings:
    return settings_of(replace(options, errors=None))


def _fingerprint_of(source: Path) -> dict[str, object]:
    stat = source.stat()
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": stat.st_size, "modified_ns": stat.st_mtime_ns, "sha256": digest}


def _is_same(source: Path, known: dict[str, object]) -> bool:
    """Whether a file has the content that it had; it is read only where its time alone is another."""
    stat = source.stat()
    if stat.st_size != known["bytes"] or stat.st_mtime_ns == known["modified_ns"]:
        return stat.st_size == known["bytes"]
    return _fingerprint_of(source)["sha256"] == known["sha256"]
