"""What a command says on standard error: warnings, errors, and a mistake of its own.

Standard error is a log wherever nobody sits before it, so it is veiled as one. An address that
was named on the command line is shown: whoever reads the answer has asked for it.
"""

import os
import sys
from typing import TYPE_CHECKING

import click

from digest.logs import get_logger, redactor, set_up
from digest.printable import printable

if TYPE_CHECKING:
    from digest.config.settings.loader import Settings
    from digest.logs import LogLevel

_FORMAT = "DIGEST_LOG_FORMAT"

_chosen: "Settings | None" = None


def log_as(settings: "Settings", *, level: "LogLevel", addresses: bool) -> None:
    """From here on logs are written as the settings say.

    Args:
        settings: those of the home.
        level: where DIGEST_LOG_LEVEL says none.
        addresses: whole; somebody asked for it.
    """
    global _chosen  # noqa: PLW0603 - of the process, as logging is
    _chosen = settings
    set_up(
        form=settings.log_format,
        level=settings.log_level or level,
        addresses=addresses or settings.log_addresses,
    )


def error(line: str, *, addresses: bool = False) -> None:
    """What went wrong, on one line.

    Args:
        line: what, where, and what to do.
        addresses: they are the installation's own.
    """
    _say(line, "error", label="digest:", addresses=addresses)


def warning(line: str) -> None:
    """What somebody should know beside the result."""
    style = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    _say(line, "warning", label=click.style("warning:", fg="yellow") if style else "warning:")


def info(line: str) -> None:
    """What somebody who watches wants to know."""
    _say(line, "info", label="digest:")


def crashed(error: Exception) -> None:
    """A mistake in the program: the traceback, veiled."""
    from digest.config.settings.redaction import register_environment_secrets

    register_environment_secrets(os.environ)  # whatever was read of the settings by then
    if _in_json():
        get_logger("digest.cli").exception("crashed")
        return
    import traceback

    shown = "".join(traceback.format_exception(error)).rstrip()
    click.echo(redactor(shown), err=True)
    click.echo("digest: this is a mistake in the program; please report the lines above", err=True)


def redacted(line: str) -> str:
    """As the line may be written where the caller's own addresses are known."""
    return redactor(line, named=sys.argv[1:])


def _say(line: str, event: str, *, label: str, addresses: bool = False) -> None:
    shown = redactor.without_secrets(line) if addresses else redacted(line)
    if _in_json():
        getattr(get_logger("digest.cli"), event)(event, text=shown)
        return
    # File names and servers' words may hold what would command a terminal.
    click.echo(f"{label} {printable(shown)}", err=True)


def _in_json() -> bool:
    """Whether somebody asked for nothing but JSON; `auto` is for logs, not for answers."""
    if _chosen is not None:
        return _chosen.log_format == "json"
    if os.environ.get(_FORMAT, "").strip() != "json":  # before a home was found, or without one
        return False
    set_up(form="json", level="warning", addresses=redactor.addresses)
    return True
