"""Writes Atom (RFC 4287) and JSON Feed 1.1, and answers conditional requests (RFC 9110, 13)."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree as ET

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from digest.version import __version__
from digest.web.security.headers import data_headers, public_headers

_ATOM = "http://www.w3.org/2005/Atom"
FEED_FILES = {"atom.xml": "application/atom+xml", "feed.json": "application/feed+json"}
"""By the name of the file: its media type."""


class FeedEntry(Struct, frozen=True, kw_only=True):
    """One day in a feed."""

    key: str  # never changes
    url: str
    title: str
    at: datetime
    html: str


class Feed(Struct, frozen=True, kw_only=True):
    """A feed, the newest entry first."""

    key: str  # never changes
    url: str  # of the folder of its files
    home: str  # of the page that shows the same
    title: str
    author: str
    updated: datetime
    entries: Sequence[FeedEntry]


async def feed_response(
    request: Request,
    *,
    file: str,
    language: str,
    state: Sequence[tuple[object, datetime]],
    made: Callable[[], Awaitable[Feed]],
    public: bool,
) -> Response:
    """Returns a feed, or that it has not changed.

    Args:
        request: the request, whose validators are compared.
        file: one of FEED_FILES.
        language: of the titles and dates in it.
        state: what each entry is and when it was made, newest first; nothing else changes the feed.
        made: makes the feed; only called if it has changed.
        public: the feed is for everybody.
    """
    parts = [
        __version__,
        language,
        request.url.path,
        *(f"{key} {at.isoformat()}" for key, at in state),
    ]
    etag = f'"{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:32]}"'
    modified = max((at for _, at in state), default=None)
    headers = {
        **data_headers(),
        "Cache-Control": "private, no-cache",
        "ETag": etag,
        "Vary": "Accept-Language",
    }
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    if public:
        headers = public_headers(headers)
    if _is_known(request, etag, modified):
        return Response(status_code=304, headers=headers)
    feed = await made()
    text = _atom(feed) if file == "atom.xml" else _json(feed)
    return Response(text, media_type=FEED_FILES[file], headers=headers)


def _is_known(request: Request, etag: str, modified: datetime | None) -> bool:
    """Whether the client has this version; a date counts only without an entity tag."""
    if (given := request.headers.get("if-none-match")) is not None:
        tags = {part.strip().removeprefix("W/") for part in given.split(",")}
        return etag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        known = parsedate_to_datetime(since)
    except ValueError:
        return False
    # A date without a zone is UTC in HTTP.
    return modified.replace(microsecond=0) <= (known if known.tzinfo else known.replace(tzinfo=UTC))


def _atom(feed: Feed) -> bytes:
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed")
    _add(root, "id", feed.key)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.updated.isoformat())
    _add(_add(root, "author"), "name", feed.author)
    _add(root, "link", rel="self", href=f"{feed.url}/atom.xml", type="application/atom+xml")
    _add(root, "link", rel="alternate", href=feed.home, type="text/html")
    for entry in feed.entries:
        item = _add(root, "entry")
        _add(item, "id", entry.key)
        _add(item, "title", entry.title)
        _add(item, "updated", entry.at.isoformat())
        _add(item, "published", entry.at.isoformat())
        _add(item, "link", rel="alternate", href=entry.url, type="text/html")
        _add(item, "content", entry.html, type="html")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    child.text = text or None
    return child


def _json(feed: Feed) -> str:
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": f"{feed.url}/feed.json",
        "authors": [{"name": feed.author}],
        "items": [
            {
                "id": entry.key,
                "url": entry.url,
                "title": entry.title,
                "content_html": entry.html,
                "date_published": entry.at.isoformat(),
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1)
