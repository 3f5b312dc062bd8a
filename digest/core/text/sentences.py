"""Splits an abstract into sentences.

A sentence is identified by its index in the result of `split`. Editions store such indexes, so
the same text must always give the same sentences.
"""

import re
from collections.abc import Iterator

from digest.late_patterns import late_pattern

# Where a sentence ends, by the sign with which the end begins. Each alternative starts with a
# lookbehind: otherwise a long row of dots would be scanned from every dot, which takes quadratic time.
_END = re.compile(
    r"(?<=[^\s.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)"  # `_is_end` decides by the context
    r"|(?<=[a-z]{4})\.(?=(?:We|The|This|These|Our|In|To|It|Experiment(?:s|al)|Existing|Recent"
    r"|First|Furthermore|Moreover|However|While|From|Code)\b)"  # the space between two sentences is missing
)
_OTHER_END = late_pattern(
    r"(?<![。！？｡])[。！？｡]++[」』”’）\]]*+(?=[^\s」』”’）\]])"  # Chinese and Japanese have no space
    r"|(?<=[^\s。！？｡؟۔।॥։])[。！？｡؟۔।॥։]++[」』”’）»\]]*+(?=\s)"
)
_SIGN = re.compile(r"[.!?…。！？｡؟۔।॥։]")  # with which all of these begin
_SIGNS_OF_END = ".!?…"
_CONTEXT = 24  # characters on each side of a possible end that decide whether it is one

# Abbreviations that never end a sentence.
_NEVER_AT_END = re.compile(
    r"(?:^|[\s(\[{“\"'/~–—-])(?:e\.?g|i\.?e|vs|viz|w\.r\.t|a\.k\.a|s\.t|approx|resp|incl|esp"
    # "30 ms." and "low-resolution ST." may end a sentence.
    r"|(?-i:[Cc]f|[Cc]a|Dr|Prof|Mr|Mrs|Ms|St))\.$",
    re.IGNORECASE,
)
# Abbreviations that do not end a sentence if a number or a label follows.
_BEFORE_NUMBER = re.compile(
    r"(?:^|[\s(\[])(?:Figs?|Eqs?|Eqns?|Secs?|Sect|Tabs?|Refs?|Chs?|Nos?|Vols?|Alg|Thm|Def|Lem|Prop"
    r"|App|Cor|Ex|pp?|ver)\.$",
    re.IGNORECASE,
)
_LABEL = late_pattern(r"[(\[]?(?:\d|[IVXivx]{1,4}\b|[A-Z]\d*\b)")
# Abbreviations that end a sentence only if the next word is a typical first word.
_MAYBE_AT_END = re.compile(
    r"(?:^|[\s(\[.-])(?:al|etc|Inc|Ltd|Corp|Co|Jr|Sr|res|[A-Za-z]|Ph\.D|[ap]\.m)\.[)\]]?$"
)
_LIST_NUMBER = re.compile(r"(?:^|[.:;,!?)]\s|\band\s)\(?\d{1,2}\.$")
_STARTER = late_pattern(
    r"[\"'“(\[]?(?:We|Our|The|This|These|Those|That|There|They|It|Its|In|On|At|For|From|To|By|With"
    r"|An?|As|If|When|While|Although|Though|However|Moreover|Furthermore|Finally|First|Second|Here"
    r"|Thus|Therefore|Hence|Specifically|Experiments?|Results?|Recent|Existing|Code|Both|Such)\b"
)
# `o1`, `iFormer`, `rStar-Math`, `any4`: names that start with a lower-case letter.
_BRAND = late_pattern(r"[a-z][a-z-]*[A-Z0-9]\w*(?![\w:/])")
_ADDRESS = re.compile(r"(?:https?://|www\.)")


def split(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text, in order; nothing but spaces is lost.

    A web address after a sentence belongs to that sentence. The time is linear in the length.

    Args:
        text: on one line, as `digest.core.text.display.display_text` returns it.
    """
    parts: list[str] = []
    start = 0
    for end in _ends(text):
        if text[end].isspace() and not _is_end(text, start, end):
            continue
        parts.append(text[start:end].strip())
        start = end
    parts.append(text[start:].strip())
    return tuple(filter(None, parts))


def _ends(text: str) -> Iterator[int]:
    """Yields where the matches of `_END` and `_OTHER_END` end."""
    last = 0
    # One class of characters is searched for much faster than alternatives with lookbehinds.
    for sign in _SIGN.finditer(text):
        if sign.start() < last:
            continue
        pattern = _END if sign[0] in _SIGNS_OF_END else _OTHER_END
        if match := pattern.match(text, sign.start()):
            last = match.end()
            yield last


def _is_end(text: str, start: int, end: int) -> bool:
    """Returns True if the sentence that starts at `start` ends before the space at `end`."""
    after = text[end : end + _CONTEXT].lstrip()
    before = text[max(start, end - _CONTEXT) : end].lstrip()
    if not after or _ADDRESS.match(after):
        return False
    if after[0].islower() and not _BRAND.match(after):
        return False
    if _NEVER_AT_END.search(before) or _LIST_NUMBER.search(before):
        return False
    if _BEFORE_NUMBER.search(before):
        return not _LABEL.match(after)
    return not _MAYBE_AT_END.search(before) or bool(_STARTER.match(after))


def separator(first: str, second: str) -> str:
    """Returns the separator of two neighbouring sentences: a space, or nothing in Chinese."""
    return "" if _is_cjk(first[-1:]) and _is_cjk(second[:1]) else " "


def _is_cjk(sign: str) -> bool:
    # Not a regular expression: one with so many characters takes long to compile at each start.
    return (
        "\u3000" <= sign <= "\u30ff"
        or "\u3400" <= sign <= "\u4dbf"
        or "\u4e00" <= sign <= "\u9fff"
        or "\uff00" <= sign <= "\uffef"
    )
