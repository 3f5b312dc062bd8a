"""What lifts a paper that matches, a little: off until the reader turns it on."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.models.papers import Paper
from digest.core.models.profiles import Boosts
from digest.core.ranking import fixed_point

VOTES = 0.05
MANY_VOTES = 100
"""The boost of a paper with so many votes; fewer add in proportion to their logarithm."""

CODE = 0.04
FOLLOWED = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledBoosts:
    """A profile's boosts, its followed authors read."""

    votes: bool
    code: bool
    followed: tuple[tuple[str, AuthorName], ...]  # as written, and read

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.votes or self.code or bool(self.followed)

    def of(self, paper: Paper) -> Iterator[tuple[str, str, float]]:
        """What adds to a paper in a topic of weight 1: its name, its field and how much."""
        if self.votes and paper.votes and paper.votes > 0:
            share = min(1.0, log(1 + paper.votes) / log(1 + MANY_VOTES))
            yield "votes", "votes", fixed_point.round_contribution(VOTES * share)
        if self.code and paper.link("code"):
            yield "code", "code", fixed_point.round_contribution(CODE)
        names = [parse_author_name(author) for author in paper.authors] if self.followed else []
        for author, wanted in self.followed:
            if any(name and wanted.may_be(name, exact=False) for name in names):
                yield author, "followed", fixed_point.round_contribution(FOLLOWED)
                return


def compile_boosts(boosts: Boosts) -> CompiledBoosts:
    """Read the names of the followed authors; one that is none is left out."""
    names = ((author, parse_author_name(author)) for author in dict.fromkeys(boosts.authors))
    return CompiledBoosts(
        votes=boosts.votes,
        code=boosts.code,
        followed=tuple((author, name) for author, name in names if name),
    )
