"""Papers + what is known of them -> what is to be announced.

Votes, comments and list positions change all day and take no part: new is what was never
seen, whatever its date. A paper that its source lists again days later is not announced
again.
"""

from collections.abc import Mapping, Sequence

from digest.core.identity import title_key
from digest.core.model import Diff, Finding, Kind, Known, Paper, Rejection, Verdict


def diff(papers: Sequence[Paper], known: Mapping[str, Known], *, source: str) -> Diff:
    """Identify the papers of a batch and say which are news.

    Args:
        papers: in the source's order.
        known: what the store has seen of them, by title key; more than asked does no harm.
        source: the name of the batch's source.

    Returns:
        Each paper once, at the place of its first appearance: `NEW` if it was never seen,
        `LISTED` if this source shows it for the first time, otherwise no kind. And how many
        papers repeated an earlier one.
    """
    findings: dict[str, Finding] = {}
    for paper in papers:
        key = title_key(paper.title)
        if key not in findings:
            findings[key] = _finding(paper, key, known.get(key), source)
    return Diff(findings=tuple(findings.values()), repeats=len(papers) - len(findings))


def verdict(found: Diff, rejected: Sequence[Rejection]) -> Verdict:
    """What a batch brought, from what could be read of it and what could not.

    An empty batch is unexpected here: only its source knows of days without papers.
    """
    if rejected:
        return Verdict.PARTIAL if found.findings else Verdict.FAILED
    if not found.findings:
        return Verdict.EMPTY_UNEXPECTED
    if any(finding.kind for finding in found.findings):
        return Verdict.FRESH
    return Verdict.UNCHANGED


def _finding(paper: Paper, key: str, known: Known | None, source: str) -> Finding:
    if known is None:
        return Finding(paper=paper, title_key=key, paper_id=None, kind=Kind.NEW)
    kind = None if source in known.sources else Kind.LISTED
    return Finding(paper=paper, title_key=key, paper_id=known.paper_id, kind=kind)
