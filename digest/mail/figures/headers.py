"""Reads the type and the size of a picture from its first bytes, before anything decodes it."""

from msgspec import Struct

from digest.errors import InputError

MAX_BYTES = 2_000_000
"""The largest picture that is read."""

MAX_SIDE = 6000  # pixels
MAX_PIXELS = 16_000_000  # decoded, this takes 64 MB

# The markers of a JPEG that begin a frame (ISO/IEC 10918-1, table B.1).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))


class PictureError(InputError):
    """A picture that no message shows; the text is the reason."""


class PictureHeader(Struct, frozen=True, kw_only=True):
    """What the first bytes of a picture say."""

    kind: str  # PNG, JPEG, GIF or WEBP
    width: int  # pixels
    height: int


def read_header(data: bytes) -> PictureHeader:
    """Returns the type and the size of a picture, whatever its name and its declared type.

    Raises:
        PictureError: it is none of the four types, or too large.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"{len(data):,} bytes; a picture may have {MAX_BYTES:,}")
    header = _read(data)
    if header is None:
        raise PictureError("not a PNG, JPEG, GIF or WebP picture")
    width, height = header.width, header.height
    if not width or not height:
        raise PictureError("a picture without an area")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureError(f"{width} by {height} pixels; that is too large")
    return header


def _read(data: bytes) -> PictureHeader | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        return _header("PNG", data[16:20], data[20:24])
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return _header("GIF", data[7:5:-1], data[9:7:-1])
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _header(kind: str, width: bytes, height: bytes) -> PictureHeader:
    return PictureHeader(
        kind=kind, width=int.from_bytes(width, "big"), height=int.from_bytes(height, "big")
    )


def _jpeg(data: bytes) -> PictureHeader | None:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _FRAMES:
            return _header("JPEG", data[place + 7 : place + 9], data[place + 5 : place + 7])
        else:
            place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return None


def _webp(data: bytes) -> PictureHeader | None:
    """Reads a WebP (RFC 9649): lossy, lossless or extended."""
    kind = data[12:16]
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width = int.from_bytes(data[26:28], "little") & 0x3FFF
        height = int.from_bytes(data[28:30], "little") & 0x3FFF
    elif kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    else:
        return None
    return PictureHeader(kind="WEBP", width=width, height=height)
