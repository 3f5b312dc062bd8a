"""What messages show of packed editions, also of those that earlier versions packed."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import astuple, replace
from support.builders import TODAY, paper

from digest.core.editions.shown import ShownEdition
from digest.core.models.batches import BatchReport
from digest.core.models.delivery import PackedEdition
from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch
from digest.store.database.column_types import to_json
from digest.store.database.store import Store
from digest.store.editions import serialization
from digest.store.editions.shown_editions import ShownEditions
from digest.store.papers import announcements

Collect = Callable[..., BatchReport]


@pytest.fixture
def item(store: Store, collect: Collect) -> Candidate:
    """A stored paper."""
    collect(paper("One", authors=("A",), votes=7))
    with store.read() as tx:
        return announcements.newest_papers(tx, 1)[0]


def edition(trending: EditionEntry) -> Edition:
    return Edition(local_date=TODAY, sections=(), trending=(trending,), surplus=(trending,))


def show(editions: ShownEditions, content: dict[str, Any]) -> ShownEdition:
    return editions.shown(PackedEdition(local_date=TODAY, content=to_json(content), matched=0))


def test_messages_share_a_trending_paper_while_they_show_the_same_of_it(
    store: Store, item: Candidate
) -> None:
    editions = ShownEditions(store)
    same = serialization.pack(edition(EditionEntry(candidate=item, score=None)))
    voted = replace(item, paper=replace(item.paper, votes=8))
    later = serialization.pack(edition(EditionEntry(candidate=voted, score=None)))

    shown = [show(editions, content).trending[0] for content in (same, same, later)]

    assert shown[0] is shown[1]
    assert [entry.votes for entry in shown] == [7, 7, 8]


def test_a_paper_with_matches_is_shown_to_its_reader_alone(store: Store, item: Candidate) -> None:
    editions = ShownEditions(store)
    match = KeywordMatch(keyword="A", field="author", contribution=40.0)
    plain = serialization.pack(edition(EditionEntry(candidate=item, score=None)))
    matched = serialization.pack(
        edition(EditionEntry(candidate=item, score=None, matches=(match,)))
    )

    shown = [show(editions, content).trending[0] for content in (matched, plain, matched)]

    assert [list(entry.matches) for entry in shown] == [
        [("A", "author", 40.0, ())],
        [],
        [("A", "author", 40.0, ())],
    ]


def test_the_surplus_of_an_earlier_version_is_shown_as_that_of_this_one(
    store: Store, item: Candidate
) -> None:
    content = serialization.pack(edition(EditionEntry(candidate=item, score=None)))
    earlier = {**content, "surplus": content["trending"]}

    new, old = (show(ShownEditions(store), packed).surplus[0] for packed in (content, earlier))

    assert astuple(old) == astuple(new)
