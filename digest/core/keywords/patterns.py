"""Compiles keywords to patterns, and finds their occurrences in texts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from digest.core.keywords.parser import term_words
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import STOP_WORDS, TokenizedText, fold, stemmer

_ENDS = 0  # key of a node in the tree of stems: the patterns that end at the node


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A compiled keyword of the field text or title."""

    stems: tuple[str, ...]
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
        return len(self.stems)

    def positions(self, text: TokenizedText) -> list[int]:
        """Returns the positions of all occurrences: indexes of words in the text, ascending."""
        stop = text.title if self.title else len(text.stems)
        last = stop - self.size
        return [
            start
            for start in (index - self.anchor for index in self._anchors(text))
            if 0 <= start <= last and self._matches(text, start)
        ]

    def is_exact_form(self, text: TokenizedText, start: int) -> bool:
        """Returns True if the words are written as in the keyword, ignoring case and accents.

        The plural of an acronym counts as the same form: LLMs means nothing else than LLM.

        Args:
            text: a text in which the pattern occurs.
            start: the position of the occurrence.
        """
        if self.prefix or self.surfaces or self.capitals:
            return True
        surfaces = text.surfaces[start : start + self.size]
        return tuple(map(fold, surfaces)) == self.folded

    def _anchors(self, text: TokenizedText) -> Iterator[int]:
        if self.prefix and self.size == 1:
            for index, surface in enumerate(text.surfaces):
                if fold(surface).startswith(self.folded[0]):
                    yield index
            return
        stems, anchor_stem, index = text.stems, self.stems[self.anchor], -1
        try:
            while True:
                index = stems.index(anchor_stem, index + 1)
                yield index
        except ValueError:
            return

    def _matches(self, text: TokenizedText, start: int) -> bool:
        end = start + self.size
        if self.prefix:
            return text.stems[start : end - 1] == self.stems[:-1] and fold(
                text.surfaces[end - 1]
            ).startswith(self.folded[-1])
        return text.stems[start:end] == self.stems and self.matches_surface(text, start)

    def matches_surface(self, text: TokenizedText, start: int) -> bool:
        """Returns True if words with the right stems also have the right form and field.

        Args:
            text: a text whose stems at `start` are those of the pattern.
            start: the index of the first word.
        """
        if self.title and start + self.size > text.title:
            return False
        if self.capitals:
            return text.surfaces[start].removesuffix("s").rstrip("'’").isupper()
        if self.surfaces:
            surfaces = text.surfaces[start : start + self.size]
            return (surfaces if self.case else _lower(surfaces)) == self.surfaces
        return True


@lru_cache(maxsize=1 << 14)
def pattern(keyword: Keyword) -> Pattern:
    """Compiles a keyword of the field text or title."""
    surfaces = term_words(keyword)
    case = any(char.isupper() for char in keyword.term)
    stems = tuple(map(stemmer(keyword.language), surfaces))
    folded = tuple(map(fold, surfaces))
    searchable = range(len(stems) - 1 if keyword.prefix and len(stems) > 1 else len(stems))
    return Pattern(
        stems=stems,
        folded=folded,
        surfaces=(surfaces if case else _lower(surfaces)) if keyword.exact else (),
        case=case,
        capitals=keyword.capitals,
        prefix=keyword.prefix,
        title=keyword.field == "title",
        # The longest word that is not a stop word is usually the rarest.
        anchor=max(searchable, key=lambda i: (folded[i] not in STOP_WORDS, len(folded[i]))),
    )


def _lower(surfaces: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(surface.casefold() for surface in surfaces)


def occurrences(
    patterns: Sequence[Pattern], texts: Iterable[TokenizedText]
) -> list[list[tuple[int, list[int]]]]:
    """Finds all occurrences of many patterns in many texts.

    Each text is read once, whatever the number of patterns: from every word, the search follows
    a tree of the stems of all patterns.

    Args:
        patterns: patterns without a prefix.
        texts: the texts to search.

    Returns:
        For each pattern, the index of each text in which it occurs, with the positions there.
    """
    root: dict[Any, Any] = {}
    for pattern_index, item in enumerate(patterns):
        node = root
        for word in item.stems:
            node = node.setdefault(word, {})
        node.setdefault(_ENDS, []).append(pattern_index)
    results: list[list[tuple[int, list[int]]]] = [[] for _ in patterns]
    any_form = [not (item.title or item.capitals or item.surfaces) for item in patterns]
    for text_index, text in enumerate(texts):
        for start, pattern_indexes in _walk(root, text.stems):
            for index in pattern_indexes:
                if any_form[index] or patterns[index].matches_surface(text, start):
                    if not results[index] or results[index][-1][0] != text_index:
                        results[index].append((text_index, []))
                    results[index][-1][1].append(start)
    return results


def _walk(root: dict[Any, Any], stems: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """Yields the start of each match in the tree, with the indexes of the patterns."""
    stop = len(stems)
    for start, stem in enumerate(stems):
        node = root.get(stem)
        end = start + 1
        while node is not None:
            if _ENDS in node:
                yield start, node[_ENDS]
            node = node.get(stems[end]) if end < stop else None
            end += 1
