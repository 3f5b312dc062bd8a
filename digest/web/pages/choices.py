"""What the forms of the pages offer."""

from functools import lru_cache
from zoneinfo import available_timezones

HOURS = tuple(f"{hour:02}:00" for hour in range(24))

_OTHER = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/", "posix/", "right/")


@lru_cache(maxsize=1)
def zone_options() -> str:
    """Returns the HTML of the time zones that are named after a place, and UTC.

    It is the same on every page, and half of the work of rendering one.
    """
    places = {name for name in available_timezones() if "/" in name and not name.startswith(_OTHER)}
    return "".join(f"<option>{name}</option>" for name in ("UTC", *sorted(places)))
