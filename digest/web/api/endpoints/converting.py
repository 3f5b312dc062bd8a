"""Turns what the program knows into what the HTTP API shows."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from digest.client.wire.common import ApiFieldProblem, ApiList
from digest.client.wire.papers import ApiMatch, ApiPaper, ApiRankedPaper
from digest.core.access.cursors import read_cursor, write_cursor
from digest.core.editions.reasons import score_level
from digest.core.models.editions import Candidate, RankedPaper
from digest.pipeline.access.posted_profiles import ProfileFinding
from digest.pipeline.access.refusals import RefusalKind, RequestRefused

T = TypeVar("T")

MAX_PAGE = 200
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
"""PostgreSQL takes no NUL, and no name has other control characters."""


def paper(item: Candidate) -> ApiPaper:
    """Returns a paper."""
    known = item.paper
    links: dict[str, str] = {}
    for link in known.links:
        links.setdefault(link.rel, link.url)
    for rel in ("abstract", "pdf"):  # where its identifiers lead
        if url := known.link(rel):
            links.setdefault(rel, url)
    identifiers: dict[str, str] = {}
    for name in known.identifiers:
        identifiers.setdefault(name.scheme, name.value)
    return ApiPaper(
        id=item.paper_id,
        title=known.title,
        abstract=known.abstract,
        authors=list(known.authors),
        identifiers=identifiers,
        categories=list(known.categories),
        venue=known.venue,
        published=known.published,
        links=links,
        votes=known.votes,
        stars=known.stars,
        source=item.source,
    )


def ranked(items: Iterable[RankedPaper]) -> list[ApiRankedPaper]:
    """Returns ranked papers, in their order."""
    return [
        ApiRankedPaper(
            paper=paper(item.candidate),
            score=round(item.score, 4),
            level=score_level(item.score).value,
            topic=item.topic,
            matches=[
                ApiMatch(
                    keyword=match.keyword,
                    field=match.field,
                    contribution=round(match.contribution, 4),
                    words=list(match.words),
                )
                for match in item.matches
            ],
        )
        for item in items
    ]


def findings(items: Iterable[ProfileFinding]) -> list[ApiFieldProblem]:
    """Returns problems and warnings of a profile."""
    return [
        ApiFieldProblem(
            where="body.profile", problem=item.problem, line=item.line, column=item.column
        )
        for item in items
    ]


def position(kind: str, cursor: str | None) -> int | None:
    """Returns the id after which a page begins; None: at the start.

    Raises:
        RequestRefused: it is no position in this list.
    """
    if cursor is None:
        return None
    try:
        return read_cursor(kind, cursor)
    except ValueError as error:
        raise RequestRefused(RefusalKind.INVALID, f"cursor {error}") from None


def page(kind: str, items: Sequence[T], *, limit: int, last: Sequence[int]) -> ApiList[T]:
    """Returns a page of a list.

    Args:
        kind: the list, for positions.
        items: the entries, at most one more than the page has.
        limit: entries of a page.
        last: the ids of the entries.
    """
    shown = list(items[:limit])
    has_more = len(items) > limit
    return ApiList(items=shown, next=write_cursor(kind, last[limit - 1]) if has_more else None)
