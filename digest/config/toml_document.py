"""A TOML text against a pydantic model: data, or problems with their places."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from digest.config.suggestions import did_you_mean
from digest.config.toml_positions import Path, TomlPositions, locate

MAX_BYTES = 1_000_000  # of one file

# tomllib takes quadratic time over the parts of a dotted key: 30,000 of them took 16 s.
_ENDLESS_KEY = re.compile(r"(?:(?:(?<![\w-])[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}")
_TOMLLIB_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# tomllib's message begins with -> ours
_SYNTAX = {
    "Expected '=' after a key": 'a key must be followed by "=" and its value',
    "Expected newline or end of document": (
        "nothing but a comment may follow here; text and times stand in quotes, items of a"
        " list in [brackets]"
    ),
    "Expected ']": 'a table\'s header must end in "]" like it begins, as in [[topics]]',
    "Invalid statement": 'expected key = value, a [table] or a "#" comment',
    "Invalid initial character for a key": "a key must begin with a letter, a digit or a quote",
    "Invalid value": 'no value of TOML; text must stand in quotes, as in "value"',
    "Invalid date or datetime": "no date of the calendar",
    "Unclosed array": 'a list must have commas between its items and end in "]"',
    "Unclosed inline table": 'an inline table must have commas between its keys and end in "}"',
    "Unterminated string": "a text's closing quote is missing, here or in a line above",
    "Expected '\"": "a text's closing quote is missing, here or in a line above",
    'Expected "': "a text's closing quote is missing, here or in a line above",
    "Illegal character '\\n'": "a text's closing quote is missing on this line",
    "Illegal character": "a control character stands here; remove it",
    "Found invalid character": "a control character stands here; remove it",
    "Unescaped '\\'": r"a backslash in double quotes must be doubled: \\",
    "Invalid hex value": r"\u needs four hexadecimal digits after it, \U eight",
    "Escaped character": "this escape stands for no character",
    "Cannot": "this key or table is already set above; keep one of them",
    "Duplicate inline table key": "this key is already set in the same table; keep one of them",
}
# pydantic's kind of error -> what follows the key's name
_EXPECTED = {
    "string_type": "must be text in quotes",
    "string_too_long": "must have at most {max_length} characters",
    "path_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list in [brackets]",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "too_short": "must have at least {min_length} item",
    "too_long": "must have at most {max_length} items",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
}


class TomlModel(BaseModel):
    """The base of what is written in TOML: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlIssue:
    """What is wrong with a document, and where; line and column count from 1."""

    text: str
    line: int | None = None
    column: int | None = None


class TomlProblem(ValueError):  # noqa: N818 - it carries a Problem
    """A text that is no TOML at all; `problem` says why."""

    def __init__(self, problem: TomlIssue) -> None:
        self.problem = problem
        super().__init__(problem.text)


def read_text(path: FilePath) -> str:
    """The text of a file of at most 1 MB, in UTF-8 with or without a byte order mark.

    Raises:
        TomlProblem: it is larger, or not UTF-8.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    _refuse_size(len(content))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = TomlIssue(text="not UTF-8; save the file in that encoding", line=line)
        raise TomlProblem(problem) from None


class Document:
    """A TOML text, read: its data, and the place of everything in it.

    Raises:
        TomlProblem: over 1 MB, or no TOML.
    """

    def __init__(self, text: str) -> None:
        import tomllib

        _refuse_size(len(text))
        self.text = text.replace("\r\n", "\n")
        endless = _ENDLESS_KEY.search(self.text)
        if endless:
            line = self.text.count("\n", 0, endless.start()) + 1
            problem = TomlIssue(text="a key of more than 32 parts", line=line)
            raise TomlProblem(problem)
        try:
            self.data = tomllib.loads(self.text)
        except RecursionError:
            raise TomlProblem(TomlIssue(text="lists or tables are nested too deeply")) from None
        except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
            raise TomlProblem(_syntax_problem(str(error), self.text)) from None

    @cached_property
    def places(self) -> TomlPositions:
        """Where everything stands: scanned only when there is something to report."""
        try:
            return locate(self.text)
        except RecursionError:
            return TomlPositions(text=self.text, keys={}, values={}, line_starts=[0])

    def problem(self, text: str, path: Path = (), *, character: int | None = None) -> TomlIssue:
        """A problem with the value at `path`, or with one character (from 0) of its text."""
        known = path
        while known and known not in self.places.values:
            known = known[:-1]  # a key that is missing, or a table that has no header
        if not known:
            return TomlIssue(text=text)
        exact = character is not None and known == path
        offset = self.places.inside(path, character or 0) if exact else self.places.values[known][0]
        line, column = self.places.line_column(offset)
        return TomlIssue(text=text, line=line, column=column if known == path else None)

    def key_problem(self, text: str, path: Path, *, character: int = 0) -> TomlIssue:
        """A problem with the key at `path`, or with one character (from 0) of it."""
        span = self.places.keys.get(path)
        if span is None:
            return TomlIssue(text=text)
        start, end = span
        quoted = self.text[start] in "\"'"
        line, column = self.places.line_column(
            min(start + quoted + character, end) if character else start
        )
        return TomlIssue(text=text, line=line, column=column)

    def missing(self, text: str, path: Path) -> TomlIssue:
        """A problem with what should stand at `path`: at the header of its table, or the top."""
        span = self.places.values.get(path[:-1], (0, 0))
        line, column = self.places.line_column(span[0])
        return TomlIssue(text=text, line=line, column=column)


_Model = TypeVar("_Model", bound=TomlModel)


def check(
    document: Document, model: type[_Model], data: Any = None, *, prefix: Path = ()
) -> _Model | list[TomlIssue]:
    """The document's data as a model, or all that is wrong with it, from top to bottom.

    Args:
        document: what was read.
        model: what it should be.
        data: a part of the document's data; absent: all of it.
        prefix: the path of that part.

    A validator raises ValueError with what follows the key's name ("must be a slug"), or
    `sentence` where those words do not fit.
    """
    try:
        return model.model_validate(document.data if data is None else data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    except RecursionError:
        return [TomlIssue(text="lists or tables are nested too deeply")]
    found = [(detail, _problem(document, model, detail, prefix)) for detail in details]
    return [problem for _, problem in sorted(found, key=_from_top_to_bottom)]


def _from_top_to_bottom(found: tuple[ErrorDetails, TomlIssue]) -> tuple[bool, int, int]:
    detail, problem = found
    # What is missing comes last: it may be there, under a misspelt name.
    return detail["type"] == "missing", problem.line or 0, problem.column or 0


def sentence(problem: str, *, character: int | None = None) -> PydanticCustomError:
    """The error for a validator to raise when the problem is a sentence of its own.

    Args:
        problem: the whole message.
        character: where in the text value it is, counted from 0.
    """
    return PydanticCustomError(
        "sentence", "{problem}", {"problem": _printable(problem), "character": character}
    )


def shown(value: Any) -> str | None:
    """A value as it may stand in a message, on one line; None for one too long to write out."""
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
            except ValueError:  # an integer of thousands of digits
                return None


def _printable(text: str) -> str:
    """The text with an escape for whatever a terminal could take for a command."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _problem(
    document: Document, model: type[TomlModel], detail: ErrorDetails, prefix: Path
) -> TomlIssue:
    path = prefix + detail["loc"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return document.key_problem(_unknown_key(model, detail["loc"]), path)
        case "missing":
            text = f'"{path[-1]}" is missing; {_advice(model, detail["loc"])}'
            return document.missing(text, path)
        case "list_type" if _inner_model(_field(model, detail["loc"]).annotation):
            return document.problem(_advice(model, detail["loc"]), path)
        case "sentence" if path[-1] == "[key]":  # pydantic's mark of a dict's key
            return document.key_problem(
                context["problem"], path[:-1], character=context["character"] or 0
            )
        case "sentence":
            return document.problem(context["problem"], path, character=context["character"])
        case "literal_error" | "enum":
            expected = f"must be one of {context['expected']}".replace("'", '"')
        case "value_error":
            expected = str(context["error"])
        case kind if kind in _EXPECTED:
            expected = _EXPECTED[kind].format(**context)
        case _:
            expected = f"is not possible: {detail['msg']}"
    instead = shown(detail["input"])
    text = f"{_called(path)} {expected}{f', not {instead}' if instead else ''}"
    return document.problem(text, path)


def _called(path: Path) -> str:
    """`"days"`, or `an item of "days"`."""
    names = [part for part in path if isinstance(part, str)]
    return f'an item of "{names[-1]}"' if isinstance(path[-1], int) else f'"{names[-1]}"'


def _unknown_key(model: type[TomlModel], location: Path) -> str:
    key = str(location[-1])
    here = _model_at(model, location[:-1])
    if here is not model and key in model.model_fields:
        return f'"{key}" does not belong in this table; move it above the first [table]'
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if here is model and inner and key in inner.model_fields:
            return f'"{key}" belongs in a table of its own; write [[{name}]] on a line above it'
    return f"unknown key {shown(key)}{did_you_mean(key, here.model_fields)}"


def _advice(model: type[TomlModel], location: Path) -> str:
    """What to write for a key that is missing, or not what it should be."""
    field, key = _field(model, location), location[-1]
    inner = _inner_model(field.annotation)
    if inner:
        return f"write [[{key}]] on a line, and {next(iter(inner.model_fields))} = ... below it"
    return f"write {key} = {shown(field.examples[0]) if field.examples else '...'}"


def _field(model: type[TomlModel], location: Path) -> FieldInfo:
    """The field at a location, or the one whose dict that is in."""
    here: type[TomlModel] | None = model
    for part in location:
        if here and isinstance(part, str):
            field = here.model_fields[part]
            here = _inner_model(field.annotation)
    return field


def _model_at(model: type[TomlModel], location: Path) -> type[TomlModel]:
    for part in location:
        if isinstance(part, str):
            model = _inner_model(model.model_fields[part].annotation) or model
    return model


def _inner_model(annotation: Any) -> type[TomlModel] | None:
    """The model of `list[Model]` or `Model`."""
    candidates = (annotation, *get_args(annotation))
    return next(
        (kind for kind in candidates if isinstance(kind, type) and issubclass(kind, TomlModel)),
        None,
    )


def _refuse_size(size: int) -> None:
    if size > MAX_BYTES:
        raise TomlProblem(TomlIssue(text="over 1 MB; split it, or remove what is not needed"))


def _syntax_problem(message: str, text: str) -> TomlIssue:
    found = _TOMLLIB_PLACE.search(message)
    if found is None:
        return TomlIssue(text="a number is too long")
    ours = next((ours for theirs, ours in _SYNTAX.items() if message.startswith(theirs)), message)
    if found[1]:
        return TomlIssue(text=ours, line=int(found[1]), column=int(found[2]))
    end = text.rstrip("\n")
    return TomlIssue(text=ours, line=end.count("\n") + 1, column=len(end) - end.rfind("\n"))
