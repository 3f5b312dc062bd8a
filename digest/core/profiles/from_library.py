"""A profile from the papers that a person wrote or kept.

The keywords are the stems with the largest mean TF-IDF over the library's papers, each in
its most frequent form; a keyword's weight is the square root of that mean, so that many
keywords have a say. Phrases as keywords, or leaving out the words that carry every abstract
("propose", "model"), ranked worse (docs/ranking.md).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import fsum, hypot, log, sqrt

from digest.core.keywords.parser import KeywordError, parse, unparse
from digest.core.models.profiles import Keyword
from digest.core.ranking.corpus import Corpus, PaperIndex, TokenizedPaper
from digest.core.ranking.keyword_score import compile_keyword, contributions
from digest.core.ranking.tfidf import content_terms
from digest.core.text.tokens import ENGLISH

KEYWORDS = 40

DIRECT = 0.35
"""What the keywords add to a paper of the library, on average: a score of 47, without the
related terms. So `min_match` means for a derived profile what it means for a written one."""


def derive(
    papers: Sequence[TokenizedPaper],
    corpus: Corpus,
    *,
    keywords: int = KEYWORDS,
    language: str = ENGLISH,
) -> tuple[Keyword, ...]:
    """The keywords of a library, the heaviest first; none if its papers have no words.

    Args:
        papers: the library. The result does not depend on their order.
        corpus: the papers seen, which tell what is rare.
        keywords: at most so many.
        language: that the papers and the corpus are cut in.
    """
    chosen = _heaviest(papers, corpus, keywords, language)
    if not chosen:
        return ()
    index = PaperIndex(papers)
    direct = fsum(
        part.amount
        for keyword in chosen
        for _, part in contributions(compile_keyword(keyword, corpus), index, corpus.mean_length)
    )
    scale = DIRECT * len(index.papers) / direct
    return tuple(_weighted(keyword, keyword.weight * scale) for keyword in chosen)


def _heaviest(
    papers: Sequence[TokenizedPaper], corpus: Corpus, keywords: int, language: str
) -> list[Keyword]:
    # With the library itself, or in an empty store no word would be rarer than another.
    holding = Counter(corpus.index.holding())
    holding.update(PaperIndex(papers).holding())
    seen = corpus.papers + len(papers)
    terms: defaultdict[str, list[float]] = defaultdict(list)
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        counts = content_terms(paper.words)
        vector = {
            one: count * log((seen + 1) / (holding[one] + 0.5)) for one, count in counts.items()
        }
        length = hypot(*vector.values())
        for one, weight in vector.items():
            terms[one].append(weight / length)
        for surface, one in zip(paper.words.surfaces, paper.words.stems, strict=True):
            forms[one][surface.lower()] += 1
    totals = {one: fsum(some) for one, some in terms.items()}
    chosen: list[Keyword] = []
    for one in sorted(totals, key=lambda one: (-totals[one], one)):
        form = min(forms[one], key=lambda form: (-forms[one][form], form))
        if totals[one] > 0.0 and (keyword := _keyword(form)):
            weight = sqrt(totals[one] / len(papers))
            chosen.append(replace(keyword, weight=weight, language=language))
        if len(chosen) == keywords:
            break
    return chosen


def _keyword(form: str) -> Keyword | None:
    """The word as a keyword; None for numbers, single letters, and what is none."""
    if form.isascii() and (len(form) < 2 or not any(char.isalpha() for char in form)):
        return None
    try:
        return parse(form)
    except KeywordError:
        return None


def _weighted(keyword: Keyword, weight: float) -> Keyword:
    """With a weight that a person can read: two digits, above 0 and at most 100."""
    rounded = replace(keyword, weight=min(100.0, max(0.001, float(f"{weight:.2g}"))))
    return replace(rounded, text=unparse(rounded))
