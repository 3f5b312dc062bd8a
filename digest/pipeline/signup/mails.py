"""Decides which message answers a request; only here is its address looked up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from digest.core.models.subscribers import AddressStatus
from digest.core.signup.limits import REQUEST_LIFE
from digest.core.signup.link_tokens import LinkPurpose, code_of, sign_link
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.subscribers import leavings
from digest.store.database.store import Store
from digest.store.signup import requests
from digest.store.signup.requests import SiteRequest
from digest.store.subscribers import subscriptions

_RETRY = timedelta(minutes=5)


class SiteMail(Struct, frozen=True, kw_only=True):
    """A message to write, by the name of its template."""

    request: SiteRequest
    language: str  # in which it was asked for; empty: the default one
    template: str  # confirm | already | link | code | address | moved | undo | admin
    code: str = ""
    token: str = ""  # of its link
    links: tuple[tuple[str, str], ...] = ()  # names of subscriptions, and tokens of their pages

    @property
    def list_name(self) -> str | None:
        """The mailing list that it is about."""
        return self.request.wish.get("list")


def take_mail(store: Store, *, key: bytes, keys: Sequence[bytes], now: datetime) -> SiteMail | None:
    """Takes the next request that waits for its message; None if there is none.

    A request whose address gets no message is taken and left out.

    Args:
        store: The database.
        key: The key that signs links and codes.
        keys: All keys.
        now: The current time.
    """
    while True:
        with store.write() as tx:
            request = requests.take_mail(tx, now=now)
        if request is None:
            return None
        mail = _mail_for(store, request, key=key, keys=keys, now=now)
        if mail is not None:
            return mail


def send_later(store: Store, request: SiteRequest, *, now: datetime) -> datetime | None:
    """Makes the message of a request wait until the mail server may take it.

    Returns:
        When it is sent; None if the request is over by then.
    """
    at = now + _RETRY
    if at > request.asked_at + REQUEST_LIFE:
        return None
    with store.write() as tx:
        requests.send_later(tx, request.request_id, at=at)
    return at


def _mail_for(
    store: Store, request: SiteRequest, *, key: bytes, keys: Sequence[bytes], now: datetime
) -> SiteMail | None:
    kind = RequestKind(request.kind)
    if kind is RequestKind.ADMIN:
        return _mail_for_operator(request, key=key)
    with store.read() as tx:
        leaving = leavings.find(tx, request.email, keys=keys)
        address = subscriptions.find_address(tx, request.email)
        live = subscriptions.live_subscriptions(tx, email=request.email)
    # Messages to it came back, or its reader called one spam: only the operator can lift that.
    if leaving is not None and leaving.status is AddressStatus.SUPPRESSED:
        return None
    gets_mail = address is not None and leaving is None and bool(live)
    # Who gets one list may join another one.
    wanted = request.wish.get("list")
    gets_it = gets_mail and (not wanted or any(item.list_name == wanted for item in live))
    links = tuple(
        (
            item.name,
            sign_link(LinkPurpose.MANAGE, item.subscription_id, at=now, secret=key),
        )
        for item in live
    )
    signup_template = "already" if gets_it else "confirm"
    template = signup_template if kind is RequestKind.SIGNUP else kind.value
    # Only a reader gets these; nobody else is told anything.
    if kind in (RequestKind.LINK, RequestKind.CODE) and not gets_mail:
        return None
    confirms = template in ("confirm", "address", "undo")
    return SiteMail(
        request=request,
        language=str(request.wish.get("language", "")),
        template=template,
        code=code_of(request.request_id, at=request.asked_at, secret=key)
        if template in ("confirm", "code")
        else "",
        token=sign_link(LinkPurpose.CONFIRM, request.request_id, at=request.asked_at, secret=key)
        if confirms
        else "",
        links=links if template in ("already", "link") else (),
    )


def _mail_for_operator(request: SiteRequest, *, key: bytes) -> SiteMail:
    """Returns the message with which an operator signs in, also if the address gets no digest."""
    number, at = request.request_id, request.asked_at
    return SiteMail(
        request=request,
        language="en",
        template="admin",
        code=code_of(number, at=at, secret=key),
        token=sign_link(LinkPurpose.ADMIN, number, at=at, secret=key),
    )
