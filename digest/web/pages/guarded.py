"""What all pages of the readers' site have in common: checks before, and failures after."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import anyio
from msgspec import Struct, field
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.core.models.profiles import Profile
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.errors import StoreError
from digest.pipeline.signup.choosing.week_effects import WeekPreview
from digest.store.database.store import Store
from digest.web.pages.archive.paper_cards import PaperCards
from digest.web.pages.rendered import Pages
from digest.web.security.forms import LARGE_BODY, LARGE_FIELDS, BodyRefused, read_fields
from digest.web.security.headers import redirect_headers
from digest.web.security.origin import client_network, is_from_elsewhere, is_own_host
from digest.web.site import ReaderSite, Site

_WAITING_PREVIEWS = 8


class SentForm(Struct, frozen=True, kw_only=True):
    """The fields of a form that passed the checks."""

    fields: dict[str, str]
    days: tuple[str, ...] = ()  # the only field with several values

    @property
    def wish(self) -> str:
        """The button that was pressed."""
        return self.fields.get("wish", "")


class Visit(Struct, frozen=True):
    """A request, and what is needed to answer it."""

    site: Site
    readers: ReaderSite
    request: Request
    now: datetime
    language: str  # that of the reader, or the one that the browser prefers

    @property
    def store(self) -> Store:
        """The database."""
        return self.site.store

    @property
    def keys(self) -> Sequence[bytes]:
        """The keys whose links are accepted now; the first one signs."""
        return self.site.link_keys

    @property
    def pages(self) -> Pages:
        """The pages in the language of the reader."""
        return self.site.pages.of(self.language)

    def in_language(self, language: str) -> "Visit":
        """Returns the visit of a reader with a language; empty: that of the installation."""
        return replace(self, language=self.site.pages.languages.choose(language))

    @property
    def chosen_language(self) -> str:
        """What a profile stores as the language; empty: that of the installation."""
        return "" if self.language == self.site.pages.languages.default else self.language

    @property
    def cards(self) -> PaperCards:
        """Prepares papers for the pages of the archive, in the language of the reader."""
        return self.readers.cards(self.language)

    def say(self, text: object) -> str:
        """Returns a text in the language of the reader."""
        return str(self.pages.translation.say(text))

    @property
    def token(self) -> str:
        """The token in the address; untrusted text."""
        return str(self.request.path_params["token"])

    @property
    def network(self) -> str | None:
        """The network of the client; None if it is unknown."""
        return client_network(self.request, self.readers.trusted_proxies)

    def link(self, purpose: LinkPurpose, number: int) -> str:
        """Returns a dated token that is signed now."""
        return sign_link(purpose, number, at=self.now, secret=self.keys[0])

    def go_to(self, path: str) -> Response:
        """Returns a redirect to a page of this site, after a form was sent."""
        return RedirectResponse(
            f"{self.readers.root}{path}", status_code=303, headers=redirect_headers()
        )


Show = Callable[[Visit], Awaitable[Response]]
Change = Callable[[Visit, SentForm], Awaitable[Response]]


def showing(
    site: Site, show: Show, *, counted_as: str = ""
) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint of a page that changes nothing.

    Args:
        site: the dependencies of the endpoints.
        show: returns the page.
        counted_as: the route as which its views are counted; empty: they are not.
    """

    async def endpoint(request: Request) -> Response:
        readers = site.readers
        if readers is None or not is_own_host(request, readers.base_url):
            return site.pages.for_request(request).answer("missing", status=404)
        try:
            answer = await show(_visit(site, readers, request))
            if site.admin is not None and counted_as and request.method == "GET":
                await site.admin.views.note(counted_as, status=answer.status_code)
            return answer  # noqa: TRY300 - both may fail
        except StoreError as error:
            return _unavailable(site, request, error)

    return endpoint


def changing(
    site: Site, change: Change, *, max_body: int = LARGE_BODY
) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint of a form of our own pages; a POST of another site is refused.

    Args:
        site: the dependencies of the endpoints.
        change: does what the form asks for.
        max_body: bytes of the form.
    """

    async def endpoint(request: Request) -> Response:
        readers = site.readers
        if readers is None or not is_own_host(request, readers.base_url):
            return site.pages.for_request(request).answer("missing", status=404)
        if is_from_elsewhere(request):
            return site.pages.for_request(request).answer("again", status=403)
        try:
            pairs = await read_fields(request, max_body=max_body, max_fields=LARGE_FIELDS)
        except BodyRefused as refusal:
            return site.pages.for_request(request).answer("again", status=refusal.status)
        form = SentForm(
            fields=dict(pairs), days=tuple(value for name, value in pairs if name == "days")
        )
        try:
            return await change(_visit(site, readers, request), form)
        except StoreError as error:
            return _unavailable(site, request, error)

    return endpoint


def _visit(site: Site, readers: ReaderSite, request: Request) -> Visit:
    language = site.pages.languages.accepted(request.headers.get("accept-language", ""))
    return Visit(site, readers, request, site.clock(), language)


def _unavailable(site: Site, request: Request, error: StoreError) -> Response:
    site.log(f"serve: {error}")
    return site.pages.for_request(request).answer(
        "later", status=503, headers={"Retry-After": "300"}
    )


class Previews(Struct):
    """Ranks for previews in a thread of their own, so that they delay no other page."""

    _waiting: int = 0
    _limiter: anyio.CapacityLimiter | None = field(default=None)

    async def of(self, visit: Visit, profile: Callable[[], Profile]) -> WeekPreview | None:
        """Returns what a profile would have brought; None if too many ask at the same time.

        Args:
            visit: the request.
            profile: returns the profile; it may read the database.
        """
        if self._waiting >= _WAITING_PREVIEWS:
            return None
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(1)
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(
                lambda: visit.readers.week().preview(profile(), now=visit.now),
                limiter=self._limiter,
            )
        finally:
            self._waiting -= 1
