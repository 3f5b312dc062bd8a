"""What the operator's pages read, on both databases: readers page by page, actions, counts by day."""

from datetime import timedelta

from sqlalchemy import insert, update
from support.builders import NOW, TODAY
from support.subscribers import start_subscription

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.store.admin import (
    action_log,
    daily_figures,
    page_views,
    queue,
    reader_search,
    source_stops,
)
from digest.store.database.schema import address, bounce, edition
from digest.store.database.store import Connection, Store

DAY = timedelta(days=1)


def emails(tx: Connection, **wanted: object) -> list[str]:
    found = reader_search.find(tx, **{"limit": 2, **wanted})  # type: ignore[arg-type]
    return [reader.address.email for reader in found]


def test_readers_are_found_by_parts_of_what_is_known_of_them_page_by_page(store: Store) -> None:
    with store.write() as tx:
        for name in ("dora", "bob", "Ada", "chen"):
            start_subscription(
                tx,
                f"{name}@lab.example",
                name=f"papers of {name}",
                profile_text=f'name = "{name} K"',
            )
        start_subscription(tx, "ada@lab.example", name="100% [x]_", now=NOW + DAY)
        tx.execute(
            update(address)
            .where(address.c.email_key == "bob@lab.example")
            .values(status=AddressStatus.PAUSED)
        )
    with store.read() as tx:
        assert emails(tx) == ["Ada@lab.example", "bob@lab.example"]
        assert emails(tx, after="bob@lab.example") == ["chen@lab.example", "dora@lab.example"]
        assert emails(tx, after="dora@lab.example") == []
        assert emails(tx, words=" ADA@ ") == ["Ada@lab.example"]
        assert emails(tx, words="Papers of d") == ["dora@lab.example"]
        assert emails(tx, words="0% [X]_") == ["Ada@lab.example"]
        assert emails(tx, words="%b") == []
        assert emails(tx, status=AddressStatus.PAUSED) == ["bob@lab.example"]
        (ada,) = reader_search.find(tx, limit=1, words="ada@")
        assert [digest.name for digest in ada.digests] == ["papers of Ada", "100% [x]_"]
        assert reader_search.read(tx, ada.address.address_id) == ada
        assert reader_search.read(tx, 999) is None
        assert len(list(reader_search.everybody(tx))) == 4


def test_actions_are_read_newest_first_page_by_page(store: Store) -> None:
    with store.write() as tx:
        for number in range(5):
            action = "pause" if number % 2 else "stop"
            begun = action_log.begin(
                tx,
                who="ops@x.example",
                action=action,
                subject=f"reader{number}@x",
                now=NOW + number * DAY,
            )
            if number:
                action_log.finish(tx, begun, outcome="done")
    with store.read() as tx:
        first = action_log.page(tx, limit=2)
        rest = action_log.page(tx, limit=9, before=first[-1].number)
        assert [item.subject for item in (*first, *rest)] == [
            f"reader{n}@x" for n in (4, 3, 2, 1, 0)
        ]
        assert [item.outcome for item in rest] == ["done", "done", ""]
        assert len(action_log.page(tx, limit=9, action="pause")) == 2
        assert len(action_log.page(tx, limit=9, words="READER3")) == 1
    with store.write() as tx:
        action_log.remove_old(tx, before=NOW + 3 * DAY)
        assert len(action_log.page(tx, limit=9)) == 2


def add_edition(tx: Connection, number: int, state: EditionState, *, days_ago: int) -> None:
    at = NOW - days_ago * DAY
    row = {
        "subscription_id": number,
        "local_date": at.date(),
        "composed_at": at,
        "state": state,
        "content": {"sections": [["T", [[1, 1, 1, "new", "s", 73.5, [], []]]]], "trending": []},
        "matched": 3,
        "message_id": f"<{number}.{days_ago}@x>",
        "attempts": 1,
        "next_attempt_at": at,
    }
    tx.execute(insert(edition).values(row))


def test_what_happened_is_counted_by_day_in_utc(store: Store) -> None:
    with store.write() as tx:
        number = start_subscription(tx, "ada@lab.example", now=NOW - 2 * DAY)
        add_edition(tx, number, EditionState.SENT, days_ago=1)
        add_edition(tx, number, EditionState.REFUSED, days_ago=0)
        add_edition(tx, number, EditionState.SENT, days_ago=40)
        late = NOW.replace(hour=23, minute=59)
        row = {
            "address_id": 1,
            "at": late,
            "kind": "hard",
            "status": "",
            "proof": "",
            "fingerprint": "1",
        }
        tx.execute(insert(bounce).values(row))
        page_views.add(tx, {(TODAY, "edition"): 2, (TODAY - DAY, "edition"): 1})
        page_views.add(tx, {(TODAY, "edition"): 3})
        source_stops.stop(tx, "arxiv", now=NOW)
        source_stops.stop(tx, "arxiv", now=NOW + DAY)
    since = NOW - 30 * DAY
    with store.read() as tx:
        attempts = daily_figures.attempts_by_day(tx, since=since)
        assert attempts[EditionState.SENT] == {TODAY - DAY: 1}
        assert attempts[EditionState.REFUSED] == {TODAY: 1}
        assert daily_figures.bounces_by_day(tx, since=since) == {TODAY: 1}
        assert daily_figures.subscriptions_by_day(tx, since=since) == (1, {TODAY - 2 * DAY: 1}, {})
        totals = daily_figures.edition_totals(tx, since=NOW - 2 * DAY)
        assert (totals.states[EditionState.SENT], totals.matched) == (1, 6)
        assert list(daily_figures.shown_scores(tx, limit=2)) == [73.5, 73.5]
        assert sorted(page_views.since(tx, TODAY)) == [(TODAY, "edition", 5)]
        assert source_stops.stopped(tx) == {"arxiv": NOW}
        assert [item.email for item in queue.refused(tx, since=since, limit=9)] == [
            "ada@lab.example"
        ]
        assert queue.held(tx, since=since, limit=9) == []
