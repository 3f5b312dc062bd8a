"""Types for a paper as a source shows it."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import force_setattr

from digest.core.text.paper_ids import arxiv_id, unversioned_doi

_STRENGTH = {"arxiv": 0, "doi": 1}  # sort order; all other schemes come after these


class AnnouncementKind(StrEnum):
    """Why a paper is announced."""

    NEW = "new"  # never seen in any source
    LISTED = "listed"  # already stored, and now in another source for the first time
    REVISED = "revised"  # already stored, and its source has a new version
    WITHDRAWN = "withdrawn"  # already stored, and its source has withdrawn it
    RETRACTED = "retracted"  # already stored, and its journal has retracted it
    CORRECTED = "corrected"  # already stored, and a correction was published
    PUBLISHED = "published"  # already stored as a preprint, and now an article


# News about a paper that a reader has already: of interest only to those who were sent it.
UPDATES = frozenset(
    {
        AnnouncementKind.WITHDRAWN,
        AnnouncementKind.RETRACTED,
        AnnouncementKind.CORRECTED,
        AnnouncementKind.PUBLISHED,
    }
)
# The paper should not be relied on any more.
WITHDRAWALS = frozenset({AnnouncementKind.WITHDRAWN, AnnouncementKind.RETRACTED})
# The scheme of an identifier of a notice, such as a correction, that names the paper it is about.
NOTICE_SCHEME = "notice"


class Identifier(Struct, frozen=True, kw_only=True):
    """An identifier that a registry assigned to the paper."""

    scheme: str  # arxiv, doi, ...
    value: str  # normalised; an arXiv id without its version


class PaperLink(Struct, frozen=True, kw_only=True):
    """A web address of the paper; http or https only."""

    # abstract | pdf | code | project | page (where the source discusses it) | thumbnail (a picture)
    rel: str
    url: str


def normalise_identifiers(identifiers: Collection[Identifier]) -> tuple[Identifier, ...]:
    """Returns the identifiers without duplicates, the strongest first: arXiv id, DOI, others.

    The versions of a preprint have one DOI here (`unversioned_doi`). arXiv registers a DOI for each of its papers. For such a DOI the arXiv id is added, unless another
    one is given: a paper has one arXiv id, and with two it would absorb the other paper.
    """
    given = dict.fromkeys(map(_unversioned, identifiers))
    for item in () if any(item.scheme == "arxiv" for item in identifiers) else identifiers:
        if item.scheme == "doi" and (found := arxiv_id(item.value)):
            given[Identifier(scheme="arxiv", value=found[0])] = None
    return tuple(sorted(given, key=lambda item: _STRENGTH.get(item.scheme, len(_STRENGTH))))


def _unversioned(item: Identifier) -> Identifier:
    if item.scheme != "doi":
        return item
    value, version = unversioned_doi(item.value)
    return item if version is None else Identifier(scheme="doi", value=value)


class Paper(Struct, frozen=True, kw_only=True):
    """A paper as one source shows it on one day."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None  # if the source gives only the number, not the names
    identifiers: tuple[Identifier, ...] = ()  # normalised when the paper is made
    categories: tuple[str, ...] = ()  # the primary one first
    links: tuple[PaperLink, ...] = ()
    published: date | None = None  # the paper's own date, not the day it was listed
    updated: date | None = None
    votes: int | None = None
    comments: int | None = None
    stars: int | None = None  # of its code, at the site that hosts it
    position: int | None = None  # in the source's list, counted from 1
    version: int | None = None  # if the source counts versions (arXiv's v2 is 2)
    # What the source itself calls the paper: new, listed (arXiv's "cross"), revised ...
    notice: AnnouncementKind | None = None
    summary: str = ""  # a short text that the source gives in addition to the abstract
    keywords: tuple[str, ...] = ()  # from the source, not from a reader
    venue: str = ""  # the journal or conference, as the source names it
    # What the record names by an id, which a name may follow after a space: authors (orcid:...,
    # openalex:A...), institutions (ror:..., openalex:I..., or affiliation: and a name), the journal
    # (issn:..., openalex:S...), and works that it cites (cites:doi:..., cites:arxiv:...).
    connections: tuple[str, ...] = ()
    abstract_from: str = ""  # the service that gave an abstract which the source had not

    def __post_init__(self) -> None:
        """Normalises the identifiers, once for all that compare papers."""
        if len(self.identifiers) > 1 or any(item.scheme == "doi" for item in self.identifiers):
            force_setattr(self, "identifiers", normalise_identifiers(self.identifiers))

    @property
    def is_notice(self) -> bool:
        """Whether this is only a notice about a paper, such as a correction, and not the paper."""
        return any(item.scheme == NOTICE_SCHEME for item in self.identifiers)

    def link(self, rel: str) -> str | None:
        """Returns the URL of the first link with this `rel`, or None.

        A source may give an identifier alone: then the paper is where its identifier leads.
        """
        given = next((link.url for link in self.links if link.rel == rel), None)
        return given or self._identifier_url(rel)

    def _identifier_url(self, rel: str) -> str | None:
        for scheme, site in (("arxiv", "https://arxiv.org/"), ("doi", "https://doi.org/")):
            value = next((item.value for item in self.identifiers if item.scheme == scheme), None)
            if value is None:
                continue
            name = quote(value, safe="/:();")
            if scheme == "arxiv" and rel in ("abstract", "pdf"):
                return f"{site}{'abs' if rel == 'abstract' else rel}/{name}"
            # Not beside the page of the source, which is as good.
            if scheme == "doi" and rel == "abstract":
                has_page = any(link.rel == "page" for link in self.links)
                return None if has_page else f"{site}{name}"
        return None
