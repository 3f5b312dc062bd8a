"""Does what an operator asks for, and writes it to the log of actions.

The entry is written before the action, so that an action whose process died is listed too.
"""

from collections.abc import Callable
from datetime import datetime

from digest.errors import DigestError
from digest.logs import redactor
from digest.store.admin import action_log
from digest.store.database.store import Store


def logged(
    store: Store, do: Callable[[], str], *, who: str, action: str, subject: str, now: datetime
) -> str:
    """Does an action and logs it; returns its result in words.

    Args:
        store: The database.
        do: Does it; returns the result in a few words.
        who: The address of the operator.
        action: What is done, in a word or two.
        subject: To whom or to what.
        now: The current time.

    Raises:
        DigestError: It cannot be done; this is logged too.
    """
    with store.write() as tx:
        number = action_log.begin(tx, who=who, action=action, subject=subject, now=now)
    try:
        outcome = do()
    except DigestError as error:
        _finish(store, number, f"not done: {error}")
        raise
    _finish(store, number, outcome)
    return outcome


def _finish(store: Store, number: int, outcome: str) -> None:
    # A reply of a mail server may name somebody; the subject says who is meant.
    with store.write() as tx:
        action_log.finish(tx, number, outcome=redactor(outcome[:500], always=True))
