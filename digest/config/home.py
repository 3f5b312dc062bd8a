"""The home: the folder that holds a digest's settings, sources, profiles and database."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from digest.errors import HomeError

_SETS_SOMETHING = re.compile(rb"^[ \t]*(?:export[ \t]+)?DIGEST_", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A folder that is one, and where things are in it."""

    path: Path  # absolute

    @property
    def env_file(self) -> Path:
        """The settings; see `digest.config.settings`."""
        return self.path / ".env"

    @property
    def sources_file(self) -> Path:
        """Where papers come from; see `digest.config.sources`."""
        return self.path / "sources.toml"

    @property
    def profiles_folder(self) -> Path:
        """One TOML file for each reader; see `digest.config.profiles`."""
        return self.path / "profiles"

    @property
    def theme_file(self) -> Path:
        """How the mail looks, if not as usual; see `digest.mail.theme`."""
        return self.path / "theme.toml"


def find(home: Path, *, explicit: bool) -> Home:
    """The home at a path.

    Args:
        home: the folder; relative to the working directory.
        explicit: somebody named it; false: it is merely the folder the command was run in.

    Raises:
        HomeError: the folder is missing, is no folder, cannot be read, or is no home.
    """
    path = home.absolute()
    make = f"digest init {shlex.quote(str(path))}"
    try:
        if not path.exists():
            raise HomeError(f"{path} does not exist; make a Paper Digest home there with: {make}")
        if not path.is_dir():
            raise HomeError(f"{path} is a file; name the folder that holds sources.toml")
        found = is_home(path)
    except OSError as error:
        raise HomeError(f"{path} cannot be read: {error.strerror}") from None
    if not found:
        other = "" if explicit else ", or name yours with --home DIR"
        raise HomeError(
            f"{path} is not a Paper Digest home (no sources.toml, profiles/ or digest.db);"
            f" make one with: {make}{other}"
        )
    return Home(path=path)


def is_home(path: Path) -> bool:
    """Whether a folder holds sources, profiles, a database, or a `.env` with a DIGEST_ line."""
    home = Home(path=path)
    return (
        home.sources_file.is_file()
        or (path / "digest.db").is_file()
        or home.profiles_folder.is_dir()
        or (home.env_file.is_file() and bool(_SETS_SOMETHING.search(home.env_file.read_bytes())))
    )
