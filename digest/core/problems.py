"""What deserves a mail to the operator, and what does not.

Who is called for nothing stops listening. So nothing is said of what is as it should be (a
weekend, an unchanged batch), of what mends itself (a poll or two that failed, a letter that is
tried again), or of what belongs to a long list (a few dead mailboxes a day).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.core.text.plurals import count

FAILING = timedelta(hours=20)  # a source may fail so long; a daily run is never a day late
# With these, digests do not go out: a monitor elsewhere should hear of it too.
STALLED_AFTER = frozenset({"run", "server", "paused", "queue"})
REFUSED_SHARE = 0.02  # of the subscriptions, a day: dead mailboxes of a long list


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that somebody should look at."""

    key: str  # the same from day to day
    what: str  # a sentence without its full stop
    remedy: str
    command: str  # shows more
    since: datetime | None = None  # None: since it was noticed
    patience: timedelta = timedelta()  # in which it may mend itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that should have had something."""

    name: str
    warning: str  # names it
    fresh_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingSource:
    """A source of which nothing could be read since the last good batch."""

    name: str
    first: datetime
    last: datetime
    times: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedEditions:
    """So many editions, since when, and the words about the last one."""

    number: int
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStatus:
    """How things stand after a run."""

    now: datetime
    silent: Sequence[SilentSource] = ()
    failing: Sequence[FailingSource] = ()
    raised: Sequence[str] = ()  # what ended a job or a run, a line each
    broken: Sequence[str] = ()  # profile files, and stored profiles, a line each
    paused: EndedEditions | None = None  # sending had to stop
    put_back: EndedEditions | None = None  # the mail server took no letter
    waiting_since: datetime | None = None  # the oldest edition that could go out
    refused: EndedEditions | None = None  # of the last day
    expired: EndedEditions | None = None  # of the last day
    held: int = 0  # in doubt, for a person to decide on
    subscriptions: int = 0
    queue_limit: timedelta = timedelta(hours=6)
    patience: timedelta = timedelta()  # with what the next run may mend


def find_problems(facts: SystemStatus) -> tuple[Problem, ...]:
    """All that is wrong, the worst first; each says how long it may mend itself."""
    return (*_runs(facts), *_delivery(facts), *_sources(facts), *_profiles(facts))


def _runs(facts: SystemStatus) -> Iterator[Problem]:
    if facts.raised:
        yield Problem(
            key="run",
            what=f"a run ended before its work was done: {_listed(facts.raised)}",
            remedy="do what the message says, then start a run: digest run",
            command="digest doctor",
            patience=facts.patience,
        )


def _delivery(facts: SystemStatus) -> Iterator[Problem]:
    if facts.paused is not None:
        yield Problem(
            key="paused",
            what=f"sending is paused, as the mail server refuses mail: {facts.paused.reason}",
            remedy="mend what it names, then: digest deliver --resume",
            command="digest status",
            since=facts.paused.since,
        )
    elif facts.put_back is not None:
        yield Problem(
            key="server",
            what=f"the mail server takes no letters; {_waiting(facts.put_back.number)}:"
            f" {facts.put_back.reason}",
            remedy="mend what it names; what waits is sent by the next run",
            command="digest doctor",
            since=facts.put_back.since,
            patience=facts.patience,
        )
    elif _is_late(facts):
        hours = f"{facts.queue_limit / timedelta(hours=1):g}"
        yield Problem(
            key="queue",
            what=f"a digest has been waiting to be sent for more than {hours} hours",
            remedy="see that runs are started, by cron or digest schedule",
            command="digest status",
            since=facts.waiting_since,
        )
    if facts.refused and facts.refused.number > REFUSED_SHARE * facts.subscriptions:
        yield Problem(
            key="refused",
            what=f"the mail server refused {count(facts.refused.number, 'digest')} within a day:"
            f" {'the last one with ' if facts.refused.number > 1 else ''}{facts.refused.reason}",
            remedy="correct the address or what the server names, then: digest deliver --release"
            " NUMBER",
            command="digest status",
            since=facts.refused.since,
        )
    if facts.expired is not None:
        yield Problem(
            key="expired",
            what=f"{count(facts.expired.number, 'digest')} could not be sent in time and will not be:"
            f" {facts.expired.reason}",
            remedy="see what kept them; the readers' next digests come as usual",
            command="digest status",
            since=facts.expired.since,
        )
    if facts.held:
        yield Problem(
            key="held",
            what=f"{count(facts.held, 'digest')} in doubt: they may or may not have arrived",
            remedy="digest deliver --release NUMBER to send it again, or --drop NUMBER",
            command="digest status",
        )


def _is_late(facts: SystemStatus) -> bool:
    since = facts.waiting_since
    return since is not None and facts.now - since > facts.queue_limit


def _sources(facts: SystemStatus) -> Iterator[Problem]:
    failing = {item.name for item in facts.failing if _has_failed_for_long(item, facts.now)}
    for item in facts.failing:
        if item.name in failing:
            yield Problem(
                key=f"source {item.name}",
                what=f"source {item.name}: could not be read, {item.times} times in a row:"
                f" {item.reason}",
                remedy="see whether its address in sources.toml still holds",
                command=f"digest collect --source {item.name}",
                since=item.first,
            )
    for silent in facts.silent:
        if silent.name not in failing:  # said already, and why
            yield Problem(
                key=f"source {silent.name}",
                what=silent.warning,
                remedy="see whether it has anything; if it may be silent so long, set quiet_days in"
                " sources.toml",
                command=f"digest collect --source {silent.name}",
                since=silent.fresh_at,
            )


def _has_failed_for_long(item: FailingSource, now: datetime) -> bool:
    """More than once, over most of a day, and lately.

    A broken file is read once and fails once; its run said so, and nothing new comes of it.
    """
    lately = now - item.last < 2 * FAILING
    return item.times > 1 and item.last - item.first >= FAILING and lately


def _profiles(facts: SystemStatus) -> Iterator[Problem]:
    if facts.broken:
        yield Problem(
            key="profiles",
            what=f"profiles cannot be read: {_listed(facts.broken)}; their readers' digests stay"
            " as they were",
            remedy="correct the lines named",
            command="digest doctor",
            patience=facts.patience,
        )


def _waiting(number: int) -> str:
    return f"{count(number, 'digest')} {'waits' if number == 1 else 'wait'}"


def _listed(lines: Sequence[str], most: int = 5) -> str:
    more = f"; and {len(lines) - most:,} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
