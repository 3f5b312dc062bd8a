"""The problems of a table, with their places in it."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from digest.config.tables.markers import WholeMessageError

Path = tuple[str | int, ...]
"""Keys of tables and indexes of lists: where something is in a file."""


class TableProblem(Struct, frozen=True, kw_only=True):
    """One problem."""

    kind: Literal["wrong", "whole message", "missing", "unknown"]
    path: Path = ()
    value: Any = None
    text: str = ""  # if the kind is "wrong", it follows the name of the key
    character: int | None = None
    in_key: bool = False  # whether it is about the last key of the path, and not about its value
    key: str | None = None  # the key to which it belongs, if a check of the whole table found it


class ProblemsError(ValueError):
    """All problems of a value."""

    def __init__(self, found: Iterable[TableProblem]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(problem.text for problem in self.found))


def problems_of(error: ValueError, value: Any, path: Path = ()) -> Iterator[TableProblem]:
    """Yields the problems of an error.

    Args:
        error: raised when the value was read.
        value: as it is written.
        path: of the value.
    """
    if isinstance(error, ProblemsError):
        yield from (replace(problem, path=(*path, *problem.path)) for problem in error.found)
    elif isinstance(error, WholeMessageError):
        yield TableProblem(
            kind="whole message",
            path=path,
            value=value,
            text=error.text,
            character=error.character,
            key=error.key,
        )
    else:
        yield TableProblem(kind="wrong", path=path, value=value, text=str(error))
