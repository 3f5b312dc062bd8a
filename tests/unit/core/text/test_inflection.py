import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.text.inflection import singular, verb_key


@pytest.mark.parametrize(
    "plural, expected",
    [
        ("agents", "agent"),
        ("accelerators", "accelerator"),
        ("models", "model"),
        ("caches", "cache"),
        ("searches", "search"),
        ("batches", "batch"),
        ("approaches", "approach"),
        ("sketches", "sketch"),
        ("losses", "loss"),
        ("classes", "class"),
        ("boxes", "box"),
        ("meshes", "mesh"),
        ("biases", "bias"),
        ("sizes", "size"),
        ("cases", "case"),
        ("bases", "basis"),
        ("analyses", "analysis"),
        ("hypotheses", "hypothesis"),
        ("theories", "theory"),
        ("ties", "tie"),
        ("matrices", "matrix"),
        ("vertices", "vertex"),
        ("indices", "index"),
        ("mice", "mouse"),
        ("criteria", "criterion"),
        ("corpora", "corpus"),
        ("leaves", "leaf"),
        ("metrics", "metric"),
        ("heuristics", "heuristic"),
        ("gases", "gas"),
        ("viruses", "virus"),
        ("lenses", "lens"),
        ("llms", "llm"),
        ("gpus", "gpu"),
        ("heroes", "heroe"),
        ("bayes's", "bayes"),
    ],
)
def test_a_plural_becomes_its_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


@pytest.mark.parametrize(
    "word",
    [
        "agent",
        "agentic",
        "accelerating",
        "pruning",
        "dns",
        "gas",
        "gps",
        "analysis",
        "basis",
        "bias",
        "lens",
        "series",
        "species",
        "diabetes",
        "loss",
        "process",
        "consensus",
        "virus",
        "focus",
        "semantics",
        "physics",
        "robotics",
        "always",
        "does",
        "this",
        "is",
        "us",
        "s",
        "",
        "3s",
        "müs",
        "拡",
    ],
)
def test_a_word_that_is_no_plural_stays(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize(
    "forms",
    [
        "prune prunes pruned pruning",
        "quantize quantizes quantized quantizing",
        "plan plans planned planning",
        "accelerate accelerates accelerated accelerating",
        "reason reasons reasoned reasoning",
        "serve serves served serving",
        "cache caches cached caching",
        "embed embeds embedded embedding embeddings",
        "pass passes passed passing",
        "agree agrees agreeing",
        "decode decodes decoded decoding",
    ],
)
def test_all_forms_of_a_regular_verb_have_one_key(forms: str) -> None:
    assert len({verb_key(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "one, other",
    [
        ("agent", "agentic"),
        ("accelerator", "accelerating"),
        ("quantization", "quantize"),
        ("generation", "generate"),
        ("fusion", "fuse"),
        ("speed", "spe"),
        ("string", "stre"),
        ("need", "ne"),
        ("red", "r"),
        ("planning", "plant"),
    ],
)
def test_a_word_with_another_meaning_has_another_key(one: str, other: str) -> None:
    assert verb_key(one) != verb_key(other)


WORD = st.from_regex(r"[a-z]{1,14}(s|es|ies|ing|ed|'s)?", fullmatch=True)


@given(WORD)
def test_the_forms_of_a_word_are_never_empty_and_never_longer_by_more_than_a_letter(
    word: str,
) -> None:
    assert 0 < len(singular(word)) <= len(word) + 1
    assert 0 < len(verb_key(word)) <= len(word) + 1


@given(WORD)
def test_the_key_of_a_verb_is_that_of_its_singular(word: str) -> None:
    assert verb_key(singular(word)) in {verb_key(word), verb_key(singular(singular(word)))}


@given(st.text(max_size=20))
def test_any_text_has_a_singular_and_a_key(word: str) -> None:
    assert isinstance(singular(word), str)
    assert isinstance(verb_key(word), str)
