"""The HTTP endpoints as an ASGI application, which `digest serve` runs.

GET and HEAD change nothing, because link scanners of mail providers send them.
"""

import re
from collections.abc import Awaitable, Callable, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from digest.app.messages.message_headers import UNSUBSCRIBE_PATH
from digest.web.admin.routes import operator_pages
from digest.web.api.guard import ApiGuard
from digest.web.api.parts import ApiParts
from digest.web.monitoring.endpoints import health_endpoint, metrics_endpoint
from digest.web.monitoring.health import Health
from digest.web.pages import confirm, feedback, link, unsubscribe
from digest.web.pages.archive import edition, offered_lists, reader_feed, reader_papers
from digest.web.pages.archive.zotero import ZoteroPages
from digest.web.pages.guarded import changing, showing
from digest.web.pages.preferences.page import PreferencesPages
from digest.web.pages.signup import SignupPages
from digest.web.security.forms import LIST_BODY
from digest.web.site import Site

Endpoint = Callable[[Request], Awaitable[Response]]


class _ApiMount(Mount):
    """Passes on every path below its own, also one with a line break, which `Mount` does not."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def create_app(site: Site, *, prefix: str = "") -> Starlette:
    """Returns the application.

    Args:
        site: the dependencies of the endpoints.
        prefix: the path of DIGEST_BASE_URL; requests are accepted with it and without it.
    """
    health = Health(
        site.store,
        clock=site.clock,
        queue_limit=site.queue_limit,
        log=site.log,
        fresh_seconds=site.fresh_seconds,
    )
    endpoints = [
        (UNSUBSCRIBE_PATH + "{token}", "GET", unsubscribe.page(site)),
        (UNSUBSCRIBE_PATH + "{token}", "POST", unsubscribe.change(site)),
        ("/healthz", "GET", health_endpoint(site, health)),
        ("/metrics", "GET", metrics_endpoint(site, health)),
        ("/assets/{name}", "GET", _asset(site)),
        *(_of_readers(site) if site.readers is not None else ()),
        *operator_pages(site),
    ]
    starts = tuple(dict.fromkeys(("", prefix)))
    routes: list[BaseRoute] = [
        Route(f"{start}{path}", endpoint, methods=[method])
        for start in starts
        for path, method, endpoint in endpoints
    ]
    if site.api is not None:
        guard = ApiGuard(site.api(health.status), _build_api)
        routes += [_ApiMount(f"{start}/api/v1", guard) for start in starts]
    missing = {404: _missing(site), 405: _missing(site)}
    application = Starlette(routes=routes, exception_handlers=missing)
    # A mail provider follows no redirect; without this, a link with "/" at its end gets one.
    application.router.redirect_slashes = False
    application.state.health = health
    application.state.site = site
    return application


def _build_api(parts: ApiParts) -> ASGIApp:
    # Imported here: FastAPI takes as long to import as all pages, and most sites have no token.
    from digest.web.api.application import build_api

    return build_api(parts)


def _of_readers(site: Site) -> Iterator[tuple[str, str, Endpoint]]:
    """Yields the endpoints of signing up and of the preferences."""
    signup, embedded, preferences = SignupPages(), SignupPages(is_framed=True), PreferencesPages()
    for path, show, change in (
        ("/", signup.show, signup.submit),
        ("/topics/{name}", signup.show, signup.submit),
        ("/embed", embedded.show, embedded.submit),
        ("/embed/{name}", embedded.show, embedded.submit),
        ("/waiting/{token}", confirm.show_waiting, confirm.type_code),
        ("/confirm/{token}", confirm.show_confirm, confirm.press_confirm),
        ("/link", link.show_link, link.ask_link),
        ("/f/{token}/{kind}", feedback.show_feedback, feedback.say_feedback),
    ):
        yield path, "GET", showing(site, show, counted_as=path)
        yield path, "POST", changing(site, change)
    yield "/p/{token}", "GET", showing(site, preferences.show, counted_as="/p/{token}")
    yield "/p/{token}", "POST", changing(site, preferences.change, max_body=LIST_BODY)
    yield "/p/{token}/data.json", "GET", showing(site, preferences.data)
    yield from _of_archive(site)


def _of_archive(site: Site) -> Iterator[tuple[str, str, Endpoint]]:
    """Yields the endpoints of the archive."""
    of_edition, of_saved = ZoteroPages(edition.for_zotero), ZoteroPages(reader_papers.for_zotero)
    for path, show in (
        ("/e/{token}", edition.show_edition),
        ("/e/{token}/papers.{form}", edition.edition_file),
        ("/e/{token}/zotero", of_edition.show),
        ("/p/{token}/papers", reader_papers.show_papers),
        ("/p/{token}/papers/saved.{form}", reader_papers.saved_file),
        ("/p/{token}/papers/zotero", of_saved.show),
        ("/p/{token}/feed", reader_feed.show_feed),
        ("/feed/{token}/{file}", reader_feed.reader_feed),
        ("/topics/{name}/archive", offered_lists.show_days),
        ("/topics/{name}/archive/feed/{file}", offered_lists.list_feed),
        ("/topics/{name}/archive/{day}", offered_lists.show_day),
        ("/topics/{name}/archive/{day}/papers.{form}", offered_lists.day_file),
        ("/sitemap.xml", offered_lists.sitemap),
        ("/robots.txt", offered_lists.robots),
    ):
        yield path, "GET", showing(site, show, counted_as=path)
    for path, change in (
        ("/e/{token}/zotero", of_edition.send),
        ("/p/{token}/papers", reader_papers.change_paper),
        ("/p/{token}/papers/zotero", of_saved.send),
        ("/p/{token}/feed", reader_feed.change_feed),
    ):
        yield path, "POST", changing(site, change)


def _asset(site: Site) -> Endpoint:
    """Returns the endpoint of the stylesheet and the scripts, whose names change with them."""
    pages = site.pages.default
    assets = {
        pages.style_name: (pages.style, "text/css"),
        pages.operator_style_name: (pages.operator_style, "text/css"),
        pages.script_name: (pages.script, "text/javascript"),
        pages.proof_script_name: (pages.proof_script, "text/javascript"),
    }

    async def asset(request: Request) -> Response:
        text, kind = assets.get(request.path_params["name"], ("", ""))
        if not kind:
            return site.pages.for_request(request).answer("missing", status=404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return Response(text, media_type=kind, headers=headers)

    return asset


def _missing(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def missing(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return site.pages.for_request(request).answer("missing", status=status)

    return missing
