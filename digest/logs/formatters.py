"""Formats a log record as one line of text, or as one JSON object."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from digest.logs.redaction import Redactor
from digest.printable import printable

_QUOTED = frozenset(' "=')


class HumanFormatter(logging.Formatter):
    """Formats records for people: `2026-05-11 06:00:00 INFO batch source=arxiv verdict=fresh`.

    A traceback follows on indented lines.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Returns the redacted line."""
        name = str(record.msg) if hasattr(record, "fields") else record.name
        words = [
            f"{_moment(record):%Y-%m-%d %H:%M:%S}",
            record.levelname,
            printable(self._redactor(name)),
        ]
        # Each value is redacted alone: `field=` before an address would become a part of it.
        words += [
            f"{self._redactor(field)}={_shown(self._redactor(_text(value)))}"
            for field, value in _fields(record).items()
        ]
        # A secret may have been cut into several fields, or be in the quotes around a value.
        lines = [self._redactor.without_secrets(" ".join(words))]
        trace = self._redactor(_trace(record))
        lines += [f"  {printable(line)}" for line in trace.splitlines()]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """Formats records as `{"at", "level", "logger", "event", ...fields}`, with a `traceback` if any."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Returns the JSON object on one line, with every text in it redacted."""
        shown: dict[str, Any] = {
            "at": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._redactor(_event(record)),
        }
        for name, value in _fields(record).items():
            # A field cannot take the place of the time, the level or the name.
            shown.setdefault(name, self._redacted(value))
        trace = _trace(record)
        if trace:
            shown["traceback"] = self._redactor(trace)
        return json.dumps(shown, ensure_ascii=False)

    def _redacted(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._redactor(str(key)): self._redacted(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._redacted(item) for item in value]
        return self._redactor(_text(value))


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _event(record: logging.LogRecord) -> str:
    """Returns the event name; "message" for the record of a library, which has only text."""
    return str(record.msg) if hasattr(record, "fields") else "message"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    ours = getattr(record, "fields", None)
    if isinstance(ours, dict):
        return ours
    try:
        text = record.getMessage()
    except (TypeError, ValueError):  # the library's arguments do not fit its format string
        text = f"{record.msg} {record.args!r}"
    return {"text": text}


def _trace(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return record.exc_text or ""
    import traceback

    return "".join(traceback.format_exception(*record.exc_info)).rstrip()


def _shown(value: Any) -> str:
    """Returns the value of a field, in quotes if it is empty or contains a space, `"` or `=`."""
    text = printable(_text(value))
    return json.dumps(text, ensure_ascii=False) if not text or _QUOTED & set(text) else text


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)
