"""The whole way: classify, extract, normalize, as one callable over documents.

    pipeline = Pipeline.from_pretrained()
    for document in pipeline([Document("1", "this zoloft has me up all night")]):
        ...

Every step is lazy and keeps the order of its input.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from adetk import __version__
from adetk.batches import batched, overlapped
from adetk.bundle import Manifest, read_manifest
from adetk.classify.calibration import AS_BUNDLED, Decision
from adetk.classify.classifier import Classifier
from adetk.classify.drug_priors import NONE as NO_DRUG
from adetk.classify.drug_priors import DrugPriors, Stream
from adetk.data import default_bundle_folder
from adetk.dictionaries import drug_lexicon
from adetk.document import NO_ADE, Document
from adetk.errors import AdetkError
from adetk.extract.assertion import AssertionFinder
from adetk.extract.assertion_rules import read_rules
from adetk.extract.drugs import DrugFinder
from adetk.extract.tagger import Tagger
from adetk.language import ENGLISH
from adetk.normalize.lay import lay_wordings
from adetk.normalize.linker import Linker
from adetk.normalize.part import load_linker, opened
from adetk.normalize.settings import LinkOptions
from adetk.normalize.terminology import Terminology
from adetk.runtime import cores, runtime_fingerprint

GATES = ("model", "none", "oracle")
BATCH = 256
OVERLAP = 2
"""Batches under way at once: while one is in Python, another is in a network."""


class Pipeline:
    """A bundle over a terminology. Its parts are opened when they are first needed.

    Args:
        bundle: a bundle's folder.
        manifest: of that folder.
        terminology: `ctcae`, a MedDRA folder, or an open terminology.
        gate: which posts are tagged: those that the `model` says report an ADE, all (`none`), or those whose
            own label says so (`oracle`, to measure with).
        decision: which threshold the gate takes, and for which share of ADE posts in the stream.
        drug_priors: shares of ADE posts by drug, at which the gate reads its posts, in place of one share for all.

    Attributes:
        linking: what is asked of the linker beyond its best candidates; set it before the linker is first needed.
    """

    def __init__(
        self,
        bundle: Path,
        manifest: Manifest,
        terminology: str | Path | Terminology = "ctcae",
        gate: str = "model",
        decision: Decision = AS_BUNDLED,
        drug_priors: DrugPriors | None = None,
    ) -> None:
        if gate not in GATES:
            raise AdetkError(f"gate {gate!r}: unknown; expected one of {', '.join(GATES)}")
        self.bundle = bundle
        self.manifest = manifest
        self.gate = gate
        given = [name for name, value in asdict(decision).items() if value is not None]
        given += [] if drug_priors is None else ["shares by drug"]
        if given and gate != "model":
            raise AdetkError(
                f"{', '.join(given)} given, and the gate {gate!r}, which scores no post; leave one of the two out, or "
                "take the gate 'model'"
            )
        if drug_priors is not None:
            if decision.min_recall is not None:
                raise AdetkError(
                    "min_recall and shares by drug were both given; a recall is promised of posts that are read at "
                    "one share, give one"
                )
            decision = replace(decision, prior=drug_priors.overall)
        self.decision = decision
        self.drug_priors = drug_priors
        self.linking = LinkOptions()
        self._where = terminology

    @classmethod
    def from_pretrained(
        cls,
        bundle: Path | str | None = None,
        terminology: str | Path | Terminology = "ctcae",
        gate: str = "model",
        threshold: float | None = None,
        prior: float | DrugPriors | None = None,
        min_recall: float | None = None,
    ) -> Pipeline:
        """Open a bundle.

        Args:
            bundle: its folder; None = the default one, which travels with adetk.
            terminology: `ctcae`, a MedDRA folder, or an open terminology.
            gate: see the class.
            threshold: a post with at least this probability is an ADE post; None = the bundle's.
            prior: share of ADE posts in the stream, or shares by drug; None = the one that the bundle's gate was
                made for.
            min_recall: instead of a threshold, the share of ADE posts to keep; see `recall_threshold`.

        Raises:
            AdetkError: no bundle there, or a damaged one; a number that is no share; a recall with shares by drug; any
                of the three with a gate that scores no post.
        """
        folder = default_bundle_folder() if bundle is None else Path(bundle)
        by_drug = prior if isinstance(prior, DrugPriors) else None
        decision = Decision(threshold, None if isinstance(prior, DrugPriors) else prior, min_recall)
        return cls(folder, read_manifest(folder, "bundle"), terminology, gate, decision, by_drug)

    @cached_property
    def classifier(self) -> Classifier:
        """The gate."""
        return Classifier.load(self.bundle / "classify", self.manifest.settings["classify"], self.decision)

    @cached_property
    def tagger(self) -> Tagger:
        """The tagger."""
        return Tagger.load(self.bundle / "extract", self.manifest.settings["extract"])

    @cached_property
    def drugs(self) -> DrugFinder:
        """DRUG mentions by dictionary."""
        return DrugFinder(*drug_lexicon())

    @cached_property
    def assertions(self) -> AssertionFinder:
        """Which effects are said not to be there, or are only feared."""
        return AssertionFinder(read_rules())

    @cached_property
    def terminology(self) -> Terminology:
        """What mentions are coded to."""
        return opened(self._where, self.manifest.settings["normalize"])

    @cached_property
    def linker(self) -> Linker:
        """The linker over the terminology."""
        settings = self.manifest.settings["normalize"]
        linker = load_linker(self.bundle / "normalize", settings, self.terminology, self.linking.synonyms)
        return linker.with_options(self.linking)

    def fingerprint(self, step: str = "run") -> str:
        """JSON object of all that decides a step's output: two runs with the same one give the same.

        Args:
            step: `run`, `classify`, `extract` or `normalize`.
        """
        links = step in ("run", "normalize")
        return json.dumps(
            {
                "step": step,
                "adetk": __version__,
                "bundle": self.manifest.fingerprint,
                "runtime": runtime_fingerprint(),
                "gate": self.gate,
                **asdict(self.decision),
                "drug_priors": None if self.drug_priors is None else self.drug_priors.fingerprint,
                "terminology": self.terminology.fingerprint if links else None,
                "lay": lay_wordings(self.terminology).fingerprint if links else None,
                "linking": self.linking.fingerprint if links else None,
            }
        )

    def languages(self, step: str = "run") -> frozenset[str]:
        """The languages that the parts of a step all learnt; a part that does not say so learnt English.

        Args:
            step: `run`, `classify` or `extract`; how the linker fares with a language is not known.
        """
        parts = [kind for kind in ("classify", "extract") if step in ("run", kind)]
        learnt = [frozenset(self.manifest.settings[kind].get("languages", (ENGLISH,))) for kind in parts]
        return frozenset.intersection(*learnt)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Classify, extract and normalize documents."""
        self._open()
        batches = batched(documents, BATCH)
        return self.normalize(overlapped(self._found, batches, min(OVERLAP, cores())))

    def classify(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Set `label` and `score`; under the gates `none` and `oracle` documents stay as they are."""
        if self.gate == "model":
            classified = self.classifier(documents)
            if self.drug_priors is None:
                return classified
            self._check_drugs(self.drug_priors)
            threshold, read = self.classifier.calibration.threshold, self.drug_priors.read
            return (read(document, self.drugs.ids(document), threshold) for document in classified)
        return (_labelled(d) for d in documents) if self.gate == "oracle" else iter(documents)

    def extract(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Replace all mentions by found ones; a post that the gate turned down gets DRUG mentions only.

        Effects point at the drug that they are about, and are flagged where they are negated or hypothetical.
        """
        for group in batched(documents, BATCH):
            passed = [d for d in group if self.gate == "none" or d.label != NO_ADE]  # the gate
            tagged = dict(zip((id(d) for d in passed), self.tagger(map(_bare, passed)), strict=True))
            found = self.drugs(tagged[id(d)] if id(d) in tagged else _bare(d) for d in group)
            yield from self.assertions(found)

    def normalize(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Link the ADE mentions to the terminology."""
        return self.linker(documents)

    def stream(self, documents: Sequence[Document]) -> Stream:
        """A stream's posts as its shares of ADE posts are estimated from them, whatever was decided of the gate."""
        calibration = self.classifier.calibration
        at_source = calibration.at_prior(calibration.source_prior)
        logits = [self.classifier.logits(group) for group in batched(documents, BATCH)]
        scores = at_source.probabilities(np.concatenate([np.empty((0, 2), np.float32), *logits]))
        return Stream(scores, calibration.source_prior, [self.drugs.ids(document) for document in documents])

    def _check_drugs(self, priors: DrugPriors) -> None:
        unknown = sorted(set(priors.id_to_prior) - {NO_DRUG} - set(self.drugs.id_to_name))
        if unknown:
            raise AdetkError(
                f"shares by drug: {len(unknown)} of the ids are none of adetk's drugs, the first is {unknown[0]!r}; "
                "expected the drug_id that `adetk prior --by-drug` writes"
            )

    def _found(self, group: Iterable[Document]) -> list[Document]:
        return list(self.extract(self.classify(group)))

    def _open(self) -> None:
        """Open all parts, side by side: most of it is done outside Python. The longest come first."""
        gate = ["classifier"] if self.gate == "model" else []
        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(partial(getattr, self), ["linker", "tagger", *gate, "drugs", "assertions"]))


def _bare(document: Document) -> Document:
    return replace(document, mentions=()) if document.mentions else document


def _labelled(document: Document) -> Document:
    if document.label is None:
        raise AdetkError(
            f"document {document.id!r} has no label; the oracle gate takes labelled posts, use --gate model or none"
        )
    return document
