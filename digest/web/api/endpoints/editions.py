"""Digests that were made: list them, read one as JSON, HTML or text."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.client.wire.common import MAX_ID, ApiList
from digest.client.wire.subscriptions import ApiEdition, ApiEditionSummary, ApiEntry, ApiSection
from digest.core.access.scopes import Scope
from digest.core.models.editions import EditionEntry
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.store.access import pages
from digest.store.access.pages import ListedEdition
from digest.store.archive import editions
from digest.store.archive.editions import ArchivedEdition
from digest.web.api.endpoints import converting
from digest.web.api.endpoints.converting import MAX_PAGE
from digest.web.api.parts import ApiParts, RenderedEdition
from digest.web.api.ranking_queue import Waiting
from digest.web.api.routing import ApiEndpoint, Parts

_LIST = "editions"
EditionId = Annotated[int, Path(ge=1, le=MAX_ID, description="The number of the digest.")]


def list_editions(
    parts: Parts,
    subscription: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Only those of this subscription.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries of a page.")] = 50,
) -> ApiList[ApiEditionSummary]:
    """List digests, newest first."""
    before = converting.position(_LIST, cursor)
    with parts.store.read() as tx:
        items = pages.editions_before(tx, before, limit=limit + 1, subscription_id=subscription)
    return converting.page(
        _LIST,
        [_summary(item) for item in items],
        limit=limit,
        last=[item.edition_id for item in items],
    )


def read_edition(parts: Parts, edition: EditionId) -> ApiEdition:
    """Read a digest with its papers. The papers of old digests are removed."""
    found, listed = _find(parts, edition)
    shown = found.edition
    return ApiEdition(
        **_summary(listed).model_dump(),
        sections=[
            ApiSection(topic=section.topic, entries=_entries(section.entries))
            for section in shown.sections
        ],
        trending=_entries(shown.trending),
        surplus=_entries(shown.surplus),
    )


async def read_html(parts: Parts, queue: Waiting, edition: EditionId) -> Response:
    """Read the HTML of a digest. Its links for the reader lead nowhere."""
    rendered = await _rendered(parts, queue, edition)
    return Response(rendered.html, media_type="text/html")


async def read_text(parts: Parts, queue: Waiting, edition: EditionId) -> Response:
    """Read the plain text of a digest. Its links for the reader lead nowhere."""
    rendered = await _rendered(parts, queue, edition)
    return Response(rendered.text, media_type="text/plain")


async def _rendered(parts: ApiParts, queue: Waiting, edition: int) -> RenderedEdition:
    found, _ = await run_in_threadpool(_find, parts, edition)
    if not found.is_kept:
        raise RequestRefused(RefusalKind.MISSING, "the papers of this digest were removed")
    return await queue.run(lambda: parts.render(found))


def _find(parts: ApiParts, edition_id: int) -> tuple[ArchivedEdition, ListedEdition]:
    with parts.store.read() as tx:
        found = editions.find(tx, edition_id)
        listed = pages.find_edition(tx, edition_id)
    if found is None or listed is None:
        raise RequestRefused(RefusalKind.MISSING, "there is no such digest")
    return found, listed


def _summary(item: ListedEdition) -> ApiEditionSummary:
    return ApiEditionSummary(
        id=item.edition_id,
        subscription=item.subscription_id,
        date=item.local_date,
        state=item.state.value,
        matched=item.matched,
        composed_at=item.composed_at,
        settled_at=item.settled_at,
    )


def _entries(entries: Iterable[EditionEntry]) -> list[ApiEntry]:
    return [
        ApiEntry(
            paper=converting.paper(entry.candidate),
            kind=entry.candidate.kind.value,
            score=None if entry.score is None else round(entry.score, 4),
        )
        for entry in entries
    ]


ENDPOINTS = (
    ApiEndpoint(method="GET", path="/editions", scope=Scope.EDITIONS_READ, call=list_editions),
    ApiEndpoint(
        method="GET", path="/editions/{edition}", scope=Scope.EDITIONS_READ, call=read_edition
    ),
    ApiEndpoint(
        method="GET",
        path="/editions/{edition}/html",
        scope=Scope.EDITIONS_READ,
        call=read_html,
        media_type="text/html",
    ),
    ApiEndpoint(
        method="GET",
        path="/editions/{edition}/text",
        scope=Scope.EDITIONS_READ,
        call=read_text,
        media_type="text/plain",
    ),
)
