"""Parses JSON Feed 1.x into batches; all other feeds are converted to this format first.

Source of the format: https://www.jsonfeed.org/version/1.1/. `feed.py` converts RSS, Atom and RDF
to it. Data for which JSON Feed has no key is in an extension object, as the format provides:
`_digest` of a feed has `updated`; that of an item has `updated`, `links` and `identifiers`.

HTML is converted to text; TeX is not changed (`digest.core.text.markup.tex` makes it readable later).
Texts and lists are cut as `digest.core.batch_limits` says.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any

from digest.core import batch_limits
from digest.core.batch_limits import RejectionList, has_controls, within_limits
from digest.core.identity.name_parsing import (
    MAX_AUTHORS,
    author,
    find_arxiv_id,
    find_doi,
    split_authors,
)
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.text.html_text import html_line, html_text, plain_paragraphs
from digest.errors import InputError
from digest.printable import printable_line
from digest.sources import markup
from digest.sources.json_values import TooManyValuesError, load_json
from digest.sources.records.texts.withdrawn_titles import withdrawn_title

MAX_ENTRIES = 5_000
# One more than a batch may have, so that `within_limits` can report what it cuts.
MAX_TITLE = batch_limits.MAX_TITLE + 1
MAX_ABSTRACT = batch_limits.MAX_ABSTRACT + 1
MAX_LINKS = batch_limits.MAX_LINKS + 1
MAX_CATEGORIES = batch_limits.MAX_CATEGORIES + 1
_MAX_GUID = 500

_Object = Mapping[str, Any]


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """Parses a JSON Feed.

    Args:
        data: The document.
        source: The name of the source.
        origin: The address or file that it was read from.
        now: The current time. A date of the feed after it is ignored.

    Returns:
        The papers in the order of the feed, and a rejection for each other item.

    Raises:
        InputError: The data is not a JSON Feed.
    """
    text = markup.decode(data, origin=origin)
    try:
        document = load_json(text)
    except TooManyValuesError as error:
        raise InputError(str(error), file=origin) from None
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=origin, line=error.lineno) from None
    except (RecursionError, ValueError):  # also a number with more digits than Python reads
        raise InputError(
            "not a feed: nested too deeply, or a number too long", file=origin
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise InputError('JSON, but not a JSON Feed: it has no list of "items"', file=origin)
    return batch(document, source=source, origin=origin, now=now, fingerprint=fingerprint(data))


def fingerprint(data: bytes) -> str:
    """Returns a hash of the data, by which a batch with the same content is recognised."""
    return blake2b(data, digest_size=16).hexdigest()


def batch(document: _Object, *, source: str, origin: str, now: datetime, fingerprint: str) -> Batch:
    """Makes a batch from a parsed JSON Feed.

    Args:
        document: The feed; it must have `items`.
        source: The name of the source.
        origin: The address or file that it was read from.
        now: The current time. A date of the feed after it is ignored.
        fingerprint: The hash of the original data.
    """
    items = document["items"]
    ids = Counter(_text(item.get("id")) for item in items if isinstance(item, dict))
    papers: list[Paper] = []
    rejected = RejectionList()
    for number, item in enumerate(items[:MAX_ENTRIES], start=1):
        if not isinstance(item, dict):
            rejected.add(f"entry {number}: not an object")
            continue
        guid = _text(item.get("id"))
        # An id that two entries share, or that is very long, does not identify an entry.
        stable = ids[guid] == 1 and 0 < len(guid) <= _MAX_GUID
        paper = _paper(item, number, guid=f"{source}:{guid}" if stable else None)
        if paper is None:
            where = markup.http_url(_text(item.get("url"))) or printable_line(guid, limit=100)
            rejected.add(f"entry {number}: no title ({where or 'no link'})")
            continue
        papers.append(paper)
        if any(map(has_controls, map(str.strip, _addresses(item)))):
            rejected.add(f"entry {number}: a link has control characters; it is dropped")
    announced = day_of(_object(document.get("_digest")).get("updated"))
    # Some time zones are ahead.
    if announced and announced > now.date() + timedelta(days=1):
        announced = None
    # Said last and beside the others, so that it is not among those that are only counted.
    too_many = f"{len(items):,} entries, of which the first {MAX_ENTRIES:,} are read"
    cut = (Rejection(reason=too_many),) if len(items) > MAX_ENTRIES else ()
    return within_limits(
        Batch(
            source=source,
            origin=origin,
            papers=tuple(papers),
            announced=announced,
            rejected=(*rejected.shown(), *cut),
            fingerprint=fingerprint,
        )
    )


def day_of(value: Any, zone: tzinfo = UTC) -> date | None:
    """Returns the day of an RFC 3339 or RFC 822 date in a time zone; None if it is no date."""
    text = _text(value).strip()[:100]
    # RFC 3339 (Atom, JSON Feed), then RFC 822 (RSS).
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            timestamp = read(text)
            aware = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
            return aware.astimezone(zone).date()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _paper(item: _Object, position: int, *, guid: str | None) -> Paper | None:
    """Returns the paper of an item; None if it has no title."""
    title, notice = withdrawn_title(html_line(_text(item.get("title")), limit=MAX_TITLE))
    if not title:
        return None
    extension = _object(item.get("_digest"))
    names = [_text(item.get("id")), *_strings(extension.get("identifiers"))]
    links = tuple(_links(item, extension))
    arxiv_id = arxiv_of((*names, *(link.url for link in links)))
    identifiers = tuple(_identifiers(names, links, arxiv_id, guid))
    published = day_of(item.get("date_published"))
    return Paper(
        title=title,
        abstract=_abstract(item),
        authors=_authors(item),
        identifiers=identifiers,
        categories=_unique(
            html_line(tag, limit=100) for tag in _strings(item.get("tags"))[:MAX_CATEGORIES]
        ),
        links=links,
        published=published,
        updated=day_of(item.get("date_modified")),
        position=position,
        version=arxiv_id[1] if arxiv_id else None,
        notice=notice,
    )


def _abstract(item: _Object) -> str:
    """Returns the summary, or the content if the summary is missing or cut."""
    texts = [
        html_text(_text(item.get(name)), limit=MAX_ABSTRACT) for name in ("summary", "content_html")
    ]
    texts.append(plain_paragraphs(_text(item.get("content_text")), limit=MAX_ABSTRACT))
    summary, *contents = texts
    cut = not summary or summary.endswith(("…", "...", "[…]", "[...]"))
    return next(filter(None, contents), summary) if cut else summary


def _authors(item: _Object) -> tuple[str, ...]:
    listed = item.get("authors")
    entries = listed if isinstance(listed, list) else [item.get("author")]
    texts = [
        html_line(name, limit=100_000)
        for entry in entries[: MAX_AUTHORS + 1]
        if (name := _text(_object(entry).get("name")))
    ]
    # A single element often contains all names.
    return split_authors(texts[0]) if len(texts) == 1 else _unique(map(author, texts))


def _links(item: _Object, extension: _Object) -> Iterator[PaperLink]:
    seen: set[tuple[str, str]] = set()
    more_links, attachments = extension.get("links"), item.get("attachments")
    candidates: list[tuple[str, Any]] = [("abstract", text) for text in _addresses(item)]
    candidates += [
        (_text(_object(link).get("rel")), _object(link).get("url"))
        for link in (more_links if isinstance(more_links, list) else ())
    ]
    candidates += [
        ("pdf", _object(attachment).get("url"))
        for attachment in (attachments if isinstance(attachments, list) else ())
        if _object(attachment).get("mime_type") == "application/pdf"
    ]
    # Many candidates may be invalid or equal, so more are read than kept.
    for rel, text in candidates[: 4 * MAX_LINKS]:
        url = markup.http_url(_text(text))
        if url is None or rel not in {"abstract", "pdf", "page"}:
            continue
        kind = "pdf" if _is_pdf(url) else rel
        if (kind, url) not in seen and len(seen) < MAX_LINKS:
            seen.add((kind, url))
            yield PaperLink(rel=kind, url=url)


def _addresses(item: _Object) -> tuple[str, str]:
    """Returns the two addresses of an item; "" for one that it does not have."""
    return _text(item.get("url")), _text(item.get("external_url"))


def _is_pdf(url: str) -> bool:
    path = url.partition("?")[0].partition("#")[0].lower()
    return path.endswith(".pdf") or "arxiv.org/pdf/" in path


def arxiv_of(texts: tuple[str, ...]) -> tuple[str, int | None] | None:
    """Returns the first arXiv identifier in these texts, and its version if one has it."""
    arxiv_ids = [arxiv_id for text in texts if (arxiv_id := find_arxiv_id(text))]
    if not arxiv_ids:
        return None
    first = arxiv_ids[0][0]
    versions = (version for number, version in arxiv_ids if number == first and version)
    return first, next(versions, None)


def _identifiers(
    names: list[str],
    links: tuple[PaperLink, ...],
    arxiv: tuple[str, int | None] | None,
    guid: str | None,
) -> Iterator[Identifier]:
    doi = next(filter(None, map(find_doi, (*names, *(link.url for link in links)))), None)
    if arxiv:
        yield Identifier(scheme="arxiv", value=arxiv[0])
    if doi:
        yield Identifier(scheme="doi", value=doi)
    # A guid means something only within its own feed, so it counts where nothing better is known.
    if guid and not arxiv and not doi:
        yield Identifier(scheme="guid", value=guid)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # JSON Feed 1.1 asks readers to accept a number as an id.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _object(value: Any) -> _Object:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))
