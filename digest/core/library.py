"""From a reading list to keywords: what its papers speak of more than others do.

The stems with the largest mean TF-IDF over the list, each in its most frequent surface form,
weighted by the square root of that mean over the largest one. The inverse document frequency
is that of the papers seen, smoothed by their prior (`digest.core.corpus`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import log, sqrt

from digest.core.corpus import Corpus, pattern
from digest.core.keywords import KeywordError, parse
from digest.core.model import Keyword, Paper
from digest.core.text import BREAK, STOP_WORDS, stem, words

_LEAST_WEIGHT = 0.05
_EMPTY_STEMS = {BREAK, *map(stem, STOP_WORDS)}


def derive(papers: Sequence[Paper], corpus: Corpus, *, keywords: int = 40) -> tuple[Keyword, ...]:
    """The keywords of a reading list, the heaviest first; none for papers without words.

    Args:
        papers: the list, in any order; the result does not depend on it.
        corpus: the papers seen, which tell what is rare.
        keywords: at most so many.
    """
    counts: defaultdict[str, list[int]] = defaultdict(list)  # of a stem, in each paper with it
    surfaces: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        found = words(paper.title, paper.abstract)
        for one, surface in zip(found.stems, found.surfaces, strict=True):
            surfaces[one][surface] += 1
        for one, count in Counter(found.stems).items():
            counts[one].append(count)
    values: dict[Keyword, float] = {}
    for one, occurrences in counts.items():
        if one not in _EMPTY_STEMS and (keyword := _keyword(_most_frequent(surfaces[one]))):
            rarity = -log(corpus.frequency(pattern(keyword)))
            values[keyword] = rarity * sum(1 + log(count) for count in occurrences)
    best = sorted(values.items(), key=lambda item: (-item[1], item[0].term))[:keywords]
    return tuple(_weighted(best))


def _most_frequent(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))


def _keyword(surface: str) -> Keyword | None:
    try:
        return parse(surface) if len(surface) > 1 and not surface.isdigit() else None
    except KeywordError:
        return None


def _weighted(best: Iterable[tuple[Keyword, float]]) -> Iterator[Keyword]:
    heaviest = 0.0
    for keyword, value in best:
        heaviest = heaviest or value
        weight = max(_LEAST_WEIGHT, round(sqrt(value / heaviest), 2))
        yield parse(keyword.text if weight == 1.0 else f"{keyword.text}^{weight:g}")
