"""The golden messages keep the rules of Word, which renders mail in Outlook for Windows.

There is no Word here, so these are its known rules, as caniemail.com and MJML state them: padding counts in
table cells alone, widths in attributes alone, and margins of blocks are kept. See docs/mail.md.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.builders import NOW

from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import built_in
from digest.pipeline.signup.mails import SiteMail
from digest.store.signup.requests import SiteRequest
from digest.web.outbox.written import MailTemplates

GOLDEN = sorted((Path(__file__).parents[3] / "data" / "mail").glob("*.html"))
VOID = frozenset(("br", "img", "meta", "o:allowpng"))
BLOCKS = frozenset(("h1", "h2", "h3", "p"))

Element = tuple[str, dict[str, str], str]
"""Name, attributes, and the name of the element around it."""


class Elements(HTMLParser):
    """Collects the elements of a message, and what is nested wrongly."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        around = self.open[-1] if self.open else ""
        self.found.append((tag, {name: value or "" for name, value in attrs}, around))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


def in_outlook(html: str) -> str:
    """Returns what Outlook reads: with the content of its conditional comments, without the others'."""
    html = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", html, flags=re.DOTALL)
    return re.sub(
        r"<!--\[if (?:mso|mso \| IE|lte mso 11)\]>(.*?)<!\[endif\]-->", r"\1", html, flags=re.DOTALL
    )


def styles(attributes: dict[str, str]) -> dict[str, str]:
    pairs = (part.partition(":") for part in attributes.get("style", "").split(";") if part)
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.fixture(params=GOLDEN, ids=lambda file: file.stem)
def message(request: pytest.FixtureRequest) -> str:
    return str(request.param.read_text("utf-8"))


def test_what_outlook_reads_is_nested_correctly(message: str) -> None:
    for html in (message, in_outlook(message)):
        elements = Elements(html)
        assert elements.wrong == []
        assert elements.open == []


def test_outlook_gets_a_table_of_fixed_width_around_the_column(message: str) -> None:
    added = [
        attributes
        for name, attributes, _ in Elements(in_outlook(message)).found
        if name == "table" and attributes.get("width") == "600"
    ]
    assert len(added) == 1
    assert styles(added[0])["width"] == "600px"


def test_no_block_needs_what_word_ignores(message: str) -> None:
    for name, attributes, _ in Elements(in_outlook(message)).found:
        style = styles(attributes)
        assert not style.keys() & {
            "float",
            "position",
            "background-image",
            "background",
            "flex",
            "grid",
        }
        if name == "a":
            assert "dir" not in attributes
        if name in {"p", "div", "h1", "h2", "h3"}:
            assert "padding" not in style
        if name in BLOCKS:
            # Word gives a paragraph without margins those of its own.
            assert "margin" in style
        if name == "img":
            assert attributes["width"].isdigit()
            assert attributes["alt"]
        height = style.get("line-height", "1")
        if name != "td" and style.get("display") != "none":
            assert re.fullmatch(r"\d(?:\.\d+)?", height), (name, height)


def test_lines_grow_with_what_stands_in_them(message: str) -> None:
    """An exact height of a line, which MJML sets on a cell, would cut pictures and tall letters."""
    (rule,) = re.findall(
        r"<style>([^{}<]+)\{ mso-line-height-rule: at-least; \}", in_outlook(message)
    )
    assert set(re.split(r",\s*", rule.strip())) == {*BLOCKS, "div"}


def test_every_text_has_its_colour_and_size_without_a_style_sheet(message: str) -> None:
    body = message[message.index("<body") :]
    for name, attributes, _ in Elements(body).found:
        style = styles(attributes)
        if name in {"p", "h1", "h2", "h3"} and "class" in attributes:
            assert "color" in style
        if name in {"h1", "h2", "h3"}:
            assert {"font-size", "line-height", "font-weight"} <= style.keys()
        if name == "a":
            assert style.get("text-decoration") == "none"
            assert "color" in style


@pytest.mark.parametrize(
    "template", ["confirm", "already", "link", "code", "address", "moved", "undo", "admin"]
)
def test_the_messages_of_the_site_have_a_table_of_fixed_width_too(template: str) -> None:
    request = SiteRequest(
        request_id=1,
        kind="subscribe",
        email="ada@example.org",
        subscription_id=1,
        wish={},
        asked_at=NOW,
        tries=0,
        done_at=None,
        result_id=None,
    )
    templates = MailTemplates(
        [template_folder()],
        list_name="Paper Digest",
        theme=built_in("calm"),
        base_url="https://digest.example.org",
    )
    mail = SiteMail(
        request=request,
        language="",
        template=template,
        code="123456",
        token="t",
        links=(("T", "t"),),
    )
    html = templates.write(mail).html
    for read in (html, in_outlook(html)):
        elements = Elements(read)
        assert (elements.wrong, elements.open) == ([], [])
    tables = [attributes["width"] for name, attributes, _ in elements.found if name == "table"]
    assert tables == ["600"]
    assert "<table" not in re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
