"""Which sentences of an abstract a reader sees.

The one place that decides it: a better splitting or choosing is put in here, and views,
templates and tests stay as they are.
"""

import re
from collections.abc import Sequence

from digest.core.model import Match
from digest.mail.safe import clean, clip

_MOST = 3  # sentences

_SENTENCE_END = re.compile(r"[.!?]+[\"”’)\]]*(?=\s+[^\sa-z])|[。！？]|[؟۔](?=\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|w\.r\.t|al|cf|vs|resp|approx|etc|Figs?|Eqs?|Secs?|Tab|Refs?|No|Dr|St"
    r"|[A-Z]))\.$"
)


def excerpt(abstract: str, limit: int, matches: Sequence[Match] = (), title: str = "") -> str:
    """The sentences of an abstract that matter, three at most, in at most `limit` characters.

    For now the first ones. An abstract that fits is whole. Where the sentences that fit would
    be less than a third of the room, the text is cut between words instead.

    Args:
        abstract: as a reader may see it.
        limit: characters.
        matches: what brought the paper to this reader.
        title: the paper's, which need not be said again.
    """
    del matches, title  # until sentences are chosen by them
    text = clean(abstract)
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit + 2)]
    ends = [end for end in ends if end <= limit and not _ABBREVIATION.search(text, 0, end)][:_MOST]
    return text[: ends[-1]] if ends and ends[-1] * 3 >= limit else clip(text, limit)
