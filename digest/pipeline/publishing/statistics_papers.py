"""Selects what the scores of a day are computed with: stored papers and the background table.

Digests, previews and explanations use the same papers, so that they show the same scores.
"""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from digest.core.keywords.paper_index import TokenizedPaper
from digest.core.models.editions import Candidate
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.knowledge import background_files
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.database import metadata
from digest.store.database.store import Connection
from digest.store.papers import announcements

if TYPE_CHECKING:
    from digest.core.semantic.evidence import SemanticSpace

CORPUS_PAPERS = 1000  # the newest papers


def statistics_papers(tx: Connection, day: date) -> list[Candidate]:
    """Returns the papers whose statistics give the scores of a day (UTC), newest first.

    The first edition of a day freezes them. Until then, these are the newest papers, as that edition
    would use them.
    """
    frozen = metadata.frozen_statistics(tx, day)
    return announcements.newest_papers(tx, CORPUS_PAPERS, upto=frozen)


def corpus_of(
    papers: Iterable[TokenizedPaper],
    language: str,
    models: RankingModels = PACKAGED_ONLY,
    *,
    semantic: "SemanticSpace | None" = None,
) -> Corpus:
    """Builds the corpus of some papers, with the background table of their language.

    Args:
        papers: from `statistics_papers`.
        language: in which they were tokenized.
        models: what the settings choose.
        semantic: what the sentence model says about the papers to rank.

    Raises:
        SettingsError: the operator's own table cannot be read.
    """
    return build_corpus(papers, background_files.load_for(language, models.background), semantic)
