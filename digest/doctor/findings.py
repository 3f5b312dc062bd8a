"""The input and the results of a check of `digest doctor`."""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.config.home import HomeFolder
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import Settings

if TYPE_CHECKING:
    from digest.mail.authentication.dns_resolver import Resolver


def own_address() -> str | None:
    """Returns the IP address that this machine uses for the internet, or None; sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("192.0.2.1", 9))  # for UDP this only chooses a route (RFC 5737)
            return str(udp.getsockname()[0])
    except OSError:
        return None


class CheckLevel(StrEnum):
    """How serious a result is; the best level first."""

    OK = "ok"
    WARNING = "warning"  # works, but is probably not intended
    PROBLEM = "problem"  # does not work


class CheckResult(Struct, frozen=True, kw_only=True):
    """One result of a check. The text of a problem says what to do."""

    level: CheckLevel
    text: str
    exit_code: int | None = None  # of a problem; None for the exit code of the check


class CheckContext(Struct, frozen=True, kw_only=True):
    """What the checks examine, and how they reach the outside world."""

    home: HomeFolder
    environ: Mapping[str, str]
    now: datetime
    challenge: str  # random letters and digits; the site must sign them with our key
    resolver: "Resolver | None" = None  # None for the real DNS
    own_address: Callable[[], str | None] = own_address

    def settings(self) -> Settings:
        """Loads the home's settings.

        Raises:
            SettingsError: a setting is wrong.
        """
        return settings_loader.load(self.home.path, self.environ)


def ok(text: str) -> CheckResult:
    """Returns the result that nothing is wrong."""
    return CheckResult(level=CheckLevel.OK, text=text)


def warning(text: str) -> CheckResult:
    """Returns the result that something works but is probably not intended."""
    return CheckResult(level=CheckLevel.WARNING, text=text)


def problem(text: str, *, exit_code: int | None = None) -> CheckResult:
    """Returns the result that something does not work.

    Args:
        text: what is wrong, and what to do.
        exit_code: None for the exit code of the check.
    """
    return CheckResult(level=CheckLevel.PROBLEM, text=text, exit_code=exit_code)
