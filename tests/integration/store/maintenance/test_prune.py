"""Pruning removes old data, and nothing is announced or shown twice because of it."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import func, select, update
from support.builders import NOW, batch, paper
from support.editions import insert_edition
from support.speed.databases import new_sqlite_store

from digest.core.identity.diff import diff
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition, EditionEntry, Section
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.errors import UsageError
from digest.store.archive import kept_papers, shown_papers
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.maintenance import prune
from digest.store.maintenance.oldest_data import PruneReport, is_all_recent
from digest.store.papers import announcements, paper_search
from digest.store.papers import batches as batch_store
from digest.store.papers.lookup import find_known_papers
from digest.store.papers.source_state import load
from digest.store.reports.paper_history import PaperHistory, paper_history

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]

DAY = timedelta(days=1)
LATER = NOW + 200 * DAY
STORKS, CROWS, OWLS = "White Storks Migrate Early", "Crows Use Tools", "Owls Hunt at Night"


@pytest.fixture(autouse=True)
def _few_papers_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "NEWEST_KEPT", 1)


def shown(store: Store, subscription_id: int, *, at: datetime) -> int:
    """Inserts an edition with all stored papers; returns its id."""
    with store.write() as tx:
        entries = tuple(
            EditionEntry(candidate=item, score=50.0)
            for item in announcements.newest_papers(tx, 100)
        )
        edition = Edition(
            local_date=at.date(),
            sections=(Section(topic="Birds", entries=entries),),
            considered=len(entries) + 3,
            matched=len(entries),
        )
        number = insert_edition(tx, subscription_id, edition, composed_at=at)
        assert number is not None
        return number


def settle(store: Store, *numbers: int, state: EditionState = EditionState.SENT) -> None:
    with store.write() as tx:
        here = schema.edition.c.id.in_(numbers)
        tx.execute(update(schema.edition).where(here).values(state=state))


def abstracts(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {row.title: row.abstract for row in tx.execute(select(schema.revision))}


def rows(store: Store, table: str) -> int:
    with store.read() as tx:
        counted = select(func.count()).select_from(schema.metadata.tables[table])
        return tx.execute(counted).scalar_one()


def test_an_old_digest_is_emptied_and_its_day_stays_taken(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(STORKS)
    reader = subscribe()
    old = shown(store, reader, at=NOW)
    young = shown(store, reader, at=LATER - DAY)
    settle(store, old, young)
    assert prune.prune(store, before=LATER - 90 * DAY, now=LATER).editions == 1
    with store.read() as tx:
        before, after = ledger.load(tx, old), ledger.load(tx, young)
        assert (before.edition.entries, before.edition.considered) == ((), 4)
        assert before.message_id
        assert len(after.edition.entries) == 1
        assert ledger.has_edition(tx, reader, NOW.date())
        assert shown_papers.shown_to(tx, [reader], [1]) == {(reader, 1)}


@pytest.mark.parametrize(
    "state",
    [EditionState.QUEUED, EditionState.DEFERRED, EditionState.IN_DOUBT, EditionState.REFUSED],
)
def test_a_digest_that_may_still_be_sent_is_kept_whole(
    store: Store, collect: Collect, subscribe: Subscribe, state: EditionState
) -> None:
    collect(STORKS)
    waiting = shown(store, subscribe(), at=NOW)
    settle(store, waiting, state=state)
    collect(CROWS, at=NOW + DAY)
    done = prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert (done.editions, done.abstracts) == (0, 0)
    with store.read() as tx:
        (entry,) = ledger.load(tx, waiting).edition.entries
        assert entry.candidate.paper.abstract


def test_old_abstracts_are_removed_unless_a_kept_digest_shows_the_paper(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(STORKS, at=NOW)
    settle(store, shown(store, subscribe(), at=LATER - DAY))
    collect(CROWS, at=NOW + DAY)
    collect(OWLS, at=LATER - DAY)
    assert prune.prune(store, before=LATER - 90 * DAY, now=LATER).abstracts == 1
    assert {title: bool(text) for title, text in abstracts(store).items()} == {
        STORKS: True,
        CROWS: False,
        OWLS: True,
    }


def test_the_abstracts_of_the_newest_papers_stay_whatever_their_age(
    store: Store, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "NEWEST_KEPT", 2)
    collect(STORKS, CROWS, OWLS)
    assert prune.prune(store, before=LATER - 90 * DAY, now=LATER).abstracts == 1
    assert [title for title, text in abstracts(store).items() if not text] == [STORKS]


def without_texts(history: PaperHistory | None) -> PaperHistory:
    """The history without what each source gave: pruning clears abstracts."""
    assert history is not None
    versions = tuple(replace(item, added=()) for item in history.revisions)
    return replace(history, revisions=versions, origins=())


def test_batches_without_news_are_removed_except_the_last_of_each_source(
    store: Store, collect: Collect
) -> None:
    for day in range(10):
        collect(STORKS, CROWS, at=NOW + day * DAY, announced=(NOW + day * DAY).date())
    with store.write() as tx:
        for day in range(5):
            batch_store.record_failure(
                tx, source="web", origin="there", rejected=(), now=NOW + day * DAY
            )
    with store.read() as tx:
        before = load(tx, "dumps"), load(tx, "web"), without_texts(paper_history(tx, 1))
    done = prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert (done.sightings, done.batches) == (16, 12)
    assert (rows(store, "sighting"), rows(store, "batch")) == (4, 3)
    with store.read() as tx:
        after = load(tx, "dumps"), load(tx, "web"), without_texts(paper_history(tx, 1))
    assert after == before


def test_a_dry_run_says_the_same_and_changes_nothing(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    reader = subscribe()
    for day in range(4):
        collect(STORKS, CROWS, at=NOW + day * DAY)
        settle(store, shown(store, reader, at=NOW + day * DAY))
    collect(OWLS, at=LATER)
    before = {table: rows(store, table) for table in schema.metadata.tables}
    report = prune.prune(store, before=LATER - 90 * DAY, now=LATER, dry_run=True)
    assert {table: rows(store, table) for table in schema.metadata.tables} == before
    assert report == prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert (report.editions, report.abstracts, report.sightings, report.batches) == (4, 2, 4, 2)
    again = prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert again == PruneReport(before=LATER - 90 * DAY)


def test_the_days_in_which_titles_are_compared_are_never_pruned(store: Store) -> None:
    with pytest.raises(UsageError, match="45 days"):
        prune.prune(store, before=LATER - 44 * DAY, now=LATER)


def test_a_paper_with_a_note_of_a_reader_keeps_its_abstract(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(STORKS, CROWS, at=NOW)
    collect(OWLS, at=LATER)
    number = subscribe("ada@example.org")
    with store.write() as tx:
        (kept,) = paper_search.find_papers(tx, STORKS)
        kept_papers.write_note(tx, number, kept.paper_id, "to read")
    prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert [title for title, text in abstracts(store).items() if not text] == [CROWS]


def test_a_replacement_is_not_announced_only_because_the_abstract_was_pruned(
    store: Store, collect: Collect
) -> None:
    collect(STORKS, CROWS)
    prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    again = collect(paper(STORKS, notice=AnnouncementKind.REVISED), at=LATER)
    assert again.duplicates == 1


def test_a_pruned_paper_gets_its_abstract_back_when_another_source_lists_it(
    store: Store, collect: Collect
) -> None:
    collect(paper(STORKS, "Long words."), CROWS)
    prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    with store.read() as tx:
        head = announcements.last_seq(tx)
    assert collect(paper(STORKS, "Long words."), source="web", at=LATER).listed == 1
    with store.read() as tx:
        (found,) = announcements.candidates(tx, after=head, upto=head + 1)
    assert (found.kind, found.paper.abstract) == (AnnouncementKind.LISTED, "Long words.")


@dataclass(frozen=True)
class Twins:
    """Two stores with the same history, one of them pruned."""

    pruned: Store
    whole: Store

    def collect(self, shown_papers: list[Paper], source: str, at: datetime) -> BatchReport:
        pruned_report, other_report = (
            self._collect(store, shown_papers, source, at) for store in (self.pruned, self.whole)
        )
        assert pruned_report == other_report
        return pruned_report

    @staticmethod
    def _collect(store: Store, shown_papers: list[Paper], source: str, at: datetime) -> BatchReport:
        new_batch = batch(*shown_papers, source=source)
        with store.write() as tx:
            batch_diff = diff(
                new_batch.papers, find_known_papers(tx, new_batch.papers, now=at), source=source
            )
            return batch_store.record_batch(
                tx, batch=new_batch, diff=batch_diff, verdict=Verdict.FRESH, now=at
            )


def _papers() -> st.SearchStrategy[Paper]:
    """Generates few different papers, so that they repeat: with and without ids and versions."""
    titles = st.sampled_from([STORKS, CROWS, OWLS, "Editorial"])
    arxiv = st.sampled_from([(), ("2605.00001",), ("2605.00002",), ("2605.00003",)])
    return st.builds(
        lambda title, ids, version: paper(
            title,
            f"On {title}, at length.",
            identifiers=tuple(Identifier(scheme="arxiv", value=value) for value in ids),
            version=version if ids else None,
        ),
        titles,
        arxiv,
        st.sampled_from([None, 1, 2]),
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.lists(_papers(), min_size=1, max_size=4),
            st.sampled_from(["dumps", "web", "arxiv"]),
            st.integers(0, 60),
        ),
        st.integers(45, 120),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=30)
def test_pruning_between_fetches_does_not_change_what_is_announced(steps: list[Any]) -> None:
    now = NOW
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        twins = Twins(
            *(
                stack.enter_context(Store.open(new_sqlite_store(folder / f"{n}.db")))
                for n in range(2)
            )
        )
        stack.enter_context(patch.object(prune, "NEWEST_KEPT", 1))
        for step in steps:
            if isinstance(step, int):
                prune.prune(twins.pruned, before=now - step * DAY, now=now)
                continue
            shown_papers, source, days = step
            now += days * DAY
            twins.collect(shown_papers, source, now)
        with twins.pruned.read() as tx, twins.whole.read() as other:
            columns = select(
                *(schema.announcement.c[name] for name in ("seq", "paper_id", "source", "kind"))
            ).order_by("seq")
            announced = tx.execute(columns).all()
            assert announced == other.execute(columns).all()
            # Two records of the same paper were each announced before they were merged.
            joined = tx.execute(select(func.count(schema.merge.c.alias_id))).scalar_one()
            new = [row.paper_id for row in announced if row.kind is AnnouncementKind.NEW]
            assert len(new) - len(set(new)) <= joined


@given(steps=STEPS)
@settings(max_examples=30)
def test_pruning_again_and_again_removes_what_pruning_once_removes(steps: list[Any]) -> None:
    now = NOW
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        twins = Twins(
            *(
                stack.enter_context(Store.open(new_sqlite_store(folder / f"{n}.db")))
                for n in range(2)
            )
        )
        stack.enter_context(patch.object(prune, "NEWEST_KEPT", 1))
        for step in steps:
            if isinstance(step, int):
                prune.prune(twins.pruned, before=now - 45 * DAY, now=now)
                continue
            shown_papers, source, days = step
            now += days * DAY
            twins.collect(shown_papers, source, now)
        for store in (twins.pruned, twins.whole):
            prune.prune(store, before=now - 45 * DAY, now=now)
        assert kept(twins.pruned) == kept(twins.whole)


def kept(store: Store) -> list[list[Any]]:
    """Sightings and batches. Texts may differ: a later one may be made from a removed one."""
    sightings = select(*(schema.sighting.c[name] for name in ("batch_id", "paper_id")))
    with store.read() as tx:
        return [
            sorted(map(tuple, tx.execute(query).all()))
            for query in (sightings, select(schema.batch.c.id))
        ]


def test_a_sighting_that_was_the_last_one_is_removed_after_a_later_one(
    store: Store, collect: Collect
) -> None:
    collect(STORKS)
    collect(STORKS, CROWS, at=NOW + DAY)
    prune.prune(store, before=LATER - 90 * DAY, now=LATER)
    assert rows(store, "sighting") == 3, "two announced their papers, one is the last of its paper"
    collect(STORKS, at=LATER)
    counted = prune.prune(store, before=LATER - 89 * DAY, now=LATER + DAY, dry_run=True)
    done = prune.prune(store, before=LATER - 89 * DAY, now=LATER + DAY)
    assert (counted.sightings, done.sightings) == (1, 1)
    assert rows(store, "sighting") == 3


def test_a_paper_that_was_shown_since_the_last_pruning_keeps_its_text(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(STORKS)
    collect(OWLS, at=NOW + DAY)
    reader = subscribe()
    settle(store, shown(store, reader, at=NOW + 100 * DAY))
    first = LATER - 150 * DAY
    assert prune.prune(store, before=first, now=LATER).abstracts == 0, "a recent digest has them"
    counted = prune.prune(store, before=LATER - 90 * DAY, now=LATER, dry_run=True)
    assert counted.abstracts == 1, "the digest is old now; the newest paper keeps its text"
    settle(store, shown(store, reader, at=LATER - DAY))
    for dry_run in (True, False):
        done = prune.prune(store, before=LATER - 90 * DAY, now=LATER, dry_run=dry_run)
        assert done.abstracts == 0, "a new digest shows them again"


def test_where_all_is_recent_pruning_would_find_nothing(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    before = NOW - DAY
    with store.read() as tx:
        assert is_all_recent(tx, before=before)  # an empty store
    collect(STORKS)
    settle(store, shown(store, subscribe(), at=NOW))
    with store.read() as tx:
        assert is_all_recent(tx, before=before)
        assert not is_all_recent(tx, before=NOW + DAY)
    report = prune.prune(store, before=before, now=LATER)
    assert report == PruneReport(before=before)


def test_an_old_digest_or_an_old_batch_is_not_recent(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(STORKS)
    with store.write() as tx:
        tx.execute(update(schema.batch).values(collected_at=NOW - 2 * DAY))
    with store.read() as tx:
        assert not is_all_recent(tx, before=NOW - DAY)
    with store.write() as tx:
        tx.execute(update(schema.batch).values(collected_at=NOW))
    shown(store, subscribe(), at=NOW - 2 * DAY)
    with store.read() as tx:
        assert not is_all_recent(tx, before=NOW - DAY)
