"""The reader of the pages' examples: it loses none, and mistakes none for another."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documentation.blocks import blocks

LINES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20).filter(
        lambda line: not line.strip().startswith(("```", "~~~"))
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages") / "page.md"


@given(
    st.lists(st.tuples(st.sampled_from(["sh", "toml", ""]), LINES, st.sampled_from(["", "   "])))
)
def test_every_block_is_read_as_it_stands(
    page: Path, written: list[tuple[str, list[str], str]]
) -> None:
    text = ""
    for language, lines, indent in written:
        inside = "".join(f"{indent}{line}\n" for line in lines)
        text += f"Words.\n\n{indent}```{language}\n{inside}{indent}```\n\n"
    page.write_text(text, "utf-8")
    found = blocks(page)
    assert [(block.language, block.text) for block in found] == [
        (language, "".join(f"{line}\n" for line in lines)) for language, lines, _ in written
    ]
    assert all(text.splitlines()[block.line - 2].strip().startswith("```") for block in found)


def test_marks_belong_to_the_block_after_them(page: Path) -> None:
    page.write_text(
        "<!-- test: before true -->\n<!-- test: exit 3 -->\n```sh\na\n```\n\n```sh\nb\n```\n"
    )
    first, second = blocks(page)
    assert first.marks == {"before": "true", "exit": "3"}
    assert second.marks == {}


@pytest.mark.parametrize(
    "text",
    [
        "<!-- test: exit 3 -->\nWords.\n\n```sh\na\n```\n",
        "<!-- test: skip -->\n```sh\na\n```\n",
    ],
)
def test_a_mark_without_a_block_or_a_meaning_is_an_error(page: Path, text: str) -> None:
    page.write_text(text)
    with pytest.raises(AssertionError):
        blocks(page)
