"""Decides in which state the day of a subscription is, and says it in words.

A day has exactly one state (`DayState`). It follows from the facts of the day by fixed rules, and
every sentence follows from the state, so no two sentences can contradict each other.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.due_times import DueDecision, WaitReason
from digest.core.text.plurals import count

_PAUSABLE = (AddressStatus.ACTIVE, AddressStatus.PAUSED)


class DayState(StrEnum):
    """The state of one day of one subscription."""

    # The digest of the day is made.
    SENT = "sent"
    SENDING = "being sent"
    QUEUED = "queued"
    DEFERRED = "deferred"
    STOPPED_BY_READER = "queued, and the reader gets no mail"
    STOPPED_BY_PAUSE = "queued, and all sending is paused"
    IN_DOUBT = "in doubt"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    # There is no digest, and no run makes one.
    ADDRESS_STOPPED = "the address gets no mail"
    PAUSED = "the subscription is paused"
    UNREADABLE = "the profile cannot be read"
    # There is no digest yet.
    OTHER_DAY = "not a day of the profile"
    TOO_EARLY = "before send_at"
    DUE = "due"
    WAITING = "a run found no papers, and the day is still open"
    CATCH_UP = "due for a missed day"
    # There is no digest, and the day is over.
    OVER = "over without a digest"


class SourceNews(StrEnum):
    """What the sources brought for a subscription in some time."""

    NOT_COLLECTED = "nothing was collected"
    UNREACHABLE = "no source could be read"
    PARTLY_UNREACHABLE = "nothing new, and some sources could not be read"
    NOTHING_NEW = "nothing new"
    UNREAD = "new papers that were not considered yet"
    NO_MATCH = "new papers, and none matched"


class EditionSummary(Struct, frozen=True, kw_only=True):
    """An edition and the state of its delivery."""

    edition_id: int
    subscription_id: int
    local_date: date
    state: EditionState
    composed_at: datetime
    attempts: int
    settled_at: datetime | None  # when the last attempt ended
    next_attempt_at: datetime
    code: int | None  # SMTP reply code of the last attempt
    reason: str | None
    papers: int  # number of papers that matched
    channel: str | None = None  # to which it goes; None: by mail


class BatchArrival(Struct, frozen=True, kw_only=True):
    """A batch that was collected from a source."""

    source: str
    collected_at: datetime
    verdict: Verdict
    new: int
    listed: int


class DayFacts(Struct, frozen=True, kw_only=True):
    """What decides the state of a day of a subscription."""

    now: datetime
    status: AddressStatus
    paused: bool = False  # only this subscription
    profile_error: str = ""  # why the profile cannot be read; empty if it can
    decision: DueDecision | None = None  # None exactly if the profile cannot be read
    waiting: bool = False  # a run found no papers in the slot that is open now
    edition: EditionSummary | None = None  # the digest of the day
    sending_paused_until: datetime | None = None  # of all messages; may be over
    arrivals: Sequence[BatchArrival] = ()  # since the last digest, newest first
    unread: bool = False  # announcements that were not considered for it yet

    @property
    def gets_mail(self) -> bool:
        """Whether neither the address nor the subscription is stopped."""
        return self.status is AddressStatus.ACTIVE and not self.paused

    @property
    def sending_is_paused(self) -> bool:
        """Whether no message of anybody is sent now."""
        return self.sending_paused_until is not None and self.sending_paused_until > self.now


_SETTLED = {
    EditionState.SENT: DayState.SENT,
    EditionState.CLAIMED: DayState.SENDING,
    EditionState.IN_DOUBT: DayState.IN_DOUBT,
    EditionState.REFUSED: DayState.REFUSED,
    EditionState.EXPIRED: DayState.EXPIRED,
    EditionState.WITHDRAWN: DayState.WITHDRAWN,
}
_NOT_DUE = {
    WaitReason.DAY_USED: DayState.OVER,
    WaitReason.TOO_EARLY: DayState.TOO_EARLY,
    WaitReason.OTHER_DAY: DayState.OTHER_DAY,
}


def day_state(facts: DayFacts) -> DayState:
    """Returns the state of a day. The first rule that fits decides."""
    if facts.edition is not None:
        return _state_of_edition(facts.edition, facts)
    if facts.status is not AddressStatus.ACTIVE:
        return DayState.ADDRESS_STOPPED
    if facts.paused:
        return DayState.PAUSED
    if facts.decision is None:
        return DayState.UNREADABLE
    return _state_of_decision(facts.decision, facts)


def _state_of_decision(decision: DueDecision, facts: DayFacts) -> DayState:
    if decision.wait is not None:
        return _NOT_DUE[decision.wait]
    if decision.catch_up:
        return DayState.CATCH_UP
    open_and_empty = facts.waiting and not decision.deadline_passed(facts.now)
    return DayState.WAITING if open_and_empty else DayState.DUE


def _state_of_edition(edition: EditionSummary, facts: DayFacts) -> DayState:
    if edition.state in _SETTLED:
        return _SETTLED[edition.state]
    if not facts.gets_mail:
        return DayState.STOPPED_BY_READER
    if facts.sending_is_paused:
        return DayState.STOPPED_BY_PAUSE
    return DayState.QUEUED if edition.state is EditionState.QUEUED else DayState.DEFERRED


def describe_day(facts: DayFacts) -> str:
    """Returns the state of a day as a sentence without a full stop."""
    state, decision = day_state(facts), facts.decision
    if facts.edition is not None:
        made = f"its digest of {facts.edition.local_date} {_MADE[state]}"
        return f"{made}{_next_digest(facts)}"
    match state:
        case DayState.ADDRESS_STOPPED:
            text = f"no digest is made: the address is {facts.status}"
            if facts.status is AddressStatus.PAUSED:
                text += "; to end that: digest subscribers resume"
        case DayState.PAUSED:
            text = "paused; to end that: digest subscribers resume"
        case DayState.CATCH_UP:
            text = "due now: no run came within the hours of its last digest, and the next run makes up"
        case DayState.DUE:
            text = "due today: the next run makes it, if papers for it have come"
        case DayState.WAITING:
            news = describe_news(facts, is_open=True)
            text = f"due today: {news}, and the next run that brings something makes it"
        case DayState.OVER if decision:
            day = decision.used_day or decision.date
            text = f"no digest on {day}: {describe_news(facts)}{_next_digest(facts)}"
        case _ if decision:
            text = f"not now: {decision.reason}{_next_digest(facts)}"
        case _:
            text = f"its profile cannot be read: {facts.profile_error}"
    return text


_MADE = {
    DayState.SENT: "was sent",
    DayState.SENDING: "is being sent",
    DayState.QUEUED: "is made, and the next run sends it",
    DayState.DEFERRED: "is made, and a later run tries again to send it",
    DayState.STOPPED_BY_READER: "is made, and not sent: mail to this reader is stopped",
    DayState.STOPPED_BY_PAUSE: "is made, and not sent yet: all sending is paused",
    DayState.IN_DOUBT: "is made, and may have arrived",
    DayState.REFUSED: "was refused by the mail server",
    DayState.EXPIRED: "was made, and not sent in time",
    DayState.WITHDRAWN: "was made, and is not sent",
}


def _next_digest(facts: DayFacts) -> str:
    if facts.decision is None or not facts.gets_mail:
        return ""
    return f"; a run after {_minute(facts.decision.next_due)} makes the next digest"


def source_news(facts: DayFacts) -> SourceNews:
    """Returns what the sources brought for a subscription. The first rule that fits decides."""
    if not facts.arrivals:
        return SourceNews.NOT_COLLECTED
    if _new_papers(facts):
        return SourceNews.UNREAD if facts.unread else SourceNews.NO_MATCH
    failing = _failing_sources(facts)
    if not failing:
        return SourceNews.NOTHING_NEW
    sources = {item.source for item in facts.arrivals}
    return SourceNews.UNREACHABLE if failing == sources else SourceNews.PARTLY_UNREACHABLE


def describe_news(facts: DayFacts, *, is_open: bool = False) -> str:
    """Returns what the sources brought, as a clause for a sentence.

    Args:
        facts: the arrivals of the time in question.
        is_open: the digest of the day may still be made.
    """
    papers = count(_new_papers(facts), "new paper")
    failing = ", ".join(sorted(_failing_sources(facts)))
    match source_news(facts):
        case SourceNews.NOT_COLLECTED:
            return f"nothing had come for it{' yet' if is_open else ''}"
        case SourceNews.UNREACHABLE:
            return f"no source could be read ({failing}; digest status shows why)"
        case SourceNews.PARTLY_UNREACHABLE:
            return f"{failing} could not be read (digest status shows why), and the other sources had nothing new"
        case SourceNews.NOTHING_NEW:
            return "the sources had nothing new"
        case SourceNews.UNREAD:
            return f"the sources had {papers}, and no run has ranked all of them for it yet"
        case SourceNews.NO_MATCH:
            return (
                f"the sources had {papers}, and none reached its min_match"
                " (digest profile volume shows what the profile would bring)"
            )


def explain_days_without_digest(facts: DayFacts) -> str:
    """Returns why several days brought no digest, as a sentence; empty if `describe_day` says it.

    Args:
        facts: of the last of these days, with the arrivals of all of them.
    """
    state = day_state(facts)
    if not facts.gets_mail or state in (DayState.UNREADABLE, DayState.OVER, DayState.WAITING):
        return ""
    return f"In that time, {describe_news(facts)}."


def _new_papers(facts: DayFacts) -> int:
    return sum(item.new + item.listed for item in facts.arrivals)


def _failing_sources(facts: DayFacts) -> set[str]:
    """Returns the sources whose newest batch could not be read."""
    newest: dict[str, BatchArrival] = {}
    for item in facts.arrivals:
        # The newest come first, so the first one of each source counts.
        newest.setdefault(item.source, item)
    return {name for name, item in newest.items() if item.verdict is Verdict.FAILED}


def describe_edition(edition: EditionSummary, facts: DayFacts) -> str:
    """Returns what happened to a digest, as a sentence without a full stop.

    Args:
        edition: the digest.
        facts: of its reader; only whether the reader gets mail and sending is paused is used.
    """
    at = f" {_minute(edition.settled_at)}" if edition.settled_at else ""
    reason = f": {edition.reason}" if edition.reason else ""
    papers = count(edition.papers, "paper")
    queued = f"{papers}, queued since {_minute(edition.composed_at)}{reason}"
    match _state_of_edition(edition, facts):
        case DayState.SENT if edition.channel:
            text = f"{papers}, sent{at} to the channel {edition.channel}{reason}"
        case DayState.SENT:
            text = (
                f"{papers}, sent{at}; the server said{reason or ' nothing'}. If it is not in the"
                " mailbox, look among the spam"
            )
        case DayState.QUEUED:
            text = f"{queued}; the next run sends it"
        case DayState.STOPPED_BY_READER if facts.status in _PAUSABLE:
            text = f"{queued}; it is sent when the reader has resumed, if no later digest has come"
        case DayState.STOPPED_BY_READER:
            text = f"{queued}; it will not be sent: the address is {facts.status}"
        case DayState.STOPPED_BY_PAUSE:
            text = f"{queued}; it is sent when the pause of all sending is over"
        case DayState.DEFERRED:
            attempts = count(edition.attempts, "attempt")
            again = _minute(edition.next_attempt_at)
            text = f"deferred after {attempts},{at}{reason}; tried again from {again}"
        case DayState.IN_DOUBT:
            text = f"in doubt,{at}{reason}; it may have arrived"
        case DayState.SENDING:
            text = "being sent right now"
        case _:
            text = f"{edition.state},{at}{reason}"
    return text


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
