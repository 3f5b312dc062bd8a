"""Parses arXiv's daily listings (rss.arxiv.org, RSS and Atom) into batches.

Source of the format: https://info.arxiv.org/help/rss.html. Whether a listing calls a paper new
or cross-listed depends on its query: a paper that is new in cs.CL is a cross-list in cs.AI.
`resolve` decides what a paper is over all listings of the day.

Titles and abstracts are arXiv's plain text with TeX and are not changed. A listing has only the
day of the announcement and no date of the papers, so `published` stays empty.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from digest.core.batch_limits import RejectionList, within_limits
from digest.core.identity.name_parsing import find_arxiv_id, find_doi, split_authors
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.text.html_text import plain_paragraphs
from digest.errors import InputError
from digest.printable import printable_line
from digest.sources import markup
from digest.sources.feeds import json_feed

EASTERN = ZoneInfo("America/New_York")  # the time zone of arXiv's announcements
MAX_LISTED = 2_000  # arXiv cuts a listing here

_NOTICES = {
    "new": AnnouncementKind.NEW,
    "cross": AnnouncementKind.LISTED,
    "replace": AnnouncementKind.REVISED,
    "replace-cross": AnnouncementKind.REVISED,
}
_WANTED_AS = {
    AnnouncementKind.NEW: "new",
    AnnouncementKind.LISTED: "cross",
    AnnouncementKind.REVISED: "replace",
    AnnouncementKind.WITHDRAWN: "replace",
}
# The strongest kind first. A withdrawal is the same in every query.
_STRENGTH = (
    AnnouncementKind.WITHDRAWN,
    AnnouncementKind.NEW,
    AnnouncementKind.LISTED,
    AnnouncementKind.REVISED,
    None,
)
# The beginning of a summary, such as `arXiv:2605.01234v1 Announce Type: new`.
_HEAD = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:)?\s*")
_WITHDRAWN = re.compile(
    r"\s*(?:this|the) (?:paper|article|submission|manuscript|work|preprint)(?:\s*\([^)]{0,60}\))?"
    r"\s+(?:has been|is|was|have been) (?:now )?withdrawn\b|\s*withdrawn\b",
    re.IGNORECASE | re.DOTALL,
)


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:  # noqa: ARG001 - the signature of all parsers
    """Parses a listing.

    Args:
        data: The document.
        source: The name of the source.
        origin: The address or file that it was read from.
        now: Not used, because a listing has a date.

    Returns:
        The papers in the order of the listing, with `notice` as seen by its query. On days
        without an announcement there are none. `announced` is the day in arXiv's time zone,
        US Eastern. If arXiv cut the listing, `rejected` says so.

    Raises:
        InputError: It is not an arXiv listing, or it is not safe to read.
    """
    root = markup.parse_xml(data, origin=origin)
    channel = root.find("{*}channel")
    head = root if channel is None else channel
    if local(root) not in ("rss", "feed", "RDF"):
        raise InputError(f"not an arXiv listing: <{local(root)}>, not RSS or Atom", file=origin)
    papers: list[Paper] = []
    rejected = RejectionList()
    entries = [element for element in root.iter() if local(element) in ("item", "entry")]
    for number, entry in enumerate(entries[: json_feed.MAX_ENTRIES], start=1):
        paper = _paper(entry, number)
        if isinstance(paper, Paper):
            papers.append(paper)
        else:
            rejected.add(f"entry {number}: {paper}")
    too_long = f"the listing is cut at {MAX_LISTED:,} entries; add narrower categories"
    cut = (Rejection(reason=too_long),) if len(entries) >= MAX_LISTED else ()
    return within_limits(
        Batch(
            source=source,
            origin=origin,
            papers=tuple(papers),
            announced=_announced(head),
            rejected=(*rejected.shown(), *cut),
            fingerprint=json_feed.fingerprint(data),
        )
    )


def resolve(listings: Mapping[str, Batch], *, include: Collection[str]) -> tuple[Paper, ...]:
    """Merges the listings of a day, so that each paper occurs once.

    - A paper gets the strongest of its kinds: new, then cross-listed, then replaced.
    - A cross-list in its first version, whose primary category is not queried, counts as new
      if its identifier is as recent as those of the new papers: not below the lowest tenth of
      them. (Below it are papers that arXiv's moderation delayed for a long time.)

    Args:
        listings: For each query (`cs.AI`, `cs`, or `cs.AI+cs.CL`) its listing of the day.
        include: The wanted kinds of papers: `new`, `cross`, `replace`. Replaced cross-lists and
            withdrawals count as `replace`.

    Returns:
        The papers in the order of the listings, with new positions from 1.
    """
    strongest: dict[str, Paper] = {}
    for paper in (paper for listing in listings.values() for paper in listing.papers):
        key = _number(paper)
        other = strongest.get(key)
        if other is None or _STRENGTH.index(paper.notice) < _STRENGTH.index(other.notice):
            strongest[key] = paper
    queried = {part for query in listings for part in query.split("+")}
    recent = _recent_identifier(strongest.values())
    resolved = (_resolved(paper, queried, recent) for paper in strongest.values())
    wanted = [paper for paper in resolved if paper.notice and _WANTED_AS[paper.notice] in include]
    return tuple(replace(paper, position=place) for place, paper in enumerate(wanted, start=1))


def _recent_identifier(papers: Iterable[Paper]) -> str | None:
    """Returns the identifier from which on papers count as recent; None without new papers."""
    new = sorted(_number(paper) for paper in papers if paper.notice is AnnouncementKind.NEW)
    return new[len(new) // 10] if new else None


def _resolved(paper: Paper, queried: AbstractSet[str], recent: str | None) -> Paper:
    primary = paper.categories[0] if paper.categories else ""
    # A query may also name a whole archive, such as cs.
    if (
        paper.notice is AnnouncementKind.LISTED
        and paper.version in (1, None)
        and primary
        and queried.isdisjoint((primary, primary.partition(".")[0]))
        and recent is not None
        and _number(paper) >= recent
    ):
        return replace(paper, notice=AnnouncementKind.NEW)
    return paper


def _number(paper: Paper) -> str:
    """Returns the arXiv identifier: YYMM.NNNNN, so that later papers sort higher."""
    return next(item.value for item in paper.identifiers if item.scheme == "arxiv")


def _paper(entry: Element, position: int) -> Paper | str:
    """Returns the paper of an entry, or the reason why it has none."""
    title = plain_paragraphs(text_of(entry, "title"), limit=json_feed.MAX_TITLE)
    if not title:
        return "no title"
    guid = text_of(entry, "guid") or text_of(entry, "id")
    address = next(iter(addresses(entry)), "")
    arxiv_id = find_arxiv_id(guid) or find_arxiv_id(address)
    if arxiv_id is None:
        return f"no arXiv identifier ({printable_line(guid, limit=100) or 'no id'})"
    summary = text_of(entry, "description") or text_of(entry, "summary")
    head = _HEAD.match(summary)
    abstract = summary[head.end() :] if head else summary
    announced_as = text_of(entry, "announce_type") or (head["type"] if head else "")
    doi = find_doi(text_of(entry, "DOI") or text_of(entry, "doi"))
    return Paper(
        title=" ".join(title.split()),
        abstract=plain_paragraphs(abstract, limit=json_feed.MAX_ABSTRACT),
        authors=split_authors(", ".join(texts_of(entry, "creator"))),
        identifiers=tuple(identifiers(arxiv_id[0], doi)),
        categories=categories(entry),
        links=links(arxiv_id[0], version=None),
        position=position,
        version=arxiv_id[1] or _version_in(summary),
        notice=AnnouncementKind.WITHDRAWN
        if is_withdrawn(abstract)
        else _NOTICES.get(announced_as.strip().lower()),
    )


def _version_in(summary: str) -> int | None:
    # Only the beginning, `arXiv:IDvN`: the abstract may name other papers.
    arxiv_id = find_arxiv_id(summary[:40])
    return arxiv_id[1] if arxiv_id else None


def _announced(head: Element) -> date | None:
    dates = (text_of(head, name) for name in ("pubDate", "lastBuildDate", "updated", "date"))
    return next(filter(None, (json_feed.day_of(text, EASTERN) for text in dates)), None)


# --- Shared with the parser of arXiv's API (arxiv_api.py) ------------------------------------


def local(element: Element) -> str:
    """Returns the name of the element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text_of(element: Element, name: str) -> str:
    """Returns the text of the first child with this name in any namespace; "" if none."""
    return next(iter(texts_of(element, name)), "")


def texts_of(element: Element, name: str) -> list[str]:
    """Returns the texts of all children with this name, in any namespace."""
    return ["".join(child.itertext()).strip() for child in element.findall(f"{{*}}{name}")]


def addresses(entry: Element) -> Iterator[str]:
    """Yields the addresses of an entry's links, in Atom and in RSS."""
    for link in entry.findall("{*}link"):
        yield (link.get("href") or link.text or "").strip()


def categories(entry: Element, *first: str) -> tuple[str, ...]:
    """Returns the categories of an entry, each once, with the given ones first."""
    terms = [
        category.get("term") or (category.text or "").strip()
        for category in entry.findall("{*}category")
    ]
    return tuple(dict.fromkeys(filter(None, (*first, *terms))))[: json_feed.MAX_CATEGORIES]


def identifiers(number: str, doi: str | None) -> Iterator[Identifier]:
    """Yields the identifiers of a paper.

    A DOI that arXiv itself registered is left out, because it only repeats the arXiv number.

    Args:
        number: The arXiv number, without version.
        doi: The DOI in its normal form; None if there is none.
    """
    yield Identifier(scheme="arxiv", value=number)
    if doi and not doi.startswith("10.48550/arxiv."):
        yield Identifier(scheme="doi", value=doi)


def links(number: str, *, version: int | None) -> tuple[PaperLink, ...]:
    """Returns the links to a paper on arXiv.

    Args:
        number: The arXiv number, without version.
        version: The version to link to; None for the latest one.
    """
    name = f"{number}v{version}" if version else number
    return (
        PaperLink(rel="abstract", url=f"https://arxiv.org/abs/{name}"),
        PaperLink(rel="pdf", url=f"https://arxiv.org/pdf/{name}"),
    )


def is_withdrawn(*texts: str) -> bool:
    """Returns whether one of the texts begins by saying that the paper is withdrawn."""
    return any(_WITHDRAWN.match(text) for text in texts)
