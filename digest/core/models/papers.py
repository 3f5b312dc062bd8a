"""Types for a paper as a source shows it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """Why a paper is announced."""

    NEW = "new"  # never seen in any source
    LISTED = "listed"  # already stored, and now in another source for the first time
    REVISED = "revised"  # already stored, and its source has a new version
    WITHDRAWN = "withdrawn"  # already stored, and its source has withdrawn it


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier that a registry assigned to the paper."""

    scheme: str  # arxiv, doi, ...
    value: str  # normalised; an arXiv id without its version


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLink:
    """A web address of the paper; http or https only."""

    rel: str  # abstract | pdf | code | project | page (where the source discusses it)
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source shows it on one day."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None  # if the source gives only the number, not the names
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()  # the primary one first
    links: tuple[PaperLink, ...] = ()
    published: date | None = None  # the paper's own date, not the day it was listed
    updated: date | None = None
    votes: int | None = None
    comments: int | None = None
    position: int | None = None  # in the source's list, counted from 1
    version: int | None = None  # if the source counts versions (arXiv's v2 is 2)
    # What the source itself calls the paper: new, listed (arXiv's "cross"), revised ...
    notice: AnnouncementKind | None = None
    summary: str = ""  # a short text that the source gives in addition to the abstract
    keywords: tuple[str, ...] = ()  # from the source, not from a reader

    def link(self, rel: str) -> str | None:
        """Returns the URL of the first link with this `rel`, or None."""
        return next((link.url for link in self.links if link.rel == rel), None)
