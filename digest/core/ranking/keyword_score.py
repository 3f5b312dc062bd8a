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
from digest.core.keywords.author_names import Name, read_name
from digest.core.keywords.patterns import Pattern, pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus, Index, Usage
from digest.core.text.tokens import Words

RAREST = 1 / 1000
"""The share of papers at which rarity reaches its full 1."""

SATURATION = 3.0
"""So many occurrences in a paper of mean length give half of what a keyword can."""

OTHER_FORM = 1 / 2
"""An occurrence of which only the stems are the keyword's."""

NESTED = 1 / 3
"""An occurrence, for each side on which it goes on to a common longer phrase."""

FOUND = 0.7
"""The least that occurrences count: a paper that says it once, in the plural, still shows."""

IN_TITLE = 3.0
"""An occurrence of a `title:` keyword, whose other occurrences are not looked for."""

LENGTHS = (0.75, 2.0)
"""Bounds of a paper's length over the mean: a missing abstract is no sign of density."""

AUTHOR = 0.5
"""What an author adds: as a keyword of full rarity, three times in an ordinary abstract."""

CATEGORY = 0.08
"""What the best category of a topic adds: alone a score of 13, below the usual `min_match`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a keyword, and what surrounds it in the corpus."""

    pattern: Pattern
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A keyword compiled against the corpus: exactly one of the three ways to look for it."""

    keyword: Keyword
    weight: float  # in whole grains
    full: float  # what it adds at most, for a weight of 1
    forms: tuple[Form, ...] = ()  # of a keyword of the text: its own and its aliases
    name: Name | None = None

    def holders(self, index: Index) -> Iterable[int]:
        """The papers, by number, that it matches."""
        if self.forms:
            return {number for form in self.forms for number, _ in index.find(form.pattern)}
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True)
class Part:
    """What one keyword adds to one paper's sum."""

    keyword: str  # as written
    field: str
    amount: float


def rule(keyword: Keyword, corpus: Corpus, *, weight: float = 1.0) -> Rule:
    """Freeze a keyword's rarity and usage in this corpus.

    Args:
        keyword: with its own weight.
        corpus: the papers seen.
        weight: of the topic.
    """
    own = fixed_point.weight(weight * keyword.weight)
    if keyword.field == "category":
        return Rule(keyword=keyword, weight=own, full=CATEGORY)
    if keyword.field == "author":
        return Rule(keyword=keyword, weight=own, full=AUTHOR, name=read_name(keyword.term))
    forms = tuple(
        Form(pattern=compiled, usage=corpus.usage(compiled))
        for compiled in map(pattern, all_forms(keyword))
    )
    # Papers that hold two forms are counted twice, which makes the keyword no rarer than it is.
    share = min(1.0, fsum(corpus.frequency(form.pattern) for form in forms))
    return Rule(keyword=keyword, weight=own, full=min(1.0, log(share) / log(RAREST)), forms=forms)


def parts(one: Rule, index: Index, mean_length: float) -> Iterator[tuple[int, Part]]:
    """What one keyword adds to each paper, by number, that it matches."""
    for number, field, unit in units(one, index, mean_length):
        yield number, Part(one.keyword.text, field, one.weight * unit)


def units(one: Rule, index: Index, mean_length: float) -> Iterator[tuple[int, str, float]]:
    """What it would add with a weight of 1, and in which field, to each paper, by number."""
    if not one.forms:
        unit = fixed_point.amount(one.full)
        yield from ((number, one.keyword.field, unit) for number in one.holders(index))
        return
    for number, spans in _spans(one.forms, index):
        words = index.papers[number].words
        field = "title" if spans[0][0] < words.title else "abstract"
        count = _count(words, spans)
        unit = one.full * count / (count + SATURATION * _length(words, mean_length))
        yield number, field, fixed_point.amount(unit)


_Span = tuple[int, Form]
"""Where an occurrence begins, and in which form."""


def _spans(forms: tuple[Form, ...], index: Index) -> Iterator[tuple[int, list[_Span]]]:
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


def _count(words: Words, spans: list[_Span]) -> float:
    """The occurrences, weighted; at least `FOUND`."""
    total = 0.0
    for start, form in spans:
        wanted, usage = form.pattern, form.usage
        end = start + wanted.size
        one = 1.0 if wanted.own(words, start) else OTHER_FORM
        if start and words.stems[start - 1] in usage.before:
            one *= NESTED
        if end < len(words.stems) and words.stems[end] in usage.after:
            one *= NESTED
        total += one
    total = max(FOUND, total)
    return total * IN_TITLE if spans[0][1].pattern.title else total


def _length(words: Words, mean_length: float) -> float:
    least, most = LENGTHS
    return min(most, max(least, words.length / mean_length))
