"""Writes warnings, errors and tracebacks to standard error.

Cron and systemd keep standard error in a log, so secrets and addresses are removed from it.
Addresses in the command line are shown, because the caller knows them. On a terminal the
operator reads it, so there all addresses are shown, except in log lines and in the traceback of a
bug, which is pasted into a report.
"""

import os
import sys
from typing import TYPE_CHECKING

import click

from digest.printable import printable

if TYPE_CHECKING:
    from digest.config.settings.loader import Settings
    from digest.logs import LogLevel

_FORMAT = "DIGEST_LOG_FORMAT"

_settings: "Settings | None" = None  # set by `configure_logging`


def configure_logging(settings: "Settings", *, level: "LogLevel", addresses: bool) -> None:
    """Configures logging for the rest of the process.

    Args:
        settings: the settings of the home.
        level: the level if DIGEST_LOG_LEVEL is not set.
        addresses: true to show readers' addresses.
    """
    from digest.logs import set_up

    global _settings  # noqa: PLW0603 - logging is configured for the whole process too
    _settings = settings
    set_up(
        form=settings.log_format,
        level=settings.log_level or level,
        addresses=addresses or settings.log_addresses,
    )


def error(line: str, *, addresses: bool = False) -> None:
    """Prints an error.

    Args:
        line: says what is wrong, where, and what to do.
        addresses: true if all addresses in it are the operator's own, and may be shown.
    """
    _say(line, "error", label="digest:", addresses=addresses)


def warning(line: str) -> None:
    """Prints a warning."""
    style = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    _say(line, "warning", label=click.style("warning:", fg="yellow") if style else "warning:")


def info(line: str) -> None:
    """Prints a line about the progress of the command."""
    _say(line, "info", label="digest:")


def crashed(error: Exception) -> None:
    """Prints the traceback of a bug, without secrets and addresses."""
    from digest.config.settings.redaction import register_environment_secrets
    from digest.logs import get_logger, redactor

    # The settings may not have been read yet.
    register_environment_secrets(os.environ)
    if _in_json():
        get_logger("digest.cli").exception("crashed")
        return
    import traceback

    text = "".join(traceback.format_exception(error)).rstrip()
    click.echo(redactor(text), err=True)
    click.echo("digest: this is a bug in the program; please report the lines above", err=True)


def redacted(line: str) -> str:
    """Returns the line without secrets, and with masked addresses unless the caller named them."""
    from digest.logs import redactor

    return redactor(line, named=sys.argv[1:])


def _say(line: str, event: str, *, label: str, addresses: bool = False) -> None:
    from digest.logs import get_logger, redactor

    if _in_json():
        shown = redactor.without_secrets(line) if addresses else redacted(line)
        getattr(get_logger("digest.cli"), event)(event, text=shown)
        return
    shown = redactor.without_secrets(line) if addresses or sys.stderr.isatty() else redacted(line)
    # File names and server replies may contain terminal control sequences.
    click.echo(f"{label} {printable(shown)}", err=True)


def _in_json() -> bool:
    """Returns whether DIGEST_LOG_FORMAT is `json`; `auto` changes the logs only."""
    from digest.logs import redactor, set_up

    if _settings is not None:
        return _settings.log_format == "json"
    if os.environ.get(_FORMAT, "").strip() != "json":  # there is no home, or not yet
        return False
    set_up(form="json", level="warning", addresses=redactor.show_addresses)
    return True
