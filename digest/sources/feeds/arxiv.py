"""arXiv's listings of the day (rss.arxiv.org, RSS and Atom), bytes to Batch.

Source of the format: https://info.arxiv.org/help/rss.html. What the listing calls new or
cross is relative to its query: a paper that is new in cs.CL is a cross-list in cs.AI.
`resolve` finds what a paper is over all the queries of the day.

Titles and abstracts are arXiv's own plain text with TeX, kept as it is. A listing has no
date of the paper itself, only the day of the announcement, so that `published` stays empty.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from digest.core.identity.name_parsing import find_arxiv_id, find_doi, split_authors
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.text.html_text import plain_paragraphs
from digest.errors import InputError
from digest.sources import markup
from digest.sources.feeds import json_feed

EASTERN = ZoneInfo("America/New_York")  # arXiv's days begin and end there
MAX_LISTED = 2_000  # arXiv lists no more

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
# The strongest meaning first. A withdrawal is the same in every query.
_STRENGTH = (
    AnnouncementKind.WITHDRAWN,
    AnnouncementKind.NEW,
    AnnouncementKind.LISTED,
    AnnouncementKind.REVISED,
    None,
)
_HEAD = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:)?\s*")
_WITHDRAWN = re.compile(
    r"\s*(?:this|the) (?:paper|article|submission|manuscript|work|preprint)(?:\s*\([^)]{0,60}\))?"
    r"\s+(?:has been|is|was|have been) (?:now )?withdrawn\b|\s*withdrawn\b",
    re.IGNORECASE | re.DOTALL,
)


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:  # noqa: ARG001 - the signature of all parsers
    """Read a listing.

    Args:
        data: the document.
        source: the source's name.
        origin: the address or file that it was read from.
        now: not needed: a listing is dated.

    Returns:
        The papers in the listing's order with `notice` as its query sees them; none on the
        days without an announcement. `announced` is the day in arXiv's zone, US Eastern.
        A listing that was cut says so in `rejected`.

    Raises:
        InputError: it is no listing of arXiv's, or not safe to read.
    """
    root = markup.tree(data, origin=origin)
    channel = root.find("{*}channel")
    head = root if channel is None else channel
    if local(root) not in ("rss", "feed", "RDF"):
        raise InputError(f"no listing of arXiv's: <{local(root)}>, not RSS or Atom", file=origin)
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    entries = [element for element in root.iter() if local(element) in ("item", "entry")]
    for number, entry in enumerate(entries[: json_feed.MAX_ENTRIES], start=1):
        paper = _paper(entry, number)
        if isinstance(paper, Paper):
            papers.append(paper)
        else:
            rejected.append(Rejection(reason=f"entry {number}: {paper}"))
    if len(entries) >= MAX_LISTED:
        rejected.append(
            Rejection(
                reason=f"the listing is cut at {MAX_LISTED:,} entries; add narrower categories"
            )
        )
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers),
        announced=_announced(head),
        rejected=tuple(rejected),
        fingerprint=json_feed.fingerprint(data),
    )


def resolve(listings: Mapping[str, Batch], *, include: Collection[str]) -> tuple[Paper, ...]:
    """The papers of a day's listings, each once, with its meaning over all of them.

    - A paper has the strongest of its meanings: new, then cross, then replaced.
    - A cross-list in its first version, whose primary category is none of the queries, is
      new today if its identifier is as recent as those of the listings' new papers: not
      below the lowest tenth of them (below are papers that moderation held back for long).

    Args:
        listings: for each query (`cs.AI`, `cs`, or `cs.AI+cs.CL`) its listing of the day.
        include: which papers are wanted: `new`, `cross`, `replace`. Replaced
            cross-lists and withdrawals count as `replace`.

    Returns:
        The papers in the order of the listings, positions counted anew from 1.
    """
    strongest: dict[str, Paper] = {}
    for paper in (paper for listing in listings.values() for paper in listing.papers):
        key = _number(paper)
        known = strongest.get(key)
        if known is None or _STRENGTH.index(paper.notice) < _STRENGTH.index(known.notice):
            strongest[key] = paper
    queried = {part for query in listings for part in query.split("+")}
    recent = _recent(strongest.values())
    resolved = (_resolved(paper, queried, recent) for paper in strongest.values())
    wanted = [paper for paper in resolved if paper.notice and _WANTED_AS[paper.notice] in include]
    return tuple(replace(paper, position=place) for place, paper in enumerate(wanted, start=1))


def _recent(papers: Iterable[Paper]) -> str | None:
    """The identifier from which on papers are as recent as today's new ones."""
    new = sorted(_number(paper) for paper in papers if paper.notice is AnnouncementKind.NEW)
    return new[len(new) // 10] if new else None


def _resolved(paper: Paper, queried: AbstractSet[str], recent: str | None) -> Paper:
    primary = paper.categories[0] if paper.categories else ""
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
    """The arXiv identifier: YYMM.NNNNN, so that later papers sort higher."""
    return next(item.value for item in paper.identifiers if item.scheme == "arxiv")


def _paper(entry: Element, position: int) -> Paper | str:
    """The paper of an entry, or why there is none."""
    title = plain_paragraphs(text_of(entry, "title"), limit=json_feed.MAX_TITLE)
    if not title:
        return "no title"
    guid = text_of(entry, "guid") or text_of(entry, "id")
    address = next(iter(addresses(entry)), "")
    named = find_arxiv_id(guid) or find_arxiv_id(address)
    if named is None:
        return f"no arXiv identifier ({guid[:100] or 'no id'})"
    summary = text_of(entry, "description") or text_of(entry, "summary")
    head = _HEAD.match(summary)
    abstract = summary[head.end() :] if head else summary
    announced_as = text_of(entry, "announce_type") or (head["type"] if head else "")
    registered = find_doi(text_of(entry, "DOI") or text_of(entry, "doi"))
    return Paper(
        title=" ".join(title.split()),
        abstract=plain_paragraphs(abstract, limit=json_feed.MAX_ABSTRACT),
        authors=split_authors(", ".join(texts_of(entry, "creator"))),
        identifiers=tuple(identifiers(named[0], registered)),
        categories=categories(entry),
        links=links(named[0], version=None),
        position=position,
        version=named[1] or _version_in(summary),
        notice=AnnouncementKind.WITHDRAWN
        if is_withdrawn(abstract)
        else _NOTICES.get(announced_as.strip().lower()),
    )


def _version_in(summary: str) -> int | None:
    named = find_arxiv_id(summary[:40])
    return named[1] if named else None


def _announced(head: Element) -> date | None:
    dates = (text_of(head, name) for name in ("pubDate", "lastBuildDate", "updated", "date"))
    return next(filter(None, (json_feed.day_of(text, EASTERN) for text in dates)), None)


# --- What arXiv's other answers share ------------------------------------------------------


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text_of(element: Element, name: str) -> str:
    """The text of the first child of this name, in any namespace; "" if there is none."""
    return next(iter(texts_of(element, name)), "")


def texts_of(element: Element, name: str) -> list[str]:
    """The texts of all children of this name, in any namespace."""
    return ["".join(child.itertext()).strip() for child in element.findall(f"{{*}}{name}")]


def addresses(entry: Element) -> Iterator[str]:
    """Where the entry's links lead, in Atom and in RSS."""
    for link in entry.findall("{*}link"):
        yield (link.get("href") or link.text or "").strip()


def categories(entry: Element, *first: str) -> tuple[str, ...]:
    """The entry's categories, each once, with these first."""
    terms = [
        category.get("term") or (category.text or "").strip()
        for category in entry.findall("{*}category")
    ]
    return tuple(dict.fromkeys(filter(None, (*first, *terms))))[: json_feed.MAX_CATEGORIES]


def identifiers(number: str, registered: str | None) -> Iterator[Identifier]:
    """The paper's names in the registries; arXiv's own DOI says nothing more."""
    yield Identifier(scheme="arxiv", value=number)
    if registered and not registered.startswith("10.48550/arxiv."):
        yield Identifier(scheme="doi", value=registered)


def links(number: str, *, version: int | None) -> tuple[PaperLink, ...]:
    """The paper's pages at arXiv; without version they show the latest."""
    name = f"{number}v{version}" if version else number
    return (
        PaperLink(rel="abstract", url=f"https://arxiv.org/abs/{name}"),
        PaperLink(rel="pdf", url=f"https://arxiv.org/pdf/{name}"),
    )


def is_withdrawn(*texts: str) -> bool:
    """Whether an abstract or a comment begins by saying that the paper is withdrawn."""
    return any(_WITHDRAWN.match(text) for text in texts)
