"""The sources of a home, built from what sources.toml says."""

from datetime import time, timedelta
from pathlib import Path
from random import random

from digest.config import sources as config
from digest.config.durations import parse_duration
from digest.core.schedule.announcement_days import NO_CALENDAR, on_days
from digest.core.schedule.polling import EVERY_TICK, HOURLY, UNTIL_FRESH, PollSchedule
from digest.errors import SettingsError
from digest.pipeline.collect import Source, TimedSource
from digest.sources import parse_file
from digest.sources.kinds import plugins
from digest.sources.kinds.common import ClientFactory
from digest.sources.kinds.files import FileSource


def configured(home: Path) -> tuple[config.SourceConfig, ...]:
    """What sources.toml says; SettingsError if it is wrong."""
    return config.load(home, plugins=plugins.plugins)


def single_file(path: Path, *, name: str) -> Source:
    """One file, of whatever format, as a look at the source of this name."""
    return FileSource(name=name, path=path, read=parse_file.parse, single=True)


_TIMETABLES = {  # by kind; of a kind that another package makes: hourly
    "dump": EVERY_TICK,
    "jsonl": EVERY_TICK,
    "arxiv": UNTIL_FRESH,
    "arxiv-api": PollSchedule(every=timedelta(hours=6)),
}


def timetable(item: config.SourceConfig) -> PollSchedule:
    """How often a scheduler looks at it: as its table says, or as suits its kind."""
    if item.poll is not None:
        return PollSchedule(every=parse_duration(item.poll))
    if item.poll_at:
        return PollSchedule(at=tuple(time.fromisoformat(hour) for hour in item.poll_at))
    return _TIMETABLES.get(item.kind, HOURLY)


def timed(item: config.SourceConfig, *, home: Path, client: ClientFactory) -> Source:
    """A source, ready to be looked at, with its timetable."""
    source = build(item, home=home, client=client)
    return TimedSource(source=source, timetable=timetable(item), jitter=random)


def build(item: config.SourceConfig, *, home: Path, client: ClientFactory) -> Source:
    """A source, ready to be looked at.

    Args:
        item: its table of sources.toml.
        home: the folder that a plug-in's paths are relative to.
        client: makes the HTTP client when it is first needed.
    """
    match item:
        case config.DumpSourceConfig() | config.JsonlSourceConfig():
            return FileSource(name=item.name, path=item.path, read=parse_file.parse)
        case config.FeedSourceConfig():
            from digest.sources.kinds.feed import FeedSource

            days = frozenset(config.DAYS.index(day) for day in item.days)
            return FeedSource(
                name=item.name,
                url=item.url,
                client=client,
                trusted=item.trusted,
                announcing=on_days(days) if days else NO_CALENDAR,
            )
        case config.HuggingFaceSourceConfig():
            from digest.sources.kinds.huggingface import HuggingFaceSource

            return HuggingFaceSource(
                name=item.name,
                client=client,
                days=item.lookback,
                base=item.base_url,
                trusted=item.trusted,
            )
        case config.ArxivSourceConfig():
            from digest.sources.kinds.arxiv import ArxivSource

            return ArxivSource(
                name=item.name,
                categories=tuple(item.categories),
                client=client,
                include=tuple(item.include),
                base=item.base_url,
                trusted=item.trusted,
            )
        case config.ArxivApiSourceConfig():
            from digest.sources.kinds.arxiv_api import ArxivApiSource

            return ArxivApiSource(
                name=item.name,
                query=item.query,
                client=client,
                most=item.most,
                base=item.base_url,
                trusted=item.trusted,
            )
        case config.PluginSourceConfig():
            return _plugin(item, home=home, client=client)
        case _:
            raise AssertionError(f"a kind of source without a builder: {item.kind}")


def _plugin(item: config.PluginSourceConfig, *, home: Path, client: ClientFactory) -> Source:
    point = plugins.plugins()[item.kind]
    try:
        make: plugins.SourceFactory = point.load()
        source: Source = make(
            name=item.name,
            options=item.options,
            loan=plugins.PluginContext(home=home, client=client),
        )
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(
            f"{home / 'sources.toml'}: source {item.name!r} of kind {item.kind!r} "
            f"({point.value}): {error}"
        ) from error
    return source
