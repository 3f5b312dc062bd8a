"""Parses responses of arXiv's API (export.arxiv.org/api/query) into batches.

Source of the format: https://info.arxiv.org/help/api/user-manual.html. The API reports an error
as a feed with an entry titled "Error".
"""

from datetime import datetime
from xml.etree.ElementTree import Element

from msgspec import Struct

from digest.core.batch_limits import RejectionList, within_limits
from digest.core.identity.name_parsing import MAX_AUTHORS, author, find_arxiv_id, find_doi
from digest.core.models.batches import Batch
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.html_text import html_line, plain_paragraphs
from digest.errors import InputError
from digest.printable import printable_line
from digest.sources import markup
from digest.sources.feeds import arxiv, json_feed
from digest.sources.feeds.arxiv_venue import venue


class ApiPage(Struct, frozen=True, kw_only=True):
    """One page of the results of a query."""

    batch: Batch
    total: int  # number of results on all pages
    start: int  # index of the first paper of this page, from 0
    next_start: int | None  # index of the first paper of the next page; None: this is the last


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:  # noqa: ARG001 - the signature of all parsers
    """Parses a response and returns only its batch; see `parse_page`."""
    return parse_page(data, source=source, origin=origin).batch


def parse_page(data: bytes, *, source: str, origin: str) -> ApiPage:
    """Parses a response.

    Args:
        data: The document.
        source: The name of the source.
        origin: The address or file that it was read from.

    Returns:
        The page. Its papers have their own dates, in UTC; `notice` is set only for withdrawn
        papers. The batch has no day of announcement, because a query has none.

    Raises:
        InputError: It is not a response of the API, or the API reports an error.
    """
    root = markup.parse_xml(data, origin=origin)
    if arxiv.local(root) != "feed":
        raise InputError(f"not a response of arXiv's API: <{arxiv.local(root)}>", file=origin)
    entries = root.findall("{*}entry")
    _check_error(root, entries, origin)
    papers: list[Paper] = []
    rejected = RejectionList()
    for number, entry in enumerate(entries[: json_feed.MAX_ENTRIES], start=1):
        paper = _paper(entry, number)
        if isinstance(paper, Paper):
            papers.append(paper)
        else:
            rejected.add(f"entry {number}: {paper}")
    total, start = (_count(root, name) for name in ("totalResults", "startIndex"))
    end = start + len(entries)
    # A page without entries is the last one, whatever the total says: its end is its start, so the
    # next request would be the same.
    return ApiPage(
        batch=within_limits(
            Batch(
                source=source,
                origin=origin,
                papers=tuple(papers),
                rejected=rejected.shown(),
                fingerprint=json_feed.fingerprint(data),
            )
        ),
        total=total,
        start=start,
        next_start=end if entries and end < total else None,
    )


def _check_error(root: Element, entries: list[Element], origin: str) -> None:
    """Raises InputError if the response reports an error."""
    for element in (root, *entries[:1]):
        if arxiv.text_of(element, "title") == "Error":
            summaries = (arxiv.text_of(item, "summary") for item in (*entries[:1], root))
            reason = html_line(next(filter(None, summaries), ""), limit=300)
            raise InputError(f"arXiv answered: {reason or 'an error'}", file=origin)


def _paper(entry: Element, position: int) -> Paper | str:
    """Returns the paper of an entry, or the reason why it has none."""
    title = plain_paragraphs(arxiv.text_of(entry, "title"), limit=json_feed.MAX_TITLE)
    if not title:
        return "no title"
    address = arxiv.text_of(entry, "id")
    arxiv_id = find_arxiv_id(address)
    if arxiv_id is None:
        return f"no arXiv identifier ({printable_line(address, limit=100) or 'no id'})"
    number, version = arxiv_id
    primary = [item.get("term", "") for item in entry.findall("{*}primary_category")[:1]]
    summary = arxiv.text_of(entry, "summary")
    names = (
        author(arxiv.text_of(person, "name"))
        for person in entry.findall("{*}author")[: MAX_AUTHORS + 1]
    )
    return Paper(
        title=" ".join(title.split()),
        abstract=plain_paragraphs(summary, limit=json_feed.MAX_ABSTRACT),
        authors=tuple(filter(None, names)),
        identifiers=tuple(arxiv.identifiers(number, find_doi(arxiv.text_of(entry, "doi")))),
        categories=arxiv.categories(entry, *primary),
        links=arxiv.links(number, version=None),
        published=json_feed.day_of(arxiv.text_of(entry, "published")),
        updated=json_feed.day_of(arxiv.text_of(entry, "updated")),
        position=position,
        version=version,
        venue=venue(arxiv.text_of(entry, "journal_ref"), arxiv.text_of(entry, "comment")),
        notice=AnnouncementKind.WITHDRAWN
        if arxiv.is_withdrawn(summary, arxiv.text_of(entry, "comment"))
        else None,
    )


def _count(root: Element, name: str) -> int:
    text = arxiv.text_of(root, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
