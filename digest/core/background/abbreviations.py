"""Finds the abbreviations that a text defines, as in "mixture of experts (MoE)".

Source: A. S. Schwartz and M. A. Hearst (2003), A simple algorithm for identifying abbreviation
definitions in biomedical text. The search goes back over at most `MAX_LOOK_BACK` characters, so
that a text of many parentheses takes linear time.
"""

import re
from collections.abc import Iterator

MAX_LOOK_BACK = 160
"""Characters before a parenthesis in which the long form is looked for."""

_DEFINED = re.compile(r"\(\s?([A-Za-z][A-Za-z0-9&/.+-]{1,9})\s?[);,]")
_WORD = re.compile(r"[^\s/\-‐‑–—]+")
_BREAK = re.compile(r"[()\[\]{}]|[;:,.!?](?=\s|$)")


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Yields each abbreviation that a text defines, and its long form, as written."""
    for match in _DEFINED.finditer(text):
        # The plural of an abbreviation: the s of "LLMs" stands for no word.
        short = match[1].removesuffix("s") if match[1][-2].isupper() else match[1]
        if sum(char.isupper() for char in short) < 2:
            continue
        before = text[max(0, match.start() - MAX_LOOK_BACK) : match.start()].rstrip()
        if long := _long_form(short, _BREAK.split(before)[-1]):
            yield short, long


def _long_form(short: str, candidate: str) -> str | None:
    """Returns the shortest end of `candidate` that contains the letters of `short` in order.

    The first letter must begin a word. The long form has at least two words, and not many more
    than the abbreviation has letters.
    """
    place = len(candidate) - 1
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].lower()
        if not letter.isalnum():
            continue
        while place >= 0 and (
            candidate[place].lower() != letter
            or (index == 0 and place > 0 and candidate[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
        place -= 1
    long = candidate[place + 1 :].strip()
    # The limit of the source: at most 5 words more than letters, and at most twice as many.
    most = min(len(short) + 5, 2 * len(short))
    if not 2 <= len(_WORD.findall(long)) <= most or len(long) <= len(short):
        return None
    return long
