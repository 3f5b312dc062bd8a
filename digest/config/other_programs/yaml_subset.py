"""Reads simple YAML: nested keys, texts, and lists of texts. Enough for the settings of other programs.

Every value is text: YAML itself reads `no` as false and `1.10` as 1.1. Anchors, tags, several documents
and texts over several lines are refused.
"""

import re
from collections.abc import Mapping

from digest.errors import InputError

YamlValue = str | list[str]

MAX_LINES = 5000

_KEY = re.compile(r"([A-Za-z0-9_.-]{1,100})\s{0,20}:(?:\s|$)")
_NULL = frozenset(("", "null", "~"))


def read_yaml(text: str, *, file: str) -> Mapping[str, YamlValue]:
    """Returns the values by their paths, such as `source.arxiv.category`; absent: null.

    Args:
        text: the whole text.
        file: its name, for errors.

    Raises:
        InputError: a line is not simple YAML; names the line.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise InputError(f"more than {MAX_LINES:,} lines", file=file)
    values: dict[str, YamlValue] = {}
    open_keys: list[tuple[int, str]] = []  # with their indentation
    for number, line in enumerate(lines, start=1):
        content = _without_comment(line)
        if not content.strip() or content.strip() == "---":
            continue
        indent = len(content) - len(content.lstrip(" "))
        content = content.strip()
        if content.startswith("- ") and open_keys:
            _append(values, ".".join(key for _, key in open_keys), _scalar(content[2:]))
            continue
        key = _KEY.match(content)
        if key is None or content.startswith(("\t", "-", "&", "!", "*")):
            raise InputError("not a line of the form key: value", file=file, line=number)
        while open_keys and open_keys[-1][0] >= indent:
            open_keys.pop()
        open_keys.append((indent, key[1]))
        value = _value(content[key.end() :].strip())
        if isinstance(value, str) and value in {"|", ">", "|-", ">-"}:
            raise InputError("a text over several lines is not read", file=file, line=number)
        if value not in ("", []):
            values[".".join(name for _, name in open_keys)] = value
    return values


def _append(values: dict[str, YamlValue], path: str, item: str) -> None:
    before = values.get(path, [])
    values[path] = [*(before if isinstance(before, list) else [before]), item]


def _value(text: str) -> YamlValue:
    if text.startswith("[") and text.endswith("]"):
        return [item for part in text[1:-1].split(",") if (item := _scalar(part))]
    return _scalar(text)


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return "" if text in _NULL else text


def _without_comment(line: str) -> str:
    quote = ""
    for place, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and (place == 0 or line[place - 1] in " [,:"):
            quote = char
        elif char == "#" and (place == 0 or line[place - 1] in " \t"):
            return line[:place]
    return line
