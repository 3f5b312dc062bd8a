"""What was seen: papers, their names, and the batches that showed them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from digest.core.identity import title_hash
from digest.core.model import (
    Batch,
    BatchReport,
    Diff,
    Finding,
    Identifier,
    Kind,
    Known,
    Rejection,
    Verdict,
)
from digest.store import revisions, schema
from digest.store.revisions import Revision, completed, timeless
from digest.store.sql import add, add_new, hold_batches, insert_new, rows_in, take
from digest.store.types import clean


def known(tx: Connection, title_keys: Collection[str]) -> dict[str, Known]:
    """What is known of the papers with these title keys; keys never seen are absent.

    In a write transaction the answer stays true until it ends: other collectors wait.
    """
    hold_batches(tx)
    stored = {clean(key): key for key in title_keys}
    hashes = {title_hash(key) for key in stored}
    papers: dict[str, int] = {}
    for row in rows_in(tx, _probe(), schema.title.c.hash, hashes):
        if row.key in stored:  # the hash finds candidates, the whole key decides
            key = stored[row.key]
            papers[key] = min(row.paper_id, papers.get(key, row.paper_id))
    sources = _sources(tx, papers.values())
    return {
        key: Known(paper_id=paper_id, title_key=key, sources=frozenset(sources[paper_id]))
        for key, paper_id in papers.items()
    }


def known_by_identifier(
    tx: Connection, identifiers: Collection[Identifier]
) -> dict[Identifier, Known]:
    """What is known of the papers that registries gave these names; as `known`."""
    hold_batches(tx)
    wanted = {(item.scheme, clean(item.value)): item for item in identifiers}
    table = schema.identifier
    papers: dict[Identifier, int] = {}
    for scheme in {item.scheme for item in identifiers}:
        values = [value for of, value in wanted if of == scheme]
        statement = select(table).where(table.c.scheme == scheme)
        for row in rows_in(tx, statement, table.c.value, values):
            papers[wanted[scheme, row.value]] = row.paper_id
    sources = _sources(tx, papers.values())
    statement = select(schema.title).order_by(schema.title.c.hash.desc())
    keys = {r.paper_id: r.key for r in rows_in(tx, statement, schema.title.c.paper_id, sources)}
    return {
        item: Known(
            paper_id=paper_id, title_key=keys[paper_id], sources=frozenset(sources[paper_id])
        )
        for item, paper_id in papers.items()
    }


def record(
    tx: Connection, *, batch: Batch, diff: Diff, verdict: Verdict, now: datetime
) -> BatchReport:
    """Writes what a batch brought: papers, names, revisions, sightings, announcements, report.

    A finding without a paper id makes a new paper; one without a kind leaves a sighting alone.
    """
    kinds = [finding.kind for finding in diff.findings]
    announced = {kind: kinds.count(kind) for kind in Kind}
    report = BatchReport(
        source=batch.source,
        origin=batch.origin,
        announced=batch.announced,
        verdict=verdict,
        papers=len(batch.papers),
        new=announced[Kind.NEW],
        listed=announced[Kind.LISTED],
        revised=announced[Kind.REVISED],
        withdrawn=announced[Kind.WITHDRAWN],
        duplicates=len(batch.papers) - sum(announced.values()),
        rejected=batch.rejected,
    )
    batch_id = _report(tx, report, fingerprint=batch.fingerprint, now=now)
    findings = _numbered(tx, diff.findings, now=now)
    _name(tx, findings, source=batch.source)
    shown = _revise(tx, findings, source=batch.source, now=now)
    add(
        tx,
        schema.sighting,
        [
            {
                "batch_id": batch_id,
                "paper_id": paper_id,
                "position": finding.paper.position,
                "votes": finding.paper.votes,
                "comments": finding.paper.comments,
            }
            for paper_id, finding in findings
        ],
    )
    news = [(paper_id, finding) for paper_id, finding in findings if finding.kind]
    first = take(tx, "announcement", len(news))
    add(
        tx,
        schema.announcement,
        [
            {
                "seq": seq,
                "paper_id": paper_id,
                "revision_id": shown[paper_id],
                "batch_id": batch_id,
                "source": batch.source,
                "kind": finding.kind,
                "at": now,
            }
            for seq, (paper_id, finding) in enumerate(news, start=first)
        ],
    )
    return report


def fail(
    tx: Connection,
    *,
    source: str,
    origin: str,
    rejected: Sequence[Rejection],
    now: datetime,
    announced: date | None = None,
    fingerprint: str | None = None,
) -> BatchReport:
    """Writes the report of a batch that could not be read."""
    report = BatchReport(
        source=source,
        origin=origin,
        announced=announced,
        verdict=Verdict.FAILED,
        papers=0,
        new=0,
        listed=0,
        revised=0,
        withdrawn=0,
        duplicates=0,
        rejected=tuple(rejected),
    )
    _report(tx, report, fingerprint=fingerprint, now=now)
    return report


def fingerprint_seen(tx: Connection, source: str, fingerprint: str) -> bool:
    """Whether these bytes of this source were read before; those that failed do not count."""
    table = schema.batch
    same = select(table.c.id).where(
        table.c.source == source,
        table.c.fingerprint == fingerprint,
        table.c.verdict != Verdict.FAILED,
    )
    return tx.execute(same.limit(1)).first() is not None


def cursor(tx: Connection, source: str) -> dict[str, Any] | None:
    """Where the last look at this source ended."""
    table = schema.source
    return tx.execute(select(table.c.cursor).where(table.c.name == source)).scalar_one_or_none()


def keep_cursor(
    tx: Connection, source: str, cursor: Mapping[str, Any] | None, now: datetime
) -> None:
    """Keeps where the next look at this source begins, and when this one was."""
    table = schema.source
    values = {"cursor": None if cursor is None else dict(cursor), "polled_at": now}
    changed = tx.execute(update(table).where(table.c.name == source).values(values))
    if not changed.rowcount:
        tx.execute(insert_new(tx, table), {"name": source, **values})


def _probe() -> Select[Any, Any, Any]:
    table = schema.title
    return select(table.c.hash, table.c.key, table.c.paper_id)


def _sources(tx: Connection, paper_ids: Collection[int]) -> dict[int, set[str]]:
    sources: dict[int, set[str]] = {paper_id: set() for paper_id in paper_ids}
    table = schema.listing
    for row in rows_in(tx, select(table), table.c.paper_id, sources):
        sources[row.paper_id].add(row.source)
    return sources


def _report(tx: Connection, report: BatchReport, *, fingerprint: str | None, now: datetime) -> int:
    batch_id = take(tx, "batch")
    values = asdict(report) | {"rejected": [(item.line, item.reason) for item in report.rejected]}
    row = {"id": batch_id, "collected_at": now, "fingerprint": fingerprint, **values}
    tx.execute(insert(schema.batch), row)
    return batch_id


def _numbered(
    tx: Connection, findings: Sequence[Finding], *, now: datetime
) -> list[tuple[int, Finding]]:
    """The findings with their papers' ids; papers never seen are given theirs."""
    unseen = sum(finding.paper_id is None for finding in findings)
    first = take(tx, "paper", unseen)
    fresh = range(first, first + unseen)
    add(tx, schema.paper, [{"id": paper_id, "first_seen_at": now} for paper_id in fresh])
    ids = iter(fresh)
    return [
        (next(ids) if finding.paper_id is None else finding.paper_id, finding)
        for finding in findings
    ]


def _name(tx: Connection, findings: Sequence[tuple[int, Finding]], *, source: str) -> None:
    """Keeps the titles and identifiers that the papers go by, and who listed them."""
    titles = [(paper_id, clean(finding.title_key)) for paper_id, finding in findings]
    add_new(
        tx,
        schema.title,
        [{"hash": title_hash(key), "key": key, "paper_id": paper_id} for paper_id, key in titles],
    )
    add_new(
        tx,
        schema.identifier,
        [
            {"scheme": name.scheme, "value": name.value, "paper_id": paper_id}
            for paper_id, finding in findings
            for name in finding.paper.identifiers
        ],
    )
    listings = [{"paper_id": paper_id, "source": source} for paper_id, _ in findings]
    add_new(tx, schema.listing, listings)


def _revise(
    tx: Connection, findings: Sequence[tuple[int, Finding]], *, source: str, now: datetime
) -> dict[int, int]:
    """Writes what is new in the papers' texts; the revision that shows each announced paper.

    A further listing only completes what is known; a revision or a new paper replaces it.
    """
    shown = {paper_id: finding for paper_id, finding in findings if finding.kind}
    before = revisions.latest(
        tx, [paper_id for paper_id, finding in shown.items() if finding.paper_id is not None]
    )
    unannounced = [(i, f) for i, f in findings if f.paper_id is None and not f.kind]
    current: dict[int, int] = {}
    changed: list[Revision] = []
    for paper_id, finding in [*shown.items(), *unannounced]:
        old = before.get(paper_id)
        paper = timeless(finding.paper)
        if old is not None:
            listed = finding.kind is Kind.LISTED
            paper = completed(old.paper, paper) if listed else completed(paper, old.paper)
            if paper == old.paper:
                current[paper_id] = old.revision_id
                continue
        changed.append(
            Revision(
                revision_id=0,
                paper_id=paper_id,
                number=old.number + 1 if old else 1,
                source=source,
                paper=paper,
            )
        )
    first = take(tx, "revision", len(changed))
    numbered = [replace(item, revision_id=first + place) for place, item in enumerate(changed)]
    add(tx, schema.revision, [revisions.row(item, now=now) for item in numbered])
    return current | {item.paper_id: item.revision_id for item in numbered}
