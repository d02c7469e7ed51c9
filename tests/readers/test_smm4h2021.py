from adetk.document import Document, Mention
from adetk.readers import CORPORA, read_corpus


def test_labels_as_2021_writes_them(fixtures):
    assert read_corpus("smm4h2021", "valid", fixtures) == [
        Document(
            "fix9",
            'zorafen: 😵 dizzy &amp; ""sore""',
            "ADE",
            mentions=(
                Mention(((11, 16),), gold=(frozenset({"90000006"}),)),
                Mention(((23, 31),), gold=()),
            ),
        ),
        Document("fix10", "lumerade again", "noADE"),
    ]


def test_it_is_the_data_of_2022_in_a_folder_of_its_own():
    one, other = CORPORA["smm4h2021"], CORPORA["smm4h2022"]
    assert (one.splits, one.expected, one.read) == (other.splits, other.expected, other.read)
    assert (one.name, one.folder) == ("smm4h2021", "smm4h2021")
