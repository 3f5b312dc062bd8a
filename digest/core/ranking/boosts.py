"""Small extra scores for matching papers: votes, code links and followed authors.

All boosts are off until the reader turns them on.
"""

from collections.abc import Iterator
from math import log

from msgspec import Struct

from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.connections import ConnectionIdError, FollowedItem, parse_connection
from digest.core.models.papers import Paper
from digest.core.models.profiles import Boosts
from digest.core.ranking import fixed_point
from digest.core.text.tokens import normalise

VOTES_BOOST = 0.07

MANY_VOTES = 100
"""A paper with this many votes gets the whole boost; fewer votes count by their logarithm."""

CODE_BOOST = 0.06
FOLLOWED_AUTHOR_BOOST = 0.2


class CompiledBoosts(Struct, frozen=True, kw_only=True):
    """The boosts of a profile, with the names of the followed authors parsed."""

    votes: bool
    code: bool
    # The text as written, and what it is: a name, or an id.
    followed: tuple[tuple[str, AuthorName | FollowedItem], ...]

    def __bool__(self) -> bool:
        """Returns whether any boost is on."""
        return self.votes or self.code or bool(self.followed)

    def contributions(self, paper: Paper) -> Iterator[tuple[str, str, float]]:
        """Yields what each boost adds to a paper, for a topic of weight 1.

        Args:
            paper: a paper that matches the topic.

        Yields:
            The name of the boost (or of the author), its field, and the amount.
        """
        if self.votes and paper.votes and paper.votes > 0:
            share = min(1.0, log(1 + paper.votes) / log(1 + MANY_VOTES))
            yield "votes", "votes", fixed_point.round_contribution(VOTES_BOOST * share)
        if self.code and paper.link("code"):
            yield "code", "code", fixed_point.round_contribution(CODE_BOOST)
        names = [parse_author_name(author) for author in paper.authors] if self.followed else []
        for author, followed in self.followed:
            found = (
                _named(followed, paper)
                if isinstance(followed, FollowedItem)
                else author
                if any(name and followed.matches(name, exact=False) for name in names)
                else None
            )
            if found:
                yield found, "followed", fixed_point.round_contribution(FOLLOWED_AUTHOR_BOOST)
                # A second followed author adds nothing.
                return


def _named(followed: FollowedItem, paper: Paper) -> str | None:
    """Returns the name of a followed author, if the record of a paper names the id."""
    for text in paper.connections:
        name_id, _, name = text.partition(" ")
        if name_id == followed.id:
            return followed.name or name or name_id
    return None


def compile_boosts(boosts: Boosts) -> CompiledBoosts:
    """Parses the names and ids of the followed authors; a text that is neither is left out."""
    names = ((author, parse_person(author)) for author in dict.fromkeys(boosts.authors))
    return CompiledBoosts(
        votes=boosts.votes,
        code=boosts.code,
        followed=tuple((author, name) for author, name in names if name),
    )


def parse_person(text: str) -> AuthorName | FollowedItem | None:
    """Returns who is followed, by an id or a name; None if the text is neither."""
    try:
        return parse_connection("author", normalise(text)) or parse_author_name(text)
    except ConnectionIdError:
        return None
