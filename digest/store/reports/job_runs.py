"""Stores the runs of jobs: scheduled ones, of which each slot runs once, and single commands."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from digest.logs import redactor
from digest.store.database.schema import job_runs
from digest.store.database.statements import insert_or_ignore

_NO_OWNER = ""  # owner of a slot that was requested and not started yet
MAX_PROBLEMS = 20  # stored for one run; the log contains all of them


class JobRun(Struct, frozen=True, kw_only=True):
    """One run of a job."""

    job: str
    slot: datetime | None  # when it was due; None: a command outside the schedule
    started_at: datetime
    finished_at: datetime | None  # None: it is running, or its process died
    outcome: str  # short summary
    problems: tuple[str, ...]  # empty after a run without problems
    owner: str  # which process
    takeovers: int  # how often another process took it over unfinished


class StartedRun(Struct, frozen=True, kw_only=True):
    """A slot that this process must run now."""

    number: int  # id of the run
    taken_over: bool  # whether another process started it and did not finish


def begin(
    tx: Connection, *, job: str, slot: datetime, owner: str, now: datetime
) -> StartedRun | None:
    """Starts the run of a slot.

    The caller must hold the scheduler lock (`digest.store.locks.scheduler_lock`). So an
    unfinished run belongs to a process that no longer holds it, or failed in this process. Other
    requested or unfinished slots of the job are closed, because this run does their work.

    Args:
        tx: Write transaction.
        job: Name of the job.
        slot: When the run was due.
        owner: Name of this process.
        now: Current time.

    Returns:
        None if the slot was finished before.
    """
    is_new = _insert_slot(tx, job=job, slot=slot, owner=owner, now=now)
    row = tx.execute(select(job_runs).where(job_runs.c.job == job, job_runs.c.slot == slot)).one()
    if row.finished_at is not None:
        return None
    taken_over = not is_new and row.owner not in (_NO_OWNER, owner)
    values: dict[str, object] = {"owner": owner}
    if taken_over:
        values["takeovers"] = row.takeovers + 1
    elif row.owner == _NO_OWNER:
        values["started_at"] = now
    tx.execute(update(job_runs).where(job_runs.c.id == row.id).values(values))
    tx.execute(
        update(job_runs)
        .where(
            job_runs.c.job == job, job_runs.c.slot.is_not(None), job_runs.c.finished_at.is_(None)
        )
        .where(job_runs.c.id != row.id)
        .values(finished_at=now, outcome=f"left to the run of {slot:%Y-%m-%d %H:%M} UTC")
    )
    return StartedRun(number=row.id, taken_over=taken_over)


def request_run(tx: Connection, job: str, *, now: datetime) -> None:
    """Requests a run of a job as soon as possible, by the process with the scheduler lock."""
    # A running job may have missed the new work already, so only a waiting request is enough.
    waiting = select(job_runs.c.id).where(
        job_runs.c.job == job, job_runs.c.owner == _NO_OWNER, job_runs.c.finished_at.is_(None)
    )
    if tx.execute(waiting).first() is not None:
        return
    # If the job has a slot of exactly this moment, take the next free microsecond.
    slot = now
    while not _insert_slot(tx, job=job, slot=slot, owner=_NO_OWNER, now=now):
        slot += timedelta(microseconds=1)


def last_unfinished_slot(tx: Connection, job: str) -> datetime | None:
    """Returns the last slot of a job that was requested or started, and is not finished."""
    last_slot = select(func.max(job_runs.c.slot)).where(
        job_runs.c.job == job, job_runs.c.finished_at.is_(None)
    )
    slot: datetime | None = tx.execute(last_slot).scalar_one()
    return slot


def finish(
    tx: Connection,
    number: int,
    *,
    owner: str,
    outcome: str,
    problems: Sequence[str],
    now: datetime | None,
) -> bool:
    """Stores the outcome of a run.

    Args:
        tx: Write transaction.
        number: `StartedRun.number`.
        owner: Name of this process.
        outcome: Short summary.
        problems: Problems of the run; only the first ones are stored.
        now: When the run ended. None: it was interrupted, and the next scheduler continues it.

    Returns:
        False if another process has taken over the run.
    """
    result = tx.execute(
        update(job_runs)
        .where(job_runs.c.id == number, job_runs.c.owner == owner, job_runs.c.finished_at.is_(None))
        .values(finished_at=now, outcome=outcome, problems=_redacted(problems))
    )
    return result.rowcount == 1


def record_command(
    tx: Connection,
    *,
    job: str,
    started_at: datetime,
    finished_at: datetime,
    outcome: str,
    problems: Sequence[str],
    owner: str,
) -> None:
    """Stores a finished run of a command outside the schedule."""
    tx.execute(
        insert(job_runs),
        {
            "job": job,
            "started_at": started_at,
            "finished_at": finished_at,
            "outcome": outcome,
            "problems": _redacted(problems),
            "owner": owner,
            "takeovers": 0,
        },
    )


def last_runs(tx: Connection) -> tuple[JobRun, ...]:
    """Returns the last run of each job, finished or not, sorted by name."""
    latest = select(func.max(job_runs.c.id)).group_by(job_runs.c.job)
    rows = tx.execute(select(job_runs).where(job_runs.c.id.in_(latest)).order_by(job_runs.c.job))
    return tuple(_run(row) for row in rows)


def runs_of_job(tx: Connection, job: str) -> tuple[JobRun, ...]:
    """Returns all stored runs of a job, sorted by slot (or start, for runs without a slot)."""
    moment = case((job_runs.c.slot.is_(None), job_runs.c.started_at), else_=job_runs.c.slot)
    runs = select(job_runs).where(job_runs.c.job == job)
    return tuple(_run(row) for row in tx.execute(runs.order_by(moment, job_runs.c.id)))


def was_scheduled(tx: Connection, job: str) -> bool:
    """Whether a scheduler has ever run this job on this database."""
    scheduled = select(job_runs.c.id).where(job_runs.c.job == job, job_runs.c.slot.is_not(None))
    return tx.execute(scheduled.limit(1)).first() is not None


def prune(tx: Connection, *, before: datetime) -> int:
    """Deletes runs that started before this moment, except the last run of each job.

    Returns:
        The number of deleted runs.
    """
    latest = select(func.max(job_runs.c.id)).group_by(job_runs.c.job)
    old = delete(job_runs).where(job_runs.c.started_at < before, job_runs.c.id.not_in(latest))
    return tx.execute(old).rowcount


def _redacted(problems: Sequence[str]) -> list[str]:
    # A reply of the mail server may name a reader, whose address may be erased later.
    return [redactor(problem, always=True) for problem in problems[:MAX_PROBLEMS]]


def _insert_slot(tx: Connection, *, job: str, slot: datetime, owner: str, now: datetime) -> bool:
    """Inserts a slot; False if the job has this slot already."""
    row = {
        "job": job,
        "slot": slot,
        "started_at": now,
        "outcome": "" if owner else "asked for",
        "problems": [],
        "owner": owner,
        "takeovers": 0,
    }
    # The row count of a skipped INSERT depends on the driver, so look at the returned id.
    result = tx.execute(insert_or_ignore(tx, job_runs).returning(job_runs.c.id), row)
    return result.scalar_one_or_none() is not None


def _run(row: Row[tuple[object, ...]]) -> JobRun:
    values = row._mapping  # noqa: SLF001 - the documented way to a row's columns by name
    return JobRun(
        **{field: values[field] for field in JobRun.__struct_fields__ if field != "problems"},
        problems=tuple(values["problems"]),
    )
