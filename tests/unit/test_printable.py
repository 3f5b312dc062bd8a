"""Text from outside as printable text."""

from hypothesis import given
from hypothesis import strategies as st

from digest.printable import is_printable, printable, printable_line, without_controls


def test_what_could_command_a_terminal_is_replaced_by_a_question_mark() -> None:
    assert printable("a\x1b[2Jb\nc") == "a?[2Jb?c"


def test_white_space_and_control_characters_become_single_spaces() -> None:
    assert printable_line("  550 5.1.1\r\n\tno\x07such  user ") == "550 5.1.1 no such user"


def test_a_line_is_cut_at_its_limit() -> None:
    assert printable_line("abcdef", limit=5) == "abcde"


def test_a_line_is_cut_between_words_so_that_no_address_is_cut_in_half() -> None:
    assert printable_line("550 no such user ada@example.org", limit=20) == "550 no such user"
    assert printable_line("550 no such user ada@example.org", limit=32).endswith("ada@example.org")
    assert printable_line("550 " + "a" * 20, limit=10) == "550 aaaaaa"


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
    assert printable_line(text).isprintable()
    assert printable_line(printable_line(text)) == printable_line(text)


def test_control_characters_are_replaced_and_the_form_of_the_text_is_kept() -> None:
    text = "a\tb\nc\u00a0\u201cd\u201d \u05d0 \U0001f600"
    assert without_controls(text) == text
    assert without_controls("\x1b]0;owned\x07 \x9b2J \r \ud800") == "?]0;owned? ?2J ? ?"


@given(st.text(alphabet="aZ ~\t\n\x00\x1f\x7f\x80é中\u200b", max_size=200))
def test_a_text_is_printable_where_python_says_so(text: str) -> None:
    long = text.ljust(100, "x")
    assert (is_printable(text), is_printable(long)) == (text.isprintable(), long.isprintable())


def test_each_character_of_ascii_is_printable_where_python_says_so_in_a_long_text() -> None:
    texts = [chr(code) + 99 * "x" for code in range(128)]
    assert [is_printable(text) for text in texts] == [text.isprintable() for text in texts]
