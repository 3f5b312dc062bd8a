"""Finding papers by a part of a title."""

from collections.abc import Callable

import pytest
from support.builders import paper

from digest.core.models.batches import BatchReport
from digest.core.models.papers import Identifier
from digest.store.database.store import Store
from digest.store.papers import title_search
from digest.store.papers.paper_search import find_papers
from digest.store.papers.title_search import papers_with_part

Collect = Callable[..., BatchReport]


def found(store: Store, part: str) -> list[int]:
    with store.read() as tx:
        return papers_with_part(tx, part, limit=5)


@pytest.mark.parametrize(
    "part",
    ["flash attention", "FLASH", "fast, and", "Flash Attention: Fa", "and exact attent", "exact"],
)
def test_a_part_is_found_that_begins_with_a_word(
    store: Store, collect: Collect, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(title_search, "NEWEST_SEARCHED", 0)
    collect("Other", "Flash Attention: Fast, and Exact Attention", "Attention in a Flash")
    assert 2 in found(store, part)
    assert 1 not in found(store, part)


@pytest.mark.parametrize("part", ["attention flash", "flash exact", "fast and", "flash-attention"])
def test_the_words_alone_do_not_find_a_title_without_the_part(
    store: Store, collect: Collect, part: str
) -> None:
    collect("Flash Attention: Fast, and Exact Attention")
    assert found(store, part) == []


def test_a_part_within_a_word_is_found_among_the_newest_papers(
    store: Store, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect("Transformers Are Old", "Reformers Are Older", "Owls")
    assert found(store, "formers") == [2, 1]
    monkeypatch.setattr(title_search, "NEWEST_SEARCHED", 2)
    assert found(store, "formers") == [2]


@pytest.mark.parametrize("part", ["100%", "100_", "%", "_", "the \\"])
def test_special_characters_of_the_database_mean_themselves(
    store: Store, collect: Collect, part: str
) -> None:
    collect("100% of the Owls", "100x of the Owls")
    assert found(store, part) == ([1] if part in ("100%", "%") else [])


def test_a_title_of_a_merged_record_finds_the_paper_that_stays(
    store: Store, collect: Collect
) -> None:
    arxiv = Identifier(scheme="arxiv", value="2605.00001")
    doi = Identifier(scheme="doi", value="10.1000/x")
    collect(paper("White Storks Migrate Early", identifiers=(arxiv,)))
    collect(paper("Crows Use Tools", identifiers=(doi,)), source="web")
    collect(paper("White Storks Migrate Early", identifiers=(arxiv, doi)), source="more")
    with store.read() as tx:
        assert [item.paper_id for item in find_papers(tx, "crows use")] == [1]


def test_every_title_that_a_paper_has_had_finds_it(store: Store, collect: Collect) -> None:
    arxiv = Identifier(scheme="arxiv", value="2605.00001")
    collect(paper("White Storks Migrate Early", identifiers=(arxiv,), version=1))
    collect(paper("White Storks Stay", identifiers=(arxiv,), version=2))
    assert found(store, "storks migrate") == found(store, "storks stay") == [1]
