"""Lists the starter profiles and makes a reader's own copy of one."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.config.profiles.loader import parse
from digest.config.suggestions import did_you_mean
from digest.errors import ProfileError, UsageError

_FOLDER = Path(__file__).parent / "starter_profiles"
_DESCRIPTION = re.compile(r"^# (.+)\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterProfile:
    """A profile for one field, ready to be copied."""

    name: str  # of the file, without its ending
    description: str  # one line
    text: str  # TOML, with a placeholder as the address


def starter_profiles() -> Iterator[StarterProfile]:
    """All starter profiles, in the order of their names."""
    for path in sorted(_FOLDER.glob("*.toml")):
        yield _read(path)


def find(name: str) -> StarterProfile:
    """The starter profile of this name.

    Raises:
        UsageError: There is none; the error lists the names that there are.
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
    """The text of a reader's own profile, with all comments of the starter profile.

    Args:
        starter: The profile to copy.
        email: Where the digest is sent.
        timezone: The reader's, an IANA name.
        max_papers: The most papers in one digest; None keeps the number of the starter profile.

    Raises:
        UsageError: The address or the time zone cannot be used.
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
    """Puts other values behind keys that have a line of their own."""
    lines = text.splitlines()
    for key, value in values.items():
        (number,) = (n for n, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[number] = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return "\n".join(lines) + "\n"
