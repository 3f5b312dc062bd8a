"""Loads `sources.toml`: the sources of new papers.

    [[sources]]
    name = "dumps"   # unique; used in digests, profiles and reports
    kind = "dump"
    path = "dumps"   # a file or a folder, relative to the home

To add a kind of source, add a model to `KINDS`. Another package can add one by an entry point.
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
    TomlError,
    TomlIssue,
    TomlModel,
    display,
    full_message,
    read_text,
    validate,
)
from digest.errors import SettingsError, located

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CATEGORY = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")
# A DOI's prefix ends with a slash: 10.1038 is not 10.10381.
_OWNED = re.compile(r"doi:10\.\d{4,9}/\S*|(?!doi\b)[a-z][a-z0-9-]*(:\S+)?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError(
            'must consist of small letters, digits and single hyphens, such as "hf-dumps"'
        )
    return name


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("must be an http or https address without a login")
    return url.rstrip("/")


def _day(name: str) -> str:
    if name not in DAYS:
        raise full_message(f"{display(name)} is not a day; write one of {', '.join(DAYS)}")
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


def _owned(name: str) -> str:
    if not _OWNED.fullmatch(name):
        raise full_message(
            f'{display(name)} is not a kind of identifier; write "arxiv", or the beginning of'
            ' identifiers, such as "doi:10.1038/"'
        )
    return name


def _printable(path: Path) -> Path:
    check_line(str(path))
    return path


class SourceConfig(TomlModel):
    """The keys that every source has."""

    name: Annotated[str, AfterValidator(_slug)] = Field(
        max_length=60,
        description="The name of the source in profiles and reports; unique.",
        examples=["dumps"],
    )
    kind: str = Field(
        description="The kind of source: what is read, and how.",
        examples=["dump"],
    )

    poll: Annotated[str, AfterValidator(_interval)] | None = Field(
        default=None,
        description=(
            "The time that the scheduler waits between two fetches: a number with m, h or d."
            " If absent, it depends on the kind of source."
        ),
        examples=["1h"],
    )
    poll_at: list[Annotated[str, AfterValidator(_time)]] = Field(
        default=[],
        max_length=24,
        description=(
            "The times of the day, in UTC, at which the scheduler fetches, in place of poll."
        ),
        examples=[["05:10", "17:10"]],
    )
    quiet_days: int | None = Field(
        default=None,
        ge=1,
        le=365,
        description=(
            "Alert the operator after this number of days without anything new. If absent:"
            " when two days on which the source should have had something brought nothing."
        ),
        examples=[7],
    )

    trust: Literal["owner", "aggregator", "mention"] | None = Field(
        default=None,
        description=(
            "What the source may change in papers that other sources show too. If absent, it"
            " depends on the kind of source and on its address."
        ),
        examples=["mention"],
    )
    owns: list[Annotated[str, AfterValidator(_owned)]] = Field(
        default=[],
        max_length=100,
        description=(
            "The identifiers that an owner decides about: arxiv, or the beginning of DOIs, such"
            " as doi:10.1038/. If empty, it depends on the address."
        ),
        examples=[["doi:10.1038/"]],
    )

    @model_validator(mode="after")
    def _check_one_timetable(self) -> Self:
        if self.poll is not None and self.poll_at:
            raise full_message("poll and poll_at are both set; write only one of them")
        return self

    @property
    def file_path(self) -> Path | None:
        """The file or folder that is read; None if the source reads none."""
        return None

    def below(self, home: Path) -> Self:
        """Returns the source with absolute paths, if it has any.

        Args:
            home: the folder to which the paths are relative.
        """
        del home
        return self


class FileSourceConfig(SourceConfig):
    """The keys of a source that reads files."""

    # In TOML a path is text; the strict mode would accept only a `Path`.
    path: Annotated[Path, Field(strict=False), AfterValidator(_printable)] = Field(
        description="A file, or a folder of files, relative to the home.",
        examples=["dumps"],
    )

    def below(self, home: Path) -> Self:
        """Returns the source with its path below the home."""
        return self.model_copy(update={"path": home / self.path})

    @property
    def file_path(self) -> Path:
        """The file or folder that is read."""
        return self.path


class DumpSourceConfig(FileSourceConfig):
    """Text files copied from a page that lists papers, Markdown files, or plain lists."""


class JsonlSourceConfig(FileSourceConfig):
    """Papers as JSON lines, for everything that has no other kind of source."""


class _WebSource(SourceConfig):
    """The keys of a source that is fetched from the web."""

    trusted: bool = Field(
        default=False,
        description="Allow an address inside your own network.",
        examples=[False],
    )


class FeedSourceConfig(_WebSource):
    """Any RSS, Atom, RDF or JSON feed."""

    url: Annotated[str, AfterValidator(_url)] = Field(
        description="The address of the feed.", examples=["https://example.org/feed.xml"]
    )
    days: list[Annotated[str, AfterValidator(_day)]] = Field(
        default=[],
        description=(
            "The days on which the feed should have something new; if empty, there are no"
            " fixed days."
        ),
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    )


class HuggingFaceSourceConfig(_WebSource):
    """Hugging Face Daily Papers, through its API."""

    lookback: int = Field(
        default=3,
        ge=1,
        le=31,
        description="How many days are fetched each time. A day's list still grows on later days.",
        examples=[3],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://huggingface.co",
        description="The address of the API.",
        examples=["https://huggingface.co"],
    )


class ArxivSourceConfig(_WebSource):
    """The daily listing of arXiv for some categories."""

    categories: list[Annotated[str, AfterValidator(_category)]] = Field(
        min_length=1,
        description="The categories; each one is fetched separately.",
        examples=[["cs.CL", "cs.LG"]],
    )
    include: list[Literal["new", "cross", "replace"]] = Field(
        default=["new", "cross"],
        min_length=1,
        description=(
            "What is included: new papers, papers cross-listed from other categories (cross),"
            " replacements (replace)."
        ),
        examples=[["new", "cross", "replace"]],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://rss.arxiv.org",
        description="The address of the feeds.",
        examples=["https://rss.arxiv.org"],
    )


class ArxivApiSourceConfig(_WebSource):
    """The search API of arXiv, to fill a gap or for a search of your own."""

    query: str = Field(
        min_length=1,
        max_length=1000,
        description="A query in the language of the API.",
        examples=["cat:cs.CL AND ti:retrieval"],
    )
    most: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="The largest number of papers to read in one fetch, newest first.",
        examples=[500],
    )
    base_url: Annotated[str, AfterValidator(_url)] = Field(
        default="https://export.arxiv.org",
        description="The address of the API.",
        examples=["https://export.arxiv.org"],
    )


class PluginSourceConfig(SourceConfig):
    """A source of a kind that another package adds; that package checks the keys."""

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The other keys of the table, as they are written."""
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
    """A source of any kind: checks its name and kind, before the other keys are checked."""

    model_config = ConfigDict(extra="ignore")


class _SourcesFile(TomlModel):
    sources: list[_AnySource] = Field(default=[])


def load(home: Path, *, plugins: Callable[[], Collection[str]] = tuple) -> tuple[SourceConfig, ...]:
    """Loads the sources of a home, in the order of its `sources.toml`.

    Args:
        home: the home folder.
        plugins: returns the kinds that other packages add; called only for an unknown kind.

    Returns:
        The sources; none if the file does not exist.

    Raises:
        SettingsError: the first problem in the file.
    """
    file = home / "sources.toml"
    try:
        checked = _validate(Document(read_text(file)), plugins)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(file))) from None
    except TomlError as error:
        checked = [error.issue]
    if isinstance(checked, list):
        first = checked[0]
        raise SettingsError(located(first.text, str(file), first.line, first.column))
    return tuple(source.below(home) for source in checked)


def _validate(
    document: Document, plugins: Callable[[], Collection[str]]
) -> tuple[SourceConfig, ...] | list[TomlIssue]:
    outline = validate(document, _SourcesFile)
    if isinstance(outline, list):
        return outline
    sources: dict[str, SourceConfig] = {}
    for index, source in enumerate(outline.sources):
        place = ("sources", index)
        if source.name in sources:
            text = f"source {display(source.name)} is defined twice; give each source its own name"
            return [document.issue_at(text, (*place, "name"))]
        # `plugins` searches the installed packages, which takes long. So it is called for other
        # kinds only.
        if source.kind not in KINDS and source.kind not in plugins():
            kinds = [*KINDS, *sorted(plugins())]
            hint = did_you_mean(source.kind, kinds) or f"; write one of {', '.join(kinds)}"
            text = f"{display(source.kind)} is not a kind of source{hint}"
            return [document.issue_at(text, (*place, "kind"))]
        data = document.data["sources"][index]
        # The whole table again, now with the keys of its kind.
        model = KINDS.get(source.kind, PluginSourceConfig)
        checked = validate(document, model, data, prefix=place)
        if isinstance(checked, list):
            return checked
        sources[source.name] = checked
    return tuple(sources.values())
