"""Writes the content of many editions, in the form of `digest.store.editions.serialization`.

The texts of papers and keywords are the same in many editions, so each is encoded once.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from digest.core.editions.reasons import LEAST_POINTS
from digest.core.models.editions import Candidate, KeywordMatch
from digest.store.database.column_types import to_json
from digest.store.editions.serialization import POINT_DIGITS

PackedSection = tuple[str, Sequence[str]]
"""The name of a topic, and its entries from `EditionPacker.entry`."""


class EditionPacker:
    """Packs editions that show some of the same papers, which are named by their places.

    Args:
        candidates: the papers.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._heads: list[str] = []
        self._counts: list[str] = []
        for item in candidates:
            head = [item.paper_id, item.revision_id, item.seq, item.kind.value, item.source]
            paper = item.paper
            self._heads.append(to_json(head)[:-1])
            self._counts.append(to_json([paper.votes, paper.comments, paper.position]))
        self._trending = [
            f"{head},null,[],{counts},null]"
            for head, counts in zip(self._heads, self._counts, strict=True)
        ]

    def entry(
        self, place: int, score: float, matches: Iterable[KeywordMatch], sentences: Sequence[int]
    ) -> str:
        """Returns a paper in a section.

        Args:
            place: of the paper.
            score: from 0 to 100.
            matches: what brought the score.
            sentences: of the abstract, to show.
        """
        packed = ",".join(
            [
                f"[{_quoted(match.keyword)},{_quoted(match.field)},"
                f"{match.contribution:.{POINT_DIGITS}f}{_words(match.words)}]"
                for match in matches
                if match.contribution >= LEAST_POINTS
            ]
        )
        shown = ",".join(map(str, sentences))
        return f"{self._heads[place]},{score!r},[{packed}],{self._counts[place]},[{shown}]]"

    def edition(
        self,
        sections: Iterable[PackedSection],
        trending: Iterable[int],
        *,
        considered: int,
        left_out: int,
        scored_by: str,
    ) -> str:
        """Returns the content of an edition as JSON.

        Args:
            sections: those that have entries.
            trending: the places of the trending papers.
            considered: how many papers were ranked.
            left_out: how many papers matched and are not shown.
            scored_by: the fingerprint of what gave the scores.
        """
        packed = ",".join(
            [f"[{_quoted(topic)},[{','.join(entries)}]]" for topic, entries in sections]
        )
        others = ",".join([self._trending[place] for place in trending])
        return (
            f'{{"sections":[{packed}],"trending":[{others}],"considered":{considered},'
            f'"left_out":{left_out},"scored_by":{_quoted(scored_by)}}}'
        )


@lru_cache(maxsize=1 << 16)
def _quoted(text: str) -> str:
    return to_json(text)


@lru_cache(maxsize=1 << 16)
def _words(words: tuple[str, ...]) -> str:
    return f",{to_json(list(words))}" if words else ""
