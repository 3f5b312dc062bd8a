from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW

from digest.core.models.batches import Batch
from digest.core.models.papers import Identifier, Paper
from digest.errors import InputError
from digest.sources.daily_papers import markdown_dump, title_list

HEADER = "Daily Papers\n\nbyAK and the research community\n\nMay 5\n\n"

CARD = """\
[![Image 1](https://example.org/a.png)](https://huggingface.co/papers/2605.01234)

97

### [A Study
of \\[Bracketed\\] Studies](https://huggingface.co/papers/2605.01234)

We study what studies say of studies, and find that they say a good deal.

*   [![logo](https://example.org/l.png) 12 authors](https://huggingface.co/papers/2605.01234)
*   · Published on Aug 5, 2025

[Upvote 1.2k](https://huggingface.co/login)

[GitHub 3.29k](https://github.com/example/study)[arXiv Page](https://arxiv.org/abs/2605.01234)
"""
OTHER = "### [Another Study](/papers/2605.00002)\n\n-\n\nIts blurb tells in a few words what the study is about.\n\n"


def markdown(text: str) -> Batch:
    return markdown_dump.parse(
        text.encode(), source="dumps", origin="page.md", modified=NOW, now=NOW
    )


def bare(text: str) -> Batch:
    return title_list.parse(text.encode(), source="dumps", origin="page.txt", modified=NOW, now=NOW)


def pairs(batch: Batch) -> list[tuple[str, str]]:
    return [(paper.title, paper.abstract) for paper in batch.papers]


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        bare(text)
    assert caught.value.file == "page.txt"
    return caught.value


def test_a_markdown_card_gives_its_paper_with_what_its_labels_name() -> None:
    (paper,) = markdown(CARD).papers
    assert paper == Paper(
        title="A Study of [Bracketed] Studies",
        abstract="We study what studies say of studies, and find that they say a good deal.",
        author_count=12,
        identifiers=(Identifier(scheme="arxiv", value="2605.01234"),),
        links=paper.links,
        published=date(2025, 8, 5),
        votes=1200,
        position=1,
    )
    assert {link.rel: link.url for link in paper.links} == {
        "abstract": "https://arxiv.org/abs/2605.01234",
        "pdf": "https://arxiv.org/pdf/2605.01234",
        "page": "https://huggingface.co/papers/2605.01234",
        "code": "https://github.com/example/study",
    }


def test_counters_without_a_label_are_not_guessed_to_be_votes() -> None:
    for counter in ("-", "12", "3.29k"):
        (paper,) = markdown(OTHER.replace("\n-\n", f"\n{counter}\n")).papers
        assert paper.votes is None
        assert paper.abstract == "Its blurb tells in a few words what the study is about."


def test_repeated_cards_are_one_paper_with_the_data_of_both() -> None:
    heading = OTHER.split("\n\n", maxsplit=1)[0] + "\n\n"
    for text in (OTHER + OTHER, heading + OTHER, OTHER + heading, OTHER + CARD + OTHER):
        first = markdown(text).papers[0]
        assert (first.title, first.position) == ("Another Study", 1)
        assert first.abstract.startswith("Its blurb")
    assert len(markdown(OTHER + CARD + OTHER + CARD).papers) == 2


def test_one_address_under_two_titles_is_rejected_not_merged() -> None:
    batch = markdown(OTHER + OTHER.replace("Another", "A Third"))
    assert [paper.title for paper in batch.papers] == ["Another Study"]
    (rejected,) = batch.rejected
    assert "“A Third Study” has the address of another paper" in rejected.reason
    assert rejected.line == 7


@pytest.mark.parametrize(
    "url",
    [
        "/papers/2605.00002",
        "https://huggingface.co/papers/2605.00002#community",
        "https://hf.co/papers/2605.00002?x=1",
        "https://arxiv.org/abs/2605.00002v3",
    ],
)
def test_the_address_of_a_heading_says_which_paper_it_is(url: str) -> None:
    (paper,) = markdown(f"## [T]({url})\n").papers
    assert paper.identifiers == (Identifier(scheme="arxiv", value="2605.00002"),)


@pytest.mark.parametrize(
    "url",
    ["https://example.org/papers/2605.00002", "/papers/trending", "/models", "javascript:x", "//["],
)
def test_a_heading_that_leads_to_no_paper_is_rejected_with_its_line(url: str) -> None:
    batch = markdown(f"{OTHER}### [Elsewhere]({url})\n")
    assert [paper.title for paper in batch.papers] == ["Another Study"]
    (rejected,) = batch.rejected
    assert (rejected.line, rejected.reason) == (
        7,
        "heading “Elsewhere”: its address does not lead to a paper",
    )


def test_a_heading_that_is_cut_is_rejected() -> None:
    (rejected,) = markdown(OTHER + "### [A title that").rejected
    assert "no title and address" in rejected.reason


@pytest.mark.parametrize(
    "preamble, day",
    [
        ("URL Source: https://huggingface.co/papers/date/2026-05-08\n\n", date(2026, 5, 8)),
        ("# Daily Papers\n\nMay 5\n\n", date(2026, 5, 5)),
        ("May 5\n\nMay 6\n\n", None),
        ("", None),
    ],
)
def test_the_day_is_taken_if_the_page_names_one_and_no_other(
    preamble: str, day: date | None
) -> None:
    assert markdown(preamble + OTHER).announced == day


def test_markdown_without_a_linked_heading_is_refused() -> None:
    with pytest.raises(InputError, match="no heading like"):
        markdown("# Daily Papers\n\nText.\n")


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_list_of_titles_gives_papers_without_abstracts(between: str) -> None:
    titles = ["A First Study", "Is This a Second One?", "12", "A Third: Study", "A Fourth"]
    batch = bare(HEADER + between.join(titles))
    titles.remove("12")
    assert pairs(batch) == [(title, "") for title in titles]
    assert [paper.position for paper in batch.papers] == [1, 2, 3, 4]
    assert batch.announced == date(2026, 5, 5)


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_alternating_titles_and_blurbs_are_distinguished(between: str) -> None:
    cards = ["A First Study\nIt says one thing.", "Is This a Second?\n-\nIt asks another…"]
    assert pairs(bare(HEADER + between.join(cards))) == [
        ("A First Study", "It says one thing."),
        ("Is This a Second?", "It asks another…"),
    ]


@pytest.mark.parametrize("times", [2, 3])
def test_a_card_or_a_line_that_is_printed_again_at_once_counts_once(times: int) -> None:
    card = "A First Study\nIt says one thing.\n"
    line = "A First Study\n" * times + "It says one thing.\n" * times
    for text in (card * times, f"{card}\n" * times, line):
        assert pairs(bare(HEADER + text)) == [("A First Study", "It says one thing.")]


@pytest.mark.parametrize(
    "body, problem, line",
    [
        ("A First\nIt says.\nA Second\nA Third\n", "a blurb was expected", 10),
        ("A First\nIt says.\nIt says more.\nA Second", "a title was expected", 9),
        ("A First\nIt says.\nA Second", "the file ends before its blurb", 9),
        ("A First\nIt says.\n\nA Second\n", "this card does not have as many lines", 10),
        ("A First\n\nIt says.\n\nA Second", "every block is a title", 9),
    ],
)
def test_ambiguous_lines_are_refused_with_their_number(body: str, problem: str, line: int) -> None:
    error = refused(HEADER + body)
    assert error.reason.startswith(problem)
    assert "cannot be told apart" in error.reason
    assert error.line == line


def test_lines_without_the_page_s_header_are_refused() -> None:
    assert "its header" in refused("A First Study\nA Second\n").reason
    assert refused(HEADER).reason == "there are no papers after the page's header"


words = st.text(st.characters(categories=["L"], max_codepoint=0x2FF), min_size=2, max_size=8)
phrases = st.lists(words, min_size=2, max_size=9).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(phrases, phrases), min_size=1, max_size=6), st.sampled_from(["", "\n"]))
def test_what_is_written_in_lines_is_read_back(cards: list[tuple[str, str]], gap: str) -> None:
    written = [(f"{title} {number}", f"{blurb}.") for number, (title, blurb) in enumerate(cards)]
    text = HEADER + gap.join(f"{title}\n{blurb}\n" for title, blurb in written)
    assert pairs(bare(text)) == written


pieces = st.sampled_from(
    [
        "### [",
        "T](",
        "/papers/2605.00001)",
        ")",
        "\n",
        "\n\n",
        "x ",
        "- 3 authors",
        "May 5",
        "[",
        "![",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80) | st.lists(pieces, max_size=30).map("".join).map(str.encode))
def test_any_bytes_give_a_batch_or_a_clear_refusal(data: bytes) -> None:
    for parse, head in ((markdown_dump.parse, b""), (title_list.parse, HEADER.encode())):
        read = batch_or_reason(parse, head + data)
        if isinstance(read, str):
            assert "\n" not in read
        else:
            assert read.papers
            assert all(paper.title for paper in read.papers)


def batch_or_reason(parse: Callable[..., Batch], data: bytes) -> Batch | str:
    try:
        return parse(data, source="dumps", origin="any", modified=NOW, now=NOW)
    except InputError as error:
        return str(error)
