"""HTML as text."""

import sys
import unicodedata

import pytest

from digest.core.text.html_text import html_line, html_text
from digest.core.text.invisible import without_invisible

MESSAGE = """<!DOCTYPE html>
<html><head><title>Failure</title><style>p { color: red }</style></head><body>
<o:p>Not delivered to <ada@example.org>:</o:p><table><tr><td>Status</td><td>5.1.1</td></tr></table>
<pre>Action: failed
Status: 5.1.1</pre></body></html>"""


def test_a_document_is_read_without_its_tags_and_its_title() -> None:
    text = html_text(MESSAGE, limit=1000, only_html=True)
    assert text.replace("\n\n", "\n").splitlines() == [
        "Not delivered to <ada@example.org>:",
        "Status",
        "5.1.1",
        "Action: failed",
        "Status: 5.1.1",
    ]


def test_words_in_angle_brackets_are_text_where_plain_text_may_come() -> None:
    assert html_line("Asking <think> and <i>why</i>", limit=99) == "Asking <think> and why"
    assert html_line("Asking <think> and <i>why</i>", limit=99, only_html=True) == "Asking and why"


def test_joiners_and_white_space_are_not_invisible() -> None:
    assert without_invisible("a\u200d\u200c\t\n\x1f\u00a0b") == "a\u200d\u200c\t\n\x1f\u00a0b"


def test_no_control_and_no_direction_mark_is_kept() -> None:
    kept = without_invisible("".join(map(chr, range(sys.maxunicode + 1))))
    assert {char for char in kept if unicodedata.category(char) == "Cc"} <= set(
        "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85"
    )
    assert not {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"} & set(
        map(unicodedata.bidirectional, set(kept) - {"\u200c", "\u200d"})
    )


@pytest.mark.parametrize("name", ["embed", "video", "object", "svg", "canvas", "noscript"])
def test_a_tag_without_an_end_tag_does_not_swallow_the_rest_of_the_text(name: str) -> None:
    assert html_text(f"We use <{name} src=x> here.\n\nAnd there.", limit=99) == (
        "We use here.\n\nAnd there."
    )


def test_an_embedded_object_with_an_end_tag_is_removed_with_its_content() -> None:
    assert html_line("a <object>no player</object><video>b", limit=99) == "a b"
    assert html_line("a <style>p{}", limit=99) == "a"
