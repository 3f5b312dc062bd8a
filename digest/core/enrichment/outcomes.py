"""What looking up a paper gives: types that travel between a service, the stage and the store."""

from enum import StrEnum

from msgspec import Struct

from digest.core.models.papers import Paper

# Before the name of a service, in the name under which its answers are recorded. No source of
# sources.toml can have such a name.
SOURCE_PREFIX = "lookup:"


def source_of(service: str) -> str:
    """Returns the name of the source under which the answers of a service are recorded."""
    return f"{SOURCE_PREFIX}{service}"


class LookupOutcome(StrEnum):
    """What a service said about a paper."""

    FOUND = "found"  # a record that is surely the paper
    ABSENT = "absent"  # no record that is surely the paper


class LookupAnswer(Struct, frozen=True, kw_only=True):
    """The records that one request to a service returned."""

    papers: tuple[Paper, ...]
    address: str  # after all redirects


class WantedPaper(Struct, frozen=True, kw_only=True):
    """A stored paper that is looked up: it has no link, or an identifier but no abstract."""

    paper_id: int
    paper: Paper

    @property
    def is_identified(self) -> bool:
        """Whether its identifiers are known, so that only its abstract is wanted."""
        return bool(self.paper.identifiers)
