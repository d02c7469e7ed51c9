"""The examples of the README that need no input file."""

import doctest
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_give_what_the_readme_says():
    examples = doctest.DocTestParser().get_doctest(README.read_text(encoding="utf-8"), {}, "README", None, 0)
    assert len(examples.examples) >= 7
    said = []
    assert doctest.DocTestRunner(verbose=False).run(examples, out=said.append).failed == 0, "".join(said)
