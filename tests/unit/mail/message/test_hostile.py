"""Text from feeds, profiles and reader names is only ever text in a message."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, TODAY, candidate
from support.samples.hostile import ADDRESSES, TEXTS

from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper, PaperLink
from digest.core.text.display import display_text
from digest.mail.message.mime import build_message
from digest.mail.rendering.renderer import RenderedContent, Renderer

RENDERER = Renderer()
ACTIVE = {
    "script", "iframe", "object", "embed", "form", "input", "base", "svg", "math", "img", "link",
}  # fmt: skip


def rendered(text: str, address: str = "https://x.example/1") -> RenderedContent:
    """A message in which all external text is this text."""
    links = tuple(PaperLink(rel=rel, url=address) for rel in ("abstract", "pdf", "code", "project"))
    papers = [
        Paper(
            title=text,
            abstract=text,
            authors=(text, text),
            categories=(text,),
            links=links,
            votes=3,
        )
        for _ in range(2)
    ]
    match = KeywordMatch(keyword=text, field="title", contribution=1.0)
    entries = [
        EditionEntry(candidate=candidate(paper, number), score=80.0, matches=(match,))
        for number, paper in enumerate(papers, start=1)
    ]
    trending = EditionEntry(
        candidate=candidate(papers[0], 9, kind=AnnouncementKind.REVISED), score=None
    )
    edition = Edition(
        local_date=TODAY,
        sections=(Section(topic=text, entries=tuple(entries)),),
        trending=(trending,),
        considered=9,
        matched=2,
    )
    return RENDERER.render(
        edition,
        list_name=text,
        reader_name=text,
        unsubscribe="https://d.example/u/1",
        profile_name=text,
    )


class Page(HTMLParser):
    """The tags of a page, in order, with the names of their attributes, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.seen = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_endtag(self, tag: str) -> None:
        self.shape.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.shape.append(("!--", data))

    def handle_data(self, data: str) -> None:
        self.seen += data


def page_of(content: RenderedContent) -> Page:
    """The page without the marks around matched words, which depend on the text."""
    return Page(re.sub(r"<b>([^<>]*)</b>", r"\1", content.html))


def headers(content: RenderedContent, name: str) -> list[str]:
    data = build_message(
        sender="Digest <d@d.example>",
        to="reader@r.example",
        subject=content.subject,
        html=content.html,
        text=content.text,
        message_id="<1@d.example>",
        date=NOW,
        list_id=f"{display_text(name)[:40] or 'x'} <list.d.example>",
        headers={"List-Unsubscribe": "<https://d.example/u/1>"},
    )
    message = message_from_bytes(data, policy=policy.default)
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    assert message["bcc"] is None
    assert not message.defects
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert html.get_content().replace("\r\n", "\n").strip() == content.html.strip()
    assert text.get_content().replace("\r\n", "\n").strip() == content.text.strip()
    return [key.lower() for key in message]


HARMLESS = rendered("Harmless")
SHAPE = page_of(HARMLESS).shape
HEADERS = headers(HARMLESS, "Harmless")


def assert_same_as_harmless(text: str) -> None:
    content = rendered(text)
    page = page_of(content)
    assert page.shape == SHAPE
    assert not {tag for tag, *_ in page.shape} & ACTIVE
    assert not [name for _, *names in page.shape for name in names if name.startswith("on")]
    assert headers(content, text) == HEADERS
    unsafe = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
    for part in (content.subject, content.html, content.text):
        assert not unsafe.search(part)
    assert len(content.subject.splitlines()) <= 1


def lines(content: RenderedContent) -> list[str]:
    """The kinds of the lines of the text part: indentation, blank, rule, link."""
    kinds = []
    for line in content.text.splitlines():
        depth = len(line) - len(line.lstrip())
        kind = next(
            (
                kind
                for kind in ("=" * 76, "-- ", "Unsubscribe: https://d.example/u/1")
                if line == kind
            ),
            "",
        )
        link = re.match(r"\s+[A-Z][A-Za-z .]+: https://x\.example/1$", line)
        kinds.append(f"{depth}{kind}{link[0].strip() if link else ''}" if line.strip() else "")
    return [
        kind
        for index, kind in enumerate(kinds)
        if not index or kind != kinds[index - 1] or not kind
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_changes_neither_structure_nor_headers(text: str) -> None:
    assert_same_as_harmless(text)


@pytest.mark.parametrize("text", [text for text in TEXTS if "7*7" in text])
def test_no_template_is_evaluated(text: str) -> None:
    content = rendered(text)
    for part in (content.subject, content.text, Page(content.html).seen):
        assert "7*7" in part
        assert "49" not in part


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) < 40])
def test_hostile_text_does_not_change_the_lines_of_the_text_part(text: str) -> None:
    assert lines(rendered(text)) == lines(HARMLESS)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_hostile_address_becomes_a_link(address: str) -> None:
    content = rendered("Harmless", address)
    *searches, last = Page(content.html).links
    assert last == "https://d.example/u/1"
    assert set(searches) == {"https://huggingface.co/papers?q=Harmless"}
    assert address not in content.text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(TEXTS) | st.text(max_size=20), min_size=1, max_size=4).map(" ".join)
)
def test_any_combination_of_hostile_texts_stays_text(text: str) -> None:
    assert_same_as_harmless(f"A {text}")
