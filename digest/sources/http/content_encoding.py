"""Undoing a content coding within a bound: a small answer may unpack to any size."""

import zlib
from collections.abc import Iterable
from io import BytesIO

from digest.sources.http.responses import FetchRefused

_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS  # zlib recognises which of the two it is


def decoded(chunks: Iterable[bytes], *, coding: str, limit: int) -> bytes:
    """The whole body; nothing is unpacked beyond the limit.

    Args:
        chunks: the body as it came.
        coding: the Content-Encoding: gzip, deflate, identity or nothing (RFC 9110, 8.4.1).
        limit: bytes of the result.

    Raises:
        Refusal: another coding, broken or incomplete data, or more than `limit` bytes.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return _bounded(chunks, limit)
    if coding in ("gzip", "x-gzip", "deflate"):
        return _bounded(_unpacked(chunks, limit), limit)
    raise FetchRefused(f"sent in the coding {coding[:40]!r}, where gzip was asked for")


def _bounded(chunks: Iterable[bytes], limit: int) -> bytes:
    body = BytesIO()
    for chunk in chunks:
        if body.tell() + len(chunk) > limit:
            raise FetchRefused(f"too large: more than {limit:,} bytes when unpacked")
        body.write(chunk)
    return body.getvalue()


def _unpacked(chunks: Iterable[bytes], limit: int) -> Iterable[bytes]:
    """The unpacked data; the last chunk ends one byte beyond the limit if there is more."""
    unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
    room = limit + 1
    for chunk in chunks:
        if unpacker.eof:
            raise FetchRefused("damaged: data after the end of the compressed body")
        try:
            data = unpacker.decompress(chunk, room)
        except zlib.error as error:
            raise FetchRefused(f"damaged: the body is not what its coding says ({error})") from None
        room -= len(data)
        yield data
        if unpacker.unused_data:
            raise FetchRefused("damaged: data after the end of the compressed body")
    if not unpacker.eof:
        raise FetchRefused("damaged: the compressed body ends in the middle")
