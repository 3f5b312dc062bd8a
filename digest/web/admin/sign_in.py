"""The pages to sign in and out. Their answers do not tell who is an operator."""

from datetime import timedelta
from secrets import token_urlsafe

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.signup.limits import RequestVerdict
from digest.core.signup.link_tokens import LinkPurpose, SignedLink, verify_link
from digest.core.signup.operator_sessions import SIGN_IN_LIFE
from digest.core.subscribers.email_addresses import check_address
from digest.pipeline.admin import sign_in
from digest.pipeline.signup.confirming import ConfirmOutcome
from digest.web.admin.guarded import OperatorVisit, set_cookie
from digest.web.pages.guarded import SentForm

_WRONG = "This is not the code of the message. Look at it again."
_USED_UP = "Too many codes were tried. The link in the message still works."


async def show_sign_in(operator: OperatorVisit) -> Response:
    """Shows the field for the address."""
    return operator.render("sign_in", email="")


async def ask_sign_in(operator: OperatorVisit, form: SentForm) -> Response:
    """Takes the address; the answer is the same for every address."""
    email = form.fields.get("email", "").strip()
    try:
        check_address(email)
    except ValueError:
        problem = "Write your e-mail address."
        return operator.render("sign_in", email=email, problem=problem, status=422)
    visit = operator.visit
    result = await run_in_threadpool(
        lambda: sign_in.ask(
            operator.store,
            email=email,
            operators=operator.admin.operators,
            network=visit.network,
            rules=visit.readers.rules,
            now=operator.now,
        )
    )
    if result.request_id is None:
        limit = "an hour" if result.verdict is RequestVerdict.REFUSE else "some minutes"
        problem = f"Too many messages were asked for. Try again in {limit}."
        return operator.render("sign_in", email=email, problem=problem, status=429)
    visit.readers.outbox.poke()
    return operator.go_to(f"/code/{visit.link(LinkPurpose.ADMIN_WAITING, result.request_id)}")


async def show_code(operator: OperatorVisit) -> Response:
    """Shows the field for the code; the database is not asked."""
    if _link(operator, LinkPurpose.ADMIN_WAITING) is None:
        return operator.render("over", status=410)
    return operator.render("code", used_up=False)


async def type_code(operator: OperatorVisit, form: SentForm) -> Response:
    """Signs in by the code."""
    link = _link(operator, LinkPurpose.ADMIN_WAITING)
    if link is None:
        return operator.render("over", status=410)
    outcome = await run_in_threadpool(
        lambda: sign_in.check_code(
            operator.store,
            link.number,
            form.fields.get("code", "")[:40],
            keys=operator.visit.keys,
            now=operator.now,
        )
    )
    if outcome is ConfirmOutcome.EXPIRED:
        return operator.render("over", status=410)
    if outcome is not ConfirmOutcome.DONE:
        used_up = outcome is ConfirmOutcome.USED_UP
        problem = _USED_UP if used_up else _WRONG
        return operator.render("code", used_up=used_up, problem=problem, status=422)
    return await _enter(operator, link.number, way="code")


async def show_link(operator: OperatorVisit) -> Response:
    """Shows the button behind the link of a message; programs that open links sign nobody in."""
    if _link(operator, LinkPurpose.ADMIN) is None:
        return operator.render("over", status=410)
    return operator.render("link")


async def press_link(operator: OperatorVisit, form: SentForm) -> Response:
    """Signs in by the button."""
    del form
    link = _link(operator, LinkPurpose.ADMIN)
    if link is None:
        return operator.render("over", status=410)
    return await _enter(operator, link.number, way="link")


async def sign_out(operator: OperatorVisit, form: SentForm) -> Response:
    """Ends the session."""
    del form
    session = operator.session
    if session is not None:
        await run_in_threadpool(lambda: sign_in.sign_out(operator.store, session, now=operator.now))
    return set_cookie(operator.go_to("/sign-in"), operator, "")


async def _enter(operator: OperatorVisit, request_id: int, *, way: str) -> Response:
    token = token_urlsafe(32)
    session = await run_in_threadpool(
        lambda: sign_in.open_session(
            operator.store,
            request_id,
            token=token,
            operators=operator.admin.operators,
            way=way,
            now=operator.now,
        )
    )
    if session is None:
        return operator.render("over", status=410)
    # Not a redirect: a browser that came from a mail program would not send a strict cookie with it.
    return set_cookie(operator.render("entered", email=session.email), operator, token)


def _link(operator: OperatorVisit, purpose: LinkPurpose) -> SignedLink | None:
    token = operator.visit.token
    link = verify_link(purpose, token, secrets=operator.visit.keys)
    # The token has whole seconds.
    life = SIGN_IN_LIFE + timedelta(seconds=1)
    return None if link is None or link.age(operator.now) > life else link
