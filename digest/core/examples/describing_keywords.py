"""Finds the words and phrases that describe a reading list best, for a person to choose from."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from digest.core.background.table import BackgroundTable
from digest.core.examples.learned_words import PAIR_BONUS
from digest.core.examples.paper_terms import term_weights
from digest.core.keywords.paper_index import TokenizedPaper
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import ENGLISH

LEAST_PAPERS = 2
"""A term of a single paper describes that paper, not the list."""


def describing_keywords(
    papers: Sequence[TokenizedPaper],
    background: BackgroundTable,
    *,
    keywords: int,
    language: str = ENGLISH,
) -> tuple[Keyword, ...]:
    """Returns keywords for a reading list: the terms with the largest sums of TF-IDF weights.

    Args:
        papers: the list. The result does not depend on their order.
        background: the table of their language.
        keywords: the largest number of keywords.
        language: in which the papers were tokenized.
    """
    weights: defaultdict[str, list[float]] = defaultdict(list)
    for paper in papers:
        for term, weight in term_weights(paper.words.lemmas, background).items():
            weights[term].append(weight * (PAIR_BONUS if " " in term else 1.0))
    least = min(LEAST_PAPERS, len(papers))
    # Sorted before they are added up: a sum depends on the order of its parts.
    sums = {
        term: sum(sorted(found))
        for term, found in weights.items()
        if len(found) >= least and _is_usual(term, background)
    }
    forms = _forms(papers, sums)
    chosen: list[Keyword] = []
    used: set[str] = set()
    for term in sorted(sums, key=lambda term: (-sums[term], term)):
        words = set(term.split(" "))
        # A word of a chosen phrase, or a phrase around a chosen word, says the same again.
        if words & used or len(term) < 2 or term.isdigit():
            continue
        try:
            keyword = parse(forms[term])
        except KeywordError:
            continue
        used |= words
        chosen.append(replace(keyword, language=language))
        if len(chosen) == keywords:
            break
    return tuple(chosen)


def _is_usual(term: str, background: BackgroundTable) -> bool:
    """Returns whether a term is a word, or a pair that others write too: "of one item" has none."""
    return " " not in term or not background.papers or background.frequency(term) > 0


def _forms(papers: Sequence[TokenizedPaper], terms: dict[str, float]) -> dict[str, str]:
    """Returns each term as it is written most often."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        lemmas, surfaces = paper.words.lemmas, paper.words.surfaces
        for size in (1, 2):
            for start in range(len(lemmas) - size + 1):
                term = " ".join(lemmas[start : start + size])
                if term in terms:
                    form = " ".join(surfaces[start : start + size])
                    # A capital behind the first letter belongs to the word, as in BERT. The first
                    # one may only begin a sentence.
                    written[term][form if any(map(str.isupper, form[1:])) else form.lower()] += 1
    return {
        term: min(forms, key=lambda form: (-forms[form], form)) for term, forms in written.items()
    }
