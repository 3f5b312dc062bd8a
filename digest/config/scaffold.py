"""A new home: the files that `digest init` writes."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.config.profiles.loader import parse
from digest.config.profiles.schema import json_schema
from digest.config.settings.loader import FIELDS, Settings, example
from digest.errors import HomeError, ProfileError, UsageError

PLACEHOLDER = "you@example.org"

_ENV_HEADER = """\
# The settings of Paper Digest. The environment goes before this file, and what is empty or
# commented out has its default. Paths are relative to the folder of this file.
"""
_SOURCES = """\
# Where new papers come from. Add a [[sources]] table for each further source.

[[sources]]
name = "dumps"      # what profiles and reports call it
kind = "dump"       # text copied from a page that lists papers
path = "dumps"      # a file or a folder: every new file in it is read once

# [[sources]]
# name = "hf-daily"
# kind = "huggingface"    # what Hugging Face lists each day

# [[sources]]
# name = "arxiv"
# kind = "arxiv"          # what arXiv announces in these categories
# categories = ["cs.CL", "cs.LG"]
"""
_GITIGNORE = """\
.env
digest.db*
dkim-*.pem
"""
_PROFILE = """\
#:schema ../profile.schema.json
# Who gets a digest, when, and about what. One file is one subscription; copy this one for
# each further reader. `digest profile check` finds mistakes and says where they are.

email = {email}    # where the digest is sent
timezone = {timezone}
# name = "Ada"                                  # used in the greeting
# send_at = "07:30"                             # not before; absent: with the day's first run
# days = ["mon", "tue", "wed", "thu", "fri"]    # absent: every day; ["fri"]: a weekly digest
max_papers = 15                                 # 1 to 200
min_match = 20                                  # 0 to 100: higher is fewer and closer
when_empty = "skip"                             # or "send", to hear that there was nothing
trending = 3                                    # popular papers outside your topics; 0 for none
kinds = ["new", "listed"]                       # add "revised" to hear of new versions
# sources = ["dumps"]                           # absent: all of them
# aliases = {{ LLM = ["large language model"] }}  # what keywords are also called
# language = "german"                           # of papers and keywords; absent: english
# related = false                               # only papers that hold a keyword themselves
# boosts = {{ votes = true, code = true, authors = ["Tri Dao"] }}    # lift what matches a little

# A topic is a section of the digest. These are examples: put your own words here.
#   KV cache             a phrase; plurals and hyphens match too ("KV-caches")
#   quantiz*             all words that begin so
#   "mixture of experts" in quotes: to the letter (inside a TOML string: \\"...\\")
#   pruning^2            counts double
#   title:survey         in the title only
#   -benchmark           removes a paper, as `exclude` does
# docs/profiles.md has the whole language.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedFiles:
    """What became of each file and folder of a new home."""

    created: tuple[Path, ...]
    kept: tuple[Path, ...]  # were there before, and were not touched


def init(folder: Path, *, secret: str, email: str | None, timezone: str) -> CreatedFiles:
    """Make a home, or complete one, overwriting nothing.

    Args:
        folder: a new or an existing folder.
        secret: for DIGEST_SECRET; at least 32 random characters.
        email: the first reader; None: a placeholder, to be replaced.
        timezone: the reader's, an IANA name.

    Raises:
        UsageError: the address or the time zone cannot be used; nothing was written.
        HomeError: the folder cannot be written.
    """
    profile = starter_profile(email=email or PLACEHOLDER, timezone=timezone)
    created: list[Path] = []
    kept: list[Path] = []

    def note(path: Path, *, make: Callable[[Path], None]) -> None:
        try:
            make(path)
        except FileExistsError:
            kept.append(path)
        else:
            created.append(path)

    profiles = folder / "profiles"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        note(folder / ".env", make=_writing(env_text(secret=secret), mode=0o600))
        note(folder / "sources.toml", make=_writing(_SOURCES))
        note(folder / "profile.schema.json", make=_writing(schema_text()))
        note(folder / ".gitignore", make=_writing(_GITIGNORE))
        note(folder / "dumps", make=Path.mkdir)
        note(profiles, make=Path.mkdir)
        written = sorted(profiles.glob("*.toml"))
        if written:  # a home in use needs no example reader
            kept.extend(written)
        else:
            note(profiles / "you.toml", make=_writing(profile))
    except FileExistsError:
        raise HomeError(f"{folder} is a file; name a folder") from None
    except OSError as error:
        place = error.filename or folder
        raise HomeError(f"{place} cannot be written: {error.strerror}") from None
    return CreatedFiles(created=tuple(created), kept=tuple(kept))


def starter_profile(*, email: str, timezone: str) -> str:
    """A commented profile to begin with.

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


def env_text(*, secret: str | None = None) -> str:
    """A `.env` file with every setting explained and commented out, except the secret given."""
    import textwrap

    blocks = [_ENV_HEADER]
    for name, field in FIELDS.items():
        info = Settings.model_fields[field]
        explanation = f"{info.description}{_default(info.default)}"
        comment = textwrap.fill(
            explanation, 98, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
        )
        line = f"# {name}={example(field)}"
        if field == "secret" and secret is not None:
            line = f"{name}={secret}"
        blocks.append(f"{comment}\n{line}\n")
    return "\n".join(blocks)


def schema_text() -> str:
    """The profile's JSON schema, as a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _default(value: object) -> str:
    """The sentence that names a default; empty where the description says what happens."""
    if isinstance(value, bool):
        return f" Default: {str(value).lower()}."
    if isinstance(value, float):
        return f" Default: {value:g}."
    return f" Default: {value}." if value else ""


def _writing(text: str, *, mode: int = 0o666) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    return write
