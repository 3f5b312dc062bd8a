import json
import os
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.keywords.aliases import attach
from digest.core.keywords.parser import parse, parse_all
from digest.core.models.editions import RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import (
    COMMON_PAPERS,
    Corpus,
    PaperIndex,
    TokenizedPaper,
    build_corpus,
    tokenize_paper,
)
from digest.core.ranking.scoring import compile_profile, rank

EMPTY = build_corpus([])
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
    ],
)
def test_a_keyword_matches(keyword: str, text: str) -> None:
    assert score(paper(text, "Nothing."), keyword) > 0.0


@pytest.mark.parametrize(
    "keyword, text",
    [
        ("fusion", "Diffusion models diffuse"),
        ("KV cache", "KV. Cache misses"),
        ("KV cache", "cache KV"),
        ("KV cache", "KV the cache"),
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


@pytest.mark.parametrize("keyword", ["model quantiz*", "model quantization", '"model of"'])
def test_a_phrase_that_is_interrupted_does_not_match(keyword: str) -> None:
    assert score(Paper(title="Quantization", abstract="a model"), keyword) == 0.0


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
    once = paper("On Things", abstract("speculative decoding"))
    about = paper("Speculative Decoding", abstract(*["speculative decoding"] * 2))
    two = paper(
        "Speculative Decoding and Tree Search",
        abstract(*["speculative decoding", "tree search"] * 2),
    )
    assert 20.0 <= score(once, "speculative decoding") <= 28.0
    assert 45.0 <= score(about, "speculative decoding") <= 50.0
    assert 65.0 <= score(two, "speculative decoding", "tree search") <= 75.0


def test_a_phrase_said_once_in_the_plural_is_above_the_usual_cut() -> None:
    assert score(paper("Compressing KV-Caches", abstract()), "KV cache") > USUAL_CUT


def test_the_exact_form_of_a_keyword_counts_more_than_another_form() -> None:
    own = paper("On Things", abstract(*["language model"] * 3))
    other = paper("On Things", abstract(*["language models"] * 3))
    assert score(own, "language model") > score(other, "language model")


def test_a_rare_keyword_counts_more_than_a_common_one() -> None:
    seen = build_corpus(ready(*["the model works"] * 400, "the otter works"))
    item = paper("On Things", abstract("otter", "model"))
    assert score(item, "otter", corpus=seen) > score(item, "model", corpus=seen)


def test_a_form_within_another_form_counts_once() -> None:
    def amount(alias: str) -> float:
        keywords = attach([parse("deep learning")], [("deep learning", [alias])])
        seen = ready(abstract("deep learning"))
        compiled = compile_profile(Profile(topics=(Topic(name="Topic", keywords=keywords),)), EMPTY)
        return rank(seen, compiled, keep_all=True)[0].score

    assert amount("learning") == amount("zebra") > 0


def test_part_of_a_common_longer_phrase_counts_less() -> None:
    plain = paper("On Things", abstract(*["language model"] * 3))
    nested = paper("On Things", abstract(*["visual language model"] * 3))
    seen = build_corpus(ready(*["a visual language model"] * COMMON_PAPERS))
    assert score(nested, "language model", corpus=seen) < score(
        plain, "language model", corpus=seen
    )
    few = build_corpus(ready(*["a visual language model"] * (COMMON_PAPERS - 1)))
    assert score(nested, "language model", corpus=few) == score(plain, "language model", corpus=few)


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


WORD = st.sampled_from(
    ["agent", "agents", "tree", "search", "diffusion", "fusion", "RAG", "the", "of", "otter"]
)
TEXT = st.lists(WORD, max_size=40).map(" ".join)
KEYWORD = st.sampled_from(
    [
        "agent",
        "agents^3",
        "tree search",
        "fusion",
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
SEEN = st.lists(TEXT.map(lambda text: Paper(title=text)), max_size=8).map(
    lambda papers: build_corpus(ready(*papers))
)


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


@given(st.lists(PAPER, max_size=6), st.lists(KEYWORD), SEEN, st.randoms(use_true_random=False))
def test_the_order_of_the_papers_does_not_change_the_ranking(
    papers: list[Paper], keywords: list[str], seen: Corpus, chance: random.Random
) -> None:
    items = ready(*papers)
    shuffled = chance.sample(items, len(items))
    assert ranked(shuffled, topic(*keywords), corpus=seen) == ranked(
        items, topic(*keywords), corpus=seen
    )


@given(PAPER, st.lists(KEYWORD, max_size=6), KEYWORD, SEEN)
def test_another_keyword_never_lowers_a_score(
    item: Paper, keywords: list[str], another: str, seen: Corpus
) -> None:
    before = score(item, *keywords, corpus=seen)
    assert score(item, *keywords, another, corpus=seen) >= before - 1e-9


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


@given(TEXT)
def test_fusion_never_matches_diffusion(text: str) -> None:
    diffusion_only = re.sub(r"\bfusion\b", "diffusion", text)
    assert score(Paper(title=diffusion_only, abstract=diffusion_only), "fusion") == 0.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_ranked(title: str, text: str) -> None:
    item = Paper(title=title, abstract=text, authors=(title,), categories=(text,))
    ranked(ready(item), topic("agent", "a1*", "author:A B", "category:cs", '"x, y"'))


REAL = Path(os.environ.get("DIGEST_REAL_DATA") or Path(__file__).parents[5] / "shared" / "data")


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
    seen = build_corpus(papers)
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
