"""Recorded days of Daily Papers, served over HTTP as they were at a moment.

The days are no part of the project: their folder is `DIGEST_REAL_DATA`, or else `../shared/data`
beside the checkout. Tests that need them are marked `needs_days`, and skipped without them.
"""

import ast
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data"))
DAYS, REFETCHED = DATA / "hf_daily", DATA / "hf_daily_refetched"
OPENS = time(6)  # of the recorded lists: when they are there, if nothing else is known

needs_days = pytest.mark.skipif(
    not (DAYS.is_dir() and REFETCHED.is_dir()),
    reason=f"no real days in {DATA}; name their folder in DIGEST_REAL_DATA",
)


@dataclass
class Site:
    """Daily Papers at a moment: the latest version of each day's list up to then."""

    versions: dict[date, list[tuple[datetime, bytes]]]
    outages: tuple[tuple[datetime, datetime], ...] = ()  # from a moment until before another
    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def comes_at(self, moment: datetime) -> None:
        """That day's list is there from this moment on."""
        ((_, body),) = self.versions[moment.date()]
        self.versions[moment.date()] = [(moment, body)]

    def answer(self, day: date, etag: str | None) -> tuple[int, bytes, str]:
        """The code, the body and the mark (ETag) to give for a day's list."""
        if any(since <= self.now < until for since, until in self.outages):
            return 503, b"down for a while", ""
        body = b"[]"
        for since, version in self.versions.get(day, []):
            body = version if since <= self.now else body
        mark = f'"{sha256(body).hexdigest()}"'
        return (304, b"", mark) if etag == mark else (200, body, mark)


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The site's address, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            day = parse_qs(urlsplit(self.path).query)["date"][0]
            etag = self.headers.get("If-None-Match")
            code, body, mark = site.answer(date.fromisoformat(day), etag)
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if mark:
                self.send_header("ETag", mark)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def recorded(first: date, last: date) -> dict[date, list[tuple[datetime, bytes]]]:
    """Each day's list: as it was fetched while it filled, or whole from six in the morning on."""
    versions: dict[date, list[tuple[datetime, bytes]]] = {}
    day = first
    while day <= last:
        while_filling = sorted((REFETCHED / str(day)).glob("*.json"), key=lambda path: path.name)
        whole = DAYS / f"{day}.json"
        if while_filling:
            versions[day] = [(fetched_at(path), path.read_bytes()) for path in while_filling]
        elif whole.exists():
            versions[day] = [(datetime.combine(day, OPENS, UTC), whole.read_bytes())]
        day += timedelta(days=1)
    return versions


def fetched_at(path: Path) -> datetime:
    """When it was fetched, by its name."""
    return datetime.strptime(path.name.split("_")[1], "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)


def ids(site: Site) -> set[str]:
    """All that the site showed until now, by the papers' own ids."""
    found: set[str] = set()
    for since, body in (version for versions in site.versions.values() for version in versions):
        answer = json.loads(body)
        items = answer["data"] if isinstance(answer, dict) else answer
        if since <= site.now and isinstance(items, list):  # one is a bare number
            read = (ast.literal_eval(item) if isinstance(item, str) else item for item in items)
            found |= {item["paper"]["id"] for item in read}
    return found
