"""Parses text dumps of Hugging Face Daily Papers pages.

The grammar was derived from five real dumps; docs/dumps.md explains it. A block is a group of
lines between blank lines.

    dump     = header page-date card*
    header   = "new" | "Get trending papers in your email inbox!" | "Subscribe"
             | "Daily Papers" | "byAK and the research community"
    card     = title abstract [credits]
    credits  = "• N authors" / "·" / "Mon D[, YYYY][ n]"      n: comments

A text is a dump if one of its first lines is a header line and the date of the page follows
directly after the header. `new` and `Subscribe` alone are not enough, because too many other
texts contain them. Titles and abstracts differ only in their order: their lengths overlap.
Credits end a card, so the parser can resume correctly after each of them. Without credits, it
cannot recognise two titles or two abstracts in a row.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import islice

from msgspec import Struct

from digest.core.batch_limits import MAX_ABSTRACT, MAX_PAPERS, RejectionList
from digest.core.models.batches import Batch
from digest.core.models.papers import Paper
from digest.core.text.invisible import with_joined_surrogates, without_invisible
from digest.errors import InputError
from digest.late_patterns import late_pattern
from digest.printable import is_printable
from digest.sources.daily_papers.dates import DATE, StatedDay, page_date, paper_date, stated_day
from digest.sources.daily_papers.page_text import page_lines

# Header lines, in lower case and without spaces. No other text begins with one of the names.
_NAMES = frozenset(
    ("gettrendingpapersinyouremailinbox!", "dailypapers", "byakandtheresearchcommunity")
)
_HEADER = _NAMES | {"new", "subscribe"}
_HEADER_LINES = 24  # a real header has six

_PAGE_DATE = re.compile(DATE)
_AUTHORS = re.compile(r"•\s*(?P<count>\d{1,6})\s+authors?")
_DOT = re.compile(r"[·⋅∙]")
_PAPER_DATE = re.compile(rf"{DATE}(?: +(?P<comments>\d{{1,9}}))?")
MARKDOWN_HEADING = re.compile(r" {0,3}#{1,6}\s+\[")
"""The first line of a card in a Markdown dump. It is defined here so that `detect_format` does
not import the Markdown parser."""

# A line with only a vote or star counter, `-` (no votes), or a dot: not part of a card's text.
_COUNTER = re.compile(r"[-–—·]|\d+(?:[.,]\d+)?[kK]?")
_COUNTER_LENGTH = 8

# How a complete abstract ends: with a sentence, a closing mark, or an address.
_FINISHED = re.compile(
    r"""[.!?…。!?)\]}"'”’»$*]$|(?:https?://|www\.|[\w-]\.[a-z]+/)\S+$|\w\.(?:com|io|org|ai|net)$"""
)
# From this many cards on, if all have credits, a last card without credits is incomplete.
_ALWAYS_CREDITED = 8

_CONTROLS = late_pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # JSON can have lone surrogates


class _Credits(Struct, frozen=True, kw_only=True):
    authors: int
    day: StatedDay
    comments: int | None


class _Broken(Struct, frozen=True, kw_only=True):
    reason: str


_Block = str | _Credits | _Broken


class _Card(Struct, frozen=True, kw_only=True):
    position: int
    title: str
    abstract: str
    credits: _Credits | None


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Parses a dump.

    Args:
        data: The content of the file: UTF-8 with or without a byte order mark, any line ends.
        source: The name of the source.
        origin: The path of the file, for the batch and for error messages.
        modified: The modification time of the file, to infer the year; None if it is unknown.
        now: The current time. The date of the page is not after it.

    Returns:
        The papers in the order of the page, with positions from 1, and what was rejected: cards
        without an abstract, malformed credits, an incomplete last card.

    Raises:
        InputError: The data is not a dump.
    """
    lines = page_lines(data, origin)
    page, start = header(lines, origin)
    builder = _cards(lines, start)
    cards = builder.complete
    explicit = [day for card in cards if card.credits and (day := card.credits.day.explicit)]
    announced = page_date(page, explicit=explicit, modified=modified, now=now)
    papers = tuple(
        Paper(
            title=card.title,
            abstract=card.abstract,
            author_count=card.credits.authors,
            published=paper_date(card.credits.day, page=announced),
            comments=card.credits.comments,
            position=card.position,
        )
        if card.credits
        else Paper(title=card.title, abstract=card.abstract, position=card.position)
        for card in cards
    )
    return Batch(
        source=source,
        origin=origin,
        papers=papers,
        announced=announced,
        rejected=builder.rejected.shown(),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def header(lines: Sequence[str], origin: str | None) -> tuple[StatedDay, int]:
    """Reads the header of a page.

    Returns:
        The day of the page, and the index of the line after it.

    Raises:
        InputError: The lines do not begin like a page.
    """
    texts = ((index, text) for index, line in enumerate(lines) if (text := clean(line)))
    first_lines = list(islice(texts, _HEADER_LINES))
    if not first_lines:
        raise InputError("the file is empty", file=origin, line=1)
    keys = ["".join(text.split()).casefold() for _, text in first_lines]
    if _NAMES.isdisjoint(keys):
        index, text = first_lines[0]
        raise InputError(_not_a_dump(text), file=origin, line=index + 1)
    # Header lines may be repeated or missing, so the date is the line after the last one.
    last = max(number for number, key in enumerate(keys) if key in _HEADER)
    if last + 1 == len(first_lines):
        raise InputError(
            "the file ends in the page's header, before its date", file=origin, line=len(lines)
        )
    index, text = first_lines[last + 1]
    match = _PAGE_DATE.fullmatch(text)
    day = stated_day(match) if match else None
    if day is None:
        raise InputError(
            f"the page's date, like `May 5`, must follow the header, not {excerpt(text)}",
            file=origin,
            line=index + 1,
        )
    return day, index + 1


def _not_a_dump(line: str) -> str:
    """Returns why a text that begins with this line is not a dump."""
    if line.startswith("<"):
        return "HTML or XML, not the text of a page; save the page as text"
    if line.startswith(("{", "[")):
        return "looks like JSON, not the text of a Daily Papers page"
    return (
        "not a dump of a Daily Papers page: its header (`Daily Papers`, `byAK and the research "
        f"community`, then a date like `May 5`) is missing; the text begins {excerpt(line)}"
    )


class _CardBuilder:
    """Combines the blocks of a page into cards, and rejects incomplete ones."""

    def __init__(self) -> None:
        self.complete: list[_Card] = []
        self.rejected = RejectionList()
        self._texts: list[tuple[int, str]] = []  # title and abstract of the current card

    def add(self, line: int, block: _Block) -> None:
        """Adds the next block, which begins at this line."""
        if isinstance(block, str):
            if len(self._texts) == 2:
                self._complete(None)
            self._texts.append((line, block))
        elif isinstance(block, _Broken):
            self._reject(block.reason, line)
        elif len(self._texts) == 2:
            self._complete(block)
        elif self._texts:
            self._reject("its abstract is missing before its authors", self._texts[0][0])
        else:
            self._reject("authors and a date, but no title before them", line)

    def end(self, *, cut: bool) -> None:
        """Completes or rejects the last card.

        Args:
            cut: The file does not end with a newline, so its last line may be incomplete.
        """
        if not self._texts:
            return
        line, text = self._texts[-1]
        if len(self._texts) == 1:
            self._reject("the file ends before its abstract", line)
        elif cut and not _FINISHED.search(text):
            self._reject(
                "the file ends inside its abstract; if it is whole, end the file with a newline",
                line,
            )
        elif len(self.complete) >= _ALWAYS_CREDITED and all(card.credits for card in self.complete):
            self._reject("the file ends before its authors, which all other papers have", line)
        else:
            self._complete(None)

    def _complete(self, card_credits: _Credits | None) -> None:
        (_, title), (_, abstract) = self._texts
        self.complete.append(
            _Card(position=self._position(), title=title, abstract=abstract, credits=card_credits)
        )
        self._texts.clear()

    def _reject(self, problem: str, line: int) -> None:
        prefix = f"paper {excerpt(self._texts[0][1])}: " if self._texts else ""
        self.rejected.add(f"{prefix}{problem}", line=line + 1)
        self._texts.clear()

    def _position(self) -> int:
        return len(self.complete) + len(self.rejected) + 1


def _cards(lines: Sequence[str], start: int) -> _CardBuilder:
    """Reads the cards of a page whose body starts at this line."""
    cards = _CardBuilder()
    previous: _Block | None = None
    for line, block in _blocks(lines, start):
        # One paper more than allowed, so that the limit is reported.
        if len(cards.complete) > MAX_PAPERS:
            return cards
        # Some dumps contain every block twice.
        if block != previous:
            cards.add(line, block)
        previous = block
    # A file that does not end with a newline may still be written.
    cards.end(cut=bool(lines[-1].strip()))
    return cards


def _blocks(lines: Sequence[str], start: int) -> Iterator[tuple[int, _Block]]:
    """Yields the blocks of a page's body, each with the index of its first line."""
    total = len(lines)
    index = start
    while index < total:
        line = clean(lines[index])
        if not line or is_counter(line):
            index += 1
            continue
        first = index
        if line[0] == "•":
            block, index = _credits(lines, index)
            yield first, block
            continue
        index += 1
        parts, length = [line], len(line)
        # A block may be wrapped over several lines, and credits may follow without a blank line.
        while index < total and (text := clean(lines[index])) and not _AUTHORS.fullmatch(text):
            # The rest would be cut anyway.
            if length <= MAX_ABSTRACT:
                parts.append(text)
                length += len(text) + 1
            index += 1
        yield first, " ".join(parts)


def _credits(lines: Sequence[str], index: int) -> tuple[_Credits | _Broken, int]:
    """Returns the credits that begin at this line, and the index of the line after them."""
    matches: list[re.Match[str]] = []
    for pattern, expected in (
        (_AUTHORS, "`• N authors`"),
        (_DOT, "`·`"),
        (_PAPER_DATE, "a date like `May 5` or `May 5, 2025`"),
    ):
        here = index
        while here < len(lines) and not lines[here].strip():
            here += 1
        if here == len(lines):
            return _Broken(reason=f"the file ends before {expected}"), here
        line = clean(lines[here])
        match = pattern.fullmatch(line)
        if match is None:
            if here == index:  # inside the same block: skip the rest of it
                while here < len(lines) and lines[here].strip():
                    here += 1
            return _Broken(reason=f"{expected} expected, not {excerpt(line)}"), here
        matches.append(match)
        index = here + 1
    authors, _, dated = matches
    day = stated_day(dated)
    if day is None:
        return _Broken(reason=f"the calendar has no {dated[0]}"), index
    comments = dated["comments"]
    return (
        _Credits(
            authors=int(authors["count"]), day=day, comments=int(comments) if comments else None
        ),
        index,
    )


def clean(line: str) -> str:
    """Returns the line without control and invisible characters and surrounding spaces.

    Each run of other white space becomes one space.
    """
    # True for nearly all lines, and faster.
    if is_printable(line):
        return line.strip()
    return " ".join(without_invisible(_CONTROLS.sub(" ", with_joined_surrogates(line))).split())


def is_counter(line: str) -> bool:
    """Returns whether a cleaned line is only a counter (`12`, `3.29k`, `-`) or a dot."""
    return len(line) <= _COUNTER_LENGTH and _COUNTER.fullmatch(line) is not None


def excerpt(text: str) -> str:
    """Returns the beginning of the text in quotation marks, for error messages."""
    text = clean(text)
    return f"“{text}”" if len(text) <= 48 else f"“{text[:45].rstrip()}…”"
