"""Claimed editions become letters here, one ahead of those being sent."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.errors import DigestError, InputError
from digest.logs import get_logger
from digest.pipeline.delivery.claim_queue import ClaimQueue

_log = get_logger("digest.deliver")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """A claimed edition as it is to be sent, or why it cannot be."""

    claimed: ClaimedEdition
    letter: Envelope | Refused | DigestError  # an error that concerns every letter

    @property
    def envelope(self) -> Envelope | None:
        """The letter, if there is one."""
        return self.letter if isinstance(self.letter, Envelope) else None


class RenderAhead:
    """For all connections of a run, each in a thread of its own.

    Args:
        book: hands out the claims.
        write: renders one; see `deliver`.
    """

    def __init__(self, book: ClaimQueue, write: Callable[[ClaimedEdition], Envelope]) -> None:
        self._book = book
        self._write = write

    def next(self) -> RenderedMessage | None:
        """The next letter; None when there is none, or the run stops."""
        claimed = self._book.take()
        return (
            None
            if claimed is None
            else RenderedMessage(claimed=claimed, letter=self._letter(claimed))
        )

    def _letter(self, claimed: ClaimedEdition) -> Envelope | Refused | DigestError:
        try:
            return self._write(claimed)
        except DigestError as error:
            return Refused(reason=str(error)) if isinstance(error, InputError) else error
        except Exception as error:  # noqa: BLE001
            # A bug, or an edition that no one foresaw: the others must not wait for it.
            _log.exception("edition not rendered", edition=claimed.edition_id)
            words = " ".join(str(error).split())
            return Refused(reason=f"cannot be rendered: {type(error).__name__}: {words}")
