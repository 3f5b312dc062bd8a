"""What comes back: delivery reports, complaints, automatic replies, requests to stop.

RFC 3464 (delivery status), RFC 5965 (complaints), RFC 3834 (automatic replies), and the texts
of servers that send no report. A pure function of bytes that never raises. Nothing here is
believed: whom an answer may speak for is decided by the signed token that it carries.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from digest.mail.bounces import text_heuristics
from digest.mail.bounces.mime_reader import ParsedMessage, parse_message, unfolded
from digest.mail.bounces.status_codes import (
    BounceKind,
    StatusVerdict,
    classify_failure,
    enhanced,
    status_from_words,
)
from digest.mail.bounces.text_heuristics import ADDRESS

__all__ = ["BounceKind", "BounceMessage", "RecipientFailure", "parse"]

_SAID = 300  # characters of a server's words that are kept
_MOST = 50  # recipients of one report

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)$")
_TOKEN = r"[A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{22}"  # noqa: S105 - the shape of digest.core.links
_LEAVE = re.compile(rf"\bunsubscribe[ :]+({_TOKEN})(?![\w.-])", re.IGNORECASE)
_LINKED = re.compile(rf"(?:unsubscribe%20|/u/)({_TOKEN})(?![\w.-])", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
# A complaint, by RFC 5965 and RFC 6650; not: not-spam, auth-failure (RFC 6591), dmarc.
_COMPLAINTS = frozenset(
    {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"}
)
_DELIVERED = frozenset({"delivered", "relayed", "expanded"})
_SENT_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFailure:
    """One recipient that the answer speaks of."""

    address: str  # empty where it is not named
    kind: BounceKind
    status: str  # RFC 3463, such as 5.1.1; may be empty
    code: int | None  # SMTP, such as 550
    said: str  # the server's words, cut


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceMessage:
    """A message that came back, in what the program can use of it. All of it is hearsay."""

    kind: BounceKind
    failures: tuple[RecipientFailure, ...] = ()
    has_report: bool = False  # of RFC 3464 or RFC 5965
    sent_to: tuple[str, ...] = ()  # addresses, a signed return path among them if it is ours
    message_ids: tuple[str, ...] = ()  # of the message that is returned or answered
    tokens: tuple[str, ...] = ()  # of unsubscribe links in the message that is returned
    request: str = ""  # the token of a request to stop
    fingerprint: str = ""  # the same for the same message, however it is read

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whom it speaks of."""
        return tuple(item.address for item in self.failures if item.address)


def parse(data: bytes) -> BounceMessage:
    """What a message says, whatever it is.

    Args:
        data: a whole message, with any line ends; the first MB is read.
    """
    opened = parse_message(data)
    if not opened.headers.keys():
        return BounceMessage(kind=BounceKind.UNREADABLE, fingerprint=_fingerprint(data))
    notice, returned = text_heuristics.split_notice(opened)
    returned = unfolded(returned[:50_000])
    kind, failures, has_report = _read(opened, notice, returned)
    request = _LEAVE.search(opened.header("Subject"))
    if request and kind in (BounceKind.OTHER, BounceKind.AUTO_REPLY):
        kind = BounceKind.UNSUBSCRIBE
    return BounceMessage(
        kind=kind,
        failures=failures,
        has_report=has_report,
        sent_to=tuple(_sent_to(opened, returned)),
        message_ids=tuple(_message_ids(opened, returned)),
        tokens=tuple(dict.fromkeys(_LINKED.findall(returned))),
        request=request.group(1) if request and kind is BounceKind.UNSUBSCRIBE else "",
        fingerprint=_fingerprint(data),
    )


def _read(
    opened: ParsedMessage, notice: str, returned: str
) -> tuple[BounceKind, tuple[RecipientFailure, ...], bool]:
    """What it is, whom it speaks of, and whether that stands in a report."""
    feedback = [text for kind, text in opened.reports if kind == "message/feedback-report"]
    if feedback:
        return _complaint(_fields(feedback[0]), notice, returned)
    failures = tuple(_reported(opened, notice, returned))
    if failures:
        return _worst(failures), failures, True
    if _is_jmrp(opened):
        failures = tuple(_complained(text_heuristics.recipients(opened, "", returned)))
        return BounceKind.COMPLAINT, failures, False
    failed = opened.header("X-Failed-Recipients")
    if text_heuristics.is_bounce(opened, notice) and (
        failed or not text_heuristics.is_away(opened)
    ):
        failures = tuple(_written(opened, notice, returned))
        return _worst(failures), failures, bool(opened.reports)
    return (
        (BounceKind.AUTO_REPLY if text_heuristics.is_auto_reply(opened) else BounceKind.OTHER),
        (),
        False,
    )


def _complaint(
    fields: Mapping[str, str], notice: str, returned: str
) -> tuple[BounceKind, tuple[RecipientFailure, ...], bool]:
    """A feedback report (RFC 5965); one that is no complaint is for people."""
    kind = fields.get("feedback-type", "abuse").lower()
    told = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
    named = [item for value in told for item in ADDRESS.findall(value)]
    to = re.findall(r"^To:(.{1,1000})$", returned, re.IGNORECASE | re.MULTILINE)
    named = named or [item for value in to for item in ADDRESS.findall(value)]
    named = named or ADDRESS.findall(notice)
    failures = tuple(_complained(named))
    return (BounceKind.COMPLAINT if kind in _COMPLAINTS else BounceKind.OTHER), failures, True


def _complained(addresses: list[str]) -> Iterator[RecipientFailure]:
    for address in list(dict.fromkeys(addresses))[:_MOST]:
        yield RecipientFailure(
            address=address, kind=BounceKind.COMPLAINT, status="", code=None, said=""
        )


def _is_jmrp(opened: ParsedMessage) -> bool:
    """Outlook.com's complaints, which are older than RFC 5965 and have no report."""
    about = opened.header("Subject").lower().startswith("complaint about message from")
    return about and bool(opened.returned)


def _reported(opened: ParsedMessage, notice: str, returned: str) -> Iterator[RecipientFailure]:
    """The recipients of a delivery report; also of one that stands in the text."""
    texts = [text for kind, text in opened.reports if kind != "message/feedback-report"]
    texts = texts or _reports_within(opened, notice)
    texts = texts or [text for text in opened.texts if "final-recipient" in text.lower()]
    for group in list(_groups("\n\n".join(texts)))[:_MOST]:
        action = group.get("action", "").lower().split(" ")[0].strip("();")
        status = enhanced(group.get("status", "")) or _success(group.get("status", ""))
        if not action and not status:
            continue
        address = _recipient(group) or _only(text_heuristics.recipients(opened, notice, returned))
        said = " ".join(group.get("diagnostic-code", "").split())
        around = text_heuristics.lines_about(address, notice) if address else notice
        if action in _DELIVERED or (status.startswith("2") and action != "failed"):
            judged = StatusVerdict(kind=BounceKind.DELIVERED, status=status, code=None)
        else:
            judged = classify_failure(status=status.removeprefix("2.0.0"), said=said, around=around)
        kind = BounceKind.SOFT if action == "delayed" else judged.kind
        yield RecipientFailure(
            address=address,
            kind=_spared(kind, said),
            status=judged.status,
            code=judged.code,
            said=(said or " ".join(around.split()))[:_SAID],
        )


def _reports_within(opened: ParsedMessage, notice: str) -> list[str]:
    """Of a bounce that a gateway wraps in one of its own, which names nobody."""
    if (
        not opened.returned
        or ADDRESS.search(notice)
        or not text_heuristics.is_bounce(opened, notice)
    ):
        return []
    inner = parse_message(opened.returned[0].encode("utf-8", "replace"))
    return [text for kind, text in inner.reports if kind != "message/feedback-report"]


def _only(addresses: list[str]) -> str:
    return addresses[0] if addresses else ""


def _spared(kind: BounceKind, said: str) -> BounceKind:
    """Not hard where the server's own words call it a refusal, under whatever status."""
    told = enhanced(said)
    refused = told.startswith("5.7.") or (
        told in ("", "5.1.0") and status_from_words(said) == "5.7.1"
    )
    return BounceKind.BLOCKED if kind is BounceKind.HARD and refused else kind


def _success(status: str) -> str:
    found = re.match(r"\s*(2\.\d{1,3}\.\d{1,3})", status)
    return found.group(1) if found else ""


def _recipient(group: Mapping[str, str]) -> str:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        value = re.sub(r"^[^;@]{1,40};\s*", "", value)
        if found := ADDRESS.search(value):
            return found.group(1)
        if loose := re.fullmatch(r"\s*<?([^\s<>@;]{1,64}@[^\s<>@;]{1,255}?)>?\s*", value):
            return loose.group(1)
    return ""


def _written(opened: ParsedMessage, notice: str, returned: str) -> Iterator[RecipientFailure]:
    """The recipients of a notice without a report."""
    text = notice or "\n".join(opened.texts)
    subject = opened.header("Subject")
    for address in text_heuristics.recipients(opened, notice, returned)[:1] or [""]:
        near = text_heuristics.lines_about(address, text) if address else text
        judged = classify_failure(status="", said=near, around=f"{text}\n{subject}")
        late = re.search(r"delay|warning: ", subject, re.IGNORECASE)
        yield RecipientFailure(
            address=address,
            kind=BounceKind.SOFT if late else judged.kind,
            status=judged.status,
            code=judged.code,
            said=" ".join(near.split())[:_SAID],
        )


def _worst(failures: tuple[RecipientFailure, ...]) -> BounceKind:
    kinds = {item.kind for item in failures}
    order = (BounceKind.HARD, BounceKind.BLOCKED, BounceKind.SOFT, BounceKind.DELIVERED)
    return next((kind for kind in order if kind in kinds), BounceKind.SOFT)


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The fields of each recipient; a blank line, or a field that returns, begins the next."""
    group: dict[str, str] = {}
    for line in [*unfolded(text[:50_000]).split("\n"), ""]:
        field = _FIELD.match(line.strip())
        name = field.group(1).lower() if field else ""
        if (not line.strip() or name == "final-recipient") and (not line.strip() or name in group):
            if _is_recipient(group):
                yield group
                group = {}
            elif not line.strip() and "final-recipient" not in group:
                group = {}
        if field:
            group.setdefault(name, field.group(2).strip())
    if _is_recipient(group):
        yield group


def _is_recipient(group: Mapping[str, str]) -> bool:
    named = {"final-recipient", "original-recipient", "x-actual-recipient"} & group.keys()
    return bool(named or "action" in group) and bool({"action", "status"} & group.keys())


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in unfolded(text[:50_000]).split("\n"):
        if found := _FIELD.match(line.strip()):
            fields.setdefault(found.group(1).lower(), found.group(2).strip())
    return fields


def _sent_to(opened: ParsedMessage, returned: str) -> Iterator[str]:
    """Where the answer went: its own headers, and the return path of what it gives back."""
    values = [value for name in _SENT_TO for value in opened.all(name)]
    values += re.findall(
        r"^[ \t>|]*Return-Path:(.{1,400})$", returned, re.IGNORECASE | re.MULTILINE
    )
    values += re.findall(r"\benvelope-from <([^<>\s]{1,320})>", returned)
    yield from dict.fromkeys(item for value in values for item in ADDRESS.findall(value))


def _message_ids(opened: ParsedMessage, returned: str) -> Iterator[str]:
    values = [opened.header(name) for name in ("In-Reply-To", "References")]
    values += re.findall(r"^[ \t>|]*Message-ID:(.{1,400})$", returned, re.IGNORECASE | re.MULTILINE)
    yield from dict.fromkeys(item for value in values for item in _MESSAGE_ID.findall(value))


def _fingerprint(data: bytes) -> str:
    """Of the message without the headers that each reading may add on top."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip()
    head, _, body = lines.partition(b"\n\n")
    named = sorted(
        line
        for line in head.split(b"\n")
        if re.match(rb"(?:message-id|date|from):", line, re.IGNORECASE)
    )
    return sha256(b"\n".join([*named, b"", body])).hexdigest()
