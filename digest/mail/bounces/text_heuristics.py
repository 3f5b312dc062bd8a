"""Bounces without a report: what the usual mail servers write for people.

The notice is what stands before the returned message. Whom it is about is judged by the
place of each address in it: alone on its line, before a colon, after RCPT TO.
"""

import re
from collections.abc import Collection, Iterator

from digest.mail.bounces.mime_reader import ParsedMessage, unfolded
from digest.mail.bounces.status_codes import enhanced, reply_code, status_from_words

_NOTICE = 20_000  # characters; a notice is shorter, a returned message may not be

ADDRESS = re.compile(
    r"(?<![\w.+/=!#$%&*?^`{|}~'-])"
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,250}"
    r"@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{0,62})(?![\w@-])"
)

_DAEMON = re.compile(
    r"\b(?:mailer-?daemon|mail-?daemon|mmdf|mailadmin|maildelivery|mdaemon|"
    r"post(?:master|office|_?admin)|mailsystem|mail\.?system|mail delivery (?:sub)?system|"
    r"mail administrator|system administrator|mail ?router|nondelivery|bounce|complaints?)\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|abuse|support|help(?:desk)?|no-?reply|root"
    r"|mailmaster|admin(?:istrator)?)@",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|fail|problem|report|notif|error|delay|incomplete)"
    r"|failure notice|returned (?:mail|message|to sender)|mail (?:deliver\w* )?(?:fail|error|system)"
    r"|non-?deliver|not delivered|delivered? fail|deliver(?:y|ed) (?:has )?(?:fail|err)|delayed"
    r"|warning: (?:message|could not)|could not (?:be )?(?:send|deliver)|unable to deliver"
    r"|message (?:delivery|status)|rejected|bounce|delivery has failed|there was an error sending"
    r"|mail could not|unzustellbar|zustell|non remis|[eé]chec|non consegnat|no (?:se )?(?:pudo )?entreg"
    r"|недостав|не доставлен|退信|投递失败|配信|エラーメール|送信できません|loop alert|postmaster notify",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"(?:could ?n[o']t|cannot|can't|can not|not|unable to|fail\w*(?: to)?|wasn't able to|problem|"
    r"error(?:s)?|impossible|undeliver\w*|did not reach|has not)[^\n]{0,80}"
    r"(?:deliver|recipient|reach|sent|send|address)"
    r"|permanent (?:fatal |delivery )?(?:error|failure)|transcript of session|delivery (?:to|has|fail)"
    r"|undeliverable|did not reach|returned (?:to|mail)|bounce|rejected"
    r"|(?:message|mail) (?:has been |was )?(?:delayed|returned)|failed (?:permanently|recipient)"
    r"|не может быть доставлен|не удалось доставить|nicht zugestellt|zustellung|n'a pas pu|non recapit"
    r"|no (?:se )?(?:ha )?(?:podido|pudo)|送信できません|配信できません|届けられません|お届けできません|无法|退回",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^(?:(?:re|aw|sv|antw):\s*)?(?:auto(?:matic|mated|matische|mático)?[ -]?(?:re(?:ply|sponse)|"
    r"response|antwort)|auto:|out[- ]of[- ](?:the )?office|away (?:from|until)|vacation|"
    r"on (?:holiday|leave|vacation)|abwesen|r[eé]ponse automatique|absence|respuesta autom|"
    r"risposta automatica|resposta autom|автоответ|自动回复|自動返信|automatisch antwoord)"
    r"|\bout of (?:the )?office\b",
    re.IGNORECASE,
)

# The line where the returned message begins.
_ORIGINAL = re.compile(
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

# What stands before an address that is not the recipient's.
_NOT_THE_READER = re.compile(
    r"(?:message-id|from|references?|reply-to|return-path|sender|in-reply-to|helo|contact)"
    r"\b\s*[:=]?[\w \t\"'.-]{0,40}<?$",
    re.IGNORECASE,
)
_RANKED = (
    # Whom the server itself names: RCPT TO:<a@b>, <a@b>: words, recipient: a@b
    re.compile(
        r"rcpt to: ?<?$|recipient(?: address)?s?\W{0,4}$|failed(?: to)?: ?<?$", re.IGNORECASE
    ),
    re.compile(
        r"(?:^|\n)[ \t\"'*•-]*(?:<|\(|e-?mail to|to\s*:|user:?|mailto:)?[ \t\"'<]*$", re.IGNORECASE
    ),
    re.compile(r"(?:deliver|reach|mail to|sent? to|recipient|address)[^\n@]{0,60}$", re.IGNORECASE),
)


def split_notice(opened: ParsedMessage) -> tuple[str, str]:
    """What the mail server says, and what it gives back of the message."""
    text = "\n".join(opened.texts)[: 2 * _NOTICE]
    returned = "\n".join(opened.returned)
    for mark in _ORIGINAL.finditer(text):
        rest = text[mark.start() :]
        if mark.start() > 0 and text[: mark.start()].strip() and _HEADER.search(rest):
            return text[: mark.start()][:_NOTICE], f"{rest}\n{returned}"
    return text[:_NOTICE], returned


def is_bounce(opened: ParsedMessage, notice: str) -> bool:
    """Whether it is the notice of a mail server about a message of ours."""
    if opened.header("X-Failed-Recipients"):
        return True
    sender = " ".join(
        opened.header(name) for name in ("From", "Sender", "Return-Path", "Errors-To")
    )
    # RFC 5321: a notification comes from the empty return path.
    return_path = next(opened.all("Return-Path"), "?").strip()
    machine = bool(_DAEMON.search(sender)) or return_path in ("<>", "")
    titled = bool(_SUBJECT.search(opened.header("Subject")))
    says = bool(_BODY.search(notice))
    coded = bool(enhanced(notice) or reply_code(notice))
    named = bool(ADDRESS.search(notice)) or bool(opened.returned)
    if machine:
        return titled or (named and (says or coded))
    return titled and says and named and (coded or bool(status_from_words(notice)))


def is_auto_reply(opened: ParsedMessage) -> bool:
    """Whether a program answers for a reader (RFC 3834), as its headers say."""
    submitted = opened.header("Auto-Submitted").lower()
    return (
        submitted.startswith(("auto-replied", "auto-generated", "auto-notified"))
        or opened.header("Precedence").lower() in ("auto_reply", "auto-reply")
        or any(opened.header(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autogenerated"))
        or is_away(opened)
    )


def is_away(opened: ParsedMessage) -> bool:
    """Whether the subject is a vacation notice's."""
    return bool(_AWAY.search(opened.header("Subject")))


def recipients(opened: ParsedMessage, notice: str, returned: str) -> list[str]:
    """The addresses that the notice is about, the likeliest first."""
    failed = ADDRESS.findall(opened.header("X-Failed-Recipients"))
    ours = _own(opened)
    found = failed or list(_ranked(notice, ours))
    if not found:
        found = [item for item in _returned_to(returned) if item.lower() not in ours]
    if not found:  # an address that is rarely a reader's, or the sender is the recipient
        named = ADDRESS.findall(notice)
        found = [item for item in named if item.lower() not in ours] or named
    return list({item.lower(): item for item in reversed(found)}.values())[::-1]


def lines_about(address: str, notice: str) -> str:
    """The part of the notice that speaks of the address: from its line on."""
    place = notice.lower().find(address.lower())
    if place < 0:
        return notice
    begin = notice.rfind("\n", 0, place) + 1
    return notice[begin : begin + 1500]


def _ranked(notice: str, ours: Collection[str]) -> Iterator[str]:
    found = [
        (match.group(1), notice[max(0, match.start() - 100) : match.start()])
        for match in ADDRESS.finditer(notice)
        if match.group(1).lower() not in ours and not _NOBODY.match(match.group(1))
    ]
    likely = [item for item in found if not _NOT_THE_READER.search(item[1])]
    found = likely or found
    for pattern in _RANKED:
        yield from (address for address, before in found if pattern.search(before))
    yield from (address for address, _ in found)


def _own(opened: ParsedMessage) -> set[str]:
    """Addresses that the answer was sent to, and that it comes from."""
    names = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "From", "Return-Path", "Cc")
    values = (value for name in names for value in opened.all(name))
    return {item.lower() for value in values for item in ADDRESS.findall(str(value))}


def _returned_to(returned: str) -> Iterator[str]:
    headers = unfolded(returned[:_NOTICE])
    for name in ("x-original-to", "delivered-to", "to", "envelope-to"):
        for line in re.findall(
            rf"^[ \t>|]*{name}:(.{{1,1000}})$", headers, re.IGNORECASE | re.MULTILINE
        ):
            yield from ADDRESS.findall(line)
    yield from re.findall(r"\bfor <([^<>\s@]{1,64}@[^<>\s]{1,255})>", headers)
