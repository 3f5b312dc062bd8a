"""The form of an export, for its writer and its reader: docs/export.md describes it for people."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

FORMAT = "paper-digest-export"
VERSION = 1
"""Raised when an earlier program could not read the archive any more."""

MANIFEST = "manifest.json"
TABLES = "tables/"  # one file of JSON lines for each table
HOME = "home/"  # files of the home
SETTINGS = "settings.env"  # in HOME: `.env` without secrets

LISTS = "lists.toml"
HOME_FILES = ("sources.toml", "theme.toml", LISTS)
PROFILES = "profiles"
_NOT_MOVED = "channels.toml"  # consists of secrets


def is_moved(name: str) -> bool:
    """Returns whether a file outside of `profiles` may be in an export: TOML in the home, no secrets."""
    path = PurePosixPath(name)
    is_inside = not path.is_absolute() and not any(part.startswith(".") for part in path.parts)
    return is_inside and path.suffix == ".toml" and path.as_posix() != _NOT_MOVED


def files_of_lists(text: str) -> Iterator[str]:
    """Yields the profiles and looks that `lists.toml` names; nothing if it is no TOML."""
    try:
        tables = tomllib.loads(text).get("lists")
    except (ValueError, RecursionError):
        return
    for table in tables if isinstance(tables, list) else ():
        named: Iterable[object] = (
            (table.get("profile"), table.get("theme")) if isinstance(table, dict) else ()
        )
        yield from (name for name in named if isinstance(name, str))
