"""Reads from the text of a stored profile how its reader wants the message.

Most profiles say nothing of this, so it has no columns of its own: the store knows which profiles
may, and gives their texts.
"""

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from digest.core.models.profiles import (
    DEFAULT_PRESENTATION,
    Citations,
    Detail,
    MailTheme,
    Presentation,
)

KEYS = ("detail", "attach", "pictures", "theme", "mail_language")
"""The keys of a profile file."""

CHANNEL_KEY = "deliver_to"
"""The key of a profile file that names a channel."""

_KEY = re.compile(rf"^[ \t\"']*(?:{'|'.join(KEYS)})\b", re.MULTILINE)
_CHANNEL = re.compile(r"[a-z0-9-]{1,60}")
Choice = TypeVar("Choice", bound=StrEnum)


def may_say(text: str) -> bool:
    """Whether a profile may have one of `KEYS`; its text need not be parsed for this.

    Args:
        text: of the profile, TOML.
    """
    return _KEY.search(text) is not None


@lru_cache(maxsize=1000)  # many readers share a profile
def presentation_of(text: str) -> Presentation:
    """Returns how the reader of a profile wants the message.

    Args:
        text: of the profile, TOML. What is wrong in it is ignored: the message is sent anyway.
    """
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError):
        return DEFAULT_PRESENTATION
    language = tables.get("mail_language")
    return Presentation(
        detail=_choice(tables, "detail", Detail.SHORT),
        attach=_choice(tables, "attach", Citations.NONE),
        pictures=tables.get("pictures") is not False,
        theme=_choice(tables, "theme", MailTheme.USUAL),
        mail_language=language if isinstance(language, str) else "",
        deliver_to=_channel(tables) or "",
    )


def channel_of(text: str) -> str | None:
    """Returns the name of the channel to which a digest goes; None: it is sent by mail.

    Args:
        text: of the profile, TOML.
    """
    # Nearly no profile has the key, and many are compiled at once.
    if CHANNEL_KEY not in text:
        return None
    try:
        return _channel(tomllib.loads(text))
    except (ValueError, RecursionError):
        return None


def _channel(tables: dict[str, Any]) -> str | None:
    name = tables.get(CHANNEL_KEY)
    return name if isinstance(name, str) and _CHANNEL.fullmatch(name) else None


def _choice(tables: dict[str, Any], key: str, default: Choice) -> Choice:
    try:
        return type(default)(tables.get(key, default))
    except ValueError:
        return default
