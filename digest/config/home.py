"""Finds the home: the folder with the settings, sources, profiles and database."""

import re
import shlex
from pathlib import Path

from msgspec import Struct

from digest.errors import HomeError

# python-dotenv accepts `export` before a name.
_DIGEST_SETTING = re.compile(rb"^[ \t]*(?:export[ \t]+)?DIGEST_", re.MULTILINE)


class HomeFolder(Struct, frozen=True, kw_only=True):
    """A home folder, and the paths of the files in it."""

    path: Path  # absolute

    @property
    def env_file(self) -> Path:
        """The settings; see `digest.config.settings.loader`."""
        return self.path / ".env"

    @property
    def sources_file(self) -> Path:
        """The sources of papers; see `digest.config.sources`."""
        return self.path / "sources.toml"

    @property
    def profiles_folder(self) -> Path:
        """One TOML file for each subscription; see `digest.config.profiles.loader`."""
        return self.path / "profiles"

    @property
    def channels_file(self) -> Path:
        """Where digests go that are not sent by mail; optional."""
        return self.path / "channels.toml"

    @property
    def theme_file(self) -> Path:
        """Colours, name and logo of the messages; optional."""
        return self.path / "theme.toml"


def find(home: Path, *, explicit: bool) -> HomeFolder:
    """Returns the home at a path.

    Args:
        home: the folder, relative to the working directory.
        explicit: the user named this folder; False if it is only the working directory.

    Raises:
        HomeError: the folder does not exist, is a file, cannot be read, or is not a home.
    """
    path = home.absolute()
    command = f"digest init {shlex.quote(str(path))}"
    try:
        if not path.exists():
            raise HomeError(
                f"{path} does not exist; create a Paper Digest home there with: {command}"
            )
        if not path.is_dir():
            raise HomeError(f"{path} is a file; name the folder that contains sources.toml")
        usable = is_home(path)
    except OSError as error:
        raise HomeError(f"{path} cannot be read: {error.strerror}") from None
    if not usable:
        alternative = "" if explicit else ", or name yours with --home DIR"
        raise HomeError(
            f"{path} is not a Paper Digest home (no sources.toml, profiles/ or digest.db);"
            f" create one with: {command}{alternative}"
        )
    return HomeFolder(path=path)


def is_home(path: Path) -> bool:
    """Returns whether a folder has sources, profiles, a database, or DIGEST_ lines in `.env`."""
    home = HomeFolder(path=path)
    # Many other projects have a `.env`, so only one with our names makes a folder a home.
    return (
        home.sources_file.is_file()
        or (path / "digest.db").is_file()
        or home.profiles_folder.is_dir()
        or (home.env_file.is_file() and bool(_DIGEST_SETTING.search(home.env_file.read_bytes())))
    )
