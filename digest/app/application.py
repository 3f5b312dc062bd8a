"""The composition root: builds the parts of the program from a home's settings."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from random import random
from secrets import token_hex
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from digest.app import transports
from digest.app.maintenance import configured_maintenance
from digest.app.messages import message_headers
from digest.app.profile_files import load_changed_profiles
from digest.app.ranking import configured_models, publish_processes
from digest.app.signing_keys import link_keys
from digest.app.source_building.configured_sources import ConfiguredSources
from digest.app.source_building.lookup_services import LookupServices
from digest.app.source_building.request_meters import RequestMeters
from digest.app.webhooks import tell_webhooks
from digest.config.home import HomeFolder, find
from digest.config.mailing_lists import loader as list_loader
from digest.config.mailing_lists.loader import MailingLists
from digest.config.profiles.loader import LoadedProfiles
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import Settings
from digest.core.models.delivery import ClaimedEdition, Deferred, Envelope
from digest.core.models.profiles import MailTheme
from digest.errors import SettingsError
from digest.pipeline.cancellation import StopToken
from digest.pipeline.collect import Source
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, Transport
from digest.pipeline.enrichment.report import EnrichOptions, Service
from digest.pipeline.maintenance import MaintenanceReport
from digest.pipeline.profiles.liked_libraries import LibraryReader
from digest.pipeline.publishing.publish import publish
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.run import RunDependencies
from digest.pipeline.run_summary import RunSummary
from digest.pipeline.source_health import MonitoredSource
from digest.store.database.store import Store
from digest.store.reports import job_runs

if TYPE_CHECKING:
    from digest.app.channels import Channels
    from digest.app.messages.message_writer import MessageWriter
    from digest.app.rendering.renderers import Renderers
    from digest.core.access.webhooks import WebhookReport
    from digest.mail.rendering.renderer import Renderer
    from digest.pipeline.delivery.channel_delivery import ChannelDigest
    from digest.pipeline.delivery.render_pool import RenderingProcess
    from digest.pipeline.editions.report import PublishReport
    from digest.pipeline.publishing.reranking import Reranker
    from digest.store.editions.shown_editions import ShownEditions


class App:
    """The program over one home; each part is built when it is first used."""

    def __init__(self, home: HomeFolder, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self.stop = StopToken()  # signal handlers and the scheduler use it to end the work
        self._dry_run = False
        # The settings that the environment overrides, for the page that shows them.
        self.set_in_environment: frozenset[str] = frozenset()

    @classmethod
    def open(cls, folder: Path, *, environ: Mapping[str, str], explicit: bool = True) -> Self:
        """Opens the home in `folder`.

        Args:
            folder: the home.
            environ: the environment; its settings override those of the home's `.env`.
            explicit: True if the user named the folder; False if it is the working directory.

        Raises:
            HomeError: the folder is no home.
            SettingsError: a setting is wrong.
        """
        home = find(folder, explicit=explicit)
        app = cls(home, settings_loader.load(home.path, environ))
        app.set_in_environment = frozenset(
            name for name in settings_loader.FIELDS_BY_VARIABLE if environ.get(name, "").strip()
        )
        return app

    def close(self) -> None:
        """Closes the database, if it was opened."""
        # `cached_property` keeps its value there. Asking for the attribute would open the database.
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def start_dry_run(self) -> None:
        """Makes the rest of this process a dry run: it stores nothing and sends nothing.

        Its results are those of a real run.
        """
        from digest.store.database.dry_run import DryRunStore

        # Takes the place of the cached property, so every part gets this store.
        self.store = DryRunStore.open(self.settings.database_url)
        self._dry_run = True

    @cached_property
    def store(self) -> Store:
        """The database; created if it does not exist."""
        return Store.open(self.settings.database_url)

    @cached_property
    def ranking_models(self) -> RankingModels:
        """What ranks papers beside the profiles."""
        return configured_models(
            self.settings,
            home=self.home.path,
            asks=not self._dry_run,
            stopped=lambda: self.stop.requested,
        )

    def _renderer(self, language: str, list_name: str | None, look: MailTheme) -> "Renderer":
        return self._renderers.of(language, list_name, look)

    @cached_property
    def lists(self) -> MailingLists:
        """The mailing lists of lists.toml; raises SettingsError if the file is wrong."""
        return list_loader.load(self.home.path)

    @cached_property
    def _renderers(self) -> "Renderers":
        """The compiled templates of each language, in the home's theme."""
        # Imported here: a run that sends nothing needs no template engine.
        from digest.app.rendering.renderers import Renderers

        return Renderers(
            self.home,
            self.settings,
            contact=self.contact,
            domain=self.message_domain,
            lists=lambda: self.lists,
        )

    @cached_property
    def message_writer(self) -> "MessageWriter":
        """Writes the messages to readers and to the operator."""
        # Imported here: a run that sends nothing writes no message.
        from digest.app.messages.list_senders import ListSenders
        from digest.app.messages.message_writer import MessageWriter

        # Functions, so that a command that writes no message compiles no template and reads no key.
        return MessageWriter(
            self.settings,
            renderer=self._renderer,
            signing_key=lambda: self.signing_keys[0],
            instance_id=lambda: self.store.instance_id,
            shown_editions=lambda: self._shown_editions,
            senders=ListSenders(self.settings, lambda: self.lists),
        )

    @cached_property
    def _shown_editions(self) -> "ShownEditions":
        # Imported here: it loads the keyword language, which a run without work does not need.
        from digest.store.editions.shown_editions import ShownEditions

        return ShownEditions(self.store)

    @cached_property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys that verify signed links; the first one also signs."""
        return link_keys(self.store, self.settings)

    @cached_property
    def _sources(self) -> ConfiguredSources:
        return self.read_sources()

    def read_sources(self) -> ConfiguredSources:
        """Returns the sources of sources.toml as it is now; the other methods read it once."""
        return ConfiguredSources(
            self.home, contact=self.contact, settings=self.settings, meters=self._request_meters
        )

    @property
    def _request_meters(self) -> RequestMeters:
        return RequestMeters(self.settings, lambda: self.store)

    @property
    def liked_libraries(self) -> LibraryReader | None:
        """Reads the libraries of Zotero that profiles name in `likes`; None in a dry run."""
        return None if self._dry_run else self._sources.libraries()

    def build_sources(self, only: str | None = None) -> list[Source]:
        """Builds the sources of sources.toml, or the one named `only`."""
        return self._sources.build(only, is_trial=self._dry_run)

    def monitored_sources(self) -> list[MonitoredSource]:
        """Returns the sources of sources.toml, each with the longest silence that is normal."""
        return self._sources.monitored()

    def file_sources(self, paths: Iterable[Path], source: str | None = None) -> list[Source]:
        """Builds a source for each single file; see `ConfiguredSources.files`."""
        return self._sources.files(paths, source)

    @cached_property
    def lookup_services(self) -> list[Service]:
        """The services that find the papers behind titles, in the order of the settings."""
        return LookupServices(
            self.settings, contact=self.contact, meters=self._request_meters
        ).build()

    @property
    def enrich_options(self) -> EnrichOptions:
        """The limits of looking up papers in one run."""
        return EnrichOptions(
            budget=self.settings.enrich_budget,
            clock=time.monotonic,
            stopped=lambda: self.stop.requested,
        )

    def load_profiles(self) -> LoadedProfiles:
        """Reads profiles/*.toml as they are now; parses those whose text has changed."""
        return load_changed_profiles(self.store, self.home.profiles_folder)

    @property
    def contact(self) -> str:
        """How the operator of a fetched site can reach us; part of the user agent."""
        if self.settings.from_:
            return self.settings.from_.address
        return self.settings.base_url or "no contact set: DIGEST_FROM"

    @property
    def message_domain(self) -> str:
        """The right side of Message-IDs: the domain of the sender's address."""
        return message_headers.message_domain(self.settings)

    def new_message_id(self, *, now: datetime) -> str:
        """Returns a Message-ID for a copy of a message, which no edition of the ledger has."""
        return f"<copy.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{self.message_domain}>"

    @property
    def delivery_options(self) -> DeliveryOptions:
        """The rate, the number of connections, and what happens to editions in doubt."""
        options = transports.delivery_options(self.settings)
        # A dry run is one transaction, and a transaction belongs to one thread.
        return replace(options, connections=1) if self._dry_run else options

    def require_delivery(self) -> None:
        """Checks before the work starts that messages can be sent.

        Raises:
            SettingsError: a setting that sending needs is missing.
        """
        # Where all digests go to channels, no mail server is needed. `connect` looks in any case.
        if not self.home.channels_file.is_file():
            self._require_mail()

    def _require_mail(self) -> None:
        problem = self.settings.delivery_problem()
        if problem:
            raise SettingsError(problem)

    @property
    def publish(self) -> "partial[PublishReport]":
        """Makes the digests that are due; see `digest.pipeline.publishing.publish`."""
        return partial(
            publish,
            self.store,
            message_domain=self.message_domain,
            models=self.ranking_models,
            processes=publish_processes(self.settings),
            stop=self.stop,
        )

    def connect(self) -> AbstractContextManager[Transport]:
        """Returns a transport for messages; it connects when entered."""
        if self._dry_run:
            return transports.DryRunTransport()
        self._require_mail()
        return transports.open_transport(self.settings)

    @cached_property
    def channels(self) -> "Channels":
        """Where digests go that are not sent by mail."""
        from digest.app.channels import Channels

        return Channels(self.home.path, self.settings, self.message_writer, sends=not self._dry_run)

    def run_dependencies(self) -> RunDependencies:
        """Collects what a run needs."""
        return RunDependencies(
            store=self.store,
            sources=self.build_sources(),
            services=self.lookup_services,
            libraries=self.liked_libraries,
            enrich_options=self.enrich_options,
            monitored_sources=self.monitored_sources(),
            profiles=self.load_profiles(),
            lists=self.lists,
            connect=self.connect,
            write=self._write,
            publish=self.publish,
            delivery_options=self.delivery_options,
            runtime=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random, stop=self.stop),
            keys=self.signing_keys,
            maintain=self.maintain,
            prepare_for_channel=self._prepare_for_channel,
            open_processes=None if self._dry_run else self._open_render_processes,
        )

    def _write(self, claimed: ClaimedEdition) -> Envelope:
        return self.message_writer.write(claimed)

    def _prepare_for_channel(self, claimed: ClaimedEdition) -> "ChannelDigest | Deferred":
        return self.channels.prepare(claimed)

    def _open_render_processes(
        self, count: int, prepare: Callable[[], None]
    ) -> AbstractContextManager[Sequence["RenderingProcess"]]:
        # Imported here: only a long queue is worth such processes.
        from digest.app.rendering.forked import open_processes

        return open_processes(self, count, prepare)

    def compose_trial(
        self,
        *,
        profile_text: str,
        to: str | None,
        name: str,
        now: datetime,
        folder: Path | None = None,
        reranker: "Reranker | None" = None,
    ) -> ClaimedEdition:
        """Composes the first edition of a new subscription; see `compose_trial`."""
        from digest.app.trial_edition import compose_trial

        return compose_trial(
            self.store,
            profile_text=profile_text,
            to=to,
            name=name,
            folder=folder,
            message_domain=self.message_domain,
            now=now,
            models=self.ranking_models,
            reranker=reranker,
            list_name=self.lists.name_of(folder, name, self.home.path),
        )

    def maintain(self, now: datetime) -> MaintenanceReport:
        """Processes the bounces, composes the public archive, and deletes old data once a day."""
        # Reading a mailbox would mark its messages as read.
        if self._dry_run:
            return MaintenanceReport()
        return configured_maintenance(
            self.store,
            self.settings,
            home=self.home.path,
            keys=lambda: self.signing_keys,
            models=lambda: self.ranking_models,
            lists=self.lists,
            webhooks=self.tell_webhooks,
            now=now,
        )

    def tell_webhooks(self, now: datetime) -> "WebhookReport":
        """Sends the messages of webhooks that are due."""
        return tell_webhooks(self.store, contact=self.contact, stop=self.stop, now=now)

    def record_run(
        self, job: str, *, started_at: datetime, finished_at: datetime, summary: RunSummary
    ) -> None:
        """Records a command that ran outside the scheduler.

        Args:
            job: the job's name, such as `collect`.
            started_at: when the command started.
            finished_at: when it ended.
            summary: the outcome, and the problems without readers' addresses.
        """
        with self.store.write() as tx:
            job_runs.record_command(
                tx,
                job=job,
                started_at=started_at,
                finished_at=finished_at,
                outcome=summary.headline,
                problems=summary.stored_problems,
                owner=f"{os.uname().nodename}:{os.getpid()}",
            )
