"""A topic finds papers like those of its reading list."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.background.table import BackgroundTable, empty_table
from digest.core.examples.describing_keywords import describing_keywords
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import ExamplePaper, Profile, Topic
from digest.core.profiles.reading_lists import as_examples, named_in, with_reading_lists
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.fingerprint import scoring_fingerprint
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

TABLE = background_files.load_for("english")

LIBRARY = (
    paper(
        "FlashAttention: fast and memory-efficient exact attention",
        "Transformers are slow on long sequences. Our attention kernel reads and writes less GPU"
        " memory by tiling, and makes training of language models faster.",
    ),
    paper(
        "Paged attention for serving large language models",
        "Serving needs memory for the KV cache. We store its keys and values in pages, as operating"
        " systems do, so that more requests fit on a GPU.",
    ),
    paper(
        "Speculative decoding of language models",
        "A small draft model proposes tokens that the large model verifies in parallel, which makes"
        " inference faster without changing the output.",
    ),
)
LIKE_IT = paper(
    "A kernel for long contexts on GPUs",
    "We tile attention over the KV cache, so that decoding of large language models reads less memory"
    " and serves more requests.",
)
UNLIKE_IT = paper(
    "The migration of white storks",
    "Storks cross the strait in spring. We follow their flight with rings and counts.",
)


def liking(
    *papers: Paper, keywords: tuple[str, ...] = (), language: str = "english", weight: float = 1.0
) -> Profile:
    topic = Topic(
        name="T", keywords=parse_all(keywords)[0], likes=as_examples(papers), weight=weight
    )
    return Profile(topics=(topic,), language=language)


def ranked(item: Paper, profile: Profile, background: BackgroundTable = TABLE) -> RankedPaper:
    compiled = compile_profile(profile, build_corpus([], background))
    return rank([tokenize_paper(candidate(item))], compiled, keep_all=True)[0]


@pytest.mark.parametrize("background", [TABLE, empty_table()], ids=["arxiv", "empty"])
def test_a_paper_like_the_list_is_found_and_another_is_not(background: BackgroundTable) -> None:
    like, unlike = (
        ranked(item, liking(*LIBRARY), background).score for item in (LIKE_IT, UNLIKE_IT)
    )
    assert like > 10 + unlike
    assert unlike < 5


def test_a_paper_of_the_list_itself_is_a_strong_match() -> None:
    assert all(ranked(item, liking(*LIBRARY)).score > 40 for item in LIBRARY)


def test_more_papers_in_the_list_count_more() -> None:
    one = ranked(LIKE_IT, liking(LIBRARY[0])).score
    many = ranked(LIKE_IT, liking(*[LIBRARY[0]] * 8)).score
    assert one < many


def test_beside_keywords_a_short_list_adds_little() -> None:
    alone = ranked(LIKE_IT, liking(*LIBRARY)).score
    plain = ranked(LIKE_IT, liking(keywords=("stork ringing",))).score
    beside = ranked(LIKE_IT, liking(*LIBRARY, keywords=("stork ringing",))).score
    assert plain < beside < alone


def test_the_explanation_names_the_liked_papers_and_adds_up() -> None:
    found = ranked(LIKE_IT, liking(*LIBRARY))
    assert {match.field for match in found.matches} == {"liked"}
    assert found.matches[0].keyword in {item.title for item in LIBRARY[:2]}
    assert sum(match.contribution for match in found.matches) == pytest.approx(found.score)


def test_the_weight_of_the_topic_counts() -> None:
    assert ranked(LIKE_IT, liking(*LIBRARY, weight=2.0)).score > (
        ranked(LIKE_IT, liking(*LIBRARY)).score
    )


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_lists_are_read_changes_nothing(chance: random.Random) -> None:
    lists = {"a.bib": as_examples(LIBRARY[:2]), "arxiv:2508.13426": as_examples(LIBRARY[1:])}
    topic = Topic(name="T", keywords=(), likes_from=tuple(chance.sample(list(lists), 2)))
    profile = Profile(topics=(topic,))
    for name in chance.sample(list(lists), 2):
        profile = with_reading_lists(profile, {name: lists[name]})
    at_once = with_reading_lists(Profile(topics=(topic,)), lists)
    assert (profile, named_in(profile)) == (at_once, ())
    assert len(profile.topics[0].likes) == 3  # a paper in two lists counts once
    corpus = build_corpus([], TABLE)
    assert scoring_fingerprint(profile, corpus) == scoring_fingerprint(at_once, corpus)


def test_a_very_long_abstract_is_cut() -> None:
    (example,) = as_examples([paper("T", "x" * 100_000)])
    assert example == ExamplePaper(title="T", abstract="x" * 5000)


def test_the_keywords_that_describe_a_list_are_its_common_terms() -> None:
    papers = [
        tokenize_paper(candidate(paper(f"Paper {number}", text)))
        for number, text in enumerate(
            ("We study KV cache eviction.", "A KV cache for GPUs.", "Eviction on GPUs.")
        )
    ]
    found = describing_keywords(papers, TABLE, keywords=3)
    assert [word.text for word in found] == ["KV cache", "eviction", "GPUs"]
    assert describing_keywords(papers[::-1], TABLE, keywords=3) == found
