"""The time zone of this machine."""

import os
from pathlib import Path


def local_zone() -> str:
    """Returns the IANA name of the machine's time zone; UTC if it cannot be determined."""
    from zoneinfo import available_timezones

    # On most systems /etc/localtime is a link to .../zoneinfo/Europe/Paris, for example.
    link = Path("/etc/localtime")
    target = link.readlink().as_posix() if link.is_symlink() else ""
    named = os.environ.get("TZ", "").lstrip(":") or target.partition("zoneinfo/")[2]
    return named if "/" in named and named in available_timezones() else "UTC"
