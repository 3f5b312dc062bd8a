"""The page that mails a reader the link to the own preferences, and tells nobody who is one."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.reader_text import ReaderText
from digest.core.signup.limits import RequestVerdict
from digest.core.signup.link_tokens import LinkPurpose, is_filled_by_a_person, verify_link
from digest.core.subscribers.email_addresses import check_address
from digest.pipeline.signup import asking
from digest.pipeline.signup.asking import RequestKind
from digest.web.pages.guarded import SentForm, Visit
from digest.web.pages.proofs import new_challenge, solved_challenge


async def show_link(visit: Visit) -> Response:
    """Shows the field for the address."""
    return _form(visit)


async def ask_link(visit: Visit, form: SentForm) -> Response:
    """Takes the request; the answer is the same for every address."""
    now = visit.now
    email = form.fields.get("email", "").strip()
    token = verify_link(LinkPurpose.FORM, form.fields.get("form", ""), secrets=visit.keys)
    try:
        check_address(email)
    except ValueError:
        return _form(
            visit, email=email, problem=ReaderText("Please write your e-mail address."), status=422
        )
    if token is None or form.fields.get("website") or not is_filled_by_a_person(token, now):
        return _form(
            visit, email=email, problem=ReaderText("Please press the button again."), status=422
        )
    result = await run_in_threadpool(
        lambda: asking.ask(
            visit.store,
            kind=RequestKind.LINK,
            email=email,
            wish={},
            network=visit.network,
            rules=visit.readers.rules,
            now=now,
            proof=solved_challenge(visit, form.fields),
            language=visit.language,
        )
    )
    if result.verdict is RequestVerdict.PROVE:
        return _form(visit, email=email, challenge=new_challenge(visit), status=422)
    if result.request_id is None:
        closed = result.verdict is RequestVerdict.CLOSE
        return visit.pages.render("busy", status=429, closed=closed)
    visit.readers.outbox.poke()
    return visit.pages.render("link_sent")


def _form(
    visit: Visit,
    *,
    email: str = "",
    problem: str = "",
    challenge: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    return visit.pages.render(
        "link",
        status=status,
        email=email,
        problem=problem,
        challenge=challenge,
        contact=visit.readers.contact,
        form=visit.link(LinkPurpose.FORM, 0),
    )
