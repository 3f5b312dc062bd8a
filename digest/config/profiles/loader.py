"""Loads profile files: who receives a digest, when, and about what.

docs/profiles.md describes the format for readers; `digest.config.profiles.schema` defines it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from digest.config.durations import parse_duration
from digest.config.toml_document import Document, TomlError, TomlIssue, display, read_text, validate
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import (
    DEFAULT_PRESENTATION,
    Boosts,
    Citations,
    Detail,
    MailTheme,
    Presentation,
    Profile,
    Topic,
)
from digest.errors import ProfileError

if TYPE_CHECKING:
    from digest.config.profiles.schema import ProfileTables, TopicTable

MAX_KEYWORDS = 10_000
"""Largest number of keywords in a profile, with those of every list, and aliases."""

_KEYWORD_LISTS = (
    "keywords", "exclude", "avoid", "authors", "categories", "institutions", "venues", "cites",
)  # fmt: skip


class AuthoredProfile(Struct, frozen=True, kw_only=True):
    """The contents of a profile file."""

    email: str
    name: str  # of the reader; may be empty
    profile: Profile
    presentation: Presentation = DEFAULT_PRESENTATION


class ProfileFile(Struct, frozen=True, kw_only=True):
    """A profile file without errors."""

    name: str  # the file name without its suffix, which is also the name of the subscription
    path: Path
    text: str
    email: str
    parsed: AuthoredProfile | None = None  # None: the text is stored, and was parsed before

    @property
    def authored(self) -> AuthoredProfile:
        """The contents; raises ProfileError if the file is stored and not valid any more."""
        return parse(self.text, file=self.path) if self.parsed is None else self.parsed


class LoadedProfiles(Struct, frozen=True, kw_only=True):
    """The profiles of a folder: the valid files, and the errors in the others."""

    files: tuple[ProfileFile, ...]
    errors: tuple[ProfileError, ...]  # the first error of each broken file
    broken: frozenset[str]  # names; these subscriptions are not changed and not ended
    missing: Path | None = None  # the folder, if it does not exist
    folder: Path | None = None  # the folder; None if the files come from elsewhere


def parse(text: str, *, file: str | Path) -> AuthoredProfile:
    """Parses the text of a profile file.

    Args:
        text: the contents of the file, as TOML.
        file: its path, or another name for error messages.

    Raises:
        ProfileError: the first problem in the text.
    """
    # The cache has issues, not errors: several files may have the same text.
    parsed = _parse_cached(text)
    if isinstance(parsed, TomlIssue):
        raise _error(parsed, file)
    return parsed


def problems(text: str, file: str | Path) -> list[ProfileError]:
    """Returns all problems in the text of a profile, from top to bottom.

    Args:
        text: the contents of the file, as TOML.
        file: its path, or another name for error messages.
    """
    checked = _validate(text)
    return [_error(issue, file) for issue in checked] if isinstance(checked, list) else []


def read(path: Path) -> str:
    """Reads the text of a profile file, for `parse` or `problems`.

    Raises:
        ProfileError: the file cannot be read, is over 1 MB, or is not UTF-8.
    """
    try:
        return read_text(path)
    except TomlError as error:
        raise _error(error.issue, path) from None
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror}", file=path) from None


def find_files(folder: Path) -> list[Path]:
    """Returns the profile files of a folder, in the order of their names; none without a folder.

    Raises:
        ProfileError: the folder exists but cannot be read.
    """
    try:
        return [
            path
            for path in sorted(folder.iterdir())
            # Editors keep lock files and backups whose names begin with a dot.
            if path.suffix == ".toml" and not path.name.startswith(".")
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror}", file=folder) from error


def load_all(
    folder: Path, *, known_email: Callable[[str, str], str | None] | None = None
) -> LoadedProfiles:
    """Loads all profiles of a folder, its `*.toml` files, in the order of their names.

    A broken file does not affect the others.

    Args:
        folder: the folder.
        known_email: returns the address in a file, given its name and text, if this version of the
            program has parsed this text before; else None. Such a file is not parsed again.

    Raises:
        ProfileError: the folder exists but cannot be read.
    """
    files: list[ProfileFile] = []
    errors: dict[str, ProfileError] = {}
    if not folder.exists():
        return LoadedProfiles(
            files=(), errors=(), broken=frozenset(), missing=folder, folder=folder
        )
    for path in find_files(folder):
        # The file name becomes the name of the subscription, which logs and reports print.
        if not path.stem.isprintable():
            escaped = ascii(path.name)
            errors[escaped] = ProfileError(
                "the file name contains unprintable characters; rename the file",
                file=folder / escaped,
            )
            continue
        try:
            # A run that reads a named pipe waits until somebody writes to it.
            if path.is_fifo():
                raise ProfileError("is a named pipe, not a file; remove it", file=path)  # noqa: TRY301
            text = read(path)
            email = known_email(path.stem, text) if known_email else None
            parsed = parse(text, file=path) if email is None else None
        except ProfileError as error:
            errors[path.stem] = error
        else:
            files.append(
                ProfileFile(
                    name=path.stem,
                    path=path,
                    text=text,
                    email=email or (parsed.email if parsed else ""),
                    parsed=parsed,
                )
            )
    return LoadedProfiles(
        files=tuple(files),
        errors=tuple(errors.values()),
        broken=frozenset(errors),
        folder=folder,
    )


# A command may parse a profile several times, and a scheduler a broken file every few minutes. The key
# is the text, so a changed profile is always parsed again. 4,096 starter profiles take 23 MB.
@lru_cache(maxsize=4096)
def _parse_cached(text: str) -> AuthoredProfile | TomlIssue:
    checked = _validate(text)
    return checked[0] if isinstance(checked, list) else _authored(checked)


def _validate(text: str) -> "ProfileTables | list[TomlIssue]":
    # Imported here: a run whose profiles are stored already needs no schema to check them.
    from digest.config.profiles.schema import ProfileTables

    try:
        document = Document(text)
    except TomlError as error:
        return [error.issue]
    count = sum(_keyword_counts(document.data))
    # Checked first, because parsing that many keywords is slow.
    if count > MAX_KEYWORDS:
        text = f"{count:,} keywords; a profile may have at most {MAX_KEYWORDS:,}"
        return [TomlIssue(text=text)]
    checked = validate(document, ProfileTables)
    if isinstance(checked, list):
        return checked
    return _repeated_names(document, checked) or checked


def _keyword_counts(data: Mapping[str, Any]) -> Iterator[int]:
    topics = data.get("topics")
    yield from _alias_counts(data)
    for topic in topics if isinstance(topics, list) else ():
        if isinstance(topic, dict):
            lists = (topic.get(name) for name in _KEYWORD_LISTS)
            yield from (len(items) for items in lists if isinstance(items, list))
            yield from _alias_counts(topic)


def _alias_counts(table: Mapping[str, Any]) -> Iterator[int]:
    aliases = table.get("aliases")
    for forms in aliases.values() if isinstance(aliases, dict) else ():
        yield 1 + len(forms) if isinstance(forms, list) else 1


def _repeated_names(document: Document, tables: "ProfileTables") -> list[TomlIssue]:
    first: dict[str, int] = {}
    return [
        document.issue_at(
            f"topic {display(topic.name)} is defined twice; give each topic its own name",
            ("topics", index, "name"),
        )
        for index, topic in enumerate(tables.topics)
        if first.setdefault(topic.name, index) != index
    ]


def _authored(tables: "ProfileTables") -> AuthoredProfile:
    from digest.config.profiles.key_checks import DAYS

    profile = Profile(
        topics=tuple(_topic(topic, tables) for topic in tables.topics),
        name=tables.name,
        timezone=tables.timezone,
        send_at=tables.send_at,
        days=tuple(number for number, day in enumerate(DAYS) if day in tables.days),
        max_papers=tables.max_papers,
        min_match=tables.min_match,
        when_empty=tables.when_empty,
        patience=parse_duration(tables.patience),
        trending=tables.trending,
        kinds=tuple(kind for kind in AnnouncementKind if kind in tables.kinds),
        sources=None if tables.sources is None else tuple(dict.fromkeys(tables.sources)),
        related=tables.related,
        boosts=Boosts(
            votes=tables.boosts.votes,
            code=tables.boosts.code,
            authors=tuple(tables.boosts.authors),
        ),
        language=tables.language,
    )
    return AuthoredProfile(
        email=tables.email,
        name=tables.name,
        profile=profile,
        presentation=Presentation(
            detail=Detail(tables.detail),
            attach=Citations(tables.attach),
            pictures=tables.pictures,
            theme=MailTheme(tables.theme),
            mail_language=tables.mail_language or "",
            deliver_to=tables.deliver_to or "",
        ),
    )


def _topic(table: "TopicTable", profile: "ProfileTables") -> Topic:
    from digest.config.profiles.keyword_fields import FIELDS_BY_LIST
    from digest.core.keywords.aliases import attach
    from digest.core.keywords.parser import parse as parse_keyword
    from digest.core.keywords.parser import parse_all

    written = [
        *table.keywords,
        *(
            field + name
            for names, field in FIELDS_BY_LIST.items()
            for name in getattr(table, names)
        ),
    ]
    keywords, excluded = parse_all(written, table.exclude)
    # Later aliases replace earlier ones of the same keyword, so those of the topic come last.
    aliases = [*profile.aliases.items(), *table.aliases.items()]
    return Topic(
        name=table.name,
        keywords=attach(keywords, aliases, language=profile.language),
        excluded=attach(excluded, aliases, language=profile.language),
        avoided=attach(map(parse_keyword, table.avoid), aliases, language=profile.language),
        likes_from=tuple(dict.fromkeys(table.likes)),
        weight=table.weight,
    )


def _error(issue: TomlIssue, file: str | Path) -> ProfileError:
    return ProfileError(issue.text, file=file, line=issue.line, column=issue.column)
