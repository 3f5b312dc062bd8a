"""Parses and writes durations such as "90s", "30m", "4h" and "2d"."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# At most six digits, because `timedelta` overflows at a billion days.
_DURATION = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Parses a number and a unit: s, m, h or d.

    Raises:
        ValueError: the text is not a duration.
    """
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError('must be a number with s, m, h or d, such as "30m" or "4h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def write_duration(length: timedelta) -> str:
    """Returns the shortest text for a duration; fractions of a second are dropped."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
