"""The papers of a reader on both databases: search, what is kept, and records that are merged."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from support.builders import NOW, TODAY, batch, candidate, paper
from support.editions import insert_edition
from support.servers.readers_site import source_of
from support.subscribers import start_subscription

from digest.core.models.editions import Edition, EditionEntry, Section
from digest.core.models.papers import Identifier
from digest.core.models.profiles import FeedbackKind
from digest.pipeline.collect import collect
from digest.store.archive import editions, kept_papers, list_editions, reader_feeds, reader_papers
from digest.store.database.store import Connection, Store
from digest.store.papers import announcements
from digest.store.subscribers import feedback

TITLES = ("Érosion of 100% of Cliffs", "Sediment in Rivers", "Rivers_and dams", "Dunes")


@pytest.fixture
def reader(store: Store) -> Iterator[tuple[Connection, int]]:
    """A reader with two digests: the last two papers are in the second one."""
    papers = [paper(title, f"About {title}: ÜBERSICHT.") for title in TITLES]
    collect(store, [source_of(batch(*papers))], now=NOW)
    with store.write() as tx:
        number = start_subscription(tx, "ada@reader.example")
        start_subscription(tx, "bob@reader.example")
        stored = sorted(announcements.newest_papers(tx, 9), key=lambda item: item.paper_id)
        for day, part in enumerate((stored[:2], stored[2:])):
            entries = tuple(EditionEntry(candidate=item, score=50.0) for item in part)
            made = Edition(
                local_date=TODAY + timedelta(days=day),
                sections=(Section(topic="Earth", entries=entries),),
                matched=len(part),
            )
            insert_edition(tx, number, made, composed_at=NOW + timedelta(days=day))
    with store.write() as tx:
        yield tx, number


def titles(found: Sequence[reader_papers.ReaderPaper]) -> list[str]:
    return [item.paper.title for item in found]


def find(tx: Connection, number: int, *words: str) -> list[str]:
    return titles(reader_papers.shown(tx, number, words=words, limit=9, skip=0))


def test_the_newest_digest_comes_first_and_pages_follow_each_other(
    reader: tuple[Connection, int],
) -> None:
    tx, number = reader
    assert find(tx, number) == [TITLES[3], TITLES[2], TITLES[1], TITLES[0]]
    second = reader_papers.shown(tx, number, words=(), limit=2, skip=2)
    assert titles(second) == [TITLES[1], TITLES[0]]
    assert {item.day for item in second} == {TODAY}
    assert find(tx, number + 1) == []


def test_words_are_found_whatever_their_case_and_signs_are_no_patterns(
    reader: tuple[Connection, int],
) -> None:
    tx, number = reader
    assert find(tx, number, "RIVERS") == [TITLES[2], TITLES[1]]
    assert find(tx, number, "rivers", "sediment") == [TITLES[1]]
    assert find(tx, number, "érosion") == [TITLES[0]]
    assert len(find(tx, number, "übersicht")) == 4
    assert find(tx, number, "100%") == [TITLES[0]]
    assert find(tx, number, "%") == [TITLES[0]]
    assert find(tx, number, "s_a") == [TITLES[2]]
    assert find(tx, number, "'; DROP TABLE paper; --") == []


def test_what_is_saved_and_noted_is_kept_apart_from_feedback(
    reader: tuple[Connection, int],
) -> None:
    tx, number = reader
    paper_id = reader_papers.shown(tx, number, words=("dunes",), limit=1, skip=0)[0].paper_id
    feedback.record(tx, number, paper_id, FeedbackKind.SAVED, now=NOW)
    kept_papers.write_note(tx, number, paper_id, "a note")
    feedback.record(tx, number, paper_id, FeedbackKind.MORE, now=NOW + timedelta(days=1))
    feedback.reset(tx, number)
    (kept,) = reader_papers.saved(tx, number, limit=9)
    assert (kept.saved_at, kept.note) == (NOW, "a note")
    kept_papers.unsave(tx, number, paper_id)
    assert reader_papers.saved(tx, number, limit=9) == []
    assert find(tx, number, "A note") == ["Dunes"]
    kept_papers.write_note(tx, number, paper_id, "")
    assert find(tx, number, "a note") == []


def test_a_feed_has_a_new_version_each_time_it_is_opened(reader: tuple[Connection, int]) -> None:
    tx, number = reader
    assert reader_feeds.open_version(tx, number) is None
    versions = set()
    for _ in range(2):
        reader_feeds.open_new(tx, number)
        versions.add(reader_feeds.open_version(tx, number))
        reader_feeds.close(tx, number)
        assert reader_feeds.open_version(tx, number) is None
    assert len(versions) == 2
    newest = editions.newest(tx, number, limit=1)
    assert editions.newest_ids(tx, number, limit=1) == [
        (newest[0].edition_id, NOW + timedelta(days=1))
    ]


def test_a_list_has_one_page_a_day(store: Store) -> None:
    shown = Edition(
        local_date=TODAY,
        sections=(
            Section(topic="x", entries=(EditionEntry(candidate=candidate("A"), score=50.0),)),
        ),
        matched=1,
    )
    empty = Edition(local_date=TODAY + timedelta(days=1), sections=())
    collect(store, [source_of(batch("A"))], now=NOW)
    with store.write() as tx:
        list_editions.add(tx, "nlp", shown, read_through=1, now=NOW)
        list_editions.add(tx, "nlp", shown, read_through=9, now=NOW)
        list_editions.add(tx, "nlp", empty, read_through=2, now=NOW)
        assert list_editions.position(tx, "nlp") == (TODAY + timedelta(days=1), 2)
        assert [item.day for item in list_editions.days(tx, "nlp", limit=9)] == [TODAY]
        assert list_editions.shown_since(tx, "nlp", TODAY) == {1}
        assert list_editions.find(tx, "nlp", empty.local_date) is None
        assert list_editions.find(tx, "cv", TODAY) is None


def test_what_readers_keep_moves_to_the_paper_that_stays(store: Store) -> None:
    first = paper("One title", identifiers=(Identifier(scheme="arxiv", value="2605.00001"),))
    second = paper("Another title", identifiers=(Identifier(scheme="doi", value="10.1/x"),))
    both = paper("One title", identifiers=(*first.identifiers, *second.identifiers))
    collect(store, [source_of(batch(first, second))], now=NOW)
    with store.write() as tx:
        number = start_subscription(tx, "ada@reader.example")
        ids = sorted(item.paper_id for item in announcements.newest_papers(tx, 9))
        for paper_id in ids:
            kept_papers.save(tx, number, paper_id, now=NOW)
    collect(store, [source_of(batch(both, source="other"))], now=NOW + timedelta(days=1))
    with store.read() as tx:
        assert [item.paper_id for item in reader_papers.saved(tx, number, limit=9)] == ids[:1]
