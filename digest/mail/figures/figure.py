"""A picture of a paper, as a message shows it."""

from collections.abc import Callable

from msgspec import Struct

from digest.mail.message.attachment import Attachment


class Figure(Struct, frozen=True, kw_only=True):
    """A picture above the title of the first paper."""

    address: str  # https, or cid for an attachment
    width: int  # as it is shown, in pixels
    attachment: Attachment | None = None


FigureSource = Callable[[str], Figure | None]
"""Returns the picture at an address; None if there is none that a message can show."""
