"""What is kept of many keywords, and computed by screening, equals the plain definitions."""

import random

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from support.samples.real_words import PHRASES

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.topics import topic_levels
from digest.core.batch_ranking.topics.raised_rows import X_UNIT, RaisedRows
from digest.core.batch_ranking.topics.topic_levels import LevelRows
from digest.core.keywords.parser import parse
from digest.core.ranking.topical_evidence import (
    TopicalKeywords,
    compile_keywords,
    keyword_shares,
    levels,
)
from digest.knowledge import background_files


@pytest.fixture(scope="module", name="table")
def packaged_table() -> BackgroundTable:
    return background_files.load()


@pytest.fixture(scope="module", name="keywords")
def phrases(table: BackgroundTable) -> TopicalKeywords:
    return compile_keywords([parse(phrase) for phrase in PHRASES], table)


def drawn_shares(chance: random.Random, keywords: TopicalKeywords, topics: int) -> csr_matrix:
    """Some keywords for each topic, of one to nine; one topic has none."""
    rows = [[], *(chance.sample(range(len(PHRASES)), chance.randint(1, 9)) for _ in range(topics))]
    values = [
        keyword_shares([chance.choice([1.0, 1.0, 3.0]) for _ in row], keywords.coverage[row])
        for row in rows
    ]
    return csr_matrix(
        (
            np.concatenate(values),
            np.concatenate([np.array(row, dtype=np.int32) for row in rows]),
            np.cumsum([0, *map(len, rows)]),
        ),
        shape=(len(rows), len(PHRASES)),
    )


def test_values_of_keywords_that_are_added_later_are_exact_too(
    table: BackgroundTable, keywords: TopicalKeywords
) -> None:
    rows = RaisedRows(table.sample[:900])
    for count in (3, 3, len(PHRASES)):
        rows.add(keywords.rows(slice(0, count)))
        assert len(rows) == count
    expected = keywords.raised(table.sample[:900])
    places = np.indices(expected.shape)
    assert (rows.exact(places[0].ravel(), places[1].ravel()) == expected.ravel()).all()


def test_values_of_keywords_that_are_not_used_are_0(
    table: BackgroundTable, keywords: TopicalKeywords
) -> None:
    used = np.arange(len(PHRASES)) % 3 > 0
    rows = RaisedRows(table.sample[:900])
    for count in (5, len(PHRASES)):
        rows.add(keywords.rows(slice(0, count)), used=used[:count])
    expected = keywords.raised(table.sample[:900]) * used[:, None]
    places = np.indices(expected.shape)
    assert (rows.exact(places[0].ravel(), places[1].ravel()) == expected.ravel()).all()


@pytest.mark.parametrize("kept", [4, 16_000])
def test_levels_by_screening_equal_the_definition(
    table: BackgroundTable,
    keywords: TopicalKeywords,
    kept: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topic_levels, "MOST_KEYWORDS", kept)
    monkeypatch.setattr(topic_levels, "OTHERS_AT_ONCE", 60)
    shares = drawn_shares(random.Random(5), keywords, 150)
    expected = levels(shares, keywords, table.sample)
    found = LevelRows(table).levels(shares, keywords)
    used = np.diff(shares.indptr) > 0
    assert (found[used] == expected[used]).all()


def test_every_exact_value_follows_from_its_rounded_one() -> None:
    """All x from 0 to 2, one unit after the other, as nearness of papers to one keyword."""
    papers = (np.arange(2**21 + 1, dtype=np.float32) * np.float32(X_UNIT))[:, None]
    one = TopicalKeywords(
        vectors=np.ones((1, 1)),
        means=np.zeros(1),
        background_means=np.zeros(1),
        factors=np.ones(1),
        known=np.ones(1),
        coverage=np.ones(1),
        plain=np.ones(1),
    )
    rows = RaisedRows(papers)
    rows.add(one)
    found = rows.exact(np.zeros(len(papers), dtype=np.int64), np.arange(len(papers)))
    assert (found == one.raised(papers)[0]).all()
