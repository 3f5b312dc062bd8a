"""The sentence that says what a paper does needs no other: it never begins in the middle of a thought."""

from collections.abc import Iterable, Iterator
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions import lead_sentences
from digest.core.editions.lead_sentences import choose_lead, choose_more, standing_alone
from digest.core.editions.sentence_scores import SentenceScorer


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
        ("In this technical report, we propose a cache.", "We propose a cache."),
        ("In our work, we propose a cache.", "We propose a cache."),
        ("Here we propose a cache.", "We propose a cache."),
        ("(ii) we propose a cache.", "We propose a cache."),
        ("Namely, we propose a cache.", "We propose a cache."),
        ("In the present study, we propose a cache.", "We propose a cache."),
        ("In current research, first, we propose a cache.", "We propose a cache."),
        ("As an example, we propose a cache.", "We propose a cache."),
        # A purpose after what was made, which points to the sentence before.
        (
            "We propose Halfway, a small cache for models, to address these challenges.",
            "We propose Halfway, a small cache for models.",
        ),
        (
            "We present a cache that forgets and is designed to bridge this gap.",
            "We present a cache that forgets and is designed to bridge this gap.",
        ),
        (
            "We present a cache that forgets old values, designed to bridge this gap.",
            "We present a cache that forgets old values.",
        ),
        ("We present a way to solve these problems.", "We present a way to solve these problems."),
        # Headings of structured abstracts.
        ("Methods: Here, we propose a cache.", "We propose a cache."),
        ("METHODS AND RESULTS: We propose a cache.", "We propose a cache."),
        ("Results We propose a cache.", "We propose a cache."),
        ("Objective: This study proposes a new cache.", "Proposes a new cache."),
        (
            "Objective: To determine the cost of a cache.",
            "Objective: To determine the cost of a cache.",
        ),
        ("Conclusions: It is large.", None),
        ("Results show that caches are large.", "Results show that caches are large."),
        ("Unlike these works, we propose a cache.", "We propose a cache."),
        ("By using the above insights, we propose a cache.", "We propose a cache."),
        ("To accomplish it, we propose a cache.", "We propose a cache."),
        ("Building on our findings, we propose a cache.", "We propose a cache."),
        ("To make sense of this, this paper presents a first survey.", "Presents a first survey."),
        ("We tackle this issue by introducing a small cache.", "We introduce a small cache."),
        (
            "This paper takes a step towards this by proposing a small cache.",
            "Proposes a small cache.",
        ),
        (
            "Instead of keys, we store very few values.",
            "Instead of keys, we store very few values.",
        ),
        ("Next-ViT runs on a small phone.", "Next-ViT runs on a small phone."),
        ("We keep a value by its age.", "We keep a value by its age."),
        ("Using this, it is large.", None),
        ("This prior work is far too slow.", None),
        ("To accomplish it, caches are split.", None),
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


def test_background_and_results_are_known_by_their_headings() -> None:
    sentences = (
        "Background: Caches of large models are slow and fill the memory of phones.",
        "Results: We saw that caches of large models were slow on each phone.",
        "Methods: We measured the caches of large models on four phones.",
    )
    assert choose_lead(sentences, title="Caches of Large Models") == (
        2,
        "We measured the caches of large models on four phones.",
    )


def test_a_later_step_is_not_preferred_to_the_first() -> None:
    sentences = (
        "We first measure quantization and pruning on large models.",
        "We subsequently present how quantization and pruning scale to one larger model.",
    )
    assert choose_lead(sentences, title="Quantization and Pruning of Large Models") == (
        0,
        sentences[0],
    )


def test_a_clause_that_would_fill_the_space_before_the_contribution_is_left_out() -> None:
    reason = "Recognizing that a cache which keeps all it ever saw grows with every word " * 4
    sentence = f"{reason}and that memory is dear, we introduce Halfway, a cache that forgets."
    assert standing_alone(sentence) == "We introduce Halfway, a cache that forgets."
    short = "Recognizing that memory is dear, we introduce Halfway, a cache that forgets."
    assert standing_alone(short) == short


@pytest.mark.parametrize(
    "title, sentences, best",
    [
        (
            "Halfway: A Cache That Forgets",
            ("We present HalfData, a set of prompts.", "We propose Halfway, a cache that forgets."),
            1,
        ),
        (
            "A Survey of Caches",
            (
                "With the rise of models, caches have shown remarkable results in serving.",
                "This survey orders the caches of ten years by what they forget.",
            ),
            1,
        ),
        (
            "Halfway: A Cache That Forgets",
            ("Caches of models grow with every word.", "Halfway forgets what is not used."),
            1,
        ),
        (
            "Forgetting Well",
            (
                "We study which values of a cache are used again.",
                "Our results show that caches improve by 30 % over all others.",
            ),
            0,
        ),
        (
            "Forgetting Well",
            (
                "We study how often values are used again.",
                "Through extensive experiments, we show that our cache outperforms all others.",
            ),
            0,
        ),
        (
            "Forgetting Well",
            ("Can a cache forget what we read?", "We study which values are used again."),
            1,
        ),
        (
            "Forgetting Well",
            ("We also propose a second cache of models.", "We propose a cache that forgets."),
            1,
        ),
        (
            "Forgetting Well",
            ("We release our code and all models to support research.", "We count the values used again."),
            1,
        ),
        (
            "Forgetting Well",
            ("We extend this approach to caches.", "We propose a cache that forgets values."),
            1,
        ),
    ],
)  # fmt: skip
def test_what_the_authors_did_is_preferred_to_what_stands_around_it(
    title: str, sentences: tuple[str, ...], best: int
) -> None:
    for order in (sentences, sentences[::-1]):
        place, _ = choose_lead(order, title=title) or (-1, "")
        assert order[place] == sentences[best]


def test_a_sentence_that_was_chosen_for_the_reader_is_preferred_to_an_equal_one() -> None:
    sentences = ("We propose a cache for models.", "We present a method for pruning.")
    assert (choose_lead(sentences) or (-1,))[0] == 0
    assert (choose_lead(sentences, (1,)) or (-1,))[0] == 1


def test_an_abstract_in_which_no_sentence_stands_alone_gives_its_first_one() -> None:
    assert choose_lead(("It is large.", "They are small.")) == (0, "It is large.")
    assert choose_lead(()) is None


BEGINNINGS = st.sampled_from(
    ["", "However, ", "Moreover, ", "To address this, ", "Unlike these works, ", "Namely, ", "Here ", "(2) ",
     "In this paper, ", "It ", "They ", "This ", "These ", "Such ", "Both ", "Using this, ", "To do so, "]
)  # fmt: skip
CLAUSES = st.sampled_from(
    ["we propose a cache for all models.", "caches of models are large and slow.", "we also study large models.",
     "this paper presents a new cache.", "it is far too large for models.", "our results improve by 30 % on average."]
)  # fmt: skip


@given(st.lists(st.tuples(BEGINNINGS, BEGINNINGS, CLAUSES).map("".join), max_size=6))
def test_no_lead_begins_with_what_points_back_if_one_sentence_stands_alone(
    sentences: list[str],
) -> None:
    alone = [standing_alone(sentence) for sentence in sentences]
    found = choose_lead(sentences)
    if any(alone):
        assert found is not None
        assert found[1] == alone[found[0]]
    for text in filter(None, alone):
        assert standing_alone(text) == text
        assert not text.startswith(("However", "It ", "They ", "These ", "Such ", "Unlike", "("))


@given(st.lists(st.text(max_size=80), max_size=6), st.integers(0, 300))
def test_further_sentences_fit_and_are_at_most_two(sentences: list[str], budget: int) -> None:
    more = choose_more(sentences, {0, 2}, 1, budget)
    assert len(more) <= 2
    assert sum(map(len, more)) <= budget


@given(
    st.lists(st.tuples(BEGINNINGS, CLAUSES).map("".join), max_size=8),
    st.sets(st.integers(0, 7)),
    st.sampled_from(["", "A cache for all models", "Results: large models improve on average"]),
)
def test_sentences_that_are_not_scored_would_not_have_been_the_lead(
    sentences: list[str], chosen: set[int], title: str
) -> None:
    with patch.object(lead_sentences, "_scored", all_scored):
        lead_sentences._offers.cache_clear()
        expected = choose_lead(sentences, chosen, title)
    lead_sentences._offers.cache_clear()
    assert choose_lead(sentences, chosen, title) == expected


def all_scored(
    offers: Iterable[tuple[int, int, str]], scorer: SentenceScorer
) -> Iterator[tuple[int, int, str]]:
    """What `_scored` does, without leaving any out."""
    for value, place, text in offers:
        score = scorer.score(place, scorer.cues(place))
        yield value + round(score * lead_sentences._UNIT), place, text
