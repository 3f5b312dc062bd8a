"""Finds the place of each key and value in the text of a TOML document.

`tomllib` returns values without places. This scanner reads a text that tomllib has already
accepted (TOML 1.0, https://toml.io/en/v1.0.0), and stores the span of every key and value by its
path, such as `("topics", 1, "keywords", 3)`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from digest.config.tables.problems import Path
from digest.late_patterns import late_pattern

Span = tuple[int, int]  # offsets into the text: start, end

# The quantifiers are possessive (`++`, `*+`): they never go back, so the time grows with the length
# of the text. TOML allows one or two more quotes before the three that close a string, and a space
# between date and time.
_BASIC = r'"(?:[^"\\\n]++|\\.)*+"'
_LITERAL = r"'[^'\n]*+'"
_LONG_BASIC = r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
_LONG_LITERAL = r"'''(?:[^']++|'(?!''))*+'{3,5}"
_DATE_WITH_SPACE = r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]++"

_TRIVIA = late_pattern(r"(?:\s++|#[^\n]*+)*+")
_BLANKS = late_pattern(r"[ \t]*+")
_KEY_PART = late_pattern(rf"[A-Za-z0-9_-]++|{_BASIC}|{_LITERAL}")
_SCALAR = late_pattern(
    rf"{_LONG_BASIC}|{_LONG_LITERAL}|{_BASIC}|{_LITERAL}|{_DATE_WITH_SPACE}|[^\s,\]}}#]++",
    re.DOTALL,
)
_CHARACTER = late_pattern(r"\\u.{4}|\\U.{8}|\\.|[^\\]", re.DOTALL)  # as written in a basic string


class TomlPositions(Struct, frozen=True, kw_only=True):
    """The spans of all keys and values of a document. Use `locate` to create it."""

    text: str
    keys: Mapping[Path, Span]
    values: Mapping[Path, Span]  # the value of a table is its header
    line_starts: Sequence[int]  # offsets

    def line_column(self, offset: int) -> tuple[int, int]:
        """Returns line and column of a character of the text, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def inside(self, path: Path, index: int) -> int:
        """Returns the offset of one character of a string value.

        Args:
            path: the path of the value.
            index: the number of the character in the parsed value, from 0. An escape in the
                text counts as one character.
        """
        start, end = self.values[path]
        written = self.text[start:end]
        quotes = 3 if written.startswith(('"""', "'''")) else 1
        if quotes == 3 and "\n" in written:
            # TOML drops some newlines of such a string, so the positions differ.
            return start
        body = written[quotes:-quotes]
        if written.startswith("'"):
            return start + quotes + min(index, len(body))
        starts = [match.start() for match in _CHARACTER.finditer(body)]
        return start + quotes + (starts[index] if index < len(starts) else len(body))


def locate(text: str) -> TomlPositions:
    r"""Returns the places of all keys and values in a text.

    Args:
        text: TOML that tomllib accepts, with `\n` as line ends.
    """
    scanner = _Scanner(text)
    scanner.document()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return TomlPositions(text=text, keys=scanner.keys, values=scanner.values, line_starts=starts)


class _Scanner:
    """Reads a text once, from start to end; `at` is the current offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, Span] = {}
        self.values: dict[Path, Span] = {}
        self.array_sizes: dict[Path, int] = {}  # numbers of tables in arrays of tables

    def document(self) -> None:
        table: Path = ()
        self._skip(_TRIVIA)
        while self.at < len(self.text):
            if self._looking_at("["):
                table = self._header()
            else:
                self._key_and_value(table)
            self._skip(_TRIVIA)

    def _header(self) -> Path:
        start = self.at
        brackets = 2 if self._looking_at("[[") else 1
        self.at += brackets
        parts = list(self._key_parts())
        self.at += brackets
        span = (start, self.at)
        path: Path = ()
        for name, key_span in parts:
            path = (*self._last_element(path), name)
            self.keys.setdefault(path, key_span)
        if brackets == 2:
            # The place of an array of tables is its first header.
            self.values.setdefault(path, span)
            size = self.array_sizes.get(path, 0)
            self.array_sizes[path] = size + 1
            path = (*path, size)
        self.values[path] = span
        return path

    def _last_element(self, path: Path) -> Path:
        """Adds the index of the latest table, if the path is an array of tables."""
        size = self.array_sizes.get(path)
        return path if size is None else (*path, size - 1)

    def _key_and_value(self, table: Path) -> None:
        path = table
        for name, span in self._key_parts():
            path = (*path, name)
            self.keys.setdefault(path, span)
        self.at += 1  # "="
        self._value(path)

    def _key_parts(self) -> Iterator[tuple[str, Span]]:
        """Yields the parts of a dotted key, and stops after the key."""
        while True:
            self._skip(_BLANKS)
            span = self._take(_KEY_PART)
            yield _key_name(self.text[span[0] : span[1]]), span
            self._skip(_BLANKS)
            if not self._looking_at("."):
                return
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip(_BLANKS)
        start = self.at
        if self._looking_at("["):
            self._array(path)
        elif self._looking_at("{"):
            self._inline_table(path)
        else:
            self._take(_SCALAR)
        self.values[path] = (start, self.at)

    def _array(self, path: Path) -> None:
        index = 0
        while self._next_item("]"):
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        while self._next_item("}"):
            self._key_and_value(path)

    def _next_item(self, closing: str) -> bool:
        """Skips the opening bracket or a comma; returns False after the closing bracket."""
        self._skip(_TRIVIA)
        if not self._looking_at(closing):
            self.at += 1
            self._skip(_TRIVIA)
        done = self._looking_at(closing)
        self.at += done
        return not done

    def _looking_at(self, sign: str) -> bool:
        return self.text.startswith(sign, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> Span:
        match = pattern.match(self.text, self.at)
        if match is None:  # The caller must only pass text that tomllib has accepted.
            raise ValueError(f"no {pattern.pattern!r} at offset {self.at}")
        self.at = match.end()
        return match.span()


def _key_name(written: str) -> str:
    if written[0] not in "\"'":
        return written
    import tomllib  # it decodes the escapes of a quoted key

    # tomllib knows the escapes of quoted keys.
    name: str = tomllib.loads(f"name = {written}")["name"]
    return name
