"""Composes the edition of one subscription. This is what an edition contains; `in_sets` is faster."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.models.editions import Edition, EditionEntry, RankedPaper
from digest.core.models.papers import AnnouncementKind
from digest.core.ranking.scoring import compile_profile, rank
from digest.pipeline.editions.day import PaperGroup
from digest.pipeline.editions.prepared import PreparedEdition
from digest.pipeline.publishing.due import DueProfile
from digest.store.archive import shown_papers
from digest.store.database.column_types import to_json
from digest.store.editions import serialization

if TYPE_CHECKING:
    from digest.pipeline.publishing.reranking import Reranker


def compose_alone(
    group: PaperGroup,
    item: DueProfile,
    seen: Collection[int],
    *,
    reranker: "Reranker | None" = None,
) -> PreparedEdition:
    """Composes the edition of one subscription.

    Args:
        group: The papers.
        item: The subscription, with what was learned from its reader.
        seen: The papers that its editions have shown; a revised one may be shown again.
        reranker: Grades the best papers.
    """
    ranked = rank(
        group.index,
        compile_profile(item.profile, group.corpus),
        keep_all=True,
        # The language model may lift papers that are below `min_match`.
        explained_from=0.0 if reranker else item.profile.min_match,
    )
    ranked = [
        paper
        for paper in ranked
        if paper.candidate.paper_id not in seen or paper.candidate.kind is AnnouncementKind.REVISED
    ]
    lifts = reranker.lifts(item.profile, ranked) if reranker else {}
    lifted = ranked
    if lifts:
        # Imported here: few homes have a language model.
        from digest.pipeline.publishing import reranking

        lifted = reranking.lifted(ranked, lifts)
    edition = compose(lifted, profile=item.profile, local_date=item.decision.date)
    edition = replace(
        edition,
        scored_by=group.fingerprints.of(item.profile),
        updates=tuple(
            EditionEntry(candidate=news, score=None)
            for news in group.updates
            if news.paper_id in seen
        ),
    )
    if lifts:
        edition = reranking.explained(edition, lifts, _scores(ranked))
    return packed(with_excerpts(edition, item.profile))


def packed(edition: Edition) -> PreparedEdition:
    """Returns an edition as it is stored."""
    entries = edition.entries
    return PreparedEdition(
        content=to_json(serialization.pack(edition)),
        considered=edition.considered,
        matched=edition.matched,
        shown=len(entries),
        updates=len(edition.updates),
        papers=shown_papers.packed(
            entry.candidate.paper_id for entry in (*entries, *edition.surplus, *edition.trending)
        ),
    )


def _scores(ranked: Collection[RankedPaper]) -> dict[int, float]:
    return {item.candidate.revision_id: item.score for item in ranked}
