"""Names what gave a score, so that scores of different days can be compared."""

from hashlib import sha256

from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus

FORMULA = 3
"""The number of the formula. A change that gives other scores must raise it, so that scores of
earlier editions are not compared with new ones."""


def scoring_fingerprint(profile: Profile, corpus: Corpus) -> str:
    """Returns a short hash of everything that determines scores, except the stored papers.

    The same fingerprint means the same scores, if the statistics are the same too.

    Args:
        profile: its topics, boosts and language.
        corpus: its background table and its sentence model.
    """
    content = (
        FORMULA,
        profile.topics,
        profile.boosts,
        profile.related,
        profile.language,
        corpus.background.table_id,
        corpus.semantic.model_id if corpus.semantic else "",
        profile.feedback,  # not the day: yesterday's digest keeps its scores
    )
    return sha256(repr(content).encode()).hexdigest()[:16]
