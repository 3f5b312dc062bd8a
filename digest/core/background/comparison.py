"""Compares two background tables by how they rank papers that readers have judged."""

from collections.abc import Sequence

from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.keywords.paper_index import TokenizedPaper, tokenize_paper
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank

MIN_LIKED = 5
"""Fewer liked papers in all say nothing about a table."""

MARGIN = 0.01
"""A smaller difference of the mean is no difference."""


class LabelledPapers(Struct, frozen=True, kw_only=True):
    """What one reader said about papers."""

    profile: Profile
    liked: Sequence[Candidate]
    disliked: Sequence[Candidate] = ()


class TableComparison(Struct, frozen=True, kw_only=True):
    """How two tables rank the papers that readers liked."""

    profiles: int  # with at least one liked paper
    liked: int  # papers, over all profiles
    new: float  # mean average precision, from 0 to 1
    current: float

    @property
    def verdict(self) -> str:
        """Whether the new table is better: "better", "worse", "equal" or "unknown"."""
        if self.liked < MIN_LIKED:
            return "unknown"
        difference = self.new - self.current
        if abs(difference) < MARGIN:
            return "equal"
        return "better" if difference > 0 else "worse"


def compare_tables(
    labelled: Sequence[LabelledPapers],
    others: Sequence[Candidate],
    *,
    new: BackgroundTable,
    current: BackgroundTable,
) -> TableComparison:
    """Ranks the liked papers of each reader among all others, with each table.

    The measure is the average precision (C. Buckley and E. Voorhees 2000, doi:10.1145/345508.345543):
    the mean, over the liked papers, of the share of liked papers among those that rank as high.

    Args:
        labelled: the judged papers, in the language of both tables.
        others: stored papers that nobody judged; they count as not liked.
        new: a table.
        current: the table that is used now.
    """
    judged = [item for item in labelled if item.liked]
    means: list[float] = []
    for table in (new, current):
        values = [_average_precision(item, others, table) for item in judged]
        means.append(sum(values) / len(values) if values else 0.0)
    return TableComparison(
        profiles=len(judged),
        liked=sum(len(item.liked) for item in judged),
        new=means[0],
        current=means[1],
    )


def _average_precision(
    item: LabelledPapers, others: Sequence[Candidate], table: BackgroundTable
) -> float:
    liked = {paper.paper_id for paper in item.liked}
    by_id = {paper.paper_id: paper for paper in (*others, *item.disliked, *item.liked)}
    tokenized: list[TokenizedPaper] = [
        tokenize_paper(paper, item.profile.language) for paper in by_id.values()
    ]
    compiled = compile_profile(item.profile, build_corpus(tokenized, table))
    found, total = 0, 0.0
    for place, ranked in enumerate(rank(tokenized, compiled, keep_all=True), start=1):
        if ranked.candidate.paper_id in liked:
            found += 1
            total += found / place
    return total / len(liked)
