"""Tells webhooks what happened: reads events, signs messages, sends them, and tries again.

Nothing here runs while digests are made or sent: the stage "tidy" calls it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from digest.core.access import webhooks as rules
from digest.core.access.webhooks import WebhookEvent, WebhookReport
from digest.errors import DigestError, UsageError
from digest.store.access import events as event_store
from digest.store.access import webhooks
from digest.store.access.webhooks import WaitingMessage, Webhook
from digest.store.database.store import Store

MAX_WEBHOOKS = 20
_AT_ONCE = 100  # messages that are read together
_RESERVED = timedelta(minutes=5)  # a process that dies while it sends holds its message so long

Post = Callable[[str, bytes, Mapping[str, str]], None]
"""Sends a body with headers to an address; raises DigestError unless the answer is a success."""


class Sending(Struct, frozen=True, kw_only=True):
    """What sending needs."""

    post: Post
    clock: Callable[[], float]  # seconds that never go back
    budget: float  # seconds for all webhooks of one run
    stopped: Callable[[], bool]


def create(
    store: Store, *, url: str, events: Sequence[WebhookEvent], secret: bytes, now: datetime
) -> tuple[int, str]:
    """Adds a webhook; returns its number, and the secret with which its messages are signed.

    Args:
        store: The database.
        url: Where the messages go.
        events: What it is told.
        secret: `digest.core.access.webhooks.SECRET_BYTES` random bytes.
        now: The current time.

    Raises:
        UsageError: The address cannot be used, or there are many webhooks.
    """
    try:
        url = rules.check_url(url)
    except ValueError as error:
        raise UsageError(f"the address of the webhook {error}") from None
    if not events:
        raise UsageError("a webhook needs at least one event")
    text = rules.secret_text(secret)
    with store.write() as tx:
        known = webhooks.all_webhooks(tx)
        if len(known) >= MAX_WEBHOOKS:
            raise UsageError(f"there are {MAX_WEBHOOKS} webhooks; remove one first")
        if any(item.url == url for item in known):
            raise UsageError("there is a webhook with this address; remove it first")
        chosen = tuple(event for event in WebhookEvent if event in events)
        return webhooks.add(tx, url=url, events=chosen, secret=text, now=now), text


def parse_events(names: Sequence[str]) -> tuple[WebhookEvent, ...]:
    """Returns the events with these names, each once.

    Raises:
        UsageError: A name is no event.
    """
    wanted = {name.strip() for text in names for name in text.split(",") if name.strip()}
    unknown = sorted(wanted - {event.value for event in WebhookEvent})
    if unknown:
        known = ", ".join(WebhookEvent)
        raise UsageError(f"{unknown[0]!r} is no event; write {known}")
    return tuple(event for event in WebhookEvent if event.value in wanted)


def remove(store: Store, webhook_id: int) -> bool:
    """Removes a webhook; returns False if there is none with this number."""
    with store.write() as tx:
        return webhooks.remove(tx, webhook_id)


def resume(store: Store, webhook_id: int, *, now: datetime) -> bool:
    """Switches a webhook on again; returns False if there is none with this number."""
    with store.write() as tx:
        return webhooks.resume(tx, webhook_id, now=now)


def send_due(store: Store, sending: Sending, *, now: datetime) -> WebhookReport:
    """Reads what happened, and sends what is due.

    A message is sent at least once, with the same Webhook-Id each time: a process that dies after
    sending does not know whether it was taken.

    Args:
        store: The database.
        sending: How to send, and for how long.
        now: The current time.
    """
    with store.read() as tx:
        hooks = [item for item in webhooks.all_webhooks(tx) if item.disabled_at is None]
    deadline = sending.clock() + sending.budget
    sent = failed = 0
    problems: list[str] = []
    for hook in hooks:
        _read_events(store, hook, now=now)
        taken, problem = _send_to(store, hook, sending, deadline=deadline, now=now)
        sent += taken
        failed += bool(problem)
        since = hook.failing_since
        if problem and since is not None and now - since >= rules.GIVE_UP_AFTER:
            with store.write() as tx:
                webhooks.disable(tx, hook.webhook_id, now=now)
            problems.append(
                f"webhook {hook.webhook_id} is switched off, after {rules.GIVE_UP_AFTER.days} days"
                f" of failures: {problem}; to switch it on: digest webhook resume"
                f" {hook.webhook_id}"
            )
    if hooks:
        with store.write() as tx:
            webhooks.remove_old(tx, now=now)
    return WebhookReport(sent=sent, failed=failed, problems=tuple(problems))


def _read_events(store: Store, hook: Webhook, *, now: datetime) -> None:
    position = hook.through
    while True:
        with store.read() as tx:
            page = event_store.events_after(tx, position, hook.events, now=now)
        with store.write() as tx:
            webhooks.store_events(tx, hook, page.events, through=page.settled, now=now)
        if page.is_last:
            return
        position = page.reached


def _send_to(
    store: Store, hook: Webhook, sending: Sending, *, deadline: float, now: datetime
) -> tuple[int, str]:
    """Sends the due messages of a webhook until one fails; returns how many were taken, and why."""
    taken = 0
    while True:
        with store.read() as tx:
            due = webhooks.due_messages(tx, hook, now=now, limit=_AT_ONCE)
        if not due:
            return taken, ""
        for item in due:
            if sending.stopped() or sending.clock() >= deadline:
                return taken, ""
            problem = _send_one(store, hook, item, sending, now=now)
            if problem is None:  # another process has it
                continue
            if problem:
                # The other messages wait too: the receiver is probably out of order.
                return taken, problem
            taken += 1


def _send_one(
    store: Store, hook: Webhook, item: WaitingMessage, sending: Sending, *, now: datetime
) -> str | None:
    with store.write() as tx:
        if not webhooks.take(tx, item.number, until=now + _RESERVED, now=now):
            return None
    body = item.message.body()
    headers = rules.signed_headers(item.message.message_id, body, secret=hook.secret, now=now)
    problem = ""
    try:
        sending.post(hook.url, body, headers)
    except DigestError as error:
        # Without the address, which often contains a token: this is stored, logged and shown.
        problem = str(getattr(error, "reason", None) or error)
    with store.write() as tx:
        webhooks.settle(
            tx,
            hook.webhook_id,
            item.number,
            problem=problem,
            next_at=rules.next_attempt(item.failures + 1, now=now) if problem else None,
            now=now,
        )
    return problem
