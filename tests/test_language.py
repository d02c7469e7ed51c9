import logging

import pytest

from adetk.document import Document
from adetk.language import language_of, languages_of, recognized, watched
from adetk.text import clean

SPANISH = "llevo tres semanas con sertralina y no puedo dormir nada, me tiemblan las manos"
GERMAN = "seit drei Wochen nehme ich Sertralin und kann nachts nicht schlafen"
FRENCH = "je prends de la sertraline depuis trois semaines et je ne dors plus"
UKRAINIAN = "після антибіотика мене нудить цілий день"
ENGLISH = "three weeks on sertraline and i cannot sleep at all, my hands shake"
RUSSIAN = "третью неделю пью золофт, совсем не сплю и трясутся руки"


def post(text, **meta):
    return Document("1", text, meta=meta)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH, "en"),
        (RUSSIAN, "ru"),
        ("золофт prolong, 50 mg", "en"),
        ("пью zoloft уже год", "ru"),
        ("zoloft 🤢", "en"),
        ("ёж", "ru"),
        ("@some_long_handle сплю https://a.example/long", "ru"),
        ("12 😀 …", "en"),
        ("", "en"),
        (SPANISH, "en"),
    ],
)
def test_letters_tell_russian_from_english(text, expected):
    assert language_of(post(text)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ru", "ru"),
        (" RU ", "ru"),
        ("ru-RU", "ru"),
        ("es_419", "es"),
        ("", "en"),
        ("auto", "en"),
        ("und", "en"),
        ("zxx", "en"),
        ("qst", "en"),
        (None, "en"),
        (7, "en"),
    ],
)
def test_a_language_that_is_given_counts_where_it_is_a_code(given, expected):
    assert language_of(post(ENGLISH, lang=given)) == recognized(post(ENGLISH, lang=given)) == expected


def test_emoji_are_named_in_the_language_of_the_post():
    russian, english = post("тошнит 🤢"), post("sick 🤢")
    assert "тошн" in clean(russian.text, language_of(russian)).text.removeprefix("тошнит")
    assert "nauseated" in clean(english.text, language_of(english)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPANISH, "es"),
        (GERMAN, "de"),
        (FRENCH, "fr"),
        (UKRAINIAN, "uk"),
        (ENGLISH, "en"),
        (RUSSIAN, "ru"),
        ("zoloft", "en"),
        ("прозак", "ru"),
        ("control \x01\x00 character", "en"),
        ("\ud800 lone surrogate", "en"),
        ("", "en"),
    ],
)
def test_other_languages_are_recognized_where_it_is_sure(text, expected):
    assert recognized(post(text)) == expected


def test_what_was_learnt_is_what_one_document_in_a_hundred_is_in():
    assert languages_of([post(ENGLISH)] * 99 + [post(RUSSIAN)]) == ["en", "ru"]
    assert languages_of([post(ENGLISH)] * 199 + [post(RUSSIAN)]) == ["en"]
    assert languages_of([]) == []


def test_posts_in_other_languages_come_out_and_are_counted_in_one_warning(caplog):
    documents = [post(ENGLISH), post(SPANISH), post(GERMAN), post(SPANISH), post(RUSSIAN, lang="ru")]
    with caplog.at_level(logging.WARNING, logger="adetk"):
        assert list(watched(iter, ["en", "ru"])(documents)) == documents
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert message.startswith("3 of 5 posts")
    assert "(es 2, de 1; it learnt en, ru)" in message


def test_posts_in_learnt_languages_are_passed_on_in_silence(caplog):
    with caplog.at_level(logging.WARNING, logger="adetk"):
        assert len(list(watched(iter, {"en"})([post(ENGLISH)] * 3))) == 3
    assert caplog.records == []


def test_long_codes_of_the_two_languages_mean_the_same():
    for code, short in (("eng", "en"), ("RUS", "ru"), ("rus-RU", "ru")):
        assert language_of(Document("1", "hm", meta={"lang": code})) == short
