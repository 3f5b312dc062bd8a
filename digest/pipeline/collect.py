"""collect: every source's new batches, diffed against what was seen, into the store."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from digest.core.diff import diff, verdict
from digest.core.identity import title_key
from digest.core.model import BatchReport, Look
from digest.store import papers
from digest.store.engine import Store


class Source(Protocol):
    """Somewhere that papers come from."""

    @property
    def name(self) -> str:
        """Its name in sources.toml."""

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[Look]:
        """What it has now that it had not at `cursor`; a look for each batch."""


def collect(store: Store, sources: Iterable[Source], *, now: datetime) -> tuple[BatchReport, ...]:
    """Reads what the sources have, and records each batch in a transaction of its own.

    A batch, its papers, its announcements and the source's cursor are written together,
    so that whatever interrupts this, the next call goes on where the last batch ended.
    A source that fails is reported and does not stop the others.
    """
    return tuple(report for source in sources for report in _collect_from(store, source, now=now))


def _collect_from(store: Store, source: Source, *, now: datetime) -> Iterator[BatchReport]:
    with store.read() as tx:
        cursor = papers.cursor(tx, source.name)
    for look in source.look(cursor, now=now):
        yield _record(store, source.name, look, now=now)


def _record(store: Store, source: str, look: Look, *, now: datetime) -> BatchReport:
    batch = look.batch
    with store.write() as tx:
        if batch is None:
            problem = () if look.problem is None else (look.problem,)
            report = papers.fail(tx, source=source, origin=look.origin, rejected=problem, now=now)
        else:
            known = papers.known(tx, {title_key(paper.title) for paper in batch.papers})
            found = diff(batch.papers, known, source=source)
            report = papers.record(
                tx, batch=batch, diff=found, verdict=verdict(found, batch.rejected), now=now
            )
        papers.keep_cursor(tx, source, look.cursor, now)
    return report
