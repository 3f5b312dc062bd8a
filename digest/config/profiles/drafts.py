"""Drafts the text of a new profile, from given keywords or from a reading list."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from digest.config.profiles.keyword_fields import CATEGORY
from digest.config.profiles.loader import AuthoredProfile, parse
from digest.config.profiles.writer import render_profile
from digest.config.suggestions import did_you_mean
from digest.core.keywords.parser import KeywordError, parse_all
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.reading_lists import MAX_PAPERS
from digest.core.subscribers.email_addresses import check_address
from digest.core.text.plurals import count
from digest.core.text.tokens import LANGUAGES
from digest.errors import ProfileError, UsageError

_MAX_NAME_LENGTH = 100  # characters, as in `TopicTable`
# A space must follow the colon: `title:word` is a keyword with a field.
_TOPIC_NAME = re.compile(r"\s*+([^:\",;]++):\s++(?=\S)")
_BEGINS_TEXT = re.compile(r'^["“-]|:')
_ENDS_TEXT = re.compile(r'(?:["”*;]|\^[\d.]+)$')
_KEYWORD_FIELDS = ("title", "author", "category")
_MAX_SUGGESTIONS = 5  # of authors, and of categories, in a derived profile

# These texts are part of the JSON results of `digest profile`, which must not change.
_HEADING = (
    "Who gets a digest, when, and about what: one file is one subscription.",
    "`digest profile check FILE` finds mistakes and says where they are, and `digest profile",
    "volume FILE` what this would have brought. docs/profiles.md explains the rest.",
)


def read_address(text: str) -> str:
    """Returns a checked e-mail address.

    Raises:
        UsageError: the text is not an address.
    """
    try:
        return check_address(text.strip())
    except ValueError as error:
        raise UsageError(f"{text.strip()!r} is not an e-mail address: {error}") from None


def read_language(name: str) -> str:
    """Returns the checked name of a supported language.

    Raises:
        UsageError: the language is not supported.
    """
    if name not in LANGUAGES:
        hint = did_you_mean(name, LANGUAGES) or f"; write one of {', '.join(LANGUAGES)}"
        raise UsageError(f"{name!r} is not a supported language{hint}")
    return name


def join_words(words: Sequence[str]) -> list[str]:
    """Joins words that a shell has split: `computer vision` is one phrase.

    A text with a space was in quotes on the command line, so it stays as it is. A word with a
    leading "-" or a colon begins a new text, and one that ends in `*`, a weight or a quote ends it.

    Args:
        words: the arguments of a command.

    Returns:
        Texts for `read_topics`.
    """
    texts: list[str] = []
    is_open = False
    for word in words:
        is_single = not any(map(str.isspace, word.strip()))
        if is_open and is_single and not _BEGINS_TEXT.search(word):
            texts[-1] += f" {word}"
        else:
            texts.append(word)
        is_open = is_single and not _ENDS_TEXT.search(word)
    return texts


def describe_topics(topics: Sequence[Topic]) -> str:
    """Returns the keywords of topics in words, for the person who wrote them."""
    return "; ".join(
        f"topic {topic.name!r} with {count(len(topic.keywords), 'keyword')}: "
        + ", ".join(repr(keyword.text) for keyword in topic.keywords)
        for topic in topics
    )


def read_topics(*texts: str) -> tuple[Topic, ...]:
    """Parses topics from a short text: "Bees: waggle dance, honey*; KV cache, quantiz*".

    Commas separate keywords, and semicolons separate topics. A topic may begin with its name and
    a colon; otherwise it has the name of its first keyword. Inside double quotes these signs have
    no meaning.

    Args:
        *texts: one or more such texts. A text with a name begins a new topic; a text without a
            name continues the last topic.

    Raises:
        UsageError: there are no keywords, or a keyword cannot be used.
    """
    text = "".join(f"{'; ' if _match_name(text) else ', '}{text}" for text in texts)
    topics = tuple(_topic(part.lstrip(" ,")) for part in _split(text, ";") if part.strip(" ,"))
    if not topics:
        raise UsageError('no keywords; write some with commas between them, as in "KV cache, RAG"')
    return topics


def draft(*, email: str, timezone: str, topics: Sequence[Topic], max_papers: int) -> str:
    """Returns the text of a profile with comments.

    Args:
        email: the address to which the digest is sent.
        timezone: of the reader, as an IANA name.
        topics: from `read_topics`.
        max_papers: the largest number of papers in one digest.

    Raises:
        UsageError: one of the values cannot be used.
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
    describing: Sequence[Keyword] = (),
) -> str:
    """Returns the text of a profile that likes the papers of a reading list.

    Keywords are suggested in comments: beside the list they make the ranking worse
    (docs/research/ranking.md), but a person may want to say what the list does not. A list that is
    too long to be liked as a whole gives a topic with its keywords.

    Args:
        name: of the reading list.
        email: the address to which the digest is sent.
        timezone: of the reader, as an IANA name.
        papers: the papers of the list.
        keywords: derived from the list, the largest weight first.
        holding: for each keyword, the number of papers that contain it.
        describing: words and phrases that describe the list, the best first.

    Raises:
        UsageError: one of the values cannot be used.
    """
    paper_count = len(papers)
    language = keywords[0].language
    # A reading list that ranking can use as it is. Of a longer one, only its keywords can be used.
    if paper_count <= MAX_PAPERS:
        likes = Topic(name="My library", keywords=(), likes_from=(name,))
        text = render_profile(
            _authored(email, Profile(topics=(likes,), timezone=timezone, language=language)),
            heading=(
                f"Papers like the {paper_count} of {name}. Keep that file beside this one; each run",
                "reads it again.",
                *_HEADING,
            ),
            closing=(*_suggested_keywords(describing), *_suggestions(papers)),
        )
        return _checked(text)
    profile = Profile(
        topics=(Topic(name="My library", keywords=tuple(keywords)),),
        timezone=timezone,
        language=language,
    )
    heading = (
        f"Derived from {name}: the {len(keywords)} words that its {paper_count} papers speak of most,",
        "the heaviest first. It is yours to edit: strike what is not your subject, join words",
        "that belong together into phrases, change the ^weights, divide the rest into topics.",
        *_HEADING,
    )
    notes = {
        keyword.text: f"in {papers_with} of {paper_count}"
        for keyword, papers_with in zip(keywords, holding, strict=True)
    }
    text = render_profile(
        _authored(email, profile), heading=heading, notes=notes, closing=_suggestions(papers)
    )
    return _checked(text)


def _suggested_keywords(keywords: Sequence[Keyword]) -> Iterator[str]:
    if keywords:
        yield "What describes it best; take what you want more of into a topic of its own:"
        yield f"keywords = [{', '.join(_quoted(keyword.text) for keyword in keywords)}]"


def _suggestions(papers: Sequence[Paper]) -> Iterator[str]:
    """Yields comment lines that a reader may move into a topic."""
    authors = Counter(author for paper in papers for author in dict.fromkeys(paper.authors))
    categories = Counter(name for paper in papers for name in dict.fromkeys(paper.categories))
    for key, counts in (("authors", authors), ("categories", categories)):
        field = CATEGORY if key == "categories" else "author:"
        most_frequent = sorted(
            (
                name
                for name, papers_with in counts.items()
                # An author of one paper in the list says nothing about the reader.
                if papers_with > 1 and _usable(field + name)
            ),
            key=lambda name: (-counts[name], name),
        )[:_MAX_SUGGESTIONS]
        if most_frequent:
            yield f"The {key} it has most often; take this line into a topic to look for them:"
            yield f"{key} = [{', '.join(_quoted(name) for name in most_frequent)}]"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _usable(text: str) -> bool:
    try:
        return bool(parse_all([text])[0])
    except KeywordError:
        return False


def _match_name(text: str) -> re.Match[str] | None:
    """Matches the name of a topic before a colon; a field such as "title:" is not a name."""
    match = _TOPIC_NAME.match(text)
    return match if match and match[1].strip().lower() not in _KEYWORD_FIELDS else None


def _topic(text: str) -> Topic:
    name = ""
    if match := _match_name(text):
        name, text = match[1].strip(), text[match.end() :]
    words = [word.strip() for word in _split(text, ",") if word.strip()]
    for word in words:
        if late_name := _match_name(word):
            raise UsageError(
                f"{late_name[1].strip()!r} looks like the name of a topic, but it follows a comma;"
                " write a semicolon before it, or put the keyword in double quotes"
            )
    try:
        keywords, excluded = parse_all(words)
    except KeywordError as error:
        raise UsageError(f"keyword {error.keyword!r}: {error.problem}") from None
    if not keywords:
        raise UsageError(f"{text.strip()!r} contains nothing to look for; write a keyword")
    return Topic(
        name=name or keywords[0].term[:_MAX_NAME_LENGTH].strip(),
        keywords=keywords,
        excluded=excluded,
    )


def _split(text: str, sign: str) -> list[str]:
    """Splits a text at a sign, except inside double quotes."""
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
