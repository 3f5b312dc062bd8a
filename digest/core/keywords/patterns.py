"""Compiles keywords to patterns, and finds their occurrences in texts."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from digest.core.keywords.parser import term_words
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import STOP_WORDS, TokenizedText, fold, lemmatizer


class Pattern(Struct, frozen=True, kw_only=True):
    """A compiled keyword of the field text or title."""

    lemmas: tuple[str, ...]
    folded: tuple[str, ...]  # the words without case and accents
    surfaces: tuple[str, ...]  # the words of an exact keyword; empty for others
    case: bool  # the case of the surfaces counts
    capitals: bool  # matches capitals only
    prefix: bool  # the last word is the beginning of a word
    title: bool  # matches in the title only
    anchor: int  # index of the word to search for first

    @property
    def size(self) -> int:
        """The number of words."""
        return len(self.lemmas)

    @property
    def is_one_lemma(self) -> bool:
        """Whether each word with the one lemma of the pattern matches, wherever it is."""
        special = self.surfaces or self.capitals or self.prefix or self.title
        return len(self.lemmas) == 1 and not special

    def positions(self, text: TokenizedText) -> list[int]:
        """Returns the positions of all occurrences: indexes of words in the text, ascending."""
        return list(self._starts(text))

    def is_in(self, text: TokenizedText) -> bool:
        """Returns whether the pattern occurs; faster than to find all its positions."""
        return any(True for _ in self._starts(text))

    def _starts(self, text: TokenizedText) -> Iterator[int]:
        stop = text.title if self.title else len(text.lemmas)
        last = stop - self.size
        return (
            start
            for start in (index - self.anchor for index in self._anchors(text))
            if 0 <= start <= last and self._matches(text, start)
        )

    def _anchors(self, text: TokenizedText) -> Iterator[int]:
        if self.prefix and self.size == 1:
            for index, surface in enumerate(text.surfaces):
                if fold(surface).startswith(self.folded[0]):
                    yield index
            return
        lemmas, anchor_lemma, index = text.lemmas, self.lemmas[self.anchor], -1
        try:
            while True:
                index = lemmas.index(anchor_lemma, index + 1)
                yield index
        except ValueError:
            return

    def _matches(self, text: TokenizedText, start: int) -> bool:
        end = start + self.size
        if self.prefix:
            return text.lemmas[start : end - 1] == self.lemmas[:-1] and fold(
                text.surfaces[end - 1]
            ).startswith(self.folded[-1])
        return text.lemmas[start:end] == self.lemmas and self.matches_surface(text, start)

    def matches_surface(self, text: TokenizedText, start: int) -> bool:
        """Returns True if words with the right lemmas also have the right form and field.

        Args:
            text: a text whose lemmas at `start` are those of the pattern.
            start: the index of the first word.
        """
        if self.title and start + self.size > text.title:
            return False
        if self.capitals:
            # An s of the plural may follow the capitals: LLMs, LLM's.
            return text.surfaces[start].removesuffix("s").rstrip("'’").isupper()
        if self.surfaces:
            surfaces = text.surfaces[start : start + self.size]
            return (surfaces if self.case else _lower(surfaces)) == self.surfaces
        return True


@lru_cache(maxsize=1 << 14)
def pattern(keyword: Keyword) -> Pattern:
    """Compiles a keyword of the field text or title."""
    surfaces = term_words(keyword)
    case = any(map(str.isupper, keyword.term))
    folded = tuple(map(fold, surfaces))
    return Pattern(
        lemmas=tuple(map(lemmatizer(keyword.language), surfaces)),
        folded=folded,
        surfaces=(surfaces if case else _lower(surfaces)) if keyword.exact else (),
        case=case,
        capitals=keyword.capitals,
        prefix=keyword.prefix,
        title=keyword.field == "title",
        anchor=_anchor(folded[:-1] if keyword.prefix and len(folded) > 1 else folded),
    )


def lemma_pattern(lemmas: tuple[str, ...], *, capitals: bool) -> Pattern:
    """Returns the pattern of a phrase that is given as lemmas.

    Args:
        lemmas: the phrase.
        capitals: it matches words in capitals only.
    """
    return Pattern(
        lemmas=lemmas,
        folded=lemmas,
        surfaces=(),
        case=False,
        capitals=capitals,
        prefix=False,
        title=False,
        anchor=_anchor(lemmas),
    )


def _anchor(words: Sequence[str]) -> int:
    """Returns the index of the word to search for first.

    The longest word that is not a stop word is usually the rarest.
    """
    if len(words) == 1:
        return 0
    return max(range(len(words)), key=lambda i: (words[i] not in STOP_WORDS, len(words[i])))


def _lower(surfaces: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(surface.casefold() for surface in surfaces)
