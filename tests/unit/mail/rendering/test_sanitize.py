"""Safe text and addresses for messages."""

import sys
import unicodedata

from digest.mail.rendering.sanitize import is_rtl


def test_every_letter_that_runs_from_right_to_left_decides_the_direction() -> None:
    characters = map(chr, range(sys.maxunicode + 1))
    letters = [one for one in characters if unicodedata.bidirectional(one) in ("R", "AL")]

    assert all(is_rtl(f"– {one}") for one in letters)
    assert not is_rtl("– a \u05d0")
