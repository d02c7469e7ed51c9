"""Baselines without a network, to stand beside every result: `X.fit(train_documents)(documents)`.

Each is a step of the pipeline: documents in, documents out, in order and in batches. Scores are those of
`adetk.evaluate.report`. Needs scikit-learn. A script of this folder imports them with
`from baselines import TfidfGate`.

Features, penalties and calibration were chosen on training documents out of fold, with repeated texts in one
fold; no scored split was looked at.
"""

from .gate import TfidfGate
from .linker import LookUpLinker, NearestNeighbourLinker, SvmLinker
from .tagger import DictionaryTagger

__all__ = ["DictionaryTagger", "LookUpLinker", "NearestNeighbourLinker", "SvmLinker", "TfidfGate"]
