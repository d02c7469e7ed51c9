"""A run over rows good and bad, which can be killed after any of its posts."""

import itertools
from dataclasses import replace

from adetk.document import Mention
from adetk.io import RunOptions, process

CONTENT = (
    "id\tlang\ttext\n"
    + '1\ten\tbad rash\n2\ten\t\n3\tde\tzorvex and\u2028hives, "really"\nbroken\n4\ten\tfine 😀\n'
    + "5\ten\tfoggy\n6\ten\t \n7\tfr\tnumb hands\n8\ten\tbad rash\n9\ten\tok\nbroken too\n"
)
GOOD, BAD = 7, 4


class Killed(BaseException):
    """Stands for whatever ends a process."""


def step(documents, batch=1, stop_after=None):
    """Marks words; takes a batch before it gives one, as the models do."""
    stream = iter(documents)
    n_given = 0
    while chunk := list(itertools.islice(stream, batch)):
        for document in chunk:
            if n_given == stop_after:
                raise Killed
            n_given += 1
            ends = [n for n, character in enumerate(document.text) if character == " "]
            mentions = tuple(Mention(((0, end),), score=1 / (end + 1)) for end in ends)
            yield replace(document, label="ADE", mentions=mentions)


def run(folder, name, stop_after=None, batch=1, **options):
    options.setdefault("errors", folder / "errors.jsonl")
    options.setdefault("flush_every", 1)
    return process(
        folder / "posts.tsv",
        folder / name,
        lambda documents: step(documents, batch, stop_after),
        RunOptions(**options),
    )


def files(folder):
    return sorted(path.name for path in folder.iterdir())
