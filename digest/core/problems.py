"""Finds the problems that the operator should be told about.

An operator who gets mail without a reason stops reading it. Therefore no problem is reported for
a normal state (a weekend, an unchanged batch), for a failure that usually ends by itself (one or
two failed polls, a message that is tried again), or for a few dead mailboxes in a long list.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from digest.core.text.plurals import count

# A source may fail for so long. Less than a day, so that a daily run reports the second failure.
FAILING_AFTER = timedelta(hours=20)
# Keys of the problems with which no digests are sent: the heartbeat stops for these.
BLOCKING_PROBLEMS = frozenset({"run", "server", "paused", "queue", "workers"})
# How long a shard may wait for a worker. A worker takes the next one as soon as it is free.
SHARD_PATIENCE = timedelta(minutes=30)
REFUSED_SHARE = 0.02  # of the subscriptions per day; a long list always has some dead mailboxes


class Problem(Struct, frozen=True, kw_only=True):
    """Something that the operator should look at."""

    key: str  # identifies the problem; the same on every day
    what: str  # a sentence without its full stop
    remedy: str  # what the operator should do
    command: str  # shows more
    since: datetime | None = None  # None: since it was first found
    patience: timedelta = timedelta()  # how long it may last before it is reported


class SilentSource(Struct, frozen=True, kw_only=True):
    """A source that should have had new papers and had none."""

    name: str
    warning: str  # contains the name of the source
    fresh_at: datetime | None  # when it last had new papers


class FailingSource(Struct, frozen=True, kw_only=True):
    """A source that could not be read since its last good batch."""

    name: str
    first: datetime  # the first failure
    last: datetime  # the last failure
    times: int
    reason: str  # of the last failure


class EndedEditions(Struct, frozen=True, kw_only=True):
    """A number of editions that were not sent, for one kind of reason."""

    number: int
    since: datetime
    reason: str = ""  # of the last one


class SystemStatus(Struct, frozen=True, kw_only=True):
    """The state of the installation after a run."""

    now: datetime
    silent: Sequence[SilentSource] = ()
    failing: Sequence[FailingSource] = ()
    raised: Sequence[str] = ()  # the errors that ended a job or a run, one line each
    broken: Sequence[str] = ()  # errors in profile files and stored profiles, one line each
    paused: EndedEditions | None = None  # sending is paused
    requeued: EndedEditions | None = None  # the mail server accepted no messages
    waiting_since: datetime | None = None  # the oldest edition that could be sent
    refused: EndedEditions | None = None  # of the last day
    expired: EndedEditions | None = None  # of the last day
    shards_wait_since: datetime | None = None  # the oldest shard that no worker has taken
    signup_closed_at: datetime | None = None  # too many requests on the site, in the last day
    held: int = 0  # editions in doubt, for which the operator must decide
    subscriptions: int = 0
    queue_limit: timedelta = timedelta(hours=6)  # how long an edition may wait
    patience: timedelta = timedelta()  # for problems that the next run may solve


def find_problems(facts: SystemStatus) -> tuple[Problem, ...]:
    """Returns all problems, the most serious first."""
    return (*_runs(facts), *_delivery(facts), *_sources(facts), *_profiles(facts))


def _runs(facts: SystemStatus) -> Iterator[Problem]:
    if facts.raised:
        yield Problem(
            key="run",
            what=f"a run ended before its work was done: {_joined(facts.raised)}",
            remedy="do what the message says, then start a run: digest run",
            command="digest doctor",
            patience=facts.patience,
        )
    since = facts.shards_wait_since
    if since is not None and facts.now - since > SHARD_PATIENCE:
        yield Problem(
            key="workers",
            what="shards of publish or deliver wait for a worker for more than half an hour",
            remedy="start workers: digest worker; or set DIGEST_WORKER_SHARDS=0",
            command="digest status",
            since=since,
        )
    if facts.signup_closed_at is not None:
        yield Problem(
            key="signup",
            what="the site closed for an hour, because too many people or programs asked for mail",
            remedy="if these were readers, raise DIGEST_SIGNUP_HOURLY; else set"
            " DIGEST_SIGNUP=invite for some days",
            command="digest doctor",
            since=facts.signup_closed_at,
        )


def _delivery(facts: SystemStatus) -> Iterator[Problem]:
    if facts.paused is not None:
        yield Problem(
            key="paused",
            what=f"sending is paused, as the mail server refuses mail: {facts.paused.reason}",
            remedy="correct the cause, then: digest deliver --resume",
            command="digest status",
            since=facts.paused.since,
        )
    elif facts.requeued is not None:
        yield Problem(
            key="server",
            what=f"the mail server accepts no messages; {_digests_wait(facts.requeued.number)}:"
            f" {facts.requeued.reason}",
            remedy="correct the cause; the next run sends the digests that wait",
            command="digest doctor",
            since=facts.requeued.since,
            patience=facts.patience,
        )
    elif _is_late(facts):
        hours = f"{facts.queue_limit / timedelta(hours=1):g}"
        yield Problem(
            key="queue",
            what=f"a digest has been waiting to be sent for more than {hours} hours",
            remedy="check that cron or digest schedule starts the runs",
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
            what=f"{count(facts.expired.number, 'digest')} could not be sent in time and will not be sent:"
            f" {facts.expired.reason}",
            remedy="find out why; the readers' next digests come as usual",
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
                remedy="check whether its address in sources.toml is still correct",
                command=f"digest collect --source {item.name}",
                since=item.first,
            )
    for silent in facts.silent:
        if silent.name not in failing:  # else already reported, with the reason
            yield Problem(
                key=f"source {silent.name}",
                what=silent.warning,
                remedy="check whether it has new papers; if it may have none for so long, set"
                " quiet_days in sources.toml",
                command=f"digest collect --source {silent.name}",
                since=silent.fresh_at,
            )


def _has_failed_for_long(item: FailingSource, now: datetime) -> bool:
    """Returns True if the source failed more than once, over most of a day, and recently.

    A broken file is read only once and fails only once, and its run has reported that.
    """
    is_recent = now - item.last < 2 * FAILING_AFTER
    return item.times > 1 and item.last - item.first >= FAILING_AFTER and is_recent


def _profiles(facts: SystemStatus) -> Iterator[Problem]:
    if facts.broken:
        yield Problem(
            key="profiles",
            what=f"profiles cannot be read: {_joined(facts.broken)}; their readers' digests stay"
            " as they were",
            remedy="correct these lines",
            command="digest doctor",
            patience=facts.patience,
        )


def _digests_wait(number: int) -> str:
    return f"{count(number, 'digest')} {'waits' if number == 1 else 'wait'}"


def _joined(lines: Sequence[str], most: int = 5) -> str:
    more = f"; and {len(lines) - most:,} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
