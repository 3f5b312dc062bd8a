"""The composition root: builds the parts from a home's settings and puts them together."""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import random
from secrets import token_hex, token_urlsafe
from typing import TYPE_CHECKING, Self

from digest import __version__
from digest.app import mailboxes, message_headers, sources, transports
from digest.config.email_addresses import NamedAddress
from digest.config.home import Home, find
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import Settings
from digest.config.sources import SourceConfig
from digest.core.models.delivery import ClaimedEdition, Envelope, Outcome, Sent
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.subscribers import signed_tokens
from digest.errors import ProfileError, SettingsError, UsageError
from digest.mail.message import mime
from digest.mail.rendering import theme
from digest.mail.rendering.renderer import RenderedContent, Renderer
from digest.pipeline.cancellation import StopToken
from digest.pipeline.collect import Source
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, Transport
from digest.pipeline.maintenance import MaintenanceReport, maintain
from digest.pipeline.publishing.preview import edition_now
from digest.pipeline.run import RunDependencies
from digest.pipeline.run_summary import RunSummary
from digest.pipeline.source_health import MonitoredSource
from digest.sources.kinds.common import HttpGetter
from digest.store.database import metadata
from digest.store.database.dry_run import DryRunStore
from digest.store.database.store import Store
from digest.store.reports import job_runs

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_signer import Signer

_KEPT_PAPERS = 1000  # whose cards are kept: some megabytes


class App:
    """The program over one home: each part is built when it is first asked for."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self.stop = StopToken()  # whoever is told to stop tells it
        self._rehearsing = False

    @classmethod
    def open(cls, folder: Path, *, environ: Mapping[str, str], explicit: bool = True) -> Self:
        """The program over the home in `folder`.

        Args:
            folder: the home.
            environ: the environment, which goes before the home's `.env`.
            explicit: somebody named the folder; false: it is where the program was started.

        Raises:
            HomeError: the folder is no home.
            SettingsError: a setting is wrong.
        """
        home = find(folder, explicit=explicit)
        return cls(home, settings_loader.load(home.path, environ))

    @cached_property
    def store(self) -> Store:
        """The database, made if there is none."""
        return Store.open(self.settings.database_url)

    @cached_property
    def renderer(self) -> Renderer:
        """The templates, compiled, in the home's theme."""
        folder = self.settings.templates
        if folder is not None and not folder.is_dir():
            raise SettingsError(f"DIGEST_TEMPLATES: {folder} is no folder; make it, or unset it")
        return Renderer(overrides=folder, theme=theme.read(self.home.theme_file), keep=_KEPT_PAPERS)

    def rehearse(self) -> None:
        """From here on nothing is kept and nothing is sent; the results are the same."""
        self.store = DryRunStore.open(self.settings.database_url)
        self._rehearsing = True

    def keep_run(
        self, job: str, *, started_at: datetime, finished_at: datetime, account: RunSummary
    ) -> None:
        """Writes down a command that ran outside the scheduler."""
        with self.store.write() as tx:
            job_runs.record(
                tx,
                job=job,
                started_at=started_at,
                finished_at=finished_at,
                outcome=account.done,
                problems=account.kept,
                owner=f"{os.uname().nodename}:{os.getpid()}",
            )

    def close(self) -> None:
        """Closes what was opened."""
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def profiles(self) -> LoadedProfiles:
        """What profiles/*.toml say now."""
        return profile_loader.load_all(self.home.profiles_folder)

    @cached_property
    def _configured(self) -> tuple[SourceConfig, ...]:
        """What sources.toml says."""
        return sources.configured(self.home.path)

    def sources(self, only: str | None = None) -> list[Source]:
        """The sources of sources.toml, or the one of this name."""
        configured = self._configured
        if only is not None and only not in {item.name for item in configured}:
            names = ", ".join(item.name for item in configured) or "none yet"
            raise SettingsError(
                f"{self.home.sources_file}: no source is called {only!r}; there are: {names}"
            )
        return [
            sources.timed(item, home=self.home.path, client=lambda: self._client)
            for item in configured
            if only in (None, item.name)
        ]

    def watched(self) -> list[MonitoredSource]:
        """The sources of sources.toml, and how long each may be silent."""
        quiet = {item.name: item.quiet_days for item in self._configured}
        return [
            MonitoredSource(
                name=source.name, announcing=source.announcing, quiet_days=quiet[source.name]
            )
            for source in self.sources()
        ]

    def files(self, paths: Iterable[Path], source: str | None = None) -> list[Source]:
        """A source for each single file; it counts as a look at `source`.

        Without a name, the first source that reads files is meant.
        """
        paths = tuple(paths)
        for path in paths:  # before any of them is read
            if not path.exists():
                raise UsageError(f"{path}: no such file or folder")
        if source is None:
            on_disk = (item.name for item in self._configured if item.kind in ("dump", "jsonl"))
            source = next(on_disk, "dump")
        return [sources.single_file(path, name=source) for path in paths]

    @cached_property
    def _client(self) -> HttpGetter:
        """The one HTTP client of all sources."""
        from digest.sources.http.client import Client, user_agent

        return Client(
            user_agent=user_agent(__version__, contact=self.contact),
            sleep=time.sleep,
            clock=time.monotonic,
            jitter=random,
        )

    @property
    def contact(self) -> str:
        """Whom the keeper of a source can ask."""
        if self.settings.from_:
            return self.settings.from_.address
        return self.settings.base_url or "no contact set: DIGEST_FROM"

    def require_delivery(self) -> None:
        """Says in time what is missing for sending."""
        problem = self.settings.delivery_problem()
        if problem:
            raise SettingsError(problem)

    @property
    def message_domain(self) -> str:
        """The right side of Message-IDs: that of the sender's address."""
        return mime.ascii_address(self._sender.address).rpartition("@")[2]

    def connect(self) -> AbstractContextManager[Transport]:
        """The way out for letters; it connects when entered."""
        if self._rehearsing:
            return _Rehearsed()
        self.require_delivery()
        return transports.open_transport(self.settings)

    def write(self, claimed: ClaimedEdition) -> Envelope:
        """Renders an edition into the message that goes out: the same on every retry."""
        subscription = claimed.subscription
        rendered = self.render(claimed)
        sender = self._sender
        message = mime.build(
            sender=f"{sender.name} <{sender.address}>" if sender.name else sender.address,
            to=subscription.email,
            subject=rendered.subject,
            html=rendered.html_pieces,
            text=rendered.text_pieces,
            message_id=claimed.message_id,
            date=claimed.composed_at,
            list_id=f"{self.settings.list_name} <digest.{self.message_domain}>",
            reply_to=self.settings.reply_to,
            headers={
                **message_headers.unsubscribe_headers(self._ways_out(claimed)),
                "Feedback-ID": message_headers.feedback_id(
                    claimed.edition_id,
                    local_date=claimed.edition.local_date,
                    instance=self.store.instance_id,
                ),
            },
        )
        if self._signer is not None:
            message = self._signer.sign(message)
        return Envelope(
            sender=self._return_path(claimed),
            recipient=mime.ascii_address(subscription.email),
            message=message,
        )

    def write_note(self, *, to: str, subject: str, text: str, now: datetime) -> Envelope:
        """A mail of the program to its operator; a bounce of it concerns no reader."""
        sender = self._sender
        message = mime.note(
            sender=f"{sender.name} <{sender.address}>" if sender.name else sender.address,
            to=to,
            subject=subject,
            text=text,
            message_id=f"<note.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{self.message_domain}>",
            date=now,
        )
        if self._signer is not None:
            message = self._signer.sign(message)
        return Envelope(
            sender=message_headers.sender_address(self.settings),
            recipient=mime.ascii_address(to),
            message=message,
        )

    def render(self, claimed: ClaimedEdition) -> RenderedContent:
        """The edition as subject, HTML and text."""
        subscription = claimed.subscription
        try:
            profile = profile_loader.parse(
                subscription.profile_text, file=subscription.name
            ).profile
        except ProfileError:  # of another version; it goes out without the name
            profile = None
        ways = self._ways_out(claimed)
        return self.renderer.render(
            claimed.edition,
            list_name=self.settings.list_name,
            reader_name=profile.name if profile else "",
            unsubscribe=ways[0],
            pause=ways[0] if self.settings.base_url else None,  # one page offers both
            profile_name=f"profiles/{subscription.name}.toml"
            if subscription.origin is SubscriptionOrigin.FILE
            else None,
            ask=self.settings.reply_to,  # where replies go is where somebody reads
            weekly=profile is not None and len(profile.days) == 1,
        )

    def trial(
        self, *, profile_text: str, to: str | None, name: str, now: datetime
    ) -> ClaimedEdition:
        """The edition that a new subscription would begin with; in no ledger.

        Args:
            profile_text: the profile, TOML.
            to: the recipient; None: the profile's own address.
            name: what the profile is called.
            now: the moment of the edition.
        """
        authored = profile_loader.parse(profile_text, file=name)
        edition = edition_now(self.store, authored.profile, now=now)
        return ClaimedEdition(
            edition_id=0,
            subscription=Subscription(
                subscription_id=0,
                email=to or authored.email,
                name=name,
                origin=SubscriptionOrigin.FILE,
                profile_text=profile_text,
                status=AddressStatus.ACTIVE,
                paused=False,
                read_through=0,
            ),
            edition=edition,
            message_id=f"<trial.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{self.message_domain}>",
            composed_at=now,
            attempts=0,
        )

    def parts(self) -> RunDependencies:
        """What a run needs."""
        return RunDependencies(
            store=self.store,
            sources=self.sources(),
            watched=self.watched(),
            profiles=self.profiles(),
            connect=self.connect,
            write=self.write,
            message_domain=self.message_domain,
            manner=self.manner,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random, stop=self.stop),
            keys=self.keys,
            upkeep=self.upkeep,
        )

    def upkeep(self, now: datetime) -> MaintenanceReport:
        """Reads the bounces where a mailbox is set, and removes what is old, once a day."""
        if self._rehearsing:  # no message may be marked as read
            return MaintenanceReport()
        days = self.settings.keep_days
        return maintain(
            self.store,
            mailboxes=mailboxes.configured(self.settings, keys=lambda: self.keys),
            keep=timedelta(days=days) if days else None,
            now=now,
        )

    @cached_property
    def _signer(self) -> "Signer | None":
        return message_headers.signer(self.settings, sender_domain=self.message_domain)

    @property
    def manner(self) -> DeliveryOptions:
        """How letters go out."""
        chosen = transports.delivery_options(self.settings)
        # A rehearsal is one transaction, and so one thread.
        return replace(chosen, connections=1) if self._rehearsing else chosen

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """All keys that count; the first signs.

        One that the database kept from before DIGEST_SECRET was set counts for good: tokens to
        unsubscribe never expire.
        """
        given = tuple(item.get_secret_value().encode() for item in self.settings.secret)
        with self.store.read() as tx:
            kept = metadata.secret(tx)
        if not given and kept is None:
            with self.store.write() as tx:
                kept = metadata.keep_secret(tx, token_urlsafe(32))
        return (*given, kept.encode()) if kept else given

    @property
    def _sender(self) -> NamedAddress:
        """DIGEST_FROM; a stand-in where only a preview is made."""
        return self.settings.from_ or NamedAddress(
            name=self.settings.list_name, address="digest@localhost"
        )

    def _ways_out(self, claimed: ClaimedEdition) -> tuple[str, ...]:
        return message_headers.unsubscribe_links(
            claimed.subscription.subscription_id,
            base_url=self.settings.base_url,
            mailbox=mime.ascii_address(
                message_headers.bare_address(self.settings.bounces) or self._sender.address
            ),
            key=self.keys[0],
        )

    def _return_path(self, claimed: ClaimedEdition) -> str:
        """Where a bounce of this letter goes."""
        if self.settings.bounces is None:
            return mime.ascii_address(self._sender.address)
        return mime.ascii_address(
            signed_tokens.return_path(
                self.settings.bounces,
                edition_id=claimed.edition_id,
                subscription_id=claimed.subscription.subscription_id,
                secret=self.keys[0],
            )
        )


class _Rehearsed:
    """A way out that leads nowhere."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        del sender, recipient, message, following
        return Sent(reply="rehearsed")
