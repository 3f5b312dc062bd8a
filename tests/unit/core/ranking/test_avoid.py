"""`avoid` lowers what a paper is about, by the points that the avoided keywords would give it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import candidate, paper
from support.samples.random_profiles import made, made_full_profile

from digest.core.keywords.paper_index import tokenize_paper
from digest.core.keywords.parser import parse, parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

TABLE = background_files.load_for("english")
CORPUS = build_corpus([], TABLE)

FEDERATED = paper(
    "Federated learning with differential privacy",
    "Clients train a shared model on their own devices. The server averages their updates, and"
    " noise protects the privacy of each client. Federated learning converges in few rounds.",
)
CENTRAL = paper(
    "Membership inference against diffusion models",
    "We show that images of the training set can be recovered, and that differential privacy"
    " prevents such attacks on privacy at a moderate cost in quality.",
)


def topic(*keywords: str, avoid: tuple[str, ...] = (), weight: float = 1.0) -> Topic:
    included, excluded = parse_all(keywords)
    return Topic(
        name="T",
        keywords=included,
        excluded=excluded,
        avoided=tuple(map(parse, avoid)),
        weight=weight,
    )


def ranked(item: Paper, *topics: Topic) -> RankedPaper:
    compiled = compile_profile(Profile(topics=topics), CORPUS)
    return rank([tokenize_paper(candidate(item))], compiled, keep_all=True)[0]


PLAIN = topic("differential privacy", "privacy attack")
AVOIDING = topic("differential privacy", "privacy attack", avoid=("federated learning",))


def test_a_paper_about_the_avoided_is_lowered_and_others_hardly_move() -> None:
    assert ranked(FEDERATED, AVOIDING).score < ranked(FEDERATED, PLAIN).score / 2
    assert ranked(CENTRAL, AVOIDING).score > ranked(CENTRAL, PLAIN).score - 3


def test_near_words_are_enough_to_be_lowered() -> None:
    other_words = paper("Averaging client updates", FEDERATED.abstract.partition(" Federated")[0])
    assert ranked(other_words, AVOIDING).score < ranked(other_words, PLAIN).score


def test_a_paper_of_which_nothing_is_left_does_not_match() -> None:
    gone = ranked(FEDERATED, topic("privacy^0.1", avoid=("federated learning", "client")))
    assert (gone.score, gone.topic, gone.matches) == (0.0, None, ())


def test_another_topic_is_not_affected() -> None:
    both = ranked(FEDERATED, topic("privacy^0.1", avoid=("federated learning",)), PLAIN)
    assert both.score == ranked(FEDERATED, PLAIN).score


def test_a_light_avoided_keyword_lowers_less() -> None:
    light = topic("differential privacy", "privacy attack", avoid=("federated learning^0.1",))
    assert ranked(FEDERATED, AVOIDING).score < ranked(FEDERATED, light).score


def test_the_explanation_names_what_was_subtracted() -> None:
    light = topic("differential privacy", "privacy attack", avoid=("federated learning^0.1",))
    found = ranked(FEDERATED, light)
    against = [match for match in found.matches if match.field == "avoided"]
    assert {match.keyword for match in against} == {"federated learning^0.1"}
    assert all(match.contribution < 0 for match in against)
    assert sum(match.contribution for match in found.matches) == pytest.approx(found.score)


@given(st.randoms(use_true_random=False))
def test_an_avoided_keyword_never_raises_a_score(chance: random.Random) -> None:
    papers = made(chance, 20)
    profile = replace(made_full_profile(chance), feedback=())
    without = replace(profile, topics=tuple(replace(item, avoided=()) for item in profile.topics))
    corpus = build_corpus(papers, TABLE)
    before = {
        item.candidate.paper_id: item.score
        for item in rank(papers, compile_profile(without, corpus), keep_all=True)
    }
    for item in rank(papers, compile_profile(profile, corpus), keep_all=True):
        assert 0.0 <= item.score <= before[item.candidate.paper_id]
