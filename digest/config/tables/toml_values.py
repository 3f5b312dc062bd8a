"""Values of TOML files: they have a type there, and none is taken for another type."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from digest.config.tables.readers import Notation


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")  # noqa: TRY004 - it is collected
    return value


def _whole_number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004 - as above
    return value


def _number(value: Any) -> float:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    except OverflowError:  # a whole number with hundreds of digits
        pass
    raise ValueError("must be a number")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - as above
    return value


def _items(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError("must be a list in [brackets]")  # noqa: TRY004 - as above
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004 - as above
    return value


def _choice(choices: Sequence[str]) -> str:
    *others, last = (f'"{choice}"' for choice in choices)
    return f"must be one of {', '.join(others)} or {last}"


TOML = Notation(
    types={
        str: _text,
        int: _whole_number,
        float: _number,
        bool: _flag,
        Path: lambda value: Path(_text(value)),
    },
    items=_items,
    mapping=_mapping,
    choice=_choice,
    limits={
        "gt": "must be more than {:g}",
        "ge": "must be at least {:g}",
        "le": "must be at most {:g}",
        "min_length": "must have at least {} character",
        "max_length": "must have at most {} characters",
        "min_items": "must have at least {} item",
        "max_items": "must have at most {} items",
        "pattern": "must match the pattern '{}'",
    },
)
"""How values are written in TOML."""
