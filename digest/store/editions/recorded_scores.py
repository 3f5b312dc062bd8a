"""Reads the scores that earlier editions showed for papers."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import Connection, select

from digest.core.models.editions import KeywordMatch
from digest.store.archive import shown_papers
from digest.store.database.schema import edition
from digest.store.database.statements import rows_in
from digest.store.editions import serialization
from digest.store.subscribers import profiles

# Many readers may have the same profile text. Their editions of one day have the same scores, so
# those of a few readers are enough.
MAX_READERS = 20


class RecordedScore(Struct, frozen=True, kw_only=True):
    """The score of a paper in an edition."""

    score: float
    topic: str
    matches: tuple[KeywordMatch, ...]


def recorded_scores(
    tx: Connection, *, profile_text: str, scored_by: str, paper_ids: Collection[int]
) -> Mapping[tuple[int, int], RecordedScore]:
    """Returns the scores that the latest editions of a profile showed.

    Args:
        tx: Transaction.
        profile_text: Only editions of subscriptions that have this profile now.
        scored_by: Only editions whose scores came from this profile
            (`digest.core.ranking.fingerprint.scoring_fingerprint`).
        paper_ids: Only these papers.

    Returns:
        The scores by paper id and revision id.
    """
    reader_ids = profiles.subscriptions_with(tx, profile_text, live=False, limit=MAX_READERS)
    wanted = set(paper_ids)
    edition_ids = shown_papers.editions_with(tx, reader_ids, wanted)
    contents = select(edition.c.id, edition.c.content)
    rows = sorted(rows_in(tx, contents, edition.c.id, edition_ids), key=lambda row: int(row.id))
    return {
        (entry.paper_id, entry.revision_id): RecordedScore(
            score=entry.score, topic=entry.topic, matches=entry.matches
        )
        for row in rows
        if serialization.scored_by(row.content) == scored_by
        for entry in serialization.scored_entries(row.content)
        if entry.paper_id in wanted
    }
