"""From ranked papers to an edition: sections, their shares, near-identical papers, trending."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from digest.core.models.editions import Edition, EditionEntry, RankedPaper, Section
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile
from digest.core.text.tokens import EMPTY_STEMS, words

NEAR_IDENTICAL_SIMILARITY = 0.6
"""Papers are near-identical if they share this part of their stems (Jaccard: those in both
over those in either). Of 613,000 pairs of papers of one list, the nearest share 0.36; a
paper that was retitled or whose abstract was polished keeps well above 0.6."""

_CACHED_PAPERS = 1 << 12  # those of some days: they are compared for every reader


def compose(ranked: Sequence[RankedPaper], *, profile: Profile, local_date: date) -> Edition:
    """The edition of one day for one profile.

    Sections share `max_papers`: first each section gets its best paper, the best section
    first; the places that are left go to the best of all others. A paper that is near-identical
    to a better one of its section is left out, so that a series does not fill it.

    Trending are the considered papers that did not match, by votes where the source has
    them, else by their place in its list: so a paper that was passed over on one day does
    not come back as trending on the next.

    Args:
        ranked: every paper that was considered, best first, those at score 0 too.
        profile: gives the limits and the order of the sections.
        local_date: the reader's day.
    """
    matched: list[RankedPaper] = []
    others: list[RankedPaper] = []
    for item in ranked:
        fits = item.topic is not None and item.score >= profile.min_match
        (matched if fits else others).append(item)
    shown = _shown(matched, profile.max_papers)
    sections = (
        Section(
            topic=topic.name,
            entries=tuple(
                EditionEntry(candidate=item.candidate, score=item.score, matches=item.matches)
                for item in shown
                if item.topic == topic.name
            ),
        )
        for topic in profile.topics
    )
    others = sorted(others, key=_popularity)[: profile.trending]
    return Edition(
        local_date=local_date,
        sections=tuple(section for section in sections if section.entries),
        trending=tuple(EditionEntry(candidate=item.candidate, score=None) for item in others),
        considered=len(ranked),
        matched=len(matched),
        left_out=len(matched) - len(shown),
    )


def near_identical(one: Paper, other: Paper) -> bool:
    """Whether a reader of one has read the other: the same stems, but for a part of 1 - `SAME`.

    Papers whose titles differ in a number are not: "Part 1" is not "Part 2".
    """
    stems, numbers = _content(one.title, one.abstract)
    others, other_numbers = _content(other.title, other.abstract)
    if numbers != other_numbers or min(len(stems), len(others)) < NEAR_IDENTICAL_SIMILARITY * max(
        len(stems), len(others)
    ):
        return False
    common = len(stems & others)
    return common > 0 and common >= NEAR_IDENTICAL_SIMILARITY * (len(stems) + len(others) - common)


def _shown(matched: Sequence[RankedPaper], places: int) -> list[RankedPaper]:
    """The papers that get a place, best first."""
    taken: set[int] = set()  # places in `matched`
    kept: dict[str | None, list[Paper]] = {}
    for number in _by_turns(matched):
        if len(taken) == places:
            break
        paper = matched[number].candidate.paper
        section = kept.setdefault(matched[number].topic, [])
        if not any(near_identical(paper, better) for better in section):
            section.append(paper)
            taken.add(number)
    return [item for number, item in enumerate(matched) if number in taken]


def _by_turns(matched: Sequence[RankedPaper]) -> Iterator[int]:
    """The order in which papers are offered a place: each section's best, then the rest."""
    best: dict[str | None, int] = {}
    for number, item in enumerate(matched):
        best.setdefault(item.topic, number)
    first = set(best.values())
    yield from sorted(first)
    yield from (number for number in range(len(matched)) if number not in first)


@lru_cache(maxsize=_CACHED_PAPERS)
def _content(title: str, abstract: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The paper's stems, and its title's words with a digit in them."""
    found = words(title, abstract)
    numbers = (word for word in found.stems[: found.title] if any(map(str.isdigit, word)))
    return frozenset(found.stems) - EMPTY_STEMS, tuple(sorted(numbers))


def _popularity(item: RankedPaper) -> tuple[int, float, int]:
    paper = item.candidate.paper
    position = math.inf if paper.position is None else paper.position
    return -(paper.votes or 0), position, item.candidate.seq
