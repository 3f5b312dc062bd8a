"""What a keyword itself adds to a paper's sum: u x r x t / (t + 3 n).

u   the reader's weight of the keyword, times that of the topic
r   its rarity: ln(1 / f) / ln 1000, at most 1, f the smoothed share of papers that hold it
t   its occurrences, each counted by its form and by the longer phrase it may be part of
n   the paper's length over the mean, bounded

Authors and categories add constants. docs/ranking.md has the sources and the measurements.
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
"""The share of papers at which rarity reaches its full 1."""

SATURATION = 3.0
"""So many occurrences in a paper of mean length give half of what a keyword can."""

STEMMED_WEIGHT = 1 / 2
"""An occurrence of which only the stems are the keyword's."""

NESTED_WEIGHT = 1 / 3
"""An occurrence, for each side on which it goes on to a common longer phrase."""

MIN_OCCURRENCES = 0.7
"""The least that occurrences count: a paper that says it once, in the plural, still shows."""

IN_TITLE = 3.0
"""An occurrence of a `title:` keyword, whose other occurrences are not looked for."""

LENGTH_RATIO_BOUNDS = (0.75, 2.0)
"""Bounds of a paper's length over the mean: a missing abstract is no sign of density."""

AUTHOR = 0.5
"""What an author adds: as a keyword of full rarity, three times in an ordinary abstract."""

CATEGORY = 0.08
"""What the best category of a topic adds: alone a score of 13, below the usual `min_match`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordForm:
    """One way to write a keyword, and what surrounds it in the corpus."""

    pattern: Pattern
    usage: PhraseStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKeyword:
    """A keyword compiled against the corpus: exactly one of the three ways to look for it."""

    keyword: Keyword
    weight: float  # in whole grains
    full: float  # what it adds at most, for a weight of 1
    forms: tuple[KeywordForm, ...] = ()  # of a keyword of the text: its own and its aliases
    name: AuthorName | None = None

    def holders(self, index: PaperIndex) -> Iterable[int]:
        """The papers, by number, that it matches."""
        if self.forms:
            return {number for form in self.forms for number, _ in index.find(form.pattern)}
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one keyword adds to one paper's sum."""

    keyword: str  # as written
    field: str
    amount: float


def compile_keyword(keyword: Keyword, corpus: Corpus, *, weight: float = 1.0) -> CompiledKeyword:
    """Freeze a keyword's rarity and usage in this corpus.

    Args:
        keyword: with its own weight.
        corpus: the papers seen.
        weight: of the topic.
    """
    own = fixed_point.round_weight(weight * keyword.weight)
    if keyword.field == "category":
        return CompiledKeyword(keyword=keyword, weight=own, full=CATEGORY)
    if keyword.field == "author":
        return CompiledKeyword(
            keyword=keyword, weight=own, full=AUTHOR, name=parse_author_name(keyword.term)
        )
    forms = tuple(
        KeywordForm(pattern=compiled, usage=corpus.usage(compiled))
        for compiled in map(pattern, all_forms(keyword))
    )
    # Papers that hold two forms are counted twice, which makes the keyword no rarer than it is.
    share = min(1.0, fsum(corpus.frequency(form.pattern) for form in forms))
    return CompiledKeyword(
        keyword=keyword, weight=own, full=min(1.0, log(share) / log(RAREST)), forms=forms
    )


def contributions(
    one: CompiledKeyword, index: PaperIndex, mean_length: float
) -> Iterator[tuple[int, Contribution]]:
    """What one keyword adds to each paper, by number, that it matches."""
    for number, field, unit in unit_scores(one, index, mean_length):
        yield number, Contribution(one.keyword.text, field, one.weight * unit)


def unit_scores(
    one: CompiledKeyword, index: PaperIndex, mean_length: float
) -> Iterator[tuple[int, str, float]]:
    """What it would add with a weight of 1, and in which field, to each paper, by number."""
    if not one.forms:
        unit = fixed_point.round_contribution(one.full)
        yield from ((number, one.keyword.field, unit) for number in one.holders(index))
        return
    for number, spans in _spans(one.forms, index):
        words = index.papers[number].words
        field = "title" if spans[0][0] < words.title else "abstract"
        count = _count(words, spans)
        unit = one.full * count / (count + SATURATION * _length(words, mean_length))
        yield number, field, fixed_point.round_contribution(unit)


_Span = tuple[int, KeywordForm]
"""Where an occurrence begins, and in which form."""


def _spans(forms: tuple[KeywordForm, ...], index: PaperIndex) -> Iterator[tuple[int, list[_Span]]]:
    """Where the papers hold a keyword in any of its forms; of overlapping places the first."""
    if len(forms) == 1:
        (form,) = forms
        for number, starts in index.find(form.pattern):
            yield number, [(start, form) for start in starts]
        return
    found: defaultdict[int, list[_Span]] = defaultdict(list)
    for form in forms:
        for number, starts in index.find(form.pattern):
            found[number] += [(start, form) for start in starts]
    for number in sorted(found):
        apart: list[_Span] = []
        free = 0
        for start, form in sorted(found[number], key=lambda span: (span[0], -span[1].pattern.size)):
            if start >= free:
                apart.append((start, form))
                free = start + form.pattern.size
        yield number, apart


def _count(words: TokenizedText, spans: list[_Span]) -> float:
    """The occurrences, weighted; at least `FOUND`."""
    total = 0.0
    for start, form in spans:
        wanted, usage = form.pattern, form.usage
        end = start + wanted.size
        one = 1.0 if wanted.own(words, start) else STEMMED_WEIGHT
        if start and words.stems[start - 1] in usage.before:
            one *= NESTED_WEIGHT
        if end < len(words.stems) and words.stems[end] in usage.after:
            one *= NESTED_WEIGHT
        total += one
    total = max(MIN_OCCURRENCES, total)
    return total * IN_TITLE if spans[0][1].pattern.title else total


def _length(words: TokenizedText, mean_length: float) -> float:
    least, most = LENGTH_RATIO_BOUNDS
    return min(most, max(least, words.length / mean_length))
