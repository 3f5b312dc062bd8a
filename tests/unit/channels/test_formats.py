"""Each service gets the papers in its own format, within its limits, and obeys no text in them."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.channels import escaping
from digest.channels.kinds.apprise_services import AppriseChannel
from digest.channels.kinds.discord import MAX_CONTENT, DiscordService
from digest.channels.kinds.folder import FolderChannel
from digest.channels.kinds.matrix import MAX_EVENT, MatrixService
from digest.channels.kinds.ntfy import MAX_MESSAGE, NtfyService
from digest.channels.kinds.slack import MAX_BLOCKS, SlackService
from digest.channels.kinds.telegram import MAX_TEXT, TelegramService
from digest.channels.message import ChannelMessage, ChannelPaper, ChannelSection
from digest.channels.parts import MAX_PARTS, utf16_units

ATTACKS = [
    "@everyone and @here",
    "<!channel> <!here> <@U012AB3CD> <#C1>",
    "<@&42> <@123456789012345678>",
    "@room @alice:example.org",
    "[click](https://evil.example) ![](https://evil.example/x.png)",
    "<b>bold</b> <a href='https://evil.example'>x</a> <script>alert(1)</script>",
    "**bold** __under__ ~~gone~~ `code` ||hidden|| # heading > quote",
    "&lt;b&gt; &amp; \\*escaped\\*",
    "line one\nline two\r\n# three\x00\x01\x02\x1b[31m",
    "\u202eright to left\u202c",
]

SLACK = SlackService(url="https://hooks.example/x")
DISCORD = DiscordService(url="https://discord.example/x")
TELEGRAM = TelegramService(token="1:x", chat="5")
MATRIX = MatrixService(server="https://m.example", token="t", room="!a:b")
NTFY = NtfyService(server="https://ntfy.example", topic="papers")
FOLDER = FolderChannel(Path("nowhere"))
APPRISE = AppriseChannel("pover://user@token")


def message(*papers: ChannelPaper, **values: Any) -> ChannelMessage:
    section = ChannelSection(heading="Caches & <more>", papers=papers)
    return ChannelMessage(
        edition_id=7, day=date(2026, 5, 11), title="Paper Digest", sections=(section,), **values
    )


def hostile(text: str) -> ChannelMessage:
    paper = ChannelPaper(
        title=text, url="https://a.example/?a=1&b=2", authors=text, reason=text, excerpt=text
    )
    return message(paper, online="https://d.example/x", online_label="View online")


def loaded(parts: Sequence[bytes]) -> list[dict[str, Any]]:
    return [json.loads(part) for part in parts]


class Tags(HTMLParser):
    """The tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_paper_is_obeyed(attack: str) -> None:
    digest = hostile(attack)

    # Slack: plain text elements, and one link for each paper.
    (body,) = loaded(SLACK.parts(digest))
    elements = [
        element
        for block in body["blocks"]
        for section in block["elements"]
        for element in section["elements"]
    ]
    assert {element["type"] for element in elements} == {"text", "link"}
    links = {element["url"] for element in elements if element["type"] == "link"}
    assert links == {"https://a.example/?a=1&b=2", "https://d.example/x"}
    assert "<" not in body["text"]

    # Discord: calls nobody, and everything with a meaning is escaped.
    (body,) = loaded(DISCORD.parts(digest))
    assert body["allowed_mentions"] == {"parse": []}
    unescaped = re.sub(r"\\[^A-Za-z0-9\s]", "", body["content"])
    assert re.findall(r"\]\(<([^>]*)>\)", unescaped) == [
        "https://a.example/?a=1&b=2",
        "https://d.example/x",
    ]
    assert re.search(r"@(everyone|here)|<[@#!]", unescaped) is None
    assert unescaped.count("**") == 4, "the title and the heading"

    # Telegram and Matrix: no tag but their own.
    for text, strong in (
        (loaded(TELEGRAM.parts(digest))[0]["text"], "b"),
        (loaded(MATRIX.parts(digest))[0]["formatted_body"], "strong"),
    ):
        tags = Tags(text).tags
        assert {tag for tag, _ in tags} <= {strong, "a", "br"}
        assert [attributes for tag, attributes in tags if tag == "a"] == [
            (("href", "https://a.example/?a=1&b=2"),),
            (("href", "https://d.example/x"),),
        ]
        assert re.search(r"@(everyone|here|room|alice)", text) is None
    assert loaded(MATRIX.parts(digest))[0]["m.mentions"] == {}

    # No service gets a line or a control character from a text.
    for parts in (NTFY.parts(digest), FOLDER.parts(digest), APPRISE.parts(digest)):
        whole = b"".join(parts).decode()
        assert "\nline two" not in whole
        assert not re.search("[\x00-\x08\x1b\u202e]", whole)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_folder_of_markdown_shows_texts_as_they_are(attack: str) -> None:
    markdown = pytest.importorskip("markdown_it", reason="no markdown-it-py")
    (part,) = FOLDER.parts(hostile(attack))
    html = markdown.MarkdownIt().render(part.decode().partition("\n")[2])
    tags = Tags(html).tags
    assert {tag for tag, _ in tags} <= {"p", "strong", "a", "br"}
    assert {attributes for tag, attributes in tags if tag == "a"} == {
        (("href", "https://a.example/?a=1&b=2"),),
        (("href", "https://d.example/x"),),
    }


def sizes(name: str, parts: Sequence[bytes]) -> list[int]:
    """The size of each message, as its service counts it, in shares of its limit."""
    bodies = loaded(parts)
    count: dict[str, tuple[Callable[[dict[str, Any]], int], int]] = {
        "slack": (lambda body: len(body["blocks"]), MAX_BLOCKS),
        "discord": (lambda body: utf16_units(body["content"]), MAX_CONTENT),
        "telegram": (lambda body: utf16_units(body["text"]), MAX_TEXT),
        "matrix": (lambda body: len(json.dumps(body, ensure_ascii=False).encode()), MAX_EVENT),
        "ntfy": (lambda body: len(body["message"].encode()), MAX_MESSAGE),
    }
    size, limit = count[name]
    return [size(body) - limit for body in bodies]


papers = st.lists(
    st.builds(
        ChannelPaper,
        title=st.text(max_size=600) | st.just("&" * 600) | st.just("\U0001f600*" * 300),
        url=st.just("https://a.example/" + "x" * 380) | st.just("javascript:alert(1)"),
        authors=st.text(max_size=300),
        reason=st.text(max_size=300),
        excerpt=st.text(max_size=900) | st.just("*" * 900),
    ),
    max_size=70,
)


@given(papers=papers)
def test_every_message_fits_whatever_the_papers(papers: list[ChannelPaper]) -> None:
    digest = message(*papers, online="https://d.example/x", closing="All of them.")
    for name, service in (
        ("slack", SLACK),
        ("discord", DISCORD),
        ("telegram", TELEGRAM),
        ("matrix", MATRIX),
        ("ntfy", NTFY),
    ):
        parts = service.parts(digest)
        assert 1 <= len(parts) <= MAX_PARTS
        assert max(sizes(name, parts)) <= 0
        assert service.parts(digest) == parts, "a retry sends the same messages"


def test_a_long_digest_says_less_of_each_paper_before_it_becomes_several_messages() -> None:
    def digest(number: int) -> ChannelMessage:
        paper = ChannelPaper(
            title="T" * 60, url="https://a.example/1", reason="R" * 60, excerpt="E" * 200
        )
        return message(*[paper] * number)

    def texts(number: int) -> list[str]:
        return [body["content"] for body in loaded(DISCORD.parts(digest(number)))]

    (short,) = texts(4)
    assert "EEE" in short
    (longer,) = texts(9)
    assert "EEE" not in longer
    assert "RRR" in longer
    several = texts(25)
    assert len(several) > 1
    assert "25\N{EN SPACE}[TTT" in several[-1], "no paper is missing"


def test_what_does_not_fit_into_the_last_message_is_counted() -> None:
    papers = [ChannelPaper(title=f"{n} {'T' * 150}", url="https://a.example/1") for n in range(150)]
    digest = message(*papers, more="{} more".format, online="https://d.example/x")
    texts = [body["content"] for body in loaded(DISCORD.parts(digest))]
    assert len(texts) == MAX_PARTS
    shown = sum(len(re.findall(r"^\d+\u2002\[", text, re.MULTILINE)) for text in texts)
    assert texts[-1].endswith(f"[{150 - shown} more](<https://d.example/x>)")


def test_slack_gets_no_element_without_a_text() -> None:
    paper = ChannelPaper(title="\x00", url="https://a.example/1")
    digest = replace(message(paper), title="")
    (body,) = loaded(SLACK.parts(digest))
    elements = [one for block in body["blocks"] for one in block["elements"][0]["elements"]]
    assert {"type": "link", "url": "https://a.example/1"} in elements
    assert all(one.get("text", "x") for one in elements)


def test_an_address_with_quotes_and_spaces_stays_one_address() -> None:
    assert escaping.link("https://a.example/'x\"> y") == "https://a.example/%27x%22%3E%20y"
    assert escaping.link("javascript:alert(1)") == ""


def test_a_file_appears_whole_and_a_second_attempt_replaces_it(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 5, 11, tzinfo=UTC)
    channel = FolderChannel(tmp_path)
    (part,) = channel.parts(message(ChannelPaper(title="One")))
    for _ in range(2):
        channel.send(part, key="k", now=now)
    (file,) = tmp_path.iterdir()
    assert file.name == "2026-05-11-7.md"
    assert "One" in file.read_text("utf-8")
