"""When the jobs of a scheduler start: each in its own thread, `publish` after `enrich`, both after `collect`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event
from typing import Any, cast

import pytest

from digest.core.schedule import crontab
from digest.scheduler import triggers
from digest.scheduler.job_runner import JobRunner
from digest.scheduler.triggers import JobTriggers

JOBS = ("collect", "enrich", "publish", "deliver", "tidy", "attend")


class StubRunner:
    """Notes which jobs start and end; a job in `blocked` waits for its event."""

    def __init__(self, *blocked: str) -> None:
        self.events: SimpleQueue[str] = SimpleQueue()
        self.blocked = {name: Event() for name in blocked}

    def run(self, name: str, schedule: Any) -> tuple[str, ...]:
        del schedule
        self.events.put(f"{name} starts")
        if name in self.blocked:
            assert self.blocked[name].wait(120)
        self.events.put(f"{name} ends")
        return ()

    def next_events(self, count: int) -> list[str]:
        return [self.events.get(timeout=120) for _ in range(count)]


@contextmanager
def started(runner: StubRunner) -> Iterator[JobTriggers]:
    yearly = crontab.parse("@yearly", zone=UTC)
    jobs = JobTriggers(
        dict.fromkeys(JOBS, yearly), cast("JobRunner", runner), clock=lambda: datetime.now(UTC)
    )
    jobs.start()
    try:
        yield jobs
    finally:
        for event in runner.blocked.values():
            event.set()
        jobs.stop()
        assert jobs.wait(seconds=120)


def test_publish_waits_for_the_papers_of_a_collect_that_started_before_it() -> None:
    runner = StubRunner("collect")
    with started(runner):
        others = runner.next_events(7)
        assert others[0] == "collect starts"
        assert not any(name in event for event in others for name in ("enrich", "publish"))
        runner.blocked["collect"].set()
        assert runner.next_events(5) == [
            "collect ends",
            *("enrich starts", "enrich ends"),
            *("publish starts", "publish ends"),
        ]


def test_publish_waits_for_the_papers_that_are_being_looked_up() -> None:
    runner = StubRunner("enrich")
    with started(runner):
        others = runner.next_events(9)
        assert not any("publish" in event for event in others)
        runner.blocked["enrich"].set()
        assert runner.next_events(3) == ["enrich ends", "publish starts", "publish ends"]


def test_publish_does_not_wait_for_a_collect_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triggers, "COLLECT_PATIENCE", 0.2)
    runner = StubRunner("collect")
    with started(runner):
        assert {*runner.next_events(11)} == {
            "collect starts",
            *(f"{name} {what}" for name in JOBS[1:] for what in ("starts", "ends")),
        }


@pytest.mark.parametrize("stuck", JOBS)
def test_no_other_job_waits_for_a_stuck_one(stuck: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "COLLECT_PATIENCE", 0.2)
    runner = StubRunner(stuck)
    with started(runner):
        ended = {event for event in runner.next_events(11) if event.endswith("ends")}
        assert ended == {f"{name} ends" for name in JOBS if name != stuck}


def test_a_publish_that_waits_is_not_held_up_when_the_scheduler_stops() -> None:
    runner = StubRunner("collect")
    with started(runner) as jobs:
        runner.next_events(7)
        jobs.stop()
        # The runner itself does nothing once the scheduler stops.
        assert {*runner.next_events(4)} == {
            f"{name} {what}" for name in ("enrich", "publish") for what in ("starts", "ends")
        }
        assert not jobs.wait(seconds=0)
        jobs.stop = lambda: None  # type: ignore[method-assign]
