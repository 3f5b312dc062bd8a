"""Papers: search, read, rank with a posted profile, explain."""

from typing import Annotated

from fastapi import Path, Query

from digest.client.wire.common import MAX_ID, ApiList
from digest.client.wire.papers import (
    ApiPaper,
    ApiPostedProfile,
    ApiRankedPaper,
    ApiRanking,
    ApiRankRequest,
)
from digest.core.access.scopes import Scope
from digest.core.models.editions import Candidate
from digest.pipeline.access import posted_profiles
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.pipeline.publishing.preview import find_papers, newest_papers, rank_stored
from digest.store.access import pages
from digest.store.papers import announcements
from digest.web.api.endpoints import converting
from digest.web.api.endpoints.converting import MAX_PAGE
from digest.web.api.parts import ApiParts
from digest.web.api.ranking_queue import Waiting
from digest.web.api.routing import ApiEndpoint, Parts

_LIST = "papers"
PaperId = Annotated[int, Path(ge=1, le=MAX_ID, description="The number of the paper.")]


def list_papers(
    parts: Parts,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="An id, an identifier such as `arxiv:2508.13426`, or part of a title."
            " At most 5 papers are found. Without it, all papers are listed, newest first.",
        ),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Papers of a page.")] = 50,
) -> ApiList[ApiPaper]:
    """Search or list papers."""
    if q is not None and q.strip():
        found = [converting.paper(item) for item in find_papers(parts.store, q)]
        return ApiList(items=found[:limit], next=None)
    before = converting.position(_LIST, cursor)
    with parts.store.read() as tx:
        items = pages.papers_before(tx, before, limit=limit + 1)
    return converting.page(
        _LIST,
        [converting.paper(item) for item in items],
        limit=limit,
        last=[item.paper_id for item in items],
    )


def read_paper(parts: Parts, paper: PaperId) -> ApiPaper:
    """Read a paper. The number of a merged record gives the paper that stayed."""
    return converting.paper(_find(parts, paper))


async def rank_papers(parts: Parts, queue: Waiting, body: ApiRankRequest) -> ApiRanking:
    """Rank the newest stored papers with a profile."""

    def rank() -> ApiRanking:
        profile = posted_profiles.parse(parts.store, body.profile)
        papers = newest_papers(parts.store)
        found = rank_stored(
            parts.store,
            profile,
            now=parts.clock(),
            candidates=papers,
            models=parts.models(),
        )
        return ApiRanking(considered=len(papers), ranked=converting.ranked(found[: body.limit]))

    return await queue.run(rank)


async def explain_paper(
    parts: Parts, queue: Waiting, paper: PaperId, body: ApiPostedProfile
) -> ApiRankedPaper:
    """Explain the score of a paper for a profile: the points of each keyword."""

    def explain() -> ApiRankedPaper:
        profile = posted_profiles.parse(parts.store, body.profile)
        (found,) = rank_stored(
            parts.store,
            profile,
            now=parts.clock(),
            candidates=[_find(parts, paper)],
            keep_all=True,
            models=parts.models(),
        )
        return converting.ranked([found])[0]

    return await queue.run(explain)


def _find(parts: ApiParts, paper_id: int) -> Candidate:
    with parts.store.read() as tx:
        number = pages.paper_number(tx, paper_id)
        found = [] if number is None else announcements.papers_by_id(tx, [number])
    if not found:
        raise RequestRefused(RefusalKind.MISSING, "there is no such paper")
    return found[0]


ENDPOINTS = (
    ApiEndpoint(method="GET", path="/papers", scope=Scope.PAPERS_READ, call=list_papers),
    ApiEndpoint(method="GET", path="/papers/{paper}", scope=Scope.PAPERS_READ, call=read_paper),
    ApiEndpoint(method="POST", path="/papers/rank", scope=Scope.PAPERS_READ, call=rank_papers),
    ApiEndpoint(
        method="POST",
        path="/papers/{paper}/explain",
        scope=Scope.PAPERS_READ,
        call=explain_paper,
    ),
)
