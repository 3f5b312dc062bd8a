"""What a keyword itself adds to a paper's score: u x r x t / (t + 3 n).

u   the reader's weight of the keyword
r   its rarity: ln(1 / f) / ln 1000, at most 1, f the smoothed share of papers that hold it
t   its occurrences, each counted by its form and by the longer phrase it may be part of
n   the paper's length over the mean, bounded

Authors and categories add constants. docs/ranking.md has the sources and the measurements.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log

from digest.core.corpus import Corpus, Index, Name, Pattern, Usage, pattern, read_name
from digest.core.model import Keyword
from digest.core.text import Words

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
class Rule:
    """A keyword compiled against the corpus: exactly one of the three ways to look for it."""

    keyword: Keyword
    full: float  # what it adds at most
    pattern: Pattern | None = None
    usage: Usage | None = None
    name: Name | None = None

    def holders(self, index: Index) -> Iterable[int]:
        """The papers, by number, that it matches."""
        if self.pattern:
            return (number for number, _ in index.find(self.pattern))
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True)
class Part:
    """What one keyword adds to one paper's sum."""

    keyword: str  # as written
    field: str
    amount: float


def rule(keyword: Keyword, corpus: Corpus) -> Rule:
    """Freeze a keyword's rarity and usage in this corpus."""
    if keyword.field == "category":
        return Rule(keyword=keyword, full=keyword.weight * CATEGORY)
    if keyword.field == "author":
        return Rule(keyword=keyword, full=keyword.weight * AUTHOR, name=read_name(keyword.term))
    compiled = pattern(keyword)
    rarity = min(1.0, log(corpus.frequency(compiled)) / log(RAREST))
    return Rule(
        keyword=keyword,
        full=keyword.weight * rarity,
        pattern=compiled,
        usage=corpus.usage(compiled),
    )


def parts(one: Rule, index: Index, mean_length: float) -> Iterator[tuple[int, Part]]:
    """What one keyword adds to each paper, by number, that it matches."""
    if one.pattern is None or one.usage is None:
        firm = Part(one.keyword.text, one.keyword.field, one.full)
        yield from ((number, firm) for number in one.holders(index))
        return
    for number, starts in index.find(one.pattern):
        words = index.papers[number].words
        field = "title" if starts[0] < words.title else "abstract"
        count = _count(one.pattern, one.usage, words, starts)
        amount = one.full * count / (count + SATURATION * _length(words, mean_length))
        yield number, Part(one.keyword.text, field, amount)


def _count(wanted: Pattern, usage: Usage, words: Words, starts: list[int]) -> float:
    """The occurrences, weighted; at least `FOUND`."""
    total = 0.0
    for start in starts:
        end = start + wanted.size
        one = 1.0 if wanted.own(words, start) else OTHER_FORM
        if start and words.stems[start - 1] in usage.before:
            one *= NESTED
        if end < len(words.stems) and words.stems[end] in usage.after:
            one *= NESTED
        total += one
    total = max(FOUND, total)
    return total * IN_TITLE if wanted.title else total


def _length(words: Words, mean_length: float) -> float:
    least, most = LENGTHS
    return min(most, max(least, words.length / mean_length))
