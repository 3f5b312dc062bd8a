"""Types for the contents of a digest: ranked papers in sections."""

from datetime import date

from msgspec import Struct

from digest.core.models.papers import UPDATES, AnnouncementKind, Paper


class Candidate(Struct, frozen=True, kw_only=True):
    """A stored paper that a digest may show: announced, or sighted again."""

    paper_id: int
    revision_id: int
    seq: int  # number of its latest announcement; of two equal scores it decides the order
    kind: AnnouncementKind
    source: str
    paper: Paper
    # News about it for those who were sent it, besides `kind`; None: there is none.
    update: AnnouncementKind | None = None

    @property
    def is_only_update(self) -> bool:
        """Whether it is of interest only to those who were sent it."""
        return self.kind in UPDATES


LEAST_POINTS = 1.0
"""A keyword that added less to the score is not named as a reason for a paper."""


class KeywordMatch(Struct, frozen=True, kw_only=True):
    """The contribution of one keyword to a score."""

    # As the reader wrote it; for others, the author, "votes", "code" or "model"; for "liked" and
    # "feedback", the title of the other paper.
    keyword: str
    # title | abstract | near | related | author | category | votes | code | followed | avoided
    # | liked | feedback | model
    field: str
    contribution: (
        float  # points of the score; below 0 for what the reader avoids, and for bad grades
    )
    words: tuple[str, ...] = ()  # of the paper, for which it is near to the keyword


class RankedPaper(Struct, frozen=True, kw_only=True):
    """A candidate with its score for one profile, which is the sum of the contributions."""

    candidate: Candidate
    score: float  # 0 to 100
    topic: str | None  # the topic with the highest score; None at score 0
    matches: tuple[KeywordMatch, ...]  # the largest contribution first


class EditionEntry(Struct, frozen=True, kw_only=True):
    """One paper in an edition."""

    candidate: Candidate
    score: float | None  # None in the trending section
    matches: tuple[KeywordMatch, ...] = ()
    sentences: tuple[int, ...] | None = None  # of the abstract, to show; None: not selected yet


class Section(Struct, frozen=True, kw_only=True):
    """The papers of one topic, the highest score first."""

    topic: str
    entries: tuple[EditionEntry, ...]


class Edition(Struct, frozen=True, kw_only=True):
    """One digest for one subscription on one local day: the contents, without the layout."""

    local_date: date
    sections: tuple[Section, ...]
    trending: tuple[EditionEntry, ...] = ()
    # The best of the papers that matched beyond max_papers; only their titles are shown.
    surplus: tuple[EditionEntry, ...] = ()
    # News about papers that earlier editions showed: the `kind` of the candidate says what it is.
    updates: tuple[EditionEntry, ...] = ()
    considered: int = 0  # papers that were ranked
    matched: int = 0  # of those, papers with at least min_match
    left_out: int = 0  # papers that matched and are not in a section, with those of the surplus
    # The fingerprint of the profile and the formula that gave the scores; empty: not known.
    scored_by: str = ""

    @property
    def entries(self) -> tuple[EditionEntry, ...]:
        """All matched papers, section by section."""
        return tuple(entry for section in self.sections for entry in section.entries)
