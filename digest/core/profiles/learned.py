"""Lays what was learned from a reader over the profile that a person wrote.

The authored profile does not change, so a reset gives it back. Followed authors raise papers that
match, as those in `boosts` do. The papers of muted authors are excluded from all topics, and are
never shown as trending: whoever mutes a name does not want to see it lower, but not at all.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.parser import parse
from digest.core.models.papers import Paper
from digest.core.models.profiles import GivenFeedback, Profile


class LearnedProfile(Struct, frozen=True, kw_only=True):
    """What was learned from one reader."""

    feedback: tuple[GivenFeedback, ...] = ()  # each paper once
    followed: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Returns whether anything was learned."""
        return bool(self.feedback or self.followed or self.muted)


def with_learned(profile: Profile, learned: LearnedProfile, *, as_of: date) -> Profile:
    """Returns a profile with what was learned from its reader.

    Args:
        profile: as it was written.
        learned: from the reader's feedback.
        as_of: the day (UTC) to which feedback fades.
    """
    if not learned:
        return profile
    muted = tuple(parse(f"author:{name}") for name in learned.muted)
    boosts = profile.boosts
    return replace(
        profile,
        topics=tuple(
            replace(topic, excluded=(*topic.excluded, *muted)) for topic in profile.topics
        ),
        boosts=replace(boosts, authors=(*boosts.authors, *learned.followed)),
        feedback=learned.feedback,
        feedback_as_of=as_of,
        muted=learned.muted,
    )


def muted_names(profile: Profile) -> tuple[AuthorName, ...]:
    """Returns the names of a profile's muted authors."""
    return tuple(name for author in profile.muted if (name := parse_author_name(author)))


def has_author(paper: Paper, wanted: Sequence[AuthorName]) -> bool:
    """Returns whether one of some people wrote a paper."""
    if not wanted:
        return False
    names = _names(paper.authors)
    return any(one.matches(name, exact=False) for one in wanted for name in names)


def _names(authors: Iterable[str]) -> list[AuthorName]:
    return [name for author in authors if (name := parse_author_name(author))]
