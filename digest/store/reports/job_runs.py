"""What the jobs did and when: each slot of a scheduler's timetable once, and single commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from digest.logs import redactor
from digest.store.database.schema import job_runs
from digest.store.database.statements import insert_or_ignore

_NO_OWNER = ""  # owns a slot that was asked for
MAX_PROBLEMS = 20  # kept of one run; the log has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run of a job."""

    job: str
    slot: datetime | None  # the moment it was due; None: somebody called it
    started_at: datetime
    finished_at: datetime | None  # None: it is under way, or its owner died
    outcome: str  # in a few words
    problems: tuple[str, ...]  # none: it was a good run
    owner: str  # which process
    takeovers: int  # how often it was taken over from a process that had not finished it


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRun:
    """A slot that this process is to run."""

    number: int
    taken_over: bool  # another process began it, and did not finish


def begin(
    tx: Connection, *, job: str, slot: datetime, owner: str, now: datetime
) -> StartedRun | None:
    """Takes a slot; None if it was run to its end.

    Only for who holds the scheduler's lock (`digest.store.leader`): what is unfinished is that
    of a process which had the lock before, or of this one, which failed. Other slots of the
    job that were asked for, or left unfinished, are closed: this run does their work.
    """
    is_new = _insert_slot(tx, job=job, slot=slot, owner=owner, now=now)
    row = tx.execute(select(job_runs).where(job_runs.c.job == job, job_runs.c.slot == slot)).one()
    if row.finished_at is not None:
        return None
    taken_over = not is_new and row.owner not in (_NO_OWNER, owner)
    changed: dict[str, object] = {"owner": owner}
    if taken_over:
        changed["takeovers"] = row.takeovers + 1
    elif row.owner == _NO_OWNER:
        changed["started_at"] = now
    tx.execute(update(job_runs).where(job_runs.c.id == row.id).values(changed))
    tx.execute(
        update(job_runs)
        .where(
            job_runs.c.job == job, job_runs.c.slot.is_not(None), job_runs.c.finished_at.is_(None)
        )
        .where(job_runs.c.id != row.id)
        .values(finished_at=now, outcome=f"left to the run of {slot:%Y-%m-%d %H:%M} UTC")
    )
    return StartedRun(number=row.id, taken_over=taken_over)


def ask(tx: Connection, job: str, *, now: datetime) -> None:
    """Makes a slot of this moment, for whoever has the scheduler's lock."""
    # One that is under way may have looked for work already, so only one in waiting will do.
    waiting = select(job_runs.c.id).where(
        job_runs.c.job == job, job_runs.c.owner == _NO_OWNER, job_runs.c.finished_at.is_(None)
    )
    if tx.execute(waiting).first() is not None:
        return
    at = now
    while not _insert_slot(tx, job=job, slot=at, owner=_NO_OWNER, now=now):  # one of this moment was run
        at += timedelta(microseconds=1)


def unfinished(tx: Connection, job: str) -> datetime | None:
    """The last slot of a job that was asked for, or begun, and not finished."""
    mine = select(func.max(job_runs.c.slot)).where(
        job_runs.c.job == job, job_runs.c.finished_at.is_(None)
    )
    slot: datetime | None = tx.execute(mine).scalar_one()
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
    """Says what became of a run; False if another process has taken it over.

    Without a moment it is not finished: it was stopped, and whoever comes next goes on.
    """
    done = tx.execute(
        update(job_runs)
        .where(job_runs.c.id == number, job_runs.c.owner == owner, job_runs.c.finished_at.is_(None))
        .values(finished_at=now, outcome=outcome, problems=_redacted(problems))
    )
    return done.rowcount == 1


def record(
    tx: Connection,
    *,
    job: str,
    started_at: datetime,
    finished_at: datetime,
    outcome: str,
    problems: Sequence[str],
    owner: str,
) -> None:
    """Keeps a run that belongs to no slot, after its end."""
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


def last(tx: Connection) -> tuple[JobRun, ...]:
    """The last run of each job, by name; one that is under way, or was left, included."""
    latest = select(func.max(job_runs.c.id)).group_by(job_runs.c.job)
    rows = tx.execute(select(job_runs).where(job_runs.c.id.in_(latest)).order_by(job_runs.c.job))
    return tuple(_run(row) for row in rows)


def all_of(tx: Connection, job: str) -> tuple[JobRun, ...]:
    """The runs of a job that are kept, in order of their slots."""
    when = case((job_runs.c.slot.is_(None), job_runs.c.started_at), else_=job_runs.c.slot)
    mine = select(job_runs).where(job_runs.c.job == job)
    return tuple(_run(row) for row in tx.execute(mine.order_by(when, job_runs.c.id)))


def was_scheduled(tx: Connection, job: str) -> bool:
    """Whether a scheduler ever ran this job over this database."""
    mine = select(job_runs.c.id).where(job_runs.c.job == job, job_runs.c.slot.is_not(None))
    return tx.execute(mine.limit(1)).first() is not None


def prune(tx: Connection, *, before: datetime) -> int:
    """Forgets runs that began before this moment, but the last of each job; how many."""
    latest = select(func.max(job_runs.c.id)).group_by(job_runs.c.job)
    old = delete(job_runs).where(job_runs.c.started_at < before, job_runs.c.id.not_in(latest))
    return tx.execute(old).rowcount


def _redacted(problems: Sequence[str]) -> list[str]:
    """A mail server's words may name a reader, who may be erased one day."""
    return [redactor(problem, always=True) for problem in problems[:MAX_PROBLEMS]]


def _insert_slot(tx: Connection, *, job: str, slot: datetime, owner: str, now: datetime) -> bool:
    """Whether there was no such slot yet."""
    new = {
        "job": job,
        "slot": slot,
        "started_at": now,
        "outcome": "" if owner else "asked for",
        "problems": [],
        "owner": owner,
        "takeovers": 0,
    }
    # How many rows a skipped INSERT counts depends on the driver; what it returns does not.
    added = tx.execute(insert_or_ignore(tx, job_runs).returning(job_runs.c.id), new)
    return added.scalar_one_or_none() is not None


def _run(row: Row[tuple[object, ...]]) -> JobRun:
    values = row._mapping  # noqa: SLF001 - the documented way to a row's columns by name
    return JobRun(
        **{field: values[field] for field in JobRun.__slots__ if field != "problems"},
        problems=tuple(values["problems"]),
    )
