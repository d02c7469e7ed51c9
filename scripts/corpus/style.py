"""How posts are written: length, and the habits of a stream (handles, capitals, slang ...), as rates, never as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import emoji
import numpy as np

QUANTILES = (0, 5, 25, 50, 75, 95, 100)

_ADDRESS = re.compile(r"https?://\S+|HTTPURL_*|(?<![\w@])@\w+|^\s*RT\b")
_SLANG = (
    "lol lmao lmfao rofl smh tbh idk omg wtf af rn imo imho fr ngl ikr btw fyi tho thru gonna wanna gotta cuz "
    "coz bc bcuz ya yall u ur r n w pls plz thx ppl tmrw tmr 2day b4 gr8 dm irl nvm jk ffs tf istg ily bf gf "
    "dr doc meds rx"
)
_BARE_CONTRACTION = (
    "dont cant wont didnt doesnt isnt wasnt wouldnt couldnt shouldnt havent hasnt aint arent im ive youre "
    "theyre thats whats hes shes lets"
)


def _one_of(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words.split())})\b", re.IGNORECASE)


HABIT_TO_PATTERN = {
    "handle": re.compile(r"(?<![\w@])@\w+"),
    "begins with a handle": re.compile(r"\s*@\w+"),
    "retweet": re.compile(r"\s*RT\b"),
    "link": re.compile(r"https?://|HTTPURL|\bwww\.\w"),
    "hashtag": re.compile(r"(?<![&\w])#[^\W\d]\w*"),
    "HTML entity": re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d+);"),
    "line break": re.compile(r"\n"),
}
"""Looked for in the raw post; the first two of its start by `match`."""

HABIT_TO_WORDING = {
    "emoticon": re.compile(r"(?:^|\s)(?:[:;=][-'o^]?[()DPpOo/\\|]|<3|&lt;3|xx+\b|[-_^oT]_+[-_^oT])"),
    "no capital letter": re.compile(r"^[^A-Z]*$"),
    "begins with a capital": re.compile(r"^\W*[A-Z]"),
    "word in capitals (2 letters or more)": re.compile(r"\b[A-Z]{2,}\b"),
    "lone i in lower case": re.compile(r"\bi\b"),
    "lone I": re.compile(r"\bI\b"),
    "digit": re.compile(r"\d"),
    "dose": re.compile(r"\d\s?(?:mg|mcg|ml|g|units?|iu)\b", re.IGNORECASE),
    "lengthened word (sooo)": re.compile(r"([a-z])\1\1", re.IGNORECASE),
    "slang abbreviation": _one_of(_SLANG),
    "contraction with apostrophe": re.compile(r"[a-z]['’](?:t|s|m|re|ve|ll|d)\b", re.IGNORECASE),
    "contraction without apostrophe": _one_of(_BARE_CONTRACTION),
    "swear word": re.compile(r"\b(?:f+u+c+k|shit|damn|bitch|bullshit|hell\b|ass\b|crap)", re.IGNORECASE),
    "ellipsis": re.compile(r"\.\.|…"),
    "ends cut off (…)": re.compile(r"…\W*$"),
    "ends with a full stop": re.compile(r"(?<!\.)\.[\s\"')]*$"),
    "exclamation mark": re.compile(r"!"),
    "question mark": re.compile(r"\?"),
    "!! or ??": re.compile(r"[!?]{2}"),
    "comma": re.compile(r","),
    "full stop inside": re.compile(r"[^.]\.\s+\w"),
    "colon": re.compile(r":(?=\s)"),
    "dash": re.compile(r"\s[-–—]+\s|—"),
    "quotation mark": re.compile(r"[\"“”]"),
    "bracket": re.compile(r"(?<![:;=-])[()]"),
    "curly apostrophe": re.compile(r"’"),
    "I, my, me": _one_of("i i'm i've i'll i'd im ive my me mine myself"),
    "you": _one_of("you your you're youre u ur yours"),
    "she, he, they": _one_of("he she they him her them his their"),
    "not, no": re.compile(r"\b(?:not|no|never|none)\b|n['’]?t\b", re.IGNORECASE),
}
"""Looked for in what stays without handles, links and a leading RT."""


def habit_shares(texts: Sequence[str]) -> dict[str, float]:
    """For each habit, the share of posts that show it, in [0, 1]; there must be posts."""
    found = [_habits(text) for text in texts]
    return {habit: sum(habit in shown for shown in found) / len(found) for habit in _names()}


def length_quantiles(texts: Sequence[str]) -> dict[str, list[float]]:
    """`QUANTILES` of the posts' characters and of their words, which stand between white space."""
    measures: dict[str, Callable[[str], int]] = {"characters": len, "words": lambda text: len(text.split())}
    return {
        name: np.percentile([measure(text) for text in texts], QUANTILES).round(1).tolist()
        for name, measure in measures.items()
    }


def _habits(text: str) -> frozenset[str]:
    wording = _ADDRESS.sub(" ", text).strip()
    shown = {habit for habit, pattern in HABIT_TO_WORDING.items() if pattern.search(wording)}
    for habit, pattern in HABIT_TO_PATTERN.items():
        is_start = habit in ("begins with a handle", "retweet")
        if pattern.match(text) if is_start else pattern.search(text):
            shown.add(habit)
    if emoji.emoji_count(text) > 0:
        shown.add("emoji")
    return frozenset(shown)


@cache
def _names() -> tuple[str, ...]:
    return (*HABIT_TO_PATTERN, "emoji", *HABIT_TO_WORDING)
