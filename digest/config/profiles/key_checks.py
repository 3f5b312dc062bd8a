"""Checks the values of a profile file, but for its keywords."""

import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import PurePosixPath

from digest.config.durations import parse_duration
from digest.config.email_addresses import check_line
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import display, full_message
from digest.core.models.papers import AnnouncementKind
from digest.core.profiles.reading_lists import is_file
from digest.core.subscribers.email_addresses import check_address
from digest.core.text.tokens import LANGUAGES

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # Monday is 0, as in `Profile.days`

_DAY = timedelta(days=1)
_MAX_FILE_NAME = 200  # characters
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# Excludes files of a zoneinfo folder that are not zones: posix/, right/, localtime.
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


def zone(name: str) -> str:
    """Checks the IANA name of a time zone."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        if _ZONE.fullmatch(name):
            ZoneInfo(name)
            return name
    # OSError: the name of a folder of zones, such as Europe.
    except (LookupError, OSError, ValueError):
        pass
    hint = did_you_mean(name, available_timezones()) or '; write one such as "Europe/Paris"'
    raise full_message(f"{display(name)} is not a time zone{hint}")


def time_of_day(text: str) -> str:
    """Checks a time of the day."""
    if not _TIME.fullmatch(text):
        raise ValueError('must be a time from "00:00" to "23:59"')
    return text


def patience(text: str) -> str:
    """Checks a duration of at most a day."""
    if parse_duration(text) > _DAY:
        raise ValueError('must be at most "24h"')
    return text


def day(name: str) -> str:
    """Checks the name of a weekday."""
    return _one_of(DAYS, name, "a day")


def kind(name: str) -> str:
    """Checks the name of a kind of announcement."""
    return _one_of([kind.value for kind in AnnouncementKind], name, "a kind of announcement")


def language(name: str) -> str:
    """Checks the name of a language whose endings are known."""
    return _one_of(LANGUAGES, name, "a supported language")


def _one_of(names: Collection[str], name: str, what: str) -> str:
    if name not in names:
        hint = did_you_mean(name, names) or f"; write one of {', '.join(names)}"
        raise full_message(f"{display(name)} is not {what}{hint}")
    return name


def address(text: str) -> str:
    """Checks an e-mail address."""
    try:
        return check_address(text)
    except ValueError as error:
        raise full_message(f"{display(text)} is not an e-mail address: {error}") from None


def heading(text: str) -> str:
    """Checks a line that is not empty."""
    if not check_line(text):
        raise ValueError("must not be empty")
    return check_line(text)


def reading_list(name: str) -> str:
    """Checks the name of a reading list, or the id of a paper."""
    if not is_file(name):
        return name
    if name.startswith("zotero:"):
        raise full_message(
            f"{display(name)} is no library of Zotero; write zotero:users/ID or zotero:groups/ID, and"
            " /collections/KEY for a collection"
        )
    path = PurePosixPath(name)
    if not name.strip() or not name.isprintable() or len(name) > _MAX_FILE_NAME:
        raise full_message(f"{display(name)} is no file name, arXiv id or DOI")
    if path.is_absolute() or ".." in path.parts or name.startswith("~"):
        raise full_message(
            f"{display(name)}: a reading list is beside the profile or in a folder below; write its"
            " name, such as library.bib"
        )
    return name


def one_or_more(value: object) -> object:
    """Returns one text as a list."""
    return [value] if isinstance(value, str) else value
