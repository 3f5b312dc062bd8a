import json
import os
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import candidate, paper
from support.samples.small_background import small_background

from digest.core.editions.reasons import GOOD, EvidenceKind, named_keywords
from digest.core.keywords.aliases import attach
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse, parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.ranking.scoring import WORTH_A_LOOK, compile_profile, rank, to_scale
from digest.core.text.tokens import tokenise
from digest.knowledge import background_files

EMPTY = build_corpus([])
"""Without a background table only direct evidence counts."""
PACKAGED = build_corpus([], background_files.load())
USUAL_CUT = Profile(topics=()).min_match
FILLER = [f"filler{number}" for number in range(180)]


def topic(*keywords: str, name: str = "Topic", weight: float = 1.0) -> Topic:
    included, excluded = parse_all(keywords)
    return Topic(name=name, keywords=included, excluded=excluded, weight=weight)


def ready(*papers: Paper | str) -> list[TokenizedPaper]:
    return [tokenize_paper(candidate(item, number)) for number, item in enumerate(papers, 1)]


def ranked(
    papers: list[TokenizedPaper], *topics: Topic, corpus: Corpus = EMPTY, keep_all: bool = False
) -> list[RankedPaper]:
    compiled = compile_profile(Profile(topics=topics), corpus)
    return rank(papers, compiled, keep_all=keep_all)


def test_a_paper_below_the_wanted_score_is_ranked_without_an_explanation() -> None:
    papers = ready("A honey bee", "A wasp and a bee", "A hive")
    compiled = compile_profile(Profile(topics=(topic("honey", "bee^3"),)), EMPTY)
    whole = rank(papers, compiled, keep_all=True)
    limit = whole[0].score
    assert limit > whole[1].score > 0
    some = rank(papers, compiled, keep_all=True, explained_from=limit)
    assert some == [whole[0], *(replace(item, matches=()) for item in whole[1:])]
    assert whole[1].matches


def score(item: Paper | str, *keywords: str, corpus: Corpus = EMPTY) -> float:
    return ranked(ready(item), topic(*keywords), corpus=corpus, keep_all=True)[0].score


def abstract(*phrases: str) -> str:
    """An ordinary abstract of 180 words that holds the phrases, spread."""
    kept = FILLER[: 180 - sum(len(phrase.split()) for phrase in phrases)]
    step = len(kept) // (len(phrases) + 1)
    for number, phrase in enumerate(phrases, 1):
        kept.insert(number * step + number - 1, phrase)
    return " ".join(kept)


@pytest.mark.parametrize(
    "keyword, text",
    [
        ("KV cache", "Compressing KV-Caches"),
        ("KV-cache", "the kv cache"),
        ("quantiz*", "Quantization-aware training"),
        ("model quantiz*", "models, and model quantization"),
        ("Müller cell", "Muller cells"),
        ("RAG", "On RAG"),
        ("RAG", "RAGs everywhere"),
        ("RAGs", "one RAG's limits"),
        ('"mixture of experts"', "Mixture-of-Experts layers"),
        ('"Mamba"', "we use Mamba here"),
        ("3D", "in 3D."),
        ("C++", "a C++ compiler"),
        ("GPT-4o", "with GPT-4o-mini"),
        ("拡散モデル", "高速な拡散モデルの研究"),
        ("large language models (LLMs)", "Large Language Models (LLMs) can"),
        ("title:pruning", "Pruning Trees"),
        ("pruning", "We prune trees"),
        ("model quantization", "Quantized models"),
        ("KV cache", "cache of the KV"),
    ],
)
def test_a_keyword_matches(keyword: str, text: str) -> None:
    assert score(paper(text, "Nothing."), keyword) > 0.0


@pytest.mark.parametrize(
    "keyword, text",
    [
        ("fusion", "Diffusion models diffuse"),
        ("KV cache", "KV or not, and after five words a cache"),
        ("KV cache", "a cache"),
        ("RAG", "a rag doll"),
        ("RAG", "a Rag doll"),
        ("quantiz*", "vectorquantizer"),
        ("model quantiz*", "quantization model"),
        ('"mixture of experts"', "mixtures of experts"),
        ('"Mamba"', "a mamba bites"),
        ("C++", "vitamin C"),
        ("GPT-4o", "GPT-4"),
        ("拡散モデル", "拡散"),
    ],
)
def test_a_keyword_does_not_match(keyword: str, text: str) -> None:
    assert score(paper(text, "Nothing."), keyword) == 0.0


@pytest.mark.parametrize(
    "keyword", ["model quantiz*", '"model quantization"', "title:model quantization"]
)
def test_a_prefix_an_exact_keyword_and_one_for_the_title_need_the_phrase_itself(
    keyword: str,
) -> None:
    apart = Paper(title="Quantization", abstract="A model. Quantization of a model.")
    assert score(apart, keyword) == 0.0
    assert score(Paper(title="Model Quantization", abstract=""), keyword) > 0.0


def test_a_prefix_finds_the_plural_of_an_acronym() -> None:
    assert score("Two GPUs", "gpu*") > 0.0


def test_in_another_language_its_own_endings_count() -> None:
    (german,) = attach([parse("Biene")], [], language="german")
    subject = Topic(name="Bienen", keywords=(german,))
    profile = Profile(topics=(subject,), language="german")
    found = candidate("Tanzende Bienen")
    in_german, in_english = tokenize_paper(found, "german"), tokenize_paper(found)
    assert rank([in_german], compile_profile(profile, EMPTY))
    assert not rank([in_english], compile_profile(profile, EMPTY))


def test_a_title_keyword_does_not_look_at_the_abstract() -> None:
    assert score(paper("On Trees", "We study pruning."), "title:pruning") == 0.0


@pytest.mark.parametrize("name", ["Tri Dao", "T. Dao", "Dao, Tri", "Dao, T.", "tri dao", "Trí Đào"])
def test_an_author_is_found_however_the_name_is_written(name: str) -> None:
    item = paper(authors=("Someone Else", name))
    assert score(item, "author:Tri Dao") > USUAL_CUT


@pytest.mark.parametrize("name", ["Tom Dao", "Tri Daoud", "Dao Tri", "S. Dao", "Dao", "", "..."])
def test_another_author_is_not_taken_for_this_one(name: str) -> None:
    assert score(paper(authors=(name,)), "author:Tri Dao") == 0.0


def test_names_in_the_middle_and_particles_may_be_left_out_or_in() -> None:
    item = paper(authors=("Laurens J. P. van der Maaten",))
    assert score(item, "author:Laurens van der Maaten") > 0.0
    assert score(item, "author:van der Maaten, L.") > 0.0
    assert score(item, "author:Maaten") > 0.0
    assert score(item, 'author:"Laurens van der Maaten"') == 0.0


def test_a_category_matches_itself_and_what_is_below_it() -> None:
    item = paper(categories=("cs.LG", "stat.ML"))
    matching = ["category:cs.LG", "category:CS.lg", "category:cs", "category:cs.*"]
    assert all(score(item, keyword) > 0.0 for keyword in matching)
    assert score(item, "category:cs.L") == 0.0
    assert score(item, "category:math") == 0.0


def test_categories_alone_stay_below_the_usual_cut_however_many_match() -> None:
    item = paper(categories=("cs.LG", "cs.CL", "cs.AI"))
    alone = score(item, "category:cs.LG")
    assert 0.0 < alone < USUAL_CUT
    assert score(item, "category:cs.LG", "category:cs.CL", "category:cs") == alone
    assert score(item, "category:cs.LG^3") > USUAL_CUT


def test_the_scale_means_what_the_documentation_says() -> None:
    assert to_scale(0.0) == 0.0
    assert to_scale(WORTH_A_LOOK) == pytest.approx(20.0)
    assert to_scale(0.52) == pytest.approx(40.0, abs=0.5)
    assert to_scale(0.77) == pytest.approx(60.0, abs=0.5)
    once = paper("On Things", abstract("speculative decoding"))
    about = paper("Speculative Decoding", abstract(*["speculative decoding"] * 2))
    assert score(once, "speculative decoding", corpus=PACKAGED) > 60.0
    assert score(about, "speculative decoding", corpus=PACKAGED) > 90.0


def test_a_keyword_that_the_paper_lacks_dilutes_the_others() -> None:
    item = paper("On Things", abstract(*["speculative decoding"] * 3))
    alone = score(item, "speculative decoding")
    with_one = score(item, "speculative decoding", "tree search")
    with_two = score(item, "speculative decoding", "tree search", "honey comb")
    assert alone > with_one > with_two > 0.0


def test_authors_and_categories_do_not_dilute_the_keywords() -> None:
    item = paper("On Things", abstract(*["speculative decoding"] * 3))
    assert score(item, "speculative decoding", "author:Tri Dao", "category:cs.LG") == score(
        item, "speculative decoding"
    )


def test_singular_and_plural_count_the_same() -> None:
    own = paper("On Things", abstract(*["language model"] * 3))
    plural = paper("On Things", abstract(*["language models"] * 3))
    assert score(own, "language model") == score(plural, "language model")
    assert score(own, "language models") == score(plural, "language models")


@pytest.mark.parametrize(
    "keyword, weaker, weakest",
    [
        ("pruning", "pruned", "pruner"),
        ("agent", "agentic", "agency"),
        ("accelerator", "accelerating", "acceptor"),
    ],
)
def test_another_form_of_a_word_counts_less_than_the_word(
    keyword: str, weaker: str, weakest: str
) -> None:
    own, other, none = (
        score(paper("On Things", abstract(*[word] * 3)), keyword)
        for word in (keyword, weaker, weakest)
    )
    assert own > other > 0.0
    assert other > none


@pytest.mark.parametrize("times", [1, 3, 30])
@pytest.mark.parametrize(
    "keywords, text",
    [
        (("accelerator",), "accelerating"),
        (("pruning", "agent"), "pruned agentic"),
        (
            ("pruning", "agent", "accelerator", "quantization"),
            "pruned agentic accelerate quantized",
        ),
    ],
)
def test_other_forms_alone_never_make_a_good_match(
    keywords: tuple[str, ...], text: str, times: int
) -> None:
    item = paper("On Things", abstract(*[text] * times))
    assert 0.0 < round(score(item, *keywords)) < GOOD
    assert round(score(item, keywords[0], corpus=PACKAGED)) < GOOD


def test_another_form_is_named_as_a_close_word_and_not_as_a_keyword_that_the_paper_contains() -> (
    None
):
    (found,) = ranked(ready(paper("On Things", abstract("accelerating"))), topic("accelerator"))
    (match,) = found.matches
    assert (match.field, match.words) == ("related", ("accelerating",))
    (named,) = named_keywords(found.matches)
    assert named.evidence is EvidenceKind.CLOSE


def test_another_form_helps_a_paper_that_has_the_keyword_and_counts_nothing_without_topical_evidence() -> (
    None
):
    own, both, other = (
        paper("On Things", abstract(*texts))
        for texts in (("pruning",), ("pruning", "pruned"), ("pruned",))
    )
    assert score(both, "pruning") > score(own, "pruning")
    literal = compile_profile(Profile(topics=(topic("pruning"),), related=False), EMPTY)
    with_own, with_both = (rank(ready(item), literal)[0].score for item in (own, both))
    assert with_own == with_both
    assert rank(ready(other), literal) == []


def test_a_keyword_that_is_only_abbreviated_is_named_with_what_the_paper_wrote() -> None:
    table = build_corpus([], small_background())
    for keyword, other in (("LLM", "large language models"), ("large language model", "LLMs")):
        (found,) = ranked(
            ready(paper("On Things", abstract(*[other] * 2))), topic(keyword), corpus=table
        )
        contained = [match for match in found.matches if match.field == "abstract"]
        assert [match.words for match in contained] == [(other,)]
        assert named_keywords(contained)[0].shown == f"{keyword} ({other})"
        (own,) = ranked(
            ready(paper("On Things", abstract(keyword, other))), topic(keyword), corpus=table
        )
        assert [m.words for m in own.matches if m.field == "abstract"] == [()]


def test_words_near_each_other_count_less_than_the_phrase_and_words_apart_count_nothing() -> None:
    phrase, near, apart = (
        score(paper("On Things", abstract(text)), "tree search")
        for text in ("tree search", "search in a tree", "search of a a a a a a tree")
    )
    assert phrase > near > 0.0
    assert apart == 0.0


def test_words_within_the_phrase_are_not_counted_again_as_near() -> None:
    compiled = compile_profile(Profile(topics=(topic("tree search"),)), EMPTY)
    (found,) = rank(ready(paper("On Things", abstract("tree search"))), compiled)
    assert [match.field for match in found.matches] == ["abstract"]
    spread = paper("On Things", abstract("tree search", "otter"))
    assert score(spread, "tree search") == found.score


def test_an_abbreviation_finds_its_long_form_and_the_other_way_round_for_fewer_points() -> None:
    table = build_corpus([], small_background())
    for keyword, other in (
        ("LLM", "large language models"),
        ("large language model", "LLMs"),
    ):
        own = score(paper("On Things", abstract(*[keyword] * 2)), keyword, corpus=table)
        compiled = compile_profile(Profile(topics=(topic(keyword),), related=False), table)
        found = rank(ready(paper("On Things", abstract(*[other] * 2))), compiled)
        assert 0.0 < found[0].score < own


def test_an_abbreviation_of_the_table_is_found_in_capitals_only() -> None:
    compiled = compile_profile(
        Profile(topics=(topic("retrieval augmented generation"),), related=False), PACKAGED
    )
    assert rank(ready(paper("On Things", abstract("RAG"))), compiled)
    assert not rank(ready(paper("On Things", abstract("rag"))), compiled)


def by_words(text: str, keyword: str, corpus: Corpus = PACKAGED) -> list[RankedPaper]:
    """Ranks a paper by direct evidence alone."""
    compiled = compile_profile(Profile(topics=(topic(keyword),), related=False), corpus)
    return rank(ready(paper("On Things", abstract(text))), compiled)


def test_a_rare_word_of_a_phrase_counts_without_the_others_for_fewer_points_and_is_named() -> None:
    (whole,) = by_words("protein design", "protein design")
    (part,) = by_words("proteins proteins", "protein design")
    assert 0.0 < part.score < whole.score
    assert [(match.field, match.words) for match in part.matches] == [("abstract", ("proteins",))]
    assert named_keywords(part.matches)[0].shown == "protein design (proteins)"


@pytest.mark.parametrize(
    "text, keyword",
    [
        ("generation", "music generation"),  # a common word
        ("music", '"music generation"'),  # exactly these words
        ("music", "title:music generation"),
        ("r", "R notebooks"),  # too short to say anything
        ("2048", "game 2048"),
        ("programs", "program repair"),  # both words are rare
        ("kernels", "neural tangent kernel"),
    ],
)
def test_another_word_of_a_phrase_does_not_count_without_the_others(
    text: str, keyword: str
) -> None:
    assert by_words(text, keyword) == []


def test_an_exclusion_needs_the_whole_phrase_and_not_its_rare_word() -> None:
    item = paper("On Bees", "Music for a bee.")
    assert score(item, "bee", "-music generation", corpus=PACKAGED) > 0.0


def test_an_exact_keyword_has_no_other_forms() -> None:
    profile = Profile(topics=(topic('"large language model"'),), related=False)
    compiled = compile_profile(profile, build_corpus([], small_background()))
    assert not rank(ready("LLMs", "large language models", "a model of large language"), compiled)


def test_a_rare_keyword_counts_more_than_a_common_one() -> None:
    seen = build_corpus(ready(*["the model works"] * 400, "the otter works"))
    item = paper("On Things", abstract("otter", "model"))
    assert score(item, "otter", corpus=seen) > score(item, "model", corpus=seen)


def test_in_an_empty_store_the_table_says_what_is_rare() -> None:
    profile = [Profile(topics=(topic(word),), related=False) for word in ("method", "otter")]
    item = ready(paper("On Things", abstract("otter", "method")))
    common, rare = (rank(item, compile_profile(one, PACKAGED))[0].score for one in profile)
    assert 0.0 < common < rare


def test_stored_papers_do_not_change_the_rarity_of_a_word_that_the_table_knows() -> None:
    seen = build_corpus(ready(*["pruning works"] * 400), background_files.load())
    item = paper("On Things", abstract("pruning"))
    assert score(item, "pruning", corpus=seen) == score(item, "pruning", corpus=PACKAGED)


def test_a_keyword_of_stop_words_alone_counts_by_the_papers_that_are_stored() -> None:
    seen = build_corpus(ready(*["the cat works"] * 400), background_files.load())
    item = paper("On Things", abstract("the"))
    assert score(item, '"the"', corpus=seen) < score(item, '"the"', corpus=PACKAGED)


def test_a_keyword_that_every_paper_contains_adds_nothing() -> None:
    keywords = attach([parse("model")], [("model", ["method", "paper", "work", "system"])])
    seen = build_corpus(ready(*["model method paper work system"] * 500))
    compiled = compile_profile(Profile(topics=(Topic(name="T", keywords=keywords),)), seen)
    assert rank(ready("A model and a method"), compiled) == []


def test_a_form_within_another_form_counts_once() -> None:
    def amount(alias: str) -> float:
        keywords = attach([parse("deep learning")], [("deep learning", [alias])])
        seen = ready(abstract("deep learning"))
        compiled = compile_profile(Profile(topics=(Topic(name="Topic", keywords=keywords),)), EMPTY)
        return rank(seen, compiled, keep_all=True)[0].score

    assert amount("learning") == amount("zebra") > 0


def test_part_of_a_common_longer_phrase_counts_less() -> None:
    plain = paper("On Things", abstract(*["language model"] * 3))
    nested = paper("On Things", abstract(*["vision language model"] * 3))
    unusual = paper("On Things", abstract(*["otter language model"] * 3))
    profile = Profile(topics=(topic("language model"),), related=False)
    compiled = compile_profile(profile, PACKAGED)
    amounts = {
        number: found.score
        for number, item in enumerate((plain, nested, unusual))
        for found in rank(ready(item), compiled)
    }
    assert amounts[1] < amounts[0] == amounts[2]
    assert score(nested, "language model") == score(plain, "language model")


def test_a_paper_near_the_keywords_is_found_without_them() -> None:
    near = paper(
        "Faster Serving",
        "We cut the latency of inference with drafts of tokens that the target model verifies in"
        " parallel, so autoregressive generation takes fewer steps.",
    )
    far = paper("Garden Snails", "We count snails and roses in forty gardens.")
    keywords = ("speculative decoding", "KV cache", "LLM inference", "quantization")
    assert score(near, *keywords, corpus=PACKAGED) > USUAL_CUT
    assert score(far, *keywords, corpus=PACKAGED) < 5.0
    without = Profile(topics=(topic(*keywords),), related=False)
    assert not rank(ready(far), compile_profile(without, PACKAGED))


def test_one_keyword_alone_finds_few_papers_that_lack_it() -> None:
    near = paper("Draft Trees", "A draft model proposes tokens that the target model verifies.")
    assert 0.0 < score(near, "speculative decoding", corpus=PACKAGED) < 25.0


def test_an_empty_paper_scores_nothing() -> None:
    nothing = Paper(title="", abstract="")
    assert score(nothing, "speculative decoding", "KV cache", corpus=PACKAGED) == 0.0


def test_an_exclusion_takes_the_paper_out_of_its_topic_only() -> None:
    item = ready("Federated learning of agents")
    first = topic("agent", "-federated learning", name="First")
    assert ranked(item, first) == []
    assert [one.topic for one in ranked(item, first, topic("learning", name="Other"))] == ["Other"]


def test_the_best_topic_gives_the_score_and_the_first_of_equals_wins() -> None:
    item = ready("Agents play")
    low, high = topic("agent^0.5", name="Low"), topic("agent", name="High")
    assert ranked(item, low, high)[0].topic == "High"
    assert ranked(item, topic("agent", name="First"), high)[0].topic == "First"
    heavy = topic("agent", name="Heavy", weight=2.0)
    assert ranked(item, high, heavy)[0].topic == "Heavy"


def test_a_keyword_found_in_title_and_abstract_is_one_match_in_the_title() -> None:
    item = ready(paper("Agents", "agent agent"), paper("Nothing", "An agent."))
    assert [one.matches[0].field for one in ranked(item, topic("agent"))] == ["title", "abstract"]
    assert all(len(one.matches) == 1 for one in ranked(item, topic("agent")))


def test_a_match_names_the_keyword_as_written_and_where_it_was_found() -> None:
    item = paper("KV Caches", authors=("Tri Dao",), categories=("cs.LG",))
    found = ranked(ready(item), topic("KV cache^2", "author:Dao", "category:cs.LG"))[0]
    assert {(match.keyword, match.field) for match in found.matches} == {
        ("KV cache^2", "title"),
        ("author:Dao", "author"),
        ("category:cs.LG", "category"),
    }


def test_the_same_keyword_written_twice_counts_once_with_its_larger_weight() -> None:
    item = paper("KV cache")
    assert score(item, "KV cache", "kv cache^2") == score(item, "KV cache^2")


def test_papers_that_match_nothing_are_left_out_unless_all_are_requested() -> None:
    items = ready("Agents", "Otters")
    assert len(ranked(items, topic("agent"))) == 1
    rest = ranked(items, topic("agent"), keep_all=True)[1]
    assert (rest.score, rest.topic, rest.matches) == (0.0, None, ())


def test_equal_scores_are_in_the_order_of_announcements_then_of_papers() -> None:
    items = [
        tokenize_paper(candidate("Agents", number, seq=seq))
        for number, seq in [(7, 2), (5, 2), (9, 1)]
    ]
    assert [one.candidate.paper_id for one in ranked(items, topic("agent"))] == [9, 5, 7]


def test_one_index_can_be_used_for_many_profiles() -> None:
    items = ready("Agents", "Otters")
    for keywords in (["agent", "ott*"], ["otter", "author:A B", "category:cs"]):
        compiled = compile_profile(Profile(topics=(topic(*keywords),)), EMPTY)
        assert rank(PaperIndex(items), compiled) == rank(items, compiled)


def test_without_papers_or_topics_the_result_is_empty() -> None:
    assert ranked([], topic("agent")) == []
    assert ranked(ready("Agents")) == []


def test_five_thousand_keywords_are_ranked() -> None:
    keywords = [f"word{number} otter" for number in range(4_999)]
    found = ranked(ready("The agent and word7 otter"), topic("agent", *keywords))
    assert [match.keyword for match in found[0].matches] == ["word7 otter", "agent"]


def test_the_order_of_the_keywords_does_not_matter() -> None:
    keywords = ["speculative decoding", "KV cache^2", "pruning", "title:survey", "quantiz*"]
    item = paper("A survey of pruning", abstract("KV caches", "quantized", "decoding"))
    for corpus in (EMPTY, PACKAGED):
        one, other = (
            score(item, *keywords, corpus=corpus),
            score(item, *reversed(keywords), corpus=corpus),
        )
        assert one == other


WORD = st.sampled_from(
    ["agent", "agents", "tree", "search", "LLM", "token", "hive", "RAG", "the", "of", "otter"]
)
TEXT = st.lists(WORD, max_size=40).map(" ".join)
KEYWORD = st.sampled_from(
    [
        "agent",
        "agents^3",
        "tree search",
        "large language model",
        "hive queen",
        "RAG^100",
        "ott*",
        '"tree of"',
        "title:search",
        "category:cs^0.5",
        "author:A. Otter",
    ]
)
PAPER = st.builds(
    lambda title, text, authors, categories: Paper(
        title=title, abstract=text, authors=tuple(authors), categories=tuple(categories)
    ),
    TEXT,
    TEXT,
    st.lists(st.sampled_from(["Ann Otter", "Bob Tree"])),
    st.lists(st.sampled_from(["cs.AI", "math"])),
)
SEEN = st.builds(
    lambda papers, known: build_corpus(ready(*papers), small_background() if known else None),
    st.lists(TEXT.map(lambda text: Paper(title=text)), max_size=8),
    st.booleans(),
)


def _text(one: RankedPaper) -> str:
    return f"{one.candidate.paper.title} {one.candidate.paper.abstract}"


@given(st.lists(PAPER, max_size=6), st.lists(st.lists(KEYWORD), max_size=3), SEEN)
def test_a_score_is_between_0_and_100_and_equals_the_sum_of_its_contributions(
    papers: list[Paper], keywords: list[list[str]], seen: Corpus
) -> None:
    topics = [topic(*some, name=str(number)) for number, some in enumerate(keywords)]
    found = ranked(ready(*papers), *topics, corpus=seen, keep_all=True)
    assert len(found) == len(papers)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for one in found:
        assert 0.0 <= one.score <= 100.0
        assert abs(sum(match.contribution for match in one.matches) - one.score) <= 1e-6
        assert all(match.contribution > 0.0 for match in one.matches)
        assert (one.topic is None) == (one.score == 0.0) == (not one.matches)
        text = {word.lower() for word in tokenise(_text(one))}
        for match in one.matches:
            named = {word.lower() for words in match.words for word in words.split()}
            assert named <= text


@given(st.lists(PAPER, max_size=6), st.lists(KEYWORD), SEEN, st.randoms(use_true_random=False))
def test_the_order_of_the_papers_does_not_change_the_ranking(
    papers: list[Paper], keywords: list[str], seen: Corpus, chance: random.Random
) -> None:
    items = ready(*papers)
    shuffled = chance.sample(items, len(items))
    assert ranked(shuffled, topic(*keywords), corpus=seen) == ranked(
        items, topic(*keywords), corpus=seen
    )


@given(PAPER, st.lists(KEYWORD, max_size=6), st.lists(KEYWORD, max_size=3), SEEN)
def test_another_topic_never_lowers_a_score(
    item: Paper, keywords: list[str], others: list[str], seen: Corpus
) -> None:
    alone = ranked(ready(item), topic(*keywords), corpus=seen, keep_all=True)[0].score
    more = ranked(ready(item), topic(*keywords), topic(*others), corpus=seen, keep_all=True)
    assert more[0].score >= alone


@given(PAPER, st.lists(KEYWORD, max_size=6), SEEN, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_keywords_nor_a_second_time_changes_a_score(
    item: Paper, keywords: list[str], seen: Corpus, chance: random.Random
) -> None:
    again = chance.sample(keywords, len(keywords))
    first = score(item, *keywords, corpus=seen)
    assert score(item, *again, corpus=seen) == first == score(item, *keywords, corpus=seen)


@given(PAPER, st.lists(KEYWORD, min_size=1, max_size=6), SEEN)
def test_an_excluded_paper_scores_nothing(item: Paper, keywords: list[str], seen: Corpus) -> None:
    certain = Paper(title=f"zebra {item.title}", abstract=item.abstract)
    assert score(certain, *keywords, "-zebra", corpus=seen) == 0.0


@given(
    st.lists(st.sampled_from(["agents", "filler", "."]), min_size=1, max_size=400),
    st.sampled_from(["agent", "agents", "agen*", "AGENTS"]),
    st.data(),
)
def test_another_occurrence_never_lowers_a_score(
    text: list[str], keyword: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    more = [*text]
    more[place] = "agents"
    before = score(Paper(title="", abstract=" ".join(text)), keyword)
    assert score(Paper(title="", abstract=" ".join(more)), keyword) >= before


FORM = st.sampled_from(["model", "models", "modeled", "modelling", "LLM", "prune", "pruned"])
FORMS = st.lists(FORM, max_size=12).map(" ".join)


@given(st.lists(FORMS, min_size=1, max_size=4), st.lists(FORM, min_size=1, max_size=3))
@example(papers=["LLM modeled", "model"], keyword=["modeled", "LLM", "modeled"])
def test_the_other_papers_of_the_day_change_nothing(papers: list[str], keyword: list[str]) -> None:
    items = [paper("On Things", text) for text in papers]
    together = ranked(ready(*items), topic(" ".join(keyword)), corpus=PACKAGED, keep_all=True)
    alone = [score(item, " ".join(keyword), corpus=PACKAGED) for item in items]
    assert sorted(item.score for item in together) == sorted(alone)


@given(TEXT)
def test_fusion_never_matches_diffusion(text: str) -> None:
    diffusion_only = re.sub(r"\bfusion\b", "diffusion", text)
    assert score(Paper(title=diffusion_only, abstract=diffusion_only), "fusion") == 0.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_ranked(title: str, text: str) -> None:
    item = Paper(title=title, abstract=text, authors=(title,), categories=(text,))
    ranked(ready(item), topic("agent", "a1*", "author:A B", "category:cs", '"x, y"'))


REAL = Path(os.environ.get("DIGEST_REAL_DATA") or Path(__file__).parents[5] / "shared" / "data")


@pytest.mark.slow
@pytest.mark.skipif(
    not (REAL / "hf_daily").is_dir(), reason=f"no real data in {REAL}; set DIGEST_REAL_DATA"
)
def test_labelled_papers_rank_first_more_often_than_by_counting_keywords() -> None:
    items = _tagged_papers()
    carriers: defaultdict[str, set[int]] = defaultdict(set)
    for number, item in enumerate(items):
        for tag in item["ai_keywords"]:
            carriers[_plain(tag)].add(number)
    tags = {tag: found for tag, found in carriers.items() if len(found) >= 8}
    papers = [
        tokenize_paper(candidate(Paper(title=item["title"], abstract=item["summary"]), number))
        for number, item in enumerate(items)
    ]
    texts = [_plain(f"{item['title']} {item['summary']}") for item in items]
    seen = build_corpus([], background_files.load())
    ours, counted = 0.0, 0.0
    for tag, carrying in tags.items():
        one = Topic(name=tag, keywords=(parse(tag),))
        best = [item.candidate.paper_id for item in ranked(papers, one, corpus=seen, keep_all=True)]
        ours += _average_precision(best, carrying)
        counts = [text.count(tag) for text in texts]
        by_count = sorted(range(len(texts)), key=lambda number: -counts[number])
        counted += _average_precision(by_count, carrying)
    print(f"{len(tags)} keywords: {ours / len(tags):.3f}, counting {counted / len(tags):.3f}")
    assert ours / len(tags) > counted / len(tags) + 0.03


def _tagged_papers() -> list[dict[str, Any]]:
    papers: dict[str, dict[str, Any]] = {}
    for file in sorted((REAL / "hf_daily").glob("2025-0[67]-*.json")):
        for item in json.loads(file.read_text(encoding="utf-8")):
            if item["paper"].get("ai_keywords"):
                papers.setdefault(item["paper"]["id"], item["paper"])
    return list(papers.values())


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").split())


def _average_precision(order: list[int], relevant: set[int]) -> float:
    hits, total = 0, 0.0
    for place, number in enumerate(order, 1):
        if number in relevant:
            hits += 1
            total += hits / place
    return total / len(relevant)
