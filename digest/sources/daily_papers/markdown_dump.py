"""Daily Papers pages saved as Markdown: bytes to Batch.

    page    = preamble card+
    card    = heading (counter | facts | links | blurb | other)*
    heading = "#".. "[" title "](" URL ")"        may run over three lines
    facts   = "N authors" | "Published on Mon D, YYYY" | "Upvote N" | "N upvotes"
    links   = "[GitHub ..](URL)" | "[Project page](URL)"
    blurb   = a paragraph of at least six words and 40 characters outside of links

The URL says which paper it is: `huggingface.co/papers/ID`, also without a host, or
`arxiv.org/abs/ID`. A card is often printed twice: cards of one address are one paper, and
what one of them lacks the other gives. A counter of its own (`-`, `12`, `3.29k`) may count
votes or stars and is passed over; `k` is thousands where a label says what is counted.
The day is that of `/papers/date/YYYY-MM-DD` in the preamble, else its line `Mon D`, if there
is only one.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from urllib.parse import unquote, urljoin, urlsplit

from digest.core.identity.name_parsing import find_arxiv_id
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Paper, PaperLink
from digest.errors import InputError
from digest.sources.daily_papers.api_json import identifier_of, links_of
from digest.sources.daily_papers.dates import DATE, page_date, stated_day
from digest.sources.daily_papers.text_dump import (
    MARKDOWN_HEADING,
    clean,
    decode,
    excerpt,
    is_counter,
)
from digest.sources.markup import http_url

_HEADING_LINES = 3
_CARD = re.compile(r"#+\s+\[(?P<title>.+)\]\((?P<url>[^\s()<>]+)(?: +\"[^\"]*\")?\)\s*#*")
_ANY_HEADING = re.compile(r" {0,3}#{1,6}\s")

_HOSTS = frozenset(("huggingface.co", "www.huggingface.co", "hf.co"))
_PAPER_PATH = re.compile(r"/papers/(?P<id>[\w.-]*\d[\w.-]*)/?")
_DAY_PATH = re.compile(r"/papers/date/(\d{4}-\d{2}-\d{2})\b")
_DATE_LINE = re.compile(DATE)

_ESCAPED = re.compile(r"\\([][_*`#~<>|+.!-])")
_IMAGE = re.compile(r"!\[[^\]\[]{0,1000}\]\([^()\s]{0,2000}\)")
_LINK = re.compile(r"\[(?P<label>[^\]\[]{0,1000})\]\((?P<url>[^()\s]{0,2000})\)")
_AUTHORS = re.compile(r"\b(\d{1,6})\s+authors?\b", re.IGNORECASE)
_PUBLISHED = re.compile(rf"\bpublished (?:on )?{DATE}", re.IGNORECASE)
_VOTES = re.compile(
    r"\bupvotes?:?\s+(?P<after>\d+(?:\.\d+)?k?)\b|\b(?P<before>\d+(?:\.\d+)?k?)\s+(?:up)?votes?\b",
    re.IGNORECASE,
)
_RELS = (("github", "code"), ("project page", "project"))  # labels, and what they lead to
_BULLET = re.compile(r"^\s*[-*+•]\s+")
_BLURB_WORDS = 6
_BLURB_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    line: int  # counted from 0
    title: str
    url: str
    body: Sequence[str]


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Read a page saved as Markdown.

    Args:
        data: the file's bytes, UTF-8.
        source: the source's name.
        origin: the file's path, for the batch and for errors.
        modified: when the file was last changed, if that is known; helps to find the year.
        now: the present; the page's date is not after it.

    Returns:
        The papers in the page's order, and the headings that lead to no paper.

    Raises:
        InputError: there is no heading that leads to a paper.
    """
    lines = decode(data, origin).split("\n")
    first = next((index for index, line in enumerate(lines) if MARKDOWN_HEADING.match(line)), None)
    if first is None:
        raise InputError("no heading like `### [Title](address)`", file=origin)
    papers: dict[str, Paper] = {}
    rejected: list[Rejection] = []
    for heading in _headings(lines, first):
        try:
            paper = _paper(heading, position=len(papers) + len(rejected) + 1)
            name = paper.identifiers[0].value
            papers[name] = _joined(papers[name], paper) if name in papers else paper
        except ValueError as error:
            rejected.append(Rejection(reason=str(error), line=heading.line + 1))
    if not papers:
        raise InputError(rejected[0].reason, file=origin, line=rejected[0].line)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers.values()),
        announced=_day(lines[:first], modified=modified, now=now),
        rejected=tuple(rejected),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def _headings(lines: Sequence[str], start: int) -> Iterator[_Heading]:
    """The headings that are links, each with the lines up to the next heading."""
    index = start
    while index < len(lines):
        line = index
        written, index = _written(lines, line)
        body = index
        while index < len(lines) and not _ANY_HEADING.match(lines[index]):
            index += 1
        if MARKDOWN_HEADING.match(lines[line]):
            found = _CARD.fullmatch(written)
            title, url = (found["title"], found["url"]) if found else (written, "")
            yield _Heading(line=line, title=title, url=url, body=lines[body:index])


def _written(lines: Sequence[str], index: int) -> tuple[str, int]:
    """The heading that begins at this line, on one line, and the index after it."""
    written = ""
    for end in range(index, min(index + _HEADING_LINES, len(lines))):
        line = clean(lines[end])
        if not line or (end > index and _ANY_HEADING.match(lines[end])):
            break
        written = f"{written} {line}".strip()
        if _CARD.fullmatch(written):
            return written, end + 1
    return clean(lines[index]), index + 1


def _paper(heading: _Heading, *, position: int) -> Paper:
    title = " ".join(_plain(heading.title).split())
    if not heading.url:
        raise ValueError(f"heading {excerpt(title)}: no title and address")
    paper_id = _paper_id(heading.url)
    if paper_id is None or not title:
        raise ValueError(f"heading {excerpt(title)}: its address is of no paper")
    paper = Paper(
        title=title,
        identifiers=(identifier_of(paper_id),),
        links=links_of(paper_id),
        position=position,
    )
    for paragraph in _paragraphs(heading.body):
        paper = _with(paper, paragraph)
    return paper


def _paper_id(url: str) -> str | None:
    """The id of the paper that an address leads to."""
    try:
        parts = urlsplit(urljoin("https://huggingface.co/papers", url))
    except ValueError:
        return None
    if parts.hostname in _HOSTS and (found := _PAPER_PATH.fullmatch(unquote(parts.path))):
        return found["id"]
    known = find_arxiv_id(url) if parts.hostname and parts.hostname.endswith("arxiv.org") else None
    return known[0] if known else None


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Runs of lines between blank ones; list items and counters stand alone."""
    run: list[str] = []
    for line in (*map(clean, lines), ""):
        item = _BULLET.sub("", line)
        if run and (not line or item != line or is_counter(line)):
            yield " ".join(run)
            run = []
        if item and not is_counter(line):
            run.append(item)


def _with(paper: Paper, paragraph: str) -> Paper:
    """The paper with what this paragraph says of it."""
    text = _IMAGE.sub("", paragraph)
    links = [*paper.links]
    for label, url in _LINK.findall(text):
        rel = next((rel for name, rel in _RELS if name in label.casefold()), None)
        if rel and (address := http_url(url)) and all(link.rel != rel for link in links):
            links.append(PaperLink(rel=rel, url=address))
    outside = _LINK.sub("", text)
    said = _LINK.sub(r"\g<label>", text)
    paper = replace(paper, links=tuple(links))
    if len(outside) >= _BLURB_LENGTH and len(outside.split()) >= _BLURB_WORDS:
        return replace(paper, abstract=" ".join(f"{paper.abstract} {_plain(said)}".split()))
    authors, votes = _AUTHORS.search(said), _VOTES.search(said)
    return replace(
        paper,
        author_count=int(authors[1]) if authors else paper.author_count,
        votes=_number(votes["after"] or votes["before"]) if votes else paper.votes,
        published=_published(said) or paper.published,
    )


def _published(text: str) -> date | None:
    found = _PUBLISHED.search(text)
    stated = stated_day(found) if found else None
    return stated.explicit if stated else None


def _number(written: str) -> int:
    thousands = written[-1] in "kK"
    return round(float(written.rstrip("kK")) * (1000 if thousands else 1))


def _joined(first: Paper, second: Paper) -> Paper:
    """A card and its second print, as one paper."""
    if first.title.casefold() != second.title.casefold():
        raise ValueError(
            f"{excerpt(second.title)} has the address of another paper, {excerpt(first.title)}"
        )
    rels = {link.rel for link in first.links}
    return replace(
        first,
        abstract=first.abstract or second.abstract,
        author_count=second.author_count if first.author_count is None else first.author_count,
        votes=second.votes if first.votes is None else first.votes,
        published=first.published or second.published,
        links=(*first.links, *(link for link in second.links if link.rel not in rels)),
    )


def _day(preamble: Sequence[str], *, modified: datetime | None, now: datetime) -> date | None:
    """The page's day, if the lines before the first card name one and no other."""
    written = {day for line in preamble for day in _DAY_PATH.findall(line)}
    if len(written) == 1:
        try:
            return date.fromisoformat(written.pop())
        except ValueError:
            return None
    dated = [found for line in preamble if (found := _DATE_LINE.fullmatch(clean(line)))]
    stated = stated_day(dated[0]) if len(dated) == 1 else None
    return page_date(stated, explicit=(), modified=modified, now=now) if stated else None


def _plain(text: str) -> str:
    """Markdown's escapes and HTML's entities undone, emphasis of the whole dropped."""
    text = html.unescape(_ESCAPED.sub(r"\1", text)).strip()
    for mark in ("**", "__", "*", "_"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            return text[len(mark) : -len(mark)].strip()
    return text
