"""Finds a keyword, other forms of it and its words in papers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from digest.core.keywords.paper_index import PaperIndex
from digest.core.keywords.patterns import Pattern
from digest.core.keywords.spans import Span, places_near, separate_spans
from digest.core.text.terms import content_words
from digest.core.text.tokens import TokenizedText

# "pruned" for `pruning` may be said of something else.
OTHER_FORM_WEIGHT = 1 / 2
# An abbreviation of the background table may stand for something else in this paper.
ABBREVIATION_WEIGHT = 1 / 4
# "Music" of `music generation` says what a paper is about, and not what it does.
RARE_WORD_WEIGHT = 1 / 8

NEAR = "near"
"""The field of a keyword of which only the words were found, near each other."""


class KeywordForm(Struct, frozen=True, kw_only=True):
    """One form of a keyword: the keyword, an alias, a form from the background table, a rare word."""

    pattern: Pattern
    weight: float  # of an occurrence
    flexible: bool = False  # its words count too if they are near each other
    inflected: bool = False  # other forms of its words are looked for


class FormOccurrences(Struct):
    """Where a keyword was found in a paper; occurrences do not overlap."""

    spans: list[Span]  # of the keyword, its aliases, its abbreviations and its rare words
    near: int  # places where its words are near each other
    others: list[Span]  # of other forms of its words
    other_near: int  # places where other forms of its words are near each other

    def field(self, words: TokenizedText) -> str:
        """Returns the field in which the keyword was found."""
        if not self.spans:
            return NEAR
        return "title" if self.spans[0].start < words.title else "abstract"

    @property
    def is_partial(self) -> bool:
        """Whether only an abbreviation, a long form or a rare word was found."""
        return all(span.weight < 1.0 for span in self.spans)

    @staticmethod
    def words(words: TokenizedText, spans: Sequence[Span]) -> tuple[str, ...]:
        """Returns the first occurrence as the paper writes it; none if there is none."""
        return tuple(" ".join(words.surfaces[span.start : span.end]) for span in spans[:1])


def find_forms(
    forms: Sequence[KeywordForm], index: PaperIndex
) -> Iterator[tuple[int, FormOccurrences]]:
    """Yields each paper that contains a keyword, other forms of it, or its words."""
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    others: defaultdict[int, list[Span]] = defaultdict(list)
    near: defaultdict[int, list[list[list[int]]]] = defaultdict(list)
    other_near: defaultdict[int, list[list[list[int]]]] = defaultdict(list)
    for form in forms:
        size = form.pattern.size
        for number, starts in index.occurrences(form.pattern):
            spans[number] += [Span(start, start + size, form.weight) for start in starts]
        content = content_words(form.pattern.lemmas) or form.pattern.lemmas
        if form.flexible and len(content) > 1:
            own = [frozenset((word,)) for word in content]
            for number in index.with_all(own):
                near[number].append([index.places(number, word) for word in own])
        if form.inflected:
            _add_other_forms(form, content, index, others, other_near)
    for number in sorted(spans.keys() | near.keys() | others.keys() | other_near.keys()):
        separate = separate_spans(spans.get(number, ()), ())
        other = separate_spans(others.get(number, ()), separate)
        count = max((places_near(places, separate) for places in near.get(number, ())), default=0)
        taken = [*separate, *other]
        both = max((places_near(places, taken) for places in other_near.get(number, ())), default=0)
        if separate or count or other or both:
            yield number, FormOccurrences(separate, count, other, max(0, both - count))


def _add_other_forms(
    form: KeywordForm,
    content: Sequence[str],
    index: PaperIndex,
    spans: defaultdict[int, list[Span]],
    near: defaultdict[int, list[list[list[int]]]],
) -> None:
    """Adds the occurrences of other forms of the same words, and the places of these words."""
    lemmas = form.pattern.lemmas
    related = {word: index.related_lemmas(word) for word in lemmas}
    if not any(len(related[word]) > 1 for word in lemmas):
        return
    size = len(lemmas)
    for number in index.with_all([related[word] for word in content]):
        text = index.papers[number].words.lemmas
        places = {word: index.places(number, related[word]) for word in set(lemmas)}
        if form.weight == 1.0:
            for start in places[lemmas[0]]:
                found = text[start : start + size]
                pairs = zip(found, lemmas, strict=False)
                if (
                    found != lemmas
                    and len(found) == size
                    and all(word in related[wanted] for word, wanted in pairs)
                ):
                    spans[number].append(Span(start, start + size, OTHER_FORM_WEIGHT))
        if len(content) > 1:
            near[number].append([places[word] for word in content])
