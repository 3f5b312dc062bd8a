"""Papers as sources show them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from digest.core.text.paper_ids import arxiv_id

_STRENGTH = {"arxiv": 0, "doi": 1}  # the order of schemes; any other comes after these


class AnnouncementKind(StrEnum):
    """Why a paper is announced."""

    NEW = "new"  # never seen anywhere before
    LISTED = "listed"  # known, and now for the first time in a further source
    REVISED = "revised"  # known, and its source has a new version
    WITHDRAWN = "withdrawn"  # known, and taken back by its source


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A name that a registry gave the paper."""

    scheme: str  # arxiv, doi, ...
    value: str  # normalised; an arXiv id without its version


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLink:
    """An address that belongs to the paper; http or https only."""

    rel: str  # abstract | pdf | code | project | page (where the source discusses it)
    url: str


def normalise_identifiers(identifiers: Collection[Identifier]) -> tuple[Identifier, ...]:
    """Returns each identifier once, the strongest first: arXiv id, DOI, others.

    arXiv registers a DOI for each of its papers; such a DOI stands for the arXiv id, too.
    """
    given = dict.fromkeys(identifiers)
    for item in identifiers:
        if item.scheme == "doi" and (found := arxiv_id(item.value)):
            given[Identifier(scheme="arxiv", value=found[0])] = None
    return tuple(sorted(given, key=lambda item: _STRENGTH.get(item.scheme, len(_STRENGTH))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source shows it on one day."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None  # where the source gives the number, not the names
    identifiers: tuple[Identifier, ...] = ()  # normalised when the paper is made
    categories: tuple[str, ...] = ()  # the primary one first
    links: tuple[PaperLink, ...] = ()
    published: date | None = None  # the paper's own date, not the day it was listed
    updated: date | None = None
    votes: int | None = None
    comments: int | None = None
    position: int | None = None  # in the source's list, counted from 1
    version: int | None = None  # of the text, where the source counts versions (arXiv's v2)
    notice: AnnouncementKind | None = (
        None  # what the source itself calls it: new, listed (cross), revised ...
    )
    summary: str = ""  # a short one that the source gives beside the abstract
    keywords: tuple[str, ...] = ()  # that the source gives

    def __post_init__(self) -> None:
        """Normalises the identifiers, once for all that compare papers."""
        if len(self.identifiers) > 1 or any(item.scheme == "doi" for item in self.identifiers):
            object.__setattr__(self, "identifiers", normalise_identifiers(self.identifiers))

    def link(self, rel: str) -> str | None:
        """The first link of this kind, if there is one."""
        return next((link.url for link in self.links if link.rel == rel), None)
