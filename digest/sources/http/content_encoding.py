"""Decompresses response bodies up to a limit, because a small body may expand to any size."""

import zlib
from collections.abc import Iterable
from io import BytesIO

from digest.sources.http.responses import FetchRefused

_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS  # zlib detects which of the two formats it is


def decode_body(chunks: Iterable[bytes], *, coding: str, limit: int) -> bytes:
    """Returns the decompressed body.

    Args:
        chunks: The body as received.
        coding: The Content-Encoding: gzip, deflate, identity or empty (RFC 9110, 8.4.1).
        limit: Maximum bytes of the result. Decompression stops there.

    Raises:
        FetchRefused: Another coding, damaged or incomplete data, or more than `limit` bytes.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return _bounded(chunks, limit)
    if coding in ("gzip", "x-gzip", "deflate"):
        return _bounded(_decompressed(chunks, limit), limit)
    raise FetchRefused(f"sent in the coding {coding[:40]!r}, where gzip was asked for")


def _bounded(chunks: Iterable[bytes], limit: int) -> bytes:
    body = BytesIO()
    for chunk in chunks:
        if body.tell() + len(chunk) > limit:
            raise FetchRefused(f"too large: more than {limit:,} bytes when unpacked")
        body.write(chunk)
    return body.getvalue()


def _decompressed(chunks: Iterable[bytes], limit: int) -> Iterable[bytes]:
    """Yields the decompressed data; if there is more than the limit, one byte more than it."""
    decompressor = zlib.decompressobj(_ZLIB_OR_GZIP)
    # One byte more than allowed, so that `_bounded` sees that there is too much.
    remaining = limit + 1
    for chunk in chunks:
        if decompressor.eof:
            raise FetchRefused("damaged: data after the end of the compressed body")
        try:
            data = decompressor.decompress(chunk, remaining)
        except zlib.error as error:
            raise FetchRefused(f"damaged: the body is not what its coding says ({error})") from None
        remaining -= len(data)
        yield data
        if decompressor.unused_data:
            raise FetchRefused("damaged: data after the end of the compressed body")
    if not decompressor.eof:
        raise FetchRefused("damaged: the compressed body ends in the middle")
