"""The positions of keys and values in a TOML text, judged by tomllib itself."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from digest.config.tables.problems import Path
from digest.config.toml_positions import locate

SAMPLE = '''\
# a comment with "quotes" and [brackets]
email = "ada@example.org"
"quoted key" = 1
site.'google.com'.port = 443
note = """
first line ] # no comment
second "line" \\
  joined"""
raw = \'\'\'it's ''fine''\'\'\'
when = 1979-05-27 07:32:00

[[topics]]
name = "one"

[[topics]] # the second
keywords = [
  "a", # a comment, with a comma and "quotes"
  'b]',
  """c""",
  "d\\"]",
]
nested = [[1, 2], [ ], [{ x = 1, "y" = [3] }]]

[topics.more]
deep.er = true

[ other . "tab.le" ]
last = 1'''


@pytest.mark.parametrize(
    "path, line, column",
    [
        (("email",), 2, 9),
        (("quoted key",), 3, 16),
        (("site", "google.com", "port"), 4, 26),
        (("note",), 5, 8),
        (("raw",), 9, 7),
        (("when",), 10, 8),
        (("topics", 0), 12, 1),
        (("topics", 0, "name"), 13, 8),
        (("topics", 1), 15, 1),
        (("topics", 1, "keywords"), 16, 12),
        (("topics", 1, "keywords", 1), 18, 3),
        (("topics", 1, "keywords", 3), 20, 3),
        (("topics", 1, "nested", 0, 1), 22, 15),
        (("topics", 1, "nested", 2, 0, "y", 0), 22, 41),
        (("topics", 1, "more"), 24, 1),
        (("topics", 1, "more", "deep", "er"), 25, 11),
        (("other", "tab.le"), 27, 1),
        (("other", "tab.le", "last"), 28, 8),
    ],
)
def test_a_value_is_found_on_its_line_and_column(path: Path, line: int, column: int) -> None:
    places = locate(SAMPLE)
    assert places.line_column(places.values[path][0]) == (line, column)


def test_a_key_is_found_where_it_is_written() -> None:
    places = locate(SAMPLE)
    start, end = places.keys["topics", 1, "nested", 2, 0, "y"]
    assert SAMPLE[start:end] == '"y"'


@pytest.mark.parametrize(
    "written, index, character",
    [
        ('"plain"', 2, "a"),
        (r'"\"quoted\" x"', 9, "x"),
        (r'"\u00e9\U0001F600x"', 2, "x"),
        ("'literal\\x'", 8, "x"),
        ('"""on one line x"""', 12, "x"),
    ],
)
def test_a_character_after_escapes_is_found(written: str, index: int, character: str) -> None:
    text = f"key = [1, {written}]"
    assert tomllib.loads(text)["key"][1][index] == character
    assert text[locate(text).inside(("key", 1), index)] == character


def test_a_position_after_the_end_of_a_string_is_its_closing_quote() -> None:
    assert locate('key = "ab"').inside(("key",), 99) == len('key = "ab')


def test_a_string_over_several_lines_is_found_at_its_beginning() -> None:
    assert locate('key = """\nab"""').inside(("key",), 1) == len("key = ")


bare = st.text("abAB01_-", min_size=1, max_size=3)
basic = st.text('ab .#"[]{}=,\\\té\n', max_size=5).map(
    lambda text: (
        '"'
        + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        + '"'
    )
)
literal = st.text('ab .#"[]{}=,\\é', max_size=5).map(lambda text: f"'{text}'")
long_basic = st.text('ab #"]}=,\né', max_size=6).map(lambda text: f'"""{text}"""')
long_literal = st.text("ab #']}=,\n\\", max_size=6).map(lambda text: f"'''{text}'''")
scalars = st.one_of(
    basic,
    literal,
    long_basic,
    long_literal,
    st.sampled_from(
        ["1", "-1_000", "0xff", "1.5e3", "inf", "true", "07:32:00", "1979-05-27", "+nan"]
    ),
    st.sampled_from(["1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5-07:00"]),
)
blanks = st.sampled_from(["", " ", "\t"])
gaps = st.sampled_from(["", " ", "\n", ' # it\'s "]" a comment,\n  '])
key_parts = st.one_of(bare, basic, literal)


@st.composite
def dotted_keys(draw: st.DrawFn) -> str:
    separator = f"{draw(blanks)}.{draw(blanks)}"
    return separator.join(draw(st.lists(key_parts, min_size=1, max_size=3)))


@st.composite
def arrays(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    written = [f"{draw(gaps)}{item}{draw(gaps)}" for item in draw(st.lists(items, max_size=3))]
    comma = draw(st.sampled_from(["", ","])) if written else ""
    return f"[{','.join(written)}{comma}{draw(gaps)}]"


@st.composite
def inline_tables(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    pairs = [
        f"{draw(blanks)}{draw(dotted_keys())}{draw(blanks)}={draw(blanks)}{item}{draw(blanks)}"
        for item in draw(st.lists(items, max_size=3))
    ]
    return "{" + ",".join(pairs) + "}"


values = st.recursive(scalars, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=5)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["pair", "pair", "table", "array", "comment"]))
        key = f"{draw(blanks)}{draw(dotted_keys())}{draw(blanks)}"
        match kind:
            case "pair":
                lines.append(f"{key}={draw(blanks)}{draw(values)}{draw(blanks)}")
            case "table":
                lines.append(f"[{key}]{draw(blanks)}")
            case "array":
                lines.append(f"[[{key}]] # next")
            case _:
                lines.append('# a = "comment" [')
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


def things(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in a document, with its path."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in inside:
        yield (*path, name), value
        if isinstance(value, dict | list):
            yield from things(value, (*path, name))


@given(documents())
def test_every_key_and_value_of_any_document_is_found(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # the same key twice
        reject()
    places = locate(text)
    found = dict(things(data))

    for path, value in found.items():
        if isinstance(path[-1], str):
            start, end = places.keys[path]
            assert list(tomllib.loads(f"{text[start:end]} = 0")) == [path[-1]]
        if path in places.values:
            start, end = places.values[path]
            written = text[start:end]
            if not (isinstance(value, dict | list) and is_header(written)):
                assert repr(tomllib.loads(f"v = {written}")["v"]) == repr(value)
        else:
            assert isinstance(value, dict), "only a table may be implied by its keys"
    assert set(places.keys) | set(places.values) <= set(found)


def is_header(written: str) -> bool:
    try:
        tomllib.loads(written)
    except tomllib.TOMLDecodeError:
        return False
    return True


@given(st.text('ab"\\\n', min_size=1, max_size=8))
def test_every_character_of_a_string_is_found(content: str) -> None:
    escaped = content.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    text = f'k = "{escaped}"'
    offsets = [locate(text).inside(("k",), index) for index in range(len(content))]
    ends = [*offsets[1:], len(text) - 1]
    pieces = [text[start:end] for start, end in zip(offsets, ends, strict=True)]
    assert [tomllib.loads(f'k = "{piece}"')["k"] for piece in pieces] == list(content)
