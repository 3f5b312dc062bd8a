"""Pieces of a mail's parts that are made once and joined into many letters.

A fragment keeps its text and the same in quoted-printable (RFC 2045, 6.7), which ends where
the next one may begin: joined, the encoded fragments decode to the joined texts. A mould is
what a template gave around holes that are filled for each reader.
"""

import re
from binascii import b2a_qp
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_QUOTED_LINE = 75  # characters before the "=" that lets a line go on
_AS_IT_IS = re.compile(r"[ -<>-~]*[!-<>-~]")  # of a short text, in quoted-printable
_HOLE = re.compile("\0([a-z]+)\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a part."""

    text: str
    quoted: bytes  # lines end in CRLF
    size: int  # of the text, in bytes


Piece = Fragment | str
"""A plain string is a piece that one letter alone has."""


def fragment(text: str) -> Fragment:
    """The text, encoded."""
    return Fragment(text=text, quoted=_quoted(text), size=len(text.encode("utf-8", "replace")))


def joined(pieces: Iterable[Piece]) -> str:
    """The text of the pieces."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


def quoted(pieces: Iterable[Piece]) -> bytes:
    """The pieces in quoted-printable; what stands between fragments is encoded now."""
    parts: list[bytes] = []
    plain: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            plain.append(piece)
            continue
        if plain:
            parts.append(_quoted("".join(plain)))
            plain.clear()
        parts.append(piece.quoted)
    return b"".join((*parts, _quoted("".join(plain))))


def size(pieces: Iterable[Piece]) -> int:
    """The bytes of the text of the pieces."""
    return sum(
        len(piece.encode("utf-8", "replace")) if isinstance(piece, str) else piece.size
        for piece in pieces
    )


def octets(text: str) -> bytes:
    """The text as it is encoded: lines end in LF, and there is no NUL."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "replace")


def whole(pieces: Iterable[Piece]) -> Fragment:
    """The pieces as one fragment."""
    some = tuple(pieces)
    return Fragment(text=joined(some), quoted=quoted(some), size=size(some))


def hole(name: str) -> str:
    """What a template is given in place of what is filled in later; no feed text has a NUL."""
    return f"\0{name}\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """Fragments with holes between them."""

    pieces: tuple[Fragment, ...]
    holes: tuple[str, ...]  # one fewer
    size: int  # of the pieces

    def filled(self, values: Mapping[str, Iterable[Piece]]) -> Iterator[Piece]:
        """The pieces with the holes filled."""
        for piece, name in zip(self.pieces, self.holes, strict=False):
            if piece.size:
                yield piece
            yield from values[name]
        if self.pieces[-1].size:
            yield self.pieces[-1]


def mould(text: str) -> Mould:
    """What a template made of holes and all else."""
    parts = _HOLE.split(text)
    pieces = tuple(map(fragment, parts[::2]))
    return Mould(pieces=pieces, holes=tuple(parts[1::2]), size=size(pieces))


class Kept(Generic[K, V]):
    """Values by their keys, made when first asked for; at most so many.

    Threads may share it: at worst two make the same value.

    Args:
        most: when there would be more, all are forgotten; 0 keeps nothing.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}

    def of(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key."""
        if not self._most:
            return make()
        value = self._values.get(key)
        if value is None:
            value = make()
            if len(self._values) >= self._most:
                self._values = {}
            self._values[key] = value
        return value


def _quoted(text: str) -> bytes:
    """Quoted-printable that ends at the beginning of a line, without adding one to the text."""
    if len(text) > _QUOTED_LINE:
        return _encoded(text)
    return _short(text) if not _AS_IT_IS.fullmatch(text) else text.encode("ascii") + b"=\r\n"


def _encoded(text: str) -> bytes:
    if not text:
        return b""
    encoded = b2a_qp(octets(text), istext=True).replace(b"\n", b"\r\n")
    if encoded.endswith(b"\r\n"):
        return encoded
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start > _QUOTED_LINE:  # the "=" would make the line too long
        end = len(encoded) - 3
        while encoded[end - 1 : end] == b"=" or encoded[end - 2 : end - 1] == b"=":
            end -= 1
        encoded = encoded[:end] + b"=\r\n" + encoded[end:]
    return encoded + b"=\r\n"


_short = lru_cache(maxsize=1 << 12)(_encoded)
