"""The keys that all sources have, and those of files and of the web."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from msgspec import field
from msgspec.structs import replace

from digest.config.durations import parse_duration
from digest.config.email_addresses import check_line
from digest.config.tables.markers import CheckedBy, Table, described
from digest.config.toml_document import display, full_message
from digest.late_patterns import late_pattern

_TIME = late_pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# A DOI's prefix ends with a slash: 10.1038 is not 10.10381.
_OWNED = late_pattern(r"doi:10\.\d{4,9}/\S*|(?!doi\b)[a-z][a-z0-9-]*(:\S+)?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError(
            'must consist of small letters, digits and single hyphens, such as "hf-dumps"'
        )
    return name


def web_address(url: str) -> str:
    """Checks the address of a service or a feed, and returns it without a slash at its end."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("must be an http or https address without a login")
    return url.rstrip("/")


def _interval(text: str) -> str:
    if not timedelta(minutes=1) <= parse_duration(text) <= timedelta(days=7):
        raise ValueError('must be from "1m" to "7d"')
    return text


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('must be a time from "00:00" to "23:59"')
    return text


def _owned(name: str) -> str:
    if not _OWNED.fullmatch(name):
        raise full_message(
            f'{display(name)} is not a kind of identifier; write "arxiv", or the beginning of'
            ' identifiers, such as "doi:10.1038/"'
        )
    return name


def printable_path(path: Path) -> Path:
    """Checks that a path is one printable line."""
    check_line(str(path))
    return path


class SourceConfig(Table, frozen=True, kw_only=True):
    """The keys that every source has."""

    name: Annotated[
        str,
        CheckedBy(_slug),
        described(
            "The name of the source in profiles and reports; unique.",
            example="dumps",
            max_length=60,
        ),
    ]
    kind: Annotated[str, described("The kind of source: what is read, and how.", example="dump")]

    poll: Annotated[
        str | None,
        CheckedBy(_interval),
        described(
            "The time that the scheduler waits between two fetches: a number with m, h or d."
            " If absent, it depends on the kind of source.",
            example="1h",
        ),
    ] = None
    poll_at: Annotated[
        list[Annotated[str, CheckedBy(_time)]],
        described(
            "The times of the day, in UTC, at which the scheduler fetches, in place of poll.",
            example=["05:10", "17:10"],
            max_length=24,
        ),
    ] = field(default_factory=list)
    quiet_days: Annotated[
        int | None,
        described(
            "Alert the operator after this number of days without anything new. If absent:"
            " when two days on which the source should have had something brought nothing.",
            example=7,
            ge=1,
            le=365,
        ),
    ] = None

    max_age_days: Annotated[
        int | None,
        described(
            "Papers that are older when they are first seen are stored and not announced; 0: no"
            " limit. If absent, it depends on the kind of source.",
            example=90,
            ge=0,
            le=36_500,
        ),
    ] = None

    trust: Annotated[
        Literal["owner", "aggregator", "mention"] | None,
        described(
            "What the source may change in papers that other sources show too. If absent, it"
            " depends on the kind of source and on its address.",
            example="mention",
        ),
    ] = None
    owns: Annotated[
        list[Annotated[str, CheckedBy(_owned)]],
        described(
            "The identifiers that an owner decides about: arxiv, or the beginning of DOIs, such"
            " as doi:10.1038/. If empty, it depends on the address.",
            example=["doi:10.1038/"],
            max_length=100,
        ),
    ] = field(default_factory=list)

    def check(self) -> None:
        """Checks that there is one timetable."""
        super().check()
        if self.poll is not None and self.poll_at:
            raise full_message("poll and poll_at are both set; write only one of them")

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


class FileSourceConfig(SourceConfig, frozen=True, kw_only=True):
    """The keys of a source that reads files."""

    path: Annotated[
        Path,
        CheckedBy(printable_path),
        described("A file, or a folder of files, relative to the home.", example="dumps"),
    ]

    def below(self, home: Path) -> Self:
        """Returns the source with its path below the home."""
        return replace(self, path=home / self.path)

    @property
    def file_path(self) -> Path:
        """The file or folder that is read."""
        return self.path


class WebSourceConfig(SourceConfig, frozen=True, kw_only=True):
    """The keys of a source that is fetched from the web."""

    trusted: Annotated[
        bool, described("Allow an address inside your own network.", example=False)
    ] = False
