"""Fragments of message text that are encoded once and used in many messages.

A fragment stores a text and its quoted-printable form (RFC 2045, 6.7). The encoded form always
ends at a line end, so encoded fragments can be joined: they decode to the joined texts.
"""

import re
from binascii import a2b_qp, b2a_qp
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from markupsafe import escape
from msgspec import Struct, field

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SOFT_BREAK = b"=\r\n"
"""The end of a line that is none in the text."""

_MAX_LINE = 75  # characters before the "=" of a soft line break
# One line that is the same in quoted-printable.
_NEEDS_NO_ENCODING = re.compile(r"[ -<>-~]*[!-<>-~]")

_NEEDS_ESCAPE = re.compile("[&<>'\"]").search


class Fragment(Struct, frozen=True, gc=False):
    """A text with its encoded form."""

    text: str
    encoded: bytes  # quoted-printable; lines end in CRLF
    size: int  # of the text in UTF-8, in bytes


class EncodedText(Struct, gc=False):
    """A text in quoted-printable, in pieces that are joined when its message is built."""

    pieces: list[bytes] = field(default_factory=list)  # lines end in CRLF
    size: int = 0  # of the text in UTF-8, in bytes

    def append(self, part: Fragment) -> None:
        """Adds a fragment at the end."""
        self.pieces.append(part.encoded)
        self.size += part.size

    def copy(self) -> "EncodedText":
        """Returns another text with the same pieces."""
        return EncodedText(self.pieces.copy(), self.size)

    def extend(self, other: "EncodedText") -> None:
        """Adds another text at the end."""
        self.pieces += other.pieces
        self.size += other.size

    @property
    def decoded(self) -> bytes:
        """The text in UTF-8; lines end in CRLF."""
        return a2b_qp(b"".join(self.pieces))

    @property
    def text(self) -> str:
        """The text; lines end in LF."""
        return self.decoded.replace(b"\r\n", b"\n").decode("utf-8")


def fragment(text: str) -> Fragment:
    """Returns a text as a fragment that is encoded now."""
    if len(text) <= _MAX_LINE and _NEEDS_NO_ENCODING.fullmatch(text):
        return Fragment(text, text.encode("ascii") + SOFT_BREAK, len(text))
    data = text.encode("utf-8", "replace")
    size = len(data)
    if b"\r" in data or b"\0" in data:
        data = to_bytes(text)
    return Fragment(text, _encode(data), size)


def html_fragment(text: str) -> Fragment:
    """Returns a text, escaped for HTML, as a fragment that is encoded now."""
    if _NEEDS_ESCAPE(text):
        text = str(escape(text))
    return fragment(text)


def joined(fragments: Iterable[Fragment]) -> str:
    """Returns the joined texts of the fragments."""
    return "".join([item.text for item in fragments])


def joined_fragment(fragments: Sequence[Fragment]) -> Fragment:
    """Returns the fragments as one."""
    return Fragment(
        joined(fragments),
        b"".join([item.encoded for item in fragments]),
        sum([item.size for item in fragments]),
    )


def encoded_text(fragments: Iterable[Fragment]) -> EncodedText:
    """Returns the fragments as one text."""
    parts = list(fragments)
    return EncodedText([part.encoded for part in parts], sum([part.size for part in parts]))


def to_bytes(text: str) -> bytes:
    """Returns the text in UTF-8, with LF line ends and without NUL characters."""
    if "\r" in text or "\0" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace")


class BoundedCache(Generic[K, V]):
    """A cache with a maximum size. Several threads may share it.

    Args:
        max_size: the number of values. A full cache is emptied before the next value is added.
            0: nothing is cached.

    Attributes:
        get: returns the cached value of a key, or None.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._values: dict[K, V] = {}
        self.get = self._values.get  # the method of the dictionary itself, as it is called often

    def put(self, key: K, value: V) -> V:
        """Stores the value, and returns it."""
        if self._max_size:
            if len(self._values) >= self._max_size:
                self._values.clear()
            self._values[key] = value
        return value


def _encode(data: bytes) -> bytes:
    """Returns quoted-printable that ends with a line end, if needed with a soft line break."""
    if not data:
        return b""
    encoded = b2a_qp(data, istext=True).replace(b"\n", b"\r\n")
    if encoded.endswith(b"\r\n"):
        return encoded
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start > _MAX_LINE:  # the "=" would make the line too long
        end = len(encoded) - 3
        # Do not split an escape sequence such as =E2.
        while encoded[end - 1 : end] == b"=" or encoded[end - 2 : end - 1] == b"=":
            end -= 1
        encoded = encoded[:end] + SOFT_BREAK + encoded[end:]
    return encoded + SOFT_BREAK
