"""The sentence that says what a paper does stands alone: it never begins in the middle of a thought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions.lead_sentences import choose_lead, choose_more, standing_alone


@pytest.mark.parametrize(
    "sentence, alone",
    [
        ("We propose a cache for models.", "We propose a cache for models."),
        ("However, we propose a cache.", "We propose a cache."),
        ("To address these limitations, we propose a cache.", "We propose a cache."),
        ("To address the cost of long prompts, we propose a cache.", "We propose a cache."),
        ("In this paper, we propose a cache.", "We propose a cache."),
        ("In this work we propose a cache.", "We propose a cache."),
        ("Moreover, in this paper, we propose a cache.", "We propose a cache."),
        ("This paper proposes a new cache.", "Proposes a new cache."),
        ("First, quantization saves much memory.", "Quantization saves much memory."),
        ("These are large.", None),
        ("It is large.", None),
        ("This is large for models.", None),
        ("They outperform all others by far.", None),
        ("However, it is too large.", None),
        ("To address this, they are split.", None),
        ("Such caches are large.", None),
        ("In this setting, caches grow.", None),
        ("Both are large.", None),
        ("And so on.", None),
        ("Itemsets are found by counting.", "Itemsets are found by counting."),
        ("Theseus finds its way home.", "Theseus finds its way home."),
        ("To address is human, some say.", "To address is human, some say."),
    ],
)
def test_a_sentence_stands_alone_without_what_joins_it_to_the_one_before(
    sentence: str, alone: str | None
) -> None:
    assert standing_alone(sentence) == alone


def test_the_contribution_is_preferred_to_the_background() -> None:
    sentences = (
        "Large models need much memory.",
        "Existing caches have become a bottleneck.",
        "To address this, we introduce Halfway, a cache that forgets what is not used.",
        "It outperforms all others by 30 %.",
    )
    place, text = choose_lead(sentences) or (-1, "")
    assert (place, text) == (2, "We introduce Halfway, a cache that forgets what is not used.")


def test_a_sentence_that_was_chosen_for_the_reader_is_preferred_to_an_equal_one() -> None:
    sentences = ("We propose a cache for models.", "We present a method for pruning.")
    assert (choose_lead(sentences) or (-1,))[0] == 0
    assert (choose_lead(sentences, (1,)) or (-1,))[0] == 1


def test_an_abstract_in_which_no_sentence_stands_alone_gives_its_first_one() -> None:
    assert choose_lead(("It is large.", "They are small.")) == (0, "It is large.")
    assert choose_lead(()) is None


@given(st.lists(st.text(max_size=80), max_size=6), st.integers(0, 300))
def test_further_sentences_fit_and_are_at_most_two(sentences: list[str], budget: int) -> None:
    more = choose_more(sentences, {0, 2}, 1, budget)
    assert len(more) <= 2
    assert sum(map(len, more)) <= budget
