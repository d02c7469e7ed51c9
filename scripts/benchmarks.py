"""The benchmarks of `bench_quality.py`: what is scored, and the systems that are.

A system is a function from gold documents to predicted ones. Baselines learn from the benchmark's own training
split; of what is scored here the default bundle learnt PsyTAR's training posts and TAC 2017's training labels; a
recipe's bundle learnt from the training split of the corpus that it is called by, and is left out where it was not
trained.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path

from baselines import DictionaryTagger, LookUpLinker, NearestNeighbourLinker, SvmLinker, TfidfGate
from baselines.untrained import untrained_linker
from psytar_pts import PSYTAR_BY_PT, read_benchmark

from adetk.bundle import read_manifest
from adetk.classify.calibration import Calibration
from adetk.data import default_bundle_folder
from adetk.document import Document
from adetk.evaluate.runner import predicted, questions
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.pipeline import Pipeline
from adetk.readers import read_corpus

Documents = list[Document]
Answers = Callable[[Sequence[Document]], Documents]
Step = Callable[[Iterable[Document]], Iterator[Document]]
DEFAULT = "adetk, default bundle"
SHORT = 12
"""Characters of a fingerprint in results/quality."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Benchmark:
    """A split that is scored, and how.

    Attributes:
        name: of the results file.
        task: `classify`, `extract`, `normalize` or `run`.
        corpus: its name in `adetk.readers.CORPORA`, or `PSYTAR_BY_PT`.
        scored: the split; `{fold}` stands for the number of a fold.
        train: the split that baselines and recipes learn from.
        gate: which posts are tagged: `model`, `none` or `oracle`.
        terms: `ctcae`; `medascii`, the MedDRA folder that was named; or `labels`, the corpus's own label set.
        bundles: names of the recipes' bundles.
        folds: those that are scored, pooled; empty where the corpus has none.
        with_default: whether the default bundle may be scored here.
        with_baselines: whether baselines are scored here.
        encoder: one that stands beside the other baselines of a linker as it was pretrained; empty = none.
    """

    name: str
    task: str
    corpus: str
    scored: str
    train: str = "train"
    gate: str = "model"
    terms: str = "ctcae"
    bundles: tuple[str, ...] = ()
    folds: tuple[int, ...] = ()
    with_default: bool = True
    with_baselines: bool = True
    encoder: str = ""


SMM4H = Benchmark("", "", "smm4h2022", "valid", terms="medascii", bundles=("smm4h2022", "smm4h2022_large"))
CADEC = Benchmark("", "", "cadec", "test", gate="none", terms="medascii", bundles=("cadec",))
PSYTAR = Benchmark("", "", "psytar", "test", gate="none", bundles=("psytar",))
MEDDRA = Benchmark("", "normalize", "", "test", terms="medascii")
SMM4H2017 = replace(MEDDRA, corpus="smm4h2017", bundles=("smm4h2017", "smm4h2017_large"), encoder="minilm")
FOLDS = Benchmark("", "normalize", "", "test-{fold}", "train-{fold}", terms="labels", folds=(0, 1, 2))
MCN_CADEC = replace(FOLDS, corpus="mcn_cadec", folds=(0, 1, 2, 3, 4))
MCN_PSYTAR = replace(MCN_CADEC, corpus="mcn_psytar", with_default=False)

BENCHMARKS = (
    replace(SMM4H, name="smm4h2022_gate", task="classify"),
    replace(SMM4H, name="smm4h2022_spans_oracle", task="extract", gate="oracle"),
    replace(SMM4H, name="smm4h2022_spans", task="extract"),
    replace(SMM4H, name="smm4h2022_links", task="normalize"),
    replace(SMM4H, name="smm4h2022_run", task="run"),
    replace(SMM4H, name="smm4h2022_run_ctcae", task="run", terms="ctcae", bundles=(), with_baselines=False),
    replace(CADEC, name="cadec_spans", task="extract", bundles=("cadec", "cadec_biohd")),
    replace(CADEC, name="cadec_links", task="normalize"),
    replace(
        CADEC, name="cadec_links_ctcae", task="normalize", terms="ctcae", bundles=(), with_baselines=False
    ),
    replace(PSYTAR, name="psytar_gate", task="classify"),
    replace(PSYTAR, name="psytar_spans", task="extract"),
    replace(MEDDRA, name="psytar_links", corpus=PSYTAR_BY_PT, bundles=("psytar_pts", "tac2017", "cadec")),
    replace(MEDDRA, name="tac2017_links", corpus="tac2017", bundles=("tac2017",)),
    replace(SMM4H2017, name="smm4h2017_links"),
    replace(SMM4H2017, name="smm4h2017_links_refined", scored="refined"),
    replace(FOLDS, name="askapatient_links", corpus="askapatient", bundles=("askapatient-{fold}",)),
    replace(MCN_CADEC, name="mcn_cadec_links", bundles=("mcn_cadec-{fold}",)),
    # The default bundle's linker learnt from PsyTAR's training posts and TwADR-L's first fold.
    replace(MCN_PSYTAR, name="mcn_psytar_links", bundles=("mcn_psytar-{fold}",)),
    replace(FOLDS, name="twadrl_links", corpus="twadrl", bundles=("twadrl-{fold}",), with_default=False),
)


def rounds_of(benchmark: Benchmark, corpora: Path, bundles: Path, medascii: Path) -> list[Round]:
    """A benchmark's folds, or the whole of it as one round.

    Raises:
        AdetkError: the terminology is not there.
    """
    places: dict[str, str | Path] = {
        "ctcae": "ctcae",
        "medascii": medascii,
        "labels": bundles / "labels" / f"{benchmark.corpus}.tsv",
    }
    terminology = open_terminology(places[benchmark.terms])
    return [
        Round(
            replace(
                benchmark,
                scored=benchmark.scored.format(fold=fold),
                train=benchmark.train.format(fold=fold),
                bundles=tuple(name.format(fold=fold) for name in benchmark.bundles),
            ),
            corpora,
            bundles,
            terminology,
        )
        for fold in benchmark.folds or (None,)
    ]


def pooled(parts: Sequence[Sequence[Document]]) -> Documents:
    """The documents of all folds; ids say the fold where there are several."""
    return [document for part in pooled_apart(parts) for document in part]


def pooled_apart(parts: Sequence[Sequence[Document]]) -> list[Documents]:
    """The same documents with the same ids, fold by fold."""
    if len(parts) == 1:
        return [list(parts[0])]
    return [[replace(d, id=f"{fold}:{d.id}") for d in part] for fold, part in enumerate(parts)]


def parts_asked(task: str, gate: str) -> tuple[str, ...]:
    """The parts of a bundle that a task's figures depend on.

    Args:
        task: `classify`, `extract`, `normalize` or `run`.
        gate: which posts are tagged, see `Pipeline`; says nothing where none are.
    """
    gate_too = ("classify",) if task in ("extract", "run") and gate == "model" else ()
    return gate_too + (("extract", "normalize") if task == "run" else (task,))


@dataclass(frozen=True)
class Round:
    """One fold of a benchmark (or the whole of it): its data, and the systems over them.

    Attributes:
        benchmark: with the fold's number filled in.
        corpora: folder of all corpora.
        bundles: folder of the recipes' bundles.
        terminology: what mentions are coded to.
    """

    benchmark: Benchmark
    corpora: Path
    bundles: Path
    terminology: Terminology

    @cached_property
    def gold(self) -> Documents:
        """What is scored."""
        return read_benchmark(self.benchmark.corpus, self.benchmark.scored, self.corpora)

    @cached_property
    def train(self) -> Documents:
        """What baselines learn from."""
        return read_benchmark(self.benchmark.corpus, self.benchmark.train, self.corpora)

    def systems(self) -> dict[str, Answers]:
        """Name -> system, baselines first."""
        systems = self._baselines() if self.benchmark.with_baselines else {}
        if self.benchmark.with_default:
            systems[DEFAULT] = self._bundle(None)
        for system, folder in self._recipe_to_bundle().items():
            if (folder / "manifest.json").is_file():
                systems[system] = self._bundle(folder)
            else:
                _log.warning("%s: no bundle %s, its recipe was not trained", self.benchmark.name, folder)
        return systems

    def fingerprint(self, system: str) -> str:
        """Of the parts of the bundle behind a system that it is scored by, short; empty for a baseline."""
        folders = {DEFAULT: default_bundle_folder(), **self._recipe_to_bundle()}
        if system not in folders:
            return ""
        manifest = read_manifest(folders[system], "bundle", verify=False)
        return manifest.fingerprint_of(*parts_asked(self.benchmark.task, self.benchmark.gate))[:SHORT]

    def _recipe_to_bundle(self) -> dict[str, Path]:
        names = self.benchmark.bundles
        return {f"adetk, recipe {name.partition('-')[0]}": self.bundles / name for name in names}

    def _bundle(self, folder: Path | None) -> Answers:
        pipeline = Pipeline.from_pretrained(folder, self.terminology, self.benchmark.gate)
        return partial(predicted, self.benchmark.task, pipeline)

    def _baselines(self) -> dict[str, Answers]:
        task_to_baselines = {
            "classify": self._gates,
            "extract": self._taggers,
            "normalize": self._linkers,
            "run": self._chains,
        }
        return task_to_baselines[self.benchmark.task]()

    def _gates(self) -> dict[str, Answers]:
        calibrated = _gate_of(self.benchmark.corpus, self.benchmark.train, self.corpora)
        plain = replace(calibrated, calibration=Calibration())  # the same model
        return {
            "TF-IDF, logistic regression": self._over(plain),
            "TF-IDF, calibrated": self._over(calibrated),
        }

    def _taggers(self) -> dict[str, Answers]:
        return {"training phrases": self._over(*self._gate_and_tagger())}

    def _linkers(self) -> dict[str, Answers]:
        nearest = NearestNeighbourLinker.fit(self.train, self.terminology.rows())
        linkers: dict[str, Step] = {
            "TF-IDF, nearest wording": nearest,
            "TF-IDF, linear SVM": SvmLinker.fit(self.train, self.terminology.rows()),
        }
        if self.benchmark.encoder:
            name = f"{self.benchmark.encoder}, untrained"
            for rows, documents in (("names", []), ("nearest wording", self.train)):
                linkers[f"{name}, {rows}"] = untrained_linker(
                    self.benchmark.encoder, self.terminology, documents
                )
        return {name: self._over(linker) for name, linker in linkers.items()}

    def _chains(self) -> dict[str, Answers]:
        steps: list[Step] = [*self._gate_and_tagger(), LookUpLinker.fit(self.train)]
        return {"TF-IDF gate, training phrases, look-up": self._over(*steps)}

    def _gate_and_tagger(self) -> list[Step]:
        steps: list[Step] = []
        if self.benchmark.gate == "model":
            steps.append(_gate_of(self.benchmark.corpus, self.benchmark.train, self.corpora))
        return [*steps, DictionaryTagger.fit(self.train, every_post=self.benchmark.gate == "none")]

    def _over(self, *steps: Step) -> Answers:
        """The steps one after the other, over gold documents without their answers."""

        def system(gold: Sequence[Document]) -> Documents:
            documents: Iterable[Document] = questions(self.benchmark.task, gold, self.benchmark.gate)
            for step in steps:
                documents = step(documents)
            return list(documents)

        return system


@cache
def _gate_of(corpus: str, train: str, corpora: Path) -> TfidfGate:
    """Fitting takes minutes, and several benchmarks share it."""
    return TfidfGate.fit(read_corpus(corpus, train, corpora), calibrated=True)
