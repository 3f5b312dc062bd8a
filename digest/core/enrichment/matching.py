"""Decides whether a record that a search returned is surely the stored paper.

A search returns what is similar, also if it does not know the paper. A wrong link in a message is
worse than none, so a record is accepted only in these cases:

- The title keys are equal, and an identifier is too, if the stored paper has one.
- The title keys are equal, and authors or abstract agree (`judge_title`).
- The title keys are equal, nothing else can be compared or contradicts, the title is distinctive,
  and the record is about as old as the stored paper.
- The titles are similar, the abstracts begin nearly the same, and no word of one title alone is in
  one abstract alone.

If two records are accepted that cannot be one paper, none is.

Measured on 28,366 papers of arXiv: no two have the same title key. Of 545 pairs of different papers
with similar titles, two have abstracts whose beginnings are more similar than 0.69: they are two
submissions of one text. docs/enrichment.md has the figures of the whole stage.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

from msgspec import Struct

from digest.core.identity.identifiers import are_contradictory, are_separate, title_key
from digest.core.identity.similarity import SAME_OPENING, jaccard, opening_similarity, words
from digest.core.identity.title_evidence import TitledPaper, TitleVerdict, judge_title
from digest.core.models.papers import AnnouncementKind, Paper

MIN_WORDS = 4  # longer than `_SHORT`, in a title that needs no other evidence
MIN_KEY_LENGTH = 24  # characters, of such a title's key
MAX_AGE = timedelta(
    days=730
)  # between the record's date and the first sight, without other evidence
NEARLY_SAME_OPENING = 0.8  # of abstracts, if the titles differ
MIN_ABSTRACT = 100  # characters of an abstract that proves something
SIMILAR_TITLE = 0.5  # of two titles that may be one

_SHORT = 3  # letters of a word that makes no title distinctive
_SUBTITLE = re.compile(r":|[-–—]\s|\s[-–—]")
_NUMBER = re.compile(r"\d+|\b[ivx]+\b", re.IGNORECASE)  # "Part II" is not "Part I"


class FoundPaper(Struct, frozen=True, kw_only=True):
    """The result of comparing a stored paper with the records of an answer."""

    paper: Paper | None  # None: no record is surely the stored paper
    reason: str  # what agrees, or why none was accepted; for people


def choose(wanted: Paper, records: Sequence[Paper], *, seen: date) -> FoundPaper:
    """Returns the record that is surely the stored paper.

    Args:
        wanted: the stored paper.
        records: what a service returned, in any order.
        seen: the day on which the stored paper was first seen.
    """
    key = title_key(wanted.title)
    accepted = [
        (title_key(record.title) == key, record, reason)
        for record in records
        if (reason := agreement(wanted, record, seen=seen))
    ]
    equal = [item for item in accepted if item[0]]
    # A record with this very title is meant, also if another version of it has a similar one.
    best = equal or accepted
    if not best:
        return FoundPaper(paper=None, reason="no record is surely this paper")
    contradictory = are_contradictory if equal else are_separate
    for (_, one, _), (_, other, _) in combinations(best, 2):
        if contradictory(one.identifiers, other.identifiers):
            return FoundPaper(paper=None, reason="two different papers have this title")
    # The record with the strongest identifier; of equal ones, the first.
    _, paper, reason = min(best, key=lambda item: _strength(item[1]))
    return FoundPaper(paper=paper, reason=reason)


def agreement(wanted: Paper, record: Paper, *, seen: date) -> str:
    """Returns what shows that a record is the stored paper; empty if it is not sure.

    Args:
        wanted: the stored paper.
        record: a record that a service returned.
        seen: the day on which the stored paper was first seen.
    """
    if (
        not record.identifiers
        or record.notice is AnnouncementKind.WITHDRAWN
        or are_contradictory(wanted.identifiers, record.identifiers)
    ):
        return ""
    if title_key(wanted.title) != title_key(record.title):
        return _near_agreement(wanted, record)
    if not {*wanted.identifiers}.isdisjoint(record.identifiers):
        return "the same title and identifier"
    return _title_agreement(wanted, record, seen=seen)


def _title_agreement(wanted: Paper, record: Paper, *, seen: date) -> str:
    """Returns what shows that a record with the same title is the stored paper."""
    similarity = opening_similarity(wanted.abstract, record.abstract)
    verdict = judge_title(_titled(wanted), _titled(record), listed=())
    if verdict is TitleVerdict.CONTRADICTED:
        return ""
    if not is_distinctive(wanted.title):
        # One editor may write many an “Introduction”, so authors are not enough.
        same = similarity >= SAME_OPENING and _have_abstracts(wanted, record)
        return "the same title, and abstracts that begin alike" if same else ""
    if verdict is TitleVerdict.CONFIRMED:
        return "the same title, and abstract or authors agree"
    is_near = record.published is not None and abs(record.published - seen) <= MAX_AGE
    return "the same long title, of about the same time" if is_near else ""


def is_distinctive(title: str) -> bool:
    """Returns True if hardly any two papers have this title: it is no “Introduction”."""
    long_words = [word for word in words(title) if len(word) > _SHORT]
    return len(long_words) >= MIN_WORDS and len(title_key(title)) >= MIN_KEY_LENGTH


def _near_agreement(wanted: Paper, record: Paper) -> str:
    """Returns what shows that a record with another title is the stored paper."""
    if not _have_abstracts(wanted, record) or not _have_similar_titles(wanted.title, record.title):
        return ""
    similarity = opening_similarity(wanted.abstract, record.abstract)
    if similarity < NEARLY_SAME_OPENING or are_separate(wanted.identifiers, record.identifiers):
        return ""
    if _are_of_one_template(wanted, record):
        return ""
    return f"a similar title, and abstracts that begin alike ({similarity:.2f})"


def _are_of_one_template(one: Paper, other: Paper) -> bool:
    """Returns True if a word that only one title has is in the abstract of that paper alone.

    Works of a series, such as gene models of several species, have nearly the same abstracts.
    """
    in_one, in_other = words(one.abstract), words(other.abstract)
    return any(
        (word in in_one) != (word in in_other) for word in words(one.title) ^ words(other.title)
    )


def _have_abstracts(one: Paper, other: Paper) -> bool:
    return min(len(one.abstract), len(other.abstract)) >= MIN_ABSTRACT


def _have_similar_titles(one: str, other: str) -> bool:
    if _is_main_title(one, other) or _is_main_title(other, one):
        return True
    if sorted(_NUMBER.findall(one.casefold())) != sorted(_NUMBER.findall(other.casefold())):
        return False
    by_words = jaccard(words(one), words(other))
    # A few mistyped letters change many words, and few sequences of three letters.
    return max(by_words, opening_similarity(one, other)) >= SIMILAR_TITLE


def _is_main_title(short: str, long: str) -> bool:
    """Returns True if the long title is the short one with a subtitle, or with a name before it."""
    key = title_key(short)
    parts = _SUBTITLE.split(long, maxsplit=1)
    return len(parts) > 1 and key in map(title_key, parts)


def _titled(paper: Paper) -> TitledPaper:
    return TitledPaper(
        identifiers=paper.identifiers,
        authors=paper.authors,
        abstract=paper.abstract,
        published=paper.published,
    )


def _strength(paper: Paper) -> int:
    schemes = {item.scheme for item in paper.identifiers}
    return 0 if "arxiv" in schemes else 1 if "doi" in schemes else 2
