"""Stores composed editions: the ledger, the position in the announcements, and the next due time."""

from collections.abc import Sequence
from datetime import datetime

from digest.core.subscribers.due_times import DueState
from digest.pipeline.editions.prepared import PreparedReader
from digest.pipeline.editions.report import ReportBuilder
from digest.pipeline.publishing.due import PublishResult
from digest.store.database.store import Connection
from digest.store.editions import bulk_insert
from digest.store.editions.bulk_insert import NewEdition
from digest.store.subscribers import due as due_store
from digest.store.subscribers.due import StateChange


def store_editions(
    tx: Connection,
    readers: Sequence[PreparedReader],
    report: ReportBuilder,
    *,
    head: int,
    now: datetime,
    message_domain: str,
) -> None:
    """Stores the editions of some subscriptions, or that there are none.

    Args:
        tx: Write transaction.
        readers: The subscriptions.
        report: Gets the results.
        head: The last announcement that was considered.
        now: The current time.
        message_domain: The part after the `@` in the Message-IDs.
    """
    sent = [item for item in readers if item.edition.has_content or item.sends_without_match]
    ids = bulk_insert.insert_many(
        tx,
        [
            NewEdition(
                subscription_id=item.subscription_id,
                local_date=item.local_date,
                content=item.edition.content,
                matched=item.edition.matched,
                papers=item.edition.papers,
            )
            for item in sent
        ],
        message_domain=message_domain,
        composed_at=now,
    )
    edition_ids = {item.subscription_id: number for item, number in zip(sent, ids, strict=True)}
    changes: dict[StateChange, list[int]] = {}
    for item in readers:
        has_edition = item.subscription_id in edition_ids
        edition_id = edition_ids.get(item.subscription_id)
        then = item.if_made if has_edition else item.if_not_made
        # If another process was faster, it has stored the position together with its edition.
        was_faster = has_edition and edition_id is None and item.edition.has_content
        change = StateChange(known=item.known, then=then, read_through=None if was_faster else head)
        changes.setdefault(change, []).append(item.subscription_id)
        if edition_id is not None and not report.has_room:
            report.add_made(1)
        else:
            report.add(_result(item, edition_id, then, has_edition=has_edition))
    due_store.save_states(tx, changes)


def _result(
    item: PreparedReader, edition_id: int | None, then: DueState, *, has_edition: bool
) -> PublishResult:
    if edition_id is not None:
        reason = ""
    elif has_edition:
        reason = f"it already has its digest of {item.local_date}"
    elif item.edition.considered:
        reason = f"none of {item.edition.considered} papers matched its profile"
    else:
        reason = "no new papers"
    return PublishResult(
        email=item.email,
        subscription=item.name,
        local_date=item.local_date,
        edition_id=edition_id,
        considered=item.edition.considered,
        papers=item.edition.shown if edition_id else 0,
        reason=reason,
        next_due=None if then.waiting_until else then.next_due,
    )
