"""Streaming input and output: posts in, documents out, bad rows aside, interrupted runs taken up again."""

from adetk.io.errorlog import ErrorLog
from adetk.io.formats import INPUT_FORMATS, OUTPUT_FORMATS, STANDARD_STREAM, Location
from adetk.io.inputs import read_documents
from adetk.io.outputs import Writer
from adetk.io.rows import BadRow, InputOptions
from adetk.io.run import RunOptions, RunSummary, Step, process

__all__ = [
    "INPUT_FORMATS",
    "OUTPUT_FORMATS",
    "STANDARD_STREAM",
    "BadRow",
    "ErrorLog",
    "InputOptions",
    "Location",
    "RunOptions",
    "RunSummary",
    "Step",
    "Writer",
    "process",
    "read_documents",
]
