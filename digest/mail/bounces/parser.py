"""Parses incoming messages: bounces, complaints, automatic replies and unsubscribe requests.

Formats: RFC 3464 (delivery status), RFC 5965 (complaints), RFC 3834 (automatic replies), the JSON
of Amazon SES, and the texts of servers that send no report. `parse` is a pure function and never raises. Its result is
not trusted: the caller verifies the signed token in it before it acts on an address.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from digest.core.mime_reader import ParsedMessage, parse_message, unfolded
from digest.mail.bounces import text_heuristics
from digest.mail.bounces.report_fields import fields_of, recipient_groups
from digest.mail.bounces.ses_notification import SesNotification, read_notification
from digest.mail.bounces.status_codes import (
    BounceKind,
    StatusVerdict,
    classify_failure,
    find_status,
    status_from_words,
)
from digest.mail.bounces.text_heuristics import ADDRESS

__all__ = ["BounceKind", "BounceMessage", "RecipientFailure", "parse"]

_MAX_DIAGNOSTIC = 300  # characters of a server's text that are stored
_MAX_RECIPIENTS = 50  # of one report

_TOKEN = r"[A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{22}"  # noqa: S105 - the format of signed_tokens
_UNSUBSCRIBE_SUBJECT = re.compile(rf"\bunsubscribe[ :]+({_TOKEN})(?![\w.-])", re.IGNORECASE)
_UNSUBSCRIBE_LINK = re.compile(rf"(?:unsubscribe%20|/u/)({_TOKEN})(?![\w.-])", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
# Feedback types that are complaints (RFC 5965, RFC 6650). Others are not: not-spam, dmarc, and
# auth-failure (RFC 6591).
_COMPLAINT_TYPES = frozenset(
    {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"}
)
_SUCCESS_ACTIONS = frozenset({"delivered", "relayed", "expanded"})
_RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


class RecipientFailure(Struct, frozen=True, kw_only=True):
    """One recipient that a report or notice is about."""

    address: str  # empty if it is not named
    kind: BounceKind
    status: str  # RFC 3463, such as 5.1.1; may be empty
    code: int | None  # SMTP, such as 550
    diagnostic: str  # the text of the server, shortened


class BounceMessage(Struct, frozen=True, kw_only=True):
    """A parsed bounce, complaint or automatic reply. Untrusted until a token is verified."""

    kind: BounceKind
    failures: tuple[RecipientFailure, ...] = ()
    has_report: bool = False  # it contains a report by RFC 3464 or RFC 5965
    is_by_return_path: bool = False  # only the address that it was sent to makes it a bounce
    sent_to: tuple[str, ...] = ()  # its recipients; a signed return path may be among them
    message_ids: tuple[str, ...] = ()  # of the returned or answered message
    tokens: tuple[str, ...] = ()  # of unsubscribe links in the returned message
    unsubscribe_token: str = ""  # the token of an unsubscribe request
    fingerprint: str = ""  # equal for two copies of the same message

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of the failed or complaining recipients."""
        return tuple(item.address for item in self.failures if item.address)


def parse(data: bytes, *, is_return_path: Callable[[str], bool] = lambda _: False) -> BounceMessage:
    """Parses and classifies a message; never fails, whatever the bytes are.

    Args:
        data: a whole message, with any line ends; only the first 1 MiB is read.
        is_return_path: whether an address is a return path that this installation signed. Only
            mail servers and automatic replies write to one, so a message to it is a bounce on
            less evidence.
    """
    message = parse_message(data)
    # Without any header, the bytes are not a message, for example a damaged file.
    if not message.headers.keys():
        return BounceMessage(kind=BounceKind.UNREADABLE, fingerprint=_fingerprint(data))
    notice, returned = text_heuristics.split_notice(message)
    # The headers of the returned message come first; its body is not needed.
    returned = unfolded(returned[:50_000])
    own_recipients = tuple(_own_recipients(message))
    notification = next(filter(None, map(read_notification, message.texts[:1])), None)
    if notification is not None:
        returned = notification.original_headers
        kind, failures, has_report = _classify_notification(notification)
    else:
        kind, failures, has_report = _classify(message, notice, returned)
    # A bounce may quote the subject of an unsubscribe request, so its kind decides first.
    request = _UNSUBSCRIBE_SUBJECT.search(message.header("Subject"))
    if request and kind in (BounceKind.OTHER, BounceKind.AUTO_REPLY):
        kind = BounceKind.UNSUBSCRIBE
    own_text = text_heuristics.without_quotes(notice)
    is_by_return_path = (
        kind is BounceKind.OTHER
        and not failures
        and any(map(is_return_path, own_recipients))
        and text_heuristics.may_be_bounce(message, own_text)
    )
    if is_by_return_path:
        failures = tuple(map(_without_suppression, _notice_failures(message, own_text, returned)))
        kind = _worst_kind(failures)
    return BounceMessage(
        kind=kind,
        failures=failures,
        has_report=has_report,
        is_by_return_path=is_by_return_path,
        sent_to=tuple(dict.fromkeys((*own_recipients, *_returned_paths(returned)))),
        message_ids=tuple(_message_ids(message, returned)),
        tokens=tuple(dict.fromkeys(_UNSUBSCRIBE_LINK.findall(returned))),
        unsubscribe_token=request.group(1) if request and kind is BounceKind.UNSUBSCRIBE else "",
        fingerprint=_fingerprint(data),
    )


def _classify_notification(
    notification: SesNotification,
) -> tuple[BounceKind, tuple[RecipientFailure, ...], bool]:
    """Returns the kind, the failures, and that they come from a report, for Amazon SES."""
    if notification.type == "complaint":
        addresses = [item.address for item in notification.recipients if item.address]
        is_complaint = (notification.feedback_type or "abuse") in _COMPLAINT_TYPES
        kind = BounceKind.COMPLAINT if is_complaint else BounceKind.OTHER
        return kind, tuple(_complaint_failures(addresses)), True
    failures = tuple(_notification_failures(notification))
    return _worst_kind(failures), failures, True


def _notification_failures(notification: SesNotification) -> Iterator[RecipientFailure]:
    for item in notification.recipients:
        diagnostic = " ".join(item.diagnostic.split())
        status = find_status(item.status) or _success_status(item.status)
        if notification.type == "delivery":
            verdict = StatusVerdict(kind=BounceKind.DELIVERED, status=status, code=None)
        else:
            verdict = classify_failure(status=status, diagnostic=diagnostic)
        kind = _blocked_if_policy(verdict.kind, diagnostic)
        # Without "Permanent", SES itself does not regard the address as dead.
        if kind is BounceKind.HARD and not notification.is_permanent:
            kind = BounceKind.SOFT
        yield RecipientFailure(
            address=item.address,
            kind=kind,
            status=verdict.status,
            code=verdict.code,
            diagnostic=diagnostic[:_MAX_DIAGNOSTIC],
        )


def _classify(
    message: ParsedMessage, notice: str, returned: str
) -> tuple[BounceKind, tuple[RecipientFailure, ...], bool]:
    """Returns the kind, the failures, and whether they come from a report."""
    # From the most reliable format to the least: reports, then headers, then the text.
    feedback = [text for kind, text in message.reports if kind == "message/feedback-report"]
    if feedback:
        return _parse_complaint(fields_of(feedback[0]), notice, returned)
    failures = tuple(_report_failures(message, notice, returned))
    if failures:
        return _worst_kind(failures), failures, True
    if _is_jmrp(message):
        failures = tuple(_complaint_failures(text_heuristics.recipients(message, "", returned)))
        return BounceKind.COMPLAINT, failures, False
    # The subject of a vacation notice may look like that of a bounce, but the header proves one.
    failed = message.header("X-Failed-Recipients")
    if text_heuristics.is_bounce(message, notice, returned) and (
        failed or not text_heuristics.is_away(message)
    ):
        failures = tuple(_notice_failures(message, notice, returned))
        return _worst_kind(failures), failures, bool(message.reports)
    return (
        (BounceKind.AUTO_REPLY if text_heuristics.is_auto_reply(message) else BounceKind.OTHER),
        (),
        False,
    )


def _parse_complaint(
    fields: Mapping[str, str], notice: str, returned: str
) -> tuple[BounceKind, tuple[RecipientFailure, ...], bool]:
    """Parses a feedback report (RFC 5965); one that is not a complaint is OTHER."""
    feedback_type = fields.get("feedback-type", "abuse").lower()
    values = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
    addresses = [address for value in values for address in ADDRESS.findall(value)]
    # Many providers remove the address from the report, but not from the returned headers.
    to_headers = re.findall(r"^To:(.{1,1000})$", returned, re.IGNORECASE | re.MULTILINE)
    addresses = addresses or [address for value in to_headers for address in ADDRESS.findall(value)]
    addresses = addresses or ADDRESS.findall(notice)
    failures = tuple(_complaint_failures(addresses))
    return (
        (BounceKind.COMPLAINT if feedback_type in _COMPLAINT_TYPES else BounceKind.OTHER),
        failures,
        True,
    )


def _complaint_failures(addresses: list[str]) -> Iterator[RecipientFailure]:
    for address in list(dict.fromkeys(addresses))[:_MAX_RECIPIENTS]:
        yield RecipientFailure(
            address=address, kind=BounceKind.COMPLAINT, status="", code=None, diagnostic=""
        )


def _is_jmrp(message: ParsedMessage) -> bool:
    """Whether it is a complaint from Outlook.com, whose format is older than RFC 5965."""
    is_complaint = message.header("Subject").lower().startswith("complaint about message from")
    return is_complaint and bool(message.returned)


def _report_failures(
    message: ParsedMessage, notice: str, returned: str
) -> Iterator[RecipientFailure]:
    """Yields the recipients of a delivery report (RFC 3464), also if it is in the plain text."""
    texts = [text for kind, text in message.reports if kind != "message/feedback-report"]
    texts = texts or _nested_reports(message, notice, returned)
    texts = texts or [text for text in message.texts if "final-recipient" in text.lower()]
    for group in list(recipient_groups("\n\n".join(texts)))[:_MAX_RECIPIENTS]:
        action = group.get("action", "").lower().split(" ")[0].strip("();")
        status = find_status(group.get("status", "")) or _success_status(group.get("status", ""))
        # The first group of a report is about the message as a whole, not about a recipient.
        if not action and not status:
            continue
        address = _recipient(group) or _first(text_heuristics.recipients(message, notice, returned))
        diagnostic = " ".join(group.get("diagnostic-code", "").split())
        context = text_heuristics.lines_about(address, notice) if address else notice
        # Some servers report a failure with the status 2.0.0, so the action counts more.
        if action in _SUCCESS_ACTIONS or (status.startswith("2") and action != "failed"):
            verdict = StatusVerdict(kind=BounceKind.DELIVERED, status=status, code=None)
        else:
            verdict = classify_failure(
                status=status.removeprefix("2.0.0"), diagnostic=diagnostic, context=context
            )
        kind = BounceKind.SOFT if action == "delayed" else verdict.kind
        yield RecipientFailure(
            address=address,
            kind=_blocked_if_policy(kind, diagnostic),
            status=verdict.status,
            code=verdict.code,
            diagnostic=(diagnostic or " ".join(context.split()))[:_MAX_DIAGNOSTIC],
        )


def _nested_reports(message: ParsedMessage, notice: str, returned: str) -> list[str]:
    """Returns the reports of a bounce that a gateway returns in its own bounce.

    Only if the outer bounce names no recipient.
    """
    if (
        not message.returned
        or ADDRESS.search(notice)
        or not text_heuristics.is_bounce(message, notice, returned)
    ):
        return []
    inner = parse_message(message.returned[0].encode("utf-8", "replace"))
    return [text for kind, text in inner.reports if kind != "message/feedback-report"]


def _first(addresses: list[str]) -> str:
    return addresses[0] if addresses else ""


def _blocked_if_policy(kind: BounceKind, diagnostic: str) -> BounceKind:
    """Returns BLOCKED instead of HARD if the server's text says that a policy rejected it."""
    # A provider that blocks the sender may refuse every mailbox. A program that takes this for dead
    # mailboxes loses its whole list.
    status = find_status(diagnostic)
    is_policy = status.startswith("5.7.") or (
        status in ("", "5.1.0") and status_from_words(diagnostic) == "5.7.1"
    )
    return BounceKind.BLOCKED if kind is BounceKind.HARD and is_policy else kind


def _success_status(status: str) -> str:
    match = re.match(r"\s*(2\.\d{1,3}\.\d{1,3})", status)
    return match.group(1) if match else ""


def _recipient(group: Mapping[str, str]) -> str:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        # The type of the address is before it, as in `rfc822; ada@example.org`.
        value = re.sub(r"^[^;@]{1,40};\s*", "", value)
        if match := ADDRESS.search(value):
            return match.group(1)
        # Also accept addresses that ADDRESS rejects, such as user@localhost.
        if loose_match := re.fullmatch(r"\s*<?([^\s<>@;]{1,64}@[^\s<>@;]{1,255}?)>?\s*", value):
            return loose_match.group(1)
    return ""


def _notice_failures(
    message: ParsedMessage, notice: str, returned: str
) -> Iterator[RecipientFailure]:
    """Yields the likeliest recipient of a notice without a report."""
    text = notice or "\n".join(message.texts)
    subject = message.header("Subject")
    # Only the first: further addresses in a text for people are seldom failed recipients.
    for address in text_heuristics.recipients(message, notice, returned)[:1] or [""]:
        diagnostic = text_heuristics.lines_about(address, text) if address else text
        verdict = classify_failure(status="", diagnostic=diagnostic, context=f"{text}\n{subject}")
        # A delay notice often quotes a permanent error, but the server will try again.
        is_delay = re.search(r"delay|warning: ", subject, re.IGNORECASE)
        yield RecipientFailure(
            address=address,
            kind=BounceKind.SOFT if is_delay else verdict.kind,
            status=verdict.status,
            code=verdict.code,
            diagnostic=" ".join(diagnostic.split())[:_MAX_DIAGNOSTIC],
        )


def _without_suppression(failure: RecipientFailure) -> RecipientFailure:
    """Returns the failure as SOFT if it is HARD only by the words of a text.

    The text may come from a person or an automatic reply, in which words such as "this address
    is no longer in use" have other meanings.
    """
    is_certain = bool(find_status(failure.diagnostic)) or failure.code is not None
    if failure.kind is not BounceKind.HARD or is_certain:
        return failure
    return replace(failure, kind=BounceKind.SOFT)


def _worst_kind(failures: tuple[RecipientFailure, ...]) -> BounceKind:
    kinds = {item.kind for item in failures}
    # The message is as bad as the worst failure in it.
    order = (BounceKind.HARD, BounceKind.BLOCKED, BounceKind.SOFT, BounceKind.DELIVERED)
    return next((kind for kind in order if kind in kinds), BounceKind.SOFT)


def _own_recipients(message: ParsedMessage) -> Iterator[str]:
    """Yields the addresses that the message itself was sent to."""
    values = [value for name in _RECIPIENT_HEADERS for value in message.all(name)]
    yield from dict.fromkeys(item for value in values for item in ADDRESS.findall(value))


def _returned_paths(returned: str) -> Iterator[str]:
    """Yields the return paths of the returned message."""
    values = re.findall(r"^[ \t>|]*Return-Path:(.{1,400})$", returned, re.IGNORECASE | re.MULTILINE)
    # Exim writes the envelope sender into the header Received.
    values += re.findall(r"\benvelope-from <([^<>\s]{1,320})>", returned)
    yield from dict.fromkeys(item for value in values for item in ADDRESS.findall(value))


def _message_ids(message: ParsedMessage, returned: str) -> Iterator[str]:
    values = [message.header(name) for name in ("In-Reply-To", "References")]
    values += re.findall(r"^[ \t>|]*Message-ID:(.{1,400})$", returned, re.IGNORECASE | re.MULTILINE)
    yield from dict.fromkeys(item for value in values for item in _MESSAGE_ID.findall(value))


def _fingerprint(data: bytes) -> str:
    """Hashes the body and the headers that stay the same; relays and mailboxes add others."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip()
    head, _, body = lines.partition(b"\n\n")
    stable_headers = sorted(
        line
        for line in head.split(b"\n")
        if re.match(rb"(?:message-id|date|from):", line, re.IGNORECASE)
    )
    return sha256(b"\n".join([*stable_headers, b"", body])).hexdigest()
