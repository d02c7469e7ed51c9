import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus, read_jsonl


def test_documents(fixtures):
    assert list(read_jsonl(fixtures / "jsonl" / "posts.jsonl")) == [
        Document(
            "p1",
            "zorafen 😵 made my knees creak and click",
            label="ADE",
            mentions=(
                Mention(((0, 7),), label="DRUG"),
                Mention(
                    ((18, 29),), drug=0, gold=(frozenset({"90000001", "90000002"}), frozenset({"90000003"}))
                ),
                Mention(((18, 23), (34, 39)), gold=()),
            ),
            meta={"source": "made up"},
        ),
        Document("2", "zorafen queue at the chemist"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "1"', r"a\.jsonl:2: not JSON \("),
        ("[1]", r"a\.jsonl:2: a JSON list; expected an object with id and text"),
        ('{"id": "1"}', r"a\.jsonl:2: text is missing"),
        (
            '{"id": "1", "text": "abc", "mentions": [{"spans": [[1, 4]]}]}',
            r"a\.jsonl:2, mention 0: span 1-4; .* 3",
        ),
        (
            '{"id": "1", "text": "abc", "mentions": [{"spans": [[1, 3]], "text": "ab"}]}',
            r"a\.jsonl:2, mention 0: text is 'ab'.*'bc'",
        ),
    ],
)
def test_bad_line(tmp_path, line, message):
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(AdetkError, match=message):
        list(read_jsonl(path))


@pytest.mark.parametrize("line", ["9" * 5000, "[" * 3000])
def test_what_json_cannot_hold_is_one_line(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text(line)
    with pytest.raises(AdetkError, match=r"a\.jsonl:1: not JSON"):
        list(read_jsonl(path))


def test_demo(tmp_path):
    documents = read_corpus("demo", "all", tmp_path)
    counted = count(documents)
    assert documents[0].id == "demo-001"
    assert counted["ADE documents"] > 0
    assert counted["DRUG"] > 0
    assert len({document.id for document in documents}) == len(documents)
