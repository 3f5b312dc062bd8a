"""Many profiles at once rank as one by one: every score, every tie, every topic."""

import random
from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.samples.foreign_words import foreign_paper, foreign_profile
from support.samples.random_profiles import made, made_profile
from support.samples.real_words import real_paper, real_profile
from support.samples.small_background import small_background
from support.speed.long_tests import FEW_EXAMPLES, LONG

from digest.core.background.table import BackgroundTable, empty_table
from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_scoring import top_papers
from digest.core.batch_ranking.topics.dense_topical import compile_topical
from digest.core.batch_ranking.topics.profile_matrix import compile_profiles
from digest.core.batch_ranking.topics.sparse_related_terms import learn_related_terms
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.parser import parse_all
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import FOREIGN_PAPERS, Corpus, build_corpus
from digest.core.ranking.scoring import compile_profile, rank, to_scale
from digest.knowledge import background_files

Ranking = list[tuple[int, float, str | None]]
"""For one profile: paper, score and topic, the best first."""


@cache
def table(name: str) -> BackgroundTable:
    if name == "packaged":
        return background_files.load()
    return small_background() if name == "small" else empty_table()


def one_by_one(
    profiles: list[Profile], index: PaperIndex, corpus: Corpus, top: int
) -> list[Ranking]:
    return [
        [
            (item.candidate.paper_id, item.score, item.topic)
            for item in rank(index, compile_profile(profile, corpus))[:top]
        ]
        for profile in profiles
    ]


def at_once(profiles: list[Profile], index: PaperIndex, corpus: Corpus, top: int) -> list[Ranking]:
    vocabulary = Vocabulary()
    matrix = compile_profiles(profiles, vocabulary)
    topical = compile_topical(matrix, vocabulary, corpus.background, stored=corpus.spread)
    stored = PaperMatrix(corpus.index, corpus, vocabulary)
    terms = learn_related_terms(matrix, stored, topical.known)
    papers = PaperMatrix(index, corpus, vocabulary)
    names = [topic.name for profile in profiles for topic in profile.topics]
    rankings: defaultdict[int, Ranking] = defaultdict(list)
    for part in top_papers(matrix, papers, top=top, topical=topical, terms=terms):
        rows = zip(part.profiles, part.papers, part.topics, part.totals, strict=True)
        for profile, paper, topic, total in rows:
            number = index.papers[int(paper)].candidate.paper_id
            rankings[int(profile)].append((number, to_scale(float(total)), names[int(topic)]))
    return [rankings[number] for number in range(len(profiles))]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("background", ["empty", "small"])
def test_many_profiles_rank_at_once_as_they_do_one_by_one(seed: int, background: str) -> None:
    chance = random.Random(seed)
    seen = made(chance, chance.choice([0, 12, 40]))
    papers = made(chance, chance.choice([1, 8, 25]))
    corpus, index = build_corpus(seen, table(background)), PaperIndex(papers)
    profiles = [made_profile(chance) for _ in range(150 if LONG else 30)]
    top = chance.choice([1, 3, 20])
    assert at_once(profiles, index, corpus, top) == one_by_one(profiles, index, corpus, top)


@pytest.mark.parametrize("seed", range(6))
def test_with_the_packaged_table_profiles_rank_at_once_as_they_do_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    seen = [real_paper(chance, number) for number in range(chance.choice([0, 60]))]
    papers = [real_paper(chance, number) for number in range(chance.choice([1, 40]))]
    corpus, index = build_corpus(seen, table("packaged")), PaperIndex(papers)
    profiles = [real_profile(chance) for _ in range(40 if LONG else 10)]
    top = chance.choice([1, 5, 40])
    assert at_once(profiles, index, corpus, top) == one_by_one(profiles, index, corpus, top)


def without_avoided(profile: Profile) -> Profile:
    return replace(profile, topics=tuple(replace(topic, avoided=()) for topic in profile.topics))


@pytest.mark.parametrize("seed", range(3))
def test_beside_stored_papers_of_another_field_profiles_rank_at_once_as_one_by_one(
    seed: int,
) -> None:
    chance = random.Random(seed)
    seen = [foreign_paper(chance, number) for number in range(FOREIGN_PAPERS)]
    papers = [foreign_paper(chance, number) for number in range(20)]
    corpus, index = build_corpus(seen, table("packaged")), PaperIndex(papers)
    assert corpus.foreign
    profiles = [without_avoided(foreign_profile(chance)) for _ in range(20 if LONG else 10)]
    assert at_once(profiles, index, corpus, 10) == one_by_one(profiles, index, corpus, 10)


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False), st.integers(1, 5), st.sampled_from(["empty", "small"]))
def test_random_profiles_rank_at_once_as_they_do_one_by_one(
    chance: random.Random, top: int, background: str
) -> None:
    papers = made(chance, 12)
    corpus, index = build_corpus(papers, table(background)), PaperIndex(papers)
    profiles = [made_profile(chance) for _ in range(3)]
    assert at_once(profiles, index, corpus, top) == one_by_one(profiles, index, corpus, top)


@pytest.mark.parametrize("background", ["empty", "small"])
def test_the_order_of_the_papers_changes_nothing(background: str) -> None:
    chance = random.Random(1)
    papers = made(chance, 40)
    profiles = [made_profile(chance) for _ in range(50)]
    again = chance.sample(papers, len(papers))

    def ranked(items: list[TokenizedPaper]) -> list[Ranking]:
        return at_once(profiles, PaperIndex(items), build_corpus(items, table(background)), 10)

    assert ranked(papers) == ranked(again)


@pytest.mark.parametrize("background", ["empty", "small"])
def test_the_other_profiles_of_a_batch_change_nothing(background: str) -> None:
    chance = random.Random(3)
    index, corpus = PaperIndex(made(chance, 25)), build_corpus(made(chance, 30), table(background))
    profiles = [made_profile(chance) for _ in range(40)]
    together = at_once(profiles, index, corpus, 10)
    assert together == [at_once([profile], index, corpus, 10)[0] for profile in profiles]


def test_a_keyword_of_one_topic_that_another_excludes_keeps_its_meaning_in_each() -> None:
    wants = Profile(topics=(Topic(name="Wants", keywords=parse_all(["honey comb"])[0]),))
    included, excluded = parse_all(["queen", "-honey comb"])
    avoids = Profile(topics=(Topic(name="Avoids", keywords=included, excluded=excluded),))
    chance = random.Random(4)
    papers = made(chance, 60)
    index, corpus = PaperIndex(papers), build_corpus(papers, table("small"))
    assert at_once([wants, avoids], index, corpus, 60) == one_by_one(
        [wants, avoids], index, corpus, 60
    )


def test_without_profiles_or_papers_the_result_is_empty() -> None:
    for background in ("empty", "small"):
        nothing = build_corpus([], table(background))
        assert at_once([], PaperIndex([]), nothing, 5) == []
        assert at_once([made_profile(random.Random(2))], PaperIndex([]), nothing, 5) == [[]]
