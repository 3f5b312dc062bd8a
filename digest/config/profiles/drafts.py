"""Profiles to begin with: from the words that somebody gives, or from a reading list."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from digest.config.profiles.loader import AuthoredProfile, parse
from digest.config.profiles.schema import CATEGORY
from digest.config.profiles.writer import render_profile
from digest.config.suggestions import did_you_mean
from digest.core.keywords.parser import KeywordError, parse_all
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.subscribers.email_addresses import check_address
from digest.core.text.tokens import LANGUAGES
from digest.errors import ProfileError, UsageError

_NAME_LENGTH = 100  # characters, as the model has it
_NAMED = re.compile(r"\s*([^:\",;]+):\s+(?=\S)")
_FIELDS = ("title", "author", "category")
_SUGGESTED = 5  # authors, or categories, that a derived profile offers

_HEADING = (
    "Who gets a digest, when, and about what: one file is one subscription.",
    "`digest profile check FILE` finds mistakes and says where they are, and `digest profile",
    "volume FILE` what this would have brought. docs/profiles.md explains the rest.",
)


def read_address(text: str) -> str:
    """An e-mail address, checked.

    Raises:
        UsageError: it is none.
    """
    try:
        return check_address(text.strip())
    except ValueError as error:
        raise UsageError(f"{text.strip()!r} is no e-mail address: {error}") from None


def read_language(name: str) -> str:
    """The name of a language whose endings are known.

    Raises:
        UsageError: it is none.
    """
    if name not in LANGUAGES:
        hint = did_you_mean(name, LANGUAGES) or f"; write one of {', '.join(LANGUAGES)}"
        raise UsageError(f"{name!r} is no language whose endings are known{hint}")
    return name


def read_topics(*texts: str) -> tuple[Topic, ...]:
    """Topics as a person says them: "Bees: waggle dance, honey*; KV cache, quantiz*".

    Commas stand between keywords, a semicolon between topics; a topic may have its name and
    a colon before it, else its first keyword names it. In double quotes none of them counts.
    Of several texts, each with a name begins a topic, and the others go on with the last.

    Raises:
        UsageError: there is none, or a keyword cannot be used.
    """
    text = "".join(f"{'; ' if _name(text) else ', '}{text}" for text in texts)
    topics = tuple(_topic(part.lstrip(" ,")) for part in _split(text, ";") if part.strip(" ,"))
    if not topics:
        raise UsageError('no keywords; write some with commas between them, as in "KV cache, RAG"')
    return topics


def draft(*, email: str, timezone: str, topics: Sequence[Topic], max_papers: int) -> str:
    """A commented profile about these topics.

    Raises:
        UsageError: a part of it cannot be used.
    """
    profile = Profile(topics=tuple(topics), timezone=timezone, max_papers=max_papers)
    return _checked(render_profile(_authored(email, profile), heading=_HEADING))


def draft_from_library(
    *,
    name: str,
    email: str,
    timezone: str,
    papers: Sequence[Paper],
    keywords: Sequence[Keyword],
    holding: Sequence[int],
) -> str:
    """A commented profile with the keywords of a reading list, in one topic to be divided.

    Args:
        name: of the list.
        email: where the digest is sent.
        timezone: the reader's.
        papers: of the list.
        keywords: those derived from it, the heaviest first.
        holding: in how many of the papers each of them occurs.

    Raises:
        UsageError: a part of it cannot be used.
    """
    many = len(papers)
    profile = Profile(
        topics=(Topic(name="My library", keywords=tuple(keywords)),),
        timezone=timezone,
        language=keywords[0].language,
    )
    heading = (
        f"Derived from {name}: the {len(keywords)} words that its {many} papers speak of most,",
        "the heaviest first. It is yours to edit: strike what is not your subject, join words",
        "that belong together into phrases, change the ^weights, divide the rest into topics.",
        *_HEADING,
    )
    notes = {
        keyword.text: f"in {count} of {many}"
        for keyword, count in zip(keywords, holding, strict=True)
    }
    text = render_profile(
        _authored(email, profile), heading=heading, notes=notes, closing=_suggestions(papers)
    )
    return _checked(text)


def _suggestions(papers: Sequence[Paper]) -> Iterator[str]:
    """Lines that a reader may take into a topic."""
    people = Counter(author for paper in papers for author in dict.fromkeys(paper.authors))
    categories = Counter(name for paper in papers for name in dict.fromkeys(paper.categories))
    for key, counts in (("authors", people), ("categories", categories)):
        field = CATEGORY if key == "categories" else "author:"
        often = sorted(
            (name for name, count in counts.items() if count > 1 and _usable(field + name)),
            key=lambda name: (-counts[name], name),
        )[:_SUGGESTED]
        if often:
            yield f"The {key} it has most often; take this line into a topic to look for them:"
            yield f"{key} = [{', '.join(_quoted(name) for name in often)}]"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _usable(text: str) -> bool:
    try:
        return bool(parse_all([text])[0])
    except KeywordError:
        return False


def _name(text: str) -> re.Match[str] | None:
    """A topic's name before its colon; the name of a field is none."""
    named = _NAMED.match(text)
    return named if named and named[1].strip().lower() not in _FIELDS else None


def _topic(text: str) -> Topic:
    name = ""
    if named := _name(text):
        name, text = named[1].strip(), text[named.end() :]
    words = [word.strip() for word in _split(text, ",") if word.strip()]
    for word in words:
        if late := _name(word):
            raise UsageError(
                f"{late[1].strip()!r} stands among keywords like the name of a topic; write a"
                " semicolon before it, or the keyword in double quotes"
            )
    try:
        keywords, excluded = parse_all(words)
    except KeywordError as error:
        raise UsageError(f"keyword {error.keyword!r}: {error.problem}") from None
    if not keywords:
        raise UsageError(f"{text.strip()!r} holds nothing to look for; write a keyword")
    return Topic(
        name=name or keywords[0].term[:_NAME_LENGTH].strip(), keywords=keywords, excluded=excluded
    )


def _split(text: str, sign: str) -> list[str]:
    """The parts between the signs that stand outside of double quotes."""
    parts, quoted = [""], False
    for char in text:
        quoted ^= char in '"“”'
        if char == sign and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _authored(email: str, profile: Profile) -> AuthoredProfile:
    return AuthoredProfile(email=email, name="", profile=profile)


def _checked(text: str) -> str:
    try:
        parse(text, file="profile")
    except ProfileError as error:
        raise UsageError(error.problem) from None
    return text
