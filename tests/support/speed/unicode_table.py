"""The characters that UTF-8 encodes, which Hypothesis finds by encoding every one.

That takes 1.7 s in each worker where no earlier run left its table.
"""

from functools import cache

from hypothesis.internal import charmap
from hypothesis.internal.intervalsets import IntervalSet

ENCODABLE = ((0, 0xD7FF), (0xE000, 0x10FFFF))  # all but the surrogates

_find = charmap.intervals_from_codec


def know_utf8() -> None:
    """Gives Hypothesis the table, as it would find it."""
    charmap.intervals_from_codec = cache(_known)


def _known(codec_name: str) -> tuple[IntervalSet, IntervalSet]:
    if codec_name == "utf-8":
        return IntervalSet(ENCODABLE), IntervalSet(())
    return _find(codec_name)
