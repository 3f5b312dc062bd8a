"""What a digest shows."""

from dataclasses import dataclass
from datetime import date

from digest.core.models.papers import AnnouncementKind, Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored paper that a digest may show: announced, or sighted again."""

    paper_id: int
    revision_id: int
    seq: int  # of its latest announcement: the log's order, and the tie-break of ranks
    kind: AnnouncementKind
    source: str
    paper: Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordMatch:
    """One keyword's part in a score."""

    keyword: str  # as the reader wrote it; for a boost, the author, "votes" or "code"
    field: str  # title | abstract | author | category | related | votes | code | followed
    contribution: float  # points of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPaper:
    """A candidate's score for one profile; the contributions add up to the score."""

    candidate: Candidate
    score: float  # 0 to 100
    topic: str | None  # of the best topic; None at score 0
    matches: tuple[KeywordMatch, ...]  # the largest contribution first


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionEntry:
    """A paper's place in an edition."""

    candidate: Candidate
    score: float | None  # None in the trending section
    matches: tuple[KeywordMatch, ...] = ()
    sentences: tuple[int, ...] | None = None  # of its abstract, to be shown; None: not chosen yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The papers of one topic, best first."""

    topic: str
    entries: tuple[EditionEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One digest for one subscription on one local day: what is shown, not how."""

    local_date: date
    sections: tuple[Section, ...]
    trending: tuple[EditionEntry, ...] = ()
    considered: int = 0  # papers that were looked at
    matched: int = 0  # of those, above min_match
    left_out: int = 0  # matched, and cut by max_papers

    @property
    def entries(self) -> tuple[EditionEntry, ...]:
        """All matched papers, section by section."""
        return tuple(entry for section in self.sections for entry in section.entries)
