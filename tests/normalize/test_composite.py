import pytest

from adetk.normalize.composite import conjuncts

KNOWN = {"elbow hum", "knee hum", "hum of toe", "hum of ear", "glow", "buzz", "salt and ice", "salt", "ice"}


def is_known(surface):
    return surface.casefold() in KNOWN


@pytest.mark.parametrize(
    ("surface", "parts"),
    [
        ("elbow and knee hum", ["elbow hum", "knee hum"]),
        ("elbow/knee hum", ["elbow hum", "knee hum"]),
        ("Elbow & Knee Hum", ["Elbow Hum", "Knee Hum"]),
        ("hum of toe and ear", ["hum of toe", "hum of ear"]),
        ("elbow and chin hum", []),  # nobody knows chin hum
        ("knee hum", []),
        ("salt and ice", []),  # known as a whole
        ("sandy", []),  # no joint inside a word
        ("and", []),
        ("", []),
    ],
)
def test_effects_that_share_words_are_taken_apart_anywhere(surface, parts):
    assert conjuncts(surface, is_known, is_list=False) == parts
    assert conjuncts(surface, is_known, is_list=True) == parts


@pytest.mark.parametrize(
    ("surface", "parts"),
    [
        ("glow and buzz", ["glow", "buzz"]),
        ("glow, buzz", ["glow", "buzz"]),
        ("glow, buzz, and knee hum", ["glow", "buzz", "knee hum"]),
        ("glow + ice/buzz & salt", ["glow", "ice", "buzz", "salt"]),
        (" glow, ", []),
        ("glow and fog", []),
        ("glow but buzz", []),
    ],
)
def test_effects_that_share_none_are_taken_apart_in_a_list_only(surface, parts):
    assert conjuncts(surface, is_known, is_list=True) == parts
    assert conjuncts(surface, is_known, is_list=False) == []
