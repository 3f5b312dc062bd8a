"""Compares a batch with the stored papers, and decides which papers are announced.

docs/deduplication.md contains the rules. Papers are compared in the order of the batch, each with
the stored papers and with the papers before it. The result is therefore the same, however a
sequence of papers is divided into batches. A paper is new if it was never seen: votes, comments,
list positions and the age of a paper do not matter.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace

from digest.core.identity.identifiers import (
    are_separate,
    is_preprint,
    is_published,
    title_key,
)
from digest.core.identity.matcher import PaperMatch, PaperMatcher, PaperRecord
from digest.core.identity.precedence import merge_metadata, sort_key, source_priority
from digest.core.models.matching import BatchDiff, IdentifiedPaper, KnownPaper
from digest.core.models.papers import WITHDRAWALS, AnnouncementKind, Paper
from digest.core.models.trust import FULL_TRUST, SourceTrust


def diff(
    papers: Sequence[Paper],
    known: Mapping[Any, KnownPaper],
    *,
    source: str,
    trust: SourceTrust = FULL_TRUST,
    oldest: date | None = None,
) -> BatchDiff:
    """Identifies the papers of a batch, and decides why each one is announced.

    Args:
        papers: in the source's order.
        known: the stored papers that may be among them; the keys are not used, and further
            papers do no harm.
        source: the name of the batch's source.
        trust: how far this source is believed. It limits what it may change in a paper that
            another source shows too.
        oldest: papers with an earlier date are not announced when they are first seen; None: all
            are. A new source, or one that catches up, would otherwise fill the digests with them.

    Returns:
        Each paper once, in the order of first appearance. Its kind is `NEW` if it was never
        seen, `LISTED` if this source shows it for the first time, `REVISED` if there is a new
        version, `WITHDRAWN` or `RETRACTED` the first time that its source says so, `CORRECTED`
        for each correction, otherwise None. Notices about papers that are not stored are left
        out. Also the number of papers that repeated an earlier one.
    """
    matcher = PaperMatcher(known.values(), papers, source=source, trust=trust)
    for index, shown in enumerate(papers):
        key = title_key(shown.title)
        match = matcher.identify(shown, key)
        record, paper = match.record, match.paper
        if paper.notice is AnnouncementKind.WITHDRAWN and _has_other_posting(match):
            paper = _without_news(paper, record)
        is_too_old = oldest is not None and not record.sources and _is_before(paper, oldest)
        finding = IdentifiedPaper(
            paper=paper,
            title_key=match.title_key,
            paper_id=record.paper_id,
            kind=None if is_too_old else _kind(paper, key, match, source),
            is_published_now=_is_published_now(match),
            is_too_old=is_too_old,
            merged=match.merged,
            claimed=match.claimed,
        )
        # After `_kind`, which compares the paper with what was known before it.
        record.add_sighting(index, finding, source=source, priority=match.priority)
    # A record into which another one was merged is in the list twice.
    in_batch = sorted(
        (record for record in dict.fromkeys(matcher.records) if _is_paper(record)),
        key=lambda record: record.shown[0][0],
    )
    findings = tuple(_combined(record, source, trust) for record in in_batch)
    return BatchDiff(findings=findings, repeats=len(papers) - len(findings))


def _is_paper(record: PaperRecord) -> bool:
    """Whether the batch shows this paper, or a notice about it and it is stored."""
    is_known = record.paper_id is not None
    return any(is_known or not item.paper.is_notice for _, item in record.shown)


def _is_before(paper: Paper, day: date) -> bool:
    return paper.published is not None and paper.published < day


def _has_other_posting(match: PaperMatch) -> bool:
    """Whether the work was posted twice in one archive, and the paper is one of the two postings."""
    shown = match.paper.identifiers
    others = match.identifiers_before.difference(shown)
    # Journals have many DOIs of one work: those of its corrections.
    return is_preprint(shown) and is_preprint(others) and are_separate(shown, others)


def _without_news(paper: Paper, record: PaperRecord) -> Paper:
    """Returns a posting of a work that changes nothing, because the other posting stays."""
    return replace(
        paper,
        title=record.title,
        abstract=record.abstract,
        notice=None,
        version=None,
        updated=None,
    )


def _is_published_now(match: PaperMatch) -> bool:
    """Whether a stored preprint gets its first DOI of a publisher."""
    before = match.identifiers_before
    return (
        bool(match.record.sources)
        and is_preprint(before)
        and not is_published(before)
        and is_published(match.paper.identifiers)
    )


def _kind(paper: Paper, key: str, match: PaperMatch, source: str) -> AnnouncementKind | None:
    """Returns why a paper that belongs to this record is announced; None if it is not."""
    record = match.record
    if not record.sources:
        # Never seen here, but its source calls it revised or withdrawn: it is not new.
        unseen = {
            AnnouncementKind.REVISED: AnnouncementKind.REVISED,
            AnnouncementKind.WITHDRAWN: None,
            AnnouncementKind.RETRACTED: None,
        }
        return (
            unseen.get(paper.notice, AnnouncementKind.NEW) if paper.notice else AnnouncementKind.NEW
        )
    if paper.notice in WITHDRAWALS:
        return None if record.withdrawn else paper.notice
    if paper.is_notice:
        is_known = match.identifiers_before.issuperset(paper.identifiers)
        return None if is_known else paper.notice
    if _is_revised(paper, key, record, proven=match.priority <= record.held_with):
        return AnnouncementKind.REVISED
    return None if source in record.sources or record.withdrawn else AnnouncementKind.LISTED


def _is_revised(paper: Paper, key: str, record: PaperRecord, *, proven: bool) -> bool:
    """Returns True if the paper is a new version of the record.

    A higher version number is sufficient. Without version numbers, the source must call the
    paper revised, and its date, abstract or title must be new.

    Args:
        paper: from a source that may change the record; otherwise it claims nothing.
        key: its title key.
        record: the record.
        proven: False if the record's version comes from a source of lower priority. Then a
            higher number there does not prevent a revision.
    """
    called_revised = paper.notice is AnnouncementKind.REVISED
    if paper.version is not None:
        if record.version is None:
            return called_revised
        # A source with more trust may know that the stored version number was wrong, so a lower one
        # is a revision too.
        if not proven and called_revised:
            return paper.version != record.version
        return paper.version > record.version
    if paper.updated is not None:
        return called_revised and (record.updated is None or paper.updated > record.updated)
    # The abstract of an old record is deleted: an empty one proves no change.
    abstract_changed = record.abstract not in ("", paper.abstract)
    return called_revised and (abstract_changed or key != title_key(record.title))


def _combined(record: PaperRecord, source: str, trust: SourceTrust) -> IdentifiedPaper:
    """Combines all appearances of one paper in the batch into one."""

    def priority(paper: Paper) -> int:
        return source_priority(paper, trust, record.identifiers)

    findings = [finding for _, finding in record.shown]
    paper = findings[0].paper
    for finding in findings[1:]:
        more = finding.paper
        stronger = sort_key(priority(more), more) > sort_key(priority(paper), paper)
        paper = merge_metadata(paper, more, replaces=stronger)
    kind = next((finding.kind for finding in findings if finding.kind), None)
    # It seemed new, but a later paper of the batch showed that it was already stored.
    if kind is AnnouncementKind.NEW and record.paper_id is not None:
        kind = None if source in record.sources_before else AnnouncementKind.LISTED
    keys = dict.fromkeys(finding.title_key for finding in findings)
    return IdentifiedPaper(
        paper=paper,
        title_key=findings[0].title_key,
        paper_id=record.paper_id,
        kind=kind,
        # A paper that this batch shows first was no preprint before.
        is_published_now=record.paper_id is not None
        and any(finding.is_published_now for finding in findings),
        is_too_old=kind is None and any(finding.is_too_old for finding in findings),
        other_keys=tuple(keys)[1:],
        merged=tuple(item for finding in findings for item in finding.merged),
        claimed=tuple(item for finding in findings for item in finding.claimed),
    )
