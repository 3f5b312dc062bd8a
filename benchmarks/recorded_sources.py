"""What becomes of recorded answers of services, and of months of recorded days.

    python benchmarks/recorded_sources.py [--days N] [answers] [links] [opml] [biorxiv] [arxiv] [alone]

Without names, all of them run. The answers are below $DIGEST_REAL_DATA/sources, or ../shared/data/sources
beside the checkout:

- answers: every recorded answer is parsed. Printed are answers, records, papers, what was left out and
  why, how many papers have which field, and the verdicts on answers that are errors.
- links: arXiv's records of DataCite with their true published DOI; precision and recall.
- opml: the feeds that are found in OPML files, beside a count of `xmlUrl`.
- biorxiv: each recorded day is served page by page to the source, and collected into a new store.
- arxiv: the same for 90 recorded listings, in one batch a day, and in one batch a category.
- alone: the same for each of the ten largest categories, into a store of its own.

In the replays "lost" are identifiers that are not in the store, "new twice" papers that were announced as
new more than once, and "several" papers with more than one DOI or arXiv id. They are listed.
"""

import argparse
import csv
import gzip
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.core.models.batches import Batch, SourceRead
from digest.core.models.papers import Identifier, Paper
from digest.core.models.trust import SourceTrust, TrustLevel
from digest.core.schedule.announcement_days import NO_CALENDAR
from digest.core.schedule.polling import EVERY_TICK
from digest.core.text.paper_ids import unversioned_doi
from digest.errors import InputError
from digest.pipeline.collect import Source, TimedSource, collect
from digest.sources.feeds import opml
from digest.sources.http.responses import FetchedResponse, FetchError
from digest.sources.records import biorxiv, crossref, datacite, openalex, pubmed, semanticscholar
from digest.sources.services.biorxiv import BASE, BiorxivService
from digest.sources.services.crossref import CrossrefService
from digest.sources.services.openalex import OpenAlexService
from digest.sources.services.paged import PagedService, PagedSource
from digest.sources.services.pubmed import PubmedService
from digest.sources.services.semanticscholar import SemanticScholarService
from digest.store.database.store import Store

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("DIGEST_REAL_DATA") or ROOT.parent / "shared" / "data") / "sources"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ARXIV_DAYS = 90
CATEGORIES_ALONE = 10
ROWS = 100  # of a page of bioRxiv
FIELDS = ("abstract", "authors", "published", "venue", "identifiers", "notice", "connections")
LISTS = ("items", "results", "data", "recommendedPapers", "collection")

Parse = Callable[[Any], Paper | None]


@dataclass
class Tally:
    """What the answers of one folder gave."""

    answers: Counter[str] = field(default_factory=Counter)
    records: int = 0
    papers: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, record: Any, parse: Parse) -> None:
        """Parses a record, and counts what it gives."""
        self.records += 1
        if not isinstance(record, dict):
            self.left_out["null" if record is None else "no object"] += 1
            return
        try:
            paper = parse(record)
        except ValueError as error:
            self.left_out[str(error)] += 1
            return
        if paper is None:
            self.left_out[_reason(record)] += 1
            return
        self.papers += 1
        self.fields.update(name for name in FIELDS if getattr(paper, name))

    def show(self, name: str) -> None:
        """Prints the counts."""
        print(f"{name}: {self.records:,} records, {self.papers:,} papers")
        for what in ("answers", "left_out", "fields"):
            counts = ", ".join(f"{key} {n:,}" for key, n in getattr(self, what).most_common(14))
            print(f"  {what.replace('_', ' ')}: {counts}")


def _reason(record: Mapping[str, Any]) -> str:
    title = record.get("title") or record.get("titles") or record.get("display_name")
    title = title or (record.get("attributes") or {}).get("titles")
    kind = record.get("type") if isinstance(record.get("type"), str) else ""
    return f"no paper: {kind or 'no identifier'}" if title else "no title"


def answers(_: int) -> None:
    """Parses every recorded answer."""
    for name, service, parse in SERVICES:
        tally = Tally()
        for file in sorted((DATA / name).iterdir()):
            text = file.read_text("utf-8", "replace")
            if file.name.endswith(".http.json"):
                recorded = json.loads(text)
                tally.answers[_verdict(recorded, service)] += 1
                text = recorded["body"] if recorded["status"] == 200 else ""
                text = text if isinstance(text, str) else json.dumps(text)
            for record in _records(text):
                tally.add(record, parse)
        tally.show(name)


def _pubmed(record: Any) -> Paper | None:
    return pubmed.paper(record["element"])


SERVICES: Sequence[tuple[str, PagedService | None, Parse]] = (
    ("crossref", CrossrefService(issns=("1476-4687",)), crossref.paper),
    ("openalex", OpenAlexService(filter="x"), openalex.paper),
    ("semanticscholar", SemanticScholarService(query="x"), semanticscholar.paper),
    ("pubmed", PubmedService(term="x"), _pubmed),
    ("datacite", None, datacite.paper),
    ("biorxiv", BiorxivService(server="biorxiv"), lambda row: biorxiv.paper(row, server="biorxiv")),
)


def _records(text: str) -> Iterator[Any]:
    if text.lstrip().startswith("<"):
        try:
            yield from ({"title": "x", "element": item} for item in pubmed.articles(text.encode()))
        except InputError:
            return
        return
    try:
        values = [json.loads(text)]
    except ValueError:
        values = list(_json_lines(text))
    for value in values:
        inner = value
        for name in ("message", "data"):  # the record of one work or one DOI
            if isinstance(inner, dict) and isinstance(inner.get(name), dict):
                inner = inner[name]
        found = inner
        if isinstance(inner, dict):
            found = next((inner[key] for key in LISTS if isinstance(inner.get(key), list)), [inner])
        for item in found if isinstance(found, list) else ():
            # Semantic Scholar's citations and references
            cited = (
                item.get("citedPaper") or item.get("citingPaper") if isinstance(item, dict) else 0
            )
            yield cited or item


def _json_lines(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _verdict(recorded: Mapping[str, Any], service: PagedService | None) -> str:
    """Returns what the source says of an answer, if it is fetched as it was recorded."""
    status = recorded["status"]
    if service is None:
        return str(status)
    body = recorded["body"]
    if isinstance(body, str) and body.lstrip().startswith("<") and status == 200:
        return f"200 {_xml_verdict(body)}"
    data = (body if isinstance(body, str) else json.dumps(body)).encode()

    class Client:
        def get(self, url: str, **_: object) -> FetchedResponse:
            if status != 200:
                raise FetchError(url, f"HTTP {status}", status=status)
            return FetchedResponse(url=url, body=data)

    source = PagedSource(
        name="x", service=service, client=Client, base="https://x.example", lookback=1
    )
    read = next(iter(source.fetch(None, now=NOW)))
    if read.problem is not None:
        return f"{status} failed: {read.problem.reason[:60]}"
    return f"{status} read"


def _xml_verdict(body: str) -> str:
    try:
        return "read" if list(pubmed.articles(body.encode())) else "without articles"
    except InputError as error:
        return f"failed: {error.reason[:60]}"


def links(_: int) -> None:
    """Compares the published DOIs that DataCite's records name with the true ones."""
    folder = DATA / "preprint-links"
    name = "comet-test_data_20250425_arxiv_sample_1_related_doi_mapping.csv"
    with (folder / name).open(encoding="utf-8") as file:
        true = {row["doi"]: row["related_doi"] for row in csv.DictReader(file)}
    right = wrong = missed = 0
    with gzip.open(
        folder / "comet-20250425_arxiv_sample_1.jsonl.gz", "rt", encoding="utf-8"
    ) as lines:
        for record in map(json.loads, lines):
            paper = datacite.paper(record)
            found = (
                [item.value for item in paper.identifiers if item.scheme == "doi"] if paper else []
            )
            wanted = true[record["attributes"]["doi"].lower()]
            is_right = wanted in found
            right, missed = right + is_right, missed + (not is_right)
            wrong += len(found) - is_right
            if found and not is_right:
                print(f"  {record['id']}: {found}, and not {wanted}")
    print(
        f"links: precision {right / (right + wrong):.3f}, recall {right / (right + missed):.3f}"
        f" ({right} right, {wrong} wrong, {missed} missed)"
    )


def opml_files(_: int) -> None:
    """Compares the feeds of OPML files with the number of their addresses."""
    found = counted = files = 0
    for file in sorted((DATA / "opml").glob("*.opml")):
        data = file.read_bytes()
        found += len(opml.parse(data, origin=file.name)[0])
        counted += data.lower().count(b'xmlurl="http')
        files += 1
    print(f"opml: {files} files, {found} feeds found, {counted} addresses")


@dataclass(kw_only=True)
class Replay:
    """A new store into which recorded days are collected."""

    name: str
    scheme: str
    totals: Counter[str] = field(default_factory=Counter)
    expected: set[str] = field(default_factory=set)

    def run(self, days: Sequence[datetime], source: Source, trust: SourceTrust) -> None:
        """Collects each day, and prints what became of its papers."""
        timed = TimedSource(
            source=source, schedule=EVERY_TICK, jitter=lambda: 0.0, trust=trust, max_age_days=90
        )
        started = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(f"sqlite:///{folder}/digest.db")
            for day in days:
                for report in collect(store, [timed], now=day):
                    for what in ("papers", "new", "revised", "withdrawn", "too_old", "duplicates"):
                        self.totals[what] += getattr(report, what)
                    self.totals[f"verdict {report.verdict}"] += 1
            seconds = time.process_time() - started
            counts = ", ".join(f"{key} {number:,}" for key, number in self.totals.items())
            print(f"{self.name}: {len(days)} days, {len(self.expected):,} identifiers; {counts}")
            with sqlite3.connect(f"{folder}/digest.db") as database:
                self._check(database)
        print(f"  {seconds:.0f} s of CPU time")

    def _check(self, database: sqlite3.Connection) -> None:
        rows = database.execute(
            "SELECT paper_id, value FROM identifier WHERE scheme = ?", (self.scheme,)
        )
        by_paper: dict[int, list[str]] = defaultdict(list)
        for paper, value in rows:
            by_paper[paper].append(value)
        stored = {value for values in by_paper.values() for value in values}
        lost = self.expected - stored
        (twice,) = database.execute(
            "SELECT count(*) FROM (SELECT paper_id FROM announcement WHERE kind = 'new'"
            " GROUP BY paper_id HAVING count(*) > 1)"
        ).fetchone()
        several = {paper: values for paper, values in by_paper.items() if len(values) > 1}
        print(
            f"  {len(by_paper):,} papers; lost {len(lost)}; new twice {twice};"
            f" several {len(several)}"
        )
        for paper, values in list(several.items())[:20]:
            titles = database.execute(
                "SELECT DISTINCT title FROM revision WHERE paper_id = ?", (paper,)
            ).fetchall()
            print(f"    {' '.join(sorted(values))}: {' | '.join(title for (title,) in titles)}")
        if lost:
            print("    lost:", *sorted(lost)[:5])


def _days(folder: str, most: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for file in sorted((DATA / folder).rglob("*.gz"))[:most]:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found[file.name[:10]] = [json.loads(line) for line in lines]
    return found


@dataclass(frozen=True)
class BiorxivServer:
    """Serves recorded days as the details API does."""

    days: Mapping[str, Sequence[Any]]

    def get(self, url: str, **_: object) -> FetchedResponse:
        """Answers one request."""
        first, last, cursor = url.removeprefix(f"{BASE}/details/biorxiv/").split("/")
        rows = [row for day, rows in self.days.items() if first <= day <= last for row in rows]
        page = rows[int(cursor) : int(cursor) + ROWS]
        message = {"status": "ok", "total": str(len(rows)), "count": len(page)}
        body = json.dumps({"messages": [message], "collection": page}).encode()
        return FetchedResponse(url=url, body=body)


def replay_biorxiv(most: int) -> None:
    """Collects the recorded days of bioRxiv."""
    days = _days("biorxiv-daily", most)
    replay = Replay(name="biorxiv-daily", scheme="doi")
    replay.expected = {
        unversioned_doi(row["doi"].lower())[0] for rows in days.values() for row in rows
    }
    source = PagedSource(
        name="biorxiv",
        service=BiorxivService(server="biorxiv"),
        client=lambda: BiorxivServer(days),
        base=BASE,
        lookback=1,
    )
    owns = ("doi:10.1101/", "doi:10.64898/")
    replay.run(_evenings(days), source, SourceTrust(level=TrustLevel.OWNER, owns=owns))


@dataclass(frozen=True)
class ArxivListings:
    """Gives the listing of a recorded day, as one batch or as one for each category."""

    days: Mapping[str, Sequence[Any]]
    apart: bool
    only: str = ""  # a category; empty: all
    name: str = "arxiv"
    calendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields the batches of the day."""
        del cursor
        batches: dict[str, list[Paper]] = defaultdict(list)
        for row in self.days[str(now.date())]:
            if self.only and self.only not in row["categories"]:
                continue
            # With categories apart, a paper is in the listing of each of its categories.
            for category in row["categories"] if self.apart else ["all"]:
                batches[category].append(_arxiv_paper(row))
        for category, papers in batches.items():
            batch = Batch(source=self.name, origin=category, papers=tuple(papers))
            yield SourceRead(
                origin=category, batch=batch, problem=None, cursor={"day": str(now.date())}
            )


def _arxiv_paper(row: Mapping[str, Any]) -> Paper:
    return Paper(
        title=" ".join(row["title"].split()),
        abstract=" ".join(row["summary"].split()),
        authors=tuple(row["authors"]),
        categories=tuple(row["categories"]),
        identifiers=(Identifier(scheme="arxiv", value=row["id"]),),
    )


def replay_arxiv(most: int) -> None:
    """Collects recorded listings of arXiv."""
    days = _days("arxiv-daily", min(most, ARXIV_DAYS))
    for apart in (False, True):
        name = "arxiv-daily, a batch for each " + ("category" if apart else "day")
        replay = Replay(name=name, scheme="arxiv")
        replay.expected = {row["id"] for rows in days.values() for row in rows}
        trust = SourceTrust(level=TrustLevel.OWNER, owns=("arxiv",))
        replay.run(_evenings(days), ArxivListings(days, apart), trust)


def replay_alone(most: int) -> None:
    """Collects recorded listings of single categories of arXiv."""
    days = _days("arxiv-daily", min(most, ARXIV_DAYS))
    sizes = Counter(name for rows in days.values() for row in rows for name in row["categories"])
    for category, _ in sizes.most_common(CATEGORIES_ALONE):
        replay = Replay(name=f"arxiv-daily, {category} alone", scheme="arxiv")
        replay.expected = {
            row["id"] for rows in days.values() for row in rows if category in row["categories"]
        }
        trust = SourceTrust(level=TrustLevel.OWNER, owns=("arxiv",))
        replay.run(_evenings(days), ArxivListings(days, apart=False, only=category), trust)


def _evenings(days: Mapping[str, object]) -> list[datetime]:
    return [datetime.fromisoformat(f"{day}T23:00:00+00:00") for day in days]


PARTS = {
    "answers": answers,
    "links": links,
    "opml": opml_files,
    "biorxiv": replay_biorxiv,
    "arxiv": replay_arxiv,
    "alone": replay_alone,
}


def main() -> None:
    """Runs the parts that are named, or all of them."""
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no such folder; set DIGEST_REAL_DATA")
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("parts", nargs="*", metavar="PART")
    arguments.add_argument("--days", type=int, default=1_000, help="of a replay, at most")
    given = arguments.parse_args()
    for name in given.parts or PARTS:
        PARTS[name](given.days)


if __name__ == "__main__":
    main()
