"""Parses untrusted JSON with a limit on the number of its values."""

import json
from typing import Any

MAX_VALUES = 1_000_000  # in a document; a parsed value takes up to 150 bytes of memory


class TooManyValuesError(ValueError):
    """The JSON text has more values than any real document."""

    def __init__(self) -> None:
        """Says the limit."""
        super().__init__(f"more than {MAX_VALUES:,} values; no list of papers has so many")


def load_json(text: str) -> Any:
    """Parses a JSON text; raw control characters inside strings are accepted.

    Raises:
        TooManyValuesError: It has more than `MAX_VALUES` values.
        ValueError: It is not JSON (`json.JSONDecodeError`), or a number in it is too long.
        RecursionError: It is nested too deeply.
    """
    # Counted before parsing, because the parsed values might not fit into memory.
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise TooManyValuesError
    return json.loads(text, strict=False)
