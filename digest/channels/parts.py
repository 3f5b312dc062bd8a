"""Divides a digest into messages of a limited size, in the format of a service.

First less is said about each paper, so that one message is enough. A digest that is still too long
becomes several messages, between papers. What does not fit into the last of them is counted.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum

from msgspec import Struct

from digest.channels import escaping
from digest.channels.message import ChannelMessage, ChannelPaper

MAX_PARTS = 5
"""Messages of one digest: more would flood a chat."""

# Maximum lengths, in characters. With them, the longest paper fits into a message of 2,000 characters.
_TITLE, _HEADING, _AUTHORS, _REASON, _EXCERPT, _LINE = 180, 100, 100, 120, 240, 300


class Amount(IntEnum):
    """How much is said about a paper."""

    TITLE = 0
    REASON = 1
    ALL = 2


class Format(Struct, frozen=True, kw_only=True):
    """How a service writes text."""

    text: Callable[[str], str]  # text from outside
    strong: Callable[[str], str]  # of escaped text
    linked: Callable[[str, str], str]  # of escaped text and a safe address
    size: Callable[[str], int]  # as the service counts
    limit: int  # of one message, in the same unit
    most_blocks: int = 10_000  # of one message
    most_parts: int = MAX_PARTS
    gap: str = "\n\n"  # between blocks
    line: str = "\n"


class Part(Struct, frozen=True, kw_only=True):
    """One message of a digest."""

    text: str
    number: int  # from 1
    of: int


def utf16_units(text: str) -> int:
    """Returns the length of a text as chats count it that are written in JavaScript or Java."""
    return len(text) + sum(c > "\uffff" for c in text)


def utf8_bytes(text: str) -> int:
    """Returns the length of a text in bytes."""
    return len(text.encode())


def divide(message: ChannelMessage, form: Format) -> tuple[Part, ...]:
    """Returns the messages of a digest, at least one.

    Args:
        message: the digest.
        form: how the service writes text, and how much fits into one message.
    """
    pages: list[list[str]] = []
    for amount in sorted(Amount, reverse=True):
        pages = _pages(_blocks(message, form, amount), form)
        if len(pages) == 1:
            break
    else:  # several in any case, so that the reasons fit too
        with_reasons = _pages(_blocks(message, form, Amount.REASON), form)
        pages = with_reasons if len(with_reasons) <= form.most_parts else pages
    texts = [form.gap.join(page) for page in _cut(pages, message, form)]
    return tuple(
        Part(text=text, number=number, of=len(texts)) for number, text in enumerate(texts, start=1)
    )


class _Block(Struct, frozen=True, kw_only=True):
    text: str
    papers: int = 0


def _blocks(message: ChannelMessage, form: Format, amount: Amount) -> list[_Block]:
    blocks = [_Block(text=_head(message, form))]
    number = 0
    for section in message.sections:
        heading = form.strong(form.text(escaping.one_line(section.heading, _HEADING)))
        for place, paper in enumerate(section.papers):
            number += 1
            text = _paper(paper, form, amount, number)
            # A heading is in the message of its first paper, never alone at the end of a message.
            if place == 0 and section.heading:
                text = f"{heading}{form.line}{text}"
            blocks.append(_Block(text=text, papers=1))
    end = [form.text(escaping.one_line(message.closing, _LINE))] if message.closing else []
    if message.online and (url := escaping.link(message.online)):
        label = form.text(escaping.one_line(message.online_label or message.online, _HEADING))
        end.append(form.linked(label, url))
    return [*blocks, _Block(text=form.line.join(end))] if end else blocks


def _head(message: ChannelMessage, form: Format) -> str:
    title = form.strong(form.text(escaping.one_line(message.title, _TITLE)))
    intro = form.text(escaping.one_line(message.intro, _LINE))
    return f"{title}{form.line}{intro}" if intro else title


def _paper(paper: ChannelPaper, form: Format, amount: Amount, number: int) -> str:
    title = form.text(escaping.one_line(paper.title, _TITLE))
    url = escaping.link(paper.url)
    lines = [f"{number}\N{EN SPACE}{form.linked(title, url) if url else title}"]
    if amount is Amount.ALL:
        lines.append(form.text(escaping.one_line(paper.authors, _AUTHORS)))
    if amount >= Amount.REASON:
        lines.append(form.text(escaping.one_line(paper.reason, _REASON)))
    if amount is Amount.ALL:
        lines.append(form.text(escaping.one_line(paper.excerpt, _EXCERPT)))
    return form.line.join(filter(None, lines))


def _pages(blocks: Sequence[_Block], form: Format) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    used = 0
    for block in blocks:
        size = form.size(block.text) + form.size(form.gap)
        if pages[-1] and (used + size > form.limit or len(pages[-1]) >= form.most_blocks):
            pages.append([])
            used = 0
        pages[-1].append(block.text)
        used += size
    return pages


def _cut(pages: list[list[str]], message: ChannelMessage, form: Format) -> list[list[str]]:
    """Returns at most so many pages as one digest may have; the last one says what is missing."""
    if len(pages) <= form.most_parts:
        return pages
    kept, last = pages[: form.most_parts - 1], list(pages[form.most_parts - 1])
    url = escaping.link(message.online)
    while True:
        # The first block of all is the head, and each of the others is a paper.
        missing = message.papers - (sum(map(len, kept)) + len(last) - 1)
        end = form.text(escaping.one_line(message.more(missing), _HEADING))
        whole = [*last, form.linked(end, url) if url else end]
        if not last or form.size(form.gap.join(whole)) <= form.limit:
            return [*kept, whole]
        last.pop()
