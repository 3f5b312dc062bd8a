"""The worker process of `digest worker`: takes shards from the job queue until it is stopped."""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import procrastinate
from procrastinate import (
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    builtin_tasks,
)
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from digest.app.application import App
from digest.app.signals import stopping_on_signals
from digest.errors import SettingsError, StoreError, StoreUnavailable
from digest.logs import get_logger, redactor, set_up
from digest.pipeline.cancellation import StopToken
from digest.store.database.store import Store
from digest.store.locks.worker_locks import WorkerLocks
from digest.workers.job_queue import (
    STAGES,
    RunShard,
    Stage,
    connection_arguments,
    require_schema,
    task_name,
)
from digest.workers.shard_runner import ShardRunner, ShardStopped

# Seconds between two reports that a worker is alive, and between two looks for dead workers.
HEARTBEAT = 1.0
# Seconds without such a report, after which a worker counts as dead although its database session
# lasts: its machine hangs or cannot be reached. The default of Procrastinate is 30.
DEAD_AFTER = 5.0
POLL = 2.0  # seconds between two looks for jobs; new ones are announced by the database at once
MAX_ATTEMPTS = 8  # of a shard whose database could not be used; the waits between them double
FIRST_WAIT = 2.0  # seconds
KEEP_FAILED_HOURS = 168  # for the operator to read

_log = get_logger("digest.workers")


def _now() -> datetime:
    return datetime.now(UTC)


def run_worker(
    home: Path,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] = _now,
    drain: bool = False,
) -> None:
    """Runs shards until SIGTERM or SIGINT; the shard that is running then is given back.

    Args:
        home: the home folder.
        environ: the environment variables; None: those of the process.
        clock: returns the current time.
        drain: end when no shard is waiting or running.

    Raises:
        HomeError: the folder is not a home.
        SettingsError: a setting is wrong, or the database is no PostgreSQL.
        StoreError: the database cannot be used at the start.
    """
    variables = dict(os.environ if environ is None else environ)
    with App.open(home, environ=variables) as app:
        app.require_delivery()
        if not app.settings.database_url.startswith("postgres"):
            raise SettingsError(
                "DIGEST_DATABASE: workers need PostgreSQL; with SQLite the scheduler does all the work"
            )
        # Nobody may have put a job in the queue yet, and then it has no tables.
        require_schema(app.store)
        set_up(
            form=app.settings.log_format,
            level=app.settings.log_level or "info",
            addresses=redactor.show_addresses or app.settings.log_addresses,
        )
        stop = StopToken()
        runner = ShardRunner(home, environ=variables, clock=clock, stop=stop)
        with stopping_on_signals(stop, code=1), WorkerLocks(app.store) as locks:
            _log.info("worker", state="starting", pid=os.getpid(), home=home.resolve())
            try:
                asyncio.run(_work(_queue(app.store, runner, locks), locks, stop, drain=drain))
            except ConnectorException as error:
                raise StoreUnavailable(
                    f"the job queue cannot be used: {error.__cause__ or error}"
                ) from error
            _log.info("worker", state="stopped", pid=os.getpid())


def _queue(store: Store, runner: ShardRunner, locks: WorkerLocks) -> procrastinate.App:
    """Returns the job queue with the tasks of a worker."""
    connector = PsycopgConnector(kwargs=connection_arguments(store), min_size=1, max_size=4)
    jobs = procrastinate.App(connector=connector)
    jobs.job_manager = _WorkerJobs(connector, locks)
    for stage in STAGES:
        _add_task(jobs, stage, runner.run)
    _add_cleaning(jobs)
    return jobs


class _WorkerJobs(JobManager):
    """Takes the lock of each worker before it gets a job; a shard that waits already waits once."""

    def __init__(self, connector: BaseConnector, locks: WorkerLocks) -> None:
        super().__init__(connector)
        self._locks = locks

    async def register_worker(self) -> int:
        worker_id = await super().register_worker()
        await asyncio.to_thread(self._locks.hold, worker_id)
        return worker_id

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except UniqueViolation:
            # The scheduler has put the shard in the queue again while it ran.
            await self.finish_job(job, status=Status.FAILED, delete_job=True)


class _Retry(BaseRetryStrategy):
    """Gives a stopped shard back at once, and waits for a database that cannot be used."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, ShardStopped):
            return RetryDecision(retry_in={"seconds": 0})
        # Errors of the database only: they pass, and what was done of the shard is stored.
        if isinstance(exception, StoreError) and job.attempts < MAX_ATTEMPTS:
            return RetryDecision(retry_in={"seconds": int(FIRST_WAIT * 2**job.attempts)})
        return None  # a wrong setting or a bug: the next run of the scheduler tries again


def _add_task(jobs: procrastinate.App, stage: Stage, run: RunShard) -> None:
    @jobs.task(name=task_name(stage), retry=_Retry())
    def task(*, shard: int, shards: int) -> None:
        run(stage, shard, shards)


def _add_cleaning(jobs: procrastinate.App) -> None:
    """Removes jobs that were given up, once a day: one worker does it for all."""

    # At an odd minute, when no slot of the other jobs begins.
    @jobs.periodic(cron="41 3 * * *")
    @jobs.task(name="digest.clean", queueing_lock="digest.clean", pass_context=True)
    async def clean(context: JobContext, timestamp: int) -> None:
        del timestamp
        await builtin_tasks.remove_old_jobs(
            context, max_hours=KEEP_FAILED_HOURS, remove_failed=True
        )


async def _work(
    jobs: procrastinate.App, locks: WorkerLocks, stop: StopToken, *, drain: bool
) -> None:
    async with jobs.open_async():
        worker = asyncio.create_task(_run_jobs(jobs, drain=drain))
        helpers = [
            asyncio.create_task(_stop_when_asked(worker, stop)),
            asyncio.create_task(_take_over(locks)),
        ]
        try:
            with suppress(asyncio.CancelledError):
                await worker
        finally:
            for helper in helpers:
                helper.cancel()


async def _run_jobs(jobs: procrastinate.App, *, drain: bool) -> None:
    while True:
        await jobs.run_worker_async(
            name=f"{os.uname().nodename}:{os.getpid()}",
            wait=not drain,
            fetch_job_polling_interval=POLL,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD_AFTER,
            delete_jobs="successful",
            # The signals are those of `stopping_on_signals`, as in every other command.
            install_signal_handlers=False,
        )
        # A shard of another worker may come back to the queue: that worker may be dead.
        if not await jobs.job_manager.list_jobs_async(status="doing"):
            return
        await asyncio.sleep(HEARTBEAT)


async def _stop_when_asked(worker: "asyncio.Task[None]", stop: StopToken) -> None:
    while not stop.requested:  # noqa: ASYNC110 - the token is set by a thread
        await asyncio.sleep(0.1)
    worker.cancel()  # the worker waits for the shard that is running


async def _take_over(locks: WorkerLocks) -> None:
    """Puts the jobs of dead workers in the queue again."""
    while True:
        await asyncio.sleep(HEARTBEAT)
        with suppress(StoreError):  # the database is away
            for job in await asyncio.to_thread(locks.give_back, silent_seconds=DEAD_AFTER):
                _log.warning("shard taken over", job=job.task_name, **job.arguments)
