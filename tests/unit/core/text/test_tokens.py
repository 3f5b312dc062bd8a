import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.text import tokens
from digest.core.text.tokens import (
    BREAK,
    EMPTY_LEMMAS,
    LANGUAGES,
    STOP_WORDS,
    fold,
    lemma,
    lemmatizer,
    normalise,
    related_keys,
    token_places,
    tokenise,
    words,
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("KV-caches", ["KV", "caches"]),
        ("vision–language/action", ["vision", "language", "action"]),
        ("GPT-4o and GPT-4.1", ["GPT", "4o", "and", "GPT", "4.1"]),
        ("C++ or C# in 3D", ["C++", "or", "C#", "in", "3D"]),
        ("Qwen2.5, 1.5B", ["Qwen2.5", ",", "1.5B"]),
        ("Alzheimer's and Alzheimer’s", ["Alzheimer's", "and", "Alzheimer’s"]),
        ("snake_case", ["snake", "case"]),
        ("Done. Next", ["Done", ".", "Next"]),
        ("node.js", ["node", "js"]),
        ("拡散モデル", ["拡", "散", "モ", "デ", "ル"]),
        ("GPTを使う", ["GPT", "を", "使", "う"]),
        ("", []),
    ],
)
def test_a_text_is_split_into_words_and_breaks(text: str, expected: list[str]) -> None:
    assert tokenise(text) == expected


@pytest.mark.parametrize(
    "word, expected",
    [
        ("RAG", "rag"),
        ("Müller", "muller"),
        ("Straße", "strasse"),
        ("Łukasz", "lukasz"),
        ("Ångström", "angstrom"),
        ("ﬁne", "fine"),
    ],
)
def test_folding_drops_case_and_accents(word: str, expected: str) -> None:
    assert fold(word) == expected


def test_folding_keeps_letters_of_japanese_apart() -> None:
    assert fold("が") != fold("か")


def test_singular_and_plural_share_a_lemma_and_other_words_do_not() -> None:
    assert lemma("Caches") == lemma("cache")
    assert lemma("Alzheimer’s") == lemma("Alzheimer")
    assert lemma("quantized") != lemma("quantization")
    assert lemma("agentic") != lemma("agents")
    assert lemma("fusion") != lemma("diffusion")


@pytest.mark.parametrize(
    "one, other, related",
    [
        ("pruning", "prune", True),
        ("quantized", "quantization", True),
        ("agentic", "agent", True),
        ("accelerating", "accelerator", True),
        ("fusion", "diffusion", False),
        ("planning", "plant", False),
        ("caching", "catch", False),
    ],
)
def test_lemmas_that_share_a_key_are_forms_of_one_word(
    one: str, other: str, *, related: bool
) -> None:
    shared = set(related_keys(lemma(one))) & set(related_keys(lemma(other)))
    assert bool(shared) is related


@given(st.from_regex(r"[a-z0-9äéøß'’]{1,12}", fullmatch=True))
def test_forms_of_one_word_begin_with_the_same_letter(word: str) -> None:
    # `PaperIndex.related_lemmas` looks only among these.
    form = lemma(word)
    assert form == BREAK or {key.split(" ")[1][0] for key in related_keys(form)} == {form[0]}


def test_in_another_language_the_lemma_is_the_stem_of_that_language() -> None:
    assert lemmatizer("german")("Bienen") == lemmatizer("german")("Biene")
    assert lemmatizer("german")("Bienen") != lemma("Biene")
    assert lemmatizer("french")("(") == BREAK


def test_no_stop_word_is_left_by_its_lemma() -> None:
    assert {lemma(word) for word in STOP_WORDS} <= EMPTY_LEMMAS
    assert lemma("does") in STOP_WORDS


def test_title_and_abstract_are_one_sequence_with_a_break_between() -> None:
    text = words("Large Models", "Language (short)")
    assert text.surfaces == ("Large", "Models", ".", "Language", "(", "short", ")")
    assert text.lemmas == ("large", "model", BREAK, "language", BREAK, "short", BREAK)
    assert (text.title, text.length) == (2, 4)


def test_normalising_composes_letters_and_squeezes_white_space() -> None:
    assert normalise("  Cafe\u0301 \n\t au\u00a0lait ") == "Café au lait"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_any_text_can_be_tokenised_and_contains_every_word(text: str) -> None:
    tokenized = words(text, text)
    assert len(tokenized.surfaces) == len(tokenized.lemmas)
    composed = unicodedata.normalize("NFC", text)
    assert all(surface in composed or surface == "." for surface in tokenized.surfaces)
    assert tokenized.length == sum(one != BREAK for one in tokenized.lemmas)


@given(st.text(alphabet="aZ09.,;:!?'’_-#+()é中", min_size=1, max_size=6))
def test_a_part_that_is_split_without_the_pattern_is_split_as_by_the_pattern(part: str) -> None:
    assert tokenise(part) == tokens._cjk_token().findall(part)


@given(st.text())
def test_a_text_without_cjk_letters_is_split_by_both_patterns_alike(text: str) -> None:
    both = [
        tuple(m.span() for m in pattern.finditer(text))
        for pattern in (tokens._TOKEN, tokens._cjk_token())
    ]
    assert both[0] == both[1] or tokens._may_have_cjk(text)
    assert token_places(text) == both[1]


@given(st.text(alphabet="abcXYZ -–/'’.,()é拡3+#"))
def test_composed_and_decomposed_text_have_the_same_words(text: str) -> None:
    assert tokenise(unicodedata.normalize("NFD", text)) == tokenise(text)


@given(st.text())
def test_a_folded_word_has_the_lemma_of_the_word(text: str) -> None:
    for word in tokenise(text):
        assert fold(fold(word)) == fold(word)
        acronyms = len(word) > 2 and word[-1] == "s" and word[:-1].isupper()  # their case counts
        assert acronyms or lemma(fold(word)) == lemma(word)


@pytest.mark.parametrize(
    "one, other", [("LLM", "LLMs"), ("GPU", "GPUs"), ("llms", "LLMs"), ("CNN", "cnns")]
)
def test_an_acronym_and_its_plural_have_one_lemma(one: str, other: str) -> None:
    assert lemma(one) == lemma(other)


@pytest.mark.parametrize("word", ["gas", "bias", "US", "thus"])
def test_an_s_that_is_not_a_plural_stays(word: str) -> None:
    assert lemma(word).endswith("s")


@pytest.mark.parametrize("word", ["DNS", "CSS", "SMS"])
def test_a_short_acronym_that_ends_in_s_is_not_a_plural(word: str) -> None:
    assert lemma(word) == word.lower()


@pytest.mark.parametrize(
    "language, one, other",
    [("german", "Bienen", "Biene"), ("french", "abeilles", "abeille"), ("spanish", "LLMs", "LLM")],
)
def test_each_language_has_its_own_endings(language: str, one: str, other: str) -> None:
    assert lemmatizer(language)(one) == lemmatizer(language)(other)


def test_the_endings_of_another_language_are_not_removed() -> None:
    assert lemma("Bienen") != lemma("Biene")
    assert {"english", "german", "french"} <= set(LANGUAGES)


@given(st.text(st.sampled_from("aB1 .,;+#'’()-_/\u3042\u00e9\u0301\u2003\x1c\x85\n、")) | st.text())
def test_the_words_are_those_that_stand_in_the_text(text: str) -> None:
    shown = normalise(text)
    assert tokenise(text) == [shown[start:end] for start, end in token_places(shown)]
