"""One call of the program: where, when, and how to answer."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.config.settings.loader import Settings
    from digest.logs import LogLevel

HOME_VARIABLE = "DIGEST_HOME"


@dataclass(slots=True, kw_only=True)
class CliContext:
    """The global options, collected wherever on the command line they stand."""

    home: Path | None = None
    as_json: bool = False
    now: datetime | None = None
    show_addresses: bool = False
    level: "LogLevel" = "warning"  # of what is logged, where the settings say none

    def moment(self) -> datetime:
        """`--now`, or the clock: the one place where a command reads it."""
        return self.now or datetime.now(UTC)

    def home_path(self) -> tuple[Path, bool]:
        """The home, and whether it was named rather than assumed."""
        named = self.home or (Path(value) if (value := os.environ.get(HOME_VARIABLE)) else None)
        return (named, True) if named is not None else (Path(), False)

    def app(self) -> "App":
        """The program over this call's home; an error if that is no home."""
        from digest.app.application import App

        path, named = self.home_path()
        app = App.open(path, environ=os.environ, explicit=named)
        self.log_as(app.settings)
        return app

    def app_if_any(self) -> "App | None":
        """As `app`, but None where no home was named and the folder is none.

        For the commands that can answer without a store.
        """
        from digest.config.home import is_home

        path, named = self.home_path()
        return self.app() if named or is_home(path) else None

    def log_as(self, settings: "Settings") -> None:
        """Logs look as the settings and this call say."""
        from digest.cli import stderr

        stderr.log_as(settings, level=self.level, addresses=self.show_addresses)

    def shown(self, words: Iterable[str]) -> Iterable[str]:
        """Words for a report that cron or a journal keeps: addresses masked, unless asked."""
        from digest.logs import redactor

        return words if redactor.addresses else map(redactor, words)

    def emit(self, result: Mapping[str, Any], words: Iterable[str]) -> None:
        """Answers on standard output: the result as JSON, or its words."""
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False, indent=2, default=_plain))
        else:
            for line in words:
                click.echo(line)

    def warn(self, line: str) -> None:
        """Tells a person something beside the result."""
        from digest.cli import stderr

        stderr.warning(line)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


class MomentType(click.ParamType[datetime]):
    """An ISO 8601 moment; without an offset it is in UTC."""

    name = "ISO-8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write 2026-05-11T06:00:00Z", param, ctx)
        if not 1990 <= moment.year <= 2200:
            self.fail(f"{value!r} is out of reach; write a year from 1990 to 2200", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
