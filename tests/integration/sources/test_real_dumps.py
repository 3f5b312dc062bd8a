"""The five real dumps with which this project began."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.identity.diff import diff
from digest.core.models.batches import Batch
from digest.core.models.matching import KnownPaper
from digest.core.models.papers import AnnouncementKind
from digest.sources.daily_papers.text_dump import parse

ROOT = Path(__file__).resolve().parents[3]
DUMPS = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data")) / "dumps"
NOW = datetime(2026, 6, 1, tzinfo=UTC)

real = pytest.mark.skipif(
    not DUMPS.is_dir(), reason=f"no real dumps in {DUMPS}; name their parent in DIGEST_REAL_DATA"
)
SAMPLES = ROOT / "digest" / "demo" / "samples"


def read(path: Path, *, cut: int | None = None, now: datetime = NOW) -> Batch:
    data = path.read_bytes()[:cut]
    return parse(data, source="dumps", origin=path.name, modified=None, now=now)


def remember(store: dict[str, KnownPaper], batch: Batch) -> int:
    """Compares the batch with the store, adds it, and returns the number of new papers."""
    found = diff(batch.papers, store, source=batch.source)
    for finding in found.findings:
        store[finding.title_key] = KnownPaper(
            paper_id=len(store), title_key=finding.title_key, sources=frozenset([batch.source])
        )
    return sum(finding.kind is AnnouncementKind.NEW for finding in found.findings)


@real
def test_every_paper_of_the_real_dumps_is_read_and_announced_once() -> None:
    batches = [read(path) for path in sorted(DUMPS.glob("*.txt"))]
    assert [len(batch.papers) for batch in batches] == [73, 86, 59, 47, 84]
    assert [batch.rejected for batch in batches] == [()] * 5
    store: dict[str, KnownPaper] = {}
    assert [remember(store, batch) for batch in batches] == [73, 80, 30, 37, 66]
    assert len(store) == 286
    assert {remember(store, batch) for batch in batches} == {0}


@real
@pytest.mark.parametrize("year", [1980, 2026, 2035])
@pytest.mark.parametrize(
    "now", [datetime(2026, 5, 5, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)]
)
def test_the_dates_of_a_real_dump_depend_on_neither_file_nor_clock(
    year: int, now: datetime
) -> None:
    (path,) = DUMPS.glob("003*.txt")
    modified = datetime(year, 3, 1, tzinfo=UTC)
    batch = parse(path.read_bytes(), source="dumps", origin="", modified=modified, now=now)
    assert batch.announced == date(2026, 5, 5)
    dated = [paper.published for paper in batch.papers if paper.published]
    assert len(dated) == sum(paper.author_count is not None for paper in batch.papers) == 47
    assert max(dated) == date(2026, 1, 22)
    assert [day.year for day in dated].count(2026) == 1
    assert (batch.papers[0].author_count, dated[0]) == (12, date(2023, 9, 16))
    assert sum(paper.comments or 0 for paper in batch.papers) > 0


@real
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.floats(0, 1, exclude_max=True))
def test_a_real_dump_cut_anywhere_keeps_what_was_complete(number: int, share: float) -> None:
    path = sorted(DUMPS.glob("*.txt"))[number]
    whole = read(path).papers
    cut = 300 + int(share * (path.stat().st_size - 300))  # after the header
    before = path.read_bytes()[:cut]
    batch = read(path, cut=cut)
    pairs = zip(batch.papers, whole, strict=False)
    assert all(paper.title == expected.title for paper, expected in pairs)
    found = [paper.abstract for paper in batch.papers]
    expected = [paper.abstract for paper in whole[: len(found)]]
    # A cut directly after a sentence of the last abstract looks like its end.
    assert found[:-1] == expected[:-1]
    assert not found or expected[-1].startswith(found[-1])
    following = [paper.title.encode() for paper in whole[1:]]
    complete = sum(b"\n\n" + title + b"\n" in before for title in following)
    assert len(found) >= complete


def test_the_samples_are_two_days_that_share_six_papers() -> None:
    first, second = (read(SAMPLES / f"2026-05-{day}.txt") for day in (11, 12))
    assert (first.announced, second.announced) == (date(2026, 5, 11), date(2026, 5, 12))
    assert (first.rejected, second.rejected) == ((), ())
    store: dict[str, KnownPaper] = {}
    assert remember(store, first) == 16
    assert remember(store, second) == 10
    assert all(
        90 <= len(paper.abstract.split()) <= 160 for paper in (*first.papers, *second.papers)
    )
