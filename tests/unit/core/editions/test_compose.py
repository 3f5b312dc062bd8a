"""Composing: which papers an edition shows, and where."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import TODAY, candidate, paper

from digest.core.editions.compose import MAX_SURPLUS, compose, near_identical
from digest.core.models.editions import KeywordMatch, RankedPaper
from digest.core.models.profiles import Keyword, Profile, Topic


def topic(name: str) -> Topic:
    return Topic(name=name, keywords=(Keyword(text=name, term=name),))


PROFILE = Profile(topics=(topic("Bees"), topic("Moons")), max_papers=3, min_match=20, trending=2)


def ranked(number: int, score: float, topic: str | None = "Bees", **fields: Any) -> RankedPaper:
    matches = (KeywordMatch(keyword="k", field="title", contribution=score),) if score else ()
    made = paper(fields.pop("title", f"Paper {number}"), **fields)
    item = candidate(made, paper_id=number)
    return RankedPaper(candidate=item, score=score, topic=topic if score else None, matches=matches)


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


def test_the_best_papers_are_kept_if_there_are_too_many() -> None:
    edition = compose(
        [ranked(number, 90 - number) for number in range(5)], profile=PROFILE, local_date=TODAY
    )
    assert [entry.candidate.paper_id for entry in edition.entries] == [0, 1, 2]
    assert (edition.considered, edition.matched, edition.left_out) == (5, 5, 2)
    assert [entry.candidate.paper_id for entry in edition.surplus] == [3, 4]


def test_the_surplus_has_the_best_of_the_papers_beyond_the_limit() -> None:
    edition = compose(
        [ranked(number, 90 - number / 10) for number in range(MAX_SURPLUS + 30)],
        profile=PROFILE,
        local_date=TODAY,
    )
    surplus = [entry.candidate.paper_id for entry in edition.surplus]
    assert surplus == list(range(3, 3 + MAX_SURPLUS))
    assert edition.left_out == MAX_SURPLUS + 27


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


ABSTRACT = """We measure how honey bees share what they know of flowers. Foragers were marked,
their dances filmed for three summers, and each flight followed by radar. Dances told direction
well and distance badly; hungry colonies listened more. A model with two parameters explains it."""


def test_a_near_identical_paper_leaves_its_place_to_another() -> None:
    edition = compose(
        [
            ranked(1, 90, title="How bees share", abstract=ABSTRACT),
            ranked(2, 80, title="How bees share knowledge", abstract=ABSTRACT + " Code is out."),
            ranked(3, 70, title="Wasps", abstract="Wasps do not dance at all, as far as we saw."),
        ],
        profile=PROFILE,
        local_date=TODAY,
    )
    assert [entry.candidate.paper_id for entry in edition.entries] == [1, 3]
    assert (edition.matched, edition.left_out) == (3, 1)
    assert edition.trending == ()


def test_papers_of_different_sections_are_not_compared() -> None:
    twins = [
        ranked(number, 90 - number, topic, title="How bees share", abstract=ABSTRACT)
        for number, topic in enumerate(["Bees", "Moons"])
    ]
    assert len(compose(twins, profile=PROFILE, local_date=TODAY).entries) == 2


@pytest.mark.parametrize(
    "other, same",
    [
        ({"title": "HOW BEES SHARE", "abstract": ABSTRACT}, True),
        ({"title": "How Bees Share", "abstract": ABSTRACT.replace("radar", "eye")}, True),
        ({"title": "How bees share, part 2", "abstract": ABSTRACT}, False),
        ({"title": "How bees share", "abstract": "Other work of the same name."}, False),
        ({"title": "How bees share", "abstract": "Bees."}, False),
    ],
)
def test_near_identical_is_nearly_the_same_text_with_the_same_numbers(
    other: dict[str, str], *, same: bool
) -> None:
    one = paper("How bees share", ABSTRACT)
    assert near_identical(one, paper(**other)) is same
    assert near_identical(paper(**other), one) is same


def test_papers_without_words_are_not_near_identical() -> None:
    assert not near_identical(paper("!!!", "?"), paper("???", "!"))


def test_a_section_with_a_match_gets_a_place_beside_a_section_with_many() -> None:
    edition = compose(
        [*(ranked(number, 90 - number) for number in range(5)), ranked(9, 21, "Moons")],
        profile=PROFILE,
        local_date=TODAY,
    )
    assert [entry.candidate.paper_id for entry in edition.entries] == [0, 1, 9]


def test_with_more_sections_than_places_the_best_sections_get_the_places() -> None:
    edition = compose(
        [ranked(1, 50, "Moons"), ranked(2, 40, "Bees")],
        profile=replace(PROFILE, max_papers=1),
        local_date=TODAY,
    )
    assert [entry.candidate.paper_id for entry in edition.entries] == [1]


SCENES = st.lists(
    st.tuples(
        st.floats(0, 100), st.sampled_from(["Bees", "Moons", "Tea"]), st.sampled_from("abcdefgh")
    ),
    max_size=14,
)


@given(SCENES, st.integers(1, 6))
def test_random_editions_follow_all_rules(scene: list[tuple[float, str, str]], most: int) -> None:
    profile = replace(PROFILE, max_papers=most, topics=(*PROFILE.topics, topic("Tea")))
    items = [
        ranked(number, score, name, title=letter * 9, abstract=letter * 8)
        for number, (score, name, letter) in enumerate(sorted(scene, reverse=True))
    ]
    edition = compose(items, profile=profile, local_date=TODAY)
    matched = [item for item in items if item.topic and item.score >= profile.min_match]
    shown = {entry.candidate.paper_id for entry in edition.entries}
    assert len(edition.entries) == len(shown) <= most
    assert len(shown) + edition.left_out == edition.matched == len(matched)
    assert not shown & {entry.candidate.paper_id for entry in edition.trending}
    if matched:
        assert matched[0].candidate.paper_id in shown
    sections = {item.topic for item in matched}
    assert len(edition.sections) == min(most, len(sections))
    for section in edition.sections:
        papers = [entry.candidate.paper for entry in section.entries]
        assert not any(near_identical(*pair) for pair in combinations(papers, 2))
        scores = [entry.score or 0 for entry in section.entries]
        assert scores == sorted(scores, reverse=True)
    if len(shown) < most:  # then only what is near-identical to a better one was left out
        better: list[RankedPaper] = []
        for item in matched:
            twins = (one for one in better if one.topic == item.topic)
            left_out = any(
                near_identical(one.candidate.paper, item.candidate.paper) for one in twins
            )
            assert left_out is (item.candidate.paper_id not in shown)
            better.append(item)
    assert compose(items, profile=profile, local_date=TODAY) == edition


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["Bees", "Moons"])), max_size=12))
def test_no_paper_is_in_an_edition_twice(scores: list[tuple[float, str]]) -> None:
    items = [
        ranked(number, score, name)
        for number, (score, name) in enumerate(sorted(scores, reverse=True))
    ]
    edition = compose(items, profile=PROFILE, local_date=TODAY)
    shown = [entry.candidate.paper_id for entry in (*edition.entries, *edition.trending)]
    assert len(shown) == len(set(shown))
    assert len(edition.entries) + edition.left_out == edition.matched <= edition.considered
