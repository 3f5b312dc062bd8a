"""JSON Feed 1.x, bytes to Batch; and the shape in which every other feed arrives.

Source of the format: https://www.jsonfeed.org/version/1.1/. `feed.py` brings RSS, Atom and
RDF into it, with what it has no names for in an extension object, as the format foresees:
a feed's `_digest` has `updated`; an item's has `updated`, `links` and `identifiers`.

A paper keeps its source's own words: HTML becomes text, and TeX stays as it is (see
`digest.core.tex` for how it is shown). Titles are cut at MAX_TITLE characters, abstracts at
MAX_ABSTRACT, authors at 5,000 names.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any

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
from digest.sources import markup

MAX_ENTRIES = 5_000
MAX_TITLE = 2_000
MAX_ABSTRACT = 50_000
MAX_LINKS = 20  # of one paper
MAX_CATEGORIES = 50
_MAX_VALUES = 1_000_000  # of a document; a value takes up to 150 bytes once it is read
_MAX_GUID = 500

_Object = Mapping[str, Any]


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """Read a JSON Feed.

    Args:
        data: the document.
        source: the source's name.
        origin: the address or file that it was read from.
        now: the present; a feed is not dated after it.

    Returns:
        The papers in the feed's order, and the items that are none.

    Raises:
        InputError: the bytes are no JSON Feed.
    """
    text = markup.decode(data, origin=origin)
    if sum(map(text.count, ",[{")) > _MAX_VALUES:
        raise InputError(f"more than {_MAX_VALUES:,} values; no feed has so many", file=origin)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=origin, line=error.lineno) from None
    except (RecursionError, ValueError):  # also a number of more digits than Python reads
        raise InputError(
            "not a feed: nested too deeply, or a number too long", file=origin
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise InputError('JSON, but no JSON Feed: it has no list of "items"', file=origin)
    return batch(document, source=source, origin=origin, now=now, fingerprint=fingerprint(data))


def fingerprint(data: bytes) -> str:
    """What a batch keeps of the bytes that it was read from."""
    return blake2b(data, digest_size=16).hexdigest()


def batch(document: _Object, *, source: str, origin: str, now: datetime, fingerprint: str) -> Batch:
    """The papers of a JSON Feed that was read; it needs to have `items`."""
    items = document["items"]
    ids = Counter(_text(item.get("id")) for item in items if isinstance(item, dict))
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    for number, item in enumerate(items[:MAX_ENTRIES], start=1):
        if not isinstance(item, dict):
            rejected.append(Rejection(reason=f"entry {number}: not an object"))
            continue
        guid = _text(item.get("id"))
        # An id that two entries share, or that is a whole text, names nothing.
        stable = ids[guid] == 1 and 0 < len(guid) <= _MAX_GUID
        paper = _paper(item, number, guid=f"{source}:{guid}" if stable else None)
        if paper is None:
            where = markup.http_url(_text(item.get("url"))) or guid[:100]
            rejected.append(Rejection(reason=f"entry {number}: no title ({where or 'no link'})"))
        else:
            papers.append(paper)
    if len(items) > MAX_ENTRIES:
        rejected.append(
            Rejection(reason=f"{len(items):,} entries, of which the first {MAX_ENTRIES:,} are read")
        )
    announced = day_of(_object(document.get("_digest")).get("updated"))
    if announced and announced > now.date() + timedelta(days=1):  # some zones are ahead
        announced = None
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers),
        announced=announced,
        rejected=tuple(rejected),
        fingerprint=fingerprint,
    )


def day_of(value: Any, zone: tzinfo = UTC) -> date | None:
    """The day in this zone of an RFC 3339 or RFC 822 date; None where there is none."""
    text = _text(value).strip()[:100]
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(zone).date()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _paper(item: _Object, position: int, *, guid: str | None) -> Paper | None:
    """The item as a paper; None if it has no title."""
    title = html_line(_text(item.get("title")), limit=MAX_TITLE)
    if not title:
        return None
    more = _object(item.get("_digest"))
    names = [_text(item.get("id")), *_strings(more.get("identifiers"))]
    links = tuple(_links(item, more))
    found = arxiv_of((*names, *(link.url for link in links)))
    identifiers = tuple(_identifiers(names, links, found, guid))
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
        version=found[1] if found else None,
    )


def _abstract(item: _Object) -> str:
    """The summary, or the content where that says more."""
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
        for entry in entries[:MAX_AUTHORS]
        if (name := _text(_object(entry).get("name")))
    ]
    # A single element often holds them all.
    return split_authors(texts[0]) if len(texts) == 1 else _unique(map(author, texts))


def _links(item: _Object, more: _Object) -> Iterator[PaperLink]:
    seen: set[tuple[str, str]] = set()
    given = more.get("links")
    wanted: list[tuple[str, Any]] = [("abstract", item.get("url"))]
    wanted += [("abstract", item.get("external_url"))]
    for link in given if isinstance(given, list) else ():
        wanted.append((_text(_object(link).get("rel")), _object(link).get("url")))
    attached = item.get("attachments")
    for attachment in attached if isinstance(attached, list) else ():
        if _object(attachment).get("mime_type") == "application/pdf":
            wanted.append(("pdf", _object(attachment).get("url")))
    for rel, text in wanted[: 4 * MAX_LINKS]:
        url = markup.http_url(_text(text))
        if url is None or rel not in {"abstract", "pdf", "page"}:
            continue
        kind = "pdf" if _is_pdf(url) else rel
        if (kind, url) not in seen and len(seen) < MAX_LINKS:
            seen.add((kind, url))
            yield PaperLink(rel=kind, url=url)


def _is_pdf(url: str) -> bool:
    path = url.partition("?")[0].partition("#")[0].lower()
    return path.endswith(".pdf") or "arxiv.org/pdf/" in path


def arxiv_of(texts: tuple[str, ...]) -> tuple[str, int | None] | None:
    """The first arXiv identifier in these texts, with a version if any of them has it."""
    found = [name for text in texts if (name := find_arxiv_id(text))]
    same = [version for value, version in found if value == found[0][0] and version]
    return (found[0][0], same[0] if same else None) if found else None


def _identifiers(
    names: list[str],
    links: tuple[PaperLink, ...],
    arxiv: tuple[str, int | None] | None,
    guid: str | None,
) -> Iterator[Identifier]:
    registered = next(filter(None, map(find_doi, (*names, *(link.url for link in links)))), None)
    if arxiv:
        yield Identifier(scheme="arxiv", value=arxiv[0])
    if registered:
        yield Identifier(scheme="doi", value=registered)
    if guid and not arxiv and not registered:
        yield Identifier(scheme="guid", value=guid)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _object(value: Any) -> _Object:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))
