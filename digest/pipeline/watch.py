"""watch: which sources have been silent for longer than they should."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.core.announcing import Announcing
from digest.core.verdict import silence
from digest.store.engine import Store
from digest.store.polls import Poll, poll

MISSED_DAYS = 1  # without a warning: a holiday that nobody wrote down


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source, and how long it may be silent."""

    name: str
    announcing: Announcing
    quiet_days: int | None = None  # days without anything new; None: see `MISSED_DAYS`


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source stands."""

    name: str
    poll: Poll
    warning: str  # empty: all is well


def watch(store: Store, sources: Iterable[Watched], *, now: datetime) -> tuple[SourceState, ...]:
    """How the sources stand at this moment, in their order."""
    with store.read() as tx:
        polls = [(source, poll(tx, source.name)) for source in sources]
    return tuple(
        SourceState(name=source.name, poll=state, warning=_warning(source, state, now))
        for source, state in polls
    )


def _warning(source: Watched, state: Poll, now: datetime) -> str:
    if state.fresh_at is None:
        return ""
    since = f"source {source.name}: nothing new since {state.fresh_at:%-d %B %Y}"
    if source.quiet_days is not None:
        quiet = (now - state.fresh_at).days
        return f"{since}, {quiet} days ago" if quiet > source.quiet_days else ""
    fresh_on = source.announcing.today(state.fresh_at)
    missed = silence(source.announcing, fresh_on, allowed=MISSED_DAYS, now=now)
    if not missed:
        return ""
    return f"{since}, though {missed} days since should have brought something"
