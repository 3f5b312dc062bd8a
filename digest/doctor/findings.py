"""What a check of `digest doctor` gets, and what it says."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from digest.config.home import Home
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import Settings

if TYPE_CHECKING:
    from digest.mail.authentication.dns_resolver import Resolver


def own_address() -> str | None:
    """The address that this machine reaches the world from; None if it has none. Sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(("192.0.2.1", 9))  # only picks a route (RFC 5737)
            return str(out.getsockname()[0])
    except OSError:
        return None


class CheckLevel(StrEnum):
    """How bad it is, the best first."""

    OK = "ok"
    WARNING = "warning"  # it works, and is most likely not meant
    PROBLEM = "problem"  # it does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that a check found; a problem's text says what to do."""

    level: CheckLevel
    text: str
    exit_code: int | None = None  # of a problem; None: that of the check


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What is looked at."""

    home: Home
    environ: Mapping[str, str]
    now: datetime
    challenge: str  # random letters and digits, for the site to prove itself with
    resolver: "Resolver | None" = None  # None: the DNS
    own_address: Callable[[], str | None] = own_address

    def settings(self) -> Settings:
        """The home's settings; SettingsError if they are wrong."""
        return settings_loader.load(self.home.path, self.environ)


def ok(text: str) -> CheckResult:
    """All is well."""
    return CheckResult(level=CheckLevel.OK, text=text)


def warning(text: str) -> CheckResult:
    """It works, and is most likely not meant."""
    return CheckResult(level=CheckLevel.WARNING, text=text)


def problem(text: str, *, exit_code: int | None = None) -> CheckResult:
    """It does not work; the text says what to do."""
    return CheckResult(level=CheckLevel.PROBLEM, text=text, exit_code=exit_code)
