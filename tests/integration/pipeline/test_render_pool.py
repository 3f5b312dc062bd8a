"""Messages are rendered in other processes, which may die, and in groups for files."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select
from support.builders import NOW

from benchmarks.common.ledger_setup import fill, short_message
from digest.app.application import App
from digest.app.rendering import forked
from digest.app.rendering.exchange import ChildRenderer
from digest.app.rendering.processes import open_processes
from digest.core.models.delivery import (
    ClaimedEdition,
    EditionState,
    Envelope,
    Outcome,
    PackedEdition,
    Refused,
    Sent,
)
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.errors import DeliveryError, InputError, SettingsError
from digest.mail.message.crlf import CrlfBytes
from digest.pipeline.delivery.deliver import DeliveryOptions, DeliveryReport, Runtime, deliver
from digest.pipeline.delivery.options import GROUP, RENDERED_BEFORE, OpenProcesses
from digest.pipeline.delivery.render_ahead import render
from digest.pipeline.delivery.render_pool import RenderingProcess
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.locks import delivery_lock


class Process:
    """A rendering process in this one, which dies after some batches."""

    def __init__(self, batches: int = 10**9, *, gives_nothing: bool = False) -> None:
        self.rendered = 0
        self._left = batches
        self._gives_nothing = gives_nothing
        self._requests: list[Sequence[ClaimedEdition]] = []

    def send(self, editions: Sequence[ClaimedEdition]) -> None:
        self._requests.append(editions)

    def receive(self) -> list[Envelope | Refused | None]:
        if not self._left:
            raise EOFError
        self._left -= 1
        editions = self._requests.pop(0)
        self.rendered += len(editions)
        return [None if self._gives_nothing else short_message(item) for item in editions]


class Sink:
    """Takes messages, and fails at one of them."""

    def __init__(self, *, repeatable: bool = False, fails_at: int = 0) -> None:
        self.repeatable = repeatable
        self.to: list[str] = []
        self._fails_at = fails_at

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        del sender, message, following
        if len(self.to) + 1 == self._fails_at:
            raise DeliveryError("the disk is full")
        self.to.append(recipient)
        return Sent(reply="taken")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/digest.db") as opened:
        yield opened


def run(
    store: Store,
    sink: Sink,
    processes: Sequence[Process] = (),
    *,
    connections: int = 1,
    hold: bool = False,
    opened: OpenProcesses | None = None,
) -> DeliveryReport:
    start: OpenProcesses = opened or (lambda *_: nullcontext(processes))
    return deliver(
        store,
        connect=lambda: nullcontext(sink),
        write=short_message,
        now=NOW,
        time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=lambda: 0.5),
        options=DeliveryOptions(
            connections=connections,
            hold=hold,
            processes=max(1, len(processes)),
            worth_processes=100,
        ),
        open_processes=start if processes else None,
    )


def states(store: Store, count: int) -> list[EditionState]:
    with store.read() as tx:
        return [ledger.load(tx, number + 1).state for number in range(count)]


def test_every_edition_is_rendered_in_a_process_and_sent_once(store: Store) -> None:
    fill(store, 400)
    processes, sink = [Process(), Process()], Sink()
    assert run(store, sink, processes, connections=3).count(Sent) == 400
    assert sum(process.rendered for process in processes) == len(set(sink.to)) == 400
    assert set(states(store, 400)) == {EditionState.SENT}


def test_a_short_queue_starts_no_process(store: Store) -> None:
    fill(store, 99)
    process = Process()
    assert run(store, Sink(), [process, process]).count(Sent) == 99
    assert process.rendered == 0


def test_what_a_dead_process_had_is_rendered_by_the_others_and_by_this_one(store: Store) -> None:
    fill(store, 300)
    sink = Sink()
    assert run(store, sink, [Process(1), Process(2)]).count(Sent) == 300
    assert len(sink.to) == len(set(sink.to)) == 300


def test_what_a_process_cannot_render_is_rendered_here(store: Store) -> None:
    fill(store, 120)
    sink = Sink()
    assert run(store, sink, [Process(gives_nothing=True)] * 2).count(Sent) == 120


def test_a_group_that_fails_in_the_middle_leaves_no_edition_in_doubt(store: Store) -> None:
    fill(store, 2 * GROUP)
    sink = Sink(repeatable=True, fails_at=GROUP // 2)
    report = run(store, sink)
    assert (report.count(Sent), "the disk is full" in report.problem) == (GROUP // 2 - 1, True)
    found = states(store, 2 * GROUP)
    assert found.count(EditionState.SENT) == len(sink.to)
    assert found.count(EditionState.QUEUED) == 2 * GROUP - len(sink.to)


def test_with_hold_each_message_to_a_file_is_started_alone(store: Store) -> None:
    fill(store, 3)

    class Looking(Sink):
        def send(
            self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
        ) -> Outcome:
            with store.read() as tx:
                started.append(sum(_is_started(tx, number) for number in (1, 2, 3)))
            return super().send(
                sender=sender, recipient=recipient, message=message, following=following
            )

    started: list[int] = []
    run(store, Looking(repeatable=True), hold=True)
    assert started == [1, 1, 1]
    assert set(states(store, 3)) == {EditionState.SENT}


def _is_started(tx: Connection, number: int) -> bool:
    started = select(schema.edition.c.started_at).where(schema.edition.c.id == number)
    return tx.execute(started).scalar_one() is not None


@contextmanager
def home(folder: Path) -> Iterator[App]:
    (folder / "profiles").mkdir()
    (folder / "sources.toml").write_text("")
    with App.open(folder, environ={"DIGEST_FROM": "Papers <digest@example.org>"}) as app:
        yield app


def claimed(number: int) -> ClaimedEdition:
    return ClaimedEdition(
        edition_id=number,
        subscription=Subscription(
            subscription_id=number,
            email=f"reader{number}@example.org",
            name="papers",
            origin=SubscriptionOrigin.IMPORT,
            profile_id=0,
            status=AddressStatus.ACTIVE,
            paused=False,
            read_through=0,
        ),
        edition=PackedEdition(
            local_date=NOW.date(),
            content='{"sections":[],"trending":[],"considered":7,"left_out":0}',
            matched=0,
        ),
        message_id=f"<2026-05-11.{number}.aabb@example.org>",
        composed_at=NOW + timedelta(seconds=number),
        attempts=0,
        reader_name="Ada",
    )


def ask(process: RenderingProcess, edition: ClaimedEdition) -> Envelope | Refused | None:
    process.send([edition])
    (result,) = process.receive()
    return result


Open = Callable[[App, int], AbstractContextManager[Sequence[ChildRenderer]]]
"""Starts processes for an app."""


def new_interpreters(app: App, count: int) -> AbstractContextManager[Sequence[ChildRenderer]]:
    return open_processes(app.home, app.settings, count)


def forks(app: App, count: int) -> AbstractContextManager[Sequence[ChildRenderer]]:
    return forked.fork_processes(app.store, app.message_writer.write, count)


@pytest.mark.parametrize("start", [new_interpreters, forks])
def test_another_process_writes_the_same_bytes_and_ends_with_its_socket(
    tmp_path: Path, start: Open
) -> None:
    editions = [claimed(number) for number in range(1, 4)]
    with home(tmp_path) as app:
        app.signing_keys  # noqa: B018 - stores the key before the processes need it
        with start(app, 2) as processes:
            for process in processes:
                process.send(editions)
            for process in processes:
                messages = process.receive()
                assert messages == [app.message_writer.write(item) for item in editions]
                # No transport looks for wrong line ends in these.
                written = [item.message for item in messages if isinstance(item, Envelope)]
                assert [type(message) for message in written] == [CrlfBytes] * len(editions)
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process.process_id, 0)


def test_messages_of_any_size_come_as_they_were_written_and_in_their_order(store: Store) -> None:
    """Also those that have no space in the shared memory, and while two requests are answered."""
    sizes = [0, 1, 3 << 20, 2 << 20, 5 << 20, 900_000]

    def write(edition: ClaimedEdition) -> Envelope:
        number = edition.edition_id
        if number % 7 == 0:
            raise InputError("not this one")
        message = bytes([number]) * sizes[number % len(sizes)]
        return Envelope(sender="a@example.org", recipient=f"b{number}@example.org", message=message)

    requests = [[claimed(number) for number in range(first, first + 8)] for first in (1, 9, 17, 25)]
    with forked.fork_processes(store, write, 1) as (process,):
        process.send(requests[0])
        for request, following in pairwise([*requests, []]):
            if following:
                process.send(following)
            assert process.receive() == [render(edition, write) for edition in request]


def test_a_divided_process_holds_no_lock_of_its_parent_and_ends_with_it(tmp_path: Path) -> None:
    with home(tmp_path) as app:
        app.signing_keys  # noqa: B018 - see above
        with delivery_lock.acquire(app.store) as lock, forks(app, 1) as (process,):
            assert ask(process, claimed(1)) == app.message_writer.write(claimed(1))
            files = [file.readlink() for file in Path(f"/proc/{process.process_id}/fd").iterdir()]
            assert not [file for file in files if lock.token in str(file)]
            os.kill(process.process_id, signal.SIGTERM)  # only the other side ends it
            assert ask(process, claimed(2)) == app.message_writer.write(claimed(2))


def test_a_process_with_other_threads_is_not_divided(tmp_path: Path) -> None:
    prepared: list[bool] = []
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    try:
        with (
            home(tmp_path) as app,
            forked.open_processes(app, 1, lambda: prepared.append(True)) as (process,),
        ):
            assert ask(process, claimed(1)) is not None
    finally:
        done.set()
        thread.join()
    assert not prepared


def test_messages_that_were_rendered_before_the_processes_started_are_sent_once(
    store: Store,
) -> None:
    count = RENDERED_BEFORE + 120
    fill(store, count)
    processes, sink = [Process(), Process()], Sink()

    def opened(_: int, prepare: Callable[[], None]) -> nullcontext[Sequence[Process]]:
        prepare()
        return nullcontext(processes)

    assert run(store, sink, processes, opened=opened).count(Sent) == count
    assert sum(process.rendered for process in processes) == 120
    assert len(set(sink.to)) == len(sink.to) == count


def test_a_killed_process_is_noticed_and_a_wrong_template_is_left_to_this_one(
    tmp_path: Path,
) -> None:
    with home(tmp_path) as app:
        app.signing_keys  # noqa: B018 - see above
        wrong = replace(app.settings, templates=tmp_path / "none")
        with open_processes(app.home, wrong, 1) as (process,):
            assert ask(process, claimed(1)) is None
            os.kill(process.process_id, signal.SIGTERM)  # only the other side ends it
            assert ask(process, claimed(2)) is None
            os.kill(process.process_id, signal.SIGKILL)
            with pytest.raises((OSError, EOFError)):
                ask(process, claimed(3))
        with pytest.raises(SettingsError):
            App(app.home, wrong).message_writer.write(claimed(1))
