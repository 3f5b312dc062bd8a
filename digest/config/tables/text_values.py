"""Values of settings: text that stands for numbers, days and lists. A secret is never shown."""

import re
from collections.abc import Sequence
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from digest.config.email_addresses import NamedAddress, parse_mailbox
from digest.config.tables.readers import Notation
from digest.late_patterns import late_pattern

_WHOLE_NUMBER = re.compile(r"([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?")
_DAY = late_pattern(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00)?Z?)?")  # or its beginning
_MOST_DIGITS = 4300  # Python refuses longer numbers
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("0", "off", "f", "false", "n", "no")


class SecretText:
    """A text that no log and no traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Returns the text."""
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretText) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return "**********" if self._text else ""

    def __repr__(self) -> str:
        return f"SecretText({str(self)!r})"


def _whole_number(text: str) -> int:
    match = _WHOLE_NUMBER.fullmatch(text.strip())
    if not match or len(match[1]) > _MOST_DIGITS:
        raise ValueError("not a whole number")
    return int(match[1])


def _number(text: str) -> float:
    written = text.strip()
    try:
        number = float(written.replace("_", ""))
    except ValueError:
        number = float("nan")
    # An underscore may be between two signs. `float` also accepts the digits of other scripts.
    if not isfinite(number) or not written.isascii() or "" in written.split("_"):
        raise ValueError("not a number")
    return number


def _flag(text: str) -> bool:
    known = text.lower()
    if known not in (*_TRUE, *_FALSE):
        raise ValueError("neither true nor false")
    return known in _TRUE


def _day(text: str) -> date:
    try:
        if match := _DAY.fullmatch(text):
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    raise ValueError("no day such as 2027-01-31")


def _items(value: str | tuple[Any, ...]) -> Sequence[Any]:
    """Splits a value at commas, if it is not divided already."""
    if isinstance(value, tuple):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _choice(choices: Sequence[str]) -> str:
    *others, last = map(repr, choices)
    return f"must be {', '.join(others)} or {last}"


TEXT = Notation(
    types={
        str: str.strip,
        int: _whole_number,
        float: _number,
        bool: _flag,
        date: _day,
        Path: lambda text: text if isinstance(text, Path) else Path(text.strip()),
        SecretText: lambda text: SecretText(text.strip()),
        NamedAddress: parse_mailbox,
    },
    items=_items,
    mapping=dict,
    choice=_choice,
    limits={
        "gt": "must be more than {:g}",
        "ge": "must be at least {:g}",
        "le": "must be at most {:g}",
        "min_length": "shorter than {} characters",
        "max_length": "longer than {} characters",
    },
)
"""How values are written in `.env`."""
