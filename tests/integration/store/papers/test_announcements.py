from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.builders import NOW, batch, paper

from digest.core.identity.identifiers import title_key
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.editions import Candidate
from digest.core.models.matching import BatchDiff, IdentifiedPaper
from digest.core.models.papers import AnnouncementKind, Identifier
from digest.store.database.store import Store
from digest.store.papers import batches as batch_store
from digest.store.papers import paper_search
from digest.store.papers.announcements import (
    candidates,
    last_seq,
    newest_papers,
    start_seq,
)
from digest.store.papers.paper_search import find_papers

HOUR = timedelta(hours=1)


Collect = Callable[..., BatchReport]


def announce(
    store: Store, title: str, paper_id: int, kind: AnnouncementKind, source: str = "dumps"
) -> None:
    shown = paper(title)
    finding = IdentifiedPaper(paper=shown, title_key=title_key(title), paper_id=paper_id, kind=kind)
    with store.write() as tx:
        batch_store.record_batch(
            tx,
            batch=batch(shown, source=source),
            diff=BatchDiff(findings=(finding,), repeats=0),
            verdict=Verdict.FRESH,
            now=NOW,
        )


def after(store: Store, seq: int, **wanted: Any) -> list[Candidate]:
    with store.read() as tx:
        return candidates(tx, after=seq, upto=last_seq(tx), **wanted)


def start(store: Store) -> int:
    with store.read() as tx:
        return start_seq(tx)


def titles(found: list[Candidate]) -> list[str]:
    return [item.paper.title for item in found]


def test_an_empty_store_begins_and_ends_at_zero(store: Store) -> None:
    with store.read() as tx:
        assert last_seq(tx) == start_seq(tx) == 0
        assert candidates(tx, after=0, upto=0) == []
        assert newest_papers(tx, 10) == []


def test_a_beginner_gets_the_latest_batch_and_not_the_history(
    store: Store, collect: Collect
) -> None:
    collect("History", at=NOW - 48 * HOUR)
    collect("Yesterday's", at=NOW - 2 * HOUR)
    collect("Latest", at=NOW)
    assert start(store) == 2


def test_a_beginner_gets_the_latest_batch_of_every_source_of_the_last_day(
    store: Store, collect: Collect
) -> None:
    collect("Too old", source="weekly", at=NOW - 25 * HOUR)
    collect("Feed", source="arxiv", at=NOW - 3 * HOUR)
    collect("Dump", source="dumps", at=NOW)
    assert start(store) == 1


def test_a_batch_that_announced_nothing_does_not_move_the_beginning(
    store: Store, collect: Collect
) -> None:
    collect("One", at=NOW - 3 * HOUR)
    collect("One", at=NOW)
    assert start(store) == 0


def test_candidates_are_those_between_two_places_in_the_order_of_the_log(
    store: Store, collect: Collect
) -> None:
    collect("Alpha", "Beta")
    collect("Gamma")
    assert [(item.seq, item.paper.title) for item in after(store, 1)] == [(2, "Beta"), (3, "Gamma")]
    with store.read() as tx:
        assert titles(candidates(tx, after=0, upto=1)) == ["Alpha"]


def test_a_new_paper_that_is_listed_elsewhere_or_revised_stays_new_and_stands_once(
    store: Store, collect: Collect
) -> None:
    collect("One", source="dumps")
    collect("One", "Two", source="arxiv")
    announce(store, "One, revised", 1, AnnouncementKind.REVISED, source="arxiv")
    found = after(store, 0)
    assert [(item.paper_id, item.kind, item.source) for item in found] == [
        (2, AnnouncementKind.NEW, "arxiv"),
        (1, AnnouncementKind.NEW, "dumps"),
    ]
    assert (found[1].seq, found[1].paper.title) == (4, "One, revised")


def test_without_a_new_one_the_latest_announcement_counts(store: Store, collect: Collect) -> None:
    collect("One", source="dumps")
    collect("One", source="arxiv")
    announce(store, "One, revised", 1, AnnouncementKind.REVISED, source="arxiv")
    (found,) = after(store, 1)
    assert (found.kind, found.seq) == (AnnouncementKind.REVISED, 3)


def test_a_withdrawn_paper_is_not_offered_as_new(store: Store, collect: Collect) -> None:
    collect("One")
    announce(store, "One", 1, AnnouncementKind.WITHDRAWN)
    assert [item.kind for item in after(store, 0)] == [AnnouncementKind.WITHDRAWN]
    assert after(store, 0, kinds=(AnnouncementKind.NEW, AnnouncementKind.LISTED)) == []


def test_a_reader_of_one_source_gets_its_listings_although_another_source_was_first(
    store: Store, collect: Collect
) -> None:
    collect("One", source="dumps")
    collect("One", source="arxiv")
    assert [item.source for item in after(store, 0)] == ["dumps"]
    assert [item.source for item in after(store, 0, sources=("arxiv",))] == ["arxiv"]
    assert after(store, 0, sources=("arxiv",), kinds=(AnnouncementKind.NEW,)) == []


def test_votes_and_position_are_of_the_newest_sighting_that_has_them(
    store: Store, collect: Collect
) -> None:
    collect(paper("One", votes=3, comments=1, stars=40, position=2))
    collect(paper("One", votes=9, position=1))
    collect(paper("One"), source="arxiv")
    (found,) = after(store, 0)
    numbers = (found.paper.votes, found.paper.comments, found.paper.stars, found.paper.position)
    assert numbers == (9, 1, 40, 1)


def test_the_newest_papers_come_first(store: Store, collect: Collect) -> None:
    collect("Alpha", "Beta", "Gamma")
    with store.read() as tx:
        assert titles(newest_papers(tx, 2)) == ["Gamma", "Beta"]


@pytest.mark.parametrize(
    "ref",
    [
        "2",
        "arxiv:2605.00001",
        "arXiv:2605.00001v3",
        "2605.00001",
        "2605.00001v2",
        "doi:10.1000/X",
        " Scaling   laws: a study ",
        "LAWS",
    ],
)
def test_a_paper_is_found_by_whatever_a_person_has(
    store: Store, collect: Collect, ref: str
) -> None:
    names = (
        Identifier(scheme="arxiv", value="2605.00001"),
        Identifier(scheme="doi", value="10.1000/x"),
    )
    collect("Other", paper("Scaling Laws: A Study", identifiers=names), "100% of them")
    with store.read() as tx:
        assert titles(find_papers(tx, ref, title_key=title_key(ref))) == ["Scaling Laws: A Study"]


@pytest.mark.parametrize("ref", ["", "999", "9" * 30, "doi:", "100_", "nothing like it", "\0"])
def test_an_unknown_reference_finds_nothing(store: Store, collect: Collect, ref: str) -> None:
    collect("Other", "100% of them")
    with store.read() as tx:
        assert find_papers(tx, ref) == []


def test_at_most_five_papers_are_found_the_newest_first(store: Store, collect: Collect) -> None:
    collect(*(f"Scaling {number}" for number in range(8)))
    with store.read() as tx:
        assert titles(paper_search.find_papers(tx, "scaling")) == [
            f"Scaling {number}" for number in (7, 6, 5, 4, 3)
        ]
