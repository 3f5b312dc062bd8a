"""Topical evidence, by its definition, on a small table."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.small_background import SUBJECTS, small_background

from digest.core.background.largest_values import nth_largest
from digest.core.background.table import empty_table
from digest.core.keywords.parser import parse_all
from digest.core.models.profiles import Keyword
from digest.core.ranking.topical_evidence import (
    EXPANSION,
    LEVEL_PAPERS,
    NEAREST_PAPERS,
    compile_keywords,
    keyword_count,
    levels,
    topical_factor,
)
from digest.core.ranking.topical_topic import TopicalTopic, compile_topical_topic
from digest.knowledge import background_files

WORDS = sorted({word for subject in SUBJECTS for word in subject.split()})


def keywords(*written: str) -> tuple[Keyword, ...]:
    return parse_all(written)[0]


def topic(*written: str) -> TopicalTopic:
    found = compile_topical_topic(keywords(*written), small_background())
    assert found is not None
    return found


def amount(text: str, *written: str, weight: float = 1.0) -> float:
    vectors = small_background().vectors([text.split()])
    return float(topic(*written).amounts(vectors, weight=weight)[0])


def test_a_paper_about_the_same_things_gets_more_than_one_about_others() -> None:
    near = amount("wasp nest swarm sting", "hive", "honey comb")
    far = amount("rose soil compost seed", "hive", "honey comb")
    assert near > 0.2
    assert far < near / 4


def test_more_keywords_count_more_up_to_what_the_table_knows() -> None:
    factors = [topical_factor(1.0, count) for count in (1, 2, 4, 100)]
    assert factors == sorted(factors)
    assert factors[0] == pytest.approx(1 / 8)
    assert factors[-1] < 1.0
    assert topical_factor(0.5, 4) == topical_factor(1.0, 4) / 2


def test_keywords_of_which_the_table_knows_little_do_not_make_a_topic_surer() -> None:
    alike, unlike = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    ambiguous, plain = np.zeros(2), np.ones(2)
    assert keyword_count(alike, ambiguous) == 2.0
    assert keyword_count(unlike, ambiguous) == 1.0, "as if the other keyword were not there"
    assert keyword_count(unlike, plain) == 2.0, "a plain keyword needs no others"
    assert keyword_count(np.zeros(2), plain) == 2.0
    assert 1.0 < keyword_count(np.array([1.0, 0.5]), ambiguous) < 2.0


def test_the_count_of_keywords_is_the_same_for_one_topic_and_for_many() -> None:
    chance = np.random.default_rng(3)
    coverage, plain = chance.random((50, 7)), np.rint(chance.random((50, 7)) * 2**16) / 2**16
    each = [keyword_count(*pair) for pair in zip(coverage, plain, strict=True)]
    assert keyword_count(coverage, plain).tolist() == each
    assert all(1.0 <= count <= 7.0 for count in each)


def test_a_keyword_that_the_table_does_not_know_has_no_part() -> None:
    found = topic("hive", "xyzzyq")
    assert found.shares.tolist() == [1.0, 0.0]
    assert found.known < 1.0
    assert compile_topical_topic(keywords("xyzzyq"), small_background()) is None
    assert compile_topical_topic(keywords("hive"), empty_table()) is None


def test_a_keyword_of_titles_has_no_part() -> None:
    found = topic("hive", "title:rose")
    assert found.shares.tolist() == [1.0, 0.0]
    assert amount("rose soil compost seed", "hive", "title:rose") < 0.1
    assert compile_topical_topic(keywords("title:rose"), small_background()) is None


def test_a_keyword_of_fewer_background_papers_than_make_the_level_counts_less() -> None:
    table = small_background()
    # In less than half of the papers of its subject
    pair = min(
        (f"{one} {other}" for one in SUBJECTS[0].split() for other in SUBJECTS[0].split()),
        key=lambda text: table.phrase_frequency(tuple(text.split())) or 1000,
    )
    found = table.phrase_frequency(tuple(pair.split()))
    sampled = found * len(table.sample) / table.papers
    assert 0 < sampled < LEVEL_PAPERS <= table.frequency("hive")
    factors = compile_keywords(keywords("hive", pair, "hive rose"), table).factors
    assert factors.tolist() == [1.0, pytest.approx(sampled / LEVEL_PAPERS), 0.0]


def test_a_keyword_that_no_background_paper_contains_counts_if_many_papers_are_near_to_it() -> None:
    table = background_files.load()
    factors = compile_keywords(keywords("MRI segmentation", "drug discovery", "MRI"), table).factors
    assert factors[0] == factors[2] == 1.0
    assert 0.0 < factors[1] < 0.5, "few papers contain it, and the nearest are about science"


def test_the_level_does_not_depend_on_how_many_papers_contain_a_keyword() -> None:
    found = topic("hive", "hive rose")
    alone = found.keywords.in_background().raised(small_background().sample)
    shares = found.shares / np.maximum(found.keywords.factors, 0.001)
    assert found.shares[1] == 0.0
    assert found.level > np.sort(shares @ alone)[-LEVEL_PAPERS:].mean() / 2


def test_a_weight_moves_a_topic_towards_its_keyword() -> None:
    text = "wasp nest swarm sting"
    assert amount(text, "hive^3", "rose") > amount(text, "hive", "rose")
    assert amount(text, "hive", "rose^3") < amount(text, "hive", "rose")


def test_the_weight_of_the_topic_multiplies_the_amount() -> None:
    text = "wasp nest swarm sting"
    assert amount(text, "hive", "honey", weight=2.0) == pytest.approx(
        2 * amount(text, "hive", "honey"), abs=1e-6
    )


def test_an_abbreviation_has_the_vector_of_its_long_form_too() -> None:
    compiled = compile_keywords(keywords("LLM", "large language model"), small_background())
    assert compiled.vectors[0] @ compiled.vectors[1] > 0.9


def test_a_keyword_is_moved_to_the_papers_nearest_to_it() -> None:
    table = small_background()
    (moved,) = compile_keywords(keywords("hive"), table).vectors
    own = table.vector(["hive"])
    nearest = np.argsort(-(table.sample @ own.astype(np.float32)), kind="stable")[:NEAREST_PAPERS]
    centre = table.sample[nearest].sum(axis=0, dtype=np.float64)
    expected = own + EXPANSION * centre / np.linalg.norm(centre)
    assert moved == pytest.approx(expected / np.linalg.norm(expected), abs=0.002)


def test_the_level_is_the_mean_of_the_largest_sums_of_the_background() -> None:
    table = small_background()
    found = topic("hive", "rose^2", "token")
    g = found.shares @ found.keywords.raised(table.sample)
    assert found.level == np.sort(g)[-LEVEL_PAPERS:].mean()


def test_levels_do_not_depend_on_how_much_is_computed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = small_background()
    found = topic("hive", "rose^2", "token")
    monkeypatch.setattr("digest.core.ranking.topical_evidence._VALUES_AT_ONCE", 7)
    assert levels(found.shares[None, :], found.keywords, table.sample)[0] == found.level
    again = topic("hive", "rose^2", "token")
    assert (again.keywords.vectors == found.keywords.vectors).all()


def test_without_sampled_papers_there_is_a_level_all_the_same() -> None:
    compiled = compile_keywords(keywords("hive"), empty_table())
    assert levels(np.ones((1, 1)), compiled, empty_table().sample)[0] > 0.0


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=20), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_amounts_are_never_negative_and_depend_on_no_order(
    written: list[str], texts: list[list[str]], chance: random.Random
) -> None:
    vectors = small_background().vectors(texts)
    amounts = topic(*written).amounts(vectors, weight=1.0)
    assert (amounts >= 0.0).all()
    shuffled = chance.sample(written, len(written))
    assert (topic(*shuffled).amounts(vectors, weight=1.0) == amounts).all()
    one_by_one = [topic(*written).amounts(vectors[[n]], weight=1.0)[0] for n in range(len(texts))]
    assert one_by_one == amounts.tolist()


@pytest.mark.parametrize("width", [20, 300, 900, 2300])
def test_the_nth_largest_is_that_of_a_sorted_row(width: int) -> None:
    chance = np.random.default_rng(width)
    some = chance.random((30, width), dtype=np.float32)
    few = some * (chance.random((30, width)) < 0.05)  # most are 0
    equal = np.rint(some * 3)
    for values in (some, few, equal, some * 0, some - 2):
        assert (nth_largest(values, 20) == np.sort(values, axis=1)[:, -20]).all()
