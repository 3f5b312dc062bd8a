"""Finds probable mistakes in a profile file, with their places."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from digest.config.profiles.keyword_fields import FIELDS_BY_LIST
from digest.config.profiles.loader import parse
from digest.config.profiles.schema import ProfileTables, TopicTable
from digest.config.suggestions import did_you_mean
from digest.config.tables.problems import Path
from digest.config.toml_document import Document, TomlIssue, display, validate
from digest.core.keywords.aliases import meaning, parse_name
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Profile
from digest.core.profiles.lint import LintWarning, TopicPart, lint

_Words = tuple[tuple[str, ...], bool, bool]  # a `meaning` without its field


def warnings(text: str, papers: Sequence[Candidate] = ()) -> list[TomlIssue]:
    """Returns the warnings about the text of a profile, from top to bottom.

    Args:
        text: a profile without errors.
        papers: stored papers, on which keywords are tried.

    Raises:
        ProfileError: the text has an error.
    """
    profile = parse(text, file="profile").profile
    document = Document(text)
    tables = validate(document, ProfileTables)
    # Cannot happen, because `parse` has accepted the text.
    if isinstance(tables, list):
        return tables
    issues = [
        document.issue_at(warning.problem, _path(warning, tables), character=0)
        if warning.part is not TopicPart.TOPIC
        else document.issue_at(warning.problem, ("topics", warning.topic, "name"), character=0)
        for warning in lint(profile, papers)
    ]
    issues += _unused_aliases(document, tables, profile)
    return sorted(issues, key=lambda issue: (issue.line or 0, issue.column or 0))


def _path(warning: LintWarning, tables: ProfileTables) -> Path:
    """Returns the path of the keyword that a warning is about."""
    topic = tables.topics[warning.topic]
    if warning.part is TopicPart.AVOIDED:
        return ("topics", warning.topic, "avoid", warning.index)
    paths = _included(topic) if warning.part is TopicPart.KEYWORDS else _excluded(topic)
    return ("topics", warning.topic, *list(paths)[warning.index])


def _included(topic: TopicTable) -> Iterator[Path]:
    """Yields the paths of a topic's keywords, in the order of `Topic.keywords`."""
    yield from (
        ("keywords", place) for place, text in enumerate(topic.keywords) if _is_included(text)
    )
    for name in FIELDS_BY_LIST:
        yield from ((name, place) for place in range(len(getattr(topic, name))))


def _excluded(topic: TopicTable) -> Iterator[Path]:
    """Yields the paths of a topic's exclusions, in the order of `Topic.excluded`."""
    yield from (
        ("keywords", place) for place, text in enumerate(topic.keywords) if not _is_included(text)
    )
    yield from (("exclude", place) for place in range(len(topic.exclude)))


def _is_included(text: str) -> bool:
    return bool(parse_all([text])[0])


def _unused_aliases(
    document: Document, tables: ProfileTables, profile: Profile
) -> Iterator[TomlIssue]:
    all_names: dict[_Words, str] = {}
    for number, (table, topic) in enumerate(zip(tables.topics, profile.topics, strict=True)):
        names: dict[_Words, str] = {
            meaning(keyword)[1:]: keyword.term
            for keyword in (*topic.keywords, *topic.excluded, *topic.avoided)
            if keyword.field in ("text", "title")
        }
        all_names |= names
        yield from _unused(
            document, table.aliases, names, ("topics", number, "aliases"), profile.language
        )
    yield from _unused(document, tables.aliases, all_names, ("aliases",), profile.language)


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
            text = f"{display(name)} is not a keyword of {where}, so its aliases are not used{hint}"
            yield document.issue_at_key(text, (*path, name))
