"""Selects what is named as the reason for a paper: keywords, and words of the paper.

The keywords that the paper contains come first, then those whose words are near each other in
it, then those that it is only close to. A keyword that brought less than one point is not named.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from digest.core.keywords.connections import parse_connection
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import LEAST_POINTS, KeywordMatch
from digest.core.models.profiles import is_text
from digest.core.text.tokens import lemma, tokenise

LEAST_SHARE = 0.1
"""A keyword to which the paper is only close is not named if it brought less of the score than this."""

ENOUGH_SHARE = 0.25
"""If the keywords in the paper brought this share of the score, they are reason enough."""

STRONG, GOOD, RELATED = 60, 40, 20
"""The scores from which a match is called so. Of the papers that were judged by hand, 98 % of those
from 60 on were of use to the reader, 87 % from 40 to 60, and 55 % from 20 to 40
(docs/research/ranking.md)."""

_CONTAINED = frozenset(
    ("title", "abstract", "author", "category", "followed", "institution", "venue", "cites")
)


class ScoreLevel(Enum):
    """What a score means, in one word."""

    STRONG = "strong"
    GOOD = "good"
    RELATED = "related"
    WEAK = "weak"

    # Members are part of keys that each message looks up; Enum's own hash is a call in Python.
    __hash__ = object.__hash__


class EvidenceKind(Enum):
    """How a keyword was found in a paper."""

    CONTAINED = "contained"  # the keyword itself, its abbreviation or long form, or its rare word
    NEAR = "near"  # its words, near each other
    CLOSE = "close"  # words that often occur with it
    LIKED = "liked"  # not a keyword: the paper is like one of the reading list
    FEEDBACK = "feedback"  # not a keyword: the paper is like one that the reader liked
    AUTHOR = "by_author"  # the record of the paper names the id of an author
    INSTITUTION = "from_institution"
    VENUE = "in_venue"
    CITES = "cites_paper"

    # Members are part of keys that each message looks up; Enum's own hash is a call in Python.
    __hash__ = object.__hash__


class NamedKeyword(Struct, frozen=True, gc=False, cache_hash=True):
    """A keyword that is named as a reason. It is part of several keys, so its hash is kept."""

    name: str  # without its syntax; for LIKED and FEEDBACK the title of the other paper
    evidence: EvidenceKind
    words: tuple[str, ...] = ()  # of the paper: what is close to the keyword, or its other name

    @property
    def shown(self) -> str:
        """The name, with that of the paper if it has only an abbreviation, the long form or a rare word."""
        has_other = self.words and self.evidence is EvidenceKind.CONTAINED
        return f"{self.name} ({self.words[0]})" if has_other else self.name


# Words alone: parsed or not, such a keyword is its own name.
_IS_NAME = re.compile("[A-Za-z0-9-]+(?: [A-Za-z0-9-]+)*").fullmatch
# "close to metadata (100 000)" tells nothing.
_HAS_LETTER = re.compile(r"[^\W\d_]").search
_CONNECTED = {
    "author": EvidenceKind.AUTHOR,
    "institution": EvidenceKind.INSTITUTION,
    "venue": EvidenceKind.VENUE,
    "cites": EvidenceKind.CITES,
}
_LIKED = {kind.value: kind for kind in (EvidenceKind.LIKED, EvidenceKind.FEEDBACK)}

RawMatch = tuple[str, str, float, Sequence[str]]
"""The keyword, field, contribution and words of a `KeywordMatch`."""


def score_level(score: float) -> ScoreLevel:
    """Returns what a score means, after it is rounded as in the digest.

    Args:
        score: 0 to 100.
    """
    points = round(score)
    if points >= STRONG:
        return ScoreLevel.STRONG
    if points >= GOOD:
        return ScoreLevel.GOOD
    return ScoreLevel.RELATED if points >= RELATED else ScoreLevel.WEAK


def named_keywords(
    matches: Iterable[KeywordMatch], score: float | None = None
) -> tuple[NamedKeyword, ...]:
    """Returns the keywords to name, each once, those that the paper contains first.

    Args:
        matches: of one paper, the largest contribution first. Those below `LEAST_POINTS` are never
            named and may be missing if the score is given.
        score: of the paper; None: the sum of the matches.
    """
    return name_matches(raw_matches(matches), score)


def raw_matches(matches: Iterable[KeywordMatch]) -> list[RawMatch]:
    """Returns the matches as the ledger stores them."""
    return [(match.keyword, match.field, match.contribution, match.words) for match in matches]


def name_matches(
    matches: Sequence[RawMatch], score: float | None = None
) -> tuple[NamedKeyword, ...]:
    """Returns the same as `named_keywords`, for matches as the ledger stores them."""
    found: dict[str, NamedKeyword] = {}
    others: list[RawMatch] = []
    connected: list[NamedKeyword] = []
    points = 0.0
    for match in matches:
        keyword, field, contribution, words = match
        # Below 0 are papers that the reader did not like: no reason to show this one.
        if contribution < LEAST_POINTS:
            continue
        if field not in _CONTAINED:
            others.append(match)
            continue
        points += contribution
        # An author who was found by the name is named as other keywords are.
        if field in _CONNECTED and (words or field != "author"):
            name = words[0] if words else keyword_name(keyword)
            connected.append(NamedKeyword(name, _CONNECTED[field]))
            continue
        name = keyword_name(keyword)
        if name not in found:
            found[name] = NamedKeyword(name, EvidenceKind.CONTAINED, tuple(words))
    if others:
        total = sum([match[2] for match in matches]) if score is None else score
        _add_not_contained(found, others, points=points, total=total)
    if not connected and not others:
        return tuple(found.values())
    return (*found.values(), *connected, *_liked_papers(others))


def _add_not_contained(
    found: dict[str, NamedKeyword], others: Sequence[RawMatch], *, points: float, total: float
) -> None:
    """Adds the keywords whose words are near each other, and those that the paper is only close to.

    Args:
        found: those that the paper contains, by their names.
        others: the other matches.
        points: what the paper got for those that it contains.
        total: the score of the paper.
    """
    for keyword, field, contribution, words in others:
        if field == "near":
            points += contribution
            name = keyword_name(keyword)
            if name not in found:
                found[name] = NamedKeyword(name, EvidenceKind.NEAR, tuple(words))
    if points >= ENOUGH_SHARE * total:
        return
    least = max(LEAST_POINTS, LEAST_SHARE * total)
    for keyword, field, contribution, words in others:
        if field == "related" and contribution >= least:
            name = keyword_name(keyword)
            if name not in found:
                told = tuple([word for word in words if _HAS_LETTER(word)])
                found[name] = NamedKeyword(name, EvidenceKind.CLOSE, told)


def _liked_papers(others: Sequence[RawMatch]) -> list[NamedKeyword]:
    """Returns the nearest paper of the reading list, and the nearest that the reader liked."""
    nearest: dict[str, NamedKeyword] = {}
    for match in others:
        field = match[1]
        if field in _LIKED and field not in nearest:
            nearest[field] = NamedKeyword(match[0], _LIKED[field])
    return [nearest[field] for field in _LIKED if field in nearest] if nearest else []


def words_of(
    close: Iterable[NamedKeyword], *, beside: Iterable[NamedKeyword] = (), most: int
) -> tuple[str, ...]:
    """Returns the words that some keywords name: first the first word of each keyword.

    Of words that share a part, such as "attention" and "attention mechanism", the first is taken.

    Args:
        close: the keywords.
        beside: keywords that are named before them. Their words are not repeated.
        most: the largest number of words.
    """
    given = [item.words for item in close]
    longest = max(map(len, given), default=0)
    used = {lemma(part) for item in beside for part in tokenise(item.name)}
    kept: list[str] = []
    for place in range(longest):
        for words in given:
            if place >= len(words):
                continue
            parts = {lemma(part) for part in words[place].split()}
            if used.isdisjoint(parts) and len(kept) < most:
                used |= parts
                kept.append(words[place])
    return tuple(kept)


def minor_matches(matches: Iterable[KeywordMatch]) -> list[KeywordMatch]:
    """Returns the matches that are not worth a line of their own."""
    return [match for match in matches if abs(match.contribution) < LEAST_POINTS]


@lru_cache(maxsize=1 << 16)  # the same keywords are named again and again
def keyword_name(text: str) -> str:
    """Returns a keyword without quotes, field and weight; a prefix ends with "…".

    Args:
        text: as the reader wrote it; a text that is no keyword stays as it is.
    """
    if _IS_NAME(text):  # most keywords; parsing takes many times as long
        return text
    try:
        keyword = parse(text)
    except KeywordError:  # the name of a person, or from an edition of another version
        return text.strip('"')
    if not is_text(keyword) and keyword.field != "category":
        found = parse_connection(keyword.field, keyword.term)
        # The name after an id, or else the id as the reader wrote it.
        return found.name if found and found.name else keyword.term
    return f"{keyword.term}…" if keyword.prefix else keyword.term
