"""Stores batches: their papers, the revisions and announcements that follow, and the report."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec.structs import asdict, replace
from sqlalchemy import Connection, delete, insert, update

from digest.core.identity.identifiers import title_hash
from digest.core.identity.precedence import (
    ARXIV_BEFORE_TRUST,
    MENTION,
    may_change,
    merge_metadata,
    sort_key,
    source_priority,
)
from digest.core.models.batches import Batch, BatchReport, Rejection, Verdict
from digest.core.models.matching import BatchDiff, IdentifiedPaper
from digest.core.models.papers import WITHDRAWALS, AnnouncementKind, Paper
from digest.core.models.trust import FULL_TRUST, SourceTrust
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.database.statements import (
    insert_missing,
    insert_rows,
    reserve_ids,
)
from digest.store.papers import merges, revisions
from digest.store.papers.revisions import StoredRevision, stored_fields
from digest.store.papers.title_search import insert_title_words


def record_batch(
    tx: Connection,
    *,
    batch: Batch,
    diff: BatchDiff,
    verdict: Verdict,
    now: datetime,
    trust: SourceTrust = FULL_TRUST,
) -> BatchReport:
    """Stores everything that a batch brought, and its report.

    Args:
        tx: Write transaction.
        batch: The batch.
        diff: Its comparison with the stored papers. A finding without a paper id creates a
            paper. A finding without a kind is not announced.
        verdict: What kind of batch it was.
        now: Current time.
        trust: How far the batch's source is believed; the same as in the comparison.

    Returns:
        The stored report.
    """
    kinds = [finding.kind for finding in diff.findings]
    too_old = sum(finding.is_too_old for finding in diff.findings)
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
        withdrawn=sum(announced[kind] for kind in WITHDRAWALS),
        corrected=announced[AnnouncementKind.CORRECTED],
        published=sum(finding.is_published_now for finding in diff.findings),
        too_old=too_old,
        duplicates=len(batch.papers) - sum(announced.values()) - too_old,
        rejected=batch.rejected,
    )
    batch_id = _insert_report(tx, report, fingerprint=batch.fingerprint, now=now)
    # Papers first, because all other rows refer to them. Then merges, because names and sightings
    # of a merged record move to the paper that stays.
    findings = _assign_ids(tx, diff.findings, now=now)
    merges.record_merges(tx, findings, now=now)
    _insert_names(tx, findings, source=batch.source)
    _mark_withdrawn(tx, findings, now=now)
    revision_ids = _insert_revisions(tx, findings, source=batch.source, trust=trust, now=now)
    insert_rows(
        tx,
        schema.sighting,
        [
            {
                "batch_id": batch_id,
                "paper_id": paper_id,
                "position": finding.paper.position,
                "votes": finding.paper.votes,
                "comments": finding.paper.comments,
                "stars": finding.paper.stars,
            }
            for paper_id, finding in findings
        ],
    )
    to_announce = [
        (paper_id, kind) for paper_id, finding in findings for kind in finding.announcements
    ]
    # The counter stays locked until the commit, so the order of the sequence is the order of
    # commits. A reader who has read up to a number has missed none below it.
    first_seq = reserve_ids(tx, "announcement", len(to_announce))
    insert_rows(
        tx,
        schema.announcement,
        [
            {
                "seq": seq,
                "paper_id": paper_id,
                "revision_id": revision_ids[paper_id],
                "batch_id": batch_id,
                "source": batch.source,
                "kind": kind,
                "at": now,
            }
            for seq, (paper_id, kind) in enumerate(to_announce, start=first_seq)
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
    """Stores the report of a fetch that failed.

    Args:
        tx: Write transaction.
        source: Name of the source.
        origin: What was read, for example a file name or a URL.
        rejected: Reasons of the failure.
        now: Current time.
        announced: Day of the batch, if it is known.
        fingerprint: Fingerprint of the content, if there is one.

    Returns:
        The stored report.
    """
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
    _insert_report(tx, report, fingerprint=fingerprint, now=now)
    return report


def _insert_report(
    tx: Connection, report: BatchReport, *, fingerprint: str | None, now: datetime
) -> int:
    batch_id = reserve_ids(tx, "batch")
    values = asdict(report) | {"rejected": [(item.line, item.reason) for item in report.rejected]}
    row = {"id": batch_id, "collected_at": now, "fingerprint": fingerprint, **values}
    tx.execute(insert(schema.batch), row)
    return batch_id


def _assign_ids(
    tx: Connection, findings: Sequence[IdentifiedPaper], *, now: datetime
) -> list[tuple[int, IdentifiedPaper]]:
    """Returns the findings with the ids of their papers; inserts new papers."""
    new_count = sum(finding.paper_id is None for finding in findings)
    first_id = reserve_ids(tx, "paper", new_count)
    new_ids = range(first_id, first_id + new_count)
    insert_rows(tx, schema.paper, [{"id": paper_id, "first_seen_at": now} for paper_id in new_ids])
    unused_ids = iter(new_ids)
    return [
        (next(unused_ids) if finding.paper_id is None else finding.paper_id, finding)
        for finding in findings
    ]


def _insert_names(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, source: str
) -> None:
    """Inserts the title keys and identifiers of the papers, and the source that lists them."""
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
    table = schema.identifier
    for _, finding in findings:
        # An owner of identifiers takes them from a paper whose source had only mentioned them.
        for name in finding.claimed:
            is_name = (table.c.scheme == name.scheme) & (table.c.value == clean(name.value))
            tx.execute(delete(table).where(is_name))
    insert_missing(
        tx,
        table,
        [
            {"scheme": name.scheme, "value": name.value, "paper_id": paper_id}
            for paper_id, finding in findings
            for name in finding.paper.identifiers
        ],
    )
    listings = [{"paper_id": paper_id, "source": source} for paper_id, _ in findings]
    insert_missing(tx, schema.listing, listings)


def _mark_withdrawn(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, now: datetime
) -> None:
    """Marks the papers that were withdrawn; the first withdrawal sets the time."""
    table = schema.paper
    withdrawn = [paper_id for paper_id, item in findings if item.paper.notice in WITHDRAWALS]
    for paper_id in withdrawn:
        # The condition keeps the first time if a withdrawal is listed again.
        not_marked = update(table).where(table.c.id == paper_id, table.c.withdrawn_at.is_(None))
        tx.execute(not_marked.values(withdrawn_at=now))


def _insert_revisions(
    tx: Connection,
    findings: Sequence[tuple[int, IdentifiedPaper]],
    *,
    source: str,
    trust: SourceTrust,
    now: datetime,
) -> dict[int, int]:
    """Inserts a revision for each new or changed paper; returns the current revision ids."""
    known_ids = [paper_id for paper_id, finding in findings if finding.paper_id is not None]
    aliases = [alias for _, finding in findings for alias in merges.merged_ids(finding)]
    stored = revisions.latest_by_paper(tx, [*known_ids, *aliases])
    unchanged: dict[int, int] = {}
    changed: list[StoredRevision] = []
    for paper_id, finding in findings:
        old = stored.get(paper_id)
        if old is None:
            changed.append(_first_revision(paper_id, finding, source=source, trust=trust))
            continue
        for alias in merges.merged_ids(finding):
            old = _joined_revision(old, stored[alias])
        new = _next_revision(old, finding, source=source, trust=trust)
        # A source that now has the same text is recorded, so that no other replaces it.
        held_with = stored[paper_id].authority
        same_standing = new.authority <= held_with or held_with >= ARXIV_BEFORE_TRUST
        if new.paper == stored[paper_id].paper and same_standing:
            unchanged[paper_id] = old.revision_id
        else:
            changed.append(new)
    first_id = reserve_ids(tx, "revision", len(changed))
    inserted = [replace(item, revision_id=first_id + place) for place, item in enumerate(changed)]
    insert_rows(tx, schema.revision, [revisions.to_row(item, now=now) for item in inserted])
    insert_title_words(tx, [(item.paper_id, item.paper.title) for item in inserted])
    return unchanged | {item.paper_id: item.revision_id for item in inserted}


def _first_revision(
    paper_id: int, finding: IdentifiedPaper, *, source: str, trust: SourceTrust
) -> StoredRevision:
    """Builds the first revision of a paper from a batch; its id is not assigned yet."""
    return StoredRevision(
        revision_id=0,
        paper_id=paper_id,
        number=1,
        source=source,
        contributor=source,
        authority=source_priority(finding.paper, trust),
        paper=stored_fields(finding.paper),
    )


def _joined_revision(old: StoredRevision, alias: StoredRevision) -> StoredRevision:
    """Builds the revision of a paper after another record was merged into it."""
    replaces = sort_key(alias.authority, alias.paper) > sort_key(old.authority, old.paper)
    return _merged(
        old,
        alias.paper,
        (alias.source, alias.authority) if replaces else (old.source, old.authority),
        replaces=replaces,
        outranks=alias.authority > old.authority,
    )


def _next_revision(
    old: StoredRevision, finding: IdentifiedPaper, *, source: str, trust: SourceTrust
) -> StoredRevision:
    """Builds the revision that follows `old` when a source shows the paper."""
    shown = stored_fields(finding.paper)
    authority = source_priority(shown, trust, old.paper.identifiers)
    holder = trust.holder(source)
    allowed = may_change(authority, holder, held_by=old.source, held_with=old.authority)
    new_key, old_key = sort_key(authority, shown), sort_key(old.authority, old.paper)
    is_same = holder == old.source
    # The source's trust may have been lowered since it gave the text; it is still its own.
    is_own = is_same and (new_key == old_key or (authority == MENTION and new_key[1] >= old_key[1]))
    # A source with less trust adds what is missing, but it replaces nothing.
    replaces = allowed and (finding.kind is AnnouncementKind.REVISED or new_key > old_key or is_own)
    return replace(
        _merged(
            old,
            shown,
            (source, authority) if replaces else (old.source, old.authority),
            replaces=replaces,
            outranks=replaces and authority > old.authority,
        ),
        contributor=source,
    )


def _merged(
    old: StoredRevision,
    paper: Paper,
    origin: tuple[str, int],
    *,
    replaces: bool,
    outranks: bool,
) -> StoredRevision:
    source, authority = origin
    return replace(
        old,
        number=old.number + 1,
        source=source,
        authority=authority,
        paper=merge_metadata(old.paper, paper, replaces=replaces, outranks=outranks),
    )
