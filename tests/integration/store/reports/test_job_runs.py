"""A slot runs once; a run that a dead scheduler left is finished and marked as taken over."""

from datetime import datetime, timedelta

from support.builders import NOW

from digest.store.database.store import Store
from digest.store.reports import job_runs

SLOT = NOW
LATER = NOW + timedelta(minutes=5)


def begin(store: Store, owner: str = "one", *, slot: datetime = SLOT) -> job_runs.StartedRun | None:
    with store.write() as tx:
        return job_runs.begin(tx, job="collect", slot=slot, owner=owner, now=slot)


def finish(
    store: Store,
    begun: job_runs.StartedRun | None,
    owner: str = "one",
    *,
    now: datetime | None = LATER,
) -> bool:
    assert begun is not None
    with store.write() as tx:
        return job_runs.finish(
            tx, begun.number, owner=owner, outcome="3 new papers", problems=["a"], now=now
        )


def last(store: Store) -> job_runs.JobRun:
    with store.read() as tx:
        (found,) = job_runs.last_runs(tx)
    return found


def test_a_slot_that_was_run_is_not_run_again(store: Store) -> None:
    assert finish(store, begin(store))
    assert begin(store) is None
    assert begin(store, "two") is None
    assert last(store) == job_runs.JobRun(
        job="collect",
        slot=SLOT,
        started_at=SLOT,
        finished_at=LATER,
        outcome="3 new papers",
        problems=("a",),
        owner="one",
        takeovers=0,
    )


def test_an_unfinished_run_of_another_process_is_taken_over_and_marked(store: Store) -> None:
    left = begin(store)
    taken = begin(store, "two")
    assert taken is not None
    assert taken.taken_over
    assert not finish(store, left), "it belongs to the other one now"
    assert finish(store, taken, "two")
    assert (last(store).owner, last(store).takeovers) == ("two", 1)


def test_a_run_that_failed_is_tried_again_by_its_own_scheduler(store: Store) -> None:
    begin(store)
    again = begin(store)
    assert again is not None
    assert not again.taken_over
    assert finish(store, again)
    assert last(store).takeovers == 0


def test_a_run_that_was_stopped_is_taken_up_by_the_next_scheduler(store: Store) -> None:
    assert finish(store, begin(store), now=None)
    assert last(store).finished_at is None
    assert finish(store, begin(store, "two"), "two")


def test_an_old_slot_that_nobody_finished_is_closed_by_the_next_one(store: Store) -> None:
    begin(store)
    begin(store, "two", slot=LATER)
    with store.read() as tx:
        old, new = job_runs.runs_of_job(tx, "collect")
    assert old.finished_at == LATER
    assert old.outcome.startswith("left to the run of")
    assert new.finished_at is None


def test_single_commands_are_kept_beside_the_slots(store: Store) -> None:
    for number in range(30):
        with store.write() as tx:
            job_runs.record_command(
                tx,
                job="run",
                started_at=NOW,
                finished_at=LATER,
                outcome=f"number {number}",
                problems=[str(line) for line in range(100)],
                owner="cron",
            )
    assert last(store).outcome == "number 29"
    assert last(store).slot is None
    assert len(last(store).problems) == job_runs.MAX_PROBLEMS
    with store.read() as tx:
        assert not job_runs.was_scheduled(tx, "run")


def test_old_runs_are_forgotten_but_the_last_of_each_job(store: Store) -> None:
    finish(store, begin(store))
    finish(store, begin(store, slot=LATER))
    with store.write() as tx:
        assert job_runs.prune(tx, before=LATER + timedelta(days=1)) == 1
        assert job_runs.was_scheduled(tx, "collect")
    assert last(store).slot == LATER


def test_a_job_that_was_asked_for_is_run_by_whoever_comes_next(store: Store) -> None:
    finish(store, begin(store))
    with store.write() as tx:
        job_runs.request_run(tx, "collect", now=SLOT)
        job_runs.request_run(tx, "collect", now=SLOT)
        asked = job_runs.last_unfinished_slot(tx, "collect")
    assert asked is not None
    assert SLOT < asked < SLOT + timedelta(seconds=1), "the slot of that moment was run"
    begun = begin(store, "two", slot=asked)
    assert begun is not None
    assert not begun.taken_over
    assert finish(store, begun, "two")
    with store.read() as tx:
        assert job_runs.last_unfinished_slot(tx, "collect") is None
        assert len(job_runs.runs_of_job(tx, "collect")) == 2


def test_a_slot_does_the_work_that_was_asked_for_before_it(store: Store) -> None:
    with store.write() as tx:
        job_runs.request_run(tx, "collect", now=SLOT)
    finish(store, begin(store, slot=LATER))
    with store.read() as tx:
        assert job_runs.last_unfinished_slot(tx, "collect") is None


def test_what_is_asked_for_while_the_job_is_under_way_is_run_after_it(store: Store) -> None:
    under_way = begin(store)
    with store.write() as tx:
        job_runs.request_run(tx, "collect", now=LATER)
    finish(store, under_way)
    with store.read() as tx:
        assert job_runs.last_unfinished_slot(tx, "collect") == LATER
