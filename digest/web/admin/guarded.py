"""What all of the operator's pages have in common: the session, the checks of forms, the log.

A page without a session leads to the page to sign in. A form is refused without a session, without the
token of this session, or if it does not come from a page of this site.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.app.application import App
from digest.errors import DigestError, StoreError
from digest.pipeline.admin import actions, sign_in
from digest.pipeline.admin.sign_in import OperatorSession
from digest.store.database.store import Store
from digest.web.admin.site import AdminSite
from digest.web.pages.guarded import SentForm, Visit, changing, showing
from digest.web.security.forms import LARGE_BODY
from digest.web.security.headers import redirect_headers
from digest.web.security.origin import is_from_own_page
from digest.web.site import Site

Item = TypeVar("Item")

_LONGEST = 320  # characters; an address has at most 254
LANGUAGE = "en"  # these pages are not translated

SECTIONS = (
    ("", "Today"),
    ("/readers", "Readers"),
    ("/queue", "Queue"),
    ("/sources", "Sources"),
    ("/import", "Import"),
    ("/plots", "Plots"),
    ("/log", "Log"),
    ("/settings", "Settings"),
)


class OperatorVisit(Struct, frozen=True):
    """A request of an operator, or of somebody who wants to sign in."""

    visit: Visit
    admin: AdminSite
    session: OperatorSession | None

    @property
    def store(self) -> Store:
        """The database."""
        return self.visit.store

    @property
    def app(self) -> App:
        """The program over the home."""
        return self.admin.app

    @property
    def now(self) -> datetime:
        """The time of the request."""
        return self.visit.now

    def asked(self, name: str) -> str:
        """Returns a value behind the `?` of the address; empty if it is not there."""
        # PostgreSQL takes no NUL, and nothing that is searched for is longer.
        return self.visit.request.query_params.get(name, "").replace("\0", "")[:_LONGEST]

    @property
    def root(self) -> str:
        """The path of the operator's pages."""
        return f"{self.visit.readers.root}/admin"

    @property
    def who(self) -> str:
        """The address of the operator; empty if nobody is signed in."""
        return self.session.email if self.session else ""

    def number(self, name: str = "number") -> int:
        """Returns a number in the path; 0, which nothing has, if it is none."""
        return whole_number(str(self.visit.request.path_params[name]), default=0)

    def render(self, name: str, *, section: str = "", status: int = 200, **values: Any) -> Response:
        """Returns a page.

        Args:
            name: of its template in `web/admin`.
            section: the part of the pages to which it belongs, as in SECTIONS.
            status: the HTTP status.
            **values: what the page shows.
        """
        token = sign_in.form_token(self.session, secret=self.visit.keys[0]) if self.session else ""
        pages = self.visit.site.pages.of(LANGUAGE)
        said = {"problem": "", "notice": "", "now": self.now, **values}
        return pages.render_for_operator(
            name,
            status=status,
            admin=self.root,
            sections=SECTIONS,
            section=section,
            who=self.who,
            form_token=token,
            **said,
        )

    def missing(self) -> Response:
        """Returns the answer for what does not exist."""
        return self.render("missing", status=404)

    def go_to(self, path: str, **query: str) -> Response:
        """Returns a redirect to another of the operator's pages, after a form was sent."""
        asked = f"?{urlencode(query)}" if query else ""
        return RedirectResponse(
            f"{self.root}{path}{asked}", status_code=303, headers=redirect_headers()
        )

    async def do(self, action: str, subject: str, step: Callable[[], str]) -> str:
        """Does an action in a thread, and logs it; returns its result in words.

        Raises:
            DigestError: it cannot be done; this is logged too.
        """
        return await run_in_threadpool(
            lambda: actions.logged(
                self.store, step, who=self.who, action=action, subject=subject, now=self.now
            )
        )


Show = Callable[[OperatorVisit], Awaitable[Response]]
Change = Callable[[OperatorVisit, SentForm], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def cookie_name(admin: AdminSite) -> str:
    """Returns the name of the cookie; with https, one that no other site can set."""
    return "__Host-digest-admin" if admin.is_secure else "digest-admin"


def set_cookie(answer: Response, operator: OperatorVisit, token: str) -> Response:
    """Adds the cookie of a session to an answer; an empty token removes it."""
    admin = operator.admin
    answer.set_cookie(
        cookie_name(admin),
        token,
        max_age=None if token else 0,
        # The name of a secure cookie demands the path "/".
        path="/" if admin.is_secure else operator.root,
        secure=admin.is_secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def operators_page(site: Site, admin: AdminSite, show: Show) -> Endpoint:
    """Returns the endpoint of a page for operators who are signed in."""

    async def page(visit: Visit) -> Response:
        operator = await _operator(visit, admin)
        if operator.session is None:
            return operator.go_to("/sign-in")
        return await show(operator)

    return showing(site, page)


def operators_form(
    site: Site, admin: AdminSite, change: Change, *, max_body: int = LARGE_BODY
) -> Endpoint:
    """Returns the endpoint of a form for operators who are signed in."""

    async def sent(visit: Visit, form: SentForm) -> Response:
        operator = await _operator(visit, admin)
        session = operator.session
        token = form.fields.get("form", "")
        if (
            session is None
            or not is_from_own_page(visit.request, visit.readers.base_url)
            or not sign_in.is_form_token(token, session, secrets=visit.keys)
        ):
            return operator.render("refused", status=403)
        try:
            return await change(operator, form)
        except StoreError:
            raise
        except DigestError as error:
            return operator.render("failed", status=422, problem=str(error))

    return changing(site, sent, max_body=max_body)


def open_page(site: Site, admin: AdminSite, show: Show) -> Endpoint:
    """Returns the endpoint of a page to sign in."""

    async def page(visit: Visit) -> Response:
        return await show(OperatorVisit(visit, admin, None))

    return showing(site, page)


def open_form(site: Site, admin: AdminSite, change: Change) -> Endpoint:
    """Returns the endpoint of a form to sign in."""

    async def sent(visit: Visit, form: SentForm) -> Response:
        operator = OperatorVisit(visit, admin, None)
        if not is_from_own_page(visit.request, visit.readers.base_url):
            return operator.render("refused", status=403)
        return await change(operator, form)

    return changing(site, sent)


async def _operator(visit: Visit, admin: AdminSite) -> OperatorVisit:
    cookie = visit.request.cookies.get(cookie_name(admin), "")
    session = await run_in_threadpool(
        lambda: sign_in.find_session(visit.store, cookie, operators=admin.operators, now=visit.now)
    )
    return OperatorVisit(visit, admin, session)


def page_of(items: Sequence[Item], number: int, *, size: int) -> Sequence[Item]:
    """Returns the items of a page, counted from 1."""
    return items[(number - 1) * size : number * size]


def whole_number(text: str, *, default: int, most: int = 10**15) -> int:
    """Returns a positive number that somebody wrote into an address; the default if it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 15
    return min(int(text), most) if is_number and int(text) > 0 else default
