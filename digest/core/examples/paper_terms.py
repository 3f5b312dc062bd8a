"""Represents papers as TF-IDF vectors of their terms, for likeness to other papers.

The entry of a term is (1 + ln c) * ln((N + 1) / (df + 0.5)), and the length of the vector is 1:
    c    occurrences of the term in title and abstract
    N    papers of the background table
    df   papers of the table with the term; 4 for a term that the table does not know, so that an
         unknown pair tells no more than an unknown word
Entries are rounded, so that products of two vectors do not depend on the order of the additions.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import hypot, log
from typing import Any

from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.ranking.fixed_point import round_vector_entry
from digest.core.text.terms import term_counts

UNKNOWN_FREQUENCY = 4
LEAST_PAPERS = 1000
"""N is at least this number: without a table, all terms tell the same, and not nothing."""


class TermMatrix(Struct, frozen=True, kw_only=True, eq=False):
    """The TF-IDF vectors of some papers."""

    numbers: Mapping[str, int]  # the column of each term
    rows: Any  # csr_matrix: papers by terms


def term_weights(lemmas: Iterable[str], background: BackgroundTable) -> dict[str, float]:
    """Returns the TF-IDF vector of a text, by term; empty for a text without terms.

    Args:
        lemmas: of the text, with breaks.
        background: the table.
    """
    papers = max(background.papers, LEAST_PAPERS) + 1
    weights = {
        term: (1.0 + log(count))
        * log(papers / ((background.frequency(term) or UNKNOWN_FREQUENCY) + 0.5))
        for term, count in term_counts(lemmas).items()
    }
    length = hypot(*weights.values()) or 1.0
    return {term: round_vector_entry(weight / length) for term, weight in weights.items()}


def term_matrix(texts: Iterable[Sequence[str]], background: BackgroundTable) -> TermMatrix:
    """Returns the TF-IDF vectors of texts.

    Args:
        texts: lemmas, with breaks.
        background: the table.
    """
    numbers: dict[str, int] = {}
    vectors = [term_weights(text, background) for text in texts]
    for vector in vectors:
        for term in vector:
            numbers.setdefault(term, len(numbers))
    return TermMatrix(numbers=numbers, rows=sparse_rows(vectors, numbers))


def sparse_rows(vectors: Iterable[Mapping[str, float]], numbers: Mapping[str, int]) -> Any:
    """Returns vectors as the rows of a `csr_matrix`; terms without a number are left out."""
    # Imported here: most profiles have no examples, and the import takes a tenth of a second.
    from scipy.sparse import csr_matrix

    starts, columns, values = [0], [], []
    for vector in vectors:
        known = [(numbers[term], weight) for term, weight in vector.items() if term in numbers]
        columns += [number for number, _ in known]
        values += [weight for _, weight in known]
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(starts) - 1, len(numbers)))
