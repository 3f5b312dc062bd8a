"""Reads the names and values of a `.env` file, with their lines."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from msgspec import Struct

from digest.errors import SettingsError, located


class EnvEntry(Struct, frozen=True, kw_only=True):
    """A setting, and where it was set."""

    name: str
    value: str
    place: str  # file and line, or "environment"


def read_env_file(path: Path) -> Iterator[EnvEntry]:
    """Yields the settings of a `.env` file, as python-dotenv reads it, without `${...}`.

    A file that does not exist has no settings. Error messages never show a line, because it may
    contain a secret.

    Raises:
        SettingsError: the file cannot be read, or a line is not a setting.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(located(f"cannot be read: {error.strerror}", str(path))) from None
    try:
        # Some editors begin a file in UTF-8 with a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = "not UTF-8; save the file in that encoding"
        raise SettingsError(located(problem, str(path), line)) from None
    # `dotenv_values` uses this parser too, but does not tell the lines, and ignores broken ones.
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        # A binding begins with the blank lines before it.
        blank_lines = written[: len(written) - len(written.lstrip())].count("\n")
        line = binding.original.line + blank_lines
        # python-dotenv accepts a name without "="; here this is a mistake.
        if binding.error or (binding.key is not None and binding.value is None):
            problem = 'not a setting; write NAME=value, or "#" before a comment'
            raise SettingsError(located(problem, str(path), line))
        if binding.key is not None and binding.value is not None:
            yield EnvEntry(name=binding.key, value=binding.value, place=f"{path}:{line}")
