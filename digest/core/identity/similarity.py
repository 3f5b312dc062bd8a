r"""Titles that are almost the same: a paper that was retitled, or a title with TeX in it.

Two titles are near each other if their sets of words have a Jaccard similarity (words in both
over words in either) of at least `NEAR`, and the same numbers stand in both: "Part 1" is not
"Part 2". That alone identifies nothing; `agree` says whether the rest of two records does.

All pairs are found without comparing all pairs, by prefix filtering (Chaudhuri, Ganti and
Kaushik 2006; Bayardo, Ma and Srikant 2007, https://doi.org/10.1145/1242572.1242591): in any
fixed order of the words, two sets of at least this similarity have a word in common among
the first n - ceil(t n) + 1 of each. With the rarest words first, few others share one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from digest.core.identity.identifiers import title_key

NEAR = 0.6  # of titles: two words replaced in ten, one in five
SAME_OPENING = 0.5  # of abstracts that alone make two papers one
LIKE_OPENING = 0.3  # of abstracts that do so together with the same authors

_OPENING = 300  # characters of an abstract
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for or against two near titles being of one paper."""

    abstract: str
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleMatch:
    """A title that is near the one that was asked for."""

    key: int  # that it was added under
    similarity: float  # NEAR to 1


class TitleIndex:
    """Titles that can be asked for those near a given one.

    Args:
        titles: a sample of those that will come, to learn which words are rare. It decides
            the speed alone, never what is found.
        threshold: the least similarity, above 0 and at most 1.
    """

    def __init__(self, titles: Iterable[str], threshold: float = NEAR) -> None:
        self._threshold = threshold
        self._frequency = Counter(word for title in titles for word in words(title))
        self._postings: dict[str, list[int]] = {}
        self._added: list[tuple[int, frozenset[str], list[str]]] = []

    def add(self, key: int, title: str) -> None:
        """Adds a title; a key may have several."""
        known = words(title)
        for word in self._prefix(known):
            self._postings.setdefault(word, []).append(len(self._added))
        self._added.append((key, known, _numbers(title)))

    def find(self, title: str) -> list[TitleMatch]:
        """The titles near this one, the most similar first, then in the order of adding."""
        asked = words(title)
        places: set[int] = set()
        for word in self._prefix(asked):
            places.update(self._postings.get(word, ()))
        if not places:
            return []
        numbers = _numbers(title)
        found = [
            TitleMatch(key=key, similarity=similarity)
            for key, known, others in (self._added[place] for place in sorted(places))
            if (similarity := jaccard(asked, known)) >= self._threshold and numbers == others
        ]
        return sorted(found, key=lambda near: -near.similarity)

    def _prefix(self, title: frozenset[str]) -> list[str]:
        """The rarest words of a title, of which a near title has one among its own rarest."""
        rarest = sorted(title, key=lambda word: (self._frequency[word], word))
        # The small term keeps 0.6 * 5 = 3.0000000000000004 from asking for a fourth word.
        return rarest[: len(title) - ceil(self._threshold * len(title) - 1e-9) + 1]


def pairs(titles: Sequence[str], threshold: float = NEAR) -> Iterator[tuple[int, int]]:
    """The places of all titles that are near each other, the lower place first."""
    window = TitleIndex(titles, threshold)
    for place, title in enumerate(titles):
        yield from ((near.key, place) for near in window.find(title))
        window.add(place, title)


def corroborate(one: Evidence, other: Evidence) -> str | None:
    """Why two papers with near titles are one: what agrees, for people; None: nothing does.

    The abstracts' openings must be alike; the less, the more the authors say. Where one has
    no abstract, the same authors by name have to do. A mere number of authors is no evidence:
    a quarter of all papers share theirs.
    """
    same_authors = bool(one.authors) and _names(one.authors) == _names(other.authors)
    if not (one.abstract and other.abstract):
        return "the same authors" if same_authors else None
    alike = jaccard(_opening(one.abstract), _opening(other.abstract))
    if alike >= SAME_OPENING:
        return f"abstracts that begin alike ({alike:.2f})"
    if same_authors and alike >= LIKE_OPENING:
        return f"the same authors and abstracts that begin alike ({alike:.2f})"
    return None


def words(title: str) -> frozenset[str]:
    """The different words of a title: letters and digits, without case and accents."""
    if not title.isascii():
        decomposed = unicodedata.normalize("NFKD", title)
        title = "".join(char for char in decomposed if not unicodedata.combining(char))
    return frozenset(_WORD.findall(title.casefold()))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared members over all members; 0 for two empty sets."""
    shared = len(one & other)
    return shared / ((len(one) + len(other) - shared) or 1)


def _numbers(title: str) -> list[str]:
    return sorted(_NUMBER.findall(title))


def _names(authors: Iterable[str]) -> frozenset[str]:
    return frozenset(map(title_key, authors))


def _opening(abstract: str) -> frozenset[str]:
    """The three-letter pieces of an abstract's beginning, spelled as a title key."""
    key = title_key(abstract[: 2 * _OPENING])[:_OPENING]
    return frozenset(key[place : place + 3] for place in range(max(1, len(key) - 2)))
