"""Parses feeds of any kind: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, RDF, and JSON Feed.

feedparser reads XML, also malformed XML. It is not made for hostile input, so it runs in a child
process with limits (`sandbox`), on text that was decoded and checked before (`markup`). Its
result is converted to a JSON Feed, which `json_feed` turns into a batch.
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

# Malformed on purpose, so that feedparser imports both its strict and its tolerant parser.
_WARM_UP = (
    b"\n<rss version='2.0'><channel><item><pubDate>Mon, 11 May 2026 06:00:00 GMT</pubDate>"
    b"<title>&eacute;</title><author>a@b.c (A)</author><description>&lt;p>x</description></item>"
)


def parse(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """Parses a feed of any kind.

    Args:
        data: The document.
        source: The name of the source.
        origin: The address or file that it was read from; relative links are resolved against it.
        now: The current time. A date of the feed after it is ignored.

    Returns:
        The papers in the order of the feed, with positions from 1, and a rejection for each
        other entry. `announced` is the day of the feed's own date, in UTC.

    Raises:
        InputError: It is not a feed, or it is not safe to read.
    """
    text = markup.decode(data, origin=origin)
    if text.lstrip()[:1] in ("{", "["):
        return json_feed.parse(data, source=source, origin=origin, now=now)
    safe = markup.safe_xml(text, origin=origin)
    request = f"{origin}\n{safe}".encode("utf-8", "replace")
    document = json.loads(run_in_sandbox(as_json_feed, request, origin=origin))
    if not document["version"] and not document["items"]:
        raise InputError(_not_a_feed(safe), file=origin)
    return json_feed.batch(
        document, source=source, origin=origin, now=now, fingerprint=json_feed.fingerprint(data)
    )


def as_json_feed(data: bytes) -> bytes:
    """Converts an XML feed to a JSON Feed. Runs in the child process.

    Args:
        data: A line with the address of the feed, then the feed, in UTF-8. Empty: parse a
            built-in feed, so that everything needed is imported.

    Returns:
        A JSON Feed with the extensions of `json_feed`. Its `version` is empty if feedparser did
        not recognise the format.
    """
    import feedparser

    origin, _, body = (data or _WARM_UP).partition(b"\n")
    headers = {"content-type": "application/xml; charset=utf-8"}
    if origin.startswith((b"http://", b"https://")):
        headers["content-location"] = origin.decode()
    # HTML is not sanitised here, because `json_feed` converts it to plain text.
    # A stream and not bytes, which feedparser would first take for a file name.
    result = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    document = {
        "version": result.get("version", ""),
        "items": [
            _item(entry, is_rss=result.get("version", "").startswith("rss"))
            for entry in result["entries"][: json_feed.MAX_ENTRIES + 1]
        ],
        "_digest": {"updated": _timestamp(result["feed"], "updated", "published")},
    }
    return json.dumps(document).encode()


def _item(entry: Any, *, is_rss: bool) -> dict[str, Any]:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    people = entry.get("authors") or [{"name": entry.get("author", "")}]
    return {
        "id": entry.get("id", ""),
        "url": entry.get("link", ""),
        "title": entry.get("title", ""),
        "summary": entry.get("summary", ""),
        "content_html": max(contents, key=len, default=""),
        "date_published": _published(entry, is_rss=is_rss),
        "date_modified": _timestamp(entry, "updated"),
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


def _published(entry: Any, *, is_rss: bool) -> str:
    if published := _timestamp(entry, "published"):
        return published
    # RSS 1.0 has no date of its own. Feeds write `prism:publicationDate` or `dc:date`, and
    # feedparser calls the latter "updated".
    day = json_feed.day_of(dict.get(entry, "prism_publicationdate"))
    return day.isoformat() if day else _timestamp(entry, "updated") if is_rss else ""


def _rel(link: Any) -> str:
    if link.get("type") == "application/pdf" or link.get("title") == "pdf":
        return "pdf"
    return "abstract" if link.get("rel", "alternate") == "alternate" else ""


def _timestamp(entry: Any, *names: str) -> str:
    """Returns the first of these dates that feedparser could read, in ISO 8601; else ""."""
    for name in names:
        # Not entry.get(), which substitutes one kind of date for another.
        if parsed := dict.get(entry, f"{name}_parsed"):
            try:
                return datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
            except (ValueError, OverflowError):
                continue
    return ""


def _not_a_feed(text: str) -> str:
    start = text[:2000].lower()
    if "<opml" in start:
        return "a list of feeds (OPML), not a feed; use the addresses in it"
    if "<html" in start or "<!doctype html" in start or "<head" in start:
        return "an HTML page, not a feed; look for the address of the feed on it"
    return "neither RSS, Atom, RDF nor JSON Feed; check that the address is that of a feed"
