"""Positions in lists of the HTTP API, as text whose form clients need not know."""

import base64
import binascii
import re

_SHAPE = re.compile(r"([a-z]{1,20}):([0-9]{1,18})", re.ASCII)
_MAX_LENGTH = 64


def write_cursor(kind: str, number: int) -> str:
    """Returns the position after an entry.

    Args:
        kind: The list, so that a position of another list is refused.
        number: The id of the last entry of a page.
    """
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).rstrip(b"=").decode("ascii")


def read_cursor(kind: str, text: str) -> int:
    """Returns the id after which a page begins.

    Args:
        kind: The list.
        text: What `write_cursor` returned; untrusted.

    Raises:
        ValueError: It is no position in this list.
    """
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise ValueError("is no cursor of this list")
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise ValueError("is no cursor of this list") from None
    match = _SHAPE.fullmatch(decoded)
    if match is None or match[1] != kind:
        raise ValueError("is no cursor of this list")
    return int(match[2])
