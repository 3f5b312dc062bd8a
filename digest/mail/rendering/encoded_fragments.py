"""Pieces of a mail's parts that are made once and joined into many letters.

A fragment keeps its text and the same in quoted-printable (RFC 2045, 6.7), which ends where
the next one may begin: joined, the encoded fragments decode to the joined texts.
"""

import re
from binascii import b2a_qp
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_QUOTED_LINE = 75  # characters before the "=" that lets a line go on
_AS_IT_IS = re.compile(r"[ -<>-~]*[!-<>-~]")  # of a short text, in quoted-printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a part."""

    text: str
    quoted: bytes  # lines end in CRLF
    size: int  # of the text, in bytes


@dataclass(frozen=True, slots=True)
class PlainFragment:
    """A piece that one letter alone has; encoded when it is asked for."""

    text: str

    @property
    def quoted(self) -> bytes:
        """As a fragment's."""
        return _quoted(self.text)

    @property
    def size(self) -> int:
        """As a fragment's."""
        return _size(self.text)


AnyFragment = Fragment | PlainFragment


def fragment(text: str) -> Fragment:
    """The text, encoded."""
    return Fragment(text=text, quoted=_quoted(text), size=_size(text))


def joined(pieces: Iterable[AnyFragment]) -> str:
    """The text of the pieces."""
    return "".join([piece.text for piece in pieces])


def quoted(pieces: Iterable[AnyFragment]) -> bytes:
    """The pieces in quoted-printable."""
    return b"".join([piece.quoted for piece in pieces])


def size(pieces: Iterable[AnyFragment]) -> int:
    """The bytes of the text of the pieces."""
    return sum([piece.size for piece in pieces])


def to_bytes(text: str) -> bytes:
    """The text as it is encoded: lines end in LF, and there is no NUL."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "replace")


class BoundedCache(Generic[K, V]):
    """Values by their keys; at most so many. Threads may share it.

    Args:
        most: when there would be more, all are forgotten; 0 keeps nothing.

    Attributes:
        get: the value of a key, if it is kept: the dictionary's own, as it is asked for often.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}
        self.get = self._values.get

    def put(self, key: K, value: V) -> V:
        """The value, which is kept now."""
        if self._most:
            if len(self._values) >= self._most:
                self._values.clear()
            self._values[key] = value
        return value


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _quoted(text: str) -> bytes:
    """Quoted-printable that ends at the beginning of a line, without adding one to the text."""
    if len(text) <= _QUOTED_LINE and _AS_IT_IS.fullmatch(text):
        return text.encode("ascii") + b"=\r\n"
    if not text:
        return b""
    encoded = b2a_qp(to_bytes(text), istext=True).replace(b"\n", b"\r\n")
    if encoded.endswith(b"\r\n"):
        return encoded
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start > _QUOTED_LINE:  # the "=" would make the line too long
        end = len(encoded) - 3
        while encoded[end - 1 : end] == b"=" or encoded[end - 2 : end - 1] == b"=":
            end -= 1
        encoded = encoded[:end] + b"=\r\n" + encoded[end:]
    return encoded + b"=\r\n"
