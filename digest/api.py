"""The Python API: a home, its papers, and the digests made of them (docs/api.md)."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from msgspec import Struct

from digest.app.application import App
from digest.config.profiles import loader
from digest.core.models.batches import BatchReport
from digest.core.models.editions import Edition, RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile
from digest.errors import UsageError
from digest.pipeline.collect import collect
from digest.pipeline.delivery.deliver import DeliveryReport
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.publishing.preview import (
    as_candidates,
    compose_now,
    newest_papers,
    rank_papers,
    rank_stored,
)
from digest.pipeline.run import RunReport, deliver_queued, run
from digest.pipeline.subscribers.reading_lists import with_files
from digest.pipeline.subscribers.sync_profiles import sync_profiles


class Message(Struct, frozen=True, kw_only=True):
    """A digest as a reader would receive it."""

    subject: str
    html: str
    text: str


def read_profile(path: str | Path) -> Profile:
    """Reads a profile file.

    Args:
        path: a TOML file (docs/profiles.md).

    Raises:
        ProfileError: the file cannot be read or is wrong; the error names line and column.
        UsageError: a reading list that it names cannot be read.
        InputError: such a file is no reading list.
    """
    profile = loader.parse(loader.read(Path(path)), file=Path(path)).profile
    return with_files(profile, folder=Path(path).parent)


def parse_profile(text: str) -> Profile:
    """Parses the text of a profile file.

    Args:
        text: TOML (docs/profiles.md).

    Raises:
        ProfileError: the text is wrong; the error names line and column.
    """
    return loader.parse(text, file="profile").profile


def rank(papers: Sequence[Paper], profile: Profile, *, keep_all: bool = False) -> list[RankedPaper]:
    """Ranks papers that are in no home; the rarity of keywords is learned from these papers.

    Args:
        papers: the papers. `RankedPaper.candidate.paper` leads back to each.
        profile: from `read_profile` or `parse_profile`.
        keep_all: also return the papers that match nothing, with score 0.

    Returns:
        The best first, with scores from 0 to 100.
    """
    return rank_papers(profile, as_candidates(papers, source="api"), keep_all=keep_all)


def open_home(folder: str | Path, *, environ: Mapping[str, str] | None = None) -> "Home":
    """Opens a home folder, which `digest init` makes.

    Args:
        folder: the home.
        environ: the environment, which overrides the home's `.env`; None: that of this process.

    Raises:
        HomeError: the folder is not a home.
        SettingsError: a setting is wrong.
    """
    return Home(App.open(Path(folder), environ=os.environ if environ is None else environ))


class Home:
    """One home: sources, profiles, settings and the database. Use `open_home` and `with`.

    Each method that does work takes `now`, an aware time; without it, the clock is read.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the database."""
        self._app.close()

    def collect(
        self, *, source: str | None = None, now: datetime | None = None
    ) -> tuple[BatchReport, ...]:
        """Fetches the sources and stores what is new.

        Args:
            source: the name of one source; None: all.
            now: the time of the fetch.

        Returns:
            A report for each batch. A source that fails is a report too, with its reason.

        Raises:
            SettingsError: no source has this name.
            StoreError: the database cannot be used.
        """
        return collect(self._app.store, self._app.build_sources(source), now=_moment(now))

    def papers(self) -> list[Paper]:
        """Returns the newest stored papers, at most 1,000."""
        return [candidate.paper for candidate in newest_papers(self._app.store)]

    def rank(
        self, profile: Profile, *, keep_all: bool = False, now: datetime | None = None
    ) -> list[RankedPaper]:
        """Ranks the newest stored papers.

        Args:
            profile: from `read_profile` or `parse_profile`.
            keep_all: also return the papers that match nothing, with score 0.
            now: the day whose scores are computed.

        Returns:
            The best first, with scores from 0 to 100: those of the digests of this day.
        """
        return rank_stored(
            self._app.store,
            profile,
            now=_moment(now),
            keep_all=keep_all,
            models=self._app.ranking_models,
        )

    def compose(self, profile: Profile, *, now: datetime | None = None) -> Edition:
        """Composes the first edition that a new subscription would get; stores nothing.

        Args:
            profile: from `read_profile` or `parse_profile`.
            now: the time for which the edition is dated.
        """
        return compose_now(
            self._app.store, profile, now=_moment(now), models=self._app.ranking_models
        )

    def render(self, profile_text: str, *, now: datetime | None = None) -> Message:
        """Renders the first digest that a new subscription would get; sends nothing.

        Args:
            profile_text: the text of a profile file.
            now: the time for which the digest is dated.

        Raises:
            ProfileError: the profile is wrong.
            SettingsError: a template or the theme cannot be used, or DIGEST_FROM is not set.
        """
        trial = self._app.compose_trial(
            profile_text=profile_text, to=None, name="api", now=_moment(now)
        )
        content = self._app.message_writer.render(trial)
        return Message(subject=content.subject, html=content.html, text=content.text)

    def publish(self, *, now: datetime | None = None) -> PublishReport:
        """Makes the editions that are due, and puts them into the ledger.

        Returns:
            A result for each subscription, with the reason where no edition was made; of more than
            1,000 subscriptions, results for the first ones, and counts.

        Raises:
            StoreError: the database cannot be used.
        """
        at, app = _moment(now), self._app
        sync_profiles(
            app.store,
            app.load_profiles(),
            now=at,
            keys=app.signing_keys,
            lists=app.lists,
            libraries=app.liked_libraries,
        )
        return app.publish(now=at)

    def deliver(self, *, now: datetime | None = None) -> DeliveryReport:
        """Sends the editions that are queued.

        Raises:
            SettingsError: a setting that sending needs is missing.
            StoreError: the database cannot be used.
        """
        self._app.require_delivery()
        return deliver_queued(self._app.run_dependencies(), now=_moment(now))

    def run(self, *, now: datetime | None = None) -> RunReport:
        """Collects, publishes, delivers and tidies once, as `digest run` does.

        Raises:
            SettingsError: a setting that sending needs is missing.
            StoreError: the database cannot be used.
        """
        self._app.require_delivery()
        return run(self._app.run_dependencies(), now=_moment(now))


def _moment(now: datetime | None) -> datetime:
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise UsageError(f"now={now!r} has no time zone; pass an aware time, for example in UTC")
    return now
