"""Keywords compiled to patterns, and where these occur in texts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from digest.core.keywords.parser import term_words
from digest.core.models.profiles import Keyword
from digest.core.text.tokens import STOP_WORDS, TokenizedText, fold, stemmer

_ENDS = 0  # in the tree of stems: the patterns that end here


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A text or title keyword, compiled: how its occurrences are told."""

    stems: tuple[str, ...]
    folded: tuple[str, ...]
    surfaces: tuple[str, ...]  # of an exact keyword, for comparing; else empty
    case: bool  # the surfaces' case counts
    capitals: bool
    prefix: bool  # the last word is only a beginning
    title: bool  # in the title only
    anchor: int  # the word to search for first

    @property
    def size(self) -> int:
        """Its number of words."""
        return len(self.stems)

    def starts(self, text: TokenizedText) -> list[int]:
        """Where it occurs: positions in the text's words, ascending."""
        stop = text.title if self.title else len(text.stems)
        last = stop - self.size
        return [
            start
            for start in (place - self.anchor for place in self._anchors(text))
            if 0 <= start <= last and self._matches(text, start)
        ]

    def own(self, text: TokenizedText, start: int) -> bool:
        """Whether the occurrence has the keyword's own form, but for case and accents.

        An acronym's plural is its own form: nobody means another thing by LLMs.
        """
        if self.prefix or self.surfaces or self.capitals:
            return True
        surfaces = text.surfaces[start : start + self.size]
        return tuple(map(fold, surfaces)) == self.folded

    def _anchors(self, text: TokenizedText) -> Iterator[int]:
        if self.prefix and self.size == 1:
            for place, surface in enumerate(text.surfaces):
                if fold(surface).startswith(self.folded[0]):
                    yield place
            return
        stems, wanted, place = text.stems, self.stems[self.anchor], -1
        try:
            while True:
                place = stems.index(wanted, place + 1)
                yield place
        except ValueError:
            return

    def _matches(self, text: TokenizedText, start: int) -> bool:
        end = start + self.size
        if self.prefix:
            return text.stems[start : end - 1] == self.stems[:-1] and fold(
                text.surfaces[end - 1]
            ).startswith(self.folded[-1])
        return text.stems[start:end] == self.stems and self.fits(text, start)

    def fits(self, text: TokenizedText, start: int) -> bool:
        """Whether words of the same stems are what is looked for."""
        if self.title and start + self.size > text.title:
            return False
        if self.capitals:
            return text.surfaces[start].removesuffix("s").rstrip("'’").isupper()
        if self.surfaces:
            found = text.surfaces[start : start + self.size]
            return (found if self.case else _lower(found)) == self.surfaces
        return True


@lru_cache(maxsize=1 << 14)
def pattern(keyword: Keyword) -> Pattern:
    """Compile a keyword of the field text or title."""
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
        # The longest content word is as a rule the rarest.
        anchor=max(searchable, key=lambda at: (folded[at] not in STOP_WORDS, len(folded[at]))),
    )


def _lower(surfaces: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(surface.casefold() for surface in surfaces)


def occurrences(
    wanted: Sequence[Pattern], texts: Iterable[TokenizedText]
) -> list[list[tuple[int, list[int]]]]:
    """Where patterns without a prefix occur: for each, the texts by number, and the places.

    The texts are read once, however many patterns there are: a tree of their stems is followed
    from every word.
    """
    root: dict[Any, Any] = {}
    for number, one in enumerate(wanted):
        node = root
        for word in one.stems:
            node = node.setdefault(word, {})
        node.setdefault(_ENDS, []).append(number)
    found: list[list[tuple[int, list[int]]]] = [[] for _ in wanted]
    any_form = [not (one.title or one.capitals or one.surfaces) for one in wanted]
    for number, text in enumerate(texts):
        for start, ended in _walk(root, text.stems):
            for which in ended:
                if any_form[which] or wanted[which].fits(text, start):
                    if not found[which] or found[which][-1][0] != number:
                        found[which].append((number, []))
                    found[which][-1][1].append(start)
    return found


def _walk(root: dict[Any, Any], stems: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """Where patterns end that begin at a place: the place, and their numbers."""
    stop = len(stems)
    for start, one in enumerate(stems):
        node = root.get(one)
        end = start + 1
        while node is not None:
            if _ENDS in node:
                yield start, node[_ENDS]
            node = node.get(stems[end]) if end < stop else None
            end += 1
