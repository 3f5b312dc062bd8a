"""Any feed, bytes to Batch: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, RDF, and JSON Feed.

feedparser reads what is XML, or was meant to be. It is written for good will, so that it
runs in a child process (`confine`), on text that was decoded and looked through before
(`markup`). Its result is brought into the shape of a JSON Feed, and read from there.
"""

import io
import json
from calendar import timegm
from datetime import UTC, datetime
from typing import Any

from digest.core.models.batches import Batch
from digest.errors import InputError
from digest.sources import markup
from digest.sources.feeds import json_feed
from digest.sources.feeds.sandbox import run_in_sandbox

# Broken, so that the strict parser and then the forgiving one are imported.
_REHEARSAL = (
    b"\n<rss version='2.0'><channel><item><pubDate>Mon, 11 May 2026 06:00:00 GMT</pubDate>"
    b"<title>&eacute;</title><author>a@b.c (A)</author><description>&lt;p>x</description></item>"
)


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """Read a feed of any kind.

    Args:
        data: the document.
        source: the source's name.
        origin: the address or file that it was read from; relative links start there.
        now: the present; a feed is not dated after it.

    Returns:
        The papers in the feed's order, positions counted from 1, and the entries that are
        none. `announced` is the day, in UTC, that the feed gives itself.

    Raises:
        InputError: it is no feed, or one that is not safe to read.
    """
    text = markup.decode(data, origin=origin)
    if text.lstrip()[:1] in ("{", "["):
        return json_feed.parse(data, source=source, origin=origin, now=now)
    safe = markup.xml_text(text, origin=origin)
    sent = f"{origin}\n{safe}".encode("utf-8", "replace")
    document = json.loads(run_in_sandbox(as_json_feed, sent, origin=origin))
    if not document["version"] and not document["items"]:
        raise InputError(_no_feed(safe), file=origin)
    return json_feed.batch(
        document, source=source, origin=origin, now=now, fingerprint=json_feed.fingerprint(data)
    )


def as_json_feed(data: bytes) -> bytes:
    """An XML feed as a JSON Feed; runs in the child process.

    Args:
        data: a line with the feed's address, then the feed; UTF-8. Nothing: a rehearsal.

    Returns:
        A JSON Feed with the extensions of `json_feed`; `version` is empty where feedparser
        does not know the format.
    """
    import feedparser

    origin, _, body = (data or _REHEARSAL).partition(b"\n")
    headers = {"content-type": "application/xml; charset=utf-8"}
    if origin.startswith((b"http://", b"https://")):
        headers["content-location"] = origin.decode()
    # Not as bytes: feedparser tries to open a file by that name first.
    result = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    document = {
        "version": result.get("version", ""),
        "items": [_item(entry) for entry in result["entries"][: json_feed.MAX_ENTRIES + 1]],
        "_digest": {"updated": _moment(result["feed"], "updated", "published")},
    }
    return json.dumps(document).encode()


def _item(entry: Any) -> dict[str, Any]:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    people = entry.get("authors") or [{"name": entry.get("author", "")}]
    return {
        "id": entry.get("id", ""),
        "url": entry.get("link", ""),
        "title": entry.get("title", ""),
        "summary": entry.get("summary", ""),
        "content_html": max(contents, key=len, default=""),
        "date_published": _moment(entry, "published"),
        "date_modified": _moment(entry, "updated"),
        "authors": [{"name": person.get("name", "")} for person in people],
        "tags": [tag.get("term") for tag in entry.get("tags", ())],
        "_digest": {
            "links": [
                {"rel": _rel(link), "url": link.get("href", "")} for link in entry.get("links", ())
            ],
            "identifiers": [
                entry[name]
                for name in ("dc_identifier", "prism_doi", "arxiv_doi")
                if isinstance(entry.get(name), str)
            ],
        },
    }


def _rel(link: Any) -> str:
    if link.get("type") == "application/pdf" or link.get("title") == "pdf":
        return "pdf"
    return "abstract" if link.get("rel", "alternate") == "alternate" else ""


def _moment(of: Any, *names: str) -> str:
    """The first of these dates that feedparser could read."""
    for name in names:
        # Not `get`: feedparser gives one date for another.
        if found := dict.get(of, f"{name}_parsed"):
            try:
                return datetime.fromtimestamp(timegm(found), UTC).isoformat()
            except (ValueError, OverflowError):
                continue
    return ""


def _no_feed(text: str) -> str:
    start = text[:2000].lower()
    if "<opml" in start:
        return "a list of feeds (OPML), not a feed; take the addresses in it"
    if "<html" in start or "<!doctype html" in start or "<head" in start:
        return "an HTML page, not a feed; look for the feed's own address on it"
    return "neither RSS, Atom, RDF nor JSON Feed; look whether the address is that of a feed"
