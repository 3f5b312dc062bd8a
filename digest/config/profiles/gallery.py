"""Lists the starter profiles, and copies one for a reader."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from digest.config.profiles.loader import parse
from digest.config.suggestions import did_you_mean
from digest.errors import ProfileError, UsageError

_FOLDER = Path(__file__).parent / "starter_profiles"
_DESCRIPTION = re.compile(r"^# (.+)\.$", re.MULTILINE)


class StarterProfile(Struct, frozen=True, kw_only=True):
    """A profile for one field, ready to be copied."""

    name: str  # of the file, without its ending
    description: str  # one line
    text: str  # TOML, with a placeholder as the address


def starter_profiles() -> Iterator[StarterProfile]:
    """Yields all starter profiles, in the order of their names."""
    for path in sorted(_FOLDER.glob("*.toml")):
        yield _read(path)


def find(name: str) -> StarterProfile:
    """Returns the starter profile with this name.

    Raises:
        UsageError: there is none; the error lists all names.
    """
    paths = {path.stem: path for path in sorted(_FOLDER.glob("*.toml"))}
    if name not in paths:
        hint = did_you_mean(name, paths)
        raise UsageError(
            f'no starter profile has the name "{name}"{f"{hint} The" if hint else "; the"} names'
            f" are: {', '.join(paths)}"
        )
    return _read(paths[name])


def personal_copy(
    starter: StarterProfile, *, email: str, timezone: str, max_papers: int | None
) -> str:
    """Returns the text of a new profile, with all comments of the starter profile.

    Args:
        starter: the profile to copy.
        email: the address to which the digest is sent.
        timezone: of the reader, as an IANA name.
        max_papers: the largest number of papers in one digest; None keeps that of the starter.

    Raises:
        UsageError: the address or the time zone cannot be used.
    """
    values: dict[str, str | int] = {"email": email, "timezone": timezone}
    if max_papers is not None:
        values["max_papers"] = max_papers
    text = _replace_values(starter.text, values)
    try:
        parse(text, file=starter.name)
    except ProfileError as error:
        raise UsageError(error.problem) from None
    return text


def _read(path: Path) -> StarterProfile:
    text = path.read_text("utf-8")
    description = _DESCRIPTION.search(text)
    if description is None:
        raise ValueError(f"{path}: no comment line describes this profile")
    return StarterProfile(name=path.stem, description=description[1], text=text)


def _replace_values(text: str, values: Mapping[str, str | int]) -> str:
    """Replaces the values of keys that have their own line."""
    lines = text.splitlines()
    # Lines are replaced, and no new TOML is written, so that the comments stay.
    for key, value in values.items():
        (number,) = (n for n, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[number] = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return "\n".join(lines) + "\n"
