"""What each thousand of the written posts adds: a gate's recipe with the first 0, 1,000, 2,000, 4,000 and all of them.

    python scripts/bench_curve.py --corpora CORPORA --all parts/default_classify

The other corpora and the development posts stay the same; the posts come in an order that a hash of their ids gives,
so that the first thousand are a sample of all files. One point after the other is trained, scored on the
development posts and on the final split (and logged, once a point), and written to results/curve.json; a point that
is there is not trained again, and one that was cut off goes on from its last checkpoint in out/curve. `--all` names a
part that `adetk train` made by the very recipe: the last point needs no training then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench_options import ROOT, shown_command, write_report
from trained_runs import digest_of, is_committed

from adetk.bundle import read_manifest
from adetk.classify.classifier import Classifier
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.report import report_classify
from adetk.evaluate.runner import LOG, log_scoring, questions
from adetk.readers import read_corpus, read_jsonl
from adetk.recipe import OWN_TEXT, Recipe, Source, TrainingData, read_recipe, read_training_data, sources_of
from adetk.record import record_from_document

STEPS = (0, 1000, 2000, 4000)
"""Written posts to learn from, before all of them."""
CORPUS, SPLIT = "smm4h2022", "valid"


def main() -> int:
    """Parse the command line; train, score and write what is missing."""
    parser = argparse.ArgumentParser(description="Measure what each thousand of the written posts adds.")
    parser.add_argument("recipe", nargs="?", type=Path, default=ROOT / "recipes" / "default_classify.toml")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
    parser.add_argument(
        "--posts", nargs="+", type=int, help="points to measure now; none: all that are missing"
    )
    parser.add_argument("--all", type=Path, help="a part that adetk train made by this recipe")
    parser.add_argument("--parts", type=Path, default=ROOT / "out" / "curve", help="where parts are trained")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "curve.json")
    parser.add_argument("--log", type=Path, default=ROOT / LOG, help="where scorings of the final split go")
    options = parser.parse_args()
    try:
        curve = Curve.of(options.recipe, options.corpora)
        report = measured(options.out, curve)
        for number in points_of(curve, options.posts):
            if number not in [point["posts"] for point in report["points"]]:
                part = part_of(curve, number, options.corpora, options.parts, options.all)
                report["points"].append(point(curve, number, part, options.corpora, options.log))
                report["points"].sort(key=lambda found: found["posts"])
                write_report(report, shown_command("bench_curve"), options.out)
                print(shown(report["points"], number), flush=True)
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True)
class Curve:
    """What is trained again and again.

    Attributes:
        recipe: of the gate.
        data: what it learns from and is chosen by, all of it.
        order: ids of the written posts to learn from, in the order in which they come.
        sha256: sum over the written posts: with other posts it is another curve.
    """

    recipe: Recipe
    data: TrainingData
    order: tuple[str, ...]
    sha256: str

    @classmethod
    def of(cls, path: Path, corpora: Path) -> Curve:
        """Read a recipe and its documents.

        Raises:
            AdetkError: the recipe cannot be read, is not committed, or has no written posts.
        """
        if not is_committed(path):
            raise AdetkError(f"{path}: is not what was last committed; commit it, then score the final split")
        recipe = read_recipe(path)
        data = read_training_data(recipe, corpora)
        written = [document for source in recipe.data for document in posts_of(recipe, source)]
        if not written:
            raise AdetkError(
                f"{path}: learns from no file of {OWN_TEXT}; expected some, they are what is counted"
            )
        learnt = {document.id for document in data.train}
        order = sorted({d.id for d in written} & learnt, key=lambda i: hashlib.sha256(i.encode()).digest())
        content = json.dumps([record_from_document(document) for document in written])
        return cls(recipe, data, tuple(order), hashlib.sha256(content.encode()).hexdigest())


def posts_of(recipe: Recipe, source: Source) -> list[Document]:
    """The posts of a source, as they were written; none where it is a corpus or another file."""
    return list(read_jsonl(recipe.path.parent / source.path)) if OWN_TEXT in source.path else []


def points_of(curve: Curve, wanted: Sequence[int] | None) -> list[int]:
    """How many written posts each point has; without a wish, `STEPS` and all.

    Raises:
        AdetkError: more than there are.
    """
    most = len(curve.order)
    if wanted is not None and max(wanted) > most:
        raise AdetkError(f"{max(wanted)} written posts to learn from; expected at most {most}, all of them")
    return [*(step for step in STEPS if step < most), most] if wanted is None else list(wanted)


def measured(path: Path, curve: Curve) -> dict[str, Any]:
    """The report as far as it is written.

    Raises:
        AdetkError: it is of another recipe or of other posts.
    """
    about = {
        "recipe": curve.recipe.path.stem,
        "recipe_sha256": digest_of(curve.recipe.path),
        "posts_sha256": curve.sha256,
        "corpus": CORPUS,
        "split": SPLIT,
    }
    if not path.is_file():
        return {**about, "points": []}
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if {key: report.get(key) for key in about} != about:
        raise AdetkError(
            f"{path}: is of another recipe, or of other posts than there are now; remove it to begin anew"
        )
    return report


def part_of(curve: Curve, number: int, corpora: Path, parts: Path, whole: Path | None) -> Path:
    """The part of a point, trained where it is not there.

    Raises:
        AdetkError: data that cannot be read, or `whole` is not of this recipe.
    """
    if whole is not None and number == len(curve.order):
        check(whole, curve)
        return whole
    from adetk.classify.train import train_classifier

    folder = parts / f"{curve.recipe.path.stem}-{curve.sha256[:8]}-{number}"
    part = folder / "part"
    if not (part / "manifest.json").is_file():
        train_classifier(plan_of(curve, curve.order[:number], folder), corpora, part)
    return part


def plan_of(curve: Curve, learnt: Collection[str], folder: Path) -> Recipe:
    """The recipe over copies of the written files, with the development posts and those that are learnt from."""
    kept = {*learnt, *(document.id for document in curve.data.development)}
    sources = []
    for source in curve.recipe.data:
        posts = posts_of(curve.recipe, source)
        if not posts:
            sources.append(source)
            continue
        lines = [json.dumps(record_from_document(post)) + "\n" for post in posts if post.id in kept]
        if lines:
            path = folder / Path(source.path).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines), encoding="utf-8")
            sources.append(replace(source, path=str(path.resolve())))
    return replace(curve.recipe, data=tuple(sources))


def check(part: Path, curve: Curve) -> None:
    """Refuse a part that was not trained by the recipe as it is, on the posts as they are.

    Raises:
        AdetkError: it was not.
    """
    settings = read_manifest(part, "classify").settings
    results = json.loads((part / "training" / "results.json").read_text(encoding="utf-8"))
    found = (settings["recipe"], settings.get("sources"), results["training"])
    recipe = curve.recipe
    if found != (recipe.path.name, sources_of(recipe, curve.data), asdict(recipe.training)):
        raise AdetkError(f"{part}: was not trained by {recipe.path.name} as it is now; leave out --all")


def point(curve: Curve, number: int, part: Path, corpora: Path, log: Path) -> dict[str, Any]:
    """What a part scores; its figures on the final split are logged."""
    settings = read_manifest(part, "classify").settings
    gold = read_corpus(CORPUS, SPLIT, corpora)
    report = report_classify(gold, list(Classifier.load(part, settings)(questions("classify", gold))))
    about = {
        "task": "classify",
        "corpus": CORPUS,
        "split": SPLIT,
        "recipe": curve.recipe.path.stem,
        "recipe_sha256": digest_of(curve.recipe.path),
        "written_posts": str(number),
    }
    log_scoring(log, about, report)
    return {"posts": number, "development": settings["development"], SPLIT: report}


def shown(points: Sequence[dict[str, Any]], number: int) -> str:
    """One line about a point."""
    (found,) = (point for point in points if point["posts"] == number)
    held, last = found["development"], found[SPLIT]
    figures = (
        f"{name} {last[name]:.3f} [{last[f'{name}_low']:.3f}, {last[f'{name}_high']:.3f}]"
        for name in ("average_precision", "f1")
    )
    return (
        f"{number} posts: development AP {held['int8_average_precision']:.3f}; {SPLIT} {', '.join(figures)}"
    )


if __name__ == "__main__":
    sys.exit(main())
