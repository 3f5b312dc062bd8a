"""Recorded answers of the real services, where they are at hand: read without an error, and rightly.

They are not part of the project: DIGEST_REAL_DATA, or ../shared/data beside a checkout.
"""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.core.enrichment.matching import choose
from digest.core.identity.identifiers import title_key
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.http.responses import FetchedResponse
from digest.sources.lookups.arxiv import ArxivLookup
from digest.sources.lookups.common import Connection
from digest.sources.lookups.crossref import CrossrefLookup
from digest.sources.lookups.openalex import OpenAlexLookup
from digest.sources.lookups.semanticscholar import SemanticScholarLookup

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "sources"
KINDS: dict[str, Any] = {
    "arxiv-api": ArxivLookup,
    "crossref": CrossrefLookup,
    "openalex": OpenAlexLookup,
    "semanticscholar": SemanticScholarLookup,
}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="no recorded answers: set DIGEST_REAL_DATA to their folder"
)


def recorded(folder: str) -> Iterator[tuple[str, str]]:
    """The address and the body of each recorded answer."""
    for file in sorted((DATA / folder).glob("*.json")):
        value = json.loads(file.read_text("utf-8"))
        if isinstance(value, dict) and isinstance(value.get("body"), str):
            yield value["url"], value["body"]


class Recorded:
    """A client that gives one recorded body."""

    def __init__(self, body: str) -> None:
        self.body = body

    def get(self, url: str, **_: Any) -> FetchedResponse:
        return FetchedResponse(url=url, body=self.body.encode())


def read(kind: Any, body: str, title: str = "any") -> tuple[Paper, ...]:
    client = Recorded(body)
    link = Connection(client=lambda: client, base="https://service.example", interval=0.0)
    papers: tuple[Paper, ...] = kind(connection=link).search([title], seconds=1.0).papers
    return papers


@pytest.mark.parametrize("folder", KINDS)
def test_every_recorded_answer_is_read_or_refused_with_a_reason(folder: str) -> None:
    answers, papers = 0, 0
    for _, body in recorded(folder):
        answers += 1
        try:
            found = read(KINDS[folder], body)
        except InputError:
            continue
        papers += len(found)
        assert all(paper.title and paper.identifiers and paper.links for paper in found)
    assert answers > 5
    assert papers > 5


def title_searches() -> Iterator[tuple[str, tuple[Paper, ...]]]:
    """The title that was asked for in each recorded search, and the records of the answer."""
    for folder, name in (
        ("openalex", "filter"),
        ("semanticscholar", "query"),
        ("crossref", "query.title"),
    ):
        for url, body in recorded(folder):
            parts = urlsplit(url)
            query = parse_qs(parts.query).get(name, [""])[0]
            is_title = {
                "openalex": query.startswith("title.search:"),
                "semanticscholar": parts.path.endswith("/match"),
                "crossref": True,
            }[folder]
            if query and is_title:
                title = query.removeprefix("title.search:")
                yield title, read(KINDS[folder], body, title)


def test_of_recorded_searches_the_paper_that_was_asked_for_is_taken_and_no_near_miss() -> None:
    taken = refused = 0
    for title, records in title_searches():
        for record in records:
            seen = record.published or date(2026, 1, 1)
            chosen = choose(Paper(title=title), [record], seen=seen).paper
            is_right = title_key(title) == title_key(record.title) and record.published is not None
            assert (chosen is record) == is_right, (title, record)
            taken += is_right
            refused += not is_right
    assert taken > 5
    assert refused > 2
