"""The score of a paper for a profile: 0 to 100, deterministic, and explained.

For one topic, s = weight x sum over its keywords of u x r x t / (t + 3 n), with
    u   the reader's weight of the keyword,
    r   its rarity: ln(1 / f) / ln 1000, at most 1, f the smoothed share of papers that hold it,
    t   its occurrences, each counted by its form and by the longer phrase it may be part of,
    n   the paper's length over the mean, bounded.
Authors and categories add constants. The score is 100 x (1 - exp(-1.8 s)) of the best topic.
docs/ranking.md gives the sources, the constants and what was measured.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, fsum, log

from digest.core.aliases import all_forms
from digest.core.corpus import (
    Analysed,
    Corpus,
    Index,
    Name,
    Pattern,
    Usage,
    analyse,
    learn,
    pattern,
    read_name,
)
from digest.core.model import Keyword, Match, Profile, Ranked, Topic
from digest.core.text import Words

__all__ = [
    "Analysed",
    "Compiled",
    "Corpus",
    "Index",
    "analyse",
    "compile_profile",
    "learn",
    "rank",
]

STEEPNESS = 1.8
"""A keyword of ordinary rarity, three times in an ordinary abstract, scores about 47."""

RAREST = 1 / 1000
"""The share of papers at which rarity reaches its full 1."""

SATURATION = 3.0
"""So many occurrences in a paper of mean length give half of what a keyword can."""

OTHER_FORM = 1 / 3
"""An occurrence of which only the stems are the keyword's."""

NESTED = 1 / 2
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
class _Form:
    """One way to write a keyword, and what surrounds it in the corpus."""

    pattern: Pattern
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A keyword compiled against the corpus: exactly one of the three ways to look for it."""

    keyword: Keyword
    full: float  # what it adds at most
    forms: tuple[_Form, ...] = ()  # of a keyword of the text: its own and its aliases
    name: Name | None = None

    def holders(self, index: Index) -> Iterable[int]:
        """The papers, by number, that it matches."""
        if self.forms:
            return {number for form in self.forms for number, _ in index.find(form.pattern)}
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A topic, compiled."""

    name: str
    weight: float
    rules: tuple[_Rule, ...]
    excluded: tuple[_Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A profile compiled against a corpus, for any number of papers."""

    topics: tuple[_Section, ...]
    mean_length: float


_Span = tuple[int, _Form]
"""Where an occurrence begins, and in which form."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one keyword adds to one paper's sum."""

    keyword: Keyword
    field: str
    amount: float


def compile_profile(profile: Profile, corpus: Corpus) -> Compiled:
    """Freeze a profile's keywords and their rarities in this corpus."""
    return Compiled(
        topics=tuple(_section(topic, corpus) for topic in profile.topics),
        mean_length=corpus.mean_length,
    )


def rank(
    papers: Sequence[Analysed] | Index, compiled: Compiled, *, keep_all: bool = False
) -> list[Ranked]:
    """The papers that match, best first; ties by sequence, then by paper id.

    Args:
        papers: in any order; the result does not depend on it. For many profiles, build
            their `Index` once and pass it.
        compiled: from `compile_profile`.
        keep_all: keep those that match nothing, at score 0.
    """
    index = papers if isinstance(papers, Index) else Index(papers)
    best: dict[int, tuple[float, str, list[_Part]]] = {}
    for topic in compiled.topics:
        for number, parts in _collect(topic, index, compiled.mean_length).items():
            total = topic.weight * fsum(part.amount for part in parts)
            if number not in best or total > best[number][0]:
                best[number] = total, topic.name, parts
    ranked = [
        Ranked(candidate=paper.candidate, score=0.0, topic=None, matches=())
        if number not in best
        else _ranked(paper, *best[number])
        for number, paper in enumerate(index.papers)
        if keep_all or number in best
    ]
    return sorted(
        ranked, key=lambda item: (-item.score, item.candidate.seq, item.candidate.paper_id)
    )


def _section(topic: Topic, corpus: Corpus) -> _Section:
    heaviest: dict[tuple[object, ...], Keyword] = {}
    for keyword in topic.keywords:
        meaning = (keyword.field, keyword.term.casefold(), keyword.exact, keyword.prefix)
        other = heaviest.get(meaning)
        if other is None or keyword.weight > other.weight:
            heaviest[meaning] = keyword
    return _Section(
        name=topic.name,
        weight=topic.weight,
        rules=tuple(_rule(keyword, corpus) for keyword in heaviest.values()),
        excluded=tuple(_rule(keyword, corpus) for keyword in topic.excluded),
    )


def _rule(keyword: Keyword, corpus: Corpus) -> _Rule:
    if keyword.field == "category":
        return _Rule(keyword=keyword, full=keyword.weight * CATEGORY)
    if keyword.field == "author":
        return _Rule(keyword=keyword, full=keyword.weight * AUTHOR, name=read_name(keyword.term))
    forms = tuple(
        _Form(pattern=compiled, usage=corpus.usage(compiled))
        for compiled in map(pattern, all_forms(keyword))
    )
    # Papers that hold two forms are counted twice, which makes the keyword no rarer than it is.
    share = min(1.0, fsum(corpus.frequency(form.pattern) for form in forms))
    rarity = min(1.0, log(share) / log(RAREST))
    return _Rule(keyword=keyword, full=keyword.weight * rarity, forms=forms)


def _collect(topic: _Section, index: Index, mean_length: float) -> dict[int, list[_Part]]:
    """What each of a topic's keywords adds to each paper that the topic does not exclude."""
    found: defaultdict[int, list[_Part]] = defaultdict(list)
    categories: dict[int, _Part] = {}
    for rule in topic.rules:
        for number, part in _parts(rule, index, mean_length):
            if part.field != "category":
                found[number].append(part)
            elif number not in categories or part.amount > categories[number].amount:
                categories[number] = part
    for number, part in categories.items():
        found[number].append(part)
    for rule in topic.excluded:
        for number in rule.holders(index):
            found.pop(number, None)
    return found


def _parts(rule: _Rule, index: Index, mean_length: float) -> Iterator[tuple[int, _Part]]:
    """What one keyword adds to each paper that it matches."""
    if not rule.forms:
        firm = _Part(rule.keyword, rule.keyword.field, rule.full)
        yield from ((number, firm) for number in rule.holders(index))
        return
    for number, spans in _spans(rule, index):
        words = index.papers[number].words
        field = "title" if spans[0][0] < words.title else "abstract"
        count = _count(words, spans)
        amount = rule.full * count / (count + SATURATION * _length(words, mean_length))
        yield number, _Part(rule.keyword, field, amount)


def _spans(rule: _Rule, index: Index) -> Iterator[tuple[int, list[_Span]]]:
    """Where the papers hold a keyword in any of its forms; of overlapping places the first."""
    if len(rule.forms) == 1:
        (form,) = rule.forms
        for number, starts in index.find(form.pattern):
            yield number, [(start, form) for start in starts]
        return
    found: defaultdict[int, list[_Span]] = defaultdict(list)
    for form in rule.forms:
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


def _ranked(paper: Analysed, total: float, topic: str, parts: list[_Part]) -> Ranked:
    score = 100.0 * (1.0 - exp(-STEEPNESS * total))
    whole = fsum(part.amount for part in parts)
    matches = [
        Match(
            keyword=part.keyword.text,
            field=part.field,
            contribution=score * (part.amount / whole),
        )
        for part in parts
    ]
    matches.sort(key=lambda match: (-match.contribution, match.keyword))
    return Ranked(candidate=paper.candidate, score=score, topic=topic, matches=tuple(matches))
