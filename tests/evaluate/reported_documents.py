"""Gold documents, and predictions of them that are right and wrong."""

from dataclasses import replace

from adetk.document import Document, Link, Mention

CODE_TO_PT = {"L1": "P1", "L1b": "P1", "L2": "P2", "L3": "P3"}


def to_pt(code):
    return CODE_TO_PT.get(code, "")


def gold_documents():
    """Forty posts: every other one ADE, with one or two mentions; every fifth post's have no code.

    Where there are two, the second is discontinuous.
    """
    documents = []
    for i in range(40):
        spans = [] if i % 2 else [((0, 5),), ((10, 15), (20, 25))][: 1 + i % 4 // 2]
        mentions = tuple(
            Mention(span, gold=() if i % 5 == 0 else (frozenset({["L1", "L2", "L3"][i % 3]}),))
            for span in spans
        )
        documents.append(
            Document(f"post{i:02}", "x" * 40 + f" {i}", label="noADE" if i % 2 else "ADE", mentions=mentions)
        )
    return documents


def perfect(gold):
    def answer(mention):
        links = tuple(Link(code, "a term") for codes in mention.gold for code in codes)
        return replace(mention, gold=None, links=links, status="coded" if links else "none")

    return [
        replace(d, score=float(d.label == "ADE"), mentions=tuple(answer(m) for m in d.mentions)) for d in gold
    ]


def imperfect(gold):
    """The perfect prediction with some posts turned down, some spans moved, some codes wrong."""
    predicted = []
    for i, document in enumerate(perfect(gold)):
        mentions = [m if i % 3 else replace(m, spans=((m.start + 1, m.end + 1),)) for m in document.mentions]
        if i % 4 == 0:
            mentions = [replace(m, links=(Link("L2", "a term"), *m.links)) for m in mentions]
        turned_down = i % 8 == 0
        predicted.append(
            replace(
                document,
                label="noADE" if turned_down else document.label,
                score=0.4 if turned_down else 0.7 * document.score + 0.1,
                mentions=() if turned_down else tuple(mentions),
            )
        )
    return predicted
