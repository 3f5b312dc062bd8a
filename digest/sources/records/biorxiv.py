"""Parses records of bioRxiv's and medRxiv's API (https://api.biorxiv.org/).

`date` is the day on which this version was posted. The DOI of a preprint since December 2019
contains the day of the first version; older ones are numbers.
"""

import re
from datetime import date
from typing import Any

from digest.core.batch_limits import MAX_TITLE
from digest.core.identity.name_parsing import split_authors
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.text.paper_ids import doi
from digest.sources.markup import http_url
from digest.sources.records.connections import connections, institution_ids
from digest.sources.records.texts.highwire_text import highwire_text
from digest.sources.records.texts.withdrawn_titles import withdrawn_title

# 10.1101/2025.10.16.682893: posted first on 16 October 2025.
_FIRST_DAY = re.compile(r"10\.\d+/(?P<year>20\d\d)\.(?P<month>[01]\d)\.(?P<day>[0-3]\d)\.\d+")
_SITES = {"biorxiv": "https://www.biorxiv.org", "medrxiv": "https://www.medrxiv.org"}
# Where the version is not known: a first version is posted within days after its DOI was made.
_FIRST_POSTING_DAYS = 10
_NONE = ("", "na", "none")
# Of a title: "... a new Bacillus sp.", "... of Quercus L.". Other titles need no full stop.
_ENDS_WITH_ABBREVIATION = re.compile(r"(?:\b(?:[^\W\d_]|spp?|subsp|var|al|etc)|\.)\.\Z").search


def paper(record: dict[str, Any], *, server: str) -> Paper:
    """Returns the paper of a record.

    A preprint that is published has the DOI of the article beside its own.

    Args:
        record: an item of `collection`.
        server: "biorxiv" or "medrxiv"; the record itself may name the other one.

    Raises:
        ValueError: It has no title or no DOI; the text says which.
    """
    shown, kind = withdrawn_title(highwire_text(_text(record, "title"), limit=MAX_TITLE))
    if not _ENDS_WITH_ABBREVIATION(shown):
        shown = shown.removesuffix(".")
    name = doi(_text(record, "doi"))
    if not shown:
        raise ValueError("a record has no title")
    if name is None:
        raise ValueError(f"{shown[:80]!r} has no DOI")
    posted = _day(_text(record, "date"))
    version = _number(record.get("version"))
    article = doi(_text(record, "published")) if not _is_none(record.get("published")) else None
    if _text(record, "type").casefold() == "withdrawn":
        kind = AnnouncementKind.WITHDRAWN
    first = first_day(name)
    if kind is None and _is_revision(version, first, posted):
        kind = AnnouncementKind.REVISED
    own = _text(record, "server").casefold()
    site = _SITES[own if own in _SITES else server]
    page = f"{site}/content/{name}" + (f"v{version}" if version else "")
    links = [_link("abstract", page), _link("pdf", f"{page}.full.pdf" if version else "")]
    links += [_link("page", f"https://doi.org/{article}" if article else "")]
    names = [name, article] if article and article != name else [name]
    return Paper(
        title=shown,
        abstract=highwire_text(_text(record, "abstract")),
        # "Last, F.; Last, F.": without a semicolon, a single name would be read as two.
        authors=split_authors(f"{_text(record, 'authors')};"),
        identifiers=tuple(Identifier(scheme="doi", value=value) for value in names),
        categories=(_text(record, "category").casefold(),) if _text(record, "category") else (),
        links=tuple(link for link in links if link is not None),
        published=first or (posted if version in (None, 1) else None),
        updated=posted,
        version=version,
        connections=connections(
            institutions=institution_ids(record.get("author_corresponding_institution"))
        ),
        notice=kind,
    )


def first_day(name: str) -> date | None:
    """Returns the day of the first version, if the DOI contains it."""
    found = _FIRST_DAY.match(name)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _is_revision(version: int | None, first: date | None, posted: date | None) -> bool:
    if version is not None:
        return version > 1
    if first is None or posted is None:
        return False
    return (posted - first).days > _FIRST_POSTING_DAYS


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _is_none(value: Any) -> bool:
    return not isinstance(value, str) or value.strip().casefold() in _NONE


def _number(value: Any) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _link(rel: str, address: str) -> PaperLink | None:
    url = http_url(address) if address else None
    return PaperLink(rel=rel, url=url) if url else None
