"""All settings with their values, and where these are from; secrets are never shown."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from digest.config.email_addresses import NamedAddress
from digest.config.settings.env_file import read_env_file
from digest.config.settings.loader import FIELDS_BY_VARIABLE, NEVER_SHOWN, Settings
from digest.config.tables.keys import keys_of

HIDDEN = "set, not shown"


class ShownSetting(Struct, frozen=True, kw_only=True):
    """One setting as the operator's page shows it."""

    name: str  # of the variable
    value: str  # empty: there is none
    origin: str  # environment | .env, line 3 | default
    description: str


def shown_settings(
    settings: Settings, *, in_environment: Collection[str]
) -> Sequence[ShownSetting]:
    """Returns all settings, in the order of `.env.example`.

    Args:
        settings: the settings that this process uses.
        in_environment: the variables that the environment had when they were loaded.

    Raises:
        SettingsError: `.env` cannot be read any more.
    """
    lines = {
        entry.name: int(entry.place.rpartition(":")[2])
        for entry in read_env_file(settings.home / ".env")
        if entry.value.strip()
    }
    keys = keys_of(Settings)
    return [
        ShownSetting(
            name=name,
            value=_shown(field, getattr(settings, field), settings.home),
            origin="environment"
            if name in in_environment
            else f".env, line {lines[name]}"
            if name in lines
            else "default",
            description=keys[field].description,
        )
        for name, field in FIELDS_BY_VARIABLE.items()
    ]


def _shown(field: str, value: Any, home: Path) -> str:
    if field in NEVER_SHOWN:
        return HIDDEN if value else ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Path) and value.is_relative_to(home):
        return value.relative_to(home).as_posix()
    return "" if value is None else _written(value)


def _written(value: Any) -> str:
    """Returns a value as it is written in `.env`."""
    if isinstance(value, NamedAddress):
        return f"{value.name} <{value.address}>" if value.name else value.address
    return str(value).lower() if isinstance(value, bool) else str(value)
