from itertools import pairwise
from math import hypot

from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper

from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.ranking.tfidf import TfIdfSpace, content_terms
from digest.core.text.tokens import words
from digest.core.text.word_positions import word_positions


def space(*texts: str) -> TfIdfSpace:
    index = PaperIndex(
        [tokenize_paper(candidate(paper(text, "."), n)) for n, text in enumerate(texts)]
    )
    return TfIdfSpace([item.words for item in index.papers], index.positions)


def test_a_rarer_stem_weighs_more() -> None:
    vector = space("cat dog", "cat dog", "cat bird", "cat fish").vector(words("cats and dogs", ""))
    assert vector["dog"] > vector["cat"] > 0.0


def test_words_of_every_text_and_words_of_one_paper_have_no_weight() -> None:
    seen = space("the cat", "the cat", "the axolotl")
    assert set(seen.vector(words("The axolotl and the cat.", ""))) == {"cat"}


def test_more_occurrences_weigh_more_but_not_in_proportion() -> None:
    seen = space("cat", "cat", "dog", "dog")
    vector = seen.vector(words("cat cat cat cat dog", ""))
    assert 1.0 < vector["cat"] / vector["dog"] < 4.0


def test_the_few_words_of_a_short_paper_do_not_count_too_much() -> None:
    seen = space(*["cat dog bird fish horse cow"] * 2, *["otter"] * 2)
    assert seen.vector(words("otter", ""))["otter"] <= 1.0
    lone = space(*["cat dog bird fish horse cow otter"] * 4).vector(words("otter", ""))
    assert lone["otter"] < 1.0


def test_with_no_papers_seen_every_vector_is_empty() -> None:
    assert TfIdfSpace([], word_positions([])).vector(words("cats", "dogs")) == {}


def test_content_counts_the_stems_that_are_not_in_every_text() -> None:
    assert content_terms(words("The cats, the cat", "of a dog.")) == {"cat": 2, "dog": 1}


@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=60))
def test_no_vector_is_longer_than_one(texts: list[str], text: str) -> None:
    vector = space(*texts, *texts).vector(words(text, ""))
    assert hypot(*vector.values()) <= 1.0 + 1e-5  # its entries are rounded
    assert all(weight > 0.0 for weight in vector.values())


@given(
    st.lists(st.text("ab .c", max_size=30), max_size=6),
    st.lists(st.text("ab .cd", max_size=60), max_size=6),
)
def test_the_vectors_of_many_papers_are_those_of_each(stored: list[str], texts: list[str]) -> None:
    seen = space(*stored, *stored)
    papers = [words(text, "b c. a") for text in texts]
    positions = word_positions([paper.lemmas for paper in papers])
    starts, lemmas, weights = seen.entries(positions)
    names = list(positions.numbers)
    found = [
        dict(zip([names[number] for number in lemmas[begin:end]], weights[begin:end], strict=True))
        for begin, end in pairwise(starts)
    ]
    assert found == list(map(seen.vector, papers))
    assert list(map(list, found)) == [list(seen.vector(paper)) for paper in papers]
