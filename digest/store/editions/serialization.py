"""Converts an edition to compact JSON and back.

The JSON contains which papers the edition shows, why, and in which order, but not their texts:

    {"sections": [[topic, [entry, ...]], ...], "trending": [entry, ...],
     "considered": n, "left_out": n, "scored_by": fingerprint, "surplus": [title, ...],
     "updates": [entry, ...]}

An entry is
    [paper id, revision id, seq, kind, source, score or null,
     [[keyword, field, contribution, [word, ...]], ...], [votes, comments, position, stars],
     [sentence, ...] or null]
A match without words has three elements. A title is a string, as most papers of many messages are
titles, and the same paper has the same string in most editions:
    "paper id,revision id,seq,kind,votes,comments,position,stars,source"
A number that is not known is empty. Only the matches that brought at least `LEAST_POINTS` are
kept, which are those that a message can name. Earlier versions kept all matches; the first ones had
no sentences and no fingerprint, some no stars, and some have entries as surplus. An edition without a surplus or updates
does not have that key.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.editions import (
    LEAST_POINTS,
    Candidate,
    Edition,
    EditionEntry,
    KeywordMatch,
    Section,
)
from digest.core.models.papers import AnnouncementKind, Paper

POINT_DIGITS = 4
"""Contributions are stored with so many decimals."""


class ScoredEntry(Struct, frozen=True, kw_only=True):
    """The score of a paper in a packed edition, without the text of the paper."""

    paper_id: int
    revision_id: int
    topic: str
    score: float
    matches: tuple[KeywordMatch, ...]


def pack(edition: Edition) -> dict[str, Any]:
    """Returns the edition as a JSON value, without the date and `matched`, which have columns."""
    return {
        "sections": [
            [section.topic, [_pack(entry) for entry in section.entries]]
            for section in edition.sections
        ],
        "trending": [_pack(entry) for entry in edition.trending],
        "considered": edition.considered,
        "left_out": edition.left_out,
        "scored_by": edition.scored_by,
        **(
            {"surplus": [packed_title(entry.candidate) for entry in edition.surplus]}
            if edition.surplus
            else {}
        ),
        **({"updates": [_pack(entry) for entry in edition.updates]} if edition.updates else {}),
    }


def unpack(
    content: Mapping[str, Any], *, local_date: date, matched: int, papers: Mapping[int, Paper]
) -> Edition:
    """Rebuilds an edition from its JSON value.

    Args:
        content: Value from `pack`.
        local_date: Date of the edition.
        matched: How many papers matched the profile.
        papers: The texts of its papers, by revision id.
    """
    return Edition(
        local_date=local_date,
        sections=tuple(
            Section(topic=topic, entries=tuple(_unpack(entry, papers) for entry in entries))
            for topic, entries in content["sections"]
        ),
        trending=tuple(_unpack(entry, papers) for entry in content["trending"]),
        surplus=tuple(_unpack(title_entry(title), papers) for title in content.get("surplus", ())),
        updates=tuple(_unpack(entry, papers) for entry in content.get("updates", ())),
        considered=content["considered"],
        matched=matched,
        left_out=content["left_out"],
        scored_by=scored_by(content),
    )


def scored_by(content: Mapping[str, Any]) -> str:
    """Returns the fingerprint of what gave the scores of a packed edition; empty: not known."""
    return str(content.get("scored_by", ""))


def scored_entries(content: Mapping[str, Any]) -> Iterator[ScoredEntry]:
    """Yields the entries of a packed edition, without the trending ones."""
    for topic, entries in content["sections"]:
        for paper_id, revision_id, _, _, _, score, matches, *_ in entries:
            yield ScoredEntry(
                paper_id=paper_id,
                revision_id=revision_id,
                topic=topic,
                score=score,
                matches=_unpack_matches(matches),
            )


def revision_ids(content: Mapping[str, Any]) -> Iterator[int]:
    """Yields the ids of the revisions that a packed edition refers to."""
    for _, entries in content["sections"]:
        yield from (entry[1] for entry in entries)
    for others in (content["trending"], content.get("updates", ())):
        yield from (entry[1] for entry in others)
    yield from (title_entry(title)[1] for title in content.get("surplus", ()))


def without_papers(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what pruning keeps of an old edition: the counts, without its papers."""
    # The order of the keys matters: pruning finds emptied editions by the start of their JSON.
    empty: dict[str, Any] = {"sections": [], "trending": []}
    return empty | {name: content[name] for name in ("considered", "left_out")}


def packed_counts(paper: Paper) -> list[int | None]:
    """Returns the numbers of a paper that differ between editions, without stars if it has none."""
    counts = [paper.votes, paper.comments, paper.position]
    return counts if paper.stars is None else [*counts, paper.stars]


def packed_title(item: Candidate) -> str:
    """Returns a paper of which only the title is shown, as a string."""
    votes, comments, position, stars = (*packed_counts(item.paper), None)[:4]
    numbers = [
        "" if number is None else str(number) for number in (votes, comments, position, stars)
    ]
    head = f"{item.paper_id},{item.revision_id},{item.seq},{item.kind.value}"
    return ",".join([head, *numbers, item.source])


def title_entry(title: str | list[Any]) -> list[Any]:
    """Returns the entry of a paper of which only the title is shown.

    Args:
        title: From `packed_title`; in an edition of an earlier version the entry itself.
    """
    if not isinstance(title, str):
        return title
    paper_id, revision_id, seq, kind, *counts, source = title.split(",", 8)
    numbers = [int(number) if number else None for number in counts]
    return [int(paper_id), int(revision_id), int(seq), kind, source, None, [], numbers, None]


def _pack(entry: EditionEntry) -> list[Any]:
    item = entry.candidate
    return [
        item.paper_id,
        item.revision_id,
        item.seq,
        item.kind.value,
        item.source,
        entry.score,
        [_pack_match(match) for match in entry.matches if match.contribution >= LEAST_POINTS],
        packed_counts(item.paper),
        entry.sentences,
    ]


def _unpack(entry: list[Any], papers: Mapping[int, Paper]) -> EditionEntry:
    paper_id, revision_id, seq, kind, source, score, matches, counts, sentences = (*entry, None)[:9]
    votes, comments, position, stars = (*counts, None)[:4]
    paper = replace(
        papers[revision_id], votes=votes, comments=comments, position=position, stars=stars
    )
    return EditionEntry(
        candidate=Candidate(
            paper_id=paper_id,
            revision_id=revision_id,
            seq=seq,
            kind=AnnouncementKind(kind),
            source=source,
            paper=paper,
        ),
        score=score,
        matches=_unpack_matches(matches),
        sentences=None if sentences is None else tuple(sentences),
    )


def _pack_match(match: KeywordMatch) -> list[Any]:
    # Most matches have no words: an element less keeps the editions of many readers small.
    words = [list(match.words)] if match.words else []
    return [match.keyword, match.field, round(match.contribution, POINT_DIGITS), *words]


def _unpack_matches(matches: list[list[Any]]) -> tuple[KeywordMatch, ...]:
    return tuple(
        KeywordMatch(
            keyword=keyword, field=field, contribution=contribution, words=tuple(*words[:1])
        )
        for keyword, field, contribution, *words in matches
    )
