"""Posts that the baselines learn from and answer."""

from adetk.document import Document, Mention


def post(id, text, *surfaces, codes=(), label=None, **fields):
    """A post whose mentions are the first occurrences of `surfaces`, with one code each where `codes` are given."""
    gold = [(frozenset({code}),) for code in codes] or [None] * len(surfaces)
    mentions = tuple(
        Mention(((text.index(surface), text.index(surface) + len(surface)),), gold=code, **fields)
        for surface, code in zip(surfaces, gold, strict=True)
    )
    return Document(id, text, label=label, mentions=mentions)


def phrase(id, text, *codes):
    gold = (frozenset(codes),) if codes else None
    return Document(str(id), text, mentions=(Mention(((0, len(text)),), gold=gold),))


def surfaces(document):
    return [mention.surface(document.text) for mention in document.mentions]


def codes_of(document):
    return [link.concept_id for link in document.mentions[0].links]


def copied(text, times, label):
    """Different posts that share their words."""
    return [Document(f"{label}{i}", f"{text} {i}", label=label) for i in range(times)]
