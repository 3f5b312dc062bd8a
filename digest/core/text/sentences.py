"""An abstract as sentences.

A sentence is named by its place in what `split` gives. An edition may store such places:
the same text always gives the same ones.
"""

import re

_END = re.compile(
    # Each begins behind another character, or a long row of dots would be read again and again.
    r"(?<=[^\s.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)"  # and what follows decides
    r"|(?<![。！？｡])[。！？｡]++[」』”’）\]]*+(?=[^\s」』”’）\]])"  # Chinese and Japanese leave no space
    r"|(?<=[^\s。！？｡؟۔।॥։])[。！？｡؟۔।॥։]++[」』”’）»\]]*+(?=\s)"
    r"|(?<=[a-z]{4})\.(?=(?:We|The|This|These|Our|In|To|It|Experiment(?:s|al)|Existing|Recent"
    r"|First|Furthermore|Moreover|However|While|From|Code)\b)"  # two that lost their space
)
_CONTEXT = 24  # characters before an end, and after it, that decide whether it is one

# Never at the end of a sentence.
_HARD = re.compile(
    r"(?:^|[\s(\[{“\"'/~–—-])(?:e\.?g|i\.?e|cf|vs|viz|w\.r\.t|a\.k\.a|s\.t|approx|resp|ca|incl|esp"
    r"|Dr|Prof|Mr|Mrs|Ms|St)\.$",
    re.IGNORECASE,
)
# Not at the end if a number or a label follows.
_COUNTED = re.compile(
    r"(?:^|[\s(\[])(?:Figs?|Eqs?|Eqns?|Secs?|Sect|Tabs?|Refs?|Chs?|Nos?|Vols?|Alg|Thm|Def|Lem|Prop"
    r"|App|Cor|Ex|pp?|ver)\.$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[(\[]?(?:\d|[IVXivx]{1,4}\b|[A-Z]\d*\b)")
# At the end only if the next word is one that begins sentences.
_SOFT = re.compile(
    r"(?:^|[\s(\[.-])(?:al|etc|Inc|Ltd|Corp|Co|Jr|Sr|res|[A-Za-z]|Ph\.D|[ap]\.m)\.[)\]]?$"
)
_LIST_NUMBER = re.compile(r"(?:^|[.:;,!?)]\s|\band\s)\(?\d{1,2}\.$")
_STARTER = re.compile(
    r"[\"'“(\[]?(?:We|Our|The|This|These|Those|That|There|They|It|Its|In|On|At|For|From|To|By|With"
    r"|An?|As|If|When|While|Although|Though|However|Moreover|Furthermore|Finally|First|Second|Here"
    r"|Thus|Therefore|Hence|Specifically|Experiments?|Results?|Recent|Existing|Code|Both|Such)\b"
)
# `o1`, `iFormer`, `rStar-Math`, `any4`: a name, though in lower case.
_BRAND = re.compile(r"[a-z][a-z-]*[A-Z0-9]\w*(?![\w:/])")
_ADDRESS = re.compile(r"(?:https?://|www\.)")


def split(text: str) -> tuple[str, ...]:
    """The sentences of a text on one line, in its order; together they are the text but for spaces.

    An address after a sentence belongs to it. It takes time linear in the text.
    """
    parts: list[str] = []
    start = 0
    for found in _END.finditer(text):
        end = found.end()
        if text[end].isspace() and not _ends(text, start, end):
            continue
        parts.append(text[start:end].strip())
        start = end
    parts.append(text[start:].strip())
    return tuple(filter(None, parts))


def _ends(text: str, start: int, end: int) -> bool:
    """Whether the sentence that began at `start` ends before the space at `end`."""
    after = text[end : end + _CONTEXT].lstrip()
    before = text[max(start, end - _CONTEXT) : end].lstrip()
    if not after or _ADDRESS.match(after):
        return False
    if after[0].islower() and not _BRAND.match(after):
        return False
    if _HARD.search(before) or _LIST_NUMBER.search(before):
        return False
    if _COUNTED.search(before):
        return not _LABEL.match(after)
    return not _SOFT.search(before) or bool(_STARTER.match(after))


_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")


def between(one: str, other: str) -> str:
    """What separates two neighbours when they are shown: a space, or nothing in Chinese."""
    return "" if _CJK.match(one[-1:]) and _CJK.match(other[:1]) else " "
