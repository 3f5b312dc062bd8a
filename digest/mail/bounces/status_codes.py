"""Classifies delivery failures by status code or server text (RFC 3463, 5321, 7504, 7505).

Only the codes of a mailbox that does not exist are `hard`: 5.1.x, except those about the sender
(5.1.7, 5.1.8), and 5.2.1. All other codes may be about the sender, the server, or the moment.
"""

import re
from enum import StrEnum

from msgspec import Struct


class BounceKind(StrEnum):
    """The kind of an incoming message."""

    HARD = "hard"  # the mailbox does not exist
    SOFT = "soft"  # a temporary or other failure: full, too large, no route, broken server
    BLOCKED = "blocked"  # the server rejects the sender or the content
    COMPLAINT = "complaint"  # the reader reported the message as spam
    AUTO_REPLY = "auto-reply"  # such as a vacation notice
    UNSUBSCRIBE = "unsubscribe"  # sent by the unsubscribe button of the reader's mail program
    DELIVERED = "delivered"  # a report of success: delivered, relayed, expanded
    OTHER = "other"  # a message for a person
    UNREADABLE = "unreadable"  # not a message


class StatusVerdict(Struct, frozen=True, kw_only=True):
    """The classification of one failure."""

    kind: BounceKind
    status: str  # RFC 3463, such as 5.1.1; empty if unknown
    code: int | None  # SMTP, such as 550


# Does not match within IP addresses, versions ("4.2.1.3", "5.1.2195") and longer numbers.
_STATUS_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY_CODE = re.compile(r"(?<![\w.#/:-])([45][0-57]\d)(?=[ \t:;,)\]-]|#|$)", re.MULTILINE)

# A text is searched for words without its addresses: <mailboxfull@...> says nothing.
_ADDRESS_IN_TEXT = re.compile(r"(?<![^\s<>(\"'=:;,])[^\s<>@]{1,128}@[^\s<>@]{1,255}")

_ABOUT_SENDER = frozenset({"7", "8"})  # X.1.7 and X.1.8 are about the sender's address

# Patterns of server texts for each status. The first match counts, so specific ones come first.
# Each repetition has a maximum: without one, a text of repeated words takes quadratic time.
_STATUS_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (status, re.compile("|".join(patterns), re.IGNORECASE))
    for status, patterns in (
        (
            "5.2.2",
            (
                r"mail ?box (?:is |size |for [^\n]{1,60} is )?(?:full|exceed|over)",
                r"(?:over|exceed\w{0,20}|out of|disk) (?:the |its |his |their |your |\w+ )?quota",
                r"quota (?:has been |is )?(?:exceed|violation|full)",
                r"(?:user|account|inbox|recipient)\S{0,100} (?:is |has |mailbox )?(?:full|over ?quota)",
                r"full mail ?box|too much mail|insufficient (?:disk|system) (?:space|storage)",
                r"storage (?:limit|allocation|exceeded)|not enough (?:disk )?space",
                r"переполнен|volle?r? (?:mailbox|postfach)|postfach (?:ist )?voll",
                r"bo[iî]te (?:aux lettres )?pleine|buz[oó]n (?:est[aá] )?lleno|casella piena",
                r"邮箱已满|容量.{0,4}(?:超|オーバー)|メールボックス.{0,10}(?:いっぱい|満杯|超)",
            ),
        ),
        (
            "5.7.1",
            (
                r"\bspam|black ?list|block ?list|spamhaus|\brbl\b|dnsbl|\bdmarc\b|\bspf\b",
                r"\bdkim\b|reputation|unsolicited|reverse dns|\bptr\b|rdns|virus|malware",
                (
                    r"(?:blocked|rejected|denied|refused) (?:by|due to|because of|for) [^\n]{0,30}"
                    r"(?:polic|content|filter|security|administrator)"
                ),
                r"\bhelo\b|\behlo\b|my name was rejected",
                r"polic(?:y|ies) (?:violation|reason|reject)|message content|content (?:reject|den)",
                r"relay(?:ing)? (?:denied|not (?:permitted|allowed)|access)|open relay|mail relay",
                r"unable to relay|not (?:permitted|allowed) to relay",
                r"(?:not|un)[ -]?authori[sz]ed|authentication (?:is )?required",
                r"sender (?:address )?(?:rejected|denied|blocked)|banned|\bblocked\b",
                r"domain[- ]filter|rejected by (?:the )?(?:administrator|filter|rule)",
                r"垃圾|拒否設定|迷惑メール",
            ),
        ),
        (
            "5.1.1",
            (
                (
                    r"(?:user|recipient|mailbox|account|address|name|addressee)s?(?: \S{1,80})?"
                    r"(?: is| was| are| name| address| account){0,8} "
                    r"(?:unknown|not (?:be )?(?:found|known|recogni[sz]ed|exist)|invalid|disabled|inactive"
                    r"|suspended|deactivated|non-?existent|does(?:n'?t| not) exist|no longer|closed"
                    r"|undeliverable|not (?:a )?valid|unavailable|not listed|not active|terminated)"
                ),
                (
                    r"(?:unknown|invalid|bad|no such|non-?existent|illegal|inactive|undefined|expired"
                    r"|disabled|unroute?able|unrecogni[sz]ed|nonexistent|not a valid|no valid)"
                    r"(?: destination| local| virtual| email| e-mail| smtp| mail| to| or \w+){0,8}"
                    r" (?:user|recipient|mailbox|account|address|name|addressee|alias)"
                ),
                r"does(?:n'?t| not) (?:have an?|exist)|no longer (?:exist|valid|accept|in use|activ)",
                r"not (?:our|a) (?:customer|local|known)|no mailbox|can(?:not|'t) (?:be )?(?:find|found)",
                r"not listed in|no account|no user|recipient (?:is )?not|account (?:has been|is) dis",
                r"couldn'?t find (?:any|the)|wasn'?t found|(?:could not|couldn'?t) be found at",
                r"rejected by (?:the )?recipient|not[- ]exist|unknown to|mailbox not",
                r"не существует|не найден|неизвестн\w{1,20} (?:пользоват|получ)|无效|不存在|用户未找到",
                r"unbekannt|existiert nicht|nicht gefunden|inconnu|n.existe pas|introuvable",
                r"no existe|desconocid|sconosciut|non esiste|n[aã]o existe|n[aã]o encontrad",
                r"見つかりません|存在しません|存在しない|ユーザ.{0,6}(?:不明|いません)|宛先不明",
            ),
        ),
        (
            "5.1.2",
            (
                (
                    r"(?:host|domain|host name|server)(?: name)?(?: \S{1,80})? "
                    r"(?:unknown|not found|does(?:n'?t| not) exist|is not valid|lookup fail|couldn)"
                ),
                r"(?:unknown|no such|bad|invalid) (?:host|domain|destination)|nxdomain",
                r"name service error|couldn'?t find any host|dns (?:lookup )?(?:fail|error)",
                r"no (?:mx|route|mail exchanger)|unrouteable|null ?mx|does not accept mail",
            ),
        ),
        (
            "5.3.4",
            (
                r"(?:message|mail|size|data)\S{0,100}(?: \S{1,100}){0,5} (?:too (?:large|big|long)|exceed)",
                r"(?:too (?:large|big)|exceed\w{0,20}|maximum)(?: \S{1,100}){0,4} (?:size|limit)|size limit",
            ),
        ),
        ("5.4.6", (r"\bloop|too many hops|hop count",)),
        (
            "4.4.7",
            (
                r"tim(?:ed? ?out|e limit)|retr(?:y|ies)|try again|temporar|deferred|delayed",
                r"(?:connection|connect)\S{0,100} (?:was )?(?:refused|lost|dropped|reset|failed|closed)",
                r"failed \d{1,4} attempts|not responding|unreachable|grey ?list|expired|giving up|too long|gave up",
                r"not yet (?:been )?delivered|still (?:being|trying)|will (?:be )?retr|rate limit",
            ),
        ),
    )
)


def find_status(text: str) -> str:
    """Returns the first failure status code (RFC 3463) in the text; empty if there is none.

    A specific code is preferred to a vague one; see `is_vague`.
    """
    codes = [match.group(0) for match in _STATUS_CODE.finditer(text) if match.group(1) != "2"]
    specific = [status for status in codes if not is_vague(status)]
    return (specific or codes or [""])[0]


def find_reply_code(text: str) -> int | None:
    """Returns the first SMTP reply code of a failure (4xx, 5xx) in the text."""
    match = _REPLY_CODE.search(text)
    return int(match.group(1)) if match else None


def status_from_words(text: str) -> str:
    """Returns the status code that the words of a server mean; empty if they match nothing."""
    text = _ADDRESS_IN_TEXT.sub("@", text)
    return next((status for status, pattern in _STATUS_PATTERNS if pattern.search(text)), "")


def is_vague(status: str) -> bool:
    """Whether a status only says that delivery failed: 5.0.0, 5.2.0, 5.5.0, or no status."""
    _, _, rest = status.partition(".")
    subject, _, detail = rest.partition(".")
    return subject in ("", "0") or (detail == "0" and subject not in "17") or rest == "5.0"


def kind_of_status(status: str) -> BounceKind:
    """Returns the kind of failure for a status code (RFC 3463); SOFT if the code is unknown."""
    parts = status.split(".")
    # Only 5.x.x is permanent.
    if len(parts) != 3 or parts[0] != "5":
        return BounceKind.SOFT
    _, subject, detail = parts
    if subject == "1":
        return BounceKind.BLOCKED if detail in _ABOUT_SENDER else BounceKind.HARD
    if (subject, detail) == ("2", "1"):
        return BounceKind.HARD
    return BounceKind.BLOCKED if subject == "7" else BounceKind.SOFT


def classify_failure(*, status: str, diagnostic: str, context: str = "") -> StatusVerdict:
    """Classifies a failure by its status, else by the server's text, else by the text around it.

    Args:
        status: from the Status field of a report; may be empty or vague.
        diagnostic: the text of the server: Diagnostic-Code, or lines of the notice.
        context: further text, used only if `diagnostic` is not enough.
    """
    code = find_reply_code(diagnostic) or find_reply_code(context)
    best = status
    if is_vague(best):
        written = find_status(diagnostic)
        best = written if written and (not is_vague(written) or not best) else best
    if is_vague(best):
        # The patterns give 5.x.x codes. If the code says that the failure is temporary, use 4.x.x.
        from_words = status_from_words(diagnostic) or status_from_words(context)
        is_temporary = best.startswith("4") or (not best and code is not None and code < 500)
        if from_words:
            best = f"4{from_words[1:]}" if is_temporary else from_words
    # At least the class of the failure is known from the reply code.
    if not best and code is not None:
        best = f"{code // 100}.0.0"
    return StatusVerdict(kind=kind_of_status(best), status=best, code=code)
