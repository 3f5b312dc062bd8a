"""Nothing that readers see is written where no catalogue finds it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
PAGES = sorted(
    path
    for path in TEMPLATES.rglob("*")
    # style.html has styles alone.
    if path.suffix in {".html", ".txt", ".mjml"} and path.name != "style.html"
    # Operators read English.
    if path.parent.name != "admin" and path.parent.name + "/" + path.stem != "site/admin"
)
# What is left of a template when its code, its messages and its styles are taken away.
JINJA = re.compile(
    r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*[-+]?%\}|\{% block wide %\}.*?\{% endblock %\}"
    r"|\{%.*?%\}|\{\{.*?\}\}(?:/[\w./]*)?",
    re.DOTALL,
)
MARKUP = re.compile(
    r"<!--.*?-->|<style.*?</style>|<mj-style.*?</mj-style>|<code>.*?</code>|&[#\w]+;", re.DOTALL
)
READ_ATTRIBUTES = re.compile(r'\b(?:alt|title|aria-label|label|content)="([^"]*)"')
TAG = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")
NO_WORDS = {"https", "http", "mailto", "px"}

# The modules whose errors and notices are shown to readers.
SHOWN = sorted(
    path
    for folder in ("digest/web/pages", "digest/pipeline/signup", "digest/core/signup")
    for path in (ROOT / folder).rglob("*.py")
)
ERRORS = {"UsageError", "ValueError"}
FIELDS = {"problem", "notice"}


def visible_words(source: str) -> list[str]:
    text = MARKUP.sub(" ", JINJA.sub(" ", source))
    # The attributes of meta elements are for programs.
    text_of_attributes = " ".join(READ_ATTRIBUTES.findall(re.sub(r"<meta\b[^>]*>", " ", text)))
    words = WORD.findall(f"{TAG.sub(' ', text)} {text_of_attributes}")
    return [word for word in words if word not in NO_WORDS]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_has_no_text_outside_of_messages(page: Path) -> None:
    assert visible_words(page.read_text("utf-8")) == []


def test_text_outside_of_messages_is_found() -> None:
    assert visible_words("<p>{% trans %}Good{% endtrans %} bad</p>") == ["bad"]
    assert visible_words('<img alt="bad">{{ _("good") }}') == ["bad"]


def unmarked(source: str) -> Iterator[str]:
    """Yields the texts of errors, problems and notices that no ReaderText marks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = node.func.id if isinstance(node.func, ast.Name) else ""
            shown = [*(node.args[:1] if named in ERRORS else ())]
            shown += [item.value for item in node.keywords if item.arg in FIELDS]
            for value in shown:
                if isinstance(value, ast.JoinedStr) or (
                    isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value
                ):
                    yield ast.unparse(value)


@pytest.mark.parametrize("module", SHOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_says_about_a_mistake_is_marked_for_translation(module: Path) -> None:
    assert list(unmarked(module.read_text("utf-8"))) == []


def test_an_unmarked_text_is_found() -> None:
    assert list(unmarked('raise UsageError("Wrong.")')) == ["'Wrong.'"]
    assert list(unmarked('raise UsageError(ReaderText("Wrong."))')) == []


def test_the_script_of_the_site_says_nothing() -> None:
    script = (TEMPLATES / "web" / "site.js").read_text("utf-8")
    code = re.sub(r"//.*", "", script)
    sentences = re.findall(r"[\"'`][^\"'`\n]*[A-Z][a-z]+ ?[a-z]*[^\"'`\n]*[\"'`]", code)
    allowed = ("AbortError", "Content-Type", "Accept", "DOMContentLoaded")
    assert [text for text in sentences if not any(word in text for word in allowed)] == []
