"""The places of the lemmas of texts, found with arrays."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.core.text.memo import Memo
from digest.core.text.terms import without_addresses
from digest.core.text.tokens import BREAK
from digest.core.text.word_positions import word_positions

LEMMAS = ("model", "language", "the", "https", "www", BREAK, "github")
TEXTS = st.lists(st.lists(st.sampled_from(LEMMAS), max_size=20), max_size=5)


@given(TEXTS)
def test_each_lemma_is_found_where_it_stands(texts: list[list[str]]) -> None:
    found = word_positions(texts)
    for lemma in (*LEMMAS, "never"):
        expected = {
            number: [place for place, word in enumerate(text) if word == lemma]
            for number, text in enumerate(texts)
            if lemma in text
        }
        assert found.by_text(lemma) == expected
        assert found.texts_with(lemma) == list(expected)


@given(TEXTS)
def test_the_texts_with_each_lemma_are_counted(texts: list[list[str]]) -> None:
    expected = Counter(lemma for text in texts for lemma in set(text))
    assert word_positions(texts).text_counts() == expected


@given(TEXTS)
def test_a_web_address_is_what_the_terms_leave_out(texts: list[list[str]]) -> None:
    found = word_positions(texts)
    for number, text in enumerate(texts):
        is_left_out = found.in_address[found.starts[number] : found.starts[number + 1]]
        kept = [word for word, out in zip(text, is_left_out, strict=True) if not out]
        # The plain definition leaves a break where an address was.
        breaks = [word for word in without_addresses(text) if word != BREAK]
        assert [word for word in kept if word != BREAK] == breaks


def test_a_memo_computes_each_result_once_until_it_is_full() -> None:
    asked: list[str] = []

    def compute(text: str) -> str:
        asked.append(text)
        return text.upper()

    memo = Memo(compute, 2)
    assert [memo[text] for text in ("a", "b", "a")] == ["A", "B", "A"]
    assert asked == ["a", "b"]
    assert memo["c"] == "C"  # the others are forgotten
    assert memo["a"] == "A"
    assert asked == ["a", "b", "c", "a"]
