"""Computes the direct evidence of a keyword: u x 4/n x r x t / (t + 3 l).

u   the weight of the keyword times the weight of its topic
n   the number of the topic's keywords that are looked for in texts
r   the rarity: ln(1 / f) / ln 1000, at most 1; f is the smoothed share of papers that contain it
t   the occurrences, added up:
        1      the keyword itself or one of its aliases, in the singular or plural
        1/2    another form of the same words: "pruned" for `pruning`
        1/4    an abbreviation or a long form from the background table
        0.15   the words of the keyword near each other, in any order
    An occurrence counts a third for each side on which it is part of a common longer phrase
l   the length of the paper divided by the usual length, within bounds

This is the saturation and length normalisation of BM25 (doi:10.1561/1500000019). Authors and
categories add constants. docs/research/ranking.md has the measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log

from digest.core.keywords.aliases import all_forms
from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.patterns import Pattern, lemma_pattern, pattern
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus, PaperIndex
from digest.core.text.terms import content_words
from digest.core.text.tokens import ENGLISH, STOP_WORDS, TokenizedText

DIRECT = 4.0
"""What a rare keyword adds at most if it is the only one of its topic. The sum over the keywords
of a topic is divided by their number: a topic of ten keywords is no easier to match than a topic
of one."""

RAREST = 1 / 1000
"""The share of papers at which the rarity reaches its maximum, 1."""

SATURATION = 3.0
"""This many occurrences in a paper of usual length give half of the maximum."""

OTHER_FORM_WEIGHT = 1 / 2
ABBREVIATION_WEIGHT = 1 / 4
NEAR_WEIGHT = 0.15
NEAR_SLACK = 4
"""Words of a keyword are near each other if at most this many others stand between them."""

NESTED_WEIGHT = 1 / 3
NESTED_SHARE = 0.01
"""A longer phrase is common if this share of the background papers with the word contain it."""

TITLE_KEYWORD_WEIGHT = 3.0
"""Weight of an occurrence of a `title:` keyword, which is looked for in the title only."""

USUAL_LENGTH = 180.0
"""Words in the title and abstract of a usual paper."""

LENGTH_RATIO_BOUNDS = (0.75, 2.0)
"""Bounds of a paper's length divided by the usual one. A paper without an abstract is short, but
that does not mean that it is all about the keyword."""

AUTHOR = 0.75
"""What an author adds: by itself a score of 59."""

CATEGORY = 0.22
"""What the best category of a topic adds: by itself a score of 13, below the usual `min_match`."""

NEAR = "near"
"""The field of a keyword of which only the words were found, near each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordForm:
    """One form of a keyword: the keyword, an alias, or a form from the background table."""

    pattern: Pattern
    weight: float  # of an occurrence
    flexible: bool = False  # its words count too if they are near each other
    inflected: bool = False  # other forms of its words count too


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
        """Returns the numbers of the papers that contain the keyword itself or an alias.

        Other forms are not enough: this is what an exclusion removes.
        """
        if self.forms:
            return {
                number
                for form in self.forms
                if form.weight == 1.0
                for number, _ in index.occurrences(form.pattern)
            }
        if self.name:
            return index.by_author(self.name, exact=self.keyword.exact)
        return index.by_category(self.keyword.term, prefix=self.keyword.prefix)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one keyword adds to the sum of one paper."""

    keyword: str  # as written in the profile
    field: str
    amount: float


def keyword_weight(keyword: Keyword, *, topic_weight: float, keywords: int) -> float:
    """Returns the weight of a keyword in its topic: u x 4/n for a text keyword, else u.

    Args:
        keyword: with its own weight.
        topic_weight: the weight of the topic.
        keywords: the number of text keywords in the topic.
    """
    factor = DIRECT / keywords if is_text(keyword) else 1.0
    return fixed_point.round_weight(topic_weight * keyword.weight * factor)


def compile_keyword(
    keyword: Keyword, corpus: Corpus, *, topic_weight: float = 1.0, keywords: int = 1
) -> CompiledKeyword:
    """Compiles a keyword: finds its forms, and computes how rare it is.

    Args:
        keyword: the keyword, with its own weight.
        corpus: the stored papers and the background table.
        topic_weight: the weight of the topic.
        keywords: the number of text keywords in the topic.
    """
    weight = keyword_weight(keyword, topic_weight=topic_weight, keywords=keywords)
    if keyword.field == "category":
        return CompiledKeyword(keyword=keyword, weight=weight, max_score=CATEGORY)
    if keyword.field == "author":
        name = parse_author_name(keyword.term)
        return CompiledKeyword(keyword=keyword, weight=weight, max_score=AUTHOR, name=name)
    forms = tuple(_forms(keyword, corpus))
    # A paper that contains two forms is counted twice. This can only make the keyword less rare.
    share = corpus.share([form.pattern for form in forms])
    return CompiledKeyword(
        keyword=keyword,
        weight=weight,
        max_score=min(1.0, log(share) / log(RAREST)),
        forms=forms,
    )


def _forms(keyword: Keyword, corpus: Corpus) -> Iterator[KeywordForm]:
    known: set[tuple[str, ...]] = set()
    written = [(form, pattern(form)) for form in all_forms(keyword)]
    for form, compiled in written:
        plain = form.field == "text" and not (form.exact or form.prefix or form.capitals)
        known.add(compiled.lemmas)
        yield KeywordForm(
            pattern=compiled,
            weight=1.0,
            flexible=plain,
            inflected=plain and form.language == ENGLISH,  # only its other forms are known
        )
    for form, compiled in written:
        if form.field != "text" or form.exact or form.prefix:
            continue
        for lemmas in corpus.background.other_forms(compiled.lemmas):
            if lemmas not in known:
                known.add(lemmas)
                # A short form alone is often an ordinary word in lower case: RAG, SAM, CoT.
                other = lemma_pattern(lemmas, capitals=len(lemmas) == 1)
                yield KeywordForm(
                    pattern=other,
                    weight=ABBREVIATION_WEIGHT,
                    flexible=len(lemmas) > 1,
                    inflected=len(lemmas) > 1,
                )


def contributions(
    compiled: CompiledKeyword, index: PaperIndex, corpus: Corpus
) -> Iterator[tuple[int, Contribution]]:
    """Yields the number of each paper that a keyword matches, and what the keyword adds to it.

    Args:
        compiled: the keyword.
        index: the papers.
        corpus: the background table, which knows common longer phrases.
    """
    for number, field, unit_score in unit_scores(compiled, index, corpus):
        amount = compiled.weight * unit_score
        yield number, Contribution(compiled.keyword.text, field, amount)


def unit_scores(
    compiled: CompiledKeyword, index: PaperIndex, corpus: Corpus
) -> Iterator[tuple[int, str, float]]:
    """Yields what a keyword would add to each matching paper if its weight were 1.

    Args:
        compiled: the keyword.
        index: the papers.
        corpus: the background table, which knows common longer phrases.

    Yields:
        The number of the paper, the field in which the keyword was found, and the amount.
    """
    if not compiled.forms:
        unit_score = fixed_point.round_contribution(compiled.max_score)
        for number in compiled.matching_papers(index):
            yield number, compiled.keyword.field, unit_score
        return
    if not compiled.max_score:  # a word that every paper contains says nothing
        return
    for number, spans, near in _evidence(compiled.forms, index):
        words = index.papers[number].words
        field = NEAR if not spans else "title" if spans[0].start < words.title else "abstract"
        count = NEAR_WEIGHT * near + sum(_weighted(words, span, corpus) for span in spans)
        if compiled.keyword.field == "title":
            count *= TITLE_KEYWORD_WEIGHT
        saturation = count / (count + SATURATION * _length_ratio(words))
        yield number, field, fixed_point.round_contribution(compiled.max_score * saturation)


@dataclass(frozen=True, slots=True)
class _Span:
    """An occurrence of a form: the index of its first word, and of the word after its last."""

    start: int
    end: int
    weight: float


def _evidence(
    forms: Sequence[KeywordForm], index: PaperIndex
) -> Iterator[tuple[int, list[_Span], int]]:
    """Yields each paper with the occurrences that do not overlap, and the number of near ones."""
    spans: defaultdict[int, list[_Span]] = defaultdict(list)
    near: defaultdict[int, list[list[list[int]]]] = defaultdict(list)
    for form in forms:
        size = form.pattern.size
        for number, starts in index.occurrences(form.pattern):
            spans[number] += [_Span(start, start + size, form.weight) for start in starts]
        if form.flexible:
            _add_flexible(form, index, spans, near)
    for number in sorted(spans.keys() | near.keys()):
        separate: list[_Span] = []
        end_of_last = 0
        # Of two forms that start at the same word, the one that counts more is taken, then the
        # longer one.
        for span in sorted(
            spans.get(number, ()), key=lambda span: (span.start, -span.weight, -span.end)
        ):
            if span.start >= end_of_last:
                separate.append(span)
                end_of_last = span.end
        count = max((_near(places, separate) for places in near.get(number, ())), default=0)
        if separate or count:
            yield number, separate, count


def _add_flexible(
    form: KeywordForm,
    index: PaperIndex,
    spans: defaultdict[int, list[_Span]],
    near: defaultdict[int, list[list[list[int]]]],
) -> None:
    """Adds the occurrences of other forms of the same words, and the places of its words."""
    lemmas = form.pattern.lemmas
    related = {
        word: index.related_lemmas(word) if form.inflected else frozenset((word,))
        for word in lemmas
    }
    content = content_words(lemmas) or lemmas
    others = any(len(related[word]) > 1 for word in lemmas)
    if len(content) == 1 and not others:
        return
    for number in index.with_all([related[word] for word in content]):
        text = index.papers[number].words.lemmas
        places = {word: index.places(number, related[word]) for word in set(lemmas)}
        if others and form.weight == 1.0:
            for start in places[lemmas[0]]:
                found = text[start : start + len(lemmas)]
                if found != lemmas and len(found) == len(lemmas):
                    pairs = zip(found, lemmas, strict=True)
                    if all(word in related[wanted] for word, wanted in pairs):
                        end = start + len(lemmas)
                        spans[number].append(_Span(start, end, OTHER_FORM_WEIGHT))
        if len(content) > 1:
            near[number].append([places[word] for word in content])


def _near(places: Sequence[Sequence[int]], spans: Sequence[_Span]) -> int:
    """Counts the places where all words stand near each other, outside of the occurrences."""
    rarest = min(places, key=len)
    count = 0
    for place in rarest:
        used = {place}
        for others in places:
            if others is rarest:
                continue
            free = [other for other in others if other not in used]
            if not free:
                break
            used.add(min(free, key=lambda other: abs(other - place)))
        else:
            first, last = min(used), max(used)
            inside = any(span.start <= first and last < span.end for span in spans)
            count += last - first < len(places) + NEAR_SLACK and not inside
    return count


def _weighted(words: TokenizedText, span: _Span, corpus: Corpus) -> float:
    """Returns the weight of an occurrence, less if it is part of a common longer phrase."""
    weight, lemmas = span.weight, words.lemmas
    longer = corpus.background.longer_phrase_share
    before = lemmas[span.start - 1] if span.start else ""
    after = lemmas[span.end] if span.end < len(lemmas) else ""
    if (
        before
        and before not in STOP_WORDS
        and longer(lemmas[span.start], before, before=True) >= NESTED_SHARE
    ):
        weight *= NESTED_WEIGHT
    if (
        after
        and after not in STOP_WORDS
        and longer(lemmas[span.end - 1], after, before=False) >= NESTED_SHARE
    ):
        weight *= NESTED_WEIGHT
    return weight


def _length_ratio(words: TokenizedText) -> float:
    lowest, highest = LENGTH_RATIO_BOUNDS
    return min(highest, max(lowest, words.length / USUAL_LENGTH))
