"""Lengths of time as people write them: "90s", "30m", "4h", "2d"."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """A number and a unit: s, m, h or d; ValueError if it is none."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError('must be a number with s, m, h or d, such as "30m" or "4h"')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def write_duration(length: timedelta) -> str:
    """The shortest text that `parse_duration` reads as this length; whole seconds count."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
