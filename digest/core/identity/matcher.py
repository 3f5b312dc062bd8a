"""Assigns each paper of a batch to a record: a stored one or a new one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from math import inf
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from digest.core.identity.identifiers import are_contradictory, are_separate, title_key
from digest.core.identity.precedence import (
    MENTION,
    about_paper,
    as_mention,
    may_change,
    source_priority,
    without_claims,
)
from digest.core.identity.similarity import Evidence, TitleIndex, corroborate, jaccard, words
from digest.core.identity.title_evidence import TitledPaper, TitleVerdict, judge_title
from digest.core.models.matching import IdentifiedPaper, KnownPaper, MergedRecord
from digest.core.models.papers import (
    WITHDRAWALS,
    AnnouncementKind,
    Identifier,
    Paper,
    normalise_identifiers,
)
from digest.core.models.trust import SourceTrust, TrustLevel

# Titles below this similarity are of different papers, if nothing else agrees. A mention may
# shorten a title, so this is less than what identifies a paper.
_PLAUSIBLE = 0.3
# Records of one title that are compared with a paper: a feed may show one title thousands of times.
_MAX_SAME_TITLE = 10


class PaperRecord(Struct, eq=False, kw_only=True):
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
    published: date | None = None
    held_by: str = ""  # the source of title and abstract
    held_with: int = MENTION  # its priority
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

    def may_be_changed(self, priority: int, source: str) -> bool:
        """Returns True if a source with this priority may change the record; see `may_change`."""
        if not self.held_by:  # new in this batch
            return True
        return may_change(priority, source, held_by=self.held_by, held_with=self.held_with)

    def described(self) -> TitledPaper:
        """Returns what is compared with another paper of the same title."""
        return TitledPaper(
            identifiers=self.identifiers,
            authors=self.authors,
            # Abstracts of older papers may have been pruned: pruning must not change a result.
            abstract=self.abstract if self.recent else "",
            published=self.published,
        )

    def add_sighting(
        self, index: int, finding: IdentifiedPaper, *, source: str, priority: int
    ) -> None:
        """Adds the paper at this index of the batch to the record.

        Args:
            index: in the batch.
            finding: the paper at that index.
            source: the source of the batch.
            priority: of the source for this paper.
        """
        paper = finding.paper
        if self.may_be_changed(priority, source):
            if priority > self.held_with:
                # The version of a source that knows less is not believed.
                self.version, self.updated = None, None
            self.held_by = self.held_by if priority < self.held_with else source
            self.held_with = max(priority, self.held_with)
        self.shown.append((index, finding))
        self.sighted = (inf, index)
        self.sources.add(source)
        self.withdrawn |= paper.notice in WITHDRAWALS
        self.version = max(filter(None, (self.version, paper.version)), default=None)
        self.updated = max(filter(None, (self.updated, paper.updated)), default=None)
        if not self.title or finding.kind is AnnouncementKind.REVISED:
            self.title, self.abstract = paper.title, paper.abstract
        self.authors = self.authors or paper.authors
        self.published = self.published or paper.published


class PaperMatch(Struct, frozen=True, kw_only=True):
    """The record of a paper of the batch, and what the paper may add to it."""

    record: PaperRecord
    paper: Paper  # without what its source may not say about this record
    title_key: str  # under which the record is found again
    priority: int  # of the source for this paper
    merged: tuple[MergedRecord, ...]  # records that turned out to be the same paper
    claimed: tuple[Identifier, ...]  # that another record had, whose source only mentioned them
    identifiers_before: frozenset[Identifier]  # of the record, without those of this paper


class PaperMatcher:
    """Finds the record of a paper by identifier, by title key, or by similar title.

    Args:
        known: the stored papers.
        papers: the papers of the batch; used to learn which words of titles are rare, and which
            identifiers are listed at once.
        source: the name of the batch's source.
        trust: how far it is believed.
    """

    def __init__(
        self,
        known: Collection[KnownPaper],
        papers: Sequence[Paper],
        *,
        source: str,
        trust: SourceTrust,
    ) -> None:
        self.records: list[PaperRecord] = []
        self._papers = papers
        self._source = trust.holder(source)
        self._trust = trust
        self._listed = {item for paper in papers for item in paper.identifiers}
        self._by_key: dict[str, list[PaperRecord]] = {}
        self._by_identifier: dict[Identifier, PaperRecord] = {}
        # Built only when a paper has no known identifier and no known title key.
        self._titles: TitleIndex | None = None
        # The records that were sighted last come last: of one title, these are compared.
        for item in sorted(dict.fromkeys(known), key=lambda item: item.sighted):
            record = self._new_record(
                paper_id=item.paper_id,
                sources_before=item.sources,
                sources=set(item.sources),
                title=item.title,
                abstract=item.abstract,
                authors=item.authors,
                version=item.version,
                updated=item.updated,
                published=item.published,
                held_by=item.held_by,
                held_with=item.held_with,
                withdrawn=item.withdrawn,
                recent=item.recent,
                sighted=(item.sighted, 0),
            )
            keys = (item.title_key, *item.other_keys)
            self._register(record, keys, normalise_identifiers(item.identifiers))

    def identify(self, paper: Paper, key: str) -> PaperMatch:
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
        believed = [record for record in by_identifier if not self._is_captured(record, paper, key)]
        candidates = [
            record
            for record in dict.fromkeys(believed + self._with_title(paper, key, believed))
            if not are_contradictory(identifiers, record.identifiers)
        ]
        merged: list[MergedRecord] = []
        if not candidates:
            similar = self._find_similar(paper, key)
            record = similar[0] if similar else self._new_record()
            if similar:
                merged.append(similar[1])
        else:
            record = candidates[0]
            # Records are merged only by an identifier: two papers can have the same title.
            for other in candidates[1:] if record in believed else ():
                if are_contradictory(record.identifiers, other.identifiers) or not self._may_merge(
                    record, other
                ):
                    continue
                what = "identifiers" if other in believed else "title"
                name = f"{identifiers[0].scheme}:{identifiers[0].value}"
                reason = f"{name} was shown with the {what} of the other record"
                record, newer = sorted((record, other), key=lambda item: item.age)
                merged.append(MergedRecord(paper_id=newer.paper_id, reason=reason))
                self._merge_into(record, newer)
        claimed = self._claim(record, paper, by_identifier)
        before = frozenset(record.identifiers)
        match = self._registered(record, paper, key, merged=tuple(merged), claimed=claimed)
        return replace(match, identifiers_before=before)

    def _with_title(
        self, paper: Paper, key: str, identified: Collection[PaperRecord]
    ) -> list[PaperRecord]:
        """Returns the records with this title that nothing contradicts, the likeliest first.

        Args:
            paper: a paper of the batch.
            key: its title key.
            identified: records that are left out, because an identifier has found them.
        """
        newest = self._by_key.get(key, [])[-_MAX_SAME_TITLE:]
        same = [
            record
            for record in newest
            if record not in identified and not _is_other_posting(paper, record)
        ]
        # The usual case: nothing is compared.
        if not same:
            return []
        described = TitledPaper(
            identifiers=paper.identifiers,
            authors=paper.authors,
            abstract=paper.abstract,
            published=paper.published,
        )
        judged = [
            (judge_title(described, record.described(), listed=self._listed), record)
            for record in same
        ]
        possible = [item for item in judged if item[0] is not TitleVerdict.CONTRADICTED]
        possible.sort(key=lambda item: (item[0], item[1].sighted), reverse=True)
        return [record for _, record in possible]

    def _is_captured(self, record: PaperRecord, paper: Paper, key: str) -> bool:
        """Returns True if a source that only mentions papers gave another paper this identifier.

        Such a source may show any text under an identifier before its owner does. The owner's
        paper must still be new, so it does not belong to that record.
        """
        if self._trust.level is TrustLevel.MENTION or record.held_with > MENTION:
            return False
        if not record.held_by or record.held_by == self._source or key in record.keys:
            return False
        same_words = jaccard(words(paper.title), words(record.title))
        return same_words < _PLAUSIBLE and not corroborate(
            Evidence(abstract=paper.abstract, authors=paper.authors),
            Evidence(abstract=record.abstract, authors=record.authors),
        )

    def _may_merge(self, record: PaperRecord, other: PaperRecord) -> bool:
        """Returns True if the source may say that these two records are one paper."""
        if self._trust.level is not TrustLevel.MENTION:
            return True
        return all(item.held_by in ("", self._source) for item in (record, other))

    def _claim(
        self, record: PaperRecord, paper: Paper, by_identifier: Collection[PaperRecord]
    ) -> tuple[Identifier, ...]:
        """Moves the identifiers of the paper here from records that had them wrongly."""
        captured = [other for other in by_identifier if other is not record]
        claimed = tuple(
            item
            for item in paper.identifiers
            for other in captured
            if self._by_identifier.get(item) is other
            and self._is_captured(other, paper, title_key(paper.title))
        )
        for item in claimed:
            self._by_identifier[item].identifiers.discard(item)
            del self._by_identifier[item]
        return claimed

    def _registered(
        self,
        record: PaperRecord,
        paper: Paper,
        key: str,
        *,
        merged: tuple[MergedRecord, ...],
        claimed: tuple[Identifier, ...],
    ) -> PaperMatch:
        """Adds what the source may add to the record, and returns the match."""
        priority = source_priority(paper, self._trust, record.identifiers)
        allowed, allowed_key = paper, key
        if paper.is_notice and self._trust.level is not TrustLevel.MENTION:
            # It says something of the paper, and is not its text.
            allowed = about_paper(paper, title=record.title)
            allowed_key = title_key(allowed.title)
        elif not record.may_be_changed(priority, self._source):
            if priority > MENTION:
                allowed = without_claims(paper)
            else:
                allowed = as_mention(paper, held_with=record.held_with)
                # Otherwise, a later paper with this title would be taken for this record.
                allowed_key = title_key(record.title)
        self._register(record, [allowed_key], allowed.identifiers)
        if self._titles and record.recent and paper.title != record.title and allowed_key == key:
            self._titles.add(record.index, paper.title)
        return PaperMatch(
            record=record,
            paper=allowed,
            title_key=allowed_key,
            priority=priority,
            merged=merged,
            claimed=claimed,
            identifiers_before=frozenset(),
        )

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
        if merged.held_with > record.held_with:
            record.version, record.updated = merged.version, merged.updated
            record.held_by, record.held_with = merged.held_by, merged.held_with
        elif merged.held_with == record.held_with:
            record.version = max(filter(None, (record.version, merged.version)), default=None)
            record.updated = max(filter(None, (record.updated, merged.updated)), default=None)
        record.sighted = max(record.sighted, merged.sighted)
        record.shown = sorted(record.shown + merged.shown, key=lambda item: item[0])
        # The index of each record must stay valid, so the entry is replaced, not removed.
        self.records = [record if item is merged else item for item in self.records]
        merged.shown = []

    def _find_similar(self, paper: Paper, key: str) -> tuple[PaperRecord, MergedRecord] | None:
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
            # A record with exactly this title would have been taken, if nothing contradicted it.
            if key in record.keys or are_separate(paper.identifiers, record.identifiers):
                continue
            if agreement := corroborate(
                evidence, Evidence(abstract=record.abstract, authors=record.authors)
            ):
                likeness = f"“{paper.title}” is like “{record.title}” ({match.similarity:.2f})"
                return record, MergedRecord(paper_id=None, reason=f"{likeness}, with {agreement}")
        return None


def _is_other_posting(paper: Paper, record: PaperRecord) -> bool:
    """Returns True if only one of two postings of a work is withdrawn.

    A work that was posted twice by mistake is withdrawn once. The other posting stays.
    """
    return (paper.notice in WITHDRAWALS) != record.withdrawn and are_separate(
        paper.identifiers, record.identifiers
    )
