"""Papers as sources show them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as one source shows it on one day."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None  # where the source gives the number, not the names
    identifiers: tuple[Identifier, ...] = ()
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

    def link(self, rel: str) -> str | None:
        """The first link of this kind, if there is one."""
        return next((link.url for link in self.links if link.rel == rel), None)
