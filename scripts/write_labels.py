"""Write the label set of a corpus of coded phrases as a table that `--terminology` takes.

    python scripts/write_labels.py askapatient --corpora CORPORA -o askapatient.tsv

The codes of all splits, so that every fold is linked among the same candidates, as published results are. A
concept's names are those that the corpus gives it, the most frequent first, and the wordings of `snomed.txt`
where the corpus has that file (the folds `mcn_...`). A code without either has itself as its name. No phrase of
the corpus is written; the table's terms are the corpus's.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

from adetk.errors import AdetkError
from adetk.readers import CORPORA, read_corpus
from adetk.readers.files import read_rows

SYNONYMS = "snomed.txt"

CodeToNames = dict[str, list[str]]


def main() -> int:
    """Parse the command line, write, say what there is."""
    parser = argparse.ArgumentParser(description="Write the label set of a corpus as a terminology.")
    parser.add_argument("corpus")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("-o", "--out", type=Path, required=True, help="FILE.tsv")
    arguments = parser.parse_args()
    try:
        code_to_names = label_set(arguments.corpus, arguments.corpora)
    except AdetkError as error:
        print(f"write_labels: {error}", file=sys.stderr)
        return 1
    unnamed = sum(names == [code] for code, names in code_to_names.items())
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(table(code_to_names, CORPORA[arguments.corpus].codes), encoding="utf-8")
    total = sum(map(len, code_to_names.values()))
    print(f"{arguments.out}: {len(code_to_names)} codes, {total} names, {unnamed} codes without a name")
    return 0


def label_set(corpus: str, corpora: Path) -> CodeToNames:
    """Code -> its names, of all splits of a corpus.

    Raises:
        AdetkError: no such corpus, or one whose mentions have no codes.
    """
    if corpus not in CORPORA:
        raise AdetkError(f"no corpus is called {corpus!a}; expected one of: {', '.join(CORPORA)}")
    code_to_counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for split in CORPORA[corpus].splits:
        for document in read_corpus(corpus, split, corpora):
            codes = [code for m in document.mentions for part in m.gold or () for code in part]
            names = [document.meta["concept"]] if len(codes) == 1 and "concept" in document.meta else []
            for code in codes:
                code_to_counts[code].update(names)
    if not code_to_counts:
        raise AdetkError(f"corpus {corpus}: no mention of it is coded; expected a corpus with codes")
    code_to_names = {
        code: [name for name, _ in code_to_counts[code].most_common()] for code in sorted(code_to_counts)
    }
    _add_synonyms(code_to_names, corpora / CORPORA[corpus].folder / SYNONYMS)
    return {code: names if names else [code] for code, names in code_to_names.items()}


def table(code_to_names: CodeToNames, system: str) -> str:
    """The table as text; see `adetk.normalize.table`."""
    rows = [("code", "name", "system")]
    rows += [
        (code, " ".join(name.split()), system) for code, names in code_to_names.items() for name in names
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def _add_synonyms(code_to_names: CodeToNames, path: Path) -> None:
    if not path.is_file():
        return
    for _, (wording, code) in read_rows(path, 2):
        names = code_to_names.get(code.strip())
        if names is not None and wording.strip() not in names:
            names.append(wording.strip())


if __name__ == "__main__":
    sys.exit(main())
