"""A linker recipe's `[options]`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adetk.errors import AdetkError
from adetk.normalize.ctcae import read_ctcae
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.recipe import Recipe, from_table

ONLY_HARD = ("triplet",)
"""Losses that know no other negatives than hard ones."""
OF_ENCODER = ("loss", "hard_negatives", "parents")
"""Options that shape the encoder: others may change without training it again."""
LOSSES = ("multiple_negatives", *ONLY_HARD)


@dataclass(frozen=True)
class NormalizeOptions:
    """A linker recipe's `[options]`.

    Attributes:
        terminology: `ctcae`, a MedDRA folder or a table (`adetk train --terminology` overrides it).
        index_mentions: training mentions become rows of the index, beside names and synonyms.
        longest_wording: words of a training mention that becomes a row, or is learnt by the classifier; longer
            ones are a post's sentences rather than wordings of a term.
        classifier: train the fallback classifier.
        unseen_only: choose tau and thresholds on development mentions whose wording no training mention and no
            term has: the wordings for which there is something to choose. Scores and candidate sets are fitted on all.
        learn_development: once all is chosen, development mentions that were carved out of a source are learnt as its
            training mentions are, by the index and by the classifier; the encoder stays. tau, thresholds, scores and
            candidate sets stay too: they were fitted to a linker that lacked these mentions, and so is what the part
            says of its development scores. A source that is for choosing as a whole is never learnt.
        ctcae_wordings: over a MedDRA, CTCAE's names and synonyms are further wordings of the codes that both have.
        loss: `multiple_negatives`, or `triplet` (DILBERT's; it takes hard negatives whatever is said of them).
        hard_negatives: give each training pair a wording that lies near and means something else: a sibling in
            the hierarchy, or what the encoder confuses with it, sought anew each epoch.
        parents: a PT's name is a further wording of its LLTs while the encoder is trained.
        patient_phrases: whether CTCAE's patient-language synonyms are used; off where the corpora that
            they come from are scored.
    """

    terminology: str = "ctcae"
    index_mentions: bool = True
    longest_wording: int = 6
    classifier: bool = True
    unseen_only: bool = True
    learn_development: bool = True
    ctcae_wordings: bool = False
    loss: str = "multiple_negatives"
    hard_negatives: bool = False
    parents: bool = False
    patient_phrases: bool = True

    def opened(self) -> Terminology:
        """The terminology, CTCAE's without its patient phrases where they are not used."""
        if self.terminology == "ctcae":
            return read_ctcae(patient_phrases=self.patient_phrases)
        return open_terminology(self.terminology)


def read_options(recipe: Recipe, terminology: str | None = None) -> NormalizeOptions:
    """A recipe's options, with another terminology where one is named.

    Raises:
        AdetkError: an unknown key, a value of another kind or an unknown loss.
    """
    options = from_table(NormalizeOptions, recipe.options, f"{recipe.path} [options]")
    if options.loss not in LOSSES:
        raise AdetkError(
            f"{recipe.path} [options]: loss {options.loss!r} is unknown; expected one of {', '.join(LOSSES)}"
        )
    return options if terminology is None else replace(options, terminology=terminology)
