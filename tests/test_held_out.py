from collections import Counter

from adetk.document import Document
from adetk.held_out import fold_of, split_development


def test_folds_are_about_equal_and_do_not_depend_on_the_other_documents():
    documents = [Document(str(i), f"number {i}") for i in range(2000)]
    sizes = Counter(fold_of(document, 5) for document in documents)
    assert sorted(sizes) == [0, 1, 2, 3, 4]
    assert max(sizes.values()) < 500 > min(sizes.values()) > 300
    assert [fold_of(document, 5) for document in documents[::-1]] == [
        fold_of(document, 5) for document in documents
    ][::-1]


def test_repeated_texts_and_the_sentences_of_a_post_share_a_fold():
    assert len({fold_of(Document(str(i), text), 97) for i, text in enumerate(("so sick", "SO sick!"))}) == 1
    sentences = [Document(str(i), f"number {i}", meta={"drug": "x", "post": "7"}) for i in range(20)]
    assert len({fold_of(sentence, 97) for sentence in sentences}) == 1


def test_each_fold_leaves_development_documents_to_the_others():
    documents = [Document(str(i), f"number {i}") for i in range(2000)]
    development = split_development(documents, 0.1).development
    sizes = Counter(fold_of(document, 5) for document in development)
    assert all(sizes[fold] < len(development) / 3 for fold in range(5))
