"""What in a profile is allowed and most likely not meant, with its place in the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from digest.config.profiles.loader import parse
from digest.config.profiles.schema import ProfileTables, TopicTable
from digest.config.suggestions import did_you_mean
from digest.config.toml_document import Document, TomlIssue, check, shown
from digest.config.toml_positions import Path
from digest.core.keywords.aliases import meaning, parse_name
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Profile
from digest.core.profiles.lint import LintWarning, TopicPart, lint

_Words = tuple[tuple[str, ...], bool, bool]  # a meaning without its field


def warnings(text: str, papers: Sequence[Candidate] = ()) -> list[TomlIssue]:
    """The warnings about a profile's text, from top to bottom.

    Args:
        text: a profile without errors.
        papers: those seen, on which keywords are tried.

    Raises:
        ProfileError: the text is no profile.
    """
    profile = parse(text, file="profile").profile
    document = Document(text)
    tables = check(document, ProfileTables)
    if isinstance(tables, list):  # `parse` has just accepted them
        return tables
    found = [
        document.problem(item.problem, _path(item, tables), character=0)
        if item.part is not TopicPart.TOPIC
        else document.problem(item.problem, ("topics", item.topic, "name"), character=0)
        for item in lint(profile, papers)
    ]
    found += _unused_aliases(document, tables, profile)
    return sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0))


def _path(item: LintWarning, tables: ProfileTables) -> Path:
    """Where the keyword of a finding was written."""
    topic = tables.topics[item.topic]
    places = _included(topic) if item.part is TopicPart.KEYWORDS else _excluded(topic)
    return ("topics", item.topic, *list(places)[item.index])


def _included(topic: TopicTable) -> Iterator[Path]:
    """The places of a topic's keywords, in the order of `Topic.keywords`."""
    yield from (
        ("keywords", place) for place, text in enumerate(topic.keywords) if _is_wanted(text)
    )
    yield from (("authors", place) for place in range(len(topic.authors)))
    yield from (("categories", place) for place in range(len(topic.categories)))


def _excluded(topic: TopicTable) -> Iterator[Path]:
    """The places of a topic's exclusions, in the order of `Topic.excluded`."""
    yield from (
        ("keywords", place) for place, text in enumerate(topic.keywords) if not _is_wanted(text)
    )
    yield from (("exclude", place) for place in range(len(topic.exclude)))


def _is_wanted(text: str) -> bool:
    return bool(parse_all([text])[0])


def _unused_aliases(
    document: Document, tables: ProfileTables, profile: Profile
) -> Iterator[TomlIssue]:
    everywhere: dict[_Words, str] = {}
    for number, (table, topic) in enumerate(zip(tables.topics, profile.topics, strict=True)):
        names: dict[_Words, str] = {
            meaning(keyword)[1:]: keyword.term
            for keyword in (*topic.keywords, *topic.excluded)
            if keyword.field in ("text", "title")
        }
        everywhere |= names
        yield from _unused(
            document, table.aliases, names, ("topics", number, "aliases"), profile.language
        )
    yield from _unused(document, tables.aliases, everywhere, ("aliases",), profile.language)


def _unused(
    document: Document,
    aliases: Mapping[str, object],
    names: Mapping[_Words, str],
    path: Path,
    language: str,
) -> Iterator[TomlIssue]:
    where = "this topic" if len(path) > 1 else "any topic"
    for name in aliases:
        if meaning(replace(parse_name(name), language=language))[1:] not in names:
            hint = did_you_mean(name, names.values()) or "; add it to the keywords, or remove it"
            text = f"{shown(name)} is no keyword of {where}, so its aliases are not used{hint}"
            yield document.key_problem(text, (*path, name))
