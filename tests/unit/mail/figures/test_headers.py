"""The type and size of a picture, from its first bytes; what no message shows is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.figures.headers import MAX_BYTES, PictureError, read_header


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0"


def jpeg(width: int, height: int) -> bytes:
    comment = b"\xff\xfe\0\x07hello"
    frame = b"\xff\xc2\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03"
    return b"\xff\xd8\xff\xe0\0\x04JF" + b"\xff" + comment + frame


def webp(kind: str, width: int, height: int) -> bytes:
    if kind == "VP8 ":
        body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif kind == "VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 5
    else:
        sizes = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        body = b"\0" * 4 + sizes
    return b"RIFF\0\0\0\0WEBP" + kind.encode() + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "data, kind",
    [
        (png(640, 400), "PNG"),
        (gif(640, 400), "GIF"),
        (jpeg(640, 400), "JPEG"),
        *((webp(kind, 640, 400), "WEBP") for kind in ("VP8 ", "VP8L", "VP8X")),
    ],
)
def test_the_first_bytes_tell_type_and_size(data: bytes, kind: str) -> None:
    header = read_header(data)
    assert (header.kind, header.width, header.height) == (kind, 640, 400)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG"),
        (b"<?xml version='1.0'?><svg/>", "not a PNG"),
        (b"<html>", "not a PNG"),
        (b"BM" + b"\0" * 60, "not a PNG"),
        (b"", "not a PNG"),
        (png(640, 400)[:20], "not a PNG"),
        (jpeg(640, 400)[:25], "not a PNG"),
        (png(50_000, 50_000), "too large"),
        (png(6001, 1), "too large"),
        (jpeg(5000, 5000), "too large"),
        (gif(0, 9), "without an area"),
        (png(640, 400) + b"\0" * MAX_BYTES, "may have"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        read_header(data)


starts = st.sampled_from([b"", png(9, 9), gif(9, 9), jpeg(9, 9), webp("VP8L", 9, 9)])


@given(starts, st.integers(0, 40), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(start: bytes, kept: int, rest: bytes) -> None:
    try:
        header = read_header(start[:kept] + rest)
    except PictureError:
        return
    assert header.width * header.height <= 16_000_000
