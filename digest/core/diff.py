"""Papers + what is known of them -> what is to be announced.

docs/deduplication.md has the rules. Papers are taken one after the other, each against what is
known including those before it, so that it does not matter how a sequence is cut into
batches. Votes, comments, list positions and dates of publication take no part: new is what
was never seen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from digest.core.identity import title_key
from digest.core.model import Diff, Finding, Kind, Known, Paper
from digest.core.pool import Pool, Record
from digest.core.precedence import authority, rank, united


def diff(papers: Sequence[Paper], known: Mapping[Any, Known], *, source: str) -> Diff:
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
    pool = Pool(known.values(), papers)
    for place, paper in enumerate(papers):
        key = title_key(paper.title)
        record, joined = pool.identify(paper, key)
        kind = _kind(paper, key, record, source)
        finding = Finding(
            paper=paper, title_key=key, paper_id=record.paper_id, kind=kind, joined=joined
        )
        record.see(place, finding, source=source)
    shown = sorted(
        (record for record in dict.fromkeys(pool.records) if record.shown),
        key=lambda record: record.shown[0][0],
    )
    findings = tuple(_together(record, source) for record in shown)
    return Diff(findings=findings, repeats=len(papers) - len(findings))


def _kind(paper: Paper, key: str, record: Record, source: str) -> Kind | None:
    """Why a paper is announced that was found to be this record."""
    if not record.sources:
        # Never seen, and yet not new: its source says that it is old, or gone.
        unseen = {Kind.REVISED: Kind.REVISED, Kind.WITHDRAWN: None}
        return unseen.get(paper.notice, Kind.NEW) if paper.notice else Kind.NEW
    if paper.notice is Kind.WITHDRAWN:
        return None if record.withdrawn else Kind.WITHDRAWN
    if _is_revised(paper, key, record):
        return Kind.REVISED
    return None if source in record.sources or record.withdrawn else Kind.LISTED


def _is_revised(paper: Paper, key: str, record: Record) -> bool:
    """By the version where the source counts; else by its word, if that brings anything new."""
    said = paper.notice is Kind.REVISED
    if paper.version is not None:
        return said if record.version is None else paper.version > record.version
    if paper.updated is not None:
        return said and (record.updated is None or paper.updated > record.updated)
    # An old record's abstract is forgotten: then it tells nothing.
    other_words = record.abstract not in ("", paper.abstract)
    return said and (other_words or key != title_key(record.title))


def _together(record: Record, source: str) -> Finding:
    """All that a batch shows of one paper, as one finding at its first place."""
    findings = [finding for _, finding in record.shown]
    paper = findings[0].paper
    for finding in findings[1:]:
        more = finding.paper
        stronger = rank(authority(more), more) > rank(authority(paper), paper)
        paper = united(paper, more, replaces=stronger)
    kind = next((finding.kind for finding in findings if finding.kind), None)
    if kind is Kind.NEW and record.paper_id is not None:  # a later paper of the batch told
        kind = None if source in record.sources_before else Kind.LISTED
    keys = dict.fromkeys(finding.title_key for finding in findings)
    return Finding(
        paper=paper,
        title_key=findings[0].title_key,
        paper_id=record.paper_id,
        kind=kind,
        other_keys=tuple(keys)[1:],
        joined=tuple(item for finding in findings for item in finding.joined),
    )
