"""Creates a new home: the files that `digest init` writes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from digest.config.profiles.loader import parse
from digest.config.profiles.schema import json_schema
from digest.config.settings.loader import (
    FIELDS_BY_VARIABLE,
    Settings,
    example_value,
    variable_name,
)
from digest.config.tables.keys import keys_of
from digest.core.models.profiles import Profile
from digest.errors import HomeError, ProfileError, UsageError

PLACEHOLDER = "you@example.org"

_ENV_HEADER = """\
# The settings of Paper Digest. Environment variables override this file. A setting that is empty
# or commented out has its default. Paths are relative to the folder of this file.
"""
_FIRST_ENV_HEADER = """\
# The settings of Paper Digest that a new home needs. `digest settings` explains all the others.
# Paths are relative to the folder of this file. Environment variables override it.
"""
_FIRST_SETTINGS = ("smtp_host", "smtp_user", "smtp_password", "from_")
_SOURCES = """\
# Where new papers come from. Add a [[sources]] table for each further source.

[[sources]]
name = "dumps"      # its name in profiles and reports
kind = "dump"       # text copied from a page that lists papers
path = "dumps"      # a file or a folder; every new file in it is read once

# [[sources]]
# name = "hf-daily"
# kind = "huggingface"    # the papers that Hugging Face lists each day

# [[sources]]
# name = "arxiv"
# kind = "arxiv"          # the papers that arXiv announces in these categories
# categories = ["cs.CL", "cs.LG"]
"""
# What must not get into a repository: secrets, and the database with the readers.
_GITIGNORE = """\
.env
channels.toml
digest.db*
dkim-*.pem
"""
_PROFILE = """\
#:schema ../profile.schema.json
# Who receives a digest, when, and about what. One file is one subscription; copy this file for
# each other reader. `digest profile check` finds mistakes and says where they are.

email = {email}    # where the digest is sent
timezone = {timezone}
# name = "Ada"                                  # named at the end of the digest
# send_at = "07:30"                             # not earlier; if absent, the first run of the day
# days = ["mon", "tue", "wed", "thu", "fri"]    # if absent, every day; ["fri"]: once a week
max_papers = 15                                 # 1 to 200
min_match = 20                                  # 0 to 100; higher: fewer, closer papers
when_empty = "skip"                             # or "send": a digest that says so
trending = 3                                    # popular papers outside your topics; 0: none
kinds = ["new", "listed"]                       # add "revised" for new versions
# sources = ["dumps"]                           # if absent, all sources
# aliases = {{ LLM = ["large language model"] }}  # other forms of keywords
# language = "german"                           # of papers and keywords; if absent, english
# related = false                               # only papers that contain a keyword
# boosts = {{ votes = true, code = true, authors = ["Tri Dao"] }}    # extra points for papers that match

# A topic is a section of the digest. These are examples: write your own words here.
#   KV cache             a phrase; plurals and hyphens match too ("KV-caches")
#   quantiz*             all words that begin like this
#   "mixture of experts" in quotes: exactly these words (inside a TOML string: \\"...\\")
#   pruning^2            counts twice
#   title:survey         in the title only
#   -benchmark           removes a paper, as `exclude` does
# docs/profiles.md explains the whole keyword language.
[[topics]]
name = "Efficient inference"
keywords = [
  "KV cache",
  "speculative decoding^2",
  "quantiz*",
  "\\"mixture of experts\\"",
  "title:pruning",
]
exclude = ["federated learning"]
# authors = ["Tri Dao"]
# categories = ["cs.LG"]

[[topics]]
name = "Language agents"
keywords = ["tool use", "agentic", "language agent^2"]
"""


class CreatedFiles(Struct, frozen=True, kw_only=True):
    """The files and folders of a new home."""

    created: tuple[Path, ...]
    kept: tuple[Path, ...]  # existed before, and were not changed


def init(folder: Path, *, secret: str, email: str | None, timezone: str) -> CreatedFiles:
    """Creates a home, or adds what is missing in one; overwrites nothing.

    Args:
        folder: a new or an existing folder.
        secret: for DIGEST_SECRET; at least 32 random characters.
        email: the address of the first reader; None: a placeholder, which must be replaced.
        timezone: of the reader, as an IANA name.

    Raises:
        UsageError: the address or the time zone cannot be used; nothing was written.
        HomeError: the folder cannot be written.
    """
    profile = example_profile(email=email or PLACEHOLDER, timezone=timezone)
    created: list[Path] = []
    kept: list[Path] = []

    def create(path: Path, *, make: Callable[[Path], None]) -> None:
        try:
            make(path)
        except FileExistsError:
            kept.append(path)
        else:
            created.append(path)

    profiles = folder / "profiles"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        create(folder / ".env", make=_file_writer(first_env_text(secret=secret), mode=0o600))
        create(folder / "sources.toml", make=_file_writer(_SOURCES))
        create(folder / "profile.schema.json", make=_file_writer(schema_text()))
        create(folder / ".gitignore", make=_file_writer(_GITIGNORE))
        create(folder / "dumps", make=Path.mkdir)
        # Profiles contain readers' addresses, so only the owner may read the folder.
        create(profiles, make=lambda path: path.mkdir(mode=0o700))
        existing = sorted(profiles.glob("*.toml"))
        # A home with readers needs no example profile.
        if existing:
            kept.extend(existing)
        else:
            create(profiles / "you.toml", make=_file_writer(profile, mode=0o600))
    except FileExistsError:
        raise HomeError(f"{folder} is a file; name a folder") from None
    except OSError as error:
        place = error.filename or folder
        raise HomeError(f"{place} cannot be written: {error.strerror}") from None
    return CreatedFiles(created=tuple(created), kept=tuple(kept))


def example_profile(*, email: str, timezone: str) -> str:
    """Returns the text of an example profile, with comments.

    Args:
        email: the address to which the digest is sent.
        timezone: of the reader, as an IANA name.

    Raises:
        UsageError: the address or the time zone cannot be used.
    """
    text = _PROFILE.format(
        email=json.dumps(email, ensure_ascii=False), timezone=json.dumps(timezone)
    )
    try:
        parse(text, file="profiles/you.toml")
    except ProfileError as error:
        raise UsageError(error.problem) from None
    return text


def is_example(profile: Profile) -> bool:
    """Returns whether a profile still has the topics of the example."""
    example = parse(example_profile(email=PLACEHOLDER, timezone="UTC"), file="example")
    return profile.topics == example.profile.topics


def env_text() -> str:
    """Returns the text of a `.env` file with every setting explained and commented out."""
    return "\n".join([_ENV_HEADER, *map(_env_block, FIELDS_BY_VARIABLE.values())])


def first_env_text(*, secret: str) -> str:
    """Returns the text of the `.env` file of a new home: the few settings that it needs.

    Args:
        secret: the value of DIGEST_SECRET; the other settings are commented out.
    """
    blocks = [_env_block(field) for field in _FIRST_SETTINGS]
    secret_block = _env_block("secret", value=secret)
    return "\n".join([_FIRST_ENV_HEADER, *blocks, secret_block])


def explain_setting(field: str) -> str:
    """Returns the description of a setting, with its default."""
    key = keys_of(Settings)[field]
    return f"{key.description}{_default(key.default)}"


def _env_block(field: str, *, value: str | None = None) -> str:
    import textwrap

    comment = textwrap.fill(
        explain_setting(field),
        98,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
    )
    name = variable_name(field)
    line = f"# {name}={example_value(field)}" if value is None else f"{name}={value}"
    return f"{comment}\n{line}\n"


def schema_text() -> str:
    """Returns the JSON schema of a profile, as the text of a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _default(value: object) -> str:
    """Returns the sentence about a default; empty if the description already says it."""
    if isinstance(value, bool):
        return f" Default: {str(value).lower()}."
    if isinstance(value, float):
        return f" Default: {value:g}."
    return f" Default: {value}." if value else ""


def _file_writer(text: str, *, mode: int = 0o666) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        # O_EXCL fails if the file exists: nothing is overwritten.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    return write
