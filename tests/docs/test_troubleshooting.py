"""docs/troubleshooting.md quotes what the program says, and knows every symptom it lists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from support.documentation.blocks import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")


def quoted() -> list[str]:
    """The first column of each table that is headed "it says"."""
    tables = re.findall(r"^\| it says \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    cells = [row.split(" | ")[0] for table in tables for row in table.splitlines()]
    return [words for cell in cells for words in re.findall(r"`([^`]+)`", cell)]


@cache  # not at import: every worker imports this module, and only one needs the texts
def said() -> list[str]:
    """Every text in the program's code, with a gap where a value comes in."""
    texts = []
    for folder in ("digest", "jobs"):
        for file in (ROOT / folder).rglob("*.py"):
            texts += [_text(node) for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return [text for text in texts if text]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "\0" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


@pytest.mark.parametrize("words", quoted())
def test_what_it_quotes_is_what_the_program_says(words: str) -> None:
    parts = [re.escape(part) for part in re.split(r" ?\.\.\. ?", words) if part]
    pattern = re.compile("(.*)".join(part for part in parts), re.DOTALL)
    assert any(pattern.search(text) for text in said()), words


def test_words_that_nobody_says_are_noticed() -> None:
    assert not any("the moon is in the wrong digest_home" in text for text in said())
    assert any("STARTTLS" in text for text in said())


def test_its_list_has_every_symptom() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert re.findall(r"^- \[(.+?)\]\(#", PAGE, re.MULTILINE) == headings
    assert Path(ROOT / "docs" / "index.md").read_text().count("troubleshooting.md") == 1
