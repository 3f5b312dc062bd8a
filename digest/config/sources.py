"""`sources.toml`: where new papers come from.

    [[sources]]
    name = "dumps"   # unique; what digests, profiles and reports call it
    kind = "dump"
    path = "dumps"   # a file or a folder, relative to the home

A further kind of source is a further model in `KINDS`, or a package's entry point.
"""

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from digest.config.durations import parse_duration
from digest.config.email_addresses import check_line
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import (
    Document,
    TomlIssue,
    TomlModel,
    TomlProblem,
    check,
    read_text,
    sentence,
    shown,
)
from digest.errors import SettingsError, located

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CATEGORY = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError('must be of small letters, digits and single hyphens, such as "hf-dumps"')
    return name


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("must be an http or https address without a login")
    return url.rstrip("/")


def _day(name: str) -> str:
    if name not in DAYS:
        raise sentence(f"{shown(name)} is no day; write one of {', '.join(DAYS)}")
    return name


def _interval(text: str) -> str:
    if not timedelta(minutes=1) <= parse_duration(text) <= timedelta(days=7):
        raise ValueError('must be from "1m" to "7d"')
    return text


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('must be a time from "00:00" to "23:59"')
    return text


def _category(name: str) -> str:
    if not _CATEGORY.fullmatch(name):
        raise ValueError('must be a category of arXiv, such as "cs.CL" or "hep-th"')
    return name


def _printable(path: Path) -> Path:
    check_line(str(path))
    return path


class SourceConfig(TomlModel):
    """What every source has."""

    name: Annotated[str, AfterValidator(_slug)] = Field(
        max_length=60,
        description="What the source is called in profiles and reports; unique.",
        examples=["dumps"],
    )
    kind: str = Field(
        description="What is read, and how.",
        examples=["dump"],
    )

    poll: Annotated[str, AfterValidator(_interval)] | None = Field(
        default=None,
        description=(
            "How long a scheduler waits between two looks: a number with m, h or d; absent:"
            " what suits its kind."
        ),
        examples=["1h"],
    )
    poll_at: list[Annotated[str, AfterValidator(_time)]] = Field(
        default=[],
        max_length=24,
        description="The times of the day, in UTC, at which a scheduler looks, in place of poll.",
        examples=[["05:10", "17:10"]],
    )
    quiet_days: int | None = Field(
        default=None,
        ge=1,
        le=365,
        description=(
            "Raise an alarm after so many days without anything new; absent: when two of the days"
            " on which it should have something brought nothing."
        ),
        examples=[7],
    )

    @model_validator(mode="after")
    def _polled_one_way(self) -> Self:
        if self.poll is not None and self.poll_at:
            raise sentence("poll and poll_at stand together; write one of them")
        return self

    def below(self, home: Path) -> Self:
        """The same source with its paths, if it has any, relative to the home no longer."""
        del home
        return self


class _OnDisk(SourceConfig):
    """Files that are put somewhere, and those that will be put beside them."""

    path: Annotated[Path, Field(strict=False), AfterValidator(_printable)] = Field(
        description="A file, or a folder of files, relative to the home.",
        examples=["dumps"],
    )

    def below(self, home: Path) -> Self:
        """The same source with an absolute path, if the home's is."""
        return self.model_copy(update={"path": home / self.path})


class DumpSourceConfig(_OnDisk):
    """Text files of a page that lists papers, or Markdown and bare lists of them."""


class JsonlSourceConfig(_OnDisk):
    """Papers as JSON lines, for everything that has no source of its own."""


class _OnTheWeb(SourceConfig):
    trusted: bool = Field(
        default=False,
        description="The address may be inside your own network.",
        examples=[False],
    )


class FeedSourceConfig(_OnTheWeb):
    """Any RSS, Atom, RDF or JSON feed."""

    url: Annotated[str, AfterValidator(_url)] = Field(
        description="The feed's address.", examples=["https://example.org/feed.xml"]
    )
    days: list[Annotated[str, AfterValidator(_day)]] = Field(
        default=[],
        description="The days on which it should have something; none: whenever.",
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    )


class HuggingFaceSourceConfig(_OnTheWeb):
    """Hugging Face Daily Papers, by its API."""

    lookback: int = Field(
        default=3,
        ge=1,
        le=31,
        description="How many days are asked for each time: a day's list fills up late.",
        examples=[3],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://huggingface.co",
        description="Where the API is.",
        examples=["https://huggingface.co"],
    )


class ArxivSourceConfig(_OnTheWeb):
    """arXiv's daily listing of some categories."""

    categories: list[Annotated[str, AfterValidator(_category)]] = Field(
        min_length=1,
        description="The categories; each is asked for by itself.",
        examples=[["cs.CL", "cs.LG"]],
    )
    include: list[Literal["new", "cross", "replace"]] = Field(
        default=["new", "cross"],
        min_length=1,
        description="New papers, those cross-listed from elsewhere, replacements.",
        examples=[["new", "cross", "replace"]],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://rss.arxiv.org",
        description="Where the feeds are.",
        examples=["https://rss.arxiv.org"],
    )


class ArxivApiSourceConfig(_OnTheWeb):
    """arXiv's search API, for catching up a gap or for a search of one's own."""

    query: str = Field(
        min_length=1,
        max_length=1000,
        description="A query in the API's language.",
        examples=["cat:cs.CL AND ti:retrieval"],
    )
    most: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="The most papers to read in one look, newest first.",
        examples=[500],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://export.arxiv.org",
        description="Where the API is.",
        examples=["https://export.arxiv.org"],
    )


class PluginSourceConfig(SourceConfig):
    """A kind of source that another package registers; it checks its own keys."""

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The table's further keys, as they were written."""
        return dict(self.model_extra or {})


KINDS: dict[str, type[SourceConfig]] = {
    "dump": DumpSourceConfig,
    "jsonl": JsonlSourceConfig,
    "feed": FeedSourceConfig,
    "huggingface": HuggingFaceSourceConfig,
    "arxiv": ArxivSourceConfig,
    "arxiv-api": ArxivApiSourceConfig,
}


class _AnySource(SourceConfig):
    """A source of any kind: its name and kind, before its kind judges the rest."""

    model_config = ConfigDict(extra="ignore")


class _SourcesFile(TomlModel):
    sources: list[_AnySource] = Field(default=[])


def load(home: Path, *, plugins: Callable[[], Collection[str]] = tuple) -> tuple[SourceConfig, ...]:
    """The sources of a home, in the order of its `sources.toml`; none without that file.

    Args:
        home: the folder.
        plugins: gives the kinds that other packages register; asked where ours do not do.

    Raises:
        SettingsError: the first problem in the file.
    """
    file = home / "sources.toml"
    try:
        checked = _checked(Document(read_text(file)), plugins)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlProblem as error:
        checked = [error.problem]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    return tuple(source.below(home) for source in checked)


def _checked(
    document: Document, plugins: Callable[[], Collection[str]]
) -> tuple[SourceConfig, ...] | list[TomlIssue]:
    outline = check(document, _SourcesFile)
    if isinstance(outline, list):
        return outline
    sources: dict[str, SourceConfig] = {}
    for index, source in enumerate(outline.sources):
        place = ("sources", index)
        if source.name in sources:
            text = f"source {shown(source.name)} is defined twice; give each source its own name"
            return [document.problem(text, (*place, "name"))]
        if source.kind not in KINDS and source.kind not in plugins():
            kinds = [*KINDS, *sorted(plugins())]
            hint = did_you_mean(source.kind, kinds) or f"; write one of {', '.join(kinds)}"
            text = f"{shown(source.kind)} is no kind of source{hint}"
            return [document.problem(text, (*place, "kind"))]
        data = document.data["sources"][index]
        model = KINDS.get(source.kind, PluginSourceConfig)
        checked = check(document, model, data, prefix=place)
        if isinstance(checked, list):
            return checked
        sources[source.name] = checked
    return tuple(sources.values())
