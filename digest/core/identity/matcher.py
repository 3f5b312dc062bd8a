"""Assigns each paper of a batch to a record: a stored one or a new one."""

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
    """Everything known about one paper so far. Mutable: each paper of a batch adds to it."""

    index: int  # in `PaperMatcher.records`, when it was created
    paper_id: int | None = None
    sources_before: frozenset[str] = frozenset()  # sources before this batch
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
    # Number of the batch that showed it last (inf for this batch) and index in it; the record
    # with the greater pair was sighted later.
    sighted: tuple[float, int] = (0, 0)
    shown: list[tuple[int, IdentifiedPaper]] = field(default_factory=list)  # by index in the batch

    @property
    def age(self) -> tuple[bool, int]:
        """Sort key: the record with the smaller key is older."""
        return self.paper_id is None, self.paper_id or self.shown[0][0]

    def add_sighting(self, index: int, finding: IdentifiedPaper, *, source: str) -> None:
        """Adds the paper at this index of the batch to the record.

        Args:
            index: in the batch.
            finding: the paper at that index.
            source: the source of the batch.
        """
        paper = finding.paper
        self.shown.append((index, finding))
        self.sighted = (inf, index)
        self.sources.add(source)
        self.withdrawn |= paper.notice is AnnouncementKind.WITHDRAWN
        self.version = max(filter(None, (self.version, paper.version)), default=None)
        self.updated = max(filter(None, (self.updated, paper.updated)), default=None)
        if not self.title or finding.kind is AnnouncementKind.REVISED:
            self.title, self.abstract = paper.title, paper.abstract
        self.authors = self.authors or paper.authors


class PaperMatcher:
    """Finds the record of a paper by identifier, by title key, or by similar title.

    Args:
        known: the stored papers.
        papers: the papers of the batch; used only to learn which words of titles are rare.
    """

    def __init__(self, known: Collection[KnownPaper], papers: Sequence[Paper]) -> None:
        self.records: list[PaperRecord] = []
        self._papers = papers
        self._by_key: dict[str, list[PaperRecord]] = {}
        self._by_identifier: dict[Identifier, PaperRecord] = {}
        # Built only when a paper has no known identifier and no known title key.
        self._titles: TitleIndex | None = None
        for item in dict.fromkeys(known):
            record = self._new_record(
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
            keys = (item.title_key, *item.other_keys)
            self._register(record, keys, normalise_identifiers(item.identifiers))

    def identify(self, paper: Paper, key: str) -> tuple[PaperRecord, tuple[MergedRecord, ...]]:
        """Returns the record of a paper, and the records that were merged because of it.

        Args:
            paper: a paper of the batch.
            key: its title key.

        Returns:
            A stored or a new record; and each record that turned out to be the same paper.
        """
        identifiers = paper.identifiers
        by_identifier = [
            record for item in identifiers if (record := self._by_identifier.get(item))
        ]
        by_title = sorted(self._by_key.get(key, ()), key=lambda item: item.sighted, reverse=True)
        candidates = [
            record
            for record in dict.fromkeys(by_identifier + by_title)
            if not are_contradictory(identifiers, record.identifiers)
        ]
        merged: list[MergedRecord] = []
        if not candidates:
            similar = self._find_similar(paper, identifiers)
            record = similar[0] if similar else self._new_record()
            if similar:
                merged.append(similar[1])
        else:
            record = candidates[0]
            # Records are merged only by an identifier: two papers can have the same title.
            for other in candidates[1:] if record in by_identifier else ():
                if not are_contradictory(record.identifiers, other.identifiers):
                    what = "identifiers" if other in by_identifier else "title"
                    name = f"{identifiers[0].scheme}:{identifiers[0].value}"
                    reason = f"{name} was shown with the {what} of the other record"
                    record, newer = sorted((record, other), key=lambda item: item.age)
                    merged.append(MergedRecord(paper_id=newer.paper_id, reason=reason))
                    self._merge_into(record, newer)
        self._register(record, [key], identifiers)
        if self._titles and record.recent and paper.title != record.title:
            self._titles.add(record.index, paper.title)
        return record, tuple(merged)

    def _new_record(self, **fields: Any) -> PaperRecord:
        record = PaperRecord(index=len(self.records), **fields)
        self.records.append(record)
        return record

    def _register(
        self, record: PaperRecord, keys: Iterable[str], identifiers: Iterable[Identifier]
    ) -> None:
        for key in keys:
            if key not in record.keys:
                record.keys.add(key)
                self._by_key.setdefault(key, []).append(record)
        for item in identifiers:
            # An identifier stays with the record that had it first.
            if self._by_identifier.setdefault(item, record) is record:
                record.identifiers.add(item)

    def _merge_into(self, record: PaperRecord, merged: PaperRecord) -> None:
        """Moves everything from `merged` into `record`, which replaces it."""
        for key in merged.keys:
            self._by_key[key].remove(merged)
        for item in merged.identifiers:
            self._by_identifier[item] = record
        self._register(record, merged.keys, ())
        record.identifiers |= merged.identifiers
        record.sources_before |= merged.sources_before
        record.sources |= merged.sources
        record.withdrawn |= merged.withdrawn
        record.version = max(filter(None, (record.version, merged.version)), default=None)
        record.updated = max(filter(None, (record.updated, merged.updated)), default=None)
        record.sighted = max(record.sighted, merged.sighted)
        record.shown = sorted(record.shown + merged.shown, key=lambda item: item[0])
        # The index of each record must stay valid, so the entry is replaced, not removed.
        self.records = [record if item is merged else item for item in self.records]
        merged.shown = []

    def _find_similar(
        self, paper: Paper, identifiers: Collection[Identifier]
    ) -> tuple[PaperRecord, MergedRecord] | None:
        """Returns the record with the most similar title, if abstract or authors agree too."""
        if self._titles is None:
            titles = {
                index: record.title
                for index, record in enumerate(self.records)
                if record.title and record.recent
            }
            self._titles = TitleIndex([*titles.values(), *(item.title for item in self._papers)])
            for index, title in titles.items():
                self._titles.add(index, title)
        evidence = Evidence(abstract=paper.abstract, authors=paper.authors)
        for match in self._titles.find(paper.title):
            record = self.records[match.key]
            if are_contradictory(identifiers, record.identifiers):
                continue
            if agreement := corroborate(
                evidence, Evidence(abstract=record.abstract, authors=record.authors)
            ):
                likeness = f"“{paper.title}” is like “{record.title}” ({match.similarity:.2f})"
                return record, MergedRecord(paper_id=None, reason=f"{likeness}, with {agreement}")
        return None
