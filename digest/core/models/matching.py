"""Types for comparing a batch with the stored papers."""

from datetime import date

from msgspec import Struct

from digest.core.models.papers import AnnouncementKind, Identifier, Paper


class KnownPaper(Struct, frozen=True, kw_only=True):
    """What the store knows about a paper that may appear in a batch."""

    paper_id: int
    title_key: str  # of its latest title
    sources: frozenset[str]  # that have shown it
    other_keys: frozenset[str] = frozenset()  # title keys of its other titles
    identifiers: frozenset[Identifier] = frozenset()
    # The latest title, abstract and authors: near-duplicates are recognised by these.
    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    version: int | None = None  # the highest seen
    updated: date | None = None  # the latest seen
    published: date | None = None
    held_by: str = ""  # the source of the latest title and abstract
    held_with: int = 0  # its priority: `digest.core.identity.precedence.source_priority`
    withdrawn: bool = False
    recent: bool = True  # False: too old to be recognised by a similar title
    sighted: int = 0  # number of the last batch that showed it; a higher number is later


class MergedRecord(Struct, frozen=True, kw_only=True):
    """A record that turned out to be the same paper, with the reason."""

    paper_id: int | None  # a stored record, which becomes an alias; None: only in the batch
    reason: str  # for people


class IdentifiedPaper(Struct, frozen=True, kw_only=True):
    """One paper of a batch after it was compared with the stored papers."""

    paper: Paper
    title_key: str
    paper_id: int | None  # None: never seen, the store will assign an id
    kind: AnnouncementKind | None  # None: nothing to announce, only a sighting
    is_published_now: bool = False  # announced besides `kind`: the preprint is now an article
    is_too_old: bool = False  # new here, and not announced because of its age
    other_keys: tuple[str, ...] = ()  # title keys of further titles in the batch
    merged: tuple[MergedRecord, ...] = ()  # records merged with this paper by later evidence
    # Identifiers that belonged to another record, whose source had only mentioned them.
    claimed: tuple[Identifier, ...] = ()

    @property
    def announcements(self) -> tuple[AnnouncementKind, ...]:
        """All that is announced of the paper, in this order."""
        published = (AnnouncementKind.PUBLISHED,) if self.is_published_now else ()
        return (*((self.kind,) if self.kind else ()), *published)


class BatchDiff(Struct, frozen=True, kw_only=True):
    """The result of comparing a batch with the stored papers."""

    findings: tuple[IdentifiedPaper, ...]  # each paper once, in the order of the batch
    repeats: int  # papers that repeated an earlier one of the same batch
