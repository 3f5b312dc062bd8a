"""Checks whether two papers with the same title are the same paper.

A title alone identifies a paper only if nothing contradicts it. Nearly all papers with the same
title are the same, but editorials, prefaces and corrections are not, and a feed can show two works
with one title.

Measured on real data: of 2,000 pairs of different papers, none has abstracts whose beginnings are
more similar than 0.22, and one in a hundred is above 0.17. Short summaries of the same paper are in
that range too, so only abstracts that fill the compared part prove a difference.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct

from digest.core.identity.similarity import (
    COMPARED_LENGTH,
    LIKE_OPENING,
    opening_similarity,
    words,
)
from digest.core.models.papers import Identifier

DIFFERENT_OPENING = 0.2  # below this, complete beginnings of abstracts are of different papers
DISTANT = timedelta(days=365)  # between the dates of two papers, if nothing else agrees
SEPARATE = timedelta(days=7)  # between the dates of two entries of one feed

_ENOUGH = 100  # characters of an abstract that is more than a standard phrase
_MAX_NAMES = 20  # compared one by one, so that the cost is bounded


class TitleVerdict(IntEnum):
    """What the rest of the data says about two papers with the same title."""

    CONTRADICTED = -1
    UNKNOWN = 0
    CONFIRMED = 1


class TitledPaper(Struct, frozen=True, kw_only=True):
    """The data of a paper that is compared with another one of the same title."""

    identifiers: Collection[Identifier]
    authors: tuple[str, ...]
    abstract: str  # empty: not compared
    published: date | None


def judge_title(
    shown: TitledPaper, known: TitledPaper, *, listed: Collection[Identifier]
) -> TitleVerdict:
    """Returns whether two papers with the same title are the same paper.

    The same authors, or abstracts that begin alike, confirm it, whatever else differs. Otherwise
    it is contradicted by authors of whom none is the same, by different abstracts, by dates more
    than a year apart, or by different identifiers of one kind.

    Args:
        shown: the paper of the batch.
        known: the record.
        listed: all identifiers in the batch. Two ids in one list are two entries; an id that has
            replaced another one may be of the same entry.
    """
    similarity = opening_similarity(shown.abstract, known.abstract)
    shortest = min(len(shown.abstract), len(known.abstract))
    if shortest >= _ENOUGH and similarity >= LIKE_OPENING:
        return TitleVerdict.CONFIRMED
    disjoint = _have_disjoint_authors(shown.authors, known.authors)
    if not disjoint and _have_same_authors(shown.authors, known.authors):
        return TitleVerdict.CONFIRMED
    apart = timedelta(0)
    if shown.published and known.published:
        apart = abs(shown.published - known.published)
    contradicted = (
        disjoint
        or (shortest >= COMPARED_LENGTH and similarity < DIFFERENT_OPENING)
        or apart > DISTANT
        or _have_other_ids(shown.identifiers, known.identifiers, listed, apart)
    )
    return TitleVerdict.CONTRADICTED if contradicted else TitleVerdict.UNKNOWN


def _have_same_authors(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Returns True if half of the names of the shorter list are in the other one."""
    short, long = sorted((_names(one[:_MAX_NAMES]), _names(other[:_MAX_NAMES])), key=len)
    found = sum(any(name.is_like(item) for item in long) for name in short)
    return found > 0 and 2 * found >= len(short)


def _have_disjoint_authors(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Returns True if both lists have names, and no part of a name is in both."""
    parts, others = _all_parts(one), _all_parts(other)
    return bool(parts) and bool(others) and parts.isdisjoint(others)


class _Name:
    """A name for comparison: "Ada B. Lovelace", "Lovelace, A." and "A Lovelace" are alike."""

    def __init__(self, name: str) -> None:
        self._parts = _parts(name)
        self._initials = Counter(part[0] for part in words(name))

    def is_like(self, other: "_Name") -> bool:
        if self._parts.isdisjoint(other._parts):  # noqa: SLF001 - of the same class
            return False
        return self._initials <= other._initials or other._initials <= self._initials  # noqa: SLF001


# Cached, because a paper is compared with all papers of its title, one after the other.
@lru_cache(maxsize=64)
def _names(authors: tuple[str, ...]) -> tuple[_Name, ...]:
    return tuple(map(_Name, authors))


@lru_cache(maxsize=64)
def _all_parts(authors: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for name in authors for part in _parts(name))


def _parts(name: str) -> frozenset[str]:
    """Returns the parts of a name that are more than an initial."""
    return frozenset(part for part in words(name) if len(part) > 1)


def _have_other_ids(
    shown: Collection[Identifier],
    known: Collection[Identifier],
    listed: Collection[Identifier],
    apart: timedelta,
) -> bool:
    """Returns True if the two have different identifiers of a kind of which a paper has one.

    arXiv ids and DOIs have their own rules: `digest.core.identity.identifiers.are_contradictory`.
    The ids of a feed's entries change when its site moves, so they prove a difference only if
    the feed lists both at once, or with different dates.
    """
    for kind in {_kind(item) for item in shown} & {_kind(item) for item in known}:
        ours = {item for item in shown if _kind(item) == kind}
        theirs = {item for item in known if _kind(item) == kind}
        if kind in _OWN_RULES or not ours.isdisjoint(theirs):
            continue
        is_entry = kind.startswith("guid:")
        if not is_entry or apart > SEPARATE or not theirs.isdisjoint(listed):
            return True
    return False


_OWN_RULES = ("arxiv", "doi")


def _kind(identifier: Identifier) -> str:
    """Returns the scheme; for the id of an entry, with the feed that gave it."""
    if identifier.scheme != "guid":
        return identifier.scheme
    return f"guid:{identifier.value.partition(':')[0]}"
