"""Derives the keywords of a profile from a reading list."""

from collections.abc import Sequence

from msgspec import Struct

from digest.core.examples.describing_keywords import describing_keywords
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.models.editions import Candidate
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword
from digest.core.profiles.coverage import matching_papers
from digest.core.profiles.from_library import derive
from digest.pipeline.publishing.preview import as_candidates
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.statistics_papers import corpus_of

DESCRIBING = 12  # keywords that are suggested


class DerivedKeywords(Struct, frozen=True, kw_only=True):
    """The keywords of a reading list."""

    keywords: tuple[Keyword, ...]  # highest weight first
    describing: tuple[Keyword, ...]  # words and phrases for a person to choose from, the best first
    paper_counts: tuple[int, ...]  # for each keyword, the number of papers of the list with it


def from_library(
    papers: Sequence[Paper],
    *,
    background: Sequence[Candidate],
    keywords: int,
    language: str,
    models: RankingModels = PACKAGED_ONLY,
) -> DerivedKeywords:
    """Derives keywords from a reading list.

    Args:
        papers: The papers of the list.
        background: Stored papers, from which the rarity of words is learned.
        keywords: The maximum number of keywords.
        language: The language of the papers.
        models: What the settings choose for ranking.
    """
    corpus = corpus_of(
        (tokenize_paper(candidate, language) for candidate in background), language, models
    )
    tokenized = [tokenize_paper(item, language) for item in as_candidates(papers, source="library")]
    derived = derive(tokenized, corpus, keywords=keywords, language=language)
    index = PaperIndex(tokenized)
    return DerivedKeywords(
        keywords=derived,
        describing=describing_keywords(
            tokenized, corpus.background, keywords=DESCRIBING, language=language
        ),
        paper_counts=tuple(len(matching_papers(keyword, index)) for keyword in derived),
    )
