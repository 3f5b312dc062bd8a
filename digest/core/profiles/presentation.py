"""Reads from the text of a stored profile how its reader wants the message.

Most profiles say nothing of this, so it has no columns of its own: the store gives the text of the
profiles that name one of the keys.
"""

import tomllib
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from digest.core.models.profiles import DEFAULT_PRESENTATION, Citations, Detail, Presentation

KEYS = ("detail", "attach", "pictures", "mail_language")
"""The keys of a profile file."""

Choice = TypeVar("Choice", bound=StrEnum)


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
        mail_language=language if isinstance(language, str) else "",
    )


def _choice(tables: dict[str, Any], key: str, default: Choice) -> Choice:
    try:
        return type(default)(tables.get(key, default))
    except ValueError:
        return default
