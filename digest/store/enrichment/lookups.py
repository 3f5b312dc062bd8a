"""Stores which papers were looked up where, and finds those that have to be looked up."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, String, and_, cast, func, or_, select, update

from digest.core.enrichment.outcomes import LookupOutcome, WantedPaper
from digest.core.enrichment.pauses import WINDOW, next_lookup
from digest.store.database.schema import announcement, identifier, lookup, paper, revision
from digest.store.database.statements import insert_rows, lock_batches, rows_in
from digest.store.papers import revisions


class ServiceLookups(Struct, frozen=True, kw_only=True):
    """What one service said so far."""

    service: str
    found: int  # papers
    absent: int  # papers that it did not know when it was asked last
    requests: int


class LookupStatus(Struct, frozen=True, kw_only=True):
    """What looking up papers has brought so far."""

    services: tuple[ServiceLookups, ...]  # by name
    found: int  # papers that a service identified
    waiting: int  # papers without a link or an abstract that are asked for again
    given_up: int  # papers without a link or an abstract that are not


def wanted_ids(tx: Connection, *, now: datetime) -> list[int]:
    """Returns the ids of the papers that may be looked up, the newest first.

    They were first seen within `WINDOW`. Either they have no link, no arXiv id and no DOI, and no
    service has identified them; or they have one of these identifiers and no abstract.

    Args:
        tx: Transaction.
        now: Current time.
    """
    return sorted(tx.execute(select(paper.c.id).where(_is_wanted(now))).scalars(), reverse=True)


def wanted_papers(
    tx: Connection, service: str, paper_ids: Collection[int], *, now: datetime, limit: int
) -> list[WantedPaper]:
    """Returns the papers that a service has to be asked for.

    Those that it was never asked for come first, in the given order; then those whose pause has
    ended.

    Args:
        tx: Transaction.
        service: Name of the service.
        paper_ids: From `wanted_ids`.
        now: Current time.
        limit: Maximum number of papers.
    """
    of_service = select(lookup).where(lookup.c.service == service)
    asked = {row.paper_id: row for row in rows_in(tx, of_service, lookup.c.paper_id, paper_ids)}
    due = [
        paper_id
        for paper_id in paper_ids
        if (row := asked.get(paper_id)) is None or (row.next_at and row.next_at <= now)
    ]
    due.sort(key=lambda paper_id: asked[paper_id].requests if paper_id in asked else 0)
    texts = revisions.latest_by_paper(tx, due[:limit])
    return [WantedPaper(paper_id=paper_id, paper=texts[paper_id].paper) for paper_id in due[:limit]]


def undescribed_papers(
    tx: Connection, service: str, *, now: datetime, limit: int
) -> list[tuple[int, str]]:
    """Returns papers of which arXiv is asked for what is missing, with their arXiv ids.

    They were identified by another service, or have no abstract.

    Args:
        tx: Transaction.
        service: Name under which arXiv's answers are recorded.
        now: Current time.
        limit: Maximum number of papers.
    """
    here = select(lookup.c.paper_id).where(
        lookup.c.paper_id == paper.c.id,
        lookup.c.service == service,
        or_(lookup.c.next_at.is_(None), lookup.c.next_at > now),
    )
    statement = (
        select(paper.c.id, identifier.c.value)
        .join_from(paper, identifier, identifier.c.paper_id == paper.c.id)
        .where(
            paper.c.first_seen_at > now - WINDOW,
            identifier.c.scheme == "arxiv",
            or_(_is_found(), ~_has_abstract()),
            ~here.exists(),
        )
        .order_by(paper.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.value) for row in tx.execute(statement)]


def first_seen(tx: Connection, paper_ids: Collection[int]) -> dict[int, date]:
    """Returns the day on which each paper was first seen."""
    statement = select(paper.c.id, paper.c.first_seen_at)
    return {
        row.id: row.first_seen_at.date() for row in rows_in(tx, statement, paper.c.id, paper_ids)
    }


def record_lookups(
    tx: Connection,
    service: str,
    outcomes: Mapping[int, LookupOutcome],
    evidence: Mapping[int, str],
    *,
    now: datetime,
) -> None:
    """Stores what a service said about papers, and when it is asked for them again.

    Args:
        tx: Write transaction.
        service: Name of the service.
        outcomes: What it said, by paper id.
        evidence: What shows that its record is the paper, for each that it found.
        now: Time of the requests.
    """
    lock_batches(tx)  # another run may have asked for the same papers
    of_service = select(lookup.c.paper_id, lookup.c.requests).where(lookup.c.service == service)
    before = {
        row.paper_id: row.requests for row in rows_in(tx, of_service, lookup.c.paper_id, outcomes)
    }
    rows = [
        {
            "paper_id": paper_id,
            "service": service,
            "outcome": outcome,
            "asked_at": now,
            "next_at": None
            if outcome is LookupOutcome.FOUND
            else next_lookup(before.get(paper_id, 0) + 1, now=now),
            "requests": before.get(paper_id, 0) + 1,
            "evidence": evidence.get(paper_id, ""),
        }
        for paper_id, outcome in outcomes.items()
    ]
    insert_rows(tx, lookup, [row for row in rows if row["paper_id"] not in before])
    for row in rows:
        if row["paper_id"] in before:
            is_row = (lookup.c.paper_id == row["paper_id"]) & (lookup.c.service == service)
            tx.execute(update(lookup).where(is_row).values(row))


def show_latest_texts(tx: Connection, paper_ids: Collection[int]) -> None:
    """Makes the announcements of papers show their latest revisions.

    Digests that are made from now on have what was found. Those that were made keep their texts.

    Args:
        tx: Write transaction.
        paper_ids: Papers, of which none is merged into another.
    """
    for paper_id, latest in revisions.latest_by_paper(tx, paper_ids).items():
        rows = update(announcement).where(announcement.c.paper_id == paper_id)
        tx.execute(rows.values(revision_id=latest.revision_id))


def lookup_status(tx: Connection, *, now: datetime) -> LookupStatus:
    """Returns what looking up papers has brought so far, as far as it is kept."""
    is_found = lookup.c.outcome == LookupOutcome.FOUND
    by_service = (
        select(
            lookup.c.service,
            lookup.c.outcome,
            func.count().label("papers"),
            func.sum(lookup.c.requests).label("requests"),
        )
        .group_by(lookup.c.service, lookup.c.outcome)
        .order_by(lookup.c.service)
    )
    rows = list(tx.execute(by_service))
    services = tuple(
        ServiceLookups(
            service=name,
            found=sum(
                row.papers for row in rows if (row[0], row[1]) == (name, LookupOutcome.FOUND)
            ),
            absent=sum(
                row.papers for row in rows if (row[0], row[1]) == (name, LookupOutcome.ABSENT)
            ),
            requests=sum(int(row.requests) for row in rows if row[0] == name),
        )
        for name in dict.fromkeys(row[0] for row in rows)
    )
    found = select(func.count(lookup.c.paper_id.distinct())).where(is_found)
    wanted = wanted_ids(tx, now=now)
    asked = select(lookup.c.paper_id, lookup.c.next_at)
    again: dict[int, bool] = {}
    for row in rows_in(tx, asked, lookup.c.paper_id, wanted):
        again[row.paper_id] = again.get(row.paper_id, False) or row.next_at is not None
    waiting = sum(again.get(paper_id, True) for paper_id in wanted)
    return LookupStatus(
        services=services,
        found=tx.execute(found).scalar_one(),
        waiting=waiting,
        given_up=len(wanted) - waiting,
    )


def _is_wanted(now: datetime) -> ColumnElement[bool]:
    named = select(identifier.c.paper_id).where(
        identifier.c.paper_id == paper.c.id, identifier.c.scheme.in_(("arxiv", "doi"))
    )
    is_named = named.correlate(paper).exists()
    # Any revision: after what a service found was undone, the paper is not looked up again.
    linked = select(revision.c.id).where(
        revision.c.paper_id == paper.c.id, cast(revision.c.links, String) != "[]"
    )
    return and_(
        paper.c.first_seen_at > now - WINDOW,
        paper.c.merged_into.is_(None),
        paper.c.withdrawn_at.is_(None),
        or_(
            and_(~is_named, ~linked.correlate(paper).exists(), ~_is_found()),
            and_(is_named, ~_has_abstract()),
        ),
    )


def _has_abstract() -> ColumnElement[bool]:
    described = select(revision.c.id).where(
        revision.c.paper_id == paper.c.id, revision.c.abstract != ""
    )
    return described.correlate(paper).exists()


def _is_found() -> ColumnElement[bool]:
    found = select(lookup.c.paper_id).where(
        lookup.c.paper_id == paper.c.id, lookup.c.outcome == LookupOutcome.FOUND
    )
    return found.correlate(paper).exists()
