"""`python -m adetk`."""

from adetk.cli import main

main()
