"""Builds each kind of source from its table in sources.toml."""

from collections.abc import Collection
from datetime import time, timedelta
from pathlib import Path
from random import random
from typing import TYPE_CHECKING

from digest.config import sources as config
from digest.config.durations import parse_duration
from digest.config.source_tables import kinds, services
from digest.config.source_tables.base import SourceConfig
from digest.config.source_trust import trust_in
from digest.core.models.trust import FULL_TRUST, SourceTrust
from digest.core.schedule.announcement_days import NO_CALENDAR, on_days
from digest.core.schedule.polling import EVERY_TICK, HOURLY, UNTIL_FRESH, PollSchedule
from digest.errors import SettingsError
from digest.pipeline.collect import Source, TimedSource
from digest.sources import parse_file
from digest.sources.kinds.files import FileSource


def load_config(home: Path) -> tuple[SourceConfig, ...]:
    """Reads the tables of sources.toml.

    Raises:
        SettingsError: the file is wrong.
    """
    return config.load(home, plugins=_plugin_kinds)


def _plugin_kinds() -> Collection[str]:
    # Imported here: it is called for an unknown kind only.
    from digest.sources.kinds.plugins import plugins

    return plugins()


def empty_folder(source: SourceConfig) -> Path | None:
    """Returns the folder of a source that reads files, if there is no file in it; else None.

    Raises:
        SettingsError: the folder cannot be read.
    """
    path = source.file_path
    if path is None or not path.is_dir():
        return None
    try:
        # Hidden files do not count, because reading the folder passes them over.
        has_files = any(item.is_file() for item in path.rglob("[!.]*"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    return None if has_files else path


def single_file(path: Path, *, name: str, trust: SourceTrust = FULL_TRUST) -> Source:
    """Builds a source that reads one file of any known format.

    Args:
        path: a file or folder.
        name: the name of the source that its papers are recorded under.
        trust: how far that source is believed.
    """
    source = FileSource(name=name, path=path, parser=parse_file.parse, single=True)
    return TimedSource(source=source, schedule=EVERY_TICK, jitter=random, trust=trust)


_POLL_SCHEDULES = {  # by kind; all other kinds, such as those of plug-ins: hourly
    "dump": EVERY_TICK,
    "jsonl": EVERY_TICK,
    "arxiv": UNTIL_FRESH,
    "arxiv-api": PollSchedule(every=timedelta(hours=6)),
}


def poll_schedule(item: SourceConfig) -> PollSchedule:
    """Returns when a scheduler fetches a source: by its table, or by default for its kind."""
    if item.poll is not None:
        return PollSchedule(every=parse_duration(item.poll))
    if item.poll_at:
        return PollSchedule(at=tuple(time.fromisoformat(hour) for hour in item.poll_at))
    return _POLL_SCHEDULES.get(item.kind, HOURLY)


if TYPE_CHECKING:
    from digest.app.source_building.paged_services import ServiceAccess
    from digest.sources.kinds.common import ClientFactory

# Files are the operator's choice. A listing on Hugging Face is news, whatever the age of the paper.
_WITHOUT_MAX_AGE = ("dump", "jsonl", "huggingface")
_MAX_AGE_DAYS = 90


def max_age_days(item: SourceConfig) -> int | None:
    """Returns the age in days up to which a paper is announced as new; None: any age."""
    if item.max_age_days is not None:
        return item.max_age_days or None
    return None if item.kind in _WITHOUT_MAX_AGE else _MAX_AGE_DAYS


def build_timed(
    item: SourceConfig,
    *,
    home: Path,
    client: "ClientFactory",
    access: "ServiceAccess | None" = None,
) -> Source:
    """Builds a source that knows its poll schedule; the arguments are those of `build`."""
    source = build(item, home=home, client=client, access=access)
    trust = trust_in(item, file=home / "sources.toml")
    return TimedSource(
        source=source,
        schedule=poll_schedule(item),
        jitter=random,
        trust=trust,
        max_age_days=max_age_days(item),
    )


def build(  # noqa: PLR0911 - one for each kind
    item: SourceConfig,
    *,
    home: Path,
    client: "ClientFactory",
    access: "ServiceAccess | None" = None,
) -> Source:
    """Builds a source.

    Args:
        item: its table in sources.toml.
        home: the folder that a plug-in's paths are relative to.
        client: returns the HTTP client; called when the source is first fetched.
        access: who asks the services, and with which keys; None: without any.

    Raises:
        SettingsError: a plug-in cannot be loaded, or refuses its options.
    """
    # Each kind is imported where it is needed: a home with files alone loads no HTTP library.
    match item:
        case kinds.DumpSourceConfig() | kinds.JsonlSourceConfig():
            return FileSource(name=item.name, path=item.path, parser=parse_file.parse)
        case kinds.FeedSourceConfig():
            from digest.sources.kinds.feed import FeedSource

            days = frozenset(kinds.DAYS.index(day) for day in item.days)
            return FeedSource(
                name=item.name,
                url=item.url,
                client=client,
                trusted=item.trusted,
                calendar=on_days(days) if days else NO_CALENDAR,
            )
        case kinds.MailSourceConfig():
            from digest.app.source_building.alert_mails import build_mail

            return build_mail(item, access=access.mail if access else None)
        case kinds.HuggingFaceSourceConfig():
            from digest.sources.kinds.huggingface import HuggingFaceSource

            return HuggingFaceSource(
                name=item.name,
                client=client,
                days=item.lookback,
                base=item.base_url,
                trusted=item.trusted,
            )
        case kinds.ArxivSourceConfig():
            from digest.sources.kinds.arxiv import ArxivSource

            return ArxivSource(
                name=item.name,
                categories=tuple(item.categories),
                client=client,
                include=tuple(item.include),
                base=item.base_url,
                trusted=item.trusted,
            )
        case kinds.ArxivApiSourceConfig():
            from digest.sources.kinds.arxiv_api import ArxivApiSource

            return ArxivApiSource(
                name=item.name,
                query=item.query,
                client=client,
                max_papers=item.most,
                base=item.base_url,
                trusted=item.trusted,
            )
        case services.ServiceSourceConfig():
            from digest.app.source_building.paged_services import ServiceAccess, build_service

            return build_service(item, client=client, access=access or ServiceAccess())
        case services.ZoteroSourceConfig():
            from digest.sources.kinds.zotero import ZoteroSource

            return ZoteroSource(
                name=item.name,
                library=item.library,
                collection=item.collection,
                client=client,
                key=access.zotero_key if access else None,
                base=item.base_url,
                trusted=item.trusted,
            )
        case kinds.PluginSourceConfig():
            return _plugin(item, home=home, client=client)
        case _:
            raise AssertionError(f"no builder for sources of kind {item.kind!r}")


def _plugin(item: kinds.PluginSourceConfig, *, home: Path, client: "ClientFactory") -> Source:
    from digest.sources.kinds import plugins

    entry_point = plugins.plugins()[item.kind]
    try:
        factory: plugins.SourceFactory = entry_point.load()
        source: Source = factory(
            name=item.name,
            options=item.options,
            context=plugins.PluginContext(home=home, client=client),
        )
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(
            f"{home / 'sources.toml'}: source {item.name!r} of kind {item.kind!r} "
            f"({entry_point.value}): {error}"
        ) from error
    return source
