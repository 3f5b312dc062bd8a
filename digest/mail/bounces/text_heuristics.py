"""Recognises bounces that have no machine-readable report, from the text for people.

The notice is the text before the returned message. The failed recipient is the address with the
most typical position in it: after RCPT TO, before a colon, or alone on its line.
"""

import re
from collections.abc import Collection, Iterator

from digest.core.mime_reader import ParsedMessage, unfolded
from digest.mail.bounces.status_codes import find_reply_code, find_status, status_from_words

_MAX_NOTICE = 20_000  # characters; notices are shorter, only returned messages are longer

ADDRESS = re.compile(
    r"(?<![\w.+/=!#$%&*?^`{|}~'-])"
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,250}"
    r"@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{0,62})(?![\w@-])"
)

_SYSTEM_SENDER = re.compile(
    r"\b(?:mailer-?daemon|mail-?daemon|mmdf|mailadmin|maildelivery|mdaemon|"
    r"post(?:_?master|office|_?admin)|mailsystem|ndr administrator|mail\.?system|mail delivery (?:sub)?system|"
    r"mail administrator|system administrator|mail ?router|nondelivery|bounce|complaints?)\b",
    re.IGNORECASE,
)
_SYSTEM_ADDRESS = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|abuse|support|help(?:desk)?|no-?reply|root"
    r"|mailmaster|admin(?:istrator)?)@",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|fail|problem|report|notif|error|delay|incomplete)"
    r"|failure notice|returned (?:mail|message|to sender)|mail (?:deliver\w* )?(?:fail|error|system)"
    r"|non-?deliver|not delivered|delivered? fail|deliver(?:y|ed) (?:has )?(?:fail|err)|delayed"
    r"|warning: (?:message|could not)|could not (?:be )?(?:send|deliver)|unable to deliver"
    r"|message (?:delivery|status)|rejected|bounce|delivery has failed|there was an error sending"
    r"|mail could not|unzustellbar|zustell|non remis|[eé]chec|non consegnat|no (?:se )?(?:pudo )?entreg"
    r"|недостав|не доставлен|退信|投递失败|配信|エラーメール|送信できません|loop alert|postmaster notify",
    re.IGNORECASE,
)
_BOUNCE_TEXT = re.compile(
    r"(?:could ?n[o']t|cannot|can't|can not|not|unable to|fail\w{0,20}(?: to)?|wasn't able to|problem|"
    r"error(?:s)?|impossible|undeliver\w{0,20}|did not reach|has not)[^\n]{0,80}"
    r"(?:deliver|recipient|reach|sent|send|address)"
    r"|permanent (?:fatal |delivery )?(?:error|failure)|transcript of session|delivery (?:to|has|fail)"
    r"|undeliverable|did not reach|returned (?:to|mail)|bounce|rejected"
    r"|(?:message|mail) (?:has been |was )?(?:delayed|returned)|failed (?:permanently|recipient)"
    r"|не может быть доставлен|не удалось доставить|nicht zugestellt|zustellung|n'a pas pu|non recapit"
    r"|no (?:se )?(?:ha )?(?:podido|pudo)|送信できません|配信できません|届けられません|お届けできません|无法|退回",
    re.IGNORECASE,
)
# Lines that mail servers write and people do not. They count whoever the sender is, as the
# gateways of some telephone networks send bounces from addresses like any other.
_NOTICE_LINE = re.compile(
    r"^[ \t#*|-]{0,80}(?:"
    # what failed: a message could not be delivered, or a server was unable to deliver it
    r"(?:(?:your|the|a) )?(?:following )?(?:mail|message|e-?mail)?(?: that you sent| you sent)?"
    r"(?: to \S{1,200})?(?: has been| was)? ?(?:could ?n[o']t be|cannot be|was ?n[o']t|not) delivered"
    r"(?: to)?(?: mobile| the following| one or more|:? ?<?[^\s@<>]{1,64}@| because|[.:]?[ \t]*$)"
    r"|(?:sorry, )?(?:we |i |i'm afraid i )?(?:were |was )?(?:unable|wasn't able|not able|failed) to"
    r" deliver (?:your |the )?(?:mail|message|e-?mail) to"
    r"|(?:your )?deliver(?:y|ing) (?:has )?(?:failed )?to (?:these|the following)"
    r"|your message to the following|delivery failed \d{1,4} attempts|did not reach the following"
    r"|(?:each of |to )?the following (?:recipient|addresse?|user)s?(?:\(?e?s\)?)? (?:had (?:permanent"
    r"|delivery|transient|problem)|(?:was|were|ha(?:s|ve) been) (?:rejected|affected|undeliver)"
    r"|did not receive|failed|could not be|cannot be (?:reached|delivered)|returned permanent)"
    r"|the attached message (?:had|could not)|this message was undeliverable"
    r"|the message that you sent was undeliverable|undeliverable (?:to|mail:|message to) "
    r"|there was an error delivering your mail|an error (?:has )?occurred while (?:attempting|trying)"
    r" to deliver|a message is delayed for|no valid recipients for this"
    # who speaks
    r"|(?:hi[.!] )?this is the (?:mail (?:system|delivery (?:agent|program|system))|qmail-send"
    r" program|postfix program|mailer-daemon|dragonfly mail agent|machine generated message"
    r"|\S{1,40} mail (?:server|system))"
    r"|this is (?:an automatically generated|a) delivery (?:status|failure)"
    r"|this delivery status notification"
    r"|this (?:message|report) (?:was|is) (?:created|generated) automatically by (?:the )?mail"
    # headings, and lines of the SMTP session
    r"|error message(?: below)?:[ \t]*$|failed (?:recipients?|address(?:es)?)(?:\(e?s\))?(?: follow)?:"
    r"|failure reasons\b|transcript of session|user mailbox exceeds allowed size:"
    r"|unknown user: ?<?[^\s@<>]{1,64}@|<<< [45]\d\d[ -]|received >>> [45]\d\d"
    r"|remote (?:host|server) (?:said|returned|replied):? ['\"]?[45]\d\d"
    r"|次のあて先へのメッセージ|送信先メールアドレスが|このメールは送信できませんでした"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_NOTICE_LINES_IN = 400  # characters from the start; a newsletter quotes a bounce further down
_QUOTED_LINE = re.compile(r"^[ \t]*(?:>(?!>> [A-Z]{4}\b)|\|[ \t])[^\n]*$", re.MULTILINE)
_QUOTED_MESSAGE = re.compile(
    r"^(?:[ \t]*-{2,}[ \t]*(?:original|forwarded|weitergeleitete) (?:message|nachricht)"
    r"|begin forwarded message:|[^\n]{1,200} (?:wrote|writes|schrieb|a écrit)[^\n]{0,20}:[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_LIST_HEADERS = ("List-Id", "List-Unsubscribe", "List-Post")

_AWAY_SUBJECT = re.compile(
    r"^(?:(?:re|aw|sv|antw):\s*)?(?:auto(?:matic|mated|matische|mático)?[ -]?(?:re(?:ply|sponse)|"
    r"response|antwort)|auto:|out[- ]of[- ](?:the )?office|away (?:from|until)|vacation|"
    r"on (?:holiday|leave|vacation)|abwesen|r[eé]ponse automatique|absence|respuesta autom|"
    r"risposta automatica|resposta autom|автоответ|自动回复|自動返信|automatisch antwoord)"
    r"|\bout of (?:the )?office\b",
    re.IGNORECASE,
)

# The line before the returned message.
_RETURNED_MESSAGE = re.compile(
    r"^[ \t>*#=_.-]{0,200}(?:"
    r"(?:below this line is|this is) a copy of (?:the|your) (?:original )?message"
    r"|(?:the )?(?:original|returned|unsent|undelivered|bounced) (?:mail|message|e-mail)"
    r"(?: text| headers?| (?:is )?(?:follows|attached|below)| follows)*"
    r"|message headers? follows?|(?:here is |a copy of )?(?:the|your) (?:original )?message"
    r"(?: headers?)? (?:follows|is (?:included|attached|below)|appears)|"
    r"included is a copy|received: (?:from|by|\()|return-path:|the header of the original"
    r"|message (?:header|text|contents?)(?: follows)?|mail message|原始邮件|original mail as follows"
    r"|forwarded message|begin forwarded|copy of (?:the )?original"
    r")[^\n]{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(
    r"^[ \t>|]{0,8}(?:message-id|received|mime-version|date|return-path):",
    re.IGNORECASE | re.MULTILINE,
)

# The text before an address that is not the failed recipient.
_BEFORE_OTHER_ADDRESS = re.compile(
    r"(?:message-id|from|references?|reply-to|return-path|sender|in-reply-to|helo|contact)"
    r"\b\s*[:=]?[\w \t\"'.-]{0,40}<?$",
    re.IGNORECASE,
)
# The text before an address that is likely the failed recipient, the likeliest first.
_BEFORE_RECIPIENT = (
    # The server itself names the recipient: RCPT TO:<a@b>, <a@b>: words, recipient: a@b
    re.compile(
        r"rcpt to: ?<?$|recipient(?: address)?s?\W{0,4}$|failed(?: to)?: ?<?$", re.IGNORECASE
    ),
    re.compile(
        r"(?:^|\n)[ \t\"'*•-]*+(?:<|\(|e-?mail to|to\s*:|user:?|mailto:)?[ \t\"'<]*+$",
        re.IGNORECASE,
    ),
    re.compile(r"(?:deliver|reach|mail to|sent? to|recipient|address)[^\n@]{0,60}$", re.IGNORECASE),
)


def split_notice(message: ParsedMessage) -> tuple[str, str]:
    """Returns the text of the mail server, and what it returns of the original message."""
    text = "\n".join(message.texts)[: 2 * _MAX_NOTICE]
    returned = "\n".join(message.returned)
    last_header = max((header.start() for header in _HEADER.finditer(text)), default=-1)
    # The phrase may also occur in the notice itself, so headers must follow it.
    for match in _RETURNED_MESSAGE.finditer(text):
        start = match.start()
        if start <= last_header and text[:start].strip():
            return text[:start][:_MAX_NOTICE], f"{text[start:]}\n{returned}"
    return text[:_MAX_NOTICE], returned


def is_bounce(message: ParsedMessage, notice: str, returned: str) -> bool:
    """Whether the message is a notice of a mail server about a message that it returns.

    Args:
        message: the incoming message.
        notice: its text before the returned message; see `split_notice`.
        returned: the returned message, or its headers.
    """
    if message.header("X-Failed-Recipients"):
        return True
    sender = " ".join(
        message.header(name) for name in ("From", "Sender", "Return-Path", "Errors-To")
    )
    # RFC 5321: a notification has an empty return path.
    # "?": a header that is missing is not an empty return path.
    return_path = next(message.all("Return-Path"), "?").strip()
    from_system = bool(_SYSTEM_SENDER.search(sender)) or return_path in ("<>", "")
    # What a person or a mailing list quotes is no evidence.
    evidence = notice if from_system else without_quotes(notice)
    has_bounce_subject = bool(_BOUNCE_SUBJECT.search(message.header("Subject")))
    has_bounce_text = bool(_BOUNCE_TEXT.search(evidence))
    has_code = bool(find_status(evidence) or find_reply_code(evidence))
    has_recipient = bool(ADDRESS.search(evidence) or returned.strip())
    # A message from a person needs more evidence than one from a mail system.
    if from_system:
        return has_bounce_subject or (has_recipient and (has_bounce_text or has_code))
    if is_list_message(message) or not has_recipient:
        return False
    if _NOTICE_LINE.search(evidence[:_NOTICE_LINES_IN]):
        return has_code or bool(returned.strip() or status_from_words(evidence))
    # A shop writes of a delivery problem too, and a person of a rejected paper.
    return (
        has_bounce_subject and has_bounce_text and bool(returned.strip() or find_status(evidence))
    )


def may_be_bounce(message: ParsedMessage, own_text: str) -> bool:
    """Whether a message to a signed return path is a notice about a failure.

    Less evidence is enough than for `is_bounce`, as only mail servers and automatic replies write
    to a return path.

    Args:
        message: the incoming message.
        own_text: its text without the returned message and without quotes; see `without_quotes`.
    """
    if is_list_message(message):
        return False
    has_null_sender = next(message.all("Return-Path"), "?").strip() == "<>"
    hints = (
        bool(_BOUNCE_TEXT.search(own_text)),
        find_reply_code(own_text) is not None,
        bool(status_from_words(own_text)),
    )
    return (
        has_null_sender
        or bool(_BOUNCE_SUBJECT.search(message.header("Subject")))
        or bool(find_status(own_text))
        or sum(hints) > 1
    )


def is_list_message(message: ParsedMessage) -> bool:
    """Whether the message came through a mailing list, or is a newsletter (RFC 2369, 2919)."""
    return any(message.header(name) for name in _LIST_HEADERS)


def without_quotes(notice: str) -> str:
    """Returns a text without what a mail program quotes of another message."""
    start = _QUOTED_MESSAGE.search(notice)
    own = notice[: start.start()] if start else notice
    return _QUOTED_LINE.sub("", own)


def is_auto_reply(message: ParsedMessage) -> bool:
    """Whether the headers mark the message as an automatic reply (RFC 3834)."""
    submitted = message.header("Auto-Submitted").lower()
    return (
        submitted.startswith(("auto-replied", "auto-generated", "auto-notified"))
        or message.header("Precedence").lower() in ("auto_reply", "auto-reply")
        or any(message.header(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autogenerated"))
        or is_away(message)
    )


def is_away(message: ParsedMessage) -> bool:
    """Whether the subject is that of a vacation notice."""
    return bool(_AWAY_SUBJECT.search(message.header("Subject")))


def recipients(message: ParsedMessage, notice: str, returned: str) -> list[str]:
    """Returns the addresses that the notice is about, the likeliest first.

    Args:
        message: the incoming message.
        notice: its text before the returned message; see `split_notice`.
        returned: the returned message, or its headers.
    """
    failed = ADDRESS.findall(message.header("X-Failed-Recipients"))
    # The notice often names our own address, which is its recipient.
    excluded = _envelope_addresses(message)
    candidates = failed or list(_ranked_addresses(notice, excluded))
    if not candidates:
        candidates = [
            address for address in _returned_recipients(returned) if address.lower() not in excluded
        ]
    # A system address, or the recipient is the sender itself.
    if not candidates:
        addresses = ADDRESS.findall(notice)
        candidates = [
            address for address in addresses if address.lower() not in excluded
        ] or addresses
    # Without duplicates; of two spellings, the first one is returned.
    return list({address.lower(): address for address in reversed(candidates)}.values())[::-1]


def lines_about(address: str, notice: str) -> str:
    """Returns the notice from the line with the address on; all of it if it has no such line."""
    position = notice.lower().find(address.lower())
    if position < 0:
        return notice
    line_start = notice.rfind("\n", 0, position) + 1
    return notice[line_start : line_start + 1500]


def _ranked_addresses(notice: str, excluded: Collection[str]) -> Iterator[str]:
    candidates = [
        (match.group(1), notice[max(0, match.start() - 100) : match.start()])
        for match in ADDRESS.finditer(notice)
        if match.group(1).lower() not in excluded and not _SYSTEM_ADDRESS.match(match.group(1))
    ]
    likely = [item for item in candidates if not _BEFORE_OTHER_ADDRESS.search(item[1])]
    candidates = likely or candidates
    for pattern in _BEFORE_RECIPIENT:
        yield from (address for address, preceding in candidates if pattern.search(preceding))
    yield from (address for address, _ in candidates)


def _envelope_addresses(message: ParsedMessage) -> set[str]:
    """Returns the sender and the recipients of the incoming message itself."""
    names = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "From", "Return-Path", "Cc")
    values = (value for name in names for value in message.all(name))
    return {address.lower() for value in values for address in ADDRESS.findall(str(value))}


def _returned_recipients(returned: str) -> Iterator[str]:
    headers = unfolded(returned[:_MAX_NOTICE])
    # Before To, as that may be a mailing list or an alias.
    for name in ("x-original-to", "delivered-to", "to", "envelope-to"):
        for line in re.findall(
            rf"^[ \t>|]*{name}:(.{{1,1000}})$", headers, re.IGNORECASE | re.MULTILINE
        ):
            yield from ADDRESS.findall(line)
    yield from re.findall(r"\bfor <([^<>\s@]{1,64}@[^<>\s]{1,255})>", headers)
