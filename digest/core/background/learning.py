"""Learns a background table from titles and abstracts.

The same papers, in any order, give the same table on the same machine.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.background.abbreviations import definitions
from digest.core.background.singular_vectors import right_singular_vectors
from digest.core.background.table import SAMPLE_UNIT, BackgroundArrays
from digest.core.text.terms import content_words, term_counts
from digest.core.text.tokens import BREAK, ENGLISH, lemmatizer, tokenise

Array = Any

MIN_PAPERS = 100
"""Fewer papers teach nothing that holds for the next one."""

DIMENSIONS = 256
"""Half as many lose .03 of nDCG@15 on judged papers; more gain nothing."""

VECTOR_PAPERS = 30
"""A term needs this many papers to have a vector; less in a collection of under 15,000 papers."""

COUNTED_PAPERS = 10
"""A term needs this many papers for its frequency to be kept."""

SAMPLED_PAPERS = 6000
"""The vectors of about this many papers are kept."""

DEFINED_PAPERS = 5
DEFINED_SHARE = 0.7
"""An abbreviation is kept if this many papers define it, this share of them in the same way."""

USUAL_SHARE = 0.1
"""An abbreviation must make up this share of all abbreviations of its long form."""


def learn(papers: Iterable[tuple[str, str]], *, language: str = ENGLISH) -> BackgroundArrays:
    """Learns a table.

    Args:
        papers: titles and abstracts; repeated ones count once.
        language: of the papers; it decides how words are lemmatised.

    Raises:
        ValueError: there are fewer than `MIN_PAPERS` papers, or they have no words in common.
    """
    # Sorted, because sums of floating-point numbers depend on the order.
    texts = sorted(set(papers))
    if len(texts) < MIN_PAPERS:
        raise ValueError(f"{len(texts)} papers; a table needs at least {MIN_PAPERS}")
    counts, frequencies, abbreviations = _read(texts, language)
    vector_papers = max(3, min(VECTOR_PAPERS, len(texts) // 500))
    kept = sorted(
        (
            (papers_with, term)
            for term, papers_with in frequencies.items()
            if papers_with >= min(COUNTED_PAPERS, vector_papers)
        ),
        key=lambda item: (-item[0], item[1]),
    )
    with_vector = [item for item in kept if item[0] >= vector_papers]
    if len(with_vector) < 2:
        raise ValueError(f"{len(texts)} papers have no words in common; a table needs some")
    numbers = {term: number for number, (_, term) in enumerate(with_vector)}
    idf = [log((len(texts) + 1) / (papers_with + 0.5)) for papers_with, _ in with_vector]
    matrix = _tfidf(counts, numbers, idf)
    basis = right_singular_vectors(matrix, min(DIMENSIONS, len(with_vector) - 1, len(texts) - 1))
    # So each row uses the whole range of int8.
    scales = np.abs(basis).max(axis=1) / 127
    scales[scales == 0] = 1.0
    sample = matrix[:: max(1, -(-len(texts) // SAMPLED_PAPERS))] @ basis
    sample /= np.maximum(1e-9, np.linalg.norm(sample, axis=1, keepdims=True))
    return BackgroundArrays(
        papers=len(texts),
        terms=[term for _, term in kept],
        frequencies=np.array([papers_with for papers_with, _ in kept], dtype=np.uint32),
        # In this order, a memory map reads only the rows that are used.
        vectors=np.rint(basis / scales[:, None]).astype(np.int8, order="C"),
        scales=scales.astype(np.float32),
        sample=np.clip(np.rint(sample / SAMPLE_UNIT), -127, 127).astype(np.int8),
        abbreviations=_usual(abbreviations),
    )


def _read(
    texts: Sequence[tuple[str, str]], language: str
) -> tuple[list[Counter[str]], Counter[str], Mapping[str, Counter[str]]]:
    """Returns the terms of each text, their frequencies, and what defines each abbreviation."""
    lemma = lemmatizer(language)
    counts: list[Counter[str]] = []
    frequencies: Counter[str] = Counter()
    abbreviations: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for title, abstract in texts:
        # A break, so that no phrase goes from the title into the abstract.
        words = [*map(lemma, tokenise(title)), BREAK, *map(lemma, tokenise(abstract))]
        found = term_counts(words)
        counts.append(found)
        frequencies.update(found.keys())
        # A set, so that each paper counts once.
        defined = {
            (short_lemma, " ".join(long_lemmas))
            for short, long in definitions(abstract)
            if (short_lemma := _single(map(lemma, tokenise(short))))
            and (long_lemmas := [word for word in map(lemma, tokenise(long)) if word != BREAK])
        }
        for short_form, long_form in defined:
            abbreviations[short_form][long_form] += 1
    return counts, frequencies, abbreviations


def _single(lemmas: Iterable[str]) -> str:
    """Returns the only lemma; the empty text if there are none or several."""
    words = list(lemmas)
    return words[0] if len(words) == 1 else ""


def _tfidf(
    counts: Sequence[Counter[str]], numbers: Mapping[str, int], idf: Sequence[float]
) -> csr_matrix:
    """Returns the papers as rows of length 1."""
    starts = [0]
    columns: list[int] = []
    weights: list[Array] = []
    for found in counts:
        row = sorted((numbers[term], count) for term, count in found.items() if term in numbers)
        values = np.array([(1 + log(count)) * idf[number] for number, count in row])
        columns += [number for number, _ in row]
        weights.append(values / (np.sqrt(values @ values) or 1.0))
        starts.append(len(columns))
    data = np.concatenate(weights).astype(np.float32)
    indices = np.array(columns, dtype=np.int32)
    return csr_matrix((data, indices, starts), shape=(len(counts), len(numbers)))


def _usual(abbreviations: Mapping[str, Counter[str]]) -> list[tuple[str, str]]:
    """Returns the abbreviations that nearly all papers define in the same way."""
    long_forms: Counter[str] = Counter()
    for forms in abbreviations.values():
        long_forms.update(forms)
    return [
        (short, long)
        for short, forms in sorted(abbreviations.items())
        for long, papers in sorted(forms.items(), key=lambda item: (-item[1], item[0]))
        if papers >= DEFINED_PAPERS
        and papers / forms.total() >= DEFINED_SHARE
        and papers / long_forms[long] >= USUAL_SHARE
        and len(content_words(long.split(" "))) > 1
    ]
