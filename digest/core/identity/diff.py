"""Papers + what is known of them -> what is to be announced.

docs/deduplication.md has the rules. Papers are taken one after the other, each against what is
known including those before it, so that it does not matter how a sequence is cut into
batches. Votes, comments, list positions and dates of publication take no part: new is what
was never seen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from digest.core.identity.identifiers import title_key
from digest.core.identity.matcher import PaperMatcher, PaperRecord
from digest.core.identity.precedence import merge_metadata, sort_key, source_priority
from digest.core.models.matching import BatchDiff, IdentifiedPaper, KnownPaper
from digest.core.models.papers import AnnouncementKind, Paper


def diff(papers: Sequence[Paper], known: Mapping[Any, KnownPaper], *, source: str) -> BatchDiff:
    """Identify the papers of a batch and say which are news.

    Args:
        papers: in the source's order.
        known: what the store has seen of them, under whatever keys; more than asked does no
            harm.
        source: the name of the batch's source.

    Returns:
        Each paper once, at the place of its first appearance: `NEW` if it was never seen,
        `LISTED` if this source shows it for the first time, `REVISED` if there is a new
        version, `WITHDRAWN` once if its source takes it back, otherwise no kind. And how
        many papers repeated an earlier one.
    """
    pool = PaperMatcher(known.values(), papers)
    for place, paper in enumerate(papers):
        key = title_key(paper.title)
        record, joined = pool.identify(paper, key)
        kind = _kind(paper, key, record, source)
        finding = IdentifiedPaper(
            paper=paper, title_key=key, paper_id=record.paper_id, kind=kind, joined=joined
        )
        record.see(place, finding, source=source)
    shown = sorted(
        (record for record in dict.fromkeys(pool.records) if record.shown),
        key=lambda record: record.shown[0][0],
    )
    findings = tuple(_together(record, source) for record in shown)
    return BatchDiff(findings=findings, repeats=len(papers) - len(findings))


def _kind(paper: Paper, key: str, record: PaperRecord, source: str) -> AnnouncementKind | None:
    """Why a paper is announced that was found to be this record."""
    if not record.sources:
        # Never seen, and yet not new: its source says that it is old, or gone.
        unseen = {
            AnnouncementKind.REVISED: AnnouncementKind.REVISED,
            AnnouncementKind.WITHDRAWN: None,
        }
        return (
            unseen.get(paper.notice, AnnouncementKind.NEW) if paper.notice else AnnouncementKind.NEW
        )
    if paper.notice is AnnouncementKind.WITHDRAWN:
        return None if record.withdrawn else AnnouncementKind.WITHDRAWN
    if _is_revised(paper, key, record):
        return AnnouncementKind.REVISED
    return None if source in record.sources or record.withdrawn else AnnouncementKind.LISTED


def _is_revised(paper: Paper, key: str, record: PaperRecord) -> bool:
    """By the version where the source counts; else by its word, if that brings anything new."""
    said = paper.notice is AnnouncementKind.REVISED
    if paper.version is not None:
        return said if record.version is None else paper.version > record.version
    if paper.updated is not None:
        return said and (record.updated is None or paper.updated > record.updated)
    # An old record's abstract is forgotten: then it tells nothing.
    other_words = record.abstract not in ("", paper.abstract)
    return said and (other_words or key != title_key(record.title))


def _together(record: PaperRecord, source: str) -> IdentifiedPaper:
    """All that a batch shows of one paper, as one finding at its first place."""
    findings = [finding for _, finding in record.shown]
    paper = findings[0].paper
    for finding in findings[1:]:
        more = finding.paper
        stronger = sort_key(source_priority(more), more) > sort_key(source_priority(paper), paper)
        paper = merge_metadata(paper, more, replaces=stronger)
    kind = next((finding.kind for finding in findings if finding.kind), None)
    if (
        kind is AnnouncementKind.NEW and record.paper_id is not None
    ):  # a later paper of the batch told
        kind = None if source in record.sources_before else AnnouncementKind.LISTED
    keys = dict.fromkeys(finding.title_key for finding in findings)
    return IdentifiedPaper(
        paper=paper,
        title_key=findings[0].title_key,
        paper_id=record.paper_id,
        kind=kind,
        other_keys=tuple(keys)[1:],
        joined=tuple(item for finding in findings for item in finding.joined),
    )
