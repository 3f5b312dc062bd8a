"""Puts the papers of reading lists into the topics that name them in `likes`."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from digest.core.models.papers import Paper
from digest.core.models.profiles import ExamplePaper, Profile, Topic
from digest.core.text.paper_ids import arxiv_id, doi
from digest.late_patterns import late_pattern

MAX_PAPERS = 1000
"""The largest number of papers in one reading list."""

MAX_ABSTRACT = 5000
"""So many characters of an abstract count."""


_LIBRARY = late_pattern(
    r"zotero:(?P<library>(?:users|groups)/[0-9]{1,15})(?:/collections/(?P<collection>[A-Z0-9]{8}))?"
)


def library_in(name: str) -> tuple[str, str] | None:
    """Returns the library of Zotero that an entry of `likes` names, and the key of its collection.

    The key is empty for the whole library; None if the entry names no library.
    """
    found = _LIBRARY.fullmatch(name)
    return (found["library"], found["collection"] or "") if found else None


def is_file(name: str) -> bool:
    """Returns whether an entry of `likes` is a file."""
    return library_in(name) is None and not is_identifier(name)


def is_identifier(name: str) -> bool:
    """Returns whether an entry of `likes` is an arXiv id or a DOI, not a file."""
    return arxiv_id(name) is not None or doi(name) is not None


def named_in(profile: Profile) -> tuple[str, ...]:
    """Returns the entries of all `likes` that were not read yet, each once."""
    names = [name for topic in profile.topics for name in topic.likes_from]
    return tuple(dict.fromkeys(names))


def as_examples(papers: Sequence[Paper]) -> tuple[ExamplePaper, ...]:
    """Returns papers as examples."""
    return tuple(
        ExamplePaper(title=paper.title, abstract=paper.abstract[:MAX_ABSTRACT]) for paper in papers
    )


def with_reading_lists(profile: Profile, lists: Mapping[str, Sequence[ExamplePaper]]) -> Profile:
    """Returns a profile with the papers of reading lists.

    Args:
        profile: the profile. What `lists` does not have stays to be read.
        lists: the papers, by the entry of `likes` that names them.
    """
    if not any(name in lists for name in named_in(profile)):
        return profile
    return replace(profile, topics=tuple(_with_lists(topic, lists) for topic in profile.topics))


def _with_lists(topic: Topic, lists: Mapping[str, Sequence[ExamplePaper]]) -> Topic:
    found = {paper for name in topic.likes_from for paper in lists.get(name, ())}
    # In one order, so that the same papers give the same scores, however they were read.
    likes = sorted({*topic.likes, *found}, key=lambda paper: (paper.title, paper.abstract))
    left = tuple(name for name in topic.likes_from if name not in lists)
    return replace(topic, likes=tuple(likes), likes_from=left)
