import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace
from support.builders import NOW, TODAY, candidate, paper
from support.editions import insert_edition

from digest.core.editions.reasons import name_matches
from digest.core.editions.shown import ShownEdition, shown_edition
from digest.core.models.batches import BatchReport
from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    EditionState,
    InDoubt,
    Outcome,
    PackedEdition,
    Refused,
    Sent,
)
from digest.core.models.editions import Candidate, Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.subscribers import AddressStatus
from digest.errors import StoreError
from digest.store.archive import shown_papers
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import claims, delivery_pause, ledger, recovery, serialization
from digest.store.editions.shown_editions import ShownEditions
from digest.store.papers import announcements, revisions
from digest.store.subscribers import subscriptions

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]

ADA, BOB = "ada@example.org", "bob@example.org"
HOUR = timedelta(hours=1)
MATCH = KeywordMatch(keyword="KV cache^2", field="title", contribution=41.1235)


def edition(*shown: Candidate, day: date = TODAY, trending: tuple[Candidate, ...] = ()) -> Edition:
    entries = tuple(EditionEntry(candidate=item, score=87.5, matches=(MATCH,)) for item in shown)
    return Edition(
        local_date=day,
        sections=(Section(topic="Inference", entries=entries),) if entries else (),
        trending=tuple(EditionEntry(candidate=item, score=None) for item in trending),
        considered=40,
        matched=len(shown) + 2,
        left_out=2,
    )


def enter(
    store: Store, subscription_id: int, new_edition: Edition | None = None, **fields: Any
) -> int:
    with store.write() as tx:
        number = insert_edition(tx, subscription_id, new_edition or edition(), **fields)
    assert number is not None
    return number


def claim(store: Store, owner: str = "me", **fields: Any) -> list[ClaimedEdition]:
    with store.write() as tx:
        return claims.claim(
            tx, owner=owner, now=fields.pop("now", NOW), limit=fields.pop("limit", 100), **fields
        )


def settle(store: Store, number: int, outcome: Outcome, owner: str = "me", **fields: Any) -> None:
    with store.write() as tx:
        claims.settle_attempt(tx, number, owner=owner, outcome=outcome, now=NOW, **fields)


def load(store: Store, number: int) -> ledger.RecordedEdition:
    with store.read() as tx:
        return ledger.load(tx, number)


def state(store: Store, number: int) -> EditionState:
    return load(store, number).state


def shown_by(store: Store, claimed: ClaimedEdition) -> list[Any]:
    """What the message of a claimed edition shows."""
    assert isinstance(claimed.edition, PackedEdition)
    return shown_texts(ShownEditions(store).shown(claimed.edition))


def shown_texts(shown: ShownEdition) -> list[Any]:
    """The contents of a message; of its papers, what a revision stores."""
    groups = [*shown.sections, ("trending", shown.trending), ("surplus", shown.surplus)]
    entries = [
        (
            topic,
            *astuple(
                replace(
                    entry,
                    paper=revisions.stored_fields(entry.paper),
                    matches=(),
                    named=named,
                )
            ),
        )
        for topic, group in groups
        for entry in group
        for named in [
            name_matches(entry.matches, entry.score) if entry.named is None else entry.named
        ]
    ]
    return [shown.local_date, shown.considered, shown.left_out, *entries]


def numbers(claimed: list[ClaimedEdition]) -> list[int]:
    return [item.edition_id for item in claimed]


def set_status(store: Store, status: AddressStatus, email: str = ADA) -> None:
    with store.write() as tx:
        subscriptions.set_status(tx, email, status, event=status, origin="test", detail="", now=NOW)


def test_a_claimed_edition_is_the_one_that_was_entered_with_its_papers(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    number = subscribe()
    collect(paper("One", votes=3, position=1), paper("Two", comments=2, stars=7), "Three")
    with store.read() as tx:
        first, second, third = announcements.candidates(tx, after=0, upto=3)
    new_edition = edition(second, first, trending=(third,))
    entered = enter(store, number, new_edition)
    (claimed,) = claim(store, now=NOW + HOUR)
    assert shown_by(store, claimed) == shown_texts(shown_edition(new_edition))
    assert claimed.edition_id == entered
    assert claimed.subscription.email == ADA
    name = rf"<2026-05-11\.{entered}\.[0-9a-f]{{32}}@example\.org>"
    assert re.fullmatch(name, claimed.message_id)
    assert (claimed.composed_at, claimed.attempts) == (NOW, 0)
    assert load(store, entered).edition == new_edition


def test_the_titles_beyond_the_limit_of_a_reader_are_kept_as_those_of_earlier_versions_were(
    store: Store, subscribe: Subscribe, collect: Collect
) -> None:
    collect(*[paper(f"Paper {number}", votes=number or None) for number in range(3)])
    with store.read() as tx:
        first, *others = announcements.candidates(tx, after=0, upto=3)
    surplus = tuple(EditionEntry(candidate=item, score=None) for item in others)
    made = replace(edition(first), surplus=surplus)
    entered = enter(store, subscribe(), made)
    assert load(store, entered).edition == made
    (claimed,) = claim(store)
    shown = shown_by(store, claimed)
    earlier = serialization.pack(made) | {
        "surplus": [
            [item.paper_id, item.revision_id, item.seq, "new", item.source, None, [], counts, None]
            for item in others
            for counts in [serialization.packed_counts(item.paper)]
        ]
    }
    with store.write() as tx:
        tx.execute(schema.edition.update().values(content=earlier))
    assert load(store, entered).edition == made
    assert isinstance(claimed.edition, PackedEdition)
    packed = replace(claimed.edition, content=json.dumps(earlier))
    assert shown_by(store, replace(claimed, edition=packed)) == shown


@given(
    numbers=st.tuples(*[st.integers(1, 2**40)] * 3),
    counts=st.tuples(*[st.none() | st.integers(0, 10**6)] * 4),
    source=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_title_is_read_as_it_was_written(
    numbers: tuple[int, int, int], counts: tuple[int | None, ...], source: str
) -> None:
    votes, comments, position, stars = counts
    paper_id, revision_id, seq = numbers
    item = Candidate(
        paper_id=paper_id,
        revision_id=revision_id,
        seq=seq,
        kind=AnnouncementKind.NEW,
        source=source,
        paper=replace(
            paper("A title"), votes=votes, comments=comments, position=position, stars=stars
        ),
    )
    entry = serialization.title_entry(serialization.packed_title(item))
    assert entry == [*numbers, "new", source, None, [], [*counts], None]


def test_an_edition_names_the_revision_it_was_made_from(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    number = subscribe()
    collect(paper("One", authors=()), source="dumps")
    with store.read() as tx:
        recent_papers = announcements.newest_papers(tx, 1)
    enter(store, number, edition(*recent_papers))
    collect(paper("One", authors=("A", "B")), source="arxiv")
    (claimed,) = claim(store)
    assert shown_by(store, claimed) == shown_texts(shown_edition(edition(*recent_papers)))


def test_a_day_has_one_edition(store: Store, subscribe: Subscribe) -> None:
    number, other = subscribe(), subscribe(BOB)
    enter(store, number)
    with store.write() as tx:
        assert insert_edition(tx, number, edition()) is None
        assert ledger.has_edition(tx, number, TODAY)
        assert not ledger.has_edition(tx, number, date(2026, 5, 12))
        assert not ledger.has_edition(tx, other, TODAY)
    enter(store, other)
    assert len(claim(store)) == 2


@pytest.mark.parametrize("reached", EditionState)
def test_a_delivery_has_something_to_do_while_an_edition_is_not_settled(
    store: Store, subscribe: Subscribe, reached: EditionState
) -> None:
    with store.read() as tx:
        assert not ledger.has_open(tx)
    number = enter(store, subscribe(ADA))
    with store.write() as tx:
        assert ledger.has_open(tx)
        ledger.update_editions(tx, [schema.edition.c.id == number], state=reached)
        settled = {
            EditionState.SENT,
            EditionState.REFUSED,
            EditionState.EXPIRED,
            EditionState.WITHDRAWN,
        }
        assert ledger.has_open(tx) is (reached not in settled)


def test_the_papers_of_earlier_editions_are_known(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    number, other = subscribe(), subscribe(BOB)
    collect("One", "Two", "Three")
    with store.read() as tx:
        first, second, third = announcements.candidates(tx, after=0, upto=3)
    enter(store, number, edition(first, trending=(second,)))
    enter(store, other, edition(third))
    with store.read() as tx:
        assert shown_papers.shown_to(tx, [number], [1, 2, 3, 4]) == {(number, 1), (number, 2)}
        assert shown_papers.shown_to(tx, [number], [2]) == {(number, 2)}
        assert shown_papers.shown_to(tx, [number], []) == set()


def test_an_unknown_edition_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="edition 7: "):
        load(store, 7)


def test_claims_are_the_oldest_first_and_no_more_than_asked(
    store: Store, subscribe: Subscribe
) -> None:
    entered = [
        enter(store, subscribe(f"reader{place}@example.org"), composed_at=NOW - place * HOUR)
        for place in range(5)
    ]
    assert numbers(claim(store, limit=2)) == [entered[4], entered[3]]
    assert numbers(claim(store, limit=9)) == [entered[2], entered[1], entered[0]]
    assert claim(store) == []


def test_only_editions_of_one_reader_are_claimed_when_asked(
    store: Store, subscribe: Subscribe
) -> None:
    enter(store, subscribe(ADA))
    wanted = enter(store, subscribe(BOB))
    assert numbers(claim(store, email="BOB@example.org")) == [wanted]


def test_a_deferred_edition_comes_back_when_it_is_due(store: Store, subscribe: Subscribe) -> None:
    entered = enter(store, subscribe())
    claim(store)
    settle(store, entered, Deferred(reason="greylisted", code=451), next_attempt_at=NOW + HOUR)
    stored = load(store, entered)
    assert (stored.state, stored.next_attempt_at, stored.attempts) == (
        EditionState.DEFERRED,
        NOW + HOUR,
        1,
    )
    assert (stored.reason, stored.code, stored.settled_at) == ("greylisted", 451, NOW)
    assert claim(store, now=NOW + HOUR - timedelta(seconds=1)) == []
    (again,) = claim(store, now=NOW + HOUR)
    assert (again.edition_id, again.attempts) == (entered, 1)


@pytest.mark.parametrize(
    "outcome,expected,code",
    [
        (Sent(reply="2.0.0 queued"), EditionState.SENT, 250),
        (Refused(reason="no such user", code=550), EditionState.REFUSED, 550),
        (InDoubt(reason="lost after the dot"), EditionState.IN_DOUBT, None),
        (Deferred(reason="still greylisted", code=451), EditionState.EXPIRED, 451),
    ],
)
def test_each_outcome_is_settled_once_by_whoever_claimed_it(
    store: Store, subscribe: Subscribe, outcome: Outcome, expected: EditionState, code: int | None
) -> None:
    entered = enter(store, subscribe())
    with pytest.raises(StoreError, match=f"edition {entered}: is not claimed"):
        settle(store, entered, outcome)
    claim(store, owner="me")
    with pytest.raises(StoreError, match="is not claimed by this process"):
        settle(store, entered, outcome, owner="other")
    assert state(store, entered) is EditionState.CLAIMED
    settle(store, entered, outcome)
    stored = load(store, entered)
    assert (stored.state, stored.code, stored.attempts, stored.settled_at) == (
        expected,
        code,
        1,
        NOW,
    )
    with pytest.raises(StoreError, match="is not claimed"):
        settle(store, entered, outcome)
    assert claim(store, now=NOW + 999 * HOUR) == []


def test_what_is_in_doubt_is_sent_again_only_when_asked(store: Store, subscribe: Subscribe) -> None:
    entered = enter(store, subscribe())
    claim(store)
    settle(store, entered, InDoubt(reason="lost after the dot"))
    with store.write() as tx:
        assert recovery.requeue_doubtful(tx, now=NOW, most=1) == 0, "it was tried often enough"
        assert recovery.requeue_doubtful(tx, now=NOW, most=2) == 1
        assert recovery.requeue_doubtful(tx, now=NOW, most=2) == 0
    assert numbers(claim(store)) == [entered]


@pytest.mark.parametrize(
    "status", [AddressStatus.UNSUBSCRIBED, AddressStatus.SUPPRESSED, AddressStatus.ERASED]
)
def test_an_edition_of_a_reader_who_left_is_withdrawn(
    store: Store, subscribe: Subscribe, status: AddressStatus
) -> None:
    gone, kept = enter(store, subscribe(ADA)), enter(store, subscribe(BOB))
    set_status(store, status)
    assert numbers(claim(store, limit=1)) == [kept]
    assert (state(store, gone), state(store, kept)) == (
        EditionState.WITHDRAWN,
        EditionState.CLAIMED,
    )


def test_an_edition_of_an_ended_subscription_is_withdrawn(
    store: Store, subscribe: Subscribe
) -> None:
    number = subscribe()
    entered = enter(store, number)
    with store.write() as tx:
        subscriptions.end(tx, number, now=NOW)
    assert claim(store) == []
    assert state(store, entered) is EditionState.WITHDRAWN


def test_an_edition_of_a_reader_who_paused_waits(store: Store, subscribe: Subscribe) -> None:
    number = subscribe()
    entered = enter(store, number)
    with store.write() as tx:
        subscriptions.set_paused(tx, paused=True, subscription_id=number)
    assert claim(store) == []
    with store.write() as tx:
        subscriptions.set_paused(tx, paused=False, subscription_id=number)
    set_status(store, AddressStatus.PAUSED)
    assert claim(store) == []
    assert state(store, entered) is EditionState.QUEUED
    set_status(store, AddressStatus.ACTIVE)
    assert numbers(claim(store)) == [entered]


def test_released_claims_are_queued_again_with_the_reason(
    store: Store, subscribe: Subscribe
) -> None:
    entered = enter(store, subscribe())
    claim(store, owner="me")
    with store.write() as tx:
        assert claims.release_claims(tx, owner="other") == 0
        assert claims.release_claims(tx, owner="me", reason="wrong password") == 1
    assert (state(store, entered), load(store, entered).reason) == (
        EditionState.QUEUED,
        "wrong password",
    )


def test_only_the_claims_of_the_dead_are_recovered(store: Store, subscribe: Subscribe) -> None:
    enter(store, subscribe(ADA))
    enter(store, subscribe(BOB))
    (first,) = claim(store, owner="dead", limit=1)
    (second,) = claim(store, owner="living", limit=1)
    with store.write() as tx:
        assert recovery.recover_claims(tx, alive=lambda owner: owner == "living", now=NOW) == 1
    assert state(store, first.edition_id) is EditionState.QUEUED
    assert state(store, second.edition_id) is EditionState.CLAIMED


def test_claims_made_at_once_never_overlap(store: Store, subscribe: Subscribe) -> None:
    for place in range(40):
        enter(store, subscribe(f"reader{place}@example.org"))

    def work(owner: int) -> list[int]:
        edition_ids: list[int] = []
        while stored := claim(store, owner=str(owner), limit=3):
            edition_ids += numbers(stored)
        return edition_ids

    with ThreadPoolExecutor(6) as pool:
        claimed = [number for edition_ids in pool.map(work, range(6)) for number in edition_ids]
    assert len(claimed) == len(set(claimed)) == 40


def test_the_number_of_an_edition_is_never_given_out_again(
    store: Store, subscribe: Subscribe
) -> None:
    number = subscribe()
    first = enter(store, number)
    with store.write() as tx:
        tx.exec_driver_sql("DELETE FROM edition")
    assert enter(store, number) > first


def test_a_claim_that_was_started_is_in_doubt_when_its_owner_dies(
    store: Store, subscribe: Subscribe
) -> None:
    first, second = enter(store, subscribe(ADA)), enter(store, subscribe(BOB))
    claim(store)
    with store.write() as tx:
        claims.start_attempt(tx, first, owner="me", now=NOW)
        assert claims.release_claims(tx, owner="me") == 1, "what may be on its way is not released"
        assert recovery.recover_claims(tx, alive=lambda _: False, now=NOW) == 1
    stored = load(store, first)
    assert (stored.state, stored.attempts) == (EditionState.IN_DOUBT, 1)
    assert "ended" in (stored.reason or "")
    assert state(store, second) is EditionState.QUEUED


def test_an_edition_that_kills_its_process_each_time_waits_for_a_person(
    store: Store, subscribe: Subscribe
) -> None:
    entered = enter(store, subscribe())
    sent_again = []
    for _ in range(3):
        claim(store)
        with store.write() as tx:
            claims.start_attempt(tx, entered, owner="me", now=NOW)
            recovery.recover_claims(tx, alive=lambda _: False, now=NOW)
            sent_again.append(recovery.requeue_doubtful(tx, now=NOW, most=3))
    assert sent_again == [1, 1, 0]
    assert state(store, entered) is EditionState.IN_DOUBT


def test_a_claim_whose_reader_has_left_since_is_withdrawn_and_not_started(
    store: Store, subscribe: Subscribe
) -> None:
    entered = enter(store, subscribe())
    claim(store)
    set_status(store, AddressStatus.UNSUBSCRIBED)
    with store.write() as tx:
        assert not claims.start_attempt(tx, entered, owner="me", now=NOW)
    stored = load(store, entered)
    assert (stored.state, stored.reason) == (EditionState.WITHDRAWN, claims.REASON_READER_LEFT)


def test_a_claim_whose_reader_has_paused_since_is_queued_and_not_started(
    store: Store, subscribe: Subscribe
) -> None:
    number = subscribe()
    entered = enter(store, number)
    claim(store)
    with store.write() as tx:
        subscriptions.set_paused(tx, paused=True, subscription_id=number)
        assert not claims.start_attempt(tx, entered, owner="me", now=NOW)
    assert (state(store, entered), load(store, entered).attempts) == (EditionState.QUEUED, 0)
    assert claim(store) == []


def test_a_claim_of_another_cannot_be_started(store: Store, subscribe: Subscribe) -> None:
    entered = enter(store, subscribe())
    claim(store, owner="me")
    with store.write() as tx:
        recovery.recover_claims(tx, alive=lambda _: False, now=NOW)
    with store.write() as tx, pytest.raises(StoreError, match="was not sent by it"):
        claims.start_attempt(tx, entered, owner="me", now=NOW)


def test_only_old_claims_of_an_owner_that_hangs_are_taken_over(
    store: Store, subscribe: Subscribe
) -> None:
    old, fresh = enter(store, subscribe(ADA)), enter(store, subscribe(BOB))
    claim(store, now=NOW, limit=1)
    claim(store, now=NOW + 9 * HOUR)
    with store.write() as tx:
        hung = NOW + HOUR
        assert recovery.recover_claims(tx, alive=lambda _: True, now=NOW, hung_since=hung) == 1
    assert (state(store, old), state(store, fresh)) == (EditionState.QUEUED, EditionState.CLAIMED)


def test_an_edition_expires_when_the_next_one_of_its_reader_has_come(
    store: Store, subscribe: Subscribe
) -> None:
    number = subscribe()
    old = enter(store, number)
    new = enter(store, number, edition(day=TODAY + timedelta(days=1)))
    assert numbers(claim(store)) == [new]
    stored = load(store, old)
    assert (stored.state, stored.settled_at) == (EditionState.EXPIRED, NOW)
    assert stored.reason == "not sent, as the digest of 2026-05-12 has come since"


def test_an_edition_that_a_person_released_is_sent_although_the_next_one_has_come(
    store: Store, subscribe: Subscribe
) -> None:
    number = subscribe()
    old = enter(store, number)
    claim(store)
    settle(store, old, Refused(reason="no such user", code=550))
    new = enter(store, number, edition(day=TODAY + timedelta(days=1)))
    with store.write() as tx:
        assert recovery.apply_decision(tx, [old], send=True, now=NOW) == [old]
    assert sorted(numbers(claim(store))) == [old, new]


@pytest.mark.parametrize("days", [40, -40])
def test_only_an_edition_that_was_made_later_replaces_another(
    store: Store, subscribe: Subscribe, days: int
) -> None:
    number = subscribe()
    first = enter(store, number)
    misdated = enter(store, number, edition(day=TODAY + timedelta(days=days)))
    last = enter(store, number, edition(day=TODAY + timedelta(days=1)))
    kept = [misdated, last] if days > 0 else [last]
    assert sorted(numbers(claim(store))) == kept
    assert state(store, first) is EditionState.EXPIRED


def test_an_edition_that_is_dated_back_is_not_too_late(store: Store, subscribe: Subscribe) -> None:
    days = timedelta(days=1)
    late = enter(store, subscribe("old@example.org"), composed_at=NOW - 41 * days)
    recent = enter(store, subscribe(ADA), composed_at=NOW - 1 * days)
    dated_back = enter(store, subscribe(BOB), composed_at=NOW - 40 * days)
    with store.write() as tx:
        assert recovery.expire_late(tx, oldest=NOW - 2 * days, doubtful=True, now=NOW) == 1
    assert state(store, late) is EditionState.EXPIRED
    assert numbers(claim(store, oldest=NOW - 2 * days)) == [recent, dated_back]


def test_an_edition_that_is_too_late_expires(store: Store, subscribe: Subscribe) -> None:
    old = enter(store, subscribe(ADA), composed_at=NOW - 49 * HOUR)
    new = enter(store, subscribe(BOB), composed_at=NOW - 47 * HOUR)
    assert numbers(claim(store, oldest=NOW - 48 * HOUR)) == [new]
    assert (load(store, old).state, load(store, old).reason) == (
        EditionState.EXPIRED,
        claims.REASON_TOO_LATE,
    )


@pytest.mark.parametrize(
    "doubtful,expected", [(True, EditionState.EXPIRED), (False, EditionState.IN_DOUBT)]
)
def test_late_editions_expire_and_doubtful_ones_only_when_asked(
    store: Store, subscribe: Subscribe, *, doubtful: bool, expected: EditionState
) -> None:
    deferred, unsure, sent = (enter(store, subscribe(name)) for name in (ADA, BOB, "c@example.org"))
    claim(store)
    settle(store, deferred, Deferred(reason="later"), next_attempt_at=NOW + HOUR)
    settle(store, unsure, InDoubt(reason="lost"))
    settle(store, sent, Sent(reply="ok"))
    with store.write() as tx:
        assert recovery.expire_late(tx, oldest=NOW, doubtful=doubtful, now=NOW) == 0
        stored = recovery.expire_late(tx, oldest=NOW + HOUR, doubtful=doubtful, now=NOW)
    assert stored == 1 + doubtful
    assert [state(store, edition_id) for edition_id in (deferred, unsure, sent)] == [
        EditionState.EXPIRED,
        expected,
        EditionState.SENT,
    ]


def test_a_person_decides_on_what_is_in_doubt_and_on_what_was_refused(
    store: Store, subscribe: Subscribe
) -> None:
    unsure, other, refused, sent = (enter(store, subscribe(f"{x}@example.org")) for x in "abcd")
    claim(store)
    settle(store, unsure, InDoubt(reason="lost"))
    settle(store, other, InDoubt(reason="lost too"))
    settle(store, refused, Refused(reason="no"))
    settle(store, sent, Sent(reply="ok"))
    with store.read() as tx:
        assert [(item.edition_id, item.reason) for item in recovery.held_editions(tx)] == [
            (unsure, "lost"),
            (other, "lost too"),
        ]
        assert (
            recovery.count_held_editions(tx, tried=1),
            recovery.count_held_editions(tx, tried=2),
        ) == (2, 0)
    with store.write() as tx:
        chosen = [unsure, refused, sent]
        assert recovery.apply_decision(tx, chosen, send=True, now=NOW) == [unsure, refused]
        assert recovery.apply_decision(tx, None, send=False, now=NOW) == [other]
    assert sorted(numbers(claim(store))) == [unsure, refused]
    assert (state(store, other), state(store, sent)) == (EditionState.WITHDRAWN, EditionState.SENT)


def test_a_requeued_edition_goes_behind_the_others(store: Store, subscribe: Subscribe) -> None:
    first, second = enter(store, subscribe(ADA)), enter(store, subscribe(BOB))
    claim(store, limit=1)
    with store.write() as tx:
        claims.start_attempt(tx, first, owner="me", now=NOW)
        claims.requeue(tx, first, owner="me", reason="5.7.1", now=NOW + HOUR)
    assert (load(store, first).attempts, load(store, first).reason) == (0, "5.7.1")
    assert numbers(claim(store, now=NOW + HOUR)) == [second, first]


def test_a_pause_is_kept_until_it_is_ended(store: Store) -> None:
    new_pause = delivery_pause.DeliveryPause(
        since=NOW, until=NOW + HOUR, times=2, reason="550 5.7.1 blocked"
    )
    with store.write() as tx:
        assert delivery_pause.current_pause(tx) is None
        delivery_pause.store_pause(tx, replace(new_pause, times=1))
        delivery_pause.store_pause(tx, new_pause)
    with store.read() as tx:
        assert delivery_pause.current_pause(tx) == new_pause
    with store.write() as tx:
        delivery_pause.delete_pause(tx)
        assert delivery_pause.current_pause(tx) is None


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
counts = st.none() | st.integers(0, 10**6)
scores = st.floats(0, 100)
ids = st.integers(1, 2**53)


@st.composite
def entries(draw: st.DrawFn) -> EditionEntry:
    return EditionEntry(
        candidate=Candidate(
            paper_id=draw(ids),
            revision_id=draw(ids),
            seq=draw(ids),
            kind=draw(st.sampled_from(AnnouncementKind)),
            source=draw(words),
            paper=Paper(
                title="",
                votes=draw(counts),
                comments=draw(counts),
                position=draw(counts),
                stars=draw(counts),
            ),
        ),
        score=draw(st.none() | scores),
        matches=tuple(
            KeywordMatch(keyword=keyword, field="title", contribution=points, words=carrying)
            for keyword, points, carrying in draw(
                st.lists(
                    st.tuples(words, scores, st.lists(words, max_size=3).map(tuple)), max_size=3
                )
            )
        ),
    )


sections = st.builds(Section, topic=words, entries=st.lists(entries(), max_size=3).map(tuple))


@given(st.lists(sections, max_size=3).map(tuple), st.lists(entries(), max_size=3).map(tuple))
def test_an_edition_is_the_same_after_a_round_trip_through_json(
    shown: tuple[Section, ...], trending: tuple[EditionEntry, ...]
) -> None:
    new_edition = replace(edition(), sections=shown, trending=trending)
    packed = json.loads(json.dumps(serialization.pack(new_edition)))
    texts = {number: Paper(title="") for number in serialization.revision_ids(packed)}
    back = serialization.unpack(
        packed, local_date=new_edition.local_date, matched=new_edition.matched, papers=texts
    )
    assert back == replace(
        new_edition,
        sections=tuple(replace(item, entries=tuple(map(as_kept, item.entries))) for item in shown),
        trending=tuple(map(as_kept, trending)),
    )


def as_kept(entry: EditionEntry) -> EditionEntry:
    """An entry with the matches that a message can name, and their points with four decimals."""
    return replace(
        entry,
        matches=tuple(
            replace(match, contribution=round(match.contribution, 4))
            for match in entry.matches
            if match.contribution >= 1.0
        ),
    )


def test_the_matches_of_an_edition_without_words_are_read() -> None:
    packed = serialization.pack(edition(candidate("One")))
    ((_, (entry,)),) = packed["sections"]
    assert entry[6] == [["KV cache^2", "title", 41.1235]]
    entry[6] = [["KV cache^2", "title", 9.0], ["LLM", "related", 3.0, ["memory", "GPU"]]]
    (scored,) = serialization.scored_entries(packed)
    assert [match.words for match in scored.matches] == [(), ("memory", "GPU")]


def test_an_edition_of_ten_papers_takes_about_a_kilobyte_and_holds_no_texts() -> None:
    item = Candidate(
        paper_id=123456,
        revision_id=123457,
        seq=123458,
        kind=AnnouncementKind.NEW,
        source="arxiv",
        paper=paper("A Title of Its Own", votes=12, position=3),
    )
    packed = json.dumps(serialization.pack(edition(*[item] * 10)), separators=(",", ":"))
    assert len(packed) < 1200
    assert "Title" not in packed
