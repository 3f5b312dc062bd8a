"""Profile files: who gets a digest, when, and about what.

docs/ describes the format for readers; `digest.config.profile_model` is its definition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from digest.config.durations import parse_duration
from digest.config.profiles.schema import AUTHOR, CATEGORY, DAYS, ProfileTables, TopicTable
from digest.config.toml_document import Document, TomlIssue, TomlProblem, check, read_text, shown
from digest.core.keywords.aliases import attach
from digest.core.keywords.parser import parse_all
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Boosts, Profile, Topic
from digest.errors import ProfileError

MAX_KEYWORDS = 10_000  # of one profile, with authors, categories, exclusions and aliases

_KEYWORD_LISTS = ("keywords", "exclude", "authors", "categories")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoredProfile:
    """What a profile file says."""

    email: str
    name: str  # the reader's; may be empty
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A profile file that could be read."""

    name: str  # the file's stem: what the subscription is called
    path: Path
    text: str
    authored: AuthoredProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProfiles:
    """A folder of profile files: the good ones, and what is wrong with the others."""

    files: tuple[ProfileFile, ...]
    errors: tuple[ProfileError, ...]  # the first of each broken file
    broken: frozenset[str]  # stems: these subscriptions are neither changed nor ended
    missing: Path | None = None  # the folder, if it is not there at all


def parse(text: str, *, file: str | Path) -> AuthoredProfile:
    """The profile that a TOML text describes.

    Args:
        text: what the file holds.
        file: its path, or another name to use in messages.

    Raises:
        ProfileError: the first problem in the text.
    """
    parsed = _parse_cached(text)
    if isinstance(parsed, TomlIssue):
        raise _error(parsed, file)
    return parsed


def problems(text: str, file: str | Path) -> list[ProfileError]:
    """All that is wrong with a profile's text, from top to bottom; nothing if it is good."""
    checked = _checked(text)
    return [_error(problem, file) for problem in checked] if isinstance(checked, list) else []


def read(path: Path) -> str:
    """The text of a profile file, for `parse` or `problems`.

    Raises:
        ProfileError: it cannot be read, is over 1 MB, or is not UTF-8.
    """
    try:
        return read_text(path)
    except TomlProblem as error:
        raise _error(error.problem, path) from None
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror}", file=path) from None


def load_all(folder: Path) -> LoadedProfiles:
    """All profiles of a folder, its `*.toml` files, in the order of their names.

    A broken file hides no other one.

    Raises:
        ProfileError: the folder is there and cannot be read.
    """
    files: list[ProfileFile] = []
    errors: dict[str, ProfileError] = {}
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return LoadedProfiles(files=(), errors=(), broken=frozenset(), missing=folder)
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror}", file=folder) from error
    for path in paths:
        if path.suffix != ".toml" or path.name.startswith("."):  # an editor's lock or backup
            continue
        if not path.stem.isprintable():
            shown = ascii(path.name)
            errors[shown] = ProfileError("its name is not text; rename it", file=folder / shown)
            continue
        try:
            text = read(path)
            authored = parse(text, file=path)
        except ProfileError as error:
            errors[path.stem] = error
        else:
            files.append(ProfileFile(name=path.stem, path=path, text=text, authored=authored))
    return LoadedProfiles(
        files=tuple(files), errors=tuple(errors.values()), broken=frozenset(errors)
    )


# One run parses each profile up to three times: to synchronise the files, to publish, and for the
# reader's name and weekdays in the message. A scheduler repeats this every few minutes. The key
# is the text, so a changed profile is always parsed again. Two other ways were rejected: to read
# only the two keys, since a profile that this version refuses must still give a message without
# a name; and to store the two facts with the edition, since the name would be one more copy of
# personal data to erase. 4,096 starter profiles take 23 MB.
@lru_cache(maxsize=4096)
def _parse_cached(text: str) -> AuthoredProfile | TomlIssue:
    checked = _checked(text)
    return checked[0] if isinstance(checked, list) else _authored(checked)


def _checked(text: str) -> ProfileTables | list[TomlIssue]:
    try:
        document = Document(text)
    except TomlProblem as error:
        return [error.problem]
    count = sum(_keyword_counts(document.data))
    if count > MAX_KEYWORDS:  # before each of them is looked at
        return [TomlIssue(text=f"{count:,} keywords; a profile may have {MAX_KEYWORDS:,}")]
    checked = check(document, ProfileTables)
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


def _repeated_names(document: Document, tables: ProfileTables) -> list[TomlIssue]:
    first: dict[str, int] = {}
    return [
        document.problem(
            f"topic {shown(topic.name)} stands twice; give each topic a name of its own",
            ("topics", index, "name"),
        )
        for index, topic in enumerate(tables.topics)
        if first.setdefault(topic.name, index) != index
    ]


def _authored(tables: ProfileTables) -> AuthoredProfile:
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
    return AuthoredProfile(email=tables.email, name=tables.name, profile=profile)


def _topic(table: TopicTable, profile: ProfileTables) -> Topic:
    wanted = [
        *table.keywords,
        *(AUTHOR + name for name in table.authors),
        *(CATEGORY + name for name in table.categories),
    ]
    keywords, excluded = parse_all(wanted, table.exclude)
    # The topic's come last, and so count where both name a keyword, however they spell it.
    aliases = [*profile.aliases.items(), *table.aliases.items()]
    spoken = profile.language
    return Topic(
        name=table.name,
        keywords=attach(keywords, aliases, language=spoken),
        excluded=attach(excluded, aliases, language=spoken),
        weight=table.weight,
    )


def _error(problem: TomlIssue, file: str | Path) -> ProfileError:
    return ProfileError(problem.text, file=file, line=problem.line, column=problem.column)
