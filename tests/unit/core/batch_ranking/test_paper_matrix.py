"""The dense arrays of a paper matrix hold what its sparse products say, bit for bit."""

import random

import numpy as np
from support.samples.random_profiles import made, made_profile
from support.samples.small_background import small_background

from digest.core.batch_ranking.papers.paper_matrix import OFTEN, PaperMatrix
from digest.core.batch_ranking.topics.profile_matrix import compile_profiles
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.corpus import build_corpus


def test_sums_are_the_sparse_product_also_after_the_vocabulary_has_grown() -> None:
    chance = random.Random(3)
    papers = made(chance, 60)
    vocabulary = Vocabulary()
    matrix = PaperMatrix(PaperIndex(papers), build_corpus(papers, small_background()), vocabulary)
    for _ in range(4):
        profiles = compile_profiles([made_profile(chance) for _ in range(8)], vocabulary)
        rows = np.arange(len(profiles.weights))
        for features in (
            profiles.text_rows(rows, matrix.features),
            profiles.other_rows(rows, matrix.features),
        ):
            expected = (features @ matrix.matrix).toarray()
            assert expected.any()
            assert matrix.sums(features).tolist() == expected.tolist()
    often = np.diff(matrix.matrix.indptr) * OFTEN >= len(papers)
    assert often.any()
    assert not often.all()


def test_rows_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    chance = random.Random(5)
    papers = made(chance, 60)
    index, corpus = PaperIndex(papers), build_corpus(papers, small_background())
    vocabulary = Vocabulary()
    matrix = PaperMatrix(index, corpus, vocabulary)
    asked: set[int] = set()
    for _ in range(4):
        compile_profiles([made_profile(chance) for _ in range(8)], vocabulary)
        for _ in range(3):
            some = chance.sample(range(matrix.features), 5)
            asked.update(some)
            found = matrix.matrix_of(sorted(some))
            expected = PaperMatrix(index, corpus, vocabulary).matrix
            rows = sorted(asked)
            assert found.shape == expected.shape
            assert found[rows].toarray().tolist() == expected[rows].toarray().tolist()
    assert matrix.matrix.toarray().tolist() == expected.toarray().tolist()
    assert matrix.matrix is matrix.matrix


def test_similarities_of_pairs_are_those_of_all_papers() -> None:
    chance = random.Random(4)
    seen, papers = made(chance, 150), made(chance, 50)
    corpus = build_corpus([*seen, *papers], small_background())
    stored = PaperMatrix(corpus.index, corpus, Vocabulary())
    matrix = PaperMatrix(PaperIndex(papers), corpus, Vocabulary())
    vectors = matrix.own_vectors(stored.by_paper)
    similarities = matrix.similarities(vectors)
    assert similarities.tolist() == (stored.by_paper @ matrix.by_paper.T).toarray().tolist()
    rows = np.array([chance.randrange(len(similarities)) for _ in range(500)])
    columns = np.array([chance.randrange(len(papers)) for _ in range(500)])
    found = matrix.similarities_of_pairs(vectors, rows, columns)
    assert found.tolist() == similarities[rows, columns].tolist()
