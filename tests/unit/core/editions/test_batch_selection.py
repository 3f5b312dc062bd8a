"""The papers of many digests are those that `compose` selects for each."""

import random
from datetime import date

import numpy as np
import pytest
from support.builders import candidate, paper

from digest.core.editions.compose import compose, near_identical
from digest.core.editions.together.batch_selection import (
    SeenPapers,
    matches_of_rows,
    select_shown,
    without_seen,
)
from digest.core.editions.together.day_papers import DayPapers
from digest.core.models.editions import Candidate, RankedPaper
from digest.core.models.profiles import Profile, Topic

SUBJECTS = "bees wasps hives combs swarms queens nests stings dances pollen".split()  # noqa: SIM905


def made_candidates(chance: random.Random) -> list[Candidate]:
    """Papers of which many are near-identical to others."""
    return [
        candidate(
            paper(
                f"On {subject} and what they do in spring",
                abstract=f"We watch {subject} for years and find that {subject} are diligent.",
                votes=chance.choice([None, 0, 1, 7]),
            ),
            number,
        )
        for number, subject in enumerate(chance.choices(SUBJECTS, k=chance.randint(1, 30)), start=1)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_shown_and_trending_is_what_compose_selects(seed: int) -> None:
    chance = random.Random(seed)
    papers = DayPapers(made_candidates(chance))
    count = len(papers.candidates)
    topics = tuple(Topic(name=f"T{number}", keywords=()) for number in range(3))
    profiles = [
        Profile(
            topics=topics, max_papers=chance.choice([1, 2, 4, 15]), trending=chance.randint(0, 4)
        )
        for _ in range(5)
    ]
    matched = [chance.sample(range(count), chance.randint(0, count)) for _ in profiles]
    topic_of = {(one, place): chance.randrange(3) for one in range(5) for place in range(count)}
    seen = [
        sorted(chance.sample(range(count), chance.choice([0, 0, 1, count // 2]))) for _ in profiles
    ]

    pairs = [(one, place) for one, places in enumerate(matched) for place in places]
    rows = matches_of_rows(
        np.array([one for one, _ in pairs], dtype=np.int64),
        np.array([place for _, place in pairs], dtype=np.int64),
        np.array([topic_of[pair] for pair in pairs], dtype=np.int64),
        np.array([50.0] * len(pairs)),
        row_profiles=np.arange(5),
    )
    known = SeenPapers(
        rows=np.array([row for row, places in enumerate(seen) for _ in places], dtype=np.int64),
        papers=np.array([place for places in seen for place in places], dtype=np.int64),
    )
    unseen = without_seen(rows, known, papers)
    most = np.array([profile.max_papers for profile in profiles])
    is_shown, _ = select_shown(unseen, most=most, papers=papers)
    shown = unseen.only(is_shown)

    for row, profile in enumerate(profiles):
        order = [place for place in matched[row] if place not in seen[row]]
        others = [place for place in range(count) if place not in {*matched[row], *seen[row]}]
        ranked = [
            RankedPaper(
                candidate=papers.candidates[place],
                score=50.0 if place in order else 0.0,
                topic=f"T{topic_of[row, place]}" if place in order else None,
                matches=(),
            )
            for place in (*order, *others)
        ]
        edition = compose(ranked, profile=profile, local_date=date(2026, 5, 11))
        found = zip(shown.papers[shown.rows == row], shown.topics[shown.rows == row], strict=True)
        assert [
            (entry.candidate.paper_id, section.topic)
            for section in edition.sections
            for entry in section.entries
        ] == sorted(
            ((int(place) + 1, f"T{topic}") for place, topic in found), key=lambda pair: pair[1]
        )
        without = sum(
            1 << bit
            for bit, place in enumerate(papers.top.tolist())
            if place in matched[row] or place in seen[row]
        )
        assert [entry.candidate.paper_id for entry in edition.trending] == [
            place + 1 for place in papers.trending(without, profile.trending) or ()
        ]


def test_near_identical_papers_are_found_as_one_by_one() -> None:
    candidates = made_candidates(random.Random(1))
    papers = DayPapers(candidates)
    for one, item in enumerate(candidates):
        others = {
            place
            for place, other in enumerate(candidates)
            if place != one and near_identical(item.paper, other.paper)
        }
        assert papers.near.get(one, frozenset()) == others
    assert papers.near


def test_popular_papers_beyond_those_with_a_bit_are_not_guessed() -> None:
    papers = DayPapers([candidate(f"Bee {number}", number) for number in range(1, 101)])
    everything = (1 << len(papers.top)) - 1
    assert papers.trending(everything, 1) is None
    assert papers.trending(0, 3) == papers.popular[:3]
