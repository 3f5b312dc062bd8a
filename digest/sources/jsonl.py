"""Papers as JSON lines: one object a line, with `title` and, if known, more.

{"id": "42", "title": "...", "abstract": "...", "authors": ["..."], "categories": ["..."]}
"""

import json
from dataclasses import dataclass
from typing import Any

from digest.core.model import Paper, Rejection
from digest.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paper and what its file calls it."""

    id: str  # the line's number where the file gives none
    paper: Paper


def parse(data: bytes, *, origin: str) -> tuple[tuple[Line, ...], tuple[Rejection, ...]]:
    """The papers of a file of JSON lines, and the lines that hold none.

    Raises:
        InputError: the file holds no paper at all.
    """
    lines: list[Line] = []
    rejected: list[Rejection] = []
    for number, raw in enumerate(data.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            lines.append(_line(raw, number))
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            rejected.append(Rejection(reason=reason, line=number))
    if not lines:
        first = rejected[0] if rejected else Rejection(reason="the file is empty", line=None)
        raise InputError(
            f'{first.reason}; write one JSON object a line, with "title" and "abstract"',
            file=origin,
            line=first.line,
        )
    return tuple(lines), tuple(rejected)


def _line(raw: bytes, number: int) -> Line:
    try:
        item = json.loads(raw)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(item, dict):
        raise ValueError(f"not an object, but {type(item).__name__}")  # noqa: TRY004 - caught as such
    title = item.get("title")
    if not isinstance(title, str) or not title.strip():
        raise ValueError('no "title"')
    abstract = item.get("abstract")
    return Line(
        id=str(item.get("id", number)),
        paper=Paper(
            title=" ".join(title.split()),
            abstract=abstract if isinstance(abstract, str) else "",
            authors=_strings(item.get("authors")),
            categories=_strings(item.get("categories")),
            position=number,
        ),
    )


def _strings(value: Any) -> tuple[str, ...]:
    """A list of strings, or one string with commas; anything else counts as absent."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list):
        return tuple(part for part in value if isinstance(part, str))
    return ()
