"""The page that waits for the code, and the page behind the link of a message."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.reader_text import ReaderText
from digest.core.signup.limits import REQUEST_LIFE
from digest.core.signup.link_tokens import LinkPurpose, SignedLink, verify_link
from digest.pipeline.signup import confirming
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.signup.confirming import ConfirmOutcome
from digest.web.pages.guarded import SentForm, Visit


async def show_waiting(visit: Visit) -> Response:
    """Shows the field for the code; the database is not asked."""
    if (refusal := _refusal(visit, _link(visit, LinkPurpose.WAITING))) is not None:
        return refusal
    return visit.pages.render("waiting", problem="", used_up=False)


async def type_code(visit: Visit, form: SentForm) -> Response:
    """Confirms a request by its code."""
    link = _link(visit, LinkPurpose.WAITING)
    if (refusal := _refusal(visit, link)) is not None or link is None:
        return refusal or _incomplete(visit)
    outcome, found = await run_in_threadpool(
        confirming.check_code,
        visit.store,
        link.number,
        form.fields.get("code", "")[:40],
        keys=visit.keys,
    )
    if outcome is ConfirmOutcome.EXPIRED:
        return _expired(visit)
    if found is None:
        used_up = outcome is ConfirmOutcome.USED_UP
        problem = (
            ReaderText(
                "Too many codes were tried. The button behind the link in the message still works."
            )
            if used_up
            else ReaderText("This is not the code of the message. Please look again.")
        )
        return visit.pages.render("waiting", status=422, problem=problem, used_up=used_up)
    if found.kind == RequestKind.CODE and found.subscription_id is not None:
        token = visit.link(LinkPurpose.MANAGE, found.subscription_id)
        return visit.go_to(f"/p/{token}")
    return await _confirm(visit, link.number, way="code")


async def show_confirm(visit: Visit) -> Response:
    """Shows the button; programs that open links change nothing."""
    if (refusal := _refusal(visit, _link(visit, LinkPurpose.CONFIRM))) is not None:
        return refusal
    return visit.pages.render("confirm")


async def press_confirm(visit: Visit, form: SentForm) -> Response:
    """Confirms a request by the button behind its link."""
    del form
    link = _link(visit, LinkPurpose.CONFIRM)
    if (refusal := _refusal(visit, link)) is not None or link is None:
        return refusal or _incomplete(visit)
    return await _confirm(visit, link.number, way="link")


async def _confirm(visit: Visit, request_id: int, *, way: str) -> Response:
    now = visit.now
    confirmed = await run_in_threadpool(
        lambda: confirming.confirm(
            visit.store,
            request_id,
            way=way,
            keys=visit.site.keys,
            profiles=visit.readers.load_profiles(),
            now=now,
        )
    )
    if confirmed.outcome is ConfirmOutcome.EXPIRED:
        return _expired(visit)
    number = confirmed.subscription_id
    if confirmed.outcome is ConfirmOutcome.IMPOSSIBLE or number is None:
        return visit.pages.render("impossible", status=409, contact=visit.readers.contact)
    visit.readers.outbox.poke()  # a change of the address tells the old one
    visit.readers.first_digests.make(number)
    token = visit.link(LinkPurpose.MANAGE, number)
    return visit.pages.render("confirmed", token=token, kind=str(confirmed.kind))


def _link(visit: Visit, purpose: LinkPurpose) -> SignedLink | None:
    return verify_link(purpose, visit.request.path_params["token"], secrets=visit.keys)


def _refusal(visit: Visit, link: SignedLink | None) -> Response | None:
    if link is None:
        return _incomplete(visit)
    if link.age(visit.now) > REQUEST_LIFE:
        return _expired(visit)
    return None


def _incomplete(visit: Visit) -> Response:
    return visit.pages.render("cut", status=404)


def _expired(visit: Visit) -> Response:
    return visit.pages.render("expired", status=410)
