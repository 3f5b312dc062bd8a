"""Runs all stages once: collect, enrich, publish, deliver, tidy. This is what cron calls."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from digest.config.mailing_lists.loader import MailingLists
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.batches import BatchReport
from digest.core.models.delivery import ClaimedEdition, Envelope
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.errors import DigestError, ProfileError
from digest.pipeline.cancellation import STOPPED
from digest.pipeline.clock_check import check_clock
from digest.pipeline.collect import ProgressCallback, Source, collect
from digest.pipeline.delivery.deliver import (
    DeliveryOptions,
    DeliveryReport,
    Runtime,
    Transport,
    deliver,
)
from digest.pipeline.delivery.options import OpenProcesses
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.enrichment.enrich import enrich
from digest.pipeline.enrichment.report import EnrichOptions, EnrichReport, Service
from digest.pipeline.maintenance import MaintenanceReport, release_dead_claims
from digest.pipeline.profiles.liked_libraries import LibraryReader
from digest.pipeline.source_health import MonitoredSource, check_sources
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store
from digest.store.editions import channel_editions

if TYPE_CHECKING:
    from digest.pipeline.delivery.channel_delivery import PrepareForChannel


class PublishDue(Protocol):
    """Makes the digests that are due."""

    def __call__(self, *, now: datetime, only: str | None = None) -> PublishReport:
        """Makes them for one address, without waiting for its hour, or for all."""


class RunDependencies(Struct, frozen=True, kw_only=True):
    """Everything that a run needs from the composition root."""

    store: Store
    sources: Sequence[Source]
    monitored_sources: Sequence[MonitoredSource]
    profiles: LoadedProfiles
    lists: MailingLists
    connect: Callable[[], AbstractContextManager[Transport]]  # opens a transport for one thread
    write: Callable[[ClaimedEdition], Envelope]  # writes the message of an edition
    publish: PublishDue
    delivery_options: DeliveryOptions
    runtime: Runtime
    keys: Sequence[bytes]  # verify signed links; the first one also signs
    maintain: Callable[[datetime], MaintenanceReport]  # processes bounces, deletes old data
    enrich_options: EnrichOptions
    libraries: LibraryReader | None = None  # reads the libraries that profiles name in `likes`
    services: Sequence[Service] = ()  # that find the papers behind titles
    open_processes: OpenProcesses | None = None  # that render; None: the run renders itself
    # Writes the messages of editions that go to channels; None: they stay queued.
    prepare_for_channel: "PrepareForChannel | None" = None


class RunReport(Struct, frozen=True, kw_only=True):
    """The results of a run, by stage."""

    batches: tuple[BatchReport, ...]
    enriched: EnrichReport
    subscription_changes: SubscriptionChanges
    # Wrong profile files; their subscriptions stay as they are.
    profile_errors: tuple[ProfileError, ...]
    published: PublishReport
    delivery: DeliveryReport
    released_claims: int  # claims of dead processes that were released
    maintenance: MaintenanceReport
    source_warnings: tuple[str, ...]  # warnings about sources without the papers that were expected
    stopped: bool = False  # the stop token was requested; the next run continues
    clock_warning: str = ""  # that the clock was set back since the last run

    @property
    def problem(self) -> str:
        """That the run was stopped, unless the delivery says so; else empty."""
        return STOPPED if self.stopped and not self.delivery.stopped else ""


def run(
    parts: RunDependencies,
    *,
    now: datetime,
    only: str | None = None,
    progress: ProgressCallback | None = None,
) -> RunReport:
    """Collects, enriches, publishes, delivers and tidies.

    Each stage commits its work, so the next run completes a run that was killed or stopped.
    New subscriptions are started after collecting, so they begin with the latest batch.

    Args:
        parts: the database, the sources and the transport.
        now: the time of the run.
        only: an address: publish and deliver for it alone, without waiting for its hour.
        progress: called for each fetch of a source.
    """
    stop = parts.runtime.stop
    clock_warning = check_clock(parts.store, now=now)
    batches = collect(
        parts.store, stop.take_until_stopped(parts.sources), now=now, progress=progress
    )
    enriched = enrich(parts.store, parts.services, now=now, options=parts.enrich_options)
    changes, delivery, released, maintenance = (
        SubscriptionChanges(),
        DeliveryReport(),
        0,
        MaintenanceReport(),
    )
    published = PublishReport()
    if not stop.requested:
        changes = sync_profiles(
            parts.store,
            parts.profiles,
            now=now,
            keys=parts.keys,
            lists=parts.lists,
            libraries=parts.libraries,
        )
        published = parts.publish(now=now, only=only)
    if not stop.requested:
        delivery = deliver_queued(parts, now=now, only=only)
    if not stop.requested:
        released = release_dead_claims(parts.store, now=now)
        maintenance = parts.maintain(now)
    states = check_sources(parts.store, parts.monitored_sources, now=now)
    return RunReport(
        batches=batches,
        enriched=enriched,
        subscription_changes=changes,
        profile_errors=parts.profiles.errors,
        published=published,
        delivery=delivery,
        released_claims=released,
        maintenance=maintenance,
        source_warnings=tuple(state.warning for state in states if state.warning),
        stopped=stop.requested,
        clock_warning=clock_warning,
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
    mail, failure = DeliveryReport(), None
    try:
        mail = deliver(
            parts.store,
            connect=parts.connect,
            write=parts.write,
            now=now,
            time=parts.runtime,
            options=parts.delivery_options,
            only=only,
            open_processes=parts.open_processes,
        )
    except DigestError as error:
        # A mail server or a DKIM key that cannot be used holds up no chat.
        failure = error
    prepare = parts.prepare_for_channel
    if prepare is not None and not parts.runtime.stop.requested and _has_channels(parts.store):
        # Imported here: in most homes all readers get mail.
        from digest.pipeline.delivery.channel_delivery import deliver_to_channels

        channels = deliver_to_channels(
            parts.store,
            prepare=prepare,
            now=now,
            time=parts.runtime,
            options=parts.delivery_options,
            only=only,
        )
        mail = replace(
            mail,
            delivered=(*mail.delivered, *channels.delivered),
            counts=mail.counts + channels.counts,
            problem=mail.problem or channels.problem,
        )
    if failure is not None:
        raise failure
    return mail


def _has_channels(store: Store) -> bool:
    with store.read() as tx:
        return bool(channel_editions.names(tx))
