"""What the message of an edition shows: the papers, and what is named as the reason for each."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from digest.core.editions.reasons import NamedKeyword, RawMatch, name_matches, raw_matches
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch
from digest.core.models.papers import AnnouncementKind, Paper


class ShownEntry(Struct, frozen=True, gc=False):
    """One paper in a message."""

    revision_id: int
    kind: AnnouncementKind
    paper: Paper  # of this revision; its votes, comments and stars are those below
    votes: int | None
    comments: int | None
    stars: int | None
    score: float | None  # None outside the sections
    # The reason; empty outside the sections. None: not selected from the matches yet.
    named: tuple[NamedKeyword, ...] | None
    sentences: tuple[int, ...] | None  # of the abstract; None: not selected yet
    matches: Sequence[RawMatch] = ()  # from which the sentences are selected
    paper_id: int = 0  # which feedback is about; 0: none is asked for


class SharedEntry(ShownEntry, frozen=True, eq=False, gc=False):
    """A paper that many messages show, compared by identity, so that it is a quick key of caches."""


class ShownEdition(Struct, frozen=True, kw_only=True):
    """The contents of a message, without the layout."""

    local_date: date
    sections: Sequence[tuple[str, Sequence[ShownEntry]]]  # topic, and its papers
    trending: Sequence[ShownEntry]
    considered: int  # papers that were ranked
    left_out: int  # papers that matched and are not in a section, with those of the surplus
    surplus: Sequence[ShownEntry] = ()  # of these, the best, of which only the titles are shown
    updates: Sequence[ShownEntry] = ()  # papers that the reader has, and of which there is news

    @property
    def matched_papers(self) -> list[Paper]:
        """The papers that matched, also those of which only the titles are shown."""
        in_sections = [entry.paper for _, entries in self.sections for entry in entries]
        return in_sections + [entry.paper for entry in self.surplus]


def shown_edition(edition: Edition) -> ShownEdition:
    """Returns what the message of an edition shows."""
    return ShownEdition(
        local_date=edition.local_date,
        sections=[
            (section.topic, [shown_entry(entry) for entry in section.entries])
            for section in edition.sections
        ],
        trending=[shown_entry(entry) for entry in edition.trending],
        considered=edition.considered,
        left_out=edition.left_out,
        surplus=[shown_entry(entry) for entry in edition.surplus],
        updates=[shown_entry(entry) for entry in edition.updates],
    )


def shown_entry(entry: EditionEntry) -> ShownEntry:
    """Returns what a message shows of one paper."""
    candidate, matches = entry.candidate, raw_matches(entry.matches)
    return ShownEntry(
        revision_id=candidate.revision_id,
        kind=candidate.kind,
        paper=candidate.paper,
        votes=candidate.paper.votes,
        comments=candidate.paper.comments,
        stars=candidate.paper.stars,
        score=entry.score,
        named=() if entry.score is None else name_matches(matches),
        sentences=entry.sentences,
        matches=matches,
        paper_id=candidate.paper_id,
    )


def keyword_matches(matches: Sequence[RawMatch]) -> list[KeywordMatch]:
    """Returns the matches of an entry as objects."""
    return [
        KeywordMatch(keyword=keyword, field=field, contribution=contribution, words=tuple(words))
        for keyword, field, contribution, words in matches
    ]
