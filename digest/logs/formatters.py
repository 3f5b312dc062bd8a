"""A record becomes a line: for a person, or JSON."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from digest.logs.redaction import Redactor
from digest.printable import printable

_QUOTED = frozenset(' "=')


class HumanLines(logging.Formatter):
    """`2026-05-11 06:00:00 INFO batch source=arxiv verdict=fresh`; a traceback on lines below."""

    def __init__(self, veil: Redactor) -> None:
        super().__init__()
        self._veil = veil

    def format(self, record: logging.LogRecord) -> str:
        """The line, veiled."""
        name = str(record.msg) if hasattr(record, "fields") else record.name
        words = [f"{_moment(record):%Y-%m-%d %H:%M:%S}", record.levelname, printable(name)]
        # Each by itself first: an address after a "=" begins behind it.
        words += [
            f"{field}={_shown(self._veil(_text(value)))}"
            for field, value in _fields(record).items()
        ]
        lines = [self._veil(" ".join(words))]
        trace = self._veil(_trace(record))
        lines += [f"  {printable(line)}" for line in trace.splitlines()]
        return "\n".join(lines)


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "event", ...fields}`, and `traceback` where there is one."""

    def __init__(self, veil: Redactor) -> None:
        super().__init__()
        self._veil = veil

    def format(self, record: logging.LogRecord) -> str:
        """The object, veiled: each text in it, and then the whole."""
        shown: dict[str, Any] = {
            "at": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._veil(_event(record)),
        }
        for name, value in _fields(record).items():
            shown.setdefault(name, self._veiled(value))
        trace = _trace(record)
        if trace:
            shown["traceback"] = self._veil(trace)
        return json.dumps(shown, ensure_ascii=False)

    def _veiled(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._veil(str(key)): self._veiled(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._veiled(item) for item in value]
        return self._veil(_text(value))


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _event(record: logging.LogRecord) -> str:
    """Our own are names; what a library says is its words."""
    return str(record.msg) if hasattr(record, "fields") else "message"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    ours = getattr(record, "fields", None)
    if isinstance(ours, dict):
        return ours
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit their format
        said = f"{record.msg} {record.args!r}"
    return {"text": said}


def _trace(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return record.exc_text or ""
    import traceback

    return "".join(traceback.format_exception(*record.exc_info)).rstrip()


def _shown(value: Any) -> str:
    """A field for a person: quoted where it could be taken for two."""
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
