"""Text dumps of Hugging Face Daily Papers pages: bytes to Batch.

The grammar, from five real dumps; docs/dumps.md shows it to readers. Blocks are runs of
lines between blank lines.

    dump     = header page-date card*
    header   = "new" | "Get trending papers in your email inbox!" | "Subscribe"
             | "Daily Papers" | "byAK and the research community"
    card     = title abstract [credits]
    credits  = "• N authors" / "·" / "Mon D[, YYYY][ n]"      n: comments

A text is a dump if one of its first lines names the page (any header line but `new` and
`Subscribe`, which stand in too many texts) and the page's date comes right after the
header. Titles and abstracts are told apart by their order alone: their lengths overlap.
Credits end a card, so reading finds its feet again after each of them; without them, two
titles or two abstracts in a row cannot be told.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import islice

from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Paper
from digest.core.text.invisible import without_invisible
from digest.errors import InputError
from digest.sources.daily_papers.dates import DATE, StatedDay, page_date, paper_date, stated_day

# Header lines, without spaces and case; the names are those that no other text begins with.
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
"""The first line of a card in a Markdown dump. It stands here so that detecting a format imports
no parser but this one."""

# A vote or star counter of its own, `-` where there are none, or a stray dot: no text of a card.
_COUNTER = re.compile(r"[-–—·]|\d+(?:[.,]\d+)?[kK]?")
_COUNTER_LENGTH = 8

# What a finished abstract ends in: a sentence's end, a closing mark, or an address.
_FINISHED = re.compile(
    r"""[.!?…。!?)\]}"'”’»$*]$|(?:https?://|www\.|[\w-]\.[a-z]+/)\S+$|\w\.(?:com|io|org|ai|net)$"""
)
_ALWAYS_CREDITED = 8  # cards with credits, all of them, that make credits the rule

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # lone surrogates: from JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class _Credits:
    authors: int
    day: StatedDay
    comments: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broken:
    reason: str


_Block = str | _Credits | _Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    position: int
    title: str
    abstract: str
    credits: _Credits | None


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Read a dump.

    Args:
        data: the file's bytes, UTF-8 with or without a byte order mark, any line ends.
        source: the source's name.
        origin: the file's path, for the batch and for errors.
        modified: when the file was last changed, if that is known; helps to find the year.
        now: the present; the page's date is not after it.

    Returns:
        The papers in the page's order, positions counted from 1, and what could not be
        read: a card without abstract, credits that are none, a half-written last card.

    Raises:
        InputError: the bytes are no dump.
    """
    lines = decode(data, origin).split("\n")
    page, start = header(lines, origin)
    read = _cards(lines, start)
    cards = read.complete
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
        rejected=tuple(read.rejected),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def decode(data: bytes, origin: str | None) -> str:
    """The text of a page, its line ends plain; a last character that was cut is marked.

    Raises:
        InputError: the bytes are not UTF-8 text, or were garbled by a Windows program.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(
            "UTF-16 text; convert it with `iconv -f UTF-16 -t UTF-8`", file=origin, line=1
        )
    if (nul := data.find(0)) >= 0:
        raise InputError("binary data, not the text of a page", file=origin, line=_line(data, nul))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        start = bom + error.start
        if error.reason != "unexpected end of data":
            column = start - data.rfind(b"\n", 0, start)
            raise InputError(
                f"not UTF-8 at byte {column} of the line; if it was saved on Windows, "
                "convert it with `iconv -f WINDOWS-1252 -t UTF-8`",
                file=origin,
                line=_line(data, start),
            ) from error
        # The file was cut inside a character. The mark keeps its line from passing as whole.
        text = data[:start].decode("utf-8-sig")
        if not text.endswith((" ", "\n")):
            text += "\N{REPLACEMENT CHARACTER}"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (garbled := text.find("â€¢")) >= 0:
        raise InputError(
            "UTF-8 that was read as Windows-1252 and saved again (`â€¢` for `•`); "
            "take the dump anew",
            file=origin,
            line=text.count("\n", 0, garbled) + 1,
        )
    return text


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def header(lines: Sequence[str], origin: str | None) -> tuple[StatedDay, int]:
    """The page's day, and the index of the line after it.

    Raises:
        InputError: the lines do not begin like a page.
    """
    texts = ((index, text) for index, line in enumerate(lines) if (text := clean(line)))
    opening = list(islice(texts, _HEADER_LINES))
    if not opening:
        raise InputError("the file is empty", file=origin, line=1)
    keys = ["".join(text.split()).casefold() for _, text in opening]
    if _NAMES.isdisjoint(keys):
        index, text = opening[0]
        raise InputError(_no_dump(text), file=origin, line=index + 1)
    last = max(number for number, key in enumerate(keys) if key in _HEADER)
    if last + 1 == len(opening):
        raise InputError(
            "the file ends in the page's header, before its date", file=origin, line=len(lines)
        )
    index, text = opening[last + 1]
    match = _PAGE_DATE.fullmatch(text)
    day = stated_day(match) if match else None
    if day is None:
        raise InputError(
            f"the page's date, like `May 5`, must follow the header; here stands {excerpt(text)}",
            file=origin,
            line=index + 1,
        )
    return day, index + 1


def _no_dump(line: str) -> str:
    """Why a text that begins like this is no dump."""
    if line.startswith("<"):
        return "HTML or XML, not the text of a page; save the page as text"
    if line.startswith(("{", "[")):
        return "looks like JSON, not the text of a Daily Papers page"
    return (
        "no dump of a Daily Papers page: its header (`Daily Papers`, `byAK and the research "
        f"community`, then a date like `May 5`) is missing; the text begins {excerpt(line)}"
    )


class _Cards:
    """Puts the blocks of a page together: complete cards, and what is none."""

    def __init__(self) -> None:
        self.complete: list[_Card] = []
        self.rejected: list[Rejection] = []
        self._texts: list[tuple[int, str]] = []  # of the card at hand: title, abstract

    def add(self, line: int, block: _Block) -> None:
        """Take the next block, which begins at this line."""
        if isinstance(block, str):
            if len(self._texts) == 2:
                self._keep(None)
            self._texts.append((line, block))
        elif isinstance(block, _Broken):
            self._reject(block.reason, line)
        elif len(self._texts) == 2:
            self._keep(block)
        elif self._texts:
            self._reject("its abstract is missing before its authors", self._texts[0][0])
        else:
            self._reject("authors and a date, but no title before them", line)

    def end(self, *, cut: bool) -> None:
        """Settle the last card; `cut`: the file ends in the middle of a line, or may do so."""
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
            self._keep(None)

    def _keep(self, credited: _Credits | None) -> None:
        (_, title), (_, abstract) = self._texts
        self.complete.append(
            _Card(position=self._position(), title=title, abstract=abstract, credits=credited)
        )
        self._texts.clear()

    def _reject(self, problem: str, line: int) -> None:
        what = f"paper {excerpt(self._texts[0][1])}: " if self._texts else ""
        self.rejected.append(Rejection(reason=f"{what}{problem}", line=line + 1))
        self._texts.clear()

    def _position(self) -> int:
        return len(self.complete) + len(self.rejected) + 1


def _cards(lines: Sequence[str], start: int) -> _Cards:
    """The cards of a page whose body starts at this line."""
    cards = _Cards()
    previous: _Block | None = None
    for line, block in _blocks(lines, start):
        if block != previous:  # some dumps print every block twice
            cards.add(line, block)
        previous = block
    cards.end(cut=bool(lines[-1].strip()))
    return cards


def _blocks(lines: Sequence[str], start: int) -> Iterator[tuple[int, _Block]]:
    """The blocks of a page's body, each with the index of its first line."""
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
        while index < total and (more := clean(lines[index])) and not _AUTHORS.fullmatch(more):
            line = f"{line} {more}"
            index += 1
        yield first, line


def _credits(lines: Sequence[str], index: int) -> tuple[_Credits | _Broken, int]:
    """The credits that begin at this line, and the index of the line after them."""
    found: list[re.Match[str]] = []
    for pattern, wanted in (
        (_AUTHORS, "`• N authors`"),
        (_DOT, "`·`"),
        (_PAPER_DATE, "a date like `May 5` or `May 5, 2025`"),
    ):
        here = index
        while here < len(lines) and not lines[here].strip():
            here += 1
        if here == len(lines):
            return _Broken(reason=f"the file ends before {wanted}"), here
        line = clean(lines[here])
        match = pattern.fullmatch(line)
        if match is None:
            if here == index:  # of the same block: skip what is left of it
                while here < len(lines) and lines[here].strip():
                    here += 1
            return _Broken(reason=f"{wanted} expected, here stands {excerpt(line)}"), here
        found.append(match)
        index = here + 1
    authors, _, dated = found
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
    """The line without margins, control and hidden characters; any space is a plain one."""
    if line.isprintable():  # nearly all are
        return line.strip()
    return " ".join(without_invisible(_CONTROLS.sub(" ", line)).split())


def is_counter(line: str) -> bool:
    """Whether a clean line is a vote or star counter (`12`, `3.29k`, `-`), or a stray dot."""
    return len(line) <= _COUNTER_LENGTH and _COUNTER.fullmatch(line) is not None


def excerpt(text: str) -> str:
    """The text's beginning in quotation marks, for messages."""
    text = clean(text)
    return f"“{text}”" if len(text) <= 48 else f"“{text[:45].rstrip()}…”"
