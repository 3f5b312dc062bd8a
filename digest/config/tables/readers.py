"""Reads tables: all values of the right types and within their limits, or all problems.

A reader is a function that returns the value of one kind of key, or raises ValueError. The readers
of a table are built once, when it is first used. The file they are for says how single values are
written: `digest.config.tables.toml_values` and `digest.config.tables.text_values`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from msgspec import Struct
from msgspec.structs import replace

from digest.config.tables.keys import divided, keys_of, metas, without_none
from digest.config.tables.markers import Before, CheckedBy, Table
from digest.config.tables.problems import ProblemsError, TableProblem, problems_of

Reader = Callable[[Any], Any]
T = TypeVar("T", bound=Table)


class Notation(Struct, frozen=True, eq=False, kw_only=True):
    """How single values are written in a kind of file, and how its messages are worded."""

    types: Mapping[type, Reader]  # what reads a value of a type
    items: Callable[[Any], Sequence[Any]]  # returns the items of a list, or raises ValueError
    mapping: Callable[[Any], Mapping[str, Any]]  # the same for keys with values
    choice: Callable[[tuple[str, ...]], str]  # the problem of a value that is none of these
    limits: Mapping[str, str]  # the problem, by the name of the limit in `_LIMITS`; {} is the limit


class TableReader(Generic[T]):
    """Reads tables of one kind. Use `reader_of` to create it."""

    def __init__(self, table: type[T], notation: Notation) -> None:
        self._table = table
        self._mapping = notation.mapping
        keys = keys_of(table)
        self._readers = {name: _reader(key.annotation, notation) for name, key in keys.items()}
        self._required = {name for name, key in keys.items() if key.is_required}

    def read(self, data: Any) -> T:
        """Reads a table, and checks it as a whole.

        Args:
            data: the keys that are set, with their values as they are written.

        Raises:
            ProblemsError: of the values in the order of the keys, or of the table as a whole.
            ValueError: it is no table.
        """
        values = self._values(data)
        if self._table.rest:
            values[self._table.rest] = {
                name: value for name, value in data.items() if name not in self._readers
            }
        table = self._table(**values)
        try:
            table.check()
        except ValueError as error:
            raise ProblemsError(problems_of(error, data)) from None
        return table

    def _values(self, data: Any) -> dict[str, Any]:
        written, readers = self._mapping(data), self._readers
        if not written.keys() <= readers.keys() and (
            self._table.ignores_unknown or self._table.rest
        ):
            written = {name: value for name, value in written.items() if name in readers}
        if written.keys() <= readers.keys() and self._required <= written.keys():
            try:
                return {name: readers[name](value) for name, value in written.items()}
            except ValueError:
                pass  # `_problems` finds them all
        raise ProblemsError(self._problems(written))

    def _problems(self, data: Mapping[str, Any]) -> Iterable[TableProblem]:
        for name, reader in self._readers.items():
            if name in data:
                yield from _collected([(name, reader, data[name])])
            elif name in self._required:
                yield TableProblem(kind="missing", path=(name,))
        for name in data:
            if name not in self._readers:
                yield TableProblem(kind="unknown", path=(name,))


def reader_of(table: type[T], notation: Notation) -> TableReader[T]:
    """Returns the reader of a table, for one kind of file."""
    reader: TableReader[T] = _known_reader(table, notation)
    return reader


@cache
def _known_reader(table: type[Table], notation: Notation) -> TableReader[Any]:
    return TableReader(table, notation)


def _reader(annotation: Any, notation: Notation) -> Reader:
    """Returns the reader for the annotation of a key or of an item."""
    kind, said = divided(annotation)
    limits = {
        name: limit
        for meta in metas(said)
        for name in _LIMITS
        if (limit := getattr(meta, name)) is not None
    }
    before = [item.function for item in said if isinstance(item, Before)]
    after = [item.function for item in said if isinstance(item, CheckedBy)]
    return _in_turn([*before, _kind_reader(without_none(kind), limits, notation), *after])


def _kind_reader(kind: Any, limits: Mapping[str, Any], notation: Notation) -> Reader:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _choice_reader(inner, notation)
    if origin in (list, tuple):
        return _list_reader(origin, _reader(inner[0], notation), limits, notation)
    if origin is dict:
        key, item = (_reader(part, notation) for part in inner)
        return _mapping_reader(key, item, notation)
    if issubclass(kind, Table):
        return reader_of(kind, notation).read
    checks = [_limit(name, limit, notation.limits[name]) for name, limit in limits.items()]
    return _in_turn([notation.types[kind], *checks])


def _in_turn(steps: Sequence[Reader]) -> Reader:
    """Returns a reader that gives the value of each reader to the next one."""
    if len(steps) == 1:
        return steps[0]
    first, second, *more = steps

    def read(value: Any) -> Any:
        value = second(first(value))
        for step in more:
            value = step(value)
        return value

    return read


def _choice_reader(choices: tuple[str, ...], notation: Notation) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError(notation.choice(choices))

    return read


def _list_reader(kind: type, item: Reader, limits: Mapping[str, Any], notation: Notation) -> Reader:
    fewest, most = limits.get("min_length", 0), limits.get("max_length")

    def read(value: Any) -> Any:
        items = notation.items(value)
        if most is not None and len(items) > most:
            raise ValueError(notation.limits["max_items"].format(most))
        try:
            found = kind(map(item, items))
        except ValueError:
            parts = ((index, item, written) for index, written in enumerate(items))
            raise ProblemsError(_collected(parts)) from None
        if len(items) < fewest:
            raise ValueError(notation.limits["min_items"].format(fewest))
        return found

    return read


def _mapping_reader(key: Reader, item: Reader, notation: Notation) -> Reader:
    def read(value: Any) -> Any:
        written = notation.mapping(value)
        try:
            return {key(name): item(part) for name, part in written.items()}
        except ValueError:
            found: list[TableProblem] = []
            for name, part in written.items():
                of_key = _collected([(name, key, name)])
                found += (replace(problem, in_key=True) for problem in of_key)
                found += _collected([(name, item, part)])
            raise ProblemsError(found) from None

    return read


def _collected(parts: Iterable[tuple[str | int, Reader, Any]]) -> Iterator[TableProblem]:
    """Yields the problems of all parts: each has its place, its reader, and its value."""
    for place, reader, value in parts:
        try:
            reader(value)
        except ValueError as error:
            yield from problems_of(error, value, (place,))


def _limit(name: str, limit: Any, problem: str) -> Reader:
    keeps = _LIMITS[name](limit)
    text = problem.format(limit)

    def check(value: Any) -> Any:
        if not keeps(value):
            raise ValueError(text)
        return value

    return check


# What tells whether a value keeps a limit
_LIMITS: Mapping[str, Callable[[Any], Callable[[Any], bool]]] = {
    "gt": lambda limit: lambda value: value > limit,
    "ge": lambda limit: lambda value: value >= limit,
    "le": lambda limit: lambda value: value <= limit,
    "min_length": lambda limit: lambda value: len(value) >= limit,
    "max_length": lambda limit: lambda value: len(value) <= limit,
    "pattern": lambda limit: lambda value: re.fullmatch(limit, value) is not None,
}
