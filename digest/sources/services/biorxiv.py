"""The `biorxiv` and `medrxiv` sources: the details API, by days and categories.

`/details/SERVER/FROM/TO/CURSOR` lists the versions that were posted in some days. A page has 100 rows,
and sometimes 30: the next one begins after as many rows as were given
(https://api.biorxiv.org/).
"""

import re
from datetime import date
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.records import biorxiv
from digest.sources.services.json_answers import json_object
from digest.sources.services.paged import Page

BASE = "https://api.biorxiv.org"
_PATH = re.compile(r"/details/[a-z]+/[0-9-]+/[0-9-]+/(?P<cursor>[0-9]+)")


class BiorxivService(Struct, frozen=True, kw_only=True):
    """The details of preprints."""

    server: str  # "biorxiv" or "medrxiv"
    categories: tuple[str, ...] = ()  # empty: all
    interval: float = 1.0
    key: tuple[str, str] | None = None
    accept: str = "application/json"

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first page for each category."""
        start = f"/details/{self.server}/{since}/{today}/0"
        if not self.categories:
            return (start,)
        return tuple(
            f"{start}?category={quote(name.replace(' ', '_'))}" for name in self.categories
        )

    def parse(self, path: str, body: bytes) -> Page:
        """Parses a page.

        Raises:
            InputError: it is not an answer of this API.
        """
        answer = json_object(body)
        message = _message(answer)
        rows = answer.get("collection")
        if not isinstance(rows, list):
            # "no posts found": also the answer of a server that does not know the days yet.
            if str(message.get("status", "")).casefold().startswith("no posts"):
                return Page(papers=(), total=0)
            raise InputError("the answer has no collection", file=path)
        papers: list[Paper] = []
        rejected: list[Rejection] = []
        for row in rows:
            try:
                papers.append(biorxiv.paper(_object(row), server=self.server))
            except ValueError as error:
                rejected.append(Rejection(reason=str(error)))
        total = _count(message.get("total"))
        found = _PATH.match(path)
        end = (int(found["cursor"]) if found else 0) + len(rows)
        has_more = bool(rows) and total is not None and end < total
        return Page(
            papers=tuple(papers),
            rejected=tuple(rejected),
            rows=len(rows),
            total=total,
            next_path=_moved(path, end) if has_more else None,
        )


def _moved(path: str, cursor: int) -> str:
    return re.sub(r"/[0-9]+(?=\?|\Z)", f"/{cursor}", path, count=1)


def _message(answer: dict[str, Any]) -> dict[str, Any]:
    messages = answer.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    return first if isinstance(first, dict) else {}


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("a row is no object")  # noqa: TRY004 - the row is data
    return row


def _count(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
