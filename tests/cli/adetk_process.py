"""The command line as a user has it: `python -m adetk` in a process of its own."""

import json
import subprocess
import sys

ROWS = [
    ("1", "zoloft keeps me awake all night and gives me nausea", "forum"),
    ("2", "picked up my zoloft refill today", "tweet"),
    ("3", "two weeks of prednisone: weight gain, headache, insomnia 😀", "forum"),
    ("4", "day 3 of lexapro. diarrhea again", "tweet"),
    ("5", "coffee first", "tweet"),
]
POSTS = "id\ttext\tsource\n" + "".join("\t".join(row) + "\n" for row in ROWS)
MANY = 600
HEADER = b"id\ttext\n"
FINE = b"1\tzoloft gave me a headache\n"


def start(*arguments, **options):
    """The process of `adetk ARGUMENTS`."""
    return subprocess.Popen([sys.executable, "-m", "adetk", *map(str, arguments)], **options)


def command(*arguments, stdin=b"", **options):
    """What `adetk ARGUMENTS` gave: exit status, output, what it said."""
    process = start(
        *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    out, err = process.communicate(stdin, timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err.decode("utf-8"))


def succeeds(*arguments, **options):
    done = command(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done


def refused(*arguments, **options):
    """The one line with which adetk refuses."""
    done = command(*arguments, **options)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("adetk: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == b""
    return done.stderr


def records(content):
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]
