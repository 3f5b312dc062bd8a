"""Writes the content of many editions, in the form of `digest.store.editions.serialization`.

The texts of papers and keywords are the same in many editions, so each is encoded once.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from digest.core.editions.reasons import RawMatch
from digest.core.models.editions import Candidate
from digest.store.database.column_types import to_json
from digest.store.editions.serialization import POINT_DIGITS, packed_counts, packed_title

PackedSection = tuple[str, Sequence[str]]
"""The name of a topic, and its entries from `EditionPacker.entry`."""


class EditionPacker:
    """Packs editions that show some of the same papers, which are named by their places.

    Attributes:
        titles: each paper as one of which only the title is shown.

    Args:
        candidates: the papers.
        updates: papers with news for those who were sent them.
    """

    def __init__(
        self, candidates: Sequence[Candidate], *, updates: Sequence[Candidate] = ()
    ) -> None:
        self._heads: list[str] = []
        self._counts: list[str] = []
        for item in candidates:
            head = [item.paper_id, item.revision_id, item.seq, item.kind.value, item.source]
            self._heads.append(to_json(head)[:-1])
            self._counts.append(to_json(packed_counts(item.paper)))
        self._unranked = [
            f"{head},null,[],{counts},null]"
            for head, counts in zip(self._heads, self._counts, strict=True)
        ]
        self.titles = [to_json(packed_title(item)) for item in candidates]
        self._updates = EditionPacker(updates)._unranked if updates else []  # noqa: SLF001 - its own

    def entry(
        self, place: int, score: float, matches: Iterable[RawMatch], sentences: Sequence[int]
    ) -> str:
        """Returns a paper in a section.

        Args:
            place: of the paper.
            score: from 0 to 100.
            matches: what brought the score, without those below `LEAST_POINTS`.
            sentences: of the abstract, to show.
        """
        packed = []
        for keyword, field, points, words in matches:
            start, end = match_start(keyword, field), match_end(words)
            packed.append(f"{start}{points:.{POINT_DIGITS}f}{end}")
        before, between, after = self.entry_parts(place)
        listed = packed_sentences(tuple(sentences))
        return f"{before}{score!r}{between}{','.join(packed)}{after}{listed}"

    def entry_parts(self, place: int) -> tuple[str, str, str]:
        """Returns what is before the score of an entry, before its matches, and after them.

        After that, only the text of `packed_sentences` follows.

        Args:
            place: of the paper.
        """
        return f"{self._heads[place]},", ",[", f"],{self._counts[place]},"

    def edition(
        self,
        sections: Iterable[PackedSection],
        trending: Iterable[int],
        titles: Sequence[str] = (),
        updates: Iterable[int] = (),
        *,
        considered: int,
        left_out: int,
        scored_by: str,
    ) -> str:
        """Returns the content of an edition as JSON.

        Args:
            sections: those that have entries.
            trending: the places of the trending papers.
            titles: those of `titles` that belong to the papers of which only the titles are shown.
            updates: the places of the papers with news, among the updates.
            considered: how many papers were ranked.
            left_out: how many papers matched and are in no section.
            scored_by: the fingerprint of what gave the scores.
        """
        packed = ",".join(
            [f"[{_quoted(topic)},[{','.join(entries)}]]" for topic, entries in sections]
        )
        others = ",".join([self._unranked[place] for place in trending])
        news = ",".join([self._updates[place] for place in updates])
        return (
            f'{{"sections":[{packed}],"trending":[{others}],"considered":{considered},'
            # Nearly each edition has another one, so it is not remembered.
            f'"left_out":{left_out},"scored_by":{to_json(scored_by)}'
            + (f',"surplus":[{",".join(titles)}]' if titles else "")
            + (f',"updates":[{news}]}}' if news else "}")
        )


@lru_cache(maxsize=1 << 16)
def _quoted(text: str) -> str:
    return to_json(text)


@lru_cache(maxsize=1 << 12)
def packed_sentences(sentences: tuple[int, ...]) -> str:
    """Returns the end of an entry: which sentences of the abstract it shows."""
    return f"{to_json(sentences)}]"


@lru_cache(maxsize=1 << 16)
def match_start(keyword: str, field: str) -> str:
    """Returns what comes before the points of a match; matches in many papers share one text."""
    return f"[{_quoted(keyword)},{_quoted(field)},"


def match_end(words: Sequence[str]) -> str:
    """Returns what comes after the points of a match."""
    return f",[{','.join(map(_quoted, words))}]]" if words else "]"
