"""Derives the keywords of a profile from the papers that a person wrote or saved.

The keywords are the lemmas with the largest mean TF-IDF in these papers, each in its most
frequent form. The weight of a keyword is the square root of that mean, so that many keywords
influence the ranking. Two alternatives ranked worse (docs/research/ranking.md): phrases as
keywords, and leaving out the words of every abstract ("propose", "model").
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import fsum, hypot, log, sqrt

from msgspec.structs import replace

from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.parser import KeywordError, parse, unparse
from digest.core.models.profiles import Keyword
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import compile_keyword, contributions
from digest.core.ranking.tfidf import content_terms
from digest.core.text.tokens import ENGLISH

KEYWORDS = 40
"""Usual number of keywords."""

DIRECT = 1.0
"""What the keywords add to a paper of the library on average: a score of 74 without topical
evidence. With this scale `min_match` has the same effect as in a profile that a person wrote."""


def derive(
    papers: Sequence[TokenizedPaper],
    corpus: Corpus,
    *,
    keywords: int = KEYWORDS,
    language: str = ENGLISH,
) -> tuple[Keyword, ...]:
    """Derives keywords from a library.

    Args:
        papers: the library. The result does not depend on their order.
        corpus: the stored papers, for the rarity of words.
        keywords: the largest number of keywords.
        language: in which the papers and the corpus were tokenized.

    Returns:
        The keywords, the largest weight first; none if the papers contain no usable words.
    """
    chosen = _largest_terms(papers, corpus, keywords, language)
    if not chosen:
        return ()
    index = PaperIndex(papers)
    direct = fsum(
        part.amount
        for keyword in chosen
        for _, part in contributions(
            compile_keyword(keyword, corpus, keywords=len(chosen)), index, corpus
        )
    )
    scale = DIRECT * len(index.papers) / direct
    return tuple(_with_readable_weight(keyword, keyword.weight * scale) for keyword in chosen)


def _largest_terms(
    papers: Sequence[TokenizedPaper], corpus: Corpus, keywords: int, language: str
) -> list[Keyword]:
    # The library counts too. Otherwise, with an empty store, no word would be rarer than another.
    frequencies = Counter(corpus.index.document_frequencies())
    frequencies.update(PaperIndex(papers).document_frequencies())
    paper_count = corpus.papers + len(papers)
    terms: defaultdict[str, list[float]] = defaultdict(list)
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        counts = content_terms(paper.words)
        vector = {
            lemma: count * log((paper_count + 1) / (frequencies[lemma] + 0.5))
            for lemma, count in counts.items()
        }
        length = hypot(*vector.values())
        for lemma, weight in vector.items():
            terms[lemma].append(weight / length)
        for surface, lemma in zip(paper.words.surfaces, paper.words.lemmas, strict=True):
            forms[lemma][surface.lower()] += 1
    totals = {lemma: fsum(weights) for lemma, weights in terms.items()}
    chosen: list[Keyword] = []
    for lemma in sorted(totals, key=lambda lemma: (-totals[lemma], lemma)):
        form = min(forms[lemma], key=lambda form: (-forms[lemma][form], form))
        if totals[lemma] > 0.0 and (keyword := _parse_form(form)):
            weight = sqrt(totals[lemma] / len(papers))
            chosen.append(replace(keyword, weight=weight, language=language))
        if len(chosen) == keywords:
            break
    return chosen


def _parse_form(form: str) -> Keyword | None:
    """Returns a word as a keyword; None for a number, a single letter or an unusable word."""
    if form.isascii() and (len(form) < 2 or not any(char.isalpha() for char in form)):
        return None
    try:
        return parse(form)
    except KeywordError:
        return None


def _with_readable_weight(keyword: Keyword, weight: float) -> Keyword:
    """Rounds the weight of a keyword to two digits, above 0 and at most 100."""
    rounded = replace(keyword, weight=min(100.0, max(0.001, float(f"{weight:.2g}"))))
    return replace(rounded, text=unparse(rounded))
