from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.errors import InputError
from digest.sources.daily_papers.text_dump import parse

HEADER = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nMay 5\n\n"
FIRST = "A First Paper\n\nIt says one thing.\n\n"
SECOND = "A Second Paper\n\nIt says another.\n\n"
CREDITS = "  • 12 authors\n·\nSep 16, 2023 4\n\n"


def read(text: str | bytes, *, modified: datetime = NOW) -> Batch:
    data = text if isinstance(text, bytes) else text.encode()
    return parse(data, source="dumps", origin="may.txt", modified=modified, now=NOW)


def refused(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.file == "may.txt"
    assert "\n" not in str(caught.value)
    return caught.value


def titles(batch: Batch) -> list[str]:
    return [paper.title for paper in batch.papers]


def test_a_dump_gives_its_papers_in_order_with_their_data() -> None:
    batch = read(HEADER + FIRST + CREDITS + SECOND.rstrip())
    first, second = batch.papers
    assert (first.title, first.abstract, first.position) == (
        "A First Paper",
        "It says one thing.",
        1,
    )
    assert (first.author_count, first.published, first.comments) == (12, date(2023, 9, 16), 4)
    assert (second.author_count, second.published, second.comments) == (None, None, None)
    assert second.position == 2
    assert (batch.announced, batch.source, batch.origin) == (date(2026, 5, 5), "dumps", "may.txt")
    assert batch.rejected == ()


def test_the_fingerprint_is_that_of_the_bytes() -> None:
    text = HEADER + FIRST
    assert read(text).fingerprint == read(text).fingerprint
    assert read(text).fingerprint != read(text + "\n").fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\n\n",
        lambda text: text.rstrip(),
        lambda text: text.replace("\n\n", "\n\n\n\n"),
        lambda text: text.replace("\n", " \t\n"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("\n  •", "  •"),  # no blank line before the authors
        lambda text: text.replace("Daily Papers\n\n", ""),
        lambda text: text.replace("new\n\n", ""),
        lambda text: text.replace("byAK", "by AK"),
        lambda text: text.replace("May 5", "May 5, 2026"),
        lambda text: text.replace("A First Paper", "A First\nPaper"),
        lambda text: text.replace("A First Paper", "A First \u200bPaper"),
        lambda text: text.replace("A First Paper", "-\n\nA First Paper"),
        lambda text: text.replace("A Second Paper", "3.29k\n\nA Second Paper"),
        lambda text: "Models\n\nDatasets\n\n" + text,
    ],
)
def test_a_dump_in_another_shape_is_the_same_dump(change: Callable[[str], str]) -> None:
    plain = HEADER + FIRST + CREDITS + SECOND
    assert change(plain) != plain
    expected, found = read(plain), read(change(plain))
    assert found.papers == expected.papers
    assert found.announced == expected.announced
    assert found.rejected == ()


def test_control_characters_never_reach_a_title() -> None:
    assert titles(read(HEADER + "A \x1b[31mRed\x07 \u202eTitle\n\nIt says so.")) == [
        "A [31mRed Title"
    ]


def test_a_page_without_papers_is_a_dump() -> None:
    assert read(HEADER).papers == ()


def test_a_card_that_is_repeated_later_occurs_twice_in_the_batch() -> None:
    card = FIRST + CREDITS
    assert titles(read(HEADER + card + card)) == ["A First Paper"] * 2


def test_blocks_printed_twice_are_read_once() -> None:
    text = FIRST.replace("A First Paper", "A First Paper\n\nA First Paper") + CREDITS + CREDITS
    batch = read(HEADER + text + SECOND)
    assert titles(batch) == ["A First Paper", "A Second Paper"]
    assert batch.rejected == ()


def test_a_title_may_be_longer_than_its_abstract() -> None:
    (only,) = read(HEADER + "A Title " + "of Many Words " * 40 + "\n\nShort.").papers
    assert only.abstract == "Short."


@pytest.mark.parametrize(
    "tail, line, reason",
    [
        ("Half a Pap", 15, "before its abstract"),
        ("Half a Paper\n\nIts abstract stops in the midd", 17, "inside its abstract"),
        ("Half a Paper\n\nIt is said.\n\n  • 1", 19, "`• N authors` expected"),
        ("Half a Paper\n\nIt is said.\n\n  • 12 authors", 19, "ends before `·`"),
        ("Half a Paper\n\nIt is said.\n\n  • 12 authors\n·", 19, "ends before a date"),
        ("Half a Paper\n\nIt is said.\n\n  • 12 authors\n·\nSep 16, 20", 19, "“Sep 16, 20”"),
    ],
)
def test_a_half_written_last_paper_is_reported_not_stored(
    tail: str, line: int, reason: str
) -> None:
    text = HEADER.replace("Daily Papers\n\n", "") + FIRST + tail
    batch = read(text)
    assert titles(batch) == ["A First Paper"]
    (rejection,) = batch.rejected
    assert rejection.line == line
    assert reason in rejection.reason
    assert "Half a Pap" in rejection.reason


@pytest.mark.parametrize(
    "end",
    [
        "is so.",
        "so (it is)",
        "so?",
        "“so”",
        "see https://example.org/so",
        "see example.org/so",
        "at so.example.io",
        "ends",
    ],
)
def test_a_last_abstract_is_whole_if_it_ends_like_one_or_with_its_line(end: str) -> None:
    newline = "\n" if end == "ends" else ""
    assert len(read(HEADER + f"A Paper\n\nThis {end}{newline}").papers) == 1


def test_where_all_papers_have_authors_the_last_one_needs_them_too() -> None:
    cards = "".join(f"Paper {number}\n\nIt counts to {number}.\n\n{CREDITS}" for number in range(8))
    batch = read(HEADER + cards + FIRST)
    assert len(batch.papers) == 8
    assert "before its authors" in batch.rejected[0].reason


def test_a_file_cut_inside_a_character_keeps_its_complete_papers() -> None:
    whole = (HEADER + FIRST + "Second\n\nIt ends in é").encode()
    batch = read(whole[:-1])
    assert titles(batch) == ["A First Paper"]
    assert len(batch.rejected) == 1


def test_a_paper_without_abstract_is_rejected_and_the_next_one_read() -> None:
    batch = read(HEADER + "Lost\n\n" + CREDITS + FIRST + CREDITS)
    assert titles(batch) == ["A First Paper"]
    assert batch.papers[0].position == 2
    (rejection,) = batch.rejected
    assert (rejection.line, rejection.reason) == (
        13,
        "paper “Lost”: its abstract is missing before its authors",
    )


@pytest.mark.parametrize(
    "broken",
    [
        "  • many authors\n·\nSep 16, 2023\n\n",
        "  • 3 authors\nSep 16, 2023\n\n",
        "  • 3 authors\n\n",
        "  • 3 authors\n·\nSmarch 13\n\n",
        "  • 3 authors\n·\nFeb 30, 2024\n\n",
    ],
)
def test_a_paper_with_broken_authors_is_rejected_and_the_next_one_read(broken: str) -> None:
    batch = read(HEADER + SECOND + broken + FIRST + CREDITS)
    assert titles(batch) == ["A First Paper"]
    assert [rejection.line for rejection in batch.rejected] == [17]


def test_authors_without_a_paper_are_rejected() -> None:
    batch = read(HEADER + CREDITS + FIRST)
    assert titles(batch) == ["A First Paper"]
    assert batch.rejected[0].line == 13


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("", 1, "empty"),
        (" \n\t\n\u00a0\n", 1, "empty"),
        ("\ufeff", 1, "empty"),
        ("<!doctype html>\n<p>Daily</p>", 1, "HTML"),
        ('<?xml version="1.0"?><rss/>', 1, "XML"),
        ('{"papers": []}', 1, "JSON"),
        ("\n\nIt was a dark and stormy night.\n", 3, "stormy"),
        ("2026-05-05 06:00:01 INFO started\n", 1, "not a dump"),
        ("id,title\n1,A Paper\n", 1, "not a dump"),
        ("### [A Paper](https://example.org)\n", 1, "not a dump"),
        ("Subscribe\n\nMay 5\n\nA Letter\n\nDear reader.\n", 1, "not a dump"),
        ("Daily Papers\n\nbyAK and the research community", 3, "before its date"),
        ("Daily Papers\n\nA Paper\n\nIts abstract.\n", 3, "“A Paper”"),
        ("Daily Papers\n\nFeb 30\n\n", 3, "Feb 30"),
        (b"Daily Papers\n\nMay 5\n\nA \x00 Paper", 5, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 3, "binary"),
        ("Daily Papers\n\nMay 5".encode("utf-16"), 1, "UTF-16"),
        ("Daily Papers\n\nMay 5\n\nCaf\u00e9 Nets\n\n".encode("cp1252"), 5, "at byte 4 of"),
        (b"\xef\xbb\xbf" + "Daily Papers\n\u00fc\n".encode("latin-1"), 2, "at byte 1 of"),
        ("Daily Papers\n\nMay 5\n\nT\n\nA.\n\n  â€¢ 3 authors", 9, "Windows-1252"),
    ],
)
def test_text_that_is_not_a_dump_is_refused_with_its_line(
    text: str | bytes, line: int, reason: str
) -> None:
    error = refused(text)
    assert error.line == line
    assert reason in error.reason


def test_the_page_takes_its_year_from_its_papers_not_from_the_file() -> None:
    dated = "".join(
        f"Paper {year}\n\nIt is of {year}.\n\n  • 2 authors\n·\nJun 1, {year}\n\n"
        for year in (2021, 2023, 2022)
    )
    text = HEADER + dated + FIRST + "  • 1 author\n·\nJan 22"
    batch = read(text, modified=datetime(2026, 5, 6, tzinfo=UTC))
    assert batch.announced == date(2024, 5, 5)
    assert batch.papers[-1].published == date(2024, 1, 22)


def test_a_page_of_millions_of_lines_is_refused_before_it_is_split() -> None:
    page = b"Daily Papers\n\nMay 5\n" + b"\n" * 1_000_001
    with pytest.raises(InputError, match="more than 1,000,000 lines"):
        parse(page, source="s", origin="x", modified=None, now=NOW)


def test_a_block_of_many_lines_is_cut_without_copying_it_for_each_line() -> None:
    page = "Daily Papers\n\nMay 5\n\nTitle\n\n" + "word\n" * 200_000
    (paper,) = parse(page.encode(), source="s", origin="x", modified=None, now=NOW).papers
    assert 50_000 < len(paper.abstract) < 50_010
