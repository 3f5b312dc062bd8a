"""Lists the forms that a keyword finds in papers, for the writer of a profile."""

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from digest.core.keywords.occurrences import ABBREVIATION_WEIGHT, RARE_WORD_WEIGHT, KeywordForm
from digest.core.keywords.patterns import Pattern, lemma_pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import compile_keyword
from digest.core.text.terms import content_words
from digest.core.text.tokens import STOP_WORDS, related_keys

MAX_OTHER_FORMS = 5
"""So many other forms are listed: there may be dozens, most of them rare."""


class FoundForms(Struct, frozen=True, kw_only=True):
    """What a keyword finds."""

    lemmas: tuple[str, ...] = ()  # the keyword and its aliases; singular and plural are one
    other_forms: tuple[str, ...] = ()  # of the same words, which are close to it
    abbreviations: tuple[str, ...] = ()  # short and long forms from the background table
    rare_words: tuple[str, ...] = ()  # of a phrase, which count without the others
    near: bool = False  # its words count if they are near each other


def found_forms(keyword: Keyword, corpus: Corpus) -> FoundForms:
    """Returns what a keyword finds; nothing for an author or a category.

    Args:
        keyword: of a profile, with its aliases.
        corpus: the stored papers and the background table, which know the other forms of words.
    """
    forms = compile_keyword(keyword, corpus).forms
    own = [form for form in forms if form.weight == 1.0]
    others = (
        other
        for form in own
        if form.inflected
        for other in _other_forms(form.pattern.lemmas, corpus)
    )
    return FoundForms(
        lemmas=tuple(dict.fromkeys(_written(form.pattern) for form in own)),
        other_forms=tuple(islice(dict.fromkeys(others), MAX_OTHER_FORMS)),
        abbreviations=_written_forms(form for form in forms if form.weight == ABBREVIATION_WEIGHT),
        rare_words=_written_forms(form for form in forms if form.weight <= RARE_WORD_WEIGHT),
        near=any(form.flexible and len(content_words(form.pattern.lemmas)) > 1 for form in own),
    )


def _written_forms(forms: Iterable[KeywordForm]) -> tuple[str, ...]:
    return tuple(_written(form.pattern) for form in forms)


def _written(found: Pattern) -> str:
    if found.prefix:
        return f"{' '.join((*found.lemmas[:-1], found.folded[-1]))}…"
    lemmas = " ".join(found.surfaces or found.lemmas)
    return lemmas.upper() if found.capitals else lemmas


def _other_forms(lemmas: tuple[str, ...], corpus: Corpus) -> Iterator[str]:
    """Yields a phrase with one of its words in another form, the most frequent form first.

    Phrases that occur nowhere, such as "computational vision", are left out.
    """
    for place, word in enumerate(lemmas):
        keys = set(related_keys(word))
        # The shorter key is the beginning of more of the other forms.
        stem = min(keys, key=len).split(" ", 1)[1]
        words = {
            *corpus.index.related_lemmas(word),
            *corpus.background.words_with_prefix(stem),
        }
        related = [other for other in words if other != word and keys & set(related_keys(other))]
        for other in sorted(related, key=lambda item: (-corpus.background.frequency(item), item)):
            phrase = (*lemmas[:place], other, *lemmas[place + 1 :])
            if _occurs(phrase, place, corpus):
                yield " ".join(phrase)


def _occurs(phrase: tuple[str, ...], place: int, corpus: Corpus) -> bool:
    """Returns whether a phrase may occur, of which the word at `place` was changed."""
    around = [phrase[start : start + 2] for start in (place - 1, place) if start >= 0]
    pairs = [
        " ".join(pair) for pair in around if len(pair) == 2 and STOP_WORDS.isdisjoint(pair)
    ] or [phrase[place]] * (len(phrase) == 1)
    if pairs and all(map(corpus.background.frequency, pairs)):
        return True
    return any(corpus.index.occurrences(lemma_pattern(phrase, capitals=False)))
