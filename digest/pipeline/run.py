"""run: the four stages in a row, once. What cron calls, and what the scheduler ticks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.batches import BatchReport
from digest.core.models.delivery import ClaimedEdition, Envelope
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.errors import ProfileError
from digest.pipeline.cancellation import STOPPED
from digest.pipeline.collect import Progress, Source, collect
from digest.pipeline.delivery.deliver import (
    DeliveryOptions,
    DeliveryReport,
    Runtime,
    Transport,
    deliver,
)
from digest.pipeline.maintenance import MaintenanceReport, release_dead_claims
from digest.pipeline.publishing.due import PublishResult
from digest.pipeline.publishing.publish import publish
from digest.pipeline.source_health import MonitoredSource, watch
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDependencies:
    """What a run is put together from."""

    store: Store
    sources: Sequence[Source]
    watched: Sequence[MonitoredSource]
    profiles: LoadedProfiles
    connect: Callable[[], AbstractContextManager[Transport]]
    write: Callable[[ClaimedEdition], Envelope]
    message_domain: str
    manner: DeliveryOptions
    time: Runtime
    keys: Sequence[bytes]  # of what is signed; the first signs
    upkeep: Callable[[datetime], MaintenanceReport]  # the rest of tidying


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did, stage by stage."""

    batches: tuple[BatchReport, ...]
    roster: SubscriptionChanges
    broken: tuple[ProfileError, ...]  # profile files that cannot be read; theirs go on as before
    published: tuple[PublishResult, ...]
    delivery: DeliveryReport
    tidied: int
    upkept: MaintenanceReport
    silent: tuple[str, ...]  # warnings about sources that should have had something
    stopped: bool = False  # it was asked to, and the next run goes on

    @property
    def problem(self) -> str:
        """That the run was stopped, unless the delivery says so; else empty."""
        return STOPPED if self.stopped and not self.delivery.stopped else ""


def run(
    parts: RunDependencies,
    *,
    now: datetime,
    only: str | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Collects, publishes, delivers and tidies.

    Each stage ends in committed work, so a run that is killed anywhere is finished by
    the next one, and so is one that is asked to stop. New subscriptions start after
    collecting, with the latest batch.

    Args:
        parts: the store, the sources and the way out.
        now: the moment of the run.
        only: publish and deliver for this address alone, without waiting for its hour.
        progress: is told of each look at a source.
    """
    stop = parts.time.stop
    batches = collect(parts.store, stop.until_then(parts.sources), now=now, progress=progress)
    roster, delivery, tidied, upkept = (
        SubscriptionChanges(),
        DeliveryReport(),
        0,
        MaintenanceReport(),
    )
    published: tuple[PublishResult, ...] = ()
    if not stop.requested:
        roster = sync_profiles(parts.store, parts.profiles, now=now, keys=parts.keys)
        published = publish(parts.store, now=now, message_domain=parts.message_domain, only=only)
    if not stop.requested:
        delivery = deliver_queued(parts, now=now, only=only)
    if not stop.requested:
        tidied = release_dead_claims(parts.store, now=now)
        upkept = parts.upkeep(now)
    states = watch(parts.store, parts.watched, now=now)
    return RunReport(
        batches=batches,
        roster=roster,
        broken=parts.profiles.errors,
        published=published,
        delivery=delivery,
        tidied=tidied,
        upkept=upkept,
        silent=tuple(state.warning for state in states if state.warning),
        stopped=stop.requested,
    )


def deliver_queued(
    parts: RunDependencies, *, now: datetime, only: str | None = None
) -> DeliveryReport:
    """Sends the queued editions, and those that are due for another attempt.

    Args:
        parts: the store, the transport, and the writer of messages.
        now: when the delivery starts.
        only: an address; None for all.
    """
    return deliver(
        parts.store,
        connect=parts.connect,
        write=parts.write,
        now=now,
        time=parts.time,
        manner=parts.manner,
        only=only,
    )
