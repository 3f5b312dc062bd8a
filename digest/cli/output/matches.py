"""The reasons for a score as text: keywords without their syntax, and words of the paper."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from digest.core.editions.reasons import (
    EvidenceKind,
    ScoreLevel,
    keyword_name,
    minor_matches,
    named_keywords,
    score_level,
    words_of,
)
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.models.editions import KeywordMatch

_MAX_KEYWORDS = 4

LEVELS = {
    ScoreLevel.STRONG: "strong match",
    ScoreLevel.GOOD: "good match",
    ScoreLevel.RELATED: "related",
    ScoreLevel.WEAK: "weak match",
}
"""The words for a score, as in the message."""

_WHERE = {
    "near": "its words near each other",
    "author": "is an author",
    "category": "is a category",
    "institution": "is an institution of the authors",
    "venue": "is the journal",
    "cites": "is cited",
    "votes": "of readers",
    "code": "is available",
    "followed": "is an author",
    "avoided": "is avoided",
    "liked": "is like it, from the reading list",
    "feedback": "is like it, with feedback of the reader",
    "model": "grades it",
}

_PHRASES = {
    EvidenceKind.AUTHOR: "follows {}",
    EvidenceKind.INSTITUTION: "from {}",
    EvidenceKind.VENUE: "in {}",
    EvidenceKind.CITES: "cites {}",
}
_TITLES = ("liked", "feedback")  # fields whose keyword is the title of another paper


def level(score: float) -> str:
    """Returns the words for a score."""
    return LEVELS[score_level(score)]


def reason(matches: Sequence["KeywordMatch"]) -> str:
    """Returns the keywords of a paper on one line, as the message names them; empty: none."""
    named = named_keywords(matches)
    found = [item for item in named if item.evidence in (EvidenceKind.CONTAINED, EvidenceKind.NEAR)]
    close = [item for item in named if item.evidence is EvidenceKind.CLOSE]
    names = ", ".join(item.shown for item in found[:_MAX_KEYWORDS])
    liked = [
        _PHRASES.get(item.evidence, "like “{}”").format(item.name)
        for item in named
        if item.evidence.value in _TITLES or item.evidence in _PHRASES
    ]
    if found or not close:
        return "; ".join(filter(None, (names, *liked)))
    words = words_of(close[:2], most=_MAX_KEYWORDS)
    keywords = ", ".join(item.name for item in close[:2])
    closeness = f"close to {keywords}" + (f": {', '.join(words)}" if words else "")
    return "; ".join((closeness, *liked))


def point_lines(matches: Sequence["KeywordMatch"]) -> Iterator[str]:
    """Yields one line for each keyword, with its points and the evidence.

    Keywords with less than one point each share the last line. The points add up to the score.
    """
    minor = minor_matches(matches)
    for match in matches:
        if match not in minor:
            is_title = match.field in _TITLES
            name = match.keyword if is_title else keyword_name(match.keyword)
            yield f"{match.contribution:+5.1f}  {name}  {_evidence(match)}"
    if minor:
        points = sum(match.contribution for match in minor)
        yield f"{points:+5.1f}  {count(len(minor), 'other reason')}, each of less than a point"


def _evidence(match: "KeywordMatch") -> str:
    if match.field == "related":
        words = ", ".join(match.words)
        return f"words close to it: {words}" if words else "words close to it"
    where = _WHERE.get(match.field, f"in the {match.field}")
    return f"{where}: {', '.join(match.words)}" if match.words else where
