"""Replays real days, one by one, in three forms: every paper must be new exactly once.

The expected result comes from the ids of the papers, which a dump does not have. All days are read in
one form; combinations of forms share them, because a day costs the same in each.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.rendering import as_dump, without_tex
from support.speed.databases import new_sqlite_store

from digest.core.identity.identifiers import title_key
from digest.core.models.batches import Batch, BatchReport, Rejection, SourceRead, Verdict
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.pipeline.collect import collect
from digest.sources.daily_papers import api_json, text_dump
from digest.store.database.store import Store
from digest.store.papers import announcements

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DIGEST_REAL_DATA", ROOT.parent / "shared" / "data"))
DAYS = DATA / "hf_daily"
REFETCHED = DATA / "hf_daily_refetched"
NOW = datetime(2026, 6, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.skipif(
        not (DAYS.is_dir() and REFETCHED.is_dir()),
        reason=f"no real days in {DATA}; name their folder in DIGEST_REAL_DATA",
    ),
    pytest.mark.xdist_group("replay"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSource:
    """A source with fixed results."""

    name: str
    reads: Sequence[SourceRead]
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        assert cursor is None or now > datetime.fromisoformat(cursor["at"])
        for read in self.reads:
            yield replace(read, cursor={"at": now.isoformat()})


def shown(batch: Batch) -> FixedSource:
    return FixedSource(
        name=batch.source,
        reads=[SourceRead(origin=batch.origin, batch=batch, problem=None, cursor={})],
    )


@cache
def real_days() -> tuple[Batch, ...]:
    return tuple(
        api_json.parse(path.read_bytes(), source="hf", origin=path.name, now=NOW, announced=day)
        for path in sorted(DAYS.glob("*.json"))
        if (day := date.fromisoformat(path.stem))
    )


@cache
def days() -> tuple[Batch, ...]:
    """Returns the real days, with a formula added to every fifth title, as the site had them."""
    return tuple(
        replace(
            day,
            papers=tuple(
                paper
                if number % 5
                else replace(paper, title=rf"{paper.title} at 4$\times$ $S^{{2}}$")
                for number, paper in enumerate(day.papers)
            ),
        )
        for day in real_days()
    )


def paper_id(paper: Paper) -> str:
    (name,) = paper.identifiers
    return name.value


@cache
def ids_by_key() -> dict[str, str]:
    """Returns the id of the paper for each title key, also for changed titles."""
    ids: dict[str, str] = {}
    for day in days():
        for paper in day.papers:
            for title in (paper.title, without_tex(paper.title)):
                assert ids.setdefault(title_key(title), paper_id(paper)) == paper_id(paper)
    return ids


def dumped(batch: Batch, *, source: str = "hf") -> Batch:
    """Returns the day as parsed from a dump of it."""
    assert batch.announced is not None
    read = text_dump.parse(
        as_dump(batch.papers, batch.announced, mangled=True),
        source=source,
        origin=f"{batch.announced}.txt",
        modified=morning(batch.announced),
        now=morning(batch.announced),
    )
    assert (read.announced, read.rejected) == (batch.announced, ())
    assert len(read.papers) == len(batch.papers)
    assert not any(paper.identifiers for paper in read.papers)
    return read


def morning(day: date) -> datetime:
    return datetime.combine(day, time(6), UTC)


def day_of(batch: Batch) -> date:
    assert batch.announced is not None
    return batch.announced


def collected(store: Store, batches: Sequence[Batch], *, now: datetime) -> list[BatchReport]:
    """Collects the batches one after the other, a minute apart."""
    return [
        report
        for minute, batch in enumerate(batches)
        for report in collect(store, [shown(batch)], now=now + timedelta(minutes=minute))
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


def announced_ids(store: Store) -> Counter[str]:
    """Returns how often each paper was announced as new, by its real id."""
    with store.read() as tx:
        found = announcements.candidates(
            tx, after=0, upto=announcements.last_seq(tx), kinds=[AnnouncementKind.NEW]
        )
    return Counter(ids_by_key()[title_key(item.paper.title)] for item in found)


def part(number: int, *, of: int) -> tuple[Batch, ...]:
    """Returns a part of the days: some weeks without a gap, all days in all parts."""
    size = -(-len(days()) // of)
    return days()[number * size : (number + 1) * size]


def assert_each_new_once(
    store: Store, reports: Sequence[BatchReport], collected: Sequence[Batch]
) -> None:
    truth = {paper_id(paper) for day in collected for paper in day.papers}
    found = announced_ids(store)
    assert not truth - set(found), "lost"
    assert not set(found) - truth, "from nowhere"
    assert not [name for name, times in found.items() if times > 1], "doubled"
    assert sum(report.new for report in reports) == len(truth) == len(found)


def test_days_as_json_announce_every_paper_once(store: Store) -> None:
    reports = [
        report for day in days() for report in collected(store, [day], now=morning(day_of(day)))
    ]
    assert all(report.verdict is Verdict.FRESH for report in reports)
    assert_each_new_once(store, reports, days())


def test_days_as_dumps_without_ids_announce_every_paper_once(store: Store) -> None:
    reports = [
        report
        for day in days()
        for report in collected(store, [dumped(day)], now=morning(day_of(day)))
    ]
    assert all(report.verdict is Verdict.FRESH for report in reports)
    assert_each_new_once(store, reports, days())


@pytest.mark.parametrize("other, half", [("hf", 0), ("page", 1)], ids=["hf", "page"])
def test_days_in_both_forms_announce_every_paper_once(store: Store, other: str, half: int) -> None:
    read = part(half, of=2)
    firsts: list[BatchReport] = []
    seconds: list[BatchReport] = []
    for number, day in enumerate(read):
        forms = [day, dumped(day, source=other)]
        first, second = collected(
            store, forms[:: 1 if number % 2 else -1], now=morning(day_of(day))
        )
        firsts.append(first)
        seconds.append(second)
    assert_each_new_once(store, firsts, read)
    assert {report.new for report in seconds} == {0}
    if other == "hf":  # the same source had all of them a minute before
        assert {(report.listed, report.revised) for report in seconds} == {(0, 0)}
    else:
        assert [report.listed for report in seconds] == [report.papers for report in seconds]


@pytest.mark.parametrize(
    "form, third", [("json", 0), ("dump", 1), ("both", 2)], ids=["json", "dump", "both"]
)
def test_papers_that_are_listed_again_days_later_are_not_announced_again(
    store: Store, form: str, third: int
) -> None:
    listed = part(third, of=3)
    reports: list[BatchReport] = []
    for number, day in enumerate(listed):
        again = [
            relisted(paper)
            for earlier in listed[:number]
            if day_of(day) - day_of(earlier) == timedelta(days=6)
            for paper in earlier.papers
            if len(paper.title) % 3 == 0 or "$" in paper.title
        ]
        filled = replace(day, papers=(*again, *day.papers))
        as_json = form == "json" or (form == "both" and number % 2 == 0)
        (report,) = collected(
            store, [filled if as_json else dumped(filled)], now=morning(day_of(day))
        )
        assert (report.new, report.listed, report.revised) == (len(day.papers), 0, 0)
        reports.append(report)
    assert sum(report.duplicates for report in reports) > 100
    assert_each_new_once(store, reports, listed)


def relisted(paper: Paper) -> Paper:
    """Returns the paper as the site lists it later: with other votes, and no TeX in its title."""
    return replace(paper, title=without_tex(paper.title), votes=(paper.votes or 0) + 9)


def test_a_day_that_fills_up_announces_each_paper_once(store: Store) -> None:
    seen: set[str] = set()
    versions = sorted(REFETCHED.glob("*/*.json"), key=lambda path: path.name.split("_")[1])
    for path in versions:
        day = date.fromisoformat(path.parent.name)
        now = datetime.strptime(path.name.split("_")[1], "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)
        read = parsed_read(path.read_bytes(), origin=path.name, announced=day, now=now)
        (report,) = collect(store, [FixedSource(name="hf", reads=[read])], now=now)
        if read.batch is None:
            assert (report.verdict, report.papers) == (Verdict.FAILED, 0)
            assert "a list of papers was expected" in report.rejected[0].reason
            continue
        shown_now = {paper_id(paper) for paper in read.batch.papers}
        assert report.new == len(shown_now - seen)
        assert report.verdict is (Verdict.FRESH if shown_now - seen else Verdict.UNCHANGED)
        assert (report.listed, report.revised, report.rejected) == (0, 0, ())
        seen |= shown_now
    with store.read() as tx:
        assert announcements.last_seq(tx) == len(seen) > 80


def test_a_response_that_is_only_a_number_fails_and_stops_nothing(store: Store) -> None:
    day = days()[0]
    broken = parsed_read(b"20241118", origin="broken", announced=day_of(day), now=NOW)
    whole = SourceRead(origin="whole", batch=day, problem=None, cursor={})
    failed, fine = collect(store, [FixedSource(name="hf", reads=[broken, whole])], now=NOW)
    assert (failed.verdict, failed.new) == (Verdict.FAILED, 0)
    assert failed.rejected == (
        Rejection(
            reason="a list of papers was expected, but the file contains “20241118”; fetch the day again"
        ),
    )
    assert (fine.verdict, fine.new) == (Verdict.FRESH, len(day.papers))


def parsed_read(data: bytes, *, origin: str, announced: date, now: datetime) -> SourceRead:
    try:
        batch = api_json.parse(data, source="hf", origin=origin, now=now, announced=announced)
    except InputError as error:
        problem = Rejection(reason=error.reason, line=error.line)
        return SourceRead(origin=origin, batch=None, problem=problem, cursor={})
    return SourceRead(origin=origin, batch=batch, problem=None, cursor={})


def test_all_days_with_format_variants_are_read_completely() -> None:
    for path, day in zip(sorted(DAYS.glob("*.json")), real_days(), strict=True):
        answer = json.loads(path.read_bytes())
        items = answer["data"] if isinstance(answer, dict) else answer
        assert (len(day.papers), day.rejected) == (len(items), ())
        for paper in day.papers:
            assert paper.abstract
            assert paper.authors
            assert paper.published
            assert None not in (paper.votes, paper.comments)
    assert max(len(paper.authors) for day in real_days() for paper in day.papers) == 664
