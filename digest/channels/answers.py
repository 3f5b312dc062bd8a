"""Decides what the answer of a channel's service means for the message."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from digest.channels.http_exchange import HttpAnswer, NoAnswer
from digest.core.models.delivery import Deferred, InDoubt, Outcome, Refused, Sent

LONGEST_WAIT = 24 * 3600.0
"""Seconds that a service can make a message wait; a longer time is cut."""

_LATER = frozenset((408, 425, 429))
_ADVICE = {
    400: "it does not accept the message; report this if it happens with every digest",
    401: "the token or the address is not valid any more; write the new one in channels.toml",
    403: "it does not let this token or address write there; check the rights, and channels.toml",
    404: "there is nothing at this address; make a new one at the service and write it in channels.toml",
    410: "the address was removed; make a new one at the service and write it in channels.toml",
    413: "the message is too large for it; lower max_papers in the profile",
}


def outcome_of(
    answer: HttpAnswer | NoAnswer, *, service: str, accepted: bool, repeatable: bool, now: datetime
) -> Outcome:
    """Returns the outcome of sending a message.

    Args:
        answer: what came back.
        service: its name, for the reason.
        accepted: the body of the answer says what a service of this kind says of a message it took.
        repeatable: the service drops a message that it has already.
        now: the current time, for a time to wait until.
    """
    if isinstance(answer, NoAnswer):
        return _without_answer(answer, service=service, repeatable=repeatable)
    status = answer.status
    if status < 300:
        if accepted:
            return Sent(reply=f"{service}: {status}")
        # Such as the page of a proxy: the service itself has not answered.
        return Deferred(
            reason=f"{service}: {status} with an answer that is not from {service}; check the address"
            " in channels.toml",
            code=status,
        )
    said = _said(answer.body)
    reason = f"{service}: {status}{f' {said}' if said else ''}"
    if status < 400:
        return Refused(
            reason=f"{reason}: the address has moved, and no redirect is followed; write the final"
            " address in channels.toml",
            code=status,
        )
    if status in _LATER or status >= 500:
        return Deferred(reason=reason, code=status, retry_after=wait_of(answer, now=now))
    advice = _ADVICE.get(status, "it refuses the message; check channels.toml")
    return Refused(reason=f"{reason}: {advice}", code=status)


def _without_answer(answer: NoAnswer, *, service: str, repeatable: bool) -> Outcome:
    reason = f"{service}: {answer.reason}"
    if answer.refused:
        return Refused(reason=reason)
    if answer.was_sent and not repeatable:
        return InDoubt(reason=reason)
    return Deferred(reason=reason)


def wait_of(answer: HttpAnswer, *, now: datetime) -> float | None:
    """Returns the seconds after which the service wants to be asked again; None if it says nothing."""
    found = _header_wait(answer.headers.get("retry-after", ""), now)
    values = json_object(answer.body)
    parameters = values.get("parameters")  # Telegram
    for place, key, unit in (
        (values, "retry_after", 1.0),  # Discord
        (values, "retry_after_ms", 1000.0),  # Matrix
        (parameters if isinstance(parameters, dict) else {}, "retry_after", 1.0),
    ):
        value = place.get(key)
        # The comparison is also false for NaN.
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            # Cut first: a very large integer cannot be divided.
            found = max(found or 0.0, min(value, LONGEST_WAIT * unit) / unit)
    return None if found is None else min(found, LONGEST_WAIT)


def json_object(body: bytes) -> Mapping[str, Any]:
    """Returns the object in the body of an answer; an empty one if it is something else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _header_wait(text: str, now: datetime) -> float | None:
    if text.strip().isdecimal() and text.isascii() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def _said(body: bytes) -> str:
    """Returns what the service says is wrong, in one short line."""
    values = json_object(body)
    for key in ("description", "error", "message", "errcode"):
        if isinstance(value := values.get(key), str) and value:
            return " ".join(value.split())[:120]
    text = body[:400].decode("utf-8", "replace")
    return "" if "<" in text or values else " ".join(text.split())[:120]
