"""The papers to rank or to look at, with their words: where each word and each record is found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.background.term_rows import TextRows
from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.patterns import Pattern
from digest.core.models.editions import Candidate
from digest.core.ranking.tfidf import TfIdfSpace
from digest.core.text.tokens import ENGLISH, TokenizedText, fold, related_keys, words
from digest.core.text.word_positions import WordPositions, word_positions

if TYPE_CHECKING:
    from digest.core.examples.paper_terms import TermMatrix
    from digest.core.keywords.connection_index import ConnectionIndex
    from digest.core.semantic.evidence import SemanticSpace

Array = Any


class TokenizedPaper(Struct, frozen=True, kw_only=True):
    """A candidate with its tokenized title and abstract."""

    candidate: Candidate
    words: TokenizedText


def tokenize_paper(candidate: Candidate, language: str = ENGLISH) -> TokenizedPaper:
    """Splits the title and abstract of a candidate into words and lemmas.

    Args:
        candidate: the paper.
        language: of the keywords that will be looked for; it selects the stemmer.
    """
    paper = candidate.paper
    return TokenizedPaper(candidate=candidate, words=words(paper.title, paper.abstract, language))


class PaperIndex:
    """Finds papers by words, authors and categories; each part is built on first use.

    Papers are numbered from 0 in the given order.
    """

    def __init__(self, papers: Iterable[TokenizedPaper]) -> None:
        self.papers = tuple(papers)
        self._vectors: tuple[TfIdfSpace, list[dict[str, float]]] | None = None
        self._topical: tuple[BackgroundTable, Array] | None = None
        self._topical_rows: tuple[BackgroundTable, TextRows] | None = None
        self._semantic: tuple[SemanticSpace, tuple[Array, Array]] | None = None
        self._terms: tuple[BackgroundTable, TermMatrix] | None = None
        self._places: dict[str, dict[int, list[int]]] = {}
        self._texts_with: dict[str, list[int]] = {}
        self._related: dict[str, frozenset[str]] = {}
        self._by_key: dict[str, dict[str, list[str]]] = {}

    def occurrences(self, pattern: Pattern) -> Iterator[tuple[int, list[int]]]:
        """Yields the number of each paper that contains a pattern, and the positions in it."""
        for number in self._candidates(pattern):
            if starts := pattern.positions(self.papers[number].words):
                yield number, starts

    def count_containing(self, pattern: Pattern) -> int:
        """Returns the number of papers that contain a pattern."""
        papers = self.papers
        return sum(pattern.is_in(papers[number].words) for number in self._candidates(pattern))

    def _candidates(self, pattern: Pattern) -> Iterable[int]:
        """Returns the papers that contain the anchor word of a pattern."""
        # A phrase with a star is found by another word of it, its anchor.
        if not (pattern.prefix and pattern.size == 1):
            return self._with(pattern.lemmas[pattern.anchor])
        beginning = pattern.folded[0]
        numbers: set[int] = set()
        for word, lemma in self._vocabulary:
            if word.startswith(beginning):
                numbers.update(self._with(lemma))
        return sorted(numbers)

    def document_frequencies(self) -> dict[str, int]:
        """Returns for each lemma the number of papers that contain it."""
        return self.positions.text_counts()

    def sort_key(self, number: int) -> tuple[int, int]:
        """Returns the sort key of a paper among equal scores.

        It does not depend on the order in which the papers were given.
        """
        candidate = self.papers[number].candidate
        return candidate.seq, candidate.paper_id

    def vectors(self, space: TfIdfSpace) -> list[dict[str, float]]:
        """Returns the TF-IDF vectors of the papers; the result for the last space is cached."""
        if self._vectors is None or self._vectors[0] is not space:
            self._vectors = space, [space.vector(paper.words) for paper in self.papers]
        return self._vectors[1]

    @cached_property
    def positions(self) -> WordPositions:
        """The positions of the lemmas in the papers."""
        return word_positions(paper.words.lemmas for paper in self.papers)

    def _with(self, lemma: str) -> list[int]:
        """Returns the papers that contain a lemma; the result is cached."""
        if (known := self._texts_with.get(lemma)) is None:
            known = self._texts_with[lemma] = self.positions.texts_with(lemma)
        return known

    def related_lemmas(self, lemma: str) -> frozenset[str]:
        """Returns a lemma with the lemmas of the papers that are other forms of the same word."""
        if (known := self._related.get(lemma)) is not None:
            return known
        found = {lemma}
        by_key = self._lemmas_by_key(lemma[:1])
        for key in related_keys(lemma):
            found.update(by_key.get(key, ()))
        return self._related.setdefault(lemma, frozenset(found))

    def with_all(self, wanted: Sequence[frozenset[str]]) -> list[int]:
        """Returns the papers that contain at least one lemma of each set."""
        numbers: set[int] | None = None
        for lemmas in wanted:
            with_one = {number for lemma in lemmas for number in self._with(lemma)}
            numbers = with_one if numbers is None else numbers & with_one
            if not numbers:
                return []
        return sorted(numbers or ())

    def places(self, number: int, lemmas: Iterable[str]) -> list[int]:
        """Returns the positions of any of some lemmas in a paper, ascending."""
        found: list[int] = []
        for lemma in lemmas:
            found += self._places_of(lemma).get(number, ())
        found.sort()
        return found

    def _places_of(self, lemma: str) -> dict[int, list[int]]:
        """Returns the positions of a lemma by paper; many keywords ask for the same lemmas."""
        if (known := self._places.get(lemma)) is None:
            known = self._places[lemma] = self.positions.by_text(lemma)
        return known

    def topical_vectors(self, background: BackgroundTable) -> Array:
        """Returns the vectors of the papers in a background table, as rows, float32; cached."""
        if self._topical is None or self._topical[0] is not background:
            self._topical = background, background.vectors_of_rows(self.topical_rows(background))
        return self._topical[1]

    def topical_rows(self, background: BackgroundTable) -> TextRows:
        """Returns the terms of the papers with a vector in a background table; cached."""
        if self._topical_rows is None or self._topical_rows[0] is not background:
            self._topical_rows = background, background.rows(self.positions)
        return self._topical_rows[1]

    def semantic_vectors(self, space: "SemanticSpace | None") -> tuple[Array, Array]:
        """Returns the vectors of the papers for a sentence model, and its share in each; cached.

        Args:
            space: of the model; None: the shares are 0.
        """
        if space is None:
            return np.zeros((len(self.papers), 0)), np.zeros(len(self.papers))
        if self._semantic is None or self._semantic[0] is not space:
            revisions = [paper.candidate.revision_id for paper in self.papers]
            self._semantic = space, space.rows(revisions)
        return self._semantic[1]

    def term_matrix(self, background: BackgroundTable) -> "TermMatrix":
        """Returns the TF-IDF vectors of the papers' terms, with a background table; cached."""
        if self._terms is None or self._terms[0] is not background:
            # Imported here: most readers have no reading lists, and gave no feedback.
            from digest.core.examples.paper_terms import term_matrix

            texts = (paper.words.lemmas for paper in self.papers)
            self._terms = background, term_matrix(texts, background)
        return self._terms[1]

    def _lemmas_by_key(self, initial: str) -> dict[str, list[str]]:
        """Returns the lemmas with an initial letter by their keys; forms of a word share it."""
        if (known := self._by_key.get(initial)) is not None:
            return known
        by_key: defaultdict[str, list[str]] = defaultdict(list)
        for lemma in self._lemmas_by_initial.get(initial, ()):
            for key in related_keys(lemma):
                by_key[key].append(lemma)
        self._by_key[initial] = by_key
        return by_key

    @cached_property
    def _lemmas_by_initial(self) -> dict[str, list[str]]:
        by_initial: defaultdict[str, list[str]] = defaultdict(list)
        for lemma in self.positions.numbers:
            by_initial[lemma[:1]].append(lemma)
        return by_initial

    @cached_property
    def _vocabulary(self) -> list[tuple[str, str]]:
        """The words of the papers in folded form, with their lemmas."""
        lemmas: dict[str, str] = {}
        for paper in self.papers:
            lemmas.update(zip(paper.words.surfaces, paper.words.lemmas, strict=True))
        return [
            (word.lower() if word.isascii() else fold(word), lemma)
            for word, lemma in lemmas.items()
        ]

    @cached_property
    def _authors_by_family_name(self) -> dict[str, list[tuple[int, "AuthorName"]]]:
        authors: defaultdict[str, list[tuple[int, AuthorName]]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for author in paper.candidate.paper.authors:
                if name := parse_author_name(author):
                    authors[name.family].append((number, name))
        return authors

    def by_author(self, name: "AuthorName", *, exact: bool) -> set[int]:
        """Returns the numbers of the papers by one person.

        Args:
            name: the person.
            exact: an initial does not match a given name.
        """
        namesakes = self._authors_by_family_name.get(name.family, ())
        return {number for number, author in namesakes if name.matches(author, exact=exact)}

    @cached_property
    def connections(self) -> "ConnectionIndex":
        """What the records of the papers name by ids."""
        # Imported here: few profiles follow authors, institutions, journals or citations by ids.
        from digest.core.keywords.connection_index import ConnectionIndex

        return ConnectionIndex(paper.candidate.paper for paper in self.papers)

    @cached_property
    def _categories(self) -> dict[str, list[int]]:
        categories: defaultdict[str, list[int]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for category in paper.candidate.paper.categories:
                categories[category.casefold()].append(number)
        return categories

    def by_category(self, wanted: str, *, prefix: bool) -> set[int]:
        """Returns the numbers of the papers in one category; "cs" includes "cs.LG".

        Args:
            wanted: the category, in upper or lower case.
            prefix: include all categories that begin with this text.
        """
        # "cs" is an archive, which includes "cs.LG". The dot keeps it from including "csx.AB".
        wanted = wanted.casefold()
        return {
            number
            for category, numbers in self._categories.items()
            if category == wanted or category.startswith(wanted if prefix else f"{wanted}.")
            for number in numbers
        }
