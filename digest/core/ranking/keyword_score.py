"""Computes what a keyword adds to the score of a paper: u x r x t / (t + 3 n).

u   the weight of the keyword times the weight of its topic
r   the rarity: ln(1 / f) / ln 1000, at most 1; f is the smoothed share of papers that contain it
t   the number of occurrences; stemmed forms and parts of a longer phrase count less
n   the length of the paper divided by the mean length, within bounds

Authors and categories add constants. docs/research/ranking.md has the sources and measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import fsum, log

from digest.core.keywords.aliases import all_forms
from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.patterns import Pattern, pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus, PaperIndex, PhraseStatistics
from digest.core.text.tokens import TokenizedText

RAREST = 1 / 1000
"""The share of papers at which the rarity reaches its maximum, 1."""

SATURATION = 3.0
"""This many occurrences in a paper of mean length give half of the maximum."""

STEMMED_WEIGHT = 1 / 2
"""Weight of an occurrence that agrees with the keyword in its stems only."""

NESTED_WEIGHT = 1 / 3
"""Weight of an occurrence for each side on which it is part of a common longer phrase."""

MIN_OCCURRENCES = 0.7
"""All occurrences together count at least this much: a paper with a single occurrence in the
plural still reaches the usual `min_match`."""

TITLE_KEYWORD_WEIGHT = 3.0
"""Weight of an occurrence of a `title:` keyword, which is looked for in the title only."""

LENGTH_RATIO_BOUNDS = (0.75, 2.0)
"""Bounds of a paper's length divided by the mean. A paper without an abstract is short, but that
does not mean that it is all about the keyword."""

AUTHOR = 0.5
"""What an author adds: as much as a rare keyword that occurs three times in a usual abstract."""

CATEGORY = 0.08
"""What the best category of a topic adds: by itself a score of 13, below the usual `min_match`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordForm:
    """One form of a keyword (the keyword or an alias), and how the stored papers use it."""

    pattern: Pattern
    statistics: PhraseStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKeyword:
    """A keyword compiled against the corpus.

    It is looked for by its forms, by its author name, or (if it has neither) by its category.
    """

    keyword: Keyword
    weight: float  # a fixed-point number
    max_score: float  # the most that it adds to a paper, for a weight of 1
    forms: tuple[KeywordForm, ...] = ()  # of a text or title keyword; empty for other fields
    name: AuthorName | None = None

    def matching_papers(self, index: PaperIndex) -> Iterable[int]:
        """Returns the numbers of the papers that the keyword matches."""
        if self.forms:
            return {number for form in self.forms for number, _ in index.occurrences(form.pattern)}
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one keyword adds to the sum of one paper."""

    keyword: str  # as written in the profile
    field: str
    amount: float


def compile_keyword(keyword: Keyword, corpus: Corpus, *, weight: float = 1.0) -> CompiledKeyword:
    """Computes the rarity of a keyword in the corpus.

    Args:
        keyword: the keyword, with its own weight.
        corpus: the stored papers.
        weight: the weight of the topic.
    """
    total_weight = fixed_point.round_weight(weight * keyword.weight)
    if keyword.field == "category":
        return CompiledKeyword(keyword=keyword, weight=total_weight, max_score=CATEGORY)
    if keyword.field == "author":
        return CompiledKeyword(
            keyword=keyword,
            weight=total_weight,
            max_score=AUTHOR,
            name=parse_author_name(keyword.term),
        )
    forms = tuple(
        KeywordForm(pattern=compiled, statistics=corpus.statistics(compiled))
        for compiled in map(pattern, all_forms(keyword))
    )
    # A paper that contains two forms is counted twice. This can only make the keyword less rare.
    share = min(1.0, fsum(corpus.frequency(form.pattern) for form in forms))
    return CompiledKeyword(
        keyword=keyword,
        weight=total_weight,
        max_score=min(1.0, log(share) / log(RAREST)),
        forms=forms,
    )


def contributions(
    compiled: CompiledKeyword, index: PaperIndex, mean_length: float
) -> Iterator[tuple[int, Contribution]]:
    """Yields the number of each paper that a keyword matches, and what the keyword adds to it.

    Args:
        compiled: the keyword.
        index: the papers.
        mean_length: mean number of words of a stored paper.
    """
    for number, field, unit_score in unit_scores(compiled, index, mean_length):
        amount = compiled.weight * unit_score
        yield number, Contribution(compiled.keyword.text, field, amount)


def unit_scores(
    compiled: CompiledKeyword, index: PaperIndex, mean_length: float
) -> Iterator[tuple[int, str, float]]:
    """Yields what a keyword would add to each matching paper if its weight were 1.

    Args:
        compiled: the keyword.
        index: the papers.
        mean_length: mean number of words of a stored paper.

    Yields:
        The number of the paper, the field in which the keyword was found, and the amount.
    """
    if not compiled.forms:
        unit_score = fixed_point.round_contribution(compiled.max_score)
        for number in compiled.matching_papers(index):
            yield number, compiled.keyword.field, unit_score
        return
    for number, spans in _spans(compiled.forms, index):
        words = index.papers[number].words
        field = "title" if spans[0][0] < words.title else "abstract"
        count = _weighted_count(words, spans)
        saturation = count / (count + SATURATION * _length_ratio(words, mean_length))
        yield number, field, fixed_point.round_contribution(compiled.max_score * saturation)


_Span = tuple[int, KeywordForm]
"""The position of an occurrence, and its form."""


def _spans(forms: tuple[KeywordForm, ...], index: PaperIndex) -> Iterator[tuple[int, list[_Span]]]:
    """Yields each paper with the occurrences of any form; of overlapping ones only the first."""
    if len(forms) == 1:
        (form,) = forms
        for number, starts in index.occurrences(form.pattern):
            yield number, [(start, form) for start in starts]
        return
    spans_by_paper: defaultdict[int, list[_Span]] = defaultdict(list)
    for form in forms:
        for number, starts in index.occurrences(form.pattern):
            spans_by_paper[number] += [(start, form) for start in starts]
    for number in sorted(spans_by_paper):
        separate: list[_Span] = []
        end_of_last = 0
        # Of two forms that start at the same word, the longer one is taken.
        spans = sorted(spans_by_paper[number], key=lambda span: (span[0], -span[1].pattern.size))
        for start, form in spans:
            if start >= end_of_last:
                separate.append((start, form))
                end_of_last = start + form.pattern.size
        yield number, separate


def _weighted_count(words: TokenizedText, spans: list[_Span]) -> float:
    """Returns the weighted number of occurrences, at least `MIN_OCCURRENCES`."""
    total = 0.0
    for start, form in spans:
        end = start + form.pattern.size
        weight = 1.0 if form.pattern.is_exact_form(words, start) else STEMMED_WEIGHT
        if start and words.stems[start - 1] in form.statistics.before:
            weight *= NESTED_WEIGHT
        if end < len(words.stems) and words.stems[end] in form.statistics.after:
            weight *= NESTED_WEIGHT
        total += weight
    total = max(MIN_OCCURRENCES, total)
    return total * TITLE_KEYWORD_WEIGHT if spans[0][1].pattern.title else total


def _length_ratio(words: TokenizedText, mean_length: float) -> float:
    lowest, highest = LENGTH_RATIO_BOUNDS
    return min(highest, max(lowest, words.length / mean_length))
