"""Which keywords find everything that another one finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.keywords.aliases import attach
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.papers import Paper
from digest.core.profiles.coverage import covers, matching_papers


@pytest.mark.parametrize(
    "wider, narrower",
    [
        ("learning", "federated learning"),
        ("federated learning", "Federated-Learnings"),
        ("learning", '"federated learning"'),
        ("learning", "title:learning"),
        ("learn*", "federated learning"),
        ("federated learn*", "federated learning"),
        ("quant*", "quantiz*"),
        ("federated", "federated learn*"),
        ('"KV cache"', '"a KV cache"'),
        ('"kv cache"', '"KV Cache"'),
        ("LLM", "LLMs"),
        ("llm", "LLM"),
        ("author:Dao", "author:Tri Dao"),
        ("author:Tri Dao", "author:Dao, Tri"),
        ("category:cs", "category:cs.LG"),
        ("category:cs.*", "category:cs.LG"),
    ],
)
def test_a_keyword_covers_what_it_must_find_too(wider: str, narrower: str) -> None:
    assert covers(parse(wider), parse(narrower))


@pytest.mark.parametrize(
    "wider, narrower",
    [
        ("federated learning", "learning"),
        ("fusion", "diffusion"),
        ("title:learning", "learning"),
        ("RAG", "rag"),
        ('"KV cache"', "KV cache"),
        ('"KV cache"', '"kv cache"'),
        ("quantiz*", "quant*"),
        ("learning", "learn*"),
        ("author:Tri Dao", "author:Dao"),
        ("author:Dao", "Dao"),
        ("category:cs.LG", "category:cs"),
        ("category:cs", "category:csx"),
    ],
)
def test_a_keyword_does_not_cover_what_it_may_miss(wider: str, narrower: str) -> None:
    assert not covers(parse(wider), parse(narrower))


def test_every_form_of_the_narrower_must_be_covered_by_one_of_the_wider() -> None:
    plain, (named,) = parse("LLM"), attach([parse("LLM")], [("LLM", ["chatbot"])])
    assert covers(named, plain)
    assert not covers(plain, named)
    assert covers(named, named)


WORDS = st.sampled_from(["learn", "learning", "Learned", "KV", "cache", "caches", "RAG", "rag"])
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
KEYWORDS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "", "title:"]), PHRASES, st.sampled_from(["", "", "*"])
) | st.builds('"{}"'.format, PHRASES)


@given(KEYWORDS, KEYWORDS, st.lists(st.tuples(PHRASES, PHRASES), max_size=4))
def test_no_paper_contradicts_what_covers_says(
    wider: str, narrower: str, texts: list[tuple[str, str]]
) -> None:
    one, other = parse(wider), parse(narrower)
    index = PaperIndex([tokenize_paper(candidate(paper(*text))) for text in texts])
    if covers(one, other):
        assert matching_papers(one, index) >= matching_papers(other, index)


def test_matching_papers_are_found_by_forms_authors_and_categories() -> None:
    papers = [
        Paper(title="A chatbot", authors=("Tri Dao",), categories=("cs.LG",)),
        Paper(title="An LLM", authors=("Ada Lovelace",), categories=("math.CO",)),
    ]
    index = PaperIndex(
        [tokenize_paper(candidate(item, paper_id=n)) for n, item in enumerate(papers)]
    )
    (named,) = attach([parse("LLM")], [("LLM", ["chatbot"])])
    assert matching_papers(named, index) == {0, 1}
    assert matching_papers(parse("author:T. Dao"), index) == {0}
    assert matching_papers(parse("category:cs"), index) == {0}
