"""Scales a picture for a message. Needs Pillow, which the extra `images` installs."""

import importlib.util
from io import BytesIO

from msgspec import Struct

from digest.mail.figures.headers import PictureError, read_header

SHOWN_WIDTH = 560
"""The width of the content of a message, in pixels."""

MAX_EMBEDDED = 150_000
"""The largest embedded picture, in bytes."""

MIN_WIDTH, MIN_HEIGHT = 120, 60
"""Smaller pictures are icons, in pixels."""

_QUALITIES = (80, 60, 40)
_DENSITY = 2  # pixels of a picture for each one that is shown: screens of phones have more


class ScaledPicture(Struct, frozen=True, kw_only=True):
    """A JPEG picture for a message."""

    data: bytes
    width: int  # as it is shown, in pixels
    height: int


def can_scale() -> bool:
    """Returns whether Pillow is installed."""
    return importlib.util.find_spec("PIL") is not None


def scale(data: bytes) -> ScaledPicture:
    """Returns a picture from a source as a JPEG of at most `MAX_EMBEDDED` bytes.

    It is decoded and encoded again, so nothing else that the file contained is sent on.

    Raises:
        PictureError: it is no picture, damaged, too large or too small.
    """
    from PIL import Image

    header = read_header(data)
    if header.width < MIN_WIDTH or header.height < MIN_HEIGHT:
        raise PictureError(f"{header.width} by {header.height} pixels; that is an icon")
    try:
        # Only the decoder of the type that the first bytes name.
        with Image.open(BytesIO(data), formats=[header.kind]) as opened:
            opened.draft("RGB", (SHOWN_WIDTH * _DENSITY, SHOWN_WIDTH * _DENSITY))
            opened.thumbnail((SHOWN_WIDTH * _DENSITY, SHOWN_WIDTH * _DENSITY))
            layer = opened.convert("RGBA")
            flat = Image.new("RGB", layer.size, "white")
            flat.paste(layer, mask=layer)
    except Exception as error:  # a decoder may raise anything for a damaged file
        raise PictureError(f"cannot be decoded: {type(error).__name__}") from error
    for quality in _QUALITIES:
        out = BytesIO()
        flat.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MAX_EMBEDDED:
            width = min(SHOWN_WIDTH, flat.width)
            return ScaledPicture(
                data=out.getvalue(),
                width=width,
                height=max(1, round(width * flat.height / flat.width)),
            )
    raise PictureError(f"more than {MAX_EMBEDDED:,} bytes at the lowest quality")
