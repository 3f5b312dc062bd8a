"""Puts the titles of stored papers into the keywords that look for papers that cite them."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from digest.core.keywords.connections import CITED, parse_connection
from digest.core.models.profiles import Keyword, Profile

_MAX_TITLE = 200  # characters; it is shown in one line


def cited_in(profile: Profile) -> tuple[str, ...]:
    """Returns the papers of `cites:` keywords to which the reader gave no name, each once.

    They have the form in which stored papers are found, such as `doi:10.1/x`.
    """
    citing = [
        keyword
        for topic in profile.topics
        for keyword in topic.keywords
        if keyword.field == "cites"  # hardly any, and this runs for every keyword of every reader
    ]
    return tuple(dict.fromkeys(filter(None, map(_cited, citing)))) if citing else ()


def with_titles(profile: Profile, titles: Mapping[str, str]) -> Profile:
    """Returns a profile that names cited papers by their titles.

    Args:
        profile: the profile.
        titles: of papers, by the entries of `cited_in`.
    """
    if not titles:
        return profile
    return replace(
        profile,
        topics=tuple(
            replace(topic, keywords=tuple(_named(topic.keywords, titles)))
            for topic in profile.topics
        ),
    )


def _named(keywords: tuple[Keyword, ...], titles: Mapping[str, str]) -> Iterator[Keyword]:
    for keyword in keywords:
        title = titles.get(_cited(keyword), "")
        yield replace(keyword, term=f"{keyword.term} {title[:_MAX_TITLE]}") if title else keyword


def _cited(keyword: Keyword) -> str:
    if keyword.field != "cites":
        return ""
    found = parse_connection(keyword.field, keyword.term)
    return found.id.removeprefix(CITED) if found and not found.name else ""
