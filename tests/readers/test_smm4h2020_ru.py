import pytest

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus

RU = {"lang": "ru"}


def test_quotes_tabs_and_line_ends_inside_cells(fixtures):
    assert read_corpus("smm4h2020_ru", "train", fixtures) == [
        Document("1", "от зорафена уши жужжат 😵", "ADE", meta=RU),
        Document("2", '"Зорафен" и табуляция:\tвот она', "noADE", meta=RU),
        Document("3", "первая строка\nвторая строка", "noADE", meta=RU),
        Document("4", 'тут\u2028не конец строки "и" кавычки', "ADE", meta=RU),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t0\r\n", "\t2\r\n", r"valid\.tsv:2: label '2'; expected 1 or 0"),
        ("\t0\r\n", "\r\n", r"valid\.tsv:2: 2 tab-separated cells; expected 3"),
        ("\t0\r\n", "\t0\r\n5\tещё\t0\r\n", r"valid\.tsv:3: tweet 5 stands here a second time"),
        ("купила", '"купила', r"valid\.tsv:2: quotes do not pair"),
        ("купила", '"купила" "', r"valid\.tsv:2: quotes do not pair"),
        ("\tclass", "\tlabel", r"valid\.tsv: no column 'class'; expected it in the first row"),
    ],
)
def test_bad_file(copied, edit, old, new, message):
    edit(copied / "smm4h2020_ru" / "ru_task2_valid.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2020_ru", "valid", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (6_090, 533), "760402871867367424", "1121635656663310336"),
        ("valid", (1_522, 133), "1118138270830026754", "1153097044329947137"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("smm4h2020_ru", split, corpora)
    counted = count(documents)
    assert (counted["documents"], counted["ADE documents"]) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []
