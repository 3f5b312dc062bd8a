"""Reads the notifications of Amazon SES about bounces, complaints and deliveries.

Amazon SNS mails them as JSON in the text of a message, either alone or as the string `Message` of
an envelope of SNS. The names of the fields are those of the SES documentation: `notificationType`
for notifications of an identity, `eventType` for those of a configuration set.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_MAX_RECIPIENTS = 50
_MAX_HEADERS = 200
_FOLDED_LINE = re.compile(r"!\n[ \t]*")  # how a relay splits a line that is too long for SMTP
_FOOTER = re.compile(r"\n--[ \t]*\n")  # SNS adds a link by which the operator unsubscribes

# The object and the list of recipients in it, for each type.
_FIELDS = {
    "bounce": ("bounce", "bouncedRecipients"),
    "complaint": ("complaint", "complainedRecipients"),
    "delivery": ("delivery", "recipients"),
    "deliverydelay": ("deliveryDelay", "delayedRecipients"),
}

# SES names the cause in words, and leaves out the status if no server gave one.
_STATUS_OF_SUBTYPE = {
    "noemail": "5.1.1",
    "suppressed": "5.1.1",
    "onaccountsuppressionlist": "5.1.1",
    "mailboxfull": "5.2.2",
    "messagetoolarge": "5.3.4",
    "contentrejected": "5.7.1",
    "attachmentrejected": "5.7.1",
}


class SesRecipient(Struct, frozen=True, kw_only=True):
    """A recipient in a notification."""

    address: str
    status: str  # RFC 3463; may be empty
    diagnostic: str  # the text of the server; may be empty


class SesNotification(Struct, frozen=True, kw_only=True):
    """A notification of Amazon SES."""

    type: str  # "bounce", "complaint", "delivery" or "deliverydelay"
    recipients: tuple[SesRecipient, ...]
    is_permanent: bool  # SES tries no more, and puts the address on its suppression list
    feedback_type: str  # of a complaint (RFC 5965); empty if the provider gave none
    original_headers: str  # of the message that the notification is about


def read_notification(text: str) -> SesNotification | None:
    """Returns the notification in the text of a message; None if there is none.

    Args:
        text: untrusted.
    """
    outer = _json_object(text)
    # An envelope of SNS holds the notification as a string; raw delivery holds it alone.
    inner = outer.get("Message")
    content = _json_object(inner) if isinstance(inner, str) else outer
    kind = str(content.get("notificationType") or content.get("eventType") or "").lower()
    kind = re.sub(r"[^a-z]", "", kind)
    if kind not in _FIELDS:
        return None
    name, list_name = _FIELDS[kind]
    event = _mapping(content.get(name))
    subtype = str(event.get("bounceSubType") or "").lower()
    items = event.get(list_name)
    recipients = tuple(
        _recipient(item, default_status=_STATUS_OF_SUBTYPE.get(subtype, ""))
        for item in (items if isinstance(items, list) else [])[:_MAX_RECIPIENTS]
    )
    return SesNotification(
        type=kind,
        recipients=recipients,
        is_permanent=str(event.get("bounceType") or "").lower() == "permanent",
        feedback_type=str(event.get("complaintFeedbackType") or "").lower(),
        original_headers="".join(_headers(_mapping(content.get("mail")))),
    )


def _json_object(text: str) -> Mapping[str, Any]:
    text = text.strip()
    if not text.startswith("{"):
        return {}
    text = _FOLDED_LINE.sub("", _FOOTER.split(text, maxsplit=1)[0])
    try:
        # Other line breaks come from relays too; within a string, JSON allows none.
        return _mapping(json.loads(text.replace("\n", "")))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _recipient(item: object, *, default_status: str) -> SesRecipient:
    if isinstance(item, str):  # in a report of success
        return SesRecipient(address=item, status="", diagnostic="")
    fields = _mapping(item)
    return SesRecipient(
        address=str(fields.get("emailAddress") or ""),
        status=str(fields.get("status") or default_status),
        diagnostic=str(fields.get("diagnosticCode") or ""),
    )


def _headers(mail: Mapping[str, Any]) -> Iterator[str]:
    """Yields header lines of the original message, with its envelope sender as Return-Path."""
    if mail.get("source"):
        yield f"Return-Path: <{_line(mail['source'])}>\n"
    common = _mapping(mail.get("commonHeaders"))
    if common.get("messageId"):
        yield f"Message-ID: {_line(common['messageId'])}\n"
    headers = mail.get("headers")
    for item in (headers if isinstance(headers, list) else [])[:_MAX_HEADERS]:
        fields = _mapping(item)
        yield f"{_line(fields.get('name'))}: {_line(fields.get('value'))}\n"


def _line(value: object) -> str:
    return " ".join(str(value or "").split())
