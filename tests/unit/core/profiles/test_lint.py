"""Warnings: what is allowed, and most likely not meant."""

import pytest
from msgspec.structs import replace
from support.builders import candidate, paper

from digest.core.keywords.aliases import attach
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.profiles.arxiv_categories import is_category
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
    parsed = []
    for number, words in enumerate(topics):
        keywords, excluded = parse_all(words)
        parsed.append(Topic(name=f"T{number}", keywords=keywords, excluded=excluded))
    return Profile(topics=tuple(parsed), min_match=min_match)


def problems(checked: Profile, papers: list[Candidate] | None = None) -> list[str]:
    return [item.problem for item in lint(checked, papers or [])]


def test_a_good_profile_has_no_warnings() -> None:
    words = ["KV cache", "speculative decoding^2", "quantiz*", '"mixture of experts"', "-legal"]
    assert problems(profile(words, ["author:Tri Dao", "title:survey"], ["category:cs.RO^3"])) == []


@pytest.mark.parametrize(
    "keyword, says",
    [
        ('"quantiz*"', "inside quotes, the star does not make a prefix"),
        ('"pruning^2"', "inside quotes, ^2 is not a weight"),
        ('"title:pruning"', "inside quotes, title: is not a field"),
        ("pruning, quantization", 'contains ","; write several keywords'),
        ("pruning OR quantization", 'contains "OR"'),
        ("a | bees", 'contains "|"'),
        ("author:Tri Dao and Ada Lovelace", "one entry for each person"),
        ("author:Dao et al", "one entry for each person"),
        ("category:cs.LGG", 'did you mean "cs.LG"?'),
        ("category:learning.*", "categories of arXiv look like cs.LG"),
    ],
)
def test_a_keyword_that_no_text_can_match_is_reported(keyword: str, says: str) -> None:
    found = problems(profile(["bees", keyword]))
    assert len(found) == 1
    assert says in found[0]


def test_the_beginning_of_a_category_is_accepted_where_it_ends_with_a_star() -> None:
    assert problems(profile(["bees", "category:cs.*"])) == []
    assert problems(profile(["bees", "category:zz.*"])) != []
    assert is_category("cs.L", prefix=True)
    assert not is_category("cs.L", prefix=False)


def test_a_category_of_a_stored_paper_is_accepted() -> None:
    assert problems(profile(["wasps", "category:x-bees"]), PAPERS) == []


@pytest.mark.parametrize("excluded", ["learning", "learn*", "federated learning"])
def test_a_keyword_that_an_exclusion_of_its_topic_removes_is_reported(excluded: str) -> None:
    (finding,) = lint(profile(["bees", "federated learning", f"-{excluded}"]))
    assert (finding.topic, finding.part, finding.index) == (0, TopicPart.KEYWORDS, 1)
    assert f'the exclusion "-{excluded}" of this topic removes all' in finding.problem


def test_an_exclusion_of_another_topic_removes_nothing() -> None:
    assert problems(profile(["federated learning"], ["bees", "-learning"])) == []


def test_keywords_that_repeat_each_other_are_reported_in_one_topic_and_in_two() -> None:
    found = lint(profile(["KV cache", "KV-caches^2", "bees", "bees"], ["kv cache"]))
    assert [(item.topic, item.index, item.problem) for item in found] == [
        (0, 1, 'matches the same as "KV cache" above; one of the two is enough'),
        (0, 3, "is written twice in this topic; once is enough"),
        (
            1,
            0,
            'matches the same as "KV cache" in the topic "T0"; each paper is shown in one topic only',
        ),
    ]


def test_a_category_may_be_in_two_topics() -> None:
    assert problems(profile(["bees", "category:cs.LG"], ["wasps", "category:cs.LG"])) == []


def test_a_keyword_that_is_an_alias_of_another_is_reported() -> None:
    made = profile(["LLM", "chatbots"])
    topic = made.topics[0]
    named = replace(topic, keywords=attach(topic.keywords, [("LLM", ["chatbot"])]))
    assert problems(replace(made, topics=(named,))) == [
        'matches the same as "LLM" above; one of the two is enough'
    ]


def test_a_topic_of_categories_that_stays_below_min_match_is_reported() -> None:
    (finding,) = lint(profile(["category:cs.RO"]))
    assert (finding.part, finding.topic) == (TopicPart.TOPIC, 0)
    assert finding.problem.startswith("its best paper would score 13, below min_match = 20; add")
    assert problems(profile(["category:cs.RO"], min_match=10)) == []
    assert problems(profile(["category:cs.RO", "bees"])) == []


def test_a_keyword_that_matches_a_third_of_the_papers_is_reported() -> None:
    found = problems(profile(["transformers", "bees", "-experts"]), PAPERS)
    assert found == [
        "matches 20 of the 40 stored papers; write a narrower keyword",
        "removes 20 of the 40 stored papers; write a narrower keyword",
    ]
    assert problems(profile(["transformers"]), PAPERS[:19]) == []


def test_capitals_that_no_paper_uses_are_reported() -> None:
    papers = [*PAPERS[:30], candidate(paper("On kan networks", "Nothing."), paper_id=99)]
    assert problems(profile(["KAN", "GNN"]), papers) == [
        (
            "capital letters count in this keyword, and none of the 31 stored papers writes it"
            " like this; in lower case it matches 1"
        )
    ]


def test_a_keyword_that_is_avoided_too_is_a_mistake() -> None:
    (item,) = profile(["KV cache", "RAG"]).topics
    checked = Profile(topics=(replace(item, avoided=parse_all(["KV-caches", "bees"])[0]),))
    (found,) = lint(checked)
    assert (found.part, found.index) == (TopicPart.AVOIDED, 0)
    assert "KV cache" in found.problem
