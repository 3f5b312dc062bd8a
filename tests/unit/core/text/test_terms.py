from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from digest.core.text.terms import content_words, term_counts
from digest.core.text.tokens import BREAK, STOP_WORDS, lemma, tokenise


def lemmas(text: str) -> list[str]:
    return [lemma(word) for word in tokenise(text)]


def test_the_terms_of_a_text_are_its_words_and_the_pairs_of_neighbours() -> None:
    assert term_counts(lemmas("Large language models. Language models")) == {
        "large": 1,
        "language": 2,
        "model": 2,
        "large language": 1,
        "language model": 2,
    }


def test_no_pair_reaches_over_a_stop_word_or_a_break() -> None:
    assert term_counts(lemmas("chain of thought, step")) == {"chain": 1, "thought": 1, "step": 1}
    assert term_counts(lemmas("chain. thought")) == {"chain": 1, "thought": 1}


def test_a_web_address_has_no_terms() -> None:
    text = "The code is at https://github.com/someone/project-part. Code generation"
    assert term_counts(lemmas(text)) == {"code": 2, "generation": 1, "code generation": 1}
    assert term_counts(lemmas("GitHub issues")) == {"github": 1, "issue": 1, "github issue": 1}


def test_the_content_words_of_a_phrase_are_those_that_are_no_stop_words() -> None:
    assert content_words(lemmas("the mixture of experts (MoE)")) == ("mixture", "expert", "moe")
    assert content_words(lemmas("to be or not to be")) == ()
    assert term_counts([]) == {}


@given(st.lists(st.sampled_from(["bee", "hive", "the", "of", BREAK, "comb"])))
def test_every_pair_is_made_of_neighbours_and_counts_as_often_as_they_meet(text: list[str]) -> None:
    counts = term_counts(text)
    neighbours = list(pairwise(text))
    for term, count in counts.items():
        words = tuple(term.split(" "))
        assert STOP_WORDS.isdisjoint(words)
        assert BREAK not in words
        expected = text.count(term) if len(words) == 1 else neighbours.count((words[0], words[1]))
        assert count == expected
