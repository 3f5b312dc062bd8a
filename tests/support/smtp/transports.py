"""A transport that keeps what it is given, and a run in which no time passes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock

from digest.core.models.delivery import Envelope, Outcome, Sent
from digest.pipeline.cancellation import StopToken
from digest.pipeline.delivery.deliver import Runtime, Transport

TAKEN = Sent(reply="250 ok")


class FakeTransport:
    """A transport that answers by the number in `reader7@...`: an outcome, or an error to raise.

    Args:
        answers: by number; all others are taken.
        on_send: called with the number of messages so far, after each one.
    """

    def __init__(
        self,
        answers: Mapping[int, Outcome | Exception] | None = None,
        *,
        on_send: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.to: list[str] = []
        self.opened = 0
        self._answers = {f"reader{number}": answer for number, answer in (answers or {}).items()}
        self._on_send = on_send
        self._counting = Lock()

    def connect(self) -> AbstractContextManager[Transport]:
        self.opened += 1
        return nullcontext(self)

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        del sender, message, following
        with self._counting:  # several connections send at the same time
            self.to.append(recipient)
            count = len(self.to)
        self._on_send(count)
        answer = self._answers.get(recipient.partition("@")[0], TAKEN)
        if isinstance(answer, Exception):
            raise answer
        return answer


def timeless(stop: StopToken | None = None) -> Runtime:
    """The runtime of a delivery in which no time passes."""
    return Runtime(
        clock=lambda: 0.0, sleep=lambda _: None, jitter=lambda: 0.5, stop=stop or StopToken()
    )
