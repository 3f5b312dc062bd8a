"""Stores what a service found, by the rules of identity that hold for every source."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from digest.core.batch_limits import within_limits
from digest.core.enrichment.outcomes import LookupAnswer, LookupOutcome, WantedPaper
from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.models.batches import Batch, Verdict
from digest.core.models.matching import IdentifiedPaper
from digest.core.models.papers import Paper
from digest.pipeline.enrichment.report import Service
from digest.store.database.store import Connection
from digest.store.enrichment import lookups
from digest.store.papers import batches, merges
from digest.store.papers.lookup import find_known_papers

_BY_ID = "its arXiv id"


class Found(Struct, frozen=True, kw_only=True):
    """A record that is surely a stored paper."""

    wanted: WantedPaper
    record: Paper
    address: str  # of the answer
    evidence: str  # what shows it


def record_found(
    tx: Connection,
    service: Service,
    matches: Sequence[Found],
    outcomes: Mapping[int, LookupOutcome],
    *,
    now: datetime,
) -> tuple[int, int]:
    """Stores the records that were found, and what the service said about each paper.

    A record that the rules of identity do not join with the paper is not stored, and the paper
    counts as not found.

    Args:
        tx: Write transaction.
        service: The service.
        matches: What was found.
        outcomes: For each paper that the service was asked for: not found. Those that were found
            are changed here.
        now: The current time.

    Returns:
        How many papers were identified, and how many others got an abstract.
    """
    shown: list[Paper] = []
    for match in matches:
        shown += _as_shown(match.record, match.wanted.paper, service)
    origin = matches[0].address if matches else ""
    stays = _record(
        tx, service, shown, {item.wanted.paper_id for item in matches}, origin=origin, now=now
    )
    final = {stays.get(paper_id, paper_id): outcome for paper_id, outcome in outcomes.items()}
    found = dict.fromkeys(stays.values(), LookupOutcome.FOUND)
    evidence = {
        stays[item.wanted.paper_id]: item.evidence
        for item in matches
        if item.wanted.paper_id in stays
    }
    lookups.record_lookups(tx, service.name, final | found, evidence, now=now)
    identified = sum(
        item.wanted.paper_id in stays and not item.wanted.is_identified for item in matches
    )
    return identified, len(stays) - identified


def record_descriptions(
    tx: Connection,
    service: Service,
    wanted: Mapping[int, str],
    answer: LookupAnswer,
    *,
    now: datetime,
) -> int:
    """Stores what arXiv says about papers whose arXiv ids are known.

    Args:
        tx: Write transaction.
        service: arXiv.
        wanted: The arXiv id of each paper, by paper id.
        answer: The answer.
        now: The current time.

    Returns:
        How many papers were described.
    """
    by_id = {
        name.value: paper
        for paper in answer.papers
        for name in paper.identifiers
        if name.scheme == "arxiv"
    }
    shown = {paper_id: by_id[value] for paper_id, value in wanted.items() if value in by_id}
    papers = [_without_day(paper) for paper in shown.values()]
    stays = _record(tx, service, papers, set(shown), origin=answer.address, now=now)
    outcomes = {
        stays.get(paper_id, paper_id): LookupOutcome.FOUND
        if paper_id in stays
        else LookupOutcome.ABSENT
        for paper_id in wanted
    }
    evidence = dict.fromkeys(stays.values(), _BY_ID)
    lookups.record_lookups(tx, service.name, outcomes, evidence, now=now)
    return len(stays)


def _as_shown(record: Paper, wanted: Paper, service: Service) -> list[Paper]:
    """Returns the record as a source would show it, and again under the title that was asked for.

    Both have the same identifiers, so the rules of identity join them with the stored paper.
    """
    paper = _without_day(record)
    if not service.gives_text:
        # Its own page does not show such an abstract, so that readers are told where it is from.
        abstract = "" if wanted.abstract else paper.abstract
        paper = replace(paper, abstract=abstract, abstract_from=service.name if abstract else "")
    if title_key(record.title) == title_key(wanted.title):
        return [paper]
    return [paper, Paper(title=wanted.title, identifiers=record.identifiers)]


def _without_day(paper: Paper) -> Paper:
    """Returns the paper without what belongs to a list, not to the paper."""
    return replace(paper, position=None, notice=None)


def _record(
    tx: Connection,
    service: Service,
    papers: Sequence[Paper],
    wanted: set[int],
    *,
    origin: str,
    now: datetime,
) -> dict[int, int]:
    """Stores the papers as a batch without announcements.

    Returns:
        For each wanted paper that was joined with one of them, the id of its record now.
    """
    if not papers:
        return {}
    batch = within_limits(Batch(source=service.source, origin=origin, papers=tuple(papers)))
    compared = diff(
        batch.papers,
        find_known_papers(tx, batch.papers, now=now),
        source=service.source,
        trust=service.trust,
    )
    kept: list[IdentifiedPaper] = []
    stays: dict[int, int] = {}
    for finding in compared.findings:
        # What is not a wanted paper would be a new one, which nobody announced.
        if finding.paper_id is None:
            continue
        joined = {finding.paper_id, *merges.merged_ids(finding)} & wanted
        if joined:
            kept.append(replace(finding, kind=None))
            stays |= dict.fromkeys(joined, finding.paper_id)
    if not kept:
        return {}
    batches.record_batch(
        tx,
        batch=replace(batch, papers=tuple(finding.paper for finding in kept)),
        diff=replace(compared, findings=tuple(kept), repeats=0),
        verdict=Verdict.UNCHANGED,
        now=now,
        trust=service.trust,
    )
    lookups.show_latest_texts(tx, set(stays.values()))
    return stays
