"""The lines of the plain-text part."""

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.rendering.sanitize import clean
from digest.mail.rendering.text_wrap import WIDTH, columns, wrap


def test_a_line_breaks_at_spaces_and_is_indented() -> None:
    lines = wrap("word " * 40, "1.  ", "    ").splitlines()
    assert lines[0].startswith("1.  word word")
    assert all(line.startswith("    word") for line in lines[1:])
    assert max(map(len, lines)) <= WIDTH


def test_a_long_address_is_not_broken() -> None:
    url = "https://x.example/" + "a-b/" * 40
    assert url in wrap(f"see {url} there").splitlines()


def test_a_line_does_not_break_at_a_no_break_space() -> None:
    text = "x" * 60 + " et\u00a0al. and\u00a0so\u00a0on"
    assert wrap(text).splitlines()[1].startswith("and\u00a0so")


def test_wide_characters_take_two_columns_and_break_anywhere_but_before_a_full_stop() -> None:
    lines = wrap("我们研究记忆。" * 20).splitlines()
    assert len(lines) > 1
    assert max(map(columns, lines)) <= WIDTH
    assert "".join(lines) == "我们研究记忆。" * 20
    assert not any(line.startswith("。") for line in lines)


def test_combining_marks_take_no_column() -> None:
    assert columns("e\u0301") == columns("é") == 1


@given(st.text(max_size=400))
def test_no_character_is_lost_and_only_single_words_are_too_wide(text: str) -> None:
    text = clean(text)
    lines = wrap(text).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= WIDTH or " " not in line for line in lines)


@given(
    # Python also leaves out words that are nothing but no-break spaces.
    st.lists(st.text("ab-.\u00a0\u00b7", min_size=1, max_size=90).filter(str.strip), max_size=30),
    st.sampled_from([("", ""), ("    ", "    "), ("1.  ", "    "), ("x" * 70 + " ", "    ")]),
)
def test_narrow_text_is_wrapped_as_python_does(words: list[str], prefixes: tuple[str, str]) -> None:
    first, rest = prefixes
    text = " ".join([*words, "end"])

    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )

    assert wrap(text, first, rest).split("\n") == lines
