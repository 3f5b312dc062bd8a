"""How a batch compares with the papers already known."""

from dataclasses import dataclass
from datetime import date

from digest.core.models.papers import AnnouncementKind, Identifier, Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPaper:
    """What the store knows of a paper that a batch may show again."""

    paper_id: int
    title_key: str  # of its latest title
    sources: frozenset[str]  # those that have shown it
    other_keys: frozenset[str] = frozenset()  # of other titles that it goes or went by
    identifiers: frozenset[Identifier] = frozenset()
    title: str = ""  # its latest one; with the next two what near-duplicates are judged by
    abstract: str = ""
    authors: tuple[str, ...] = ()
    version: int | None = None  # the highest seen
    updated: date | None = None  # the latest seen
    withdrawn: bool = False
    recent: bool = True  # whether a title near its own may mean it
    sighted: int = 0  # by which batch last; a higher number is later


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRecord:
    """Something that turned out to be the same paper, and why."""

    paper_id: int | None  # a record, which becomes an alias; None: only what a batch showed
    reason: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedPaper:
    """One paper of a batch, identified: what the diff says of it."""

    paper: Paper
    title_key: str
    paper_id: int | None  # None: never seen, the store will number it
    kind: AnnouncementKind | None  # None: nothing to announce, only a sighting
    other_keys: tuple[str, ...] = ()  # of further titles that the batch gives it
    joined: tuple[MergedRecord, ...] = ()  # what neither its first title nor an identifier had told


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDiff:
    """A batch against what was known."""

    findings: tuple[IdentifiedPaper, ...]  # each paper once, in the order of the batch
    repeats: int  # papers that stood in the batch more than once
