"""The global options of one invocation, and how it prints its result."""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.printable import without_controls

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.config.settings.loader import Settings
    from digest.logs import LogLevel

HOME_VARIABLE = "DIGEST_HOME"


class CliContext:
    """The global options, which may come before or after the command."""

    def __init__(self) -> None:
        self.home: Path | None = None
        self.as_json = False
        self.now: datetime | None = None
        self.show_addresses = False
        self.level: LogLevel = "warning"  # log level if the settings name none

    def moment(self) -> datetime:
        """Returns `--now`, or the current time. Commands read the clock only here."""
        return self.now or datetime.now(UTC)

    def home_path(self) -> tuple[Path, bool]:
        """Returns the home folder, and whether the user named it (false: the current folder)."""
        named = self.home or (Path(value) if (value := os.environ.get(HOME_VARIABLE)) else None)
        return (named, True) if named is not None else (Path(), False)

    def open_app(self) -> "App":
        """Opens the home, and configures logging by its settings.

        Raises:
            HomeError: the folder is not a home.
            SettingsError: a setting is wrong.
        """
        from digest.app.application import App

        path, named = self.home_path()
        app = App.open(path, environ=os.environ, explicit=named)
        self.configure_logging(app.settings)
        return app

    def open_app_if_home(self) -> "App | None":
        """Opens the home like `open_app`; None if none was named and the current folder is none.

        For commands that also work without a database.
        """
        from digest.config.home import is_home

        path, named = self.home_path()
        return self.open_app() if named or is_home(path) else None

    def configure_logging(self, settings: "Settings") -> None:
        """Configures logging by the settings and the global options."""
        from digest.cli import stderr

        stderr.configure_logging(settings, level=self.level, addresses=self.show_addresses)

    def masked(self, lines: Iterable[str]) -> Iterable[str]:
        """Masks addresses in lines for standard output, which cron may keep.

        On a terminal the operator reads them, so addresses stay; secrets are always removed.
        """
        from digest.logs import redactor

        return map(redactor.without_secrets if sys.stdout.isatty() else redactor, lines)

    def emit(self, result: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Prints the result on standard output.

        Args:
            result: printed with `--json`.
            lines: printed without it. They may contain text from outside, such as the id of a feed
                entry, so control characters are replaced: they could command the terminal.
        """
        if self.as_json:
            import json  # here: help pages need none

            click.echo(json.dumps(result, ensure_ascii=False, indent=2, default=_json_value))
        else:
            for line in lines:
                click.echo(without_controls(line))

    def note(self, line: str) -> None:
        """Prints a remark on standard error, so that it is not part of the result."""
        click.echo(without_controls(line), err=True)

    def warn(self, line: str) -> None:
        """Prints a warning on standard error."""
        from digest.cli import stderr

        stderr.warning(line)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    from msgspec import Struct  # here: help pages need none
    from msgspec.structs import asdict

    if isinstance(value, Struct):
        return asdict(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


class MomentType(click.ParamType[datetime]):
    """The type of an option that takes an ISO 8601 time; UTC if it has no offset."""

    name = "ISO-8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Returns the time in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a date and time; write it as in 2026-05-11T06:00:00Z", param, ctx
            )
        # Near the first and last year of `datetime`, adding a time zone or some days overflows.
        if not 1990 <= moment.year <= 2200:
            self.fail(f"{value!r} is out of range; write a year from 1990 to 2200", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
