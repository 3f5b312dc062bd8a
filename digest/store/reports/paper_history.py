"""Explains how a paper record came about: identifiers, sources, versions and merges."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from digest.core.enrichment.origins import PaperOrigin, PaperPart, added_parts, origins
from digest.core.enrichment.outcomes import LookupOutcome, source_of
from digest.core.models.papers import Identifier
from digest.store.database import schema
from digest.store.papers import revisions


class SourceAppearance(Struct, frozen=True, kw_only=True):
    """A source that has listed the paper."""

    source: str
    first_at: datetime


class PaperVersion(Struct, frozen=True, kw_only=True):
    """One stored version of the paper's text."""

    number: int  # counted from 1
    title: str
    source: str  # where title and abstract come from
    contributor: str | None  # the source that made this version; None: not recorded
    version: int | None  # version number that the source states
    at: datetime
    added: tuple[PaperPart, ...]  # what the version before had not


class RecordedLookup(Struct, frozen=True, kw_only=True):
    """What a service said when it was asked for the paper last."""

    service: str
    outcome: LookupOutcome
    at: datetime
    evidence: str  # why its record is this paper; empty: it has none, or nothing is recorded


class RecordedMerge(Struct, frozen=True, kw_only=True):
    """A record that was found to be the same paper, and was merged into it."""

    alias_id: int | None  # the merged record; None: it existed only in a batch
    reason: str
    at: datetime


class PaperHistory(Struct, frozen=True, kw_only=True):
    """Everything that explains a paper record; each sequence is sorted by time or name."""

    paper_id: int
    first_seen_at: datetime
    withdrawn_at: datetime | None
    identifiers: tuple[Identifier, ...]
    title_keys: tuple[str, ...]
    sources: tuple[SourceAppearance, ...]
    revisions: tuple[PaperVersion, ...]
    merges: tuple[RecordedMerge, ...]
    lookups: tuple[RecordedLookup, ...]
    origins: tuple[PaperOrigin, ...]  # of what the newest version has


def paper_history(tx: Connection, paper_id: int) -> PaperHistory | None:
    """Returns the history of a paper; for a merged record, that of the paper it was merged into.

    Returns:
        None if there is no paper with this id.
    """
    paper, title, identifier = schema.paper.c, schema.title.c, schema.identifier.c
    row = tx.execute(select(schema.paper).where(paper.id == paper_id)).first()
    if row is None:
        return None
    # Recursive, because the record that stayed may have been merged later.
    if row.merged_into is not None:
        return paper_history(tx, row.merged_into)
    identifiers = select(schema.identifier).where(identifier.paper_id == paper_id)
    lookups = _lookups(tx, paper_id)
    versions, told = _versions(tx, paper_id, lookups)
    keys = select(title.key).where(title.paper_id == paper_id).order_by(title.key)
    return PaperHistory(
        paper_id=paper_id,
        first_seen_at=row.first_seen_at,
        withdrawn_at=row.withdrawn_at,
        identifiers=tuple(
            Identifier(scheme=item.scheme, value=item.value)
            for item in tx.execute(identifiers.order_by(identifier.scheme, identifier.value))
        ),
        title_keys=tuple(tx.execute(keys).scalars()),
        sources=_sources(tx, paper_id),
        revisions=versions,
        merges=_merges(tx, paper_id),
        lookups=lookups,
        origins=told,
    )


def _sources(tx: Connection, paper_id: int) -> tuple[SourceAppearance, ...]:
    batch, sighting = schema.batch, schema.sighting
    first = func.min(batch.c.collected_at, type_=batch.c.collected_at.type)
    appearances = (
        select(batch.c.source, first)
        .join_from(sighting, batch)
        .where(sighting.c.paper_id == paper_id)
        .group_by(batch.c.source)
        .order_by(first, batch.c.source)
    )
    return tuple(
        SourceAppearance(source=source, first_at=at) for source, at in tx.execute(appearances)
    )


def _versions(
    tx: Connection, paper_id: int, lookups: Sequence[RecordedLookup]
) -> tuple[tuple[PaperVersion, ...], tuple[PaperOrigin, ...]]:
    table = schema.revision.c
    of_paper = select(table.id, table.recorded_at).where(table.paper_id == paper_id)
    times = {row.id: row.recorded_at for row in tx.execute(of_paper)}
    stored = sorted(revisions.by_id(tx, times).values(), key=lambda item: item.number)
    before = [None, *(item.paper for item in stored)]
    versions = tuple(
        PaperVersion(
            number=item.number,
            title=item.paper.title,
            source=item.source,
            contributor=item.contributor,
            version=item.paper.version,
            at=times[item.revision_id],
            added=added_parts(previous, item.paper),
        )
        for previous, item in zip(before, stored, strict=False)
    )
    evidence = {source_of(item.service): item.evidence for item in lookups}
    told = [
        (source := item.contributor or item.source, item.at, evidence.get(source, ""), item.added)
        for item in versions
    ]
    return versions, origins(told, stored[-1].paper) if stored else ()


def _lookups(tx: Connection, paper_id: int) -> tuple[RecordedLookup, ...]:
    table = schema.lookup
    of_paper = select(table).where(table.c.paper_id == paper_id).order_by(table.c.asked_at)
    return tuple(
        RecordedLookup(
            service=row.service, outcome=row.outcome, at=row.asked_at, evidence=row.evidence
        )
        for row in tx.execute(of_paper)
    )


def _merges(tx: Connection, paper_id: int) -> tuple[RecordedMerge, ...]:
    table = schema.merge
    rows = tx.execute(select(table).where(table.c.paper_id == paper_id).order_by(table.c.id))
    return tuple(RecordedMerge(alias_id=row.alias_id, reason=row.reason, at=row.at) for row in rows)
