"""What the program says of its work, on standard error: events with a name and fields.

    _log = events("digest.collect")
    _log.info("batch", source="arxiv", verdict="fresh", papers=120)

A name is fixed English, so that it can be searched for and counted; what varies is in fields.
On a terminal an event is a line for people, elsewhere a JSON object on a line of its own.
Every line is veiled (`digest.logs.redaction`) before it is written, those of libraries and the
tracebacks in them too. Built on `logging`: structlog's import takes longer than the start.
"""

import logging
import sys
from typing import Any, Literal, TextIO

from digest.logs.redaction import Redactor

__all__ = ["EventLogger", "LogFormat", "LogLevel", "Redactor", "events", "redactor", "set_up"]

LogFormat = Literal["auto", "human", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

redactor = Redactor()
"""That of this process: what is secret here is so for every line that is written."""

_OURS = ("digest", "jobs")


class EventLogger:
    """Says events in the name of one part of the program."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, /, **fields: Any) -> None:
        """What only somebody who looks for a mistake wants to know."""
        self._say(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        """What was done."""
        self._say(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        """What somebody should look at."""
        self._say(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        """What could not be done."""
        self._say(logging.ERROR, event, fields)

    def exception(self, event: str, /, **fields: Any) -> None:
        """What could not be done, with the traceback of the exception that is handled."""
        self._say(logging.ERROR, event, fields, traceback=True)

    def _say(
        self, level: int, event: str, fields: dict[str, Any], *, traceback: bool = False
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=traceback, extra={"fields": fields})


def get_logger(name: str) -> EventLogger:
    """The events of the part of this name, such as `digest.collect`."""
    return EventLogger(logging.getLogger(name))


def set_up(
    *, form: LogFormat, level: LogLevel, addresses: bool, stream: TextIO | None = None
) -> None:
    """Decides how lines look, and which are written; once more is harmless.

    Args:
        form: `auto` is human on a terminal and JSON elsewhere.
        level: the least that is written of our own events; of libraries, warnings at least.
        addresses: whole, not masked.
        stream: where to; None: standard error.
    """
    from digest.logs.formatters import HumanLines, JsonLines

    stream = stream or sys.stderr
    redactor.addresses = addresses
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(redactor) if as_json else HumanLines(redactor))
    root = logging.getLogger()
    for old in list(root.handlers):
        if getattr(old, "is_digest", False):
            root.removeHandler(old)
    handler.is_digest = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    # What a library warns of is a line like the others.
    logging.captureWarnings(capture=True)
