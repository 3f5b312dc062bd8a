"""Many profiles at once rank as one by one: every score, every tie, every topic."""

import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import made, made_profile

from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.profile_matrix import compile_profiles
from digest.core.batch_ranking.sparse_related_terms import learn_related_terms
from digest.core.batch_ranking.sparse_scoring import top_papers
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus, PaperIndex, build_corpus
from digest.core.ranking.scoring import compile_profile, rank, to_scale

Ranking = list[tuple[int, float, str | None]]
"""For one profile: paper, score and topic, the best first."""


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
    terms = learn_related_terms(matrix, PaperMatrix(corpus.index, corpus, vocabulary))
    names = [topic.name for profile in profiles for topic in profile.topics]
    rankings: defaultdict[int, Ranking] = defaultdict(list)
    for part in top_papers(matrix, PaperMatrix(index, corpus, vocabulary), top=top, terms=terms):
        rows = zip(part.profiles, part.papers, part.topics, part.totals, strict=True)
        for profile, paper, topic, total in rows:
            number = index.papers[int(paper)].candidate.paper_id
            rankings[int(profile)].append((number, to_scale(float(total)), names[int(topic)]))
    return [rankings[number] for number in range(len(profiles))]


@pytest.mark.parametrize("seed", range(25))
def test_ten_thousand_profiles_rank_at_once_as_they_do_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    seen = made(chance, chance.choice([0, 12, 40]))
    papers = made(chance, chance.choice([1, 8, 25]))
    corpus, index = build_corpus(seen), PaperIndex(papers)
    profiles = [made_profile(chance) for _ in range(400)]
    top = chance.choice([1, 3, 20])
    assert at_once(profiles, index, corpus, top) == one_by_one(profiles, index, corpus, top)


@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_random_profiles_rank_at_once_as_they_do_one_by_one(
    chance: random.Random, top: int
) -> None:
    papers = made(chance, 12)
    corpus, index = build_corpus(papers), PaperIndex(papers)
    profiles = [made_profile(chance) for _ in range(3)]
    assert at_once(profiles, index, corpus, top) == one_by_one(profiles, index, corpus, top)


def test_the_order_of_the_papers_changes_nothing() -> None:
    chance = random.Random(1)
    papers = made(chance, 40)
    profiles = [made_profile(chance) for _ in range(50)]
    again = chance.sample(papers, len(papers))
    first = at_once(profiles, PaperIndex(papers), build_corpus(papers), 10)
    assert first == at_once(profiles, PaperIndex(again), build_corpus(again), 10)


def test_without_profiles_or_papers_the_result_is_empty() -> None:
    nothing = build_corpus([])
    assert at_once([], PaperIndex([]), nothing, 5) == []
    assert at_once([made_profile(random.Random(2))], PaperIndex([]), nothing, 5) == [[]]
