"""The places of the words of a keyword in a text, as they are written there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions.matched_words import matched_spans, words_in_paper
from digest.core.editions.reasons import EvidenceKind, NamedKeyword

CONTAINED, NEAR, CLOSE = EvidenceKind.CONTAINED, EvidenceKind.NEAR, EvidenceKind.CLOSE


@pytest.mark.parametrize(
    "text, named, marked",
    [
        ("All KV caches grow.", NamedKeyword("KV cache", CONTAINED), ["KV caches"]),
        (
            "Quantizing and quantization differ.",
            NamedKeyword("quantiz…", CONTAINED),
            ["Quantizing", "quantization"],
        ),
        ("We serve an LLM fast.", NamedKeyword("LLM serving", NEAR), ["LLM"]),
        ("Bits and arithmetic.", NamedKeyword("on-device", CLOSE, ("bits",)), ["Bits"]),
        (
            "A large language model.",
            NamedKeyword("LLM", CONTAINED, ("large language model",)),
            ["large language model"],
        ),
        ("All is said.", NamedKeyword("A Study", EvidenceKind.LIKED), []),
        ("Nothing here.", NamedKeyword("cache", CONTAINED), []),
        ("Ends with cache", NamedKeyword("cache", CONTAINED), ["cache"]),
        ("cache begins", NamedKeyword("cache", CONTAINED), ["cache"]),
    ],
)
def test_matched_words_are_found_in_their_forms(
    text: str, named: NamedKeyword, marked: list[str]
) -> None:
    assert [text[start:end] for start, end in matched_spans(text, [named])] == marked


def test_overlapping_matches_are_one() -> None:
    text = "A KV cache eviction policy"
    named = [NamedKeyword("KV cache", CONTAINED), NamedKeyword("cache eviction", CONTAINED)]
    assert [text[start:end] for start, end in matched_spans(text, named)] == ["KV cache eviction"]


def test_a_word_beginning_is_named_by_the_word_of_the_paper() -> None:
    named = NamedKeyword("quantiz…", CONTAINED)
    assert words_in_paper(named, "Quantized Models", "We halve it.") == "quantized"
    assert words_in_paper(named, "Title", "By quantization we halve it.") == "quantization"
    assert words_in_paper(NamedKeyword("LLM agent…", CONTAINED), "", "LLM agents") == "LLM agents"
    assert words_in_paper(named, "Title", "Nothing.") == "quantiz…"
    assert words_in_paper(NamedKeyword("KV cache", CONTAINED), "", "KV caches") == "KV cache"


@given(st.text(max_size=120), st.text(min_size=1, max_size=20))
def test_places_are_ascending_and_in_the_text(text: str, name: str) -> None:
    last = -1
    for start, end in matched_spans(text, [NamedKeyword(name, CONTAINED)]):
        assert last < start < end <= len(text)
        last = end
