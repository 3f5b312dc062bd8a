"""Composing: which papers an edition shows, and where."""

from typing import Any

from builders import TODAY, candidate, paper
from hypothesis import given
from hypothesis import strategies as st

from digest.core.compose import compose
from digest.core.model import Keyword, Match, Profile, Ranked, Topic


def topic(name: str) -> Topic:
    return Topic(name=name, keywords=(Keyword(text=name, term=name),))


PROFILE = Profile(topics=(topic("Bees"), topic("Moons")), max_papers=3, min_match=20, trending=2)


def ranked(number: int, score: float, topic: str | None = "Bees", **fields: Any) -> Ranked:
    matches = (Match(keyword="k", field="title", contribution=score),) if score else ()
    item = candidate(paper(f"Paper {number}", **fields), paper_id=number)
    return Ranked(candidate=item, score=score, topic=topic if score else None, matches=matches)


def test_each_topic_is_a_section_in_the_order_of_the_profile() -> None:
    edition = compose(
        [ranked(1, 90, "Moons"), ranked(2, 80), ranked(3, 70, "Moons")],
        profile=PROFILE,
        local_date=TODAY,
    )
    shown = [
        (section.topic, [entry.candidate.paper_id for entry in section.entries])
        for section in edition.sections
    ]
    assert shown == [("Bees", [2]), ("Moons", [1, 3])]


def test_the_best_papers_are_kept_where_there_are_too_many() -> None:
    edition = compose(
        [ranked(number, 90 - number) for number in range(5)], profile=PROFILE, local_date=TODAY
    )
    assert [entry.candidate.paper_id for entry in edition.entries] == [0, 1, 2]
    assert (edition.considered, edition.matched, edition.left_out) == (5, 5, 2)


def test_a_paper_below_min_match_is_not_shown_as_a_match() -> None:
    edition = compose([ranked(1, 20), ranked(2, 19.9)], profile=PROFILE, local_date=TODAY)
    assert [entry.candidate.paper_id for entry in edition.entries] == [1]


def test_trending_papers_are_those_that_did_not_match_by_votes_then_by_place() -> None:
    edition = compose(
        [
            ranked(1, 50, votes=99, position=1),
            ranked(2, 0, position=3),
            ranked(3, 0, position=2),
            ranked(4, 0, votes=5, position=9),
        ],
        profile=PROFILE,
        local_date=TODAY,
    )
    assert [entry.candidate.paper_id for entry in edition.trending] == [4, 3]
    assert [entry.score for entry in edition.trending] == [None, None]


def test_no_papers_make_an_edition_that_is_empty() -> None:
    edition = compose([], profile=PROFILE, local_date=TODAY)
    assert (edition.sections, edition.trending, edition.considered) == ((), (), 0)


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["Bees", "Moons"])), max_size=12))
def test_no_paper_stands_in_an_edition_twice(scores: list[tuple[float, str]]) -> None:
    items = [
        ranked(number, score, name)
        for number, (score, name) in enumerate(sorted(scores, reverse=True))
    ]
    edition = compose(items, profile=PROFILE, local_date=TODAY)
    shown = [entry.candidate.paper_id for entry in (*edition.entries, *edition.trending)]
    assert len(shown) == len(set(shown))
    assert len(edition.entries) + edition.left_out == edition.matched <= edition.considered
