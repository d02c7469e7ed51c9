"""Make a gate's or a linker's part anew around its network: all that is fitted and tuned, without training.

    python scripts/refit_part.py RECIPE.toml PART -o NEW_PART --corpora CORPORA [--terminology MEDASCII] [--fold N]

For a part that this very recipe trained, by an earlier adetk or with other options that the network does not depend
on: a gate's calibration and n-grams, a linker's index and classifier. Prints the development scores, as `adetk train`
does. A gate can be a bundle's.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

from adetk.classify.train import refit_classifier
from adetk.errors import AdetkError
from adetk.normalize.train import refit_linker
from adetk.recipe import read_recipe


def main() -> None:
    """Parse, refit, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=Path, help="the recipe that made the part")
    parser.add_argument("part", type=Path, help="part folder whose network is taken")
    parser.add_argument("-o", "--out", type=Path, required=True, help="part folder to write")
    parser.add_argument("--corpora", type=Path, default=Path("corpora"), help="folder of the corpora")
    parser.add_argument(
        "--terminology", help="of a linker: ctcae, a MedDRA folder, or a .tsv with code and name"
    )
    parser.add_argument("--fold", type=int, help="what {fold} in the recipe's splits stands for")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        recipe = read_recipe(given.recipe, given.fold)
        if recipe.kind == "classify":
            scores = refit_classifier(recipe, given.corpora, given.part, given.out)
        elif recipe.kind == "normalize":
            scores = refit_linker(recipe, given.corpora, given.part, given.out, given.terminology)
        else:
            raise AdetkError(f"{given.recipe}: kind {recipe.kind!r}; expected classify or normalize")
    except AdetkError as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps(scores))


if __name__ == "__main__":
    main()
