"""Reads a TOML text as a table, and reports issues with their places."""

import re
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from digest.config.suggestions import did_you_mean
from digest.config.tables.keys import Key, keys_of
from digest.config.tables.markers import Table, WholeMessageError
from digest.config.tables.problems import Path, TableProblem, problems_of
from digest.config.tables.readers import reader_of
from digest.config.tables.toml_values import TOML
from digest.late_patterns import late_pattern

if TYPE_CHECKING:
    from digest.config.toml_positions import TomlPositions

MAX_BYTES = 1_000_000  # of one file
_USUAL_BYTES = 1 << 15  # most files have fewer

# tomllib needs quadratic time for the parts of a dotted key: 30,000 parts took 16 s.
_LONG_DOTTED_KEY = re.compile(
    r"(?:(?:(?<![\w-])[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"
)
_TOMLLIB_PLACE = late_pattern(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# The beginning of a message of tomllib, and our text
_SYNTAX_MESSAGES = {
    "Expected '=' after a key": 'a key must be followed by "=" and its value',
    "Expected newline or end of document": (
        "only a comment may follow here; write text and times in quotes, and the items of a list"
        " in [brackets]"
    ),
    "Expected ']": 'the header of a table must have as many "]" as "[", as in [[topics]]',
    "Invalid statement": 'expected key = value, a [table] or a "#" comment',
    "Invalid initial character for a key": "a key must begin with a letter, a digit or a quote",
    "Invalid value": 'not a TOML value; text must be in quotes, as in "value"',
    "Invalid date or datetime": "not a valid date or time",
    "Unclosed array": 'a list must have commas between its items and end in "]"',
    "Unclosed inline table": 'an inline table must have commas between its keys and end in "}"',
    "Unterminated string": "the closing quote is missing, here or on a line above",
    "Expected '\"": "the closing quote is missing, here or on a line above",
    'Expected "': "the closing quote is missing, here or on a line above",
    "Illegal character '\\n'": "the closing quote is missing on this line",
    "Illegal character": "there is a control character here; remove it",
    "Found invalid character": "there is a control character here; remove it",
    "Unescaped '\\'": r"a backslash in double quotes must be doubled: \\",
    "Invalid hex value": r"\u needs four hexadecimal digits after it, \U eight",
    "Escaped character": "this escape does not stand for a character",
    "Cannot": "this key or table is already set above; keep one of them",
    "Duplicate inline table key": "this key is already set in the same table; keep one of them",
}


class TomlIssue(Struct, frozen=True, kw_only=True):
    """A problem in a document, and its place; lines and columns are counted from 1."""

    text: str
    line: int | None = None
    column: int | None = None


class TomlError(ValueError):
    """The text is not TOML, or the file cannot be used; `issue` says why."""

    def __init__(self, issue: TomlIssue) -> None:
        self.issue = issue
        super().__init__(issue.text)


def read_text(path: FilePath) -> str:
    """Reads a file of at most 1 MB, in UTF-8 with or without a byte order mark.

    Raises:
        TomlError: the file is larger, or not UTF-8.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        # Python reserves the space of all bytes that are asked for, and most files are small.
        content = file.read(_USUAL_BYTES)
        if len(content) == _USUAL_BYTES:
            # One byte more than allowed: enough to see that the file is too large, without reading it.
            content += file.read(MAX_BYTES + 1 - _USUAL_BYTES)
    _refuse_size(len(content))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        issue = TomlIssue(text="not UTF-8; save the file in that encoding", line=line)
        raise TomlError(issue) from None


class Document:
    """A parsed TOML text: its data, and the places of all keys and values.

    Raises:
        TomlError: the text is over 1 MB, or not TOML.
    """

    def __init__(self, text: str) -> None:
        import tomllib

        _refuse_size(len(text))
        # As tomllib does, so that its lines and ours agree.
        self.text = text.replace("\r\n", "\n")
        long_key = _LONG_DOTTED_KEY.search(self.text)
        if long_key:
            line = self.text.count("\n", 0, long_key.start()) + 1
            issue = TomlIssue(text="a key of more than 32 parts", line=line)
            raise TomlError(issue)
        try:
            self.data = tomllib.loads(self.text)
        except RecursionError:
            raise TomlError(TomlIssue(text="lists or tables are nested too deeply")) from None
        except ValueError as error:  # TOMLDecodeError, or a number with thousands of digits
            raise TomlError(_syntax_issue(str(error), self.text)) from None

    @cached_property
    def places(self) -> "TomlPositions":
        """The places of all keys and values; computed only when there is an issue to report."""
        # Imported here: most files have no issue.
        from digest.config.toml_positions import TomlPositions, locate

        try:
            return locate(self.text)
        # An issue without a place is better than no issue.
        except RecursionError:
            return TomlPositions(text=self.text, keys={}, values={}, line_starts=[0])

    def issue_at(self, text: str, path: Path = (), *, character: int | None = None) -> TomlIssue:
        """Returns an issue with a value.

        Args:
            text: the message.
            path: the path of the value.
            character: position in the value, from 0, if the issue is about one character.
        """
        known = path
        # The innermost table that is written in the file stands for a key that is not.
        while known and known not in self.places.values:
            # The key is missing, or its table has no header.
            known = known[:-1]
        if not known:
            return TomlIssue(text=text)
        exact = character is not None and known == path
        offset = self.places.inside(path, character or 0) if exact else self.places.values[known][0]
        line, column = self.places.line_column(offset)
        return TomlIssue(text=text, line=line, column=column if known == path else None)

    def issue_at_key(self, text: str, path: Path, *, character: int = 0) -> TomlIssue:
        """Returns an issue with a key.

        Args:
            text: the message.
            path: the path of the key.
            character: position in the key, from 0, if the issue is about one character.
        """
        span = self.places.keys.get(path)
        if span is None:
            return TomlIssue(text=text)
        start, end = span
        quoted = self.text[start] in "\"'"
        line, column = self.places.line_column(
            min(start + quoted + character, end) if character else start
        )
        return TomlIssue(text=text, line=line, column=column)

    def issue_at_missing(self, text: str, path: Path) -> TomlIssue:
        """Returns an issue with a missing key, at the header of its table or at the top.

        Args:
            text: the message.
            path: the path that the key should have.
        """
        span = self.places.values.get(path[:-1], (0, 0))
        line, column = self.places.line_column(span[0])
        return TomlIssue(text=text, line=line, column=column)


_Table = TypeVar("_Table", bound=Table)


def validate(
    document: Document, table: type[_Table], data: Any = None, *, prefix: Path = ()
) -> _Table | list[TomlIssue]:
    """Reads a document, or a part of it, as a table.

    Args:
        document: the document.
        table: the expected table.
        data: a part of the data of the document; None: all of it.
        prefix: the path of that part.

    Returns:
        The table, or all issues from top to bottom.
    """
    written = document.data if data is None else data
    try:
        return reader_of(table, TOML).read(written)
    except ValueError as error:
        problems = problems_of(error, written)
    issues = [(problem, _issue(document, table, problem, prefix)) for problem in problems]
    return [issue for _, issue in sorted(issues, key=_sort_key)]


def _sort_key(item: tuple[TableProblem, TomlIssue]) -> tuple[bool, int, int]:
    problem, issue = item
    # Missing keys come last: a missing key may be there with a misspelt name, which is the cause.
    return problem.kind == "missing", issue.line or 0, issue.column or 0


def full_message(problem: str, *, character: int | None = None) -> WholeMessageError:
    """Returns an error for a check to raise whose text is the whole message.

    Args:
        problem: the message.
        character: the position in the value, from 0, if the problem is about one character.
    """
    return WholeMessageError(_printable(problem), character=character)


def display(value: Any) -> str | None:
    """Returns a value as one line for a message; None for a number that is too long."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            import json

            quoted = json.dumps(
                value if len(value) <= 60 else f"{value[:57]}...", ensure_ascii=False
            )
            return _printable(quoted)
        case list():
            return "a list" if value else "an empty list"
        case dict():
            return "a table"
        case _:
            try:
                return str(value)[:60]
            except ValueError:  # an integer with thousands of digits
                return None


def _printable(text: str) -> str:
    """Returns the text with escapes for characters that could control a terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _issue(
    document: Document, table: type[Table], problem: TableProblem, prefix: Path
) -> TomlIssue:
    path = prefix + problem.path
    if problem.kind == "unknown":
        text = _unknown_key(table, problem.path, already_set=str(path[-1]) in document.data)
        return document.issue_at_key(text, path)
    if problem.kind == "missing":
        text = f'"{path[-1]}" is missing; {_advice(table, problem.path)}'
        return document.issue_at_missing(text, path)
    if problem.kind == "whole message":
        if problem.in_key:
            return document.issue_at_key(problem.text, path, character=problem.character or 0)
        return document.issue_at(problem.text, path, character=problem.character)
    key = _key(table, problem.path)
    is_whole_value = isinstance(path[-1], str)
    if key.inner and key.is_list and is_whole_value and not isinstance(problem.value, list):
        return document.issue_at(_advice(table, problem.path), path)
    value = display(problem.value)
    text = f"{_describe_path(path)} {problem.text}{f', not {value}' if value else ''}"
    return document.issue_at(text, path)


def _describe_path(path: Path) -> str:
    """Returns `"days"` or `an item of "days"`."""
    names = [part for part in path if isinstance(part, str)]
    return f'an item of "{names[-1]}"' if isinstance(path[-1], int) else f'"{names[-1]}"'


def _unknown_key(table: type[Table], location: Path, *, already_set: bool) -> str:
    name = str(location[-1])
    keys, here = keys_of(table), _table_at(table, location[:-1])
    if here is not table and name in keys:
        # Usually, a whole new text was added below the old one.
        if already_set:
            return (
                f'"{name}" is already set at the top of the file; if you added a new text below the'
                " old one, delete the old one"
            )
        return f'"{name}" does not belong in this table; move it above the first [table]'
    for key in keys.values():
        if here is table and key.inner and name in keys_of(key.inner):
            return f'"{name}" belongs in its own table; write [[{key.name}]] on a line above it'
    return f"unknown key {display(name)}{did_you_mean(name, keys_of(here))}"


def _advice(table: type[Table], location: Path) -> str:
    """Returns what to write for a key that is missing or wrong."""
    key = _key(table, location)
    if key.inner:
        return (
            f"write [[{key.name}]] on a line, and {next(iter(keys_of(key.inner)))} = ... below it"
        )
    return f"write {key.name} = {display(key.examples[0]) if key.examples else '...'}"


def _key(table: type[Table], location: Path) -> Key:
    """Returns the key at a location, or the key whose value contains it."""
    here: type[Table] | None = table
    for part in location:
        if here and isinstance(part, str):
            key = keys_of(here)[part]
            here = key.inner
    return key


def _table_at(table: type[Table], location: Path) -> type[Table]:
    for part in location:
        if isinstance(part, str):
            table = keys_of(table)[part].inner or table
    return table


def _refuse_size(size: int) -> None:
    if size > MAX_BYTES:
        raise TomlError(TomlIssue(text="over 1 MB; split it, or remove what is not needed"))


def _syntax_issue(message: str, text: str) -> TomlIssue:
    """Turns a message of tomllib into an issue.

    Args:
        message: of tomllib.
        text: the TOML text, for the place of an error at its end.
    """
    place = _TOMLLIB_PLACE.search(message)
    if place is None:  # the only message without a place
        return TomlIssue(text="a number is too long")
    problem = next(
        (ours for start, ours in _SYNTAX_MESSAGES.items() if message.startswith(start)), message
    )
    if place[1]:
        return TomlIssue(text=problem, line=int(place[1]), column=int(place[2]))
    end = text.rstrip("\n")
    return TomlIssue(text=problem, line=end.count("\n") + 1, column=len(end) - end.rfind("\n"))
