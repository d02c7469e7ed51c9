"""The three parts as trained, in float32 on torch: what the served int8 graphs are compared with."""

from __future__ import annotations

from pathlib import Path

from adetk.bundle import TORCH, read_manifest
from adetk.classify.classifier import Classifier
from adetk.classify.network import open_network
from adetk.extract.network import network_of
from adetk.extract.tagger import Tagger
from adetk.networks import EncoderNetwork, TorchNetwork, empty_encoder, load_weights
from adetk.normalize.embedder import Embedder
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import load_linker
from adetk.normalize.terminology import Terminology


def gates(folder: Path) -> tuple[Classifier, Classifier]:
    """The gate of a part folder, as served and in float32."""
    settings = read_manifest(folder, "classify").settings
    served = Classifier.load(folder, settings)
    network = TorchNetwork(open_network(folder, settings))
    return served, Classifier(served.tokenizer, network, served.calibration, served.structures, served.ngrams)


def taggers(folder: Path) -> tuple[Tagger, Tagger]:
    """The tagger of a part folder, as served and in float32."""
    settings = read_manifest(folder, "extract").settings
    served = Tagger.load(folder, settings)
    sizes = (len(served.features.lexicons), settings["options"]["tag_width"])
    network = _filled(network_of(empty_encoder(folder / TORCH), served.scheme, *sizes), folder)
    return served, Tagger(served.tokenizer, network, served.features, served.scheme)


def linkers(folder: Path, terminology: Terminology) -> tuple[Linker, Linker]:
    """The linker of a part folder, as served and in float32, its index too; classifier and settings are shared."""
    served = load_linker(folder, read_manifest(folder, "normalize").settings, terminology)
    network = _filled(SurfaceEncoder(empty_encoder(folder / TORCH)), folder)
    embedder = Embedder(served.embedder.tokenizer, network, "float32")
    index = ConceptIndex.build(served.index.rows, embedder, "float32")
    exact = Linker(terminology, embedder, index, served.classifier, served.settings, served.row_to_times)
    return served, exact


def _filled(network: EncoderNetwork, folder: Path) -> TorchNetwork:
    load_weights(network, folder / TORCH)
    return TorchNetwork(network)
