"""Warnings: what is allowed, and most likely not meant."""

from dataclasses import replace

import pytest
from support.builders import candidate, paper

from digest.core.keywords.aliases import attach
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.profiles.lint import TopicPart, lint

PAPERS = [
    candidate(
        Paper(
            title=f"Paper of kind {number % 5}",
            abstract="Transformers learn." if number % 2 else "A Mixture of experts uses RAG.",
            categories=("x-bees",),
        ),
        paper_id=number,
    )
    for number in range(40)
]


def profile(*topics: list[str], min_match: float = 20) -> Profile:
    made = []
    for number, words in enumerate(topics):
        keywords, excluded = parse_all(words)
        made.append(Topic(name=f"T{number}", keywords=keywords, excluded=excluded))
    return Profile(topics=tuple(made), min_match=min_match)


def said(made: Profile, papers: list[Candidate] | None = None) -> list[str]:
    return [item.problem for item in lint(made, papers or [])]


def test_a_good_profile_has_no_findings() -> None:
    words = ["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"', "-legal"]
    assert said(profile(words, ["author:Tri Dao", "title:survey"], ["category:cs.RO^3"])) == []


@pytest.mark.parametrize(
    "keyword, says",
    [
        ('"quantiz*"', "a star in quotes is no prefix"),
        ('"pruning^2"', "in quotes ^2 is no weight"),
        ('"title:pruning"', "in quotes title: is no field"),
        ("pruning, quantization", '"," included; write several keywords'),
        ("pruning OR quantization", '"OR" included'),
        ("a | bees", '"|" included'),
        ("author:Tri Dao and Ada Lovelace", "one name each"),
        ("author:Dao et al", "one name each"),
        ("category:cs.LGG", 'did you mean "cs.LG"?'),
        ("category:learning.*", "arXiv's look like cs.LG"),
    ],
)
def test_what_no_text_is_likely_to_hold_is_named(keyword: str, says: str) -> None:
    found = said(profile(["bees", keyword]))
    assert len(found) == 1
    assert says in found[0]


def test_a_category_of_a_paper_seen_is_one() -> None:
    assert said(profile(["wasps", "category:x-bees"]), PAPERS) == []


@pytest.mark.parametrize("excluded", ["learning", "learn*", "federated learning"])
def test_a_keyword_that_an_exclusion_of_its_topic_removes_is_named(excluded: str) -> None:
    (finding,) = lint(profile(["bees", "federated learning", f"-{excluded}"]))
    assert (finding.topic, finding.part, finding.index) == (0, TopicPart.KEYWORDS, 1)
    assert f'the exclusion "-{excluded}" of this topic removes all' in finding.problem


def test_an_exclusion_of_another_topic_removes_nothing() -> None:
    assert said(profile(["federated learning"], ["bees", "-learning"])) == []


def test_keywords_that_repeat_each_other_are_named_in_one_topic_and_in_two() -> None:
    found = lint(profile(["KV cache", "KV-caches^2", "bees", "bees"], ["kv cache"]))
    assert [(item.topic, item.index, item.problem) for item in found] == [
        (0, 1, 'finds the same as "KV cache" above; one of them is enough'),
        (0, 3, "stands twice in this topic; once is enough"),
        (
            1,
            0,
            'finds the same as "KV cache" in the topic "T0"; a paper is shown in one topic alone',
        ),
    ]


def test_a_category_may_lift_two_topics() -> None:
    assert said(profile(["bees", "category:cs.LG"], ["wasps", "category:cs.LG"])) == []


def test_a_keyword_that_is_an_alias_of_another_is_named() -> None:
    made = profile(["LLM", "chatbots"])
    topic = made.topics[0]
    named = replace(topic, keywords=attach(topic.keywords, [("LLM", ["chatbot"])]))
    assert said(replace(made, topics=(named,))) == [
        'finds the same as "LLM" above; one of them is enough'
    ]


def test_a_topic_of_categories_that_stays_below_min_match_is_named() -> None:
    (finding,) = lint(profile(["category:cs.RO"]))
    assert (finding.part, finding.topic) == (TopicPart.TOPIC, 0)
    assert finding.problem.startswith("its best paper scores 13, below min_match = 20; add")
    assert said(profile(["category:cs.RO"], min_match=10)) == []
    assert said(profile(["category:cs.RO", "bees"])) == []


def test_what_finds_a_third_of_the_papers_seen_is_named() -> None:
    found = said(profile(["transformers", "bees", "-experts"]), PAPERS)
    assert found == [
        "finds 20 of the 40 papers seen; write something narrower",
        "removes 20 of the 40 papers seen; write something narrower",
    ]
    assert said(profile(["transformers"]), PAPERS[:19]) == []


def test_capitals_that_no_paper_uses_are_named() -> None:
    papers = [*PAPERS[:30], candidate(paper("On kan networks", "Nothing."), paper_id=99)]
    assert said(profile(["KAN", "GNN"]), papers) == [
        "its capitals count, and none of the 31 papers seen writes it so; in lower case it finds 1"
    ]
