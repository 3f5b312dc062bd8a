"""Dumps that hypothesis writes: what is rendered is read back, and a cut invents nothing."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.daily_papers.text_dump import parse

PAGE = date(2026, 5, 5)
HEADER_LINES = (
    "new",
    "Get trending papers in your email inbox!",
    "Subscribe",
    "Daily Papers",
    "byAK and the research community",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    newline: str = "\n"
    blanks: int = 1
    trailing: str = ""
    bom: bool = False
    final_newline: bool = False
    daily: bool = True


def stated(day: date) -> str:
    year = "" if day.year == PAGE.year else f", {day.year}"
    return f"{day:%b} {day.day}{year}"


def render(papers: list[Paper], style: Style) -> bytes:
    blocks = [line for line in HEADER_LINES if style.daily or line != "Daily Papers"]
    blocks.append(stated(PAGE))
    for paper in papers:
        blocks += [paper.title, paper.abstract]
        if paper.published:
            comments = f" {paper.comments}" if paper.comments else ""
            blocks.append(
                f"  • {paper.author_count} authors\n·\n{stated(paper.published)}{comments}"
            )
    text = ("\n" * (style.blanks + 1)).join(blocks) + "\n" * style.final_newline
    text = re.sub(r"\n", style.trailing + style.newline, text)
    return (b"\xef\xbb\xbf" if style.bom else b"") + text.encode()


def read(data: bytes, *, modified: datetime | None = None) -> Batch:
    return parse(data, source="dumps", origin="made.txt", modified=modified, now=NOW)


letters = st.characters(categories=["L"], max_codepoint=0x2FFF, exclude_characters="\u115f\u1160")
words = st.text(letters, min_size=1, max_size=9)  # without the invisible ones
phrases = st.lists(words, min_size=2, max_size=12).map(" ".join)
days = st.dates(PAGE - timedelta(days=2000), PAGE)


@st.composite
def papers(draw: st.DrawFn) -> list[Paper]:
    count = draw(st.integers(0, 7))
    made = []
    for number in range(1, count + 1):
        credited = draw(st.booleans())
        made.append(
            Paper(
                title=f"{draw(phrases)} {number}",
                abstract=f"{draw(phrases)} of {number}.",
                author_count=draw(st.integers(1, 700)) if credited else None,
                published=draw(days) if credited else None,
                comments=draw(st.none() | st.integers(1, 99)) if credited else None,
                position=number,
            )
        )
    return made


styles = st.builds(
    Style,
    newline=st.sampled_from(["\n", "\r\n"]),
    blanks=st.integers(1, 3),
    trailing=st.sampled_from(["", " ", "\t", "\u00a0"]),
    bom=st.booleans(),
    final_newline=st.booleans(),
    daily=st.booleans(),
)


@given(papers(), styles)
def test_a_rendered_dump_is_read_back(written: list[Paper], style: Style) -> None:
    batch = read(render(written, style), modified=NOW)
    assert batch.rejected == ()
    assert [(paper.title, paper.abstract, paper.position) for paper in batch.papers] == [
        (paper.title, paper.abstract, paper.position) for paper in written
    ]
    assert [(paper.author_count, paper.comments) for paper in batch.papers] == [
        (paper.author_count, paper.comments) for paper in written
    ]
    if not any(paper.published and paper.published.year < PAGE.year for paper in written) or any(
        paper.published and paper.published.year == PAGE.year - 1 for paper in written
    ):
        assert batch.announced == PAGE
        assert [paper.published for paper in batch.papers] == [paper.published for paper in written]


@given(papers(), styles, st.data())
def test_a_cut_dump_loses_no_complete_paper_and_invents_none(
    written: list[Paper], style: Style, data: st.DataObject
) -> None:
    whole = render(written, style)
    cut = data.draw(st.integers(0, len(whole)))
    try:
        batch = read(whole[:cut])
    except InputError:
        assert cut < len(render([], style)) + 8
        return
    found = [(paper.title, paper.abstract) for paper in batch.papers]
    expected = [(paper.title, paper.abstract) for paper in written]
    assert found == expected[: len(found)]
    complete = sum(len(render(written[:n], style)) <= cut for n in range(1, len(written) + 1))
    assert len(found) >= complete
    assert len(batch.rejected) <= 1


@given(st.binary(max_size=300))
def test_any_bytes_give_a_batch_or_an_input_error(noise: bytes) -> None:
    head = b"Daily Papers\n\nMay 5\n\n"
    for data in (noise, head + noise):
        with suppress(InputError):
            assert all(paper.title and paper.abstract for paper in read(data).papers)


pieces = st.lists(
    st.sampled_from(
        [
            "Title",
            "An abstract.",
            "  • 3 authors",
            "•",
            "·",
            "May 3",
            "Jan 2, 2020 4",
            "-",
            "",
            "\r",
        ]
    )
    | st.text(max_size=20),
    max_size=30,
)


@given(pieces)
def test_any_order_of_lines_is_read_without_a_crash(lines: list[str]) -> None:
    text = "Daily Papers\n\nMay 5\n\n" + "\n".join(lines)
    with suppress(InputError):
        batch = read(text.encode("utf-8", "replace"))
        positions = [paper.position or 0 for paper in batch.papers]
        assert positions == sorted(set(positions))
        assert len(batch.papers) + len(batch.rejected) <= len(lines)
        assert not any("\n" in rejection.reason for rejection in batch.rejected)
