import pytest

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers import read_corpus

TRAIN = "train_data_SMM4H_2025_Task_1.csv"


def test_train_in_several_languages(fixtures, caplog):
    assert read_corpus("smm4h2025", "train", fixtures) == [
        Document("de_1", 'zorafen, "Ohren" summen 😵 &amp; so', "ADE", meta={"lang": "de"}),
        Document("fr_1", "deux\nlignes", "noADE", meta={"lang": "fr"}),
        Document("ru_1", "уши жужжат", "ADE", meta={"lang": "ru"}),
    ]
    path = fixtures / "smm4h2025" / TRAIN
    assert caplog.messages == [f"{path}: 1 rows that repeat another were left out"]


def test_other_splits_and_years(fixtures):
    assert read_corpus("smm4h2025", "valid", fixtures) == [
        Document("en_1", "lumerade refill", "noADE", meta={"lang": "en"})
    ]
    assert read_corpus("smm4h2025", "test", fixtures) == [Document("ja_1", "耳鳴り", meta={"lang": "ja"})]
    assert read_corpus("smm4h2026", "train", fixtures) == [
        Document("zh_1", "耳朵嗡嗡响", "ADE", meta={"lang": "zh"})
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("жужжат,1", "жужжат,2", r"2025_Task_1\.csv:7: label '2'; expected 1 or 0"),
        ("жужжат,1", "жужжат", r"2025_Task_1\.csv:7: 4 comma-separated cells; expected 5"),
        ("ru_1", "de_1", r"2025_Task_1\.csv:7: post de_1 stands here a second time"),
        ("label", "class", r"2025_Task_1\.csv: no column 'label'; expected it in the first row"),
        ('"zorafen', '"" zorafen', r"2025_Task_1\.csv:2: quotes do not pair .* comma-separated cells"),
    ],
)
def test_bad_file(copied, edit, old, new, message):
    edit(copied / "smm4h2025" / TRAIN, old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2025", "train", copied)
