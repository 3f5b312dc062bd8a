"""The queue: editions that wait, and those about which the operator must decide."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.delivery import EditionState
from digest.errors import UsageError
from digest.store.admin import queue
from digest.store.admin.queue import WaitingEdition
from digest.store.database.store import Connection
from digest.store.editions import delivery_pause, recovery
from digest.store.editions.delivery_pause import DeliveryPause
from digest.web.admin.guarded import OperatorVisit, whole_number
from digest.web.pages.guarded import SentForm

_PAGE = 50
_OLDEST = timedelta(days=45)  # of refused and held editions
_DONE = {"hold": "held", "release": "released", "drop": "dropped"}


async def show_queue(operator: OperatorVisit, *, notice: str = "") -> Response:
    """Shows the editions, those that need a decision first."""
    after = whole_number(operator.asked("after"), default=0)

    def read() -> tuple[Mapping[str, Sequence[WaitingEdition]], DeliveryPause | None]:
        since = operator.now - _OLDEST
        with operator.store.read() as tx:
            found = {
                "doubt": queue.in_state(tx, EditionState.IN_DOUBT, limit=_PAGE),
                "held": queue.held(tx, since=since, limit=_PAGE),
                "refused": queue.refused(tx, since=since, limit=_PAGE),
                "deferred": queue.in_state(tx, EditionState.DEFERRED, limit=_PAGE),
                "queued": queue.in_state(tx, EditionState.QUEUED, limit=_PAGE + 1, after=after),
            }
            return found, delivery_pause.current_pause(tx)

    found, pause = await run_in_threadpool(read)
    return operator.render(
        "queue",
        section="Queue",
        notice=notice,
        doubt=found["doubt"],
        held=found["held"],
        refused=found["refused"],
        deferred=found["deferred"],
        queued=found["queued"][:_PAGE],
        more=found["queued"][_PAGE - 1].edition_id if len(found["queued"]) > _PAGE else 0,
        pause=pause,
        most=_PAGE,
    )


async def decide(operator: OperatorVisit, form: SentForm) -> Response:
    """Holds, releases or drops an edition; asks before it drops one."""
    wish, number = form.wish, whole_number(form.fields.get("edition", ""), default=0)
    if wish not in _DONE or not number:
        return operator.render("refused", status=400)

    def find() -> Sequence[WaitingEdition]:
        with operator.store.read() as tx:
            return queue.by_numbers(tx, [number])

    found = await run_in_threadpool(find)
    if not found:
        return operator.missing()
    if wish == "drop" and form.fields.get("sure") != "yes":
        return operator.render("drop", section="Queue", item=found[0])
    steps: Mapping[str, Callable[[Connection], list[int]]] = {
        "hold": lambda tx: recovery.hold(tx, [number], now=operator.now),
        "release": lambda tx: recovery.apply_decision(tx, [number], send=True, now=operator.now),
        "drop": lambda tx: recovery.apply_decision(tx, [number], send=False, now=operator.now),
    }

    def apply() -> str:
        with operator.store.write() as tx:
            if not steps[wish](tx):
                raise UsageError(f"digest {number}: its state has changed; look at the queue again")
        return _DONE[wish]

    outcome = await operator.do(wish, f"{found[0].email}, digest {number}", apply)
    return await show_queue(operator, notice=f"Digest {number} to {found[0].email}: {outcome}.")
