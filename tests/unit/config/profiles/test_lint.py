"""Warnings are shown where their keywords were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.profiles.lint import warnings
from digest.config.profiles.loader import problems
from digest.errors import ProfileError

TEXT = """\
email = "ada@example.org"

[[topics]]
name = "One"
keywords = ["bees", "-learning",
  "KV cache",   # fine
  "KV-caches",
]
exclude = ["wasps"]
authors = ["Ada Lovelace and Karl von Frisch"]
categories = ["cs.LG", "cs.LGG"]

[[topics]]
name = "Two"
keywords = ["federated learning", "wasp nests", "-wasps"]
aliases = { LLM = ["chatbot"], "federated learnings" = [] }

[[topics]]
name = "Three"
categories = ["cs.RO"]
"""


def test_each_warning_has_line_column_and_correction() -> None:
    found = [(item.line, item.column, item.text) for item in warnings(TEXT)]
    assert [(line, column) for line, column, _ in found] == [
        (7, 4),
        (10, 13),
        (11, 25),
        (15, 36),
        (16, 13),
        (19, 9),
    ]
    says = ["matches the same as", "single person", "did you mean", "exclusion", "LLM", "min_match"]
    assert all(word in text for word, (*_, text) in zip(says, found, strict=True))


@pytest.mark.parametrize(
    "aliases, hint",
    [
        ('LLM = ["x"]', '; did you mean "LLN"?'),
        ('bees = ["x"]', "; add it to the keywords, or remove it"),
    ],
)
def test_an_alias_without_keyword_is_reported_with_a_suggestion(aliases: str, hint: str) -> None:
    text = f'email = "a@example.org"\naliases = {{ {aliases} }}\n[[topics]]\nname = "T"\nkeywords = ["LLN"]\n'
    (found,) = warnings(text)
    name = aliases.partition(" ")[0]
    assert (found.line, found.column) == (2, 13)
    assert found.text == (
        f'"{name}" is not a keyword of any topic, so its aliases are not used{hint}'
    )


def test_a_text_with_errors_has_no_warnings() -> None:
    with pytest.raises(ProfileError):
        warnings("email = 1")


PIECES = st.sampled_from(
    ['"KV cache"', '"-bees"', '"bees"', '"bee*"', '"a, b"', '"RAG"', '"LLM^2"']
)
LISTS = st.lists(PIECES, max_size=5).map(lambda items: f"[{', '.join(items)}]")


@given(LISTS, LISTS, st.sampled_from(["", 'aliases = { LLM = ["RAG"], RAG = ["bee"] }']))
def test_the_place_of_a_warning_is_a_keyword_or_an_alias(one: str, two: str, aliases: str) -> None:
    text = f'email = "a@example.org"\n[[topics]]\nname = "T"\nkeywords = {one}\nexclude = {two}\n{aliases}\n'
    if problems(text, "a"):
        return
    for found in warnings(text):
        assert found.line in (4, 5, 6)
        assert found.column is not None
        line = text.splitlines()[found.line - 1]
        assert line[found.column - 2] in '" ' or line[found.column - 1].isalnum()
