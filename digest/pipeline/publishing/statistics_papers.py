"""Selects the papers from which the rarity of keywords is learned.

Digests, previews and explanations use the same papers, so that they show the same scores.
"""

from datetime import date

from digest.core.models.editions import Candidate
from digest.store.database import metadata
from digest.store.database.store import Connection
from digest.store.papers import announcements

CORPUS_PAPERS = 1000  # the newest papers


def statistics_papers(tx: Connection, day: date) -> list[Candidate]:
    """Returns the papers whose statistics give the scores of a day (UTC), newest first.

    The first edition of a day freezes them. Until then, these are the newest papers, as that edition
    would use them.
    """
    frozen = metadata.frozen_statistics(tx, day)
    return announcements.newest_papers(tx, CORPUS_PAPERS, upto=frozen)
