"""The records that a batch is held against, and those that it makes: which is which paper?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import inf
from typing import Any

from digest.core.identity.identifiers import are_contradictory
from digest.core.identity.similarity import Evidence, TitleIndex, corroborate
from digest.core.models.matching import IdentifiedPaper, KnownPaper, MergedRecord
from digest.core.models.papers import (
    AnnouncementKind,
    Identifier,
    Paper,
    normalise_identifiers,
)


@dataclass(slots=True, eq=False, kw_only=True)
class PaperRecord:
    """What is known of one paper so far. The one type here that changes: a batch adds to it."""

    place: int  # in the pool
    paper_id: int | None = None
    sources_before: frozenset[str] = frozenset()  # before this batch
    sources: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    identifiers: set[Identifier] = field(default_factory=set)
    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    version: int | None = None
    updated: date | None = None
    withdrawn: bool = False
    recent: bool = True
    sighted: tuple[float, int] = (0, 0)  # batch and place, to be compared
    shown: list[tuple[int, IdentifiedPaper]] = field(default_factory=list)  # by place in this batch

    @property
    def age(self) -> tuple[bool, int]:
        """To be compared: the smaller, the older."""
        return self.paper_id is None, self.paper_id or self.shown[0][0]

    def see(self, place: int, finding: IdentifiedPaper, *, source: str) -> None:
        """Adds what the batch shows at this place."""
        paper = finding.paper
        self.shown.append((place, finding))
        self.sighted = (inf, place)
        self.sources.add(source)
        self.withdrawn |= paper.notice is AnnouncementKind.WITHDRAWN
        self.version = max(filter(None, (self.version, paper.version)), default=None)
        self.updated = max(filter(None, (self.updated, paper.updated)), default=None)
        if not self.title or finding.kind is AnnouncementKind.REVISED:
            self.title, self.abstract = paper.title, paper.abstract
        self.authors = self.authors or paper.authors


class PaperMatcher:
    """Records, found by what they are called.

    Args:
        known: the store's records.
        papers: those of the batch; only to learn which words of titles are rare.
    """

    def __init__(self, known: Collection[KnownPaper], papers: Sequence[Paper]) -> None:
        self.records: list[PaperRecord] = []
        self._papers = papers
        self._by_key: dict[str, list[PaperRecord]] = {}
        self._by_identifier: dict[Identifier, PaperRecord] = {}
        self._titles: TitleIndex | None = None  # made when a first paper is known by no name
        for item in dict.fromkeys(known):
            record = self._added(
                paper_id=item.paper_id,
                sources_before=item.sources,
                sources=set(item.sources),
                title=item.title,
                abstract=item.abstract,
                authors=item.authors,
                version=item.version,
                updated=item.updated,
                withdrawn=item.withdrawn,
                recent=item.recent,
                sighted=(item.sighted, 0),
            )
            self._name(
                record, (item.title_key, *item.other_keys), normalise_identifiers(item.identifiers)
            )

    def identify(self, paper: Paper, key: str) -> tuple[PaperRecord, tuple[MergedRecord, ...]]:
        """The paper's record, or a new one; and what turned out to be the same paper by it.

        Args:
            paper: as the batch shows it.
            key: its title's.
        """
        given = paper.identifiers
        called = [found for name in given if (found := self._by_identifier.get(name))]
        titled = sorted(self._by_key.get(key, ()), key=lambda item: item.sighted, reverse=True)
        fitting = [
            record
            for record in dict.fromkeys(called + titled)
            if not are_contradictory(given, record.identifiers)
        ]
        joined: list[MergedRecord] = []
        if not fitting:
            near = self._near(paper, given)
            record = near[0] if near else self._added()
            if near:
                joined.append(near[1])
        else:
            record = fitting[0]
            for other in fitting[1:] if record in called else ():
                if not are_contradictory(record.identifiers, other.identifiers):
                    what = "identifiers" if other in called else "title"
                    name = f"{given[0].scheme}:{given[0].value}"
                    reason = f"{name} was shown with the {what} of the other record"
                    record, gone = sorted((record, other), key=lambda item: item.age)
                    joined.append(MergedRecord(paper_id=gone.paper_id, reason=reason))
                    self._absorb(record, gone)
        self._name(record, [key], given)
        if self._titles and record.recent and paper.title != record.title:
            self._titles.add(record.place, paper.title)
        return record, tuple(joined)

    def _added(self, **facts: Any) -> PaperRecord:
        record = PaperRecord(place=len(self.records), **facts)
        self.records.append(record)
        return record

    def _name(self, record: PaperRecord, keys: Iterable[str], given: Iterable[Identifier]) -> None:
        for key in keys:
            if key not in record.keys:
                record.keys.add(key)
                self._by_key.setdefault(key, []).append(record)
        for name in given:
            # A name stays with the record that had it first.
            if self._by_identifier.setdefault(name, record) is record:
                record.identifiers.add(name)

    def _absorb(self, record: PaperRecord, gone: PaperRecord) -> None:
        for key in gone.keys:
            self._by_key[key].remove(gone)
        for name in gone.identifiers:
            self._by_identifier[name] = record
        self._name(record, gone.keys, ())
        record.identifiers |= gone.identifiers
        record.sources_before |= gone.sources_before
        record.sources |= gone.sources
        record.withdrawn |= gone.withdrawn
        record.version = max(filter(None, (record.version, gone.version)), default=None)
        record.updated = max(filter(None, (record.updated, gone.updated)), default=None)
        record.sighted = max(record.sighted, gone.sighted)
        record.shown = sorted(record.shown + gone.shown, key=lambda item: item[0])
        self.records = [record if item is gone else item for item in self.records]
        gone.shown = []

    def _near(
        self, paper: Paper, given: Collection[Identifier]
    ) -> tuple[PaperRecord, MergedRecord] | None:
        """The record whose title is nearest to the paper's, if the rest agrees as well."""
        if self._titles is None:
            titles = {
                place: record.title
                for place, record in enumerate(self.records)
                if record.title and record.recent
            }
            self._titles = TitleIndex([*titles.values(), *(item.title for item in self._papers)])
            for place, title in titles.items():
                self._titles.add(place, title)
        shown = Evidence(abstract=paper.abstract, authors=paper.authors)
        for near in self._titles.find(paper.title):
            record = self.records[near.key]
            if are_contradictory(given, record.identifiers):
                continue
            if why := corroborate(
                shown, Evidence(abstract=record.abstract, authors=record.authors)
            ):
                likeness = f"“{paper.title}” is like “{record.title}” ({near.similarity:.2f})"
                return record, MergedRecord(paper_id=None, reason=f"{likeness}, with {why}")
        return None
