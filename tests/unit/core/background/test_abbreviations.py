import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.background.abbreviations import MAX_LOOK_BACK, definitions


@pytest.mark.parametrize(
    "text, short, long",
    [
        ("a mixture of experts (MoE) model", "MoE", "mixture of experts"),
        ("Mixture-of-Experts (MoE)", "MoE", "Mixture-of-Experts"),
        ("most large language models (LLMs) fail", "LLM", "large language models"),
        ("retrieval-augmented generation (RAG), and", "RAG", "retrieval-augmented generation"),
        ("the key-value (KV) cache", "KV", "key-value"),
        ("Gated Recurrent Unit (GRU;", "GRU", "Gated Recurrent Unit"),
        ("heat shock transcription factor (HSF)", "HSF", "heat shock transcription factor"),
        (
            "We use reinforcement learning from human feedback (RLHF)",
            "RLHF",
            "reinforcement learning from human feedback",
        ),
    ],
)
def test_an_abbreviation_in_parentheses_is_found_with_its_long_form(
    text: str, short: str, long: str
) -> None:
    assert list(definitions(text)) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "in (a) and (i)",
        "in the paper (see below)",
        "we compare (CNN)",
        "the X model (XYZ)",
        "an experiment of mixtures (Moe)",
        "alternating direction method. Of multipliers (ADMM)",
        "a long way from here to there and back again with many words before (FB)",
        "(LLM)",
        "",
    ],
)
def test_other_parentheses_define_nothing(text: str) -> None:
    assert list(definitions(text)) == []


def test_a_text_defines_several_abbreviations() -> None:
    text = "large language models (LLMs) with a mixture of experts (MoE)"
    assert [short for short, _ in definitions(text)] == ["LLM", "MoE"]


@given(st.text(alphabet="abcABC ().-,", max_size=200))
def test_the_long_form_stands_before_the_abbreviation_and_has_its_letters_in_order(
    text: str,
) -> None:
    for short, long in definitions(text):
        assert text.index(long) + len(long) <= text.rindex(short)
        assert len(long) <= MAX_LOOK_BACK
        letters = iter(long.lower())
        assert all(letter in letters for letter in short.lower() if letter.isalnum())
        assert long[0].lower() == short[0].lower()
