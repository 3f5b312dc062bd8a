import pytest

from digest.core.identity.title_words import title_words


@pytest.mark.parametrize(
    "title, words",
    [
        ('Flash-Attention: Fast, and "Exact"', ("flash", "attention", "fast", "and", "exact")),
        ("Über die Größe", ("uber", "die", "grosse")),
        ("Scaling scaling LAWS", ("scaling", "laws")),
        ("snake_case $x_2$", ("snake", "case", "x", "2")),
        ("大语言模型 的研究", ("大语言模型", "的研究")),
        ("...", ()),
    ],
)
def test_words_have_no_case_no_accents_and_no_punctuation(
    title: str, words: tuple[str, ...]
) -> None:
    assert title_words(title) == words


def test_a_word_without_end_is_cut_off() -> None:
    assert title_words("W" * 5000) == ("w" * 40,)
