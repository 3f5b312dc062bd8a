"""Parses Daily Papers pages that were saved as Markdown.

    page    = preamble card+
    card    = heading (counter | facts | links | blurb | other)*
    heading = "#".. "[" title "](" URL ")"        may run over three lines
    facts   = "N authors" | "Published on Mon D, YYYY" | "Upvote N" | "N upvotes"
    links   = "[GitHub ..](URL)" | "[Project page](URL)"
    blurb   = a paragraph of at least six words and 40 characters without_links of links

The URL identifies the paper: `huggingface.co/papers/ID`, also without a host, or
`arxiv.org/abs/ID`. A page often contains a card twice: cards with the same address are one
paper, and their data is merged. A counter without a label (`-`, `12`, `3.29k`) may count votes
or stars, so it is ignored; in a labelled count, `k` means thousands. The day comes from
`/papers/date/YYYY-MM-DD` in the preamble, else from the line `Mon D` there, if there is exactly
one.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import blake2b
from urllib.parse import unquote, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from digest.core.batch_limits import MAX_ABSTRACT, MAX_PAPERS, RejectionList
from digest.core.identity.name_parsing import find_arxiv_id
from digest.core.models.batches import Batch
from digest.core.models.papers import Paper, PaperLink
from digest.core.text.html_text import unescaped
from digest.errors import InputError
from digest.sources.daily_papers.api_json import MAX_COUNT, identifier_of, links_of
from digest.sources.daily_papers.dates import DATE, page_date, stated_day
from digest.sources.daily_papers.page_text import page_lines
from digest.sources.daily_papers.text_dump import (
    MARKDOWN_HEADING,
    clean,
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
# Bounded, so that many brackets without an end take no quadratic time.
_IMAGE = re.compile(r"!\[[^\]\[]{0,1000}\]\([^()\s]{0,2000}\)")
_LINK = re.compile(r"\[(?P<label>[^\]\[]{0,1000})\]\((?P<url>[^()\s]{0,2000})\)")
_AUTHORS = re.compile(r"\b(\d{1,6})\s+authors?\b", re.IGNORECASE)
_PUBLISHED = re.compile(rf"\bpublished (?:on )?{DATE}", re.IGNORECASE)
_COUNT = r"\d{1,9}(?:\.\d{1,9})?k?"
_VOTES = re.compile(
    rf"\bupvotes?:?\s+(?P<after>{_COUNT})\b|\b(?P<before>{_COUNT})\s+(?:up)?votes?\b",
    re.IGNORECASE,
)
_RELS = (("github", "code"), ("project page", "project"))  # label of a link, kind of link
_BULLET = re.compile(r"^\s*[-*+•]\s+")
_BLURB_WORDS = 6
_BLURB_LENGTH = 40


class _Heading(Struct, frozen=True, kw_only=True):
    line: int  # counted from 0
    title: str
    url: str
    body: Sequence[str]


def parse(
    data: bytes, *, source: str, origin: str, modified: datetime | None, now: datetime
) -> Batch:
    """Parses a page that was saved as Markdown.

    Args:
        data: The content of the file, UTF-8.
        source: The name of the source.
        origin: The path of the file, for the batch and for error messages.
        modified: The modification time of the file, to infer the year; None if it is unknown.
        now: The current time. The date of the page is not after it.

    Returns:
        The papers in the order of the page, and a rejection for each heading without a paper.

    Raises:
        InputError: No heading links to a paper.
    """
    lines = page_lines(data, origin)
    first = next((index for index, line in enumerate(lines) if MARKDOWN_HEADING.match(line)), None)
    if first is None:
        raise InputError("no heading like `### [Title](address)`", file=origin)
    papers: dict[str, Paper] = {}
    rejected = RejectionList()
    for heading in _headings(lines, first):
        # One paper more than allowed, so that the limit is reported.
        if len(papers) > MAX_PAPERS:
            break
        try:
            # Rejected headings count, so that the positions are those on the page.
            paper = _paper(heading, position=len(papers) + len(rejected) + 1)
            name = paper.identifiers[0].value
            papers[name] = _merged(papers[name], paper) if name in papers else paper
        except ValueError as error:
            rejected.add(str(error), line=heading.line + 1)
    if not papers:
        first_rejection = rejected.shown()[0]
        raise InputError(first_rejection.reason, file=origin, line=first_rejection.line)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers.values()),
        announced=_day(lines[:first], modified=modified, now=now),
        rejected=rejected.shown(),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def _headings(lines: Sequence[str], start: int) -> Iterator[_Heading]:
    """Yields the headings that are links, each with the lines up to the next heading."""
    index = start
    while index < len(lines):
        line = index
        heading, index = _heading_text(lines, line)
        body = index
        while index < len(lines) and not _ANY_HEADING.match(lines[index]):
            index += 1
        if MARKDOWN_HEADING.match(lines[line]):
            match = _CARD.fullmatch(heading)
            title, url = (match["title"], match["url"]) if match else (heading, "")
            yield _Heading(line=line, title=title, url=url, body=lines[body:index])


def _heading_text(lines: Sequence[str], index: int) -> tuple[str, int]:
    """Returns the heading that begins at this line, on one line, and the index after it."""
    heading = ""
    for end in range(index, min(index + _HEADING_LINES, len(lines))):
        line = clean(lines[end])
        if not line or (end > index and _ANY_HEADING.match(lines[end])):
            break
        heading = f"{heading} {line}".strip()
        if _CARD.fullmatch(heading):
            return heading, end + 1
    return clean(lines[index]), index + 1


def _paper(heading: _Heading, *, position: int) -> Paper:
    title = " ".join(_plain(heading.title).split())
    if not heading.url:
        raise ValueError(f"heading {excerpt(title)}: no title and address")
    paper_id = _paper_id(heading.url)
    if paper_id is None or not title:
        raise ValueError(f"heading {excerpt(title)}: its address does not lead to a paper")
    paper = Paper(
        title=title,
        identifiers=(identifier_of(paper_id),),
        links=links_of(paper_id),
        position=position,
    )
    blurbs = ""
    for paragraph in _paragraphs(heading.body):
        paper, blurb = _with_paragraph(paper, paragraph)
        # The rest would be cut anyway.
        if len(blurbs) <= MAX_ABSTRACT:
            blurbs += blurb + " "
    # One character more than allowed, so that `within_limits` reports the cut.
    return replace(paper, abstract=" ".join(blurbs.split())[: MAX_ABSTRACT + 1])


def _paper_id(url: str) -> str | None:
    """Returns the id of the paper that an address leads to; None if it leads to no paper."""
    try:
        parts = urlsplit(urljoin("https://huggingface.co/papers", url))
    except ValueError:
        return None
    if parts.hostname in _HOSTS and (match := _PAPER_PATH.fullmatch(unquote(parts.path))):
        return match["id"]
    is_arxiv = parts.hostname is not None and parts.hostname.endswith("arxiv.org")
    arxiv_id = find_arxiv_id(url) if is_arxiv else None
    return arxiv_id[0] if arxiv_id else None


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Yields the paragraphs; a list item is one of its own, and counters are left out."""
    run: list[str] = []
    for line in (*map(clean, lines), ""):
        item = _BULLET.sub("", line)
        if run and (not line or item != line or is_counter(line)):
            yield " ".join(run)
            run = []
        if item and not is_counter(line):
            run.append(item)


def _with_paragraph(paper: Paper, paragraph: str) -> tuple[Paper, str]:
    """Returns the paper with the data of this paragraph added, and the text if it is a blurb."""
    text = _IMAGE.sub("", paragraph)
    links = [*paper.links]
    # The first link of a kind belongs to the card; later ones may come from its text.
    for label, url in _LINK.findall(text):
        rel = next((rel for name, rel in _RELS if name in label.casefold()), None)
        if rel and (address := http_url(url)) and all(link.rel != rel for link in links):
            links.append(PaperLink(rel=rel, url=address))
    without_links = _LINK.sub("", text)
    with_labels = _LINK.sub(r"\g<label>", text)
    if len(links) > len(paper.links):
        paper = replace(paper, links=tuple(links))
    # Only a blurb is this long; lines with authors, dates and votes are shorter.
    if len(without_links) >= _BLURB_LENGTH and len(without_links.split()) >= _BLURB_WORDS:
        return paper, _plain(with_labels)
    authors, votes = _AUTHORS.search(with_labels), _VOTES.search(with_labels)
    if not (authors or votes or _PUBLISHED.search(with_labels)):
        return paper, ""
    facts = replace(
        paper,
        author_count=int(authors[1]) if authors else paper.author_count,
        votes=_number(votes["after"] or votes["before"]) if votes else paper.votes,
        published=_published(with_labels) or paper.published,
    )
    return facts, ""


def _published(text: str) -> date | None:
    match = _PUBLISHED.search(text)
    stated = stated_day(match) if match else None
    return stated.explicit if stated else None


def _number(text: str) -> int | None:
    """Returns the number that `12`, `3.29k` or `3K` stands for; None if no paper has so many."""
    thousands = text[-1] in "kK"
    number = round(float(text.rstrip("kK")) * (1000 if thousands else 1))
    return number if number <= MAX_COUNT else None


def _merged(first: Paper, second: Paper) -> Paper:
    """Returns one paper for two cards with the same address."""
    # Two titles with one address are two papers, one of which has a wrong address.
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
    """Returns the day of the page, if the lines before the first card name exactly one."""
    days = {day for line in preamble for day in _DAY_PATH.findall(line)}
    if len(days) == 1:
        try:
            return date.fromisoformat(days.pop())
        except ValueError:
            return None
    matches = [match for line in preamble if (match := _DATE_LINE.fullmatch(clean(line)))]
    stated = stated_day(matches[0]) if len(matches) == 1 else None
    return page_date(stated, explicit=(), modified=modified, now=now) if stated else None


def _plain(text: str) -> str:
    """Decodes Markdown escapes and HTML entities, and removes emphasis around the whole text."""
    text = unescaped(_ESCAPED.sub(r"\1", text)).strip()
    for mark in ("**", "__", "*", "_"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            return text[len(mark) : -len(mark)].strip()
    return text
