"""What looking up a paper gives: types that travel between a service, the stage and the store."""

from dataclasses import dataclass
from enum import StrEnum

from digest.core.models.papers import Paper


class LookupOutcome(StrEnum):
    """What a service said about a paper."""

    FOUND = "found"  # a record that is surely the paper
    ABSENT = "absent"  # no record that is surely the paper


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswer:
    """The records that one request to a service returned."""

    papers: tuple[Paper, ...]
    address: str  # after all redirects


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkedPaper:
    """A stored paper without a link, which is looked up."""

    paper_id: int
    paper: Paper
