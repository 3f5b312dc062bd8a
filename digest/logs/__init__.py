"""Structured logging to standard error: events with a name and fields.

    _log = get_logger("digest.collect")
    _log.info("batch", source="arxiv", verdict="fresh", papers=120)

The name of an event is fixed English text that can be searched for and counted; values belong in
fields. On a terminal an event is one readable line, elsewhere one JSON object on its own line.
Every line is redacted (`digest.logs.redaction`) before it is written, including the lines of
libraries and their tracebacks. Built on `logging`, because importing structlog alone takes
longer than the program's start.
"""

import logging
import sys
from typing import Any, Literal, TextIO

from digest.logs.redaction import Redactor

__all__ = ["EventLogger", "LogFormat", "LogLevel", "Redactor", "get_logger", "redactor", "set_up"]

LogFormat = Literal["auto", "human", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

redactor = Redactor()
"""The redactor of this process: every line that is written passes through it."""

_OUR_LOGGERS = ("digest", "jobs")


class EventLogger:
    """Logs the events of one part of the program."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, /, **fields: Any) -> None:
        """Logs details for debugging, at level DEBUG."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        """Logs what was done, at level INFO."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        """Logs what the operator should look at, at level WARNING."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        """Logs a failure, at level ERROR."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, /, **fields: Any) -> None:
        """Logs a failure with the traceback of the exception being handled, at level ERROR."""
        self._log(logging.ERROR, event, fields, traceback=True)

    def _log(
        self, level: int, event: str, fields: dict[str, Any], *, traceback: bool = False
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=traceback, extra={"fields": fields})


def get_logger(name: str) -> EventLogger:
    """Returns the logger for one part of the program, such as `digest.collect`."""
    return EventLogger(logging.getLogger(name))


def set_up(
    *, form: LogFormat, level: LogLevel, addresses: bool, stream: TextIO | None = None
) -> None:
    """Sets the format and the level of all log lines. It may be called more than once.

    Args:
        form: `auto` means human on a terminal and JSON elsewhere.
        level: the lowest level of the program's own events; libraries log warnings and errors.
        addresses: True shows readers' addresses in full, False masks them.
        stream: where the lines are written; None means standard error.
    """
    # Imported here: commands that log nothing need not load the formatters.
    from digest.logs.formatters import HumanFormatter, JsonFormatter

    stream = stream or sys.stderr
    redactor.show_addresses = addresses
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(redactor) if as_json else HumanFormatter(redactor))
    root = logging.getLogger()
    # Replace only the handler of an earlier call; a host program may have added its own.
    for existing in list(root.handlers):
        if getattr(existing, "is_digest", False):
            root.removeHandler(existing)
    handler.is_digest = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _OUR_LOGGERS:
        logging.getLogger(name).setLevel(level.upper())
    # Warnings that libraries raise become log lines like all others.
    logging.captureWarnings(capture=True)
