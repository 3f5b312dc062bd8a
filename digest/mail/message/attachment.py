"""A file that is attached to a message."""

from msgspec import Struct

from digest.late_patterns import late_pattern

_NAME = late_pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPE = late_pattern(r"[a-z]+/[a-z0-9.+-]+")
_CONTENT_ID = late_pattern(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")


class Attachment(Struct, frozen=True, kw_only=True):
    """A file of a message.

    Raises:
        ValueError: a bug in the caller: the name, type or content id could break the message.
    """

    name: str  # ASCII
    media_type: str
    data: bytes
    content_id: str = ""  # for a picture that the HTML part shows, without angle brackets

    def __post_init__(self) -> None:
        """Checks what becomes part of a header."""
        if not (
            _NAME.fullmatch(self.name)
            and _MEDIA_TYPE.fullmatch(self.media_type)
            and (not self.content_id or _CONTENT_ID.fullmatch(self.content_id))
        ):
            raise ValueError(f"{self.name!r}, {self.media_type!r}: not allowed in a header")
