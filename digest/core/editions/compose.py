"""Composes an edition from ranked papers: sections, near-identical papers, trending papers."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from digest.core.models.editions import Candidate, Edition, EditionEntry, RankedPaper, Section
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile
from digest.core.profiles.learned import has_author, muted_names
from digest.core.text.tokens import EMPTY_LEMMAS, words

NEAR_IDENTICAL_SIMILARITY = 0.6
"""Papers are near-identical if they share at least this part of their lemmas (Jaccard index: lemmas
in both papers divided by lemmas in either). In 613,000 pairs of papers of one list, the largest
value is 0.36. A paper with a new title or a polished abstract stays well above 0.6."""

MAX_SURPLUS = 100
"""So many of the papers that matched beyond `max_papers` are shown by their titles. The others are
counted: a topic that brings more than this is too wide for a list that somebody reads."""

# The papers of some days. The same papers are compared for every reader.
_CACHED_PAPERS = 1 << 12


def compose(ranked: Sequence[RankedPaper], *, profile: Profile, local_date: date) -> Edition:
    """Composes the edition of one day for one profile.

    The sections share `max_papers`. First, each section gets its best paper, in the order of
    their scores. The remaining places go to the best of all other papers. A paper that is
    near-identical to a better one in its section is left out, so that a series of similar papers
    does not fill the section. The best of the papers that matched and got no place are the surplus.

    Trending papers are chosen from the considered papers that did not match: those with the most
    votes, or, without votes, the first ones in the list of the source. Only papers of this edition
    are considered, so a paper that was not shown one day does not become trending the next day.

    Args:
        ranked: every paper that was considered, best first, also those with score 0.
        profile: gives the limits and the order of the sections.
        local_date: the day in the reader's time zone.
    """
    matched: list[RankedPaper] = []
    others: list[RankedPaper] = []
    for item in ranked:
        matches = item.topic is not None and item.score >= profile.min_match
        (matched if matches else others).append(item)
    shown, rest = _select(matched, profile.max_papers)
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
    muted = muted_names(profile)
    others = [item for item in others if not has_author(item.candidate.paper, muted)]
    others = sorted(others, key=lambda item: popularity(item.candidate))[: profile.trending]
    return Edition(
        local_date=local_date,
        sections=tuple(section for section in sections if section.entries),
        trending=tuple(EditionEntry(candidate=item.candidate, score=None) for item in others),
        surplus=tuple(
            EditionEntry(candidate=item.candidate, score=None) for item in rest[:MAX_SURPLUS]
        ),
        considered=len(ranked),
        matched=len(matched),
        left_out=len(rest),
    )


def near_identical(first: Paper, second: Paper) -> bool:
    """Returns whether two papers share nearly all their lemmas (`NEAR_IDENTICAL_SIMILARITY`).

    Papers whose titles differ in a number are different: "Part 1" is not "Part 2".
    """
    lemmas, numbers = paper_content(first)
    other_lemmas, other_numbers = paper_content(second)
    # Very different sizes rule it out, without counting the common lemmas.
    if numbers != other_numbers or min(
        len(lemmas), len(other_lemmas)
    ) < NEAR_IDENTICAL_SIMILARITY * max(len(lemmas), len(other_lemmas)):
        return False
    common = len(lemmas & other_lemmas)
    either = len(lemmas) + len(other_lemmas) - common
    return common > 0 and common >= NEAR_IDENTICAL_SIMILARITY * either


def _select(
    matched: Sequence[RankedPaper], places: int
) -> tuple[list[RankedPaper], list[RankedPaper]]:
    """Returns the papers that get one of the places, and the others, best first."""
    selected: set[int] = set()  # positions in `matched`
    sections: dict[str | None, list[Paper]] = {}
    for number in _offer_order(matched):
        if len(selected) == places:
            break
        paper = matched[number].candidate.paper
        section = sections.setdefault(matched[number].topic, [])
        if not any(near_identical(paper, better) for better in section):
            section.append(paper)
            selected.add(number)
    return (
        [item for number, item in enumerate(matched) if number in selected],
        [item for number, item in enumerate(matched) if number not in selected],
    )


def _offer_order(matched: Sequence[RankedPaper]) -> Iterator[int]:
    """Yields the positions of the papers: first the best of each section, then the others."""
    best: dict[str | None, int] = {}
    for number, item in enumerate(matched):
        best.setdefault(item.topic, number)
    first = set(best.values())
    yield from sorted(first)
    yield from (number for number in range(len(matched)) if number not in first)


def paper_content(paper: Paper) -> tuple[frozenset[str], tuple[str, ...]]:
    """Returns the lemmas of a paper, and the words of its title that contain a digit."""
    return _content(paper.title, paper.abstract)


@lru_cache(maxsize=_CACHED_PAPERS)
def _content(title: str, abstract: str) -> tuple[frozenset[str], tuple[str, ...]]:
    text = words(title, abstract)
    numbers = (word for word in text.lemmas[: text.title] if any(map(str.isdigit, word)))
    return frozenset(text.lemmas) - EMPTY_LEMMAS, tuple(sorted(numbers))


def popularity(candidate: Candidate) -> tuple[int, float, int]:
    """Returns a key that sorts papers, the most popular first."""
    paper = candidate.paper
    position = math.inf if paper.position is None else paper.position
    return -(paper.votes or 0), position, candidate.seq
