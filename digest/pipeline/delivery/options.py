"""What a delivery needs from its caller: transports, options, and the means of the run."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from digest.core.models.delivery import Envelope, Outcome
from digest.pipeline.cancellation import StopToken

if TYPE_CHECKING:
    from digest.pipeline.delivery.render_pool import RenderingProcess

GROUP = 20
"""Messages that a run starts together, if sending one again cannot double it."""

RENDERED_BEFORE = 500
"""Messages that a run renders before it is divided into processes: they show most papers of a day."""

WORTH_PROCESSES = 5000
"""Waiting editions for which it is worth starting processes that render."""


class Transport(Protocol):
    """Sends messages. Each thread has its own."""

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Sends one message.

        Args:
            sender: the return path, ASCII.
            recipient: ASCII.
            message: the message, its lines end in CRLF.
            following: the message that most likely comes next. A transport may start its
                transaction together with the end of this one (SMTP pipelining).

        Raises:
            DeliveryError: no message can be sent over this transport.
        """


class DeliveryOptions(Struct, frozen=True, kw_only=True):
    """Rate, connections, and what happens to late or doubtful editions."""

    connections: int = 1  # at the same time
    per_minute: float | None = None  # messages over all connections; None: no limit
    # Names the mail server, to share this limit with other processes; empty: for this run alone.
    rate_shared_as: str = ""
    hold: bool = False  # an edition in doubt waits for a person; otherwise it is sent again
    max_lateness: timedelta = timedelta(hours=48)  # an older edition expires
    processes: int = 1  # that render, if `worth_processes` editions wait; 1: this one alone
    worth_processes: int = WORTH_PROCESSES


OpenProcesses = Callable[
    [int, Callable[[], None]], AbstractContextManager[Sequence["RenderingProcess"]]
]
"""Starts so many processes that render; they end with the block. If they share the memory of this
process, it first calls the second argument, which renders some messages."""


class Runtime(Struct, frozen=True, kw_only=True):
    """Injected clock, sleep, random jitter and stop token."""

    clock: Callable[[], float]  # monotonic seconds
    sleep: Callable[[float], None]  # waits for a number of seconds
    jitter: Callable[[], float]  # random numbers in [0, 1)
    # Once requested, messages whose sending has started are finished; the rest stays queued.
    stop: StopToken = field(default_factory=StopToken)
