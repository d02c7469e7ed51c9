"""What the reader of inputs gives."""

from adetk.io import InputOptions, read_documents


def read(path, **options):
    return list(read_documents(path, InputOptions(**options)))
