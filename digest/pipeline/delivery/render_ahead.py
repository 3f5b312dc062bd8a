"""Renders messages before they are sent: in the thread that sends, or in other processes."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.errors import DigestError, InputError
from digest.logs import get_logger
from digest.pipeline.delivery.claim_queue import ClaimQueue

_log = get_logger("digest.deliver")

RenderResult = Envelope | Refused | DigestError
"""A message, or why there is none; an error concerns every edition, not this one alone."""


class RenderedMessage(Struct, frozen=True):
    """A claimed edition with its message, or with the reason why it has none."""

    claimed: ClaimedEdition
    result: RenderResult

    @property
    def envelope(self) -> Envelope | None:
        """The message; None if it could not be rendered."""
        return self.result if isinstance(self.result, Envelope) else None


class MessageSource(Protocol):
    """The messages of a run. Each connection uses it from a thread of its own."""

    def next(self) -> RenderedMessage | None:
        """Returns the next message; None if there is none, or the run stops."""

    def put_back(self, message: RenderedMessage) -> None:
        """Takes back a message whose attempt has not started."""


class RenderAhead:
    """Renders the claimed editions of a run, each in the thread that sends it.

    Args:
        queue: the claimed editions.
        write: writes the message of an edition; see `deliver`.
    """

    def __init__(self, queue: ClaimQueue, write: Callable[[ClaimedEdition], Envelope]) -> None:
        self._queue = queue
        self._write = write

    def next(self) -> RenderedMessage | None:
        """Returns the next message; None if there is none, or the run stops."""
        claimed = self._queue.next()
        return None if claimed is None else RenderedMessage(claimed, render(claimed, self._write))

    def put_back(self, message: RenderedMessage) -> None:
        """Takes back a message whose attempt has not started."""
        self._queue.put_back(message.claimed)


def render(claimed: ClaimedEdition, write: Callable[[ClaimedEdition], Envelope]) -> RenderResult:
    """Writes the message of an edition.

    Args:
        claimed: the edition.
        write: writes it; see `deliver`.
    """
    try:
        return write(claimed)
    except DigestError as error:
        return Refused(reason=str(error)) if isinstance(error, InputError) else error
    except Exception as error:  # noqa: BLE001
        # A bug, or an edition of an unforeseen shape. It must not stop the other editions.
        _log.exception("edition not rendered", edition=claimed.edition_id)
        words = " ".join(str(error).split())
        return Refused(reason=f"cannot be rendered: {type(error).__name__}: {words}")
