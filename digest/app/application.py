"""The composition root: builds the parts of the program from a home's settings."""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from random import random
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING, Self

from digest.app import mailboxes, message_headers, transports
from digest.app.message_writer import MessageWriter
from digest.app.source_building.configured_sources import ConfiguredSources
from digest.app.source_building.lookup_services import LookupServices
from digest.config.home import HomeFolder, find
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import Settings
from digest.core.models.delivery import ClaimedEdition
from digest.core.profiles.compiled import content_hash, shared_text
from digest.errors import SettingsError
from digest.pipeline.cancellation import StopToken
from digest.pipeline.collect import Source
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, Transport
from digest.pipeline.enrichment.report import EnrichOptions, Service
from digest.pipeline.maintenance import FormerReaders, MaintenanceReport, PublicArchive, maintain
from digest.pipeline.publishing.publish import publish
from digest.pipeline.publishing.ranking_models import RankingModels, RerankOptions
from digest.pipeline.run import RunDependencies
from digest.pipeline.run_summary import RunSummary
from digest.pipeline.source_health import MonitoredSource
from digest.store.database import metadata
from digest.store.database.store import Store
from digest.store.reports import job_runs
from digest.store.subscribers import profile_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.app.rendering.renderers import Renderers
    from digest.knowledge.semantic_model import SemanticModel
    from digest.mail.rendering.renderer import Renderer
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
        settings = self.settings
        return RankingModels(
            background=settings.background,
            semantic=self._semantic_model(),
            rerank=self._rerank_options(),
            clock=time.monotonic,
        )

    def _semantic_model(self) -> "SemanticModel | None":
        if not self.settings.semantic:
            return None
        from digest.knowledge.semantic_model import SemanticModel

        return SemanticModel(self.settings.semantic, home=self.home.path)

    @property
    def publish_processes(self) -> int:
        """How many processes may make digests."""
        if self.settings.publish_processes:
            return self.settings.publish_processes
        usable = getattr(os, "sched_getaffinity", None)  # not on every system
        return len(usable(0)) if usable else os.cpu_count() or 1

    def _rerank_options(self) -> RerankOptions | None:
        settings = self.settings
        # A dry run stores nothing, also not how often it asked.
        if not (settings.rerank_url and settings.rerank_model) or self._dry_run:
            return None
        from digest.knowledge.rerank_endpoint import RerankSettings

        key = settings.rerank_key
        return RerankOptions(
            endpoint=RerankSettings(
                url=settings.rerank_url,
                model=settings.rerank_model,
                key=key.get_secret_value() if key else None,
                timeout=settings.rerank_timeout,
            ),
            daily=settings.rerank_daily,
            stopped=lambda: self.stop.requested,
        )

    def _renderer(self, language: str) -> "Renderer":
        return self._renderers.of(language)

    @cached_property
    def _renderers(self) -> "Renderers":
        """The compiled templates of each language, in the home's theme."""
        # Imported here: a run that sends nothing needs no template engine.
        from digest.app.rendering.renderers import Renderers

        return Renderers(self.home, self.settings, contact=self.contact, domain=self.message_domain)

    @cached_property
    def message_writer(self) -> MessageWriter:
        """Writes the messages to readers and to the operator."""
        # Functions, so that a command that writes no message compiles no template and reads no key.
        return MessageWriter(
            self.settings,
            renderer=self._renderer,
            signing_key=lambda: self.signing_keys[0],
            instance_id=lambda: self.store.instance_id,
            shown_editions=lambda: self._shown_editions,
        )

    @cached_property
    def _shown_editions(self) -> "ShownEditions":
        # Imported here: it loads the keyword language, which a run without work does not need.
        from digest.store.editions.shown_editions import ShownEditions

        return ShownEditions(self.store)

    @cached_property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys that verify signed links; the first one also signs.

        A key that the database stored before DIGEST_SECRET was set stays valid for ever,
        because unsubscribe tokens never expire.
        """
        configured = tuple(item.get_secret_value().encode() for item in self.settings.secret)
        with self.store.read() as tx:
            stored = metadata.signing_secret(tx)
        if not configured and stored is None:
            with self.store.write() as tx:
                stored = metadata.store_signing_secret(tx, token_urlsafe(32))
        return (*configured, stored.encode()) if stored else configured

    @cached_property
    def _sources(self) -> ConfiguredSources:
        return self.read_sources()

    def read_sources(self) -> ConfiguredSources:
        """Returns the sources of sources.toml as it is now; the other methods read it once."""
        return ConfiguredSources(self.home, contact=self.contact, settings=self.settings)

    def build_sources(self, only: str | None = None) -> list[Source]:
        """Builds the sources of sources.toml, or the one named `only`."""
        return self._sources.build(only)

    def monitored_sources(self) -> list[MonitoredSource]:
        """Returns the sources of sources.toml, each with the longest silence that is normal."""
        return self._sources.monitored()

    def file_sources(self, paths: Iterable[Path], source: str | None = None) -> list[Source]:
        """Builds a source for each single file; see `ConfiguredSources.files`."""
        return self._sources.files(paths, source)

    @cached_property
    def lookup_services(self) -> list[Service]:
        """The services that find the papers behind titles, in the order of the settings."""
        return LookupServices(self.settings, contact=self.contact).build()

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
        with self.store.read() as tx:
            known = profile_files.known_files(tx)

        def known_email(name: str, text: str) -> str | None:
            email, stored = known.get(name, ("", ""))
            return email if stored and content_hash(shared_text(text, email)) == stored else None

        return profile_loader.load_all(self.home.profiles_folder, known_email=known_email)

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
            processes=self.publish_processes,
            stop=self.stop,
        )

    def connect(self) -> AbstractContextManager[Transport]:
        """Returns a transport for messages; it connects when entered."""
        if self._dry_run:
            return transports.DryRunTransport()
        self.require_delivery()
        return transports.open_transport(self.settings)

    def run_dependencies(self) -> RunDependencies:
        """Collects what a run needs."""
        return RunDependencies(
            store=self.store,
            sources=self.build_sources(),
            services=self.lookup_services,
            enrich_options=self.enrich_options,
            monitored_sources=self.monitored_sources(),
            profiles=self.load_profiles(),
            connect=self.connect,
            write=self.message_writer.write,
            publish=self.publish,
            delivery_options=self.delivery_options,
            runtime=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random, stop=self.stop),
            keys=self.signing_keys,
            maintain=self.maintain,
            open_processes=None if self._dry_run else self._open_render_processes,
        )

    def _open_render_processes(
        self, count: int
    ) -> AbstractContextManager["Sequence[RenderingProcess]"]:
        # Imported here: only a long queue is worth such processes.
        from digest.app.rendering.processes import open_processes

        return open_processes(self.home, self.settings, count)

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
        )

    def maintain(self, now: datetime) -> MaintenanceReport:
        """Processes the bounces, composes the public archive, and deletes old data once a day."""
        # Reading a mailbox would mark its messages as read.
        if self._dry_run:
            return MaintenanceReport()
        settings = self.settings
        days, reader_days = settings.keep_days, settings.keep_left_days
        return maintain(
            self.store,
            mailboxes=mailboxes.configured_mailboxes(settings, keys=lambda: self.signing_keys),
            keep=timedelta(days=days) if days else None,
            now=now,
            former_readers=FormerReaders(
                keep=timedelta(days=reader_days), keys=lambda: self.signing_keys
            )
            if reader_days
            else None,
            archive=PublicArchive(
                settings.signup_topics, self.home.path, lambda: self.ranking_models
            )
            if settings.public_archive
            else None,
        )

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
