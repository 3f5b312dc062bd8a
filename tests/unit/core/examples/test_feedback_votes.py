"""Feedback moves papers like the ones it is about, in bounds, and fades."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import candidate, paper
from support.samples.random_profiles import made, made_full_profile

from digest.core.editions.compose import compose
from digest.core.examples.feedback_votes import BOUND
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import (
    ExamplePaper,
    FeedbackKind,
    GivenFeedback,
    Profile,
    Topic,
)
from digest.core.profiles.learned import LearnedProfile, with_learned
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.fingerprint import scoring_fingerprint
from digest.core.ranking.scoring import (
    compile_profile,
    feedback_of,
    rank,
)
from digest.knowledge import background_files

TABLE = background_files.load_for("english")
CORPUS = build_corpus([], TABLE)
DAY = date(2026, 5, 4)

CACHE = paper(
    "Evicting the KV cache of long contexts",
    "Serving long contexts needs memory for keys and values. We evict entries of the KV cache that"
    " attention rarely reads, and keep accuracy with a fifth of the cache.",
)
OTHER_CACHE = paper(
    "Compressing keys and values for long prompts",
    "Long prompts fill the KV cache. We compress its entries by their attention, so that a server"
    " holds more requests in memory with little loss of accuracy.",
)
BIRDS = paper(
    "The migration of white storks",
    "Storks cross the strait in spring. We follow their flight with rings and counts.",
)
PROFILE = Profile(
    topics=(Topic(name="Serving", keywords=parse_all(["LLM serving", "KV cache"])[0]),)
)


def given_feedback(
    item: Paper, kind: FeedbackKind = FeedbackKind.MORE, on: date = DAY
) -> GivenFeedback:
    return GivenFeedback(
        paper=ExamplePaper(title=item.title, abstract=item.abstract), kind=kind, on=on
    )


def learned(*feedback: GivenFeedback, profile: Profile = PROFILE, as_of: date = DAY) -> Profile:
    return with_learned(profile, LearnedProfile(feedback=feedback), as_of=as_of)


def ranked(item: Paper, profile: Profile) -> RankedPaper:
    compiled = compile_profile(profile, CORPUS)
    return rank([tokenize_paper(candidate(item))], compiled, keep_all=True)[0]


def score(item: Paper, profile: Profile) -> float:
    return ranked(item, profile).score


def test_the_first_feedback_moves_what_is_like_it_and_nothing_else() -> None:
    liked = learned(given_feedback(CACHE))
    assert score(OTHER_CACHE, liked) > score(OTHER_CACHE, PROFILE) + 1
    assert score(BIRDS, liked) == score(BIRDS, PROFILE)


def test_less_like_this_lowers_and_counts_less_than_more() -> None:
    less = learned(given_feedback(CACHE, FeedbackKind.LESS))
    both = learned(given_feedback(CACHE), given_feedback(CACHE, FeedbackKind.LESS))
    assert score(OTHER_CACHE, less) < score(OTHER_CACHE, PROFILE)
    assert score(OTHER_CACHE, both) > score(OTHER_CACHE, PROFILE)


def test_to_save_counts_like_more_and_to_open_counts_less() -> None:
    saved, opened, more = (
        score(OTHER_CACHE, learned(given_feedback(CACHE, kind)))
        for kind in (FeedbackKind.SAVED, FeedbackKind.OPENED, FeedbackKind.MORE)
    )
    assert score(OTHER_CACHE, PROFILE) < opened < saved == more


def test_feedback_fades() -> None:
    scores = [
        score(OTHER_CACHE, learned(given_feedback(CACHE), as_of=DAY + timedelta(days)))
        for days in (0, 90, 180, 3600)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == pytest.approx(score(OTHER_CACHE, PROFILE), abs=0.5)


def test_a_later_day_changes_scores_and_not_the_fingerprint() -> None:
    today, later = (learned(given_feedback(CACHE), as_of=DAY + timedelta(days)) for days in (0, 90))
    corpus = build_corpus([], TABLE)
    assert scoring_fingerprint(today, corpus) == scoring_fingerprint(later, corpus)
    assert scoring_fingerprint(today, corpus) != scoring_fingerprint(PROFILE, corpus)


def test_a_reset_gives_the_authored_profile_back() -> None:
    assert with_learned(PROFILE, LearnedProfile(), as_of=DAY) is PROFILE


def test_a_paper_that_is_excluded_stays_excluded() -> None:
    topic = Topic(name="T", keywords=parse_all(["serving"])[0], excluded=parse_all(["prompts"])[0])
    liked = learned(given_feedback(OTHER_CACHE), profile=Profile(topics=(topic,)))
    assert ranked(OTHER_CACHE, liked).topic is None


def test_an_explanation_names_the_paper_with_feedback() -> None:
    found = ranked(OTHER_CACHE, learned(given_feedback(CACHE), given_feedback(BIRDS)))
    (named,) = [match for match in found.matches if match.field == "feedback"]
    assert named.keyword == CACHE.title
    assert sum(match.contribution for match in found.matches) == pytest.approx(found.score)


def test_a_followed_author_raises_a_paper_that_matches() -> None:
    item = replace(OTHER_CACHE, authors=("Ada Lovelace",))
    followed = with_learned(PROFILE, LearnedProfile(followed=("A. Lovelace",)), as_of=DAY)
    assert score(item, followed) > score(item, PROFILE) > 0
    assert score(replace(BIRDS, authors=("Ada Lovelace",)), followed) == 0


def test_a_muted_authors_papers_are_neither_matches_nor_trending() -> None:
    muted = with_learned(PROFILE, LearnedProfile(muted=("Ada Lovelace",)), as_of=DAY)
    item = replace(CACHE, title="LLM serving", authors=("Ada Lovelace", "Tri Dao"))
    assert score(item, PROFILE) > PROFILE.min_match
    edition = compose([ranked(item, muted)], profile=muted, local_date=DAY)
    assert (edition.matched, edition.trending) == (0, ())
    other = compose(
        [ranked(replace(item, authors=("Tri Dao",)), muted)], profile=muted, local_date=DAY
    )
    assert other.matched == 1


@given(st.randoms(use_true_random=False))
def test_feedback_is_bounded(chance: random.Random) -> None:
    index = PaperIndex(made(chance, 15))
    if votes := feedback_of(made_full_profile(chance), CORPUS):
        amounts = votes.scores(index).amounts
        assert (abs(amounts) <= BOUND).all()
