r"""Finds titles that are almost the same, such as a changed title or a title with TeX.

Two titles are similar if the Jaccard similarity of their sets of words (words in both divided by
words in either) is at least `MIN_TITLE_SIMILARITY`, and both contain the same numbers:
"Part 1" is not "Part 2". Similar titles alone do not prove that two records are one paper;
`corroborate` checks the rest.

Prefix filtering finds all similar pairs without comparing all pairs (Chaudhuri, Ganti and Kaushik
2006; Bayardo, Ma and Srikant 2007, https://doi.org/10.1145/1242572.1242591): in any fixed order of
the words, two sets with at least this similarity t have a word in common among the first
n - ceil(t n) + 1 words of each. With the rarest words first, few other titles share one of them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import ceil

from msgspec import Struct

from digest.core.identity.identifiers import title_key
from digest.core.text.invisible import with_bounded_marks

# The least similarity of titles: two of ten words replaced, or one of five.
MIN_TITLE_SIMILARITY = 0.6
SAME_OPENING = 0.5  # minimum similarity of abstracts that is sufficient evidence
LIKE_OPENING = 0.3  # minimum similarity of abstracts if the authors are the same

COMPARED_LENGTH = 300  # characters of an abstract that are compared
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")


class Evidence(Struct, frozen=True, kw_only=True):
    """The data that confirms or rejects a match of two similar titles."""

    abstract: str
    authors: tuple[str, ...]


class TitleMatch(Struct, frozen=True, kw_only=True):
    """A title that is similar to the one in the query."""

    key: int  # with which it was added
    similarity: float  # from the threshold to 1


class TitleIndex:
    """An index that finds titles similar to a given one.

    Args:
        titles: a sample of the titles, to learn which words are rare. It affects only the
            speed, not the results.
        threshold: the minimum similarity, above 0 and at most 1.
    """

    def __init__(self, titles: Iterable[str], threshold: float = MIN_TITLE_SIMILARITY) -> None:
        self._threshold = threshold
        self._frequency = Counter(word for title in titles for word in words(title))
        self._postings: dict[str, list[int]] = {}
        self._added: list[tuple[int, frozenset[str], list[str]]] = []

    def add(self, key: int, title: str) -> None:
        """Adds a title to the index.

        Args:
            key: returned with each match; several titles may have the same key.
            title: any text.
        """
        title_words = words(title)
        for word in self._prefix(title_words):
            self._postings.setdefault(word, []).append(len(self._added))
        self._added.append((key, title_words, _numbers(title)))

    def find(self, title: str) -> list[TitleMatch]:
        """Returns the titles similar to this one, the most similar first, then as added."""
        query_words = words(title)
        if self._postings.keys().isdisjoint(query_words):  # most titles
            return []
        candidates: set[int] = set()
        for word in self._prefix(query_words):
            candidates.update(self._postings.get(word, ()))
        if not candidates:
            return []
        query_numbers = _numbers(title)
        matches = [
            TitleMatch(key=key, similarity=similarity)
            for key, title_words, numbers in (self._added[index] for index in sorted(candidates))
            if (similarity := jaccard(query_words, title_words)) >= self._threshold
            and numbers == query_numbers
        ]
        return sorted(matches, key=lambda match: -match.similarity)

    def _prefix(self, title: frozenset[str]) -> list[str]:
        """Returns the rarest words of a title; a similar title has one of them in its prefix."""
        frequency = self._frequency.get
        rarest_first = sorted(title, key=lambda word: (frequency(word, 0), word))
        # Without 1e-9, a product such as 0.6 * 5 = 3.0000000000000004 would be rounded up to 4.
        return rarest_first[: len(title) - ceil(self._threshold * len(title) - 1e-9) + 1]


def pairs(
    titles: Sequence[str], threshold: float = MIN_TITLE_SIMILARITY
) -> Iterator[tuple[int, int]]:
    """Yields the indexes of all pairs of similar titles, the lower index first.

    Args:
        titles: any texts.
        threshold: the minimum similarity, above 0 and at most 1.
    """
    title_index = TitleIndex(titles, threshold)
    for index, title in enumerate(titles):
        yield from ((match.key, index) for match in title_index.find(title))
        title_index.add(index, title)


def corroborate(first: Evidence, second: Evidence) -> str | None:
    """Checks whether two papers with similar titles are the same paper.

    The beginnings of the abstracts must be similar, less so if the authors are the same. If one
    paper has no abstract, the same authors are sufficient. The number of authors is not used,
    because a quarter of all papers have the same number.

    Returns:
        What agrees, as a text for people; None if the papers are not the same.
    """
    same_authors = bool(first.authors) and _names(first.authors) == _names(second.authors)
    if not (first.abstract and second.abstract):
        return "the same authors" if same_authors else None
    similarity = opening_similarity(first.abstract, second.abstract)
    if similarity >= SAME_OPENING:
        return f"abstracts that begin alike ({similarity:.2f})"
    if same_authors and similarity >= LIKE_OPENING:
        return f"the same authors and abstracts that begin alike ({similarity:.2f})"
    return None


def opening_similarity(first: str, second: str) -> float:
    """Returns the similarity of the beginnings of two abstracts, from 0 to 1; 0 if one is empty."""
    if not (first and second):
        return 0.0
    # A paper that a source shows again usually has the same abstract, byte for byte.
    return 1.0 if first == second else jaccard(_opening(first), _opening(second))


# The titles of a batch are looked for in the store, and then compared with each other.
@lru_cache(maxsize=1 << 11)
def words(title: str) -> frozenset[str]:
    """Returns the set of words of a title: letters and digits, without case and accents."""
    if not title.isascii():
        decomposed = unicodedata.normalize("NFKD", with_bounded_marks(title))
        title = "".join(char for char in decomposed if not unicodedata.combining(char))
    return frozenset(_WORD.findall(title.casefold()))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Returns the Jaccard similarity: shared members divided by all members; 0 if both empty."""
    shared = len(first & second)
    return shared / ((len(first) + len(second) - shared) or 1)


def _numbers(title: str) -> list[str]:
    return sorted(_NUMBER.findall(title))


def _names(authors: Iterable[str]) -> frozenset[str]:
    return frozenset(map(title_key, authors))


def _opening(abstract: str) -> frozenset[str]:
    return _trigrams(abstract[: 2 * COMPARED_LENGTH])


@lru_cache(maxsize=256)  # papers of one title are compared with each other again and again
def _trigrams(text: str) -> frozenset[str]:
    """Returns the set of trigrams of the beginning of an abstract, normalised like a title."""
    key = title_key(text)[:COMPARED_LENGTH]
    return frozenset(key[start : start + 3] for start in range(max(1, len(key) - 2)))
