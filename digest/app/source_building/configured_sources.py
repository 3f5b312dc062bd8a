"""The sources of a home: all of sources.toml, one of them, or single files."""

import time
from collections.abc import Iterable
from functools import cached_property, partial
from pathlib import Path
from random import random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.app.source_building import building as sources
from digest.app.source_building.request_meters import RequestMeters
from digest.app.source_building.zotero_libraries import ZoteroLibraries
from digest.config.home import HomeFolder
from digest.config.settings.loader import Settings
from digest.config.source_tables.base import SourceConfig
from digest.config.source_tables.kinds import MailSourceConfig
from digest.config.source_tables.services import ServiceSourceConfig, ZoteroSourceConfig
from digest.config.source_trust import trust_in
from digest.core.models.trust import FULL_TRUST
from digest.errors import SettingsError, UsageError
from digest.pipeline.collect import Source
from digest.pipeline.source_health import MonitoredSource
from digest.version import __version__

if TYPE_CHECKING:
    from digest.app.source_building.paged_services import ServiceAccess
    from digest.sources.http.client import Client
    from digest.sources.kinds.common import HttpClient


class ConfiguredSources:
    """Builds sources from sources.toml; they share one HTTP client.

    Args:
        home: the home with sources.toml, which is read when it is first needed.
        contact: an address for the operators of the sites that are fetched.
        settings: they have the keys of the services.
        meters: count the requests to services.
    """

    def __init__(
        self, home: HomeFolder, *, contact: str, settings: Settings, meters: RequestMeters
    ) -> None:
        self._home = home
        self._contact = contact
        self._settings = settings
        self._meters = meters

    @cached_property
    def _configured(self) -> tuple[SourceConfig, ...]:
        return sources.load_config(self._home.path)

    def build(self, only: str | None = None, *, is_trial: bool = False) -> list[Source]:
        """Builds the sources of sources.toml, each with its poll schedule.

        Args:
            only: the name of one source; None for all of them.
            is_trial: nothing will be stored, so no message is marked as read.

        Raises:
            SettingsError: sources.toml is wrong, or has no source of this name.
        """
        configured = self._configured
        if only is not None and only not in {item.name for item in configured}:
            names = ", ".join(item.name for item in configured) or "none yet"
            raise SettingsError(
                f"{self._home.sources_file}: no source is called {only!r}; there are: {names}"
            )
        return [
            # The client is made at the first fetch: a home with files alone never loads the HTTP
            # library.
            sources.build_timed(
                replace(item, mark_seen=False)
                if is_trial and isinstance(item, MailSourceConfig)
                else item,
                home=self._home.path,
                client=partial(self._client_for, item.kind),
                access=self._access,
            )
            for item in configured
            if only in (None, item.name)
        ]

    def monitored(self) -> list[MonitoredSource]:
        """Returns the sources of sources.toml, each with the longest silence that is normal.

        Raises:
            SettingsError: sources.toml is wrong.
        """
        quiet_days = {item.name: item.quiet_days for item in self._configured}
        return [
            MonitoredSource(
                name=source.name, calendar=source.calendar, quiet_days=quiet_days[source.name]
            )
            for source in self.build()
        ]

    def files(self, paths: Iterable[Path], source: str | None = None) -> list[Source]:
        """Builds a source for each single file; what it gives counts as read from `source`.

        Args:
            paths: files or folders.
            source: the name of a source; None for the first one that reads files.

        Raises:
            SettingsError: sources.toml is wrong.
            UsageError: a path does not exist.
        """
        paths = tuple(paths)
        # Before any of them is read, so that a mistyped name stores nothing.
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path}: no such file or folder")
        if source is None:
            on_disk = (item.name for item in self._configured if item.kind in ("dump", "jsonl"))
            source = next(on_disk, "dump")
        # A saved answer of a feed is believed no more than the feed itself.
        named = next((item for item in self._configured if item.name == source), None)
        trust = FULL_TRUST if named is None else trust_in(named, file=self._home.sources_file)
        return [sources.single_file(path, name=source, trust=trust) for path in paths]

    def libraries(self) -> ZoteroLibraries:
        """Reads the libraries of Zotero that profiles name."""
        key = self._settings.zotero_key
        return ZoteroLibraries(
            client=partial(self._client_for, "zotero"),
            key=key.get_secret_value() if key else None,
        )

    @cached_property
    def _access(self) -> "ServiceAccess | None":
        # Imported for the sources that need it: most homes have none.
        with_access = ServiceSourceConfig | ZoteroSourceConfig | MailSourceConfig
        if not any(isinstance(item, with_access) for item in self._configured):
            return None
        from digest.app.source_building.alert_mails import MailAccess
        from digest.app.source_building.paged_services import ServiceAccess

        keys = {
            name: secret.get_secret_value()
            for name in ("openalex_key", "pubmed_key", "semanticscholar_key", "zotero_key")
            if (secret := getattr(self._settings, name))
        }
        password = self._settings.mail_password
        mail = MailAccess(
            password=password.get_secret_value() if password else None,
            ca_file=self._settings.mail_ca_file,
        )
        return ServiceAccess(contact=self._contact, mail=mail, **keys)

    def _client_for(self, kind: str) -> "HttpClient":
        return self._meters.for_kind(kind, self._client)

    @cached_property
    def _client(self) -> "Client":
        from digest.sources.http.client import Client, user_agent

        return Client(
            user_agent=user_agent(__version__, contact=self._contact),
            sleep=time.sleep,
            clock=time.monotonic,
            jitter=random,
        )
