"""Makes editions in several processes of this machine.

The first editions are made before the processes start, so that they share what was learned about the
papers. Each process composes the editions of its shard. On SQLite, which has one writer, the parent
stores them; on PostgreSQL each process stores its own. A process that dies loses nothing that is
stored: the parent makes the missing editions itself.
"""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait

from msgspec import Struct

from digest.logs import get_logger
from digest.pipeline.cancellation import StopToken
from digest.pipeline.editions.publisher import ComposedReaders, Publisher
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.editions.shards import Shard, chunks
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
    first, *_ = chunks(due)
    publisher.publish_ids(first)
    rest = () if stop.requested else due[len(first) :]
    workers: list[_Worker] = []
    gc.freeze()  # the collector would write to the memory that the processes share
    try:
        for number in range(processes):
            ids = Shard(number=number, of=processes).part_of(rest)
            workers.append(_start(publisher, ids, others=[item.pipe for item in workers]))
        unfinished = [*_left_out(publisher, workers, stop)]
    finally:
        gc.unfreeze()
        for worker in workers:
            worker.end()
    # Also of processes that died: what they have stored is not due any more.
    for ids in stop.take_until_stopped(chunks(unfinished)):
        publisher.publish_ids(ids)


class _Worker(Struct, frozen=True, kw_only=True):
    """A process, as its parent sees it."""

    process: int
    pipe: Connection
    ids: Sequence[int]

    def end(self) -> None:
        """Waits for the end of the process; it ends at once if nobody reads from it."""
        self.pipe.close()
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def _left_out(publisher: Publisher, workers: Sequence[_Worker], stop: StopToken) -> Iterator[int]:
    """Receives what the processes send; yields the subscriptions that must be handled again."""
    running = {worker.pipe: worker for worker in workers}
    while running:
        for pipe in wait(list(running)):
            assert isinstance(pipe, Connection)  # noqa: S101 - for the type checker
            try:
                message = pipe.recv()
            except (EOFError, OSError):
                worker = running.pop(pipe)
                _log.warning("a process ended before its work was done", process=worker.process)
                yield from worker.ids
                continue
            if message is None:
                del running[pipe]
                continue
            if isinstance(message, ComposedReaders):
                yield from publisher.save(message)
            elif isinstance(message, PublishReport):
                publisher.report.add_report(message)
            if stop.requested:
                del running[pipe]
                pipe.close()  # the process cannot go on, and ends
                continue
            # Only now, so that no process is far ahead of the parent, which would need memory.
            with suppress(OSError):
                pipe.send(_GO_ON)


def _start(publisher: Publisher, ids: Sequence[int], *, others: Sequence[Connection]) -> _Worker:
    ours, theirs = Pipe()
    publisher.store.close_connections()  # a process must not have the connections of another
    process = os.fork()
    if process:
        theirs.close()
        return _Worker(process=process, pipe=ours, ids=ids)
    code = 1
    try:
        for pipe in (ours, *others):
            pipe.close()
        ignore_signals()  # without the parent, the next message cannot be sent
        _work(publisher, ids, theirs)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent may be closed or flushed here


def _work(publisher: Publisher, ids: Sequence[int], pipe: Connection) -> None:
    """What a process does."""
    publisher.report.take()
    for part in chunks(ids):
        if publisher.store.has_one_writer:
            with publisher.store.read() as tx:
                asked = due_store.due_among(tx, part, now=publisher.options.now)
            pipe.send(publisher.compose(asked))
        else:
            publisher.publish_ids(part)
            pipe.send(publisher.report.take())
        pipe.recv()
    pipe.send(None)
