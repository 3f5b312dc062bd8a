"""Real feeds of every kind, many of them malformed, and real responses of arXiv."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from support.builders import NOW
from support.speed.feeds import parsed_in_this_process
from support.speed.long_tests import LONG

from digest.core.models.batches import Batch
from digest.core.models.papers import AnnouncementKind
from digest.errors import InputError
from digest.sources.feeds import arxiv, arxiv_api, feed

ROOT = Path(__file__).resolve().parents[3]
FEEDS = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "feeds"

pytestmark = pytest.mark.skipif(
    not FEEDS.is_dir(), reason=f"no real feeds in {FEEDS}; name their parent in DIGEST_REAL_DATA"
)


def read(path: Path, parse: Callable[..., Batch] = feed.parse) -> Batch:
    return parse(path.read_bytes(), source="s", origin=path.name, now=NOW)


def outcome(path: Path) -> Batch | InputError:
    try:
        return read(path)
    except InputError as error:
        return error


def test_every_real_feed_is_read_or_refused_with_a_reason() -> None:
    paths = sorted((FEEDS / "general").iterdir(), key=lambda path: -path.stat().st_size)
    # In a child that can open neither file nor socket, with little memory, for 10 s at most: the
    # largest ones, which come closest to the limits, and some of the others.
    count = len(paths) if LONG else 15
    apart = {*paths[:count], *paths[count::10]}
    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(apart, pool.map(outcome, apart), strict=True))
    with parsed_in_this_process():
        outcomes |= {path: outcome(path) for path in paths if path not in apart}
    batches = [found for found in outcomes.values() if isinstance(found, Batch)]
    refused = [found for found in outcomes.values() if isinstance(found, InputError)]
    print(
        f"{len(batches)} read ({sum(not batch.papers for batch in batches)} without papers), "
        f"{sum(len(batch.papers) for batch in batches)} papers, "
        f"{Counter(error.reason for error in refused)}"
    )
    assert all(
        error.reason.startswith(("an HTML page", "a list of feeds", "neither")) for error in refused
    )
    assert len(batches) >= 130
    assert sum(len(batch.papers) for batch in batches) > 1_000
    papers = [paper for batch in batches for paper in batch.papers]
    assert all(
        link.url.lower().startswith(("http://", "https://")) for p in papers for link in p.links
    )
    assert not any("<script" in (p.title + p.abstract).lower() for p in papers)


def test_the_listing_distinguishes_new_from_cross() -> None:
    batch = read(FEEDS / "arxiv_atom_2025-08-20.xml", arxiv.parse)
    assert (batch.announced, batch.rejected) == (date(2025, 8, 20), ())
    assert Counter(paper.notice for paper in batch.papers) == {
        AnnouncementKind.NEW: 2,
        AnnouncementKind.LISTED: 5,
    }
    assert {paper.version for paper in batch.papers} == {1}
    assert batch.papers[0].categories == ("cs.CL", "cs.AI")
    assert all(len(paper.links) == 2 and paper.authors for paper in batch.papers)
    assert not any("Announce Type" in paper.abstract for paper in batch.papers)
    assert [p.notice for p in arxiv.resolve({"cs.AI": batch}, include=["new"])] == [
        AnnouncementKind.NEW
    ] * 2


def test_the_api_response_is_read_completely() -> None:
    data = (FEEDS / "arxiv_api_response.xml").read_bytes()
    page = arxiv_api.parse_page(data, source="s", origin="x")
    (found,) = page.batch.papers
    assert (page.total, page.start, page.next_start) == (1, 0, None)
    assert [(item.scheme, item.value) for item in found.identifiers] == [
        ("arxiv", "1601.00001"),
        ("doi", "10.1063/1.4944470"),
    ]
    assert found.categories == ("cond-mat.mes-hall",)
    assert (found.published, found.version) == (date(2015, 12, 26), 1)
    assert len(found.authors) == 2
    assert "\n" not in found.title + found.abstract
