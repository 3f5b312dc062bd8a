"""What was seen: papers, their names, and the batches that showed them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from digest.core.identity.identifiers import known_identifiers, title_hash
from digest.core.identity.precedence import merge_metadata, sort_key, source_priority
from digest.core.models.batches import Batch, BatchReport, Rejection, Verdict
from digest.core.models.matching import BatchDiff, IdentifiedPaper
from digest.core.models.papers import AnnouncementKind
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.database.statements import add, insert_missing, insert_new, reserve_ids
from digest.store.papers import merges, revisions
from digest.store.papers.revisions import StoredRevision, timeless


def record_batch(
    tx: Connection, *, batch: Batch, diff: BatchDiff, verdict: Verdict, now: datetime
) -> BatchReport:
    """Writes what a batch brought: papers, names, revisions, sightings, announcements, report.

    A finding without a paper id makes a new paper; one without a kind is not announced.
    """
    kinds = [finding.kind for finding in diff.findings]
    announced = {kind: kinds.count(kind) for kind in AnnouncementKind}
    report = BatchReport(
        source=batch.source,
        origin=batch.origin,
        announced=batch.announced,
        verdict=verdict,
        papers=len(batch.papers),
        new=announced[AnnouncementKind.NEW],
        listed=announced[AnnouncementKind.LISTED],
        revised=announced[AnnouncementKind.REVISED],
        withdrawn=announced[AnnouncementKind.WITHDRAWN],
        duplicates=len(batch.papers) - sum(announced.values()),
        rejected=batch.rejected,
    )
    batch_id = _report(tx, report, fingerprint=batch.fingerprint, now=now)
    findings = _numbered(tx, diff.findings, now=now)
    merges.write(tx, findings, now=now)
    _name(tx, findings, source=batch.source)
    _withdraw(tx, findings, now=now)
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
    first = reserve_ids(tx, "announcement", len(news))
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


def record_failure(
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
        tx.execute(insert_new(tx, table), {"name": source, "failures": 0, **values})


def _report(tx: Connection, report: BatchReport, *, fingerprint: str | None, now: datetime) -> int:
    batch_id = reserve_ids(tx, "batch")
    values = asdict(report) | {"rejected": [(item.line, item.reason) for item in report.rejected]}
    row = {"id": batch_id, "collected_at": now, "fingerprint": fingerprint, **values}
    tx.execute(insert(schema.batch), row)
    return batch_id


def _numbered(
    tx: Connection, findings: Sequence[IdentifiedPaper], *, now: datetime
) -> list[tuple[int, IdentifiedPaper]]:
    """The findings with their papers' ids; papers never seen are given theirs."""
    unseen = sum(finding.paper_id is None for finding in findings)
    first = reserve_ids(tx, "paper", unseen)
    fresh = range(first, first + unseen)
    add(tx, schema.paper, [{"id": paper_id, "first_seen_at": now} for paper_id in fresh])
    ids = iter(fresh)
    return [
        (next(ids) if finding.paper_id is None else finding.paper_id, finding)
        for finding in findings
    ]


def _name(tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, source: str) -> None:
    """Keeps the titles and identifiers that the papers go by, and who listed them."""
    titles = [
        (paper_id, clean(key))
        for paper_id, finding in findings
        for key in (finding.title_key, *finding.other_keys)
    ]
    insert_missing(
        tx,
        schema.title,
        [{"hash": title_hash(key), "key": key, "paper_id": paper_id} for paper_id, key in titles],
    )
    insert_missing(
        tx,
        schema.identifier,
        [
            {"scheme": name.scheme, "value": name.value, "paper_id": paper_id}
            for paper_id, finding in findings
            for name in known_identifiers(finding.paper.identifiers)
        ],
    )
    listings = [{"paper_id": paper_id, "source": source} for paper_id, _ in findings]
    insert_missing(tx, schema.listing, listings)


def _withdraw(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, now: datetime
) -> None:
    """Marks the papers that their source has taken back."""
    table = schema.paper
    gone = [
        paper_id for paper_id, item in findings if item.paper.notice is AnnouncementKind.WITHDRAWN
    ]
    for paper_id in gone:
        still = update(table).where(table.c.id == paper_id, table.c.withdrawn_at.is_(None))
        tx.execute(still.values(withdrawn_at=now))


def _revise(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, source: str, now: datetime
) -> dict[int, int]:
    """Writes what is new in the papers' texts; by paper, the revision that says it now."""
    wanted = [paper_id for paper_id, finding in findings if finding.paper_id is not None]
    aliases = [gone for _, finding in findings for gone in merges.aliases(finding)]
    before = revisions.latest(tx, [*wanted, *aliases])
    current: dict[int, int] = {}
    changed: list[StoredRevision] = []
    for paper_id, finding in findings:
        old = before.get(paper_id)
        new = _said(paper_id, finding, source=source)
        if old is not None:
            for alias in merges.aliases(finding):
                old = _combined(old, before[alias])
            new = _combined(old, new, revised=finding.kind is AnnouncementKind.REVISED)
            if new.paper == before[paper_id].paper:
                current[paper_id] = old.revision_id
                continue
        changed.append(new)
    first = reserve_ids(tx, "revision", len(changed))
    numbered = [replace(item, revision_id=first + place) for place, item in enumerate(changed)]
    add(tx, schema.revision, [revisions.row(item, now=now) for item in numbered])
    return current | {item.paper_id: item.revision_id for item in numbered}


def _said(paper_id: int, finding: IdentifiedPaper, *, source: str) -> StoredRevision:
    """What the batch says, as a first revision."""
    return StoredRevision(
        revision_id=0,
        paper_id=paper_id,
        number=1,
        source=source,
        authority=source_priority(finding.paper),
        paper=timeless(finding.paper),
    )


def _combined(old: StoredRevision, new: StoredRevision, *, revised: bool = False) -> StoredRevision:
    """The revision that follows `old` when `new` is said of the same paper."""
    ranks, known = sort_key(new.authority, new.paper), sort_key(old.authority, old.paper)
    replaces = revised or ranks > known or (ranks == known and new.source == old.source)
    words = new if replaces else old
    return replace(
        old,
        number=old.number + 1,
        source=words.source,
        authority=words.authority,
        paper=merge_metadata(old.paper, new.paper, replaces=replaces),
    )
