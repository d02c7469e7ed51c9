import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def codes(*values):
    return (frozenset(values),)


def test_train_of_the_fixture(fixtures):
    documents = read_corpus("smm4h2022", "train", fixtures)
    assert [(document.id, document.label) for document in documents] == [
        ("fix1", "ADE"),
        ("fix2", "noADE"),
        ("fix3", "ADE"),
        ("fix4", "noADE"),
    ]
    first = documents[0]
    assert first.text == '"zorafen gives me ""buzzy ears"" &amp; no sleep 😵 at all, proper WOBBLY legs"'
    assert first.mentions == (
        Mention(((20, 30),), gold=codes("90000001")),
        Mention(((39, 47),), gold=codes("90000002")),
        Mention(((65, 76),), gold=codes("90000003")),
        Mention(((65, 76),), gold=codes("90000004")),
    )
    assert [mention.surface(first.text) for mention in first.mentions[:3]] == [
        "buzzy ears",
        "no sleep",
        "WOBBLY legs",
    ]
    assert documents[1].text == "picked up my zorafen today\u2028 nothing to report  "
    assert documents[2].text.startswith("tabs\tinside: ")
    assert documents[2].mentions == (Mention(((31, 52),), gold=()),)


def test_valid_has_other_file_names(fixtures):
    assert read_corpus("smm4h2022", "valid", fixtures) == [
        Document(
            "fix5", "lumerade rash, day two", "ADE", mentions=(Mention(((9, 13),), gold=codes("90000005")),)
        )
    ]


def test_test_is_unlabelled(fixtures):
    assert read_corpus("smm4h2022", "test", fixtures) == [
        Document("fix6", "lumerade, anyone?"),
        Document("fix7", '"quote that never ends'),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "spans_norm",
            "\t9\t13\t",
            "\t8\t13\t",
            r"spans_norm\.tsv:1: offsets 8 13 give ' rash'; expected 'rash'",
        ),
        (
            "spans_norm",
            "\t9\t13\t",
            "\t9\t12\t",
            r"spans_norm\.tsv:1: offsets 9 12 give 'ras'; expected 'rash'",
        ),
        ("spans_norm", "\t9\t13\t", "\t9\t99\t", r"spans_norm\.tsv:1: span 9-99; expected .* <= 22"),
        ("spans_norm", "\t9\t13\t", "\t9\tx\t", r"offsets '9' and 'x'; expected whole numbers"),
        ("spans_norm", "90000005", "rash", r"code 'rash'; expected digits or -"),
        ("spans_norm", "\t90000005", "", r"spans_norm\.tsv:1: 5 tab-separated cells; expected 6"),
        ("spans_norm", "fix5", "fix6", r"tweet fix6 is not in the split's tweets"),
        ("class", "fix5", "fix6", r"class\.tsv:1: tweet fix6 is not in the split's tweets"),
        ("class", "ADE", "yes", r"class\.tsv:1: label 'yes'; expected ADE or noADE"),
        ("tweets", "two\n", "two\nfix5\tagain\n", r"tweets\.tsv:2: tweet fix5 stands here a second time"),
        ("tweets", "two\n", "two\nfix8\tagain\n", r"class\.tsv: no label for 1 tweets, the first fix8"),
    ],
)
def test_bad_data(copied, edit, file, old, new, message):
    edit(copied / "smm4h2022" / "valid" / f"{file}.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2022", "valid", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("valid", (915, 65, 87), "SMM4H2022ykI8vN7jZYnV57AM", "SMM4H2022jUbG4VYZSGSV5zUq"),
        ("test", (10_984, 0, 0), "SMM4H2022e4OIETplIkjV0I8V", "SMM4H2022NVFJ38j8nXAx5uab"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("smm4h2022", split, corpora)
    counted = count(documents)
    assert (counted["documents"], counted["ADE documents"], counted["ADE"]) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []


def test_real_train(corpora):
    documents = read_corpus("smm4h2022", "train", corpora)
    assert documents[0].id == "SMM4H2022dc1lWHnZeBy441B8"
    assert [mention.gold for mention in documents[0].mentions] == [codes("10003731"), codes("10003738")]
    # The official release has 17,385 tweets; copies with a part kept aside have fewer, never more.
    assert 14_000 < len(documents) <= 17_385
    mentions = [mention for document in documents for mention in document.mentions]
    assert sum(mention.gold == () for mention in mentions) == 1
    assert all(document.label == "ADE" for document in documents if document.mentions)
