"""Renders the message after the one that is being sent."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.errors import DigestError, InputError
from digest.logs import get_logger
from digest.pipeline.delivery.claim_queue import ClaimQueue

_log = get_logger("digest.deliver")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """A claimed edition with its message, or with the reason why it has none."""

    claimed: ClaimedEdition
    result: Envelope | Refused | DigestError  # an error concerns every edition, not this one alone

    @property
    def envelope(self) -> Envelope | None:
        """The message; None if it could not be rendered."""
        return self.result if isinstance(self.result, Envelope) else None


class RenderAhead:
    """Renders the claimed editions of a run. Each connection uses it from a thread of its own.

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
        if claimed is None:
            return None
        return RenderedMessage(claimed=claimed, result=self._render(claimed))

    def _render(self, claimed: ClaimedEdition) -> Envelope | Refused | DigestError:
        try:
            return self._write(claimed)
        except DigestError as error:
            return Refused(reason=str(error)) if isinstance(error, InputError) else error
        except Exception as error:  # noqa: BLE001
            # A bug, or an edition of an unforeseen shape. It must not stop the other editions.
            _log.exception("edition not rendered", edition=claimed.edition_id)
            words = " ".join(str(error).split())
            return Refused(reason=f"cannot be rendered: {type(error).__name__}: {words}")
