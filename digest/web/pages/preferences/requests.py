"""What the preferences ask for by mail: a code, another address, undoing."""

from datetime import datetime

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.subscribers import SubscriptionOrigin
from digest.core.reader_text import ReaderText
from digest.core.signup.link_tokens import LinkPurpose
from digest.core.subscribers.email_addresses import check_address
from digest.errors import UsageError
from digest.pipeline.signup import asking, undo
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.signup.preferences import ReaderPreferences
from digest.pipeline.signup.undo import ReaderState, Undoable
from digest.store.database.store import Store
from digest.web.pages.guarded import SentForm, Visit
from digest.web.site import ReaderSite


async def send_code(visit: Visit, found: ReaderPreferences) -> Response:
    """Mails a code, which opens everything; leads to the field for it."""
    number = await _ask(visit, found, RequestKind.CODE, found.subscription.email, {})
    if number is None:
        return visit.pages.render("busy", status=429, closed=False)
    return visit.go_to(f"/waiting/{visit.link(LinkPurpose.WAITING, number)}")


async def ask_address(visit: Visit, form: SentForm, found: ReaderPreferences) -> Response:
    """Asks the new address to confirm.

    Raises:
        UsageError: The address cannot be used, or a profile file decides; the text is for the reader.
    """
    email = form.fields.get("email", "").strip()
    try:
        check_address(email)
    except ValueError:
        raise UsageError(
            ReaderText("Please write the new address, such as ada@example.org.")
        ) from None
    if any(item.origin is SubscriptionOrigin.FILE for item in found.digests):
        raise UsageError(
            ReaderText(
                "The operator keeps your address in a file. To change it, write to %(contact)s.",
                contact=visit.readers.contact,
            )
        )
    rules = replace(visit.readers.rules, domains=())
    if not asking.may_sign_up(email, rules):
        raise UsageError(ReaderText("Addresses of this provider cannot be used here."))
    wish = {"old": found.subscription.email}
    number = await _ask(visit, found, RequestKind.ADDRESS, email, wish)
    if number is None:
        return visit.pages.render("busy", status=429, closed=False)
    return visit.pages.render("address_sent")


def offer_undo(
    store: Store,
    readers: ReaderSite,
    subscription_id: int,
    did: Undoable,
    *,
    before: ReaderState,
    language: str,
    now: datetime,
) -> None:
    """Mails a link that undoes a pause or a leaving, if something was changed."""
    if undo.offer(
        store,
        subscription_id,
        did,
        before=before,
        rules=readers.rules,
        language=language,
        now=now,
    ):
        readers.outbox.poke()


async def _ask(
    visit: Visit, found: ReaderPreferences, kind: RequestKind, email: str, wish: dict[str, str]
) -> int | None:
    """Stores a request; returns its number, or None if a limit is reached."""
    result = await run_in_threadpool(
        lambda: asking.ask(
            visit.store,
            kind=kind,
            email=email,
            wish=wish,
            network=visit.network,
            rules=visit.readers.rules,
            now=visit.now,
            language=visit.language,
            subscription_id=found.subscription.subscription_id,
        )
    )
    if result.request_id is not None:
        visit.readers.outbox.poke()
    return result.request_id
