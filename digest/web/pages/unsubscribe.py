"""The page of the unsubscribe link, and the one-click POST of mail programs (RFC 8058).

GET and HEAD change nothing, because link scanners of mail providers send them. A POST changes a
subscription by its token alone, without login, cookie or redirect. The answer to a POST depends on
the signature of the token alone, never on the database, so it does not tell whether an address or a
subscription exists.
"""

from collections.abc import Awaitable, Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digest.core.subscribers import signed_tokens
from digest.errors import StoreError
from digest.pipeline.signup import undo
from digest.pipeline.signup.undo import Undoable
from digest.pipeline.subscribers import unsubscribe
from digest.web.pages.preferences.requests import offer_undo
from digest.web.security.forms import BodyRefused, read_fields
from digest.web.site import Site

Endpoint = Callable[[Request], Awaitable[Response]]

_ONE_CLICK = ("List-Unsubscribe", "One-Click")


def page(site: Site) -> Endpoint:
    """Returns the endpoint that asks for confirmation."""

    async def show(request: Request) -> Response:
        # The page of a wrong token has no button, because the button could not do anything.
        if not _is_signed(site, request):
            return site.pages.for_request(request).answer("incomplete", status=404)
        pages, title = site.pages.for_request(request), _title(site, request)
        if title:
            return pages.render("unsubscribe_list", script=False, title=title)
        return pages.answer("unsubscribe")

    return show


def change(site: Site) -> Endpoint:
    """Returns the endpoint that unsubscribes, pauses and resumes."""

    async def apply(request: Request) -> Response:
        try:
            wish = _wish(await read_fields(request))
        except BodyRefused as refusal:
            return site.pages.for_request(request).answer("again", status=refusal.status)
        if wish is None:
            return site.pages.for_request(request).answer("again", status=400)
        if not _is_signed(site, request):
            # Not a redirect and not a success: a mail provider would tell its user that it worked.
            return site.pages.for_request(request).answer("incomplete", status=404)
        try:
            # In a thread, because the database would block all other requests.
            language = site.pages.for_request(request).translation.code
            title = _title(site, request)
            # The page without the name of a list speaks of all mail.
            everything = wish == "everything" or (wish == "left" and not title)
            token = request.path_params["token"]
            await run_in_threadpool(_apply, site, wish, token, language, everything=everything)
        except StoreError as error:
            site.log(f"serve: {error}")
            return site.pages.for_request(request).answer(
                "later", status=503, headers={"Retry-After": "300"}
            )
        pages = site.pages.for_request(request)
        if title and wish in ("left", "one-click"):
            return pages.render("left_list", script=False, title=title)
        return pages.answer("left" if wish in ("one-click", "everything") else wish)

    return apply


def _is_signed(site: Site, request: Request) -> bool:
    """Tells whether this installation signed the token; does not look into the database."""
    return _number(site, request.path_params["token"]) is not None


def _number(site: Site, token: str) -> int | None:
    """Returns the subscription of a token; None if it is not valid."""
    return signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=site.link_keys)


def _title(site: Site, request: Request) -> str:
    """Returns the title of the mailing list that the link names; empty if it names none.

    The name is not signed: it only says what the page shows. The subscription of the token decides
    which list is left.
    """
    return site.list_titles.get(request.query_params.get("list", ""), "")


def _apply(site: Site, wish: str, token: str, language: str, *, everything: bool) -> None:
    number, now = _number(site, token), site.clock()
    if number is None:
        return
    before = undo.state_of(site.store, number)
    if wish in ("left", "one-click", "everything"):
        origin = "one-click" if wish == "one-click" else "web"
        unsubscribe.unsubscribe(
            site.store, token, keys=site.keys, origin=origin, now=now, everything=everything
        )
    else:
        unsubscribe.set_paused(site.store, token, keys=site.keys, paused=wish == "paused")
    # A one-click POST comes from the reader's own mail program. The page may be that of a forwarded
    # message.
    if wish in ("left", "everything", "paused") and site.readers is not None:
        offer_undo(
            site.store,
            site.readers,
            number,
            Undoable.PAUSED if wish == "paused" else Undoable.LEFT,
            before=before,
            language=language,
            now=now,
        )


def _wish(form: Sequence[tuple[str, str]]) -> str | None:
    """Returns what a POST asks for: left, everything, one-click, paused or resumed; else None."""
    fields = dict(form)
    if fields.get(_ONE_CLICK[0]) == _ONE_CLICK[1]:
        return "one-click"
    wish = fields.get("wish")
    return wish if wish in ("left", "everything", "paused", "resumed") else None
