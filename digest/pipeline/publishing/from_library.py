"""From a reading list to a profile's keywords."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.core.models.editions import Candidate
from digest.core.models.papers import Paper
from digest.core.models.profiles import Keyword
from digest.core.profiles.coverage import matching_papers
from digest.core.profiles.from_library import derive
from digest.core.ranking.corpus import PaperIndex, build_corpus, tokenize_paper
from digest.pipeline.publishing.preview import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedKeywords:
    """What a reading list speaks of."""

    keywords: tuple[Keyword, ...]  # the heaviest first
    holding: tuple[int, ...]  # in how many papers of the list each of them occurs


def from_library(
    papers: Sequence[Paper], *, background: Sequence[Candidate], keywords: int, language: str
) -> DerivedKeywords:
    """The keywords of a reading list.

    Args:
        papers: the list.
        background: papers seen, which tell what is rare.
        keywords: at most so many.
        language: of the papers.
    """
    corpus = build_corpus([tokenize_paper(candidate, language) for candidate in background])
    analysed = [tokenize_paper(item, language) for item in numbered(papers, source="library")]
    found = derive(analysed, corpus, keywords=keywords, language=language)
    index = PaperIndex(analysed)
    return DerivedKeywords(
        keywords=found, holding=tuple(len(matching_papers(keyword, index)) for keyword in found)
    )
