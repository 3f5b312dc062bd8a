"""Makes editions in several processes of this machine.

The first process makes the first editions and is then divided, so that all share what it learned about
the papers. Python writes to each object that it uses, so in the end every process has a copy of most of
that (some 200 MB); this is why the parent learns nothing, and makes no editions while they work.

On SQLite, which has one writer, the parent stores the editions; on PostgreSQL each process stores its
own. A process that dies loses nothing that is stored: the parent makes the missing editions itself.
"""

import gc
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, Pipe, wait

from msgspec import Struct

from digest.logs import get_logger
from digest.pipeline.cancellation import StopToken
from digest.pipeline.editions.publisher import ComposedReaders, Publisher
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.editions.shards import chunks
from digest.pipeline.forking import can_fork, ignore_signals
from digest.store.subscribers import due as due_store

_log = get_logger("digest.publish")

_GO_ON = "go on"


def can_use_processes(publisher: Publisher) -> bool:
    """Returns whether several processes can make editions."""
    return (
        can_fork()
        # A sentence model may have threads that Python does not know.
        and publisher.options.models.semantic is None
        and publisher.store.allows_other_processes
    )


def publish_in_processes(
    publisher: Publisher, due: Sequence[int], *, processes: int, stop: StopToken
) -> None:
    """Makes the editions of subscriptions.

    Args:
        publisher: Makes them; its report gets the results of all processes.
        due: The ids of the subscriptions, those that have read equally far together.
        processes: How many processes compose editions.
        stop: Once it is requested, each process ends after the editions that it is composing.
    """
    ours, theirs = zip(*(Pipe() for _ in range(processes)), strict=True)
    work = _Work(publisher=publisher, due=due, pipes=theirs)
    publisher.store.close_connections()  # a process must not have the connections of another
    gc.freeze()  # the collector would write to the memory that the processes share
    try:
        first = _start(partial(_begin, work, ours))
        for pipe in theirs:
            pipe.close()
        try:
            unfinished = array("q", _left_out(work, ours, stop))
        finally:
            for pipe in ours:
                pipe.close()  # a process ends at once if nobody reads from it
            with suppress(ChildProcessError):
                os.waitpid(first, 0)  # which waits for the others
    finally:
        gc.unfreeze()
    # Also of processes that died: what they have stored is not due any more.
    for ids in stop.take_until_stopped(chunks(unfinished)):
        publisher.publish_ids(ids)


class _Work(Struct, frozen=True, kw_only=True):
    """What the processes do."""

    publisher: Publisher
    due: Sequence[int]
    pipes: Sequence[Connection]  # to the parent, one for each process

    @property
    def first(self) -> Sequence[int]:
        """The subscriptions whose editions are made before the processes are divided."""
        return next(chunks(self.due))

    def rest(self, number: int) -> Sequence[int]:
        """Returns the other subscriptions of a process."""
        return self.due[len(self.first) + number :: len(self.pipes)]


def _left_out(work: _Work, pipes: Sequence[Connection], stop: StopToken) -> Iterator[int]:
    """Receives what the processes send; yields the subscriptions that must be handled again."""
    running = list(pipes)
    names: dict[Connection, int] = {}
    while running:
        for pipe in wait(running):
            assert isinstance(pipe, Connection)  # noqa: S101 - for the type checker
            try:
                message = pipe.recv()
            except (EOFError, OSError):
                running.remove(pipe)
                _log.warning("a process ended before its work was done", process=names.get(pipe))
                number = pipes.index(pipe)
                yield from () if number else work.first
                yield from work.rest(number)
                continue
            if message is None:
                running.remove(pipe)
                continue
            if isinstance(message, int):
                names[pipe] = message
                continue
            if isinstance(message, ComposedReaders):
                yield from work.publisher.save(message)
            elif isinstance(message, PublishReport):
                work.publisher.report.add_report(message)
            if stop.requested:
                running.remove(pipe)
                pipe.close()  # the process cannot go on, and ends
                continue
            # Only now, so that no process is far ahead of the parent, which would need memory.
            with suppress(OSError):
                pipe.send(_GO_ON)


def _start(target: Callable[[], None]) -> int:
    """Starts a process; returns its id."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        target()
        code = 0
    finally:
        os._exit(code)  # nothing of the parent may be closed or flushed here


def _begin(work: _Work, parents: Sequence[Connection]) -> None:
    """What the first process does.

    Args:
        work: That of all processes.
        parents: The other ends of their pipes.
    """
    for pipe in parents:
        pipe.close()
    ignore_signals()  # without the parent, the next message cannot be sent
    work.publisher.report.take()
    own, *others = work.pipes
    own.send(os.getpid())
    _make(work.publisher, work.first, own)
    work.publisher.store.close_connections()
    gc.freeze()  # once more: it knows the papers now
    started = [_start(partial(_continue, work, number)) for number in range(1, len(work.pipes))]
    try:
        for pipe in others:
            pipe.close()
        own.recv()
        _make_rest(work, 0)
    finally:
        own.close()
        for process in started:
            os.waitpid(process, 0)


def _continue(work: _Work, number: int) -> None:
    """What each other process does."""
    for other, pipe in enumerate(work.pipes):
        if other != number:
            pipe.close()
    work.pipes[number].send(os.getpid())
    _make_rest(work, number)


def _make_rest(work: _Work, number: int) -> None:
    pipe = work.pipes[number]
    for ids in chunks(work.rest(number)):
        _make(work.publisher, ids, pipe)
        pipe.recv()
    pipe.send(None)


def _make(publisher: Publisher, ids: Sequence[int], pipe: Connection) -> None:
    """Makes the editions of some subscriptions, and sends them, or what was done, to the parent."""
    if publisher.store.has_one_writer:
        with publisher.store.read() as tx:
            asked = due_store.due_among(tx, ids, now=publisher.options.now)
        pipe.send(publisher.compose(asked))
    else:
        publisher.publish_ids(ids)
        pipe.send(publisher.report.take())
