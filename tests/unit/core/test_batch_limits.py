"""What a batch may hold, whatever its source sends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import batch, paper

from digest.core import batch_limits
from digest.core.batch_limits import RejectionList, paper_within_limits, within_limits
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink

GUID = Identifier(scheme="guid", value="x:1")
LINK = PaperLink(rel="abstract", url="https://example.org/1")


def limited(**fields: Any) -> tuple[Paper | None, tuple[str, ...]]:
    return paper_within_limits(paper(**{"abstract": "a", **fields}))


@pytest.mark.parametrize(
    "fields, kept, reason",
    [
        ({"title": "t" * 2_001}, {"title": "t" * 2_000}, "the title has 2,001 characters; it is"),
        ({"abstract": "a" * 90_000}, {"abstract": "a" * 50_000}, "the abstract has 90,000"),
        ({"summary": "s" * 90_000}, {"summary": "s" * 50_000}, "the summary has 90,000"),
        ({"authors": ("A",) * 5_001}, {"authors": ("A",) * 5_000}, "5,001 authors; the first 5,0"),
        ({"categories": ("c",) * 51}, {"categories": ("c",) * 50}, "51 categories; the first 50"),
        ({"keywords": ("k",) * 101}, {"keywords": ("k",) * 100}, "101 keywords; the first 100"),
        ({"links": (LINK,) * 21}, {"links": (LINK,) * 20}, "21 links; the first 20 are kept"),
        (
            {"links": (PaperLink(rel="pdf", url="https://a.org/" + "x" * 2_000), LINK)},
            {"links": (LINK,)},
            "a link is too long or has control characters; it is dropped",
        ),
        (
            {"links": (PaperLink(rel="pdf", url="https://a.org/\x1b[2J"), LINK)},
            {"links": (LINK,)},
            "a link is too long or has control characters; it is dropped",
        ),
        (
            {"identifiers": (Identifier(scheme="guid", value="x\0"), GUID)},
            {"identifiers": (GUID,)},
            "an identifier is too long or has control characters; it is dropped",
        ),
        (
            {"identifiers": (Identifier(scheme="guid", value="x" * 700), GUID)},
            {"identifiers": (GUID,)},
            "an identifier is too long or has control characters; it is dropped",
        ),
    ],
)
def test_what_is_too_long_or_unusable_is_cut_or_dropped_with_a_reason(
    fields: dict[str, Any], kept: dict[str, Any], reason: str
) -> None:
    found, problems = limited(**fields)
    assert found == paper(**{"abstract": "a", **kept})
    assert [problem[: len(reason)] for problem in problems] == [reason]


def test_characters_that_no_database_or_terminal_takes_are_removed_from_texts() -> None:
    found, problems = limited(
        title="A\0 title \ud83d\ude00",
        abstract="One\x1b[2J\n\nTwo\ud800",
        authors=("Ada\x9b", "\x07"),
        keywords=("a\x00b",),
    )
    assert found == paper(
        title="A title \U0001f600", abstract="One[2J\n\nTwo", authors=("Ada",), keywords=("ab",)
    )
    assert problems == ()


def test_a_paper_without_a_usable_title_is_dropped_and_the_others_stay() -> None:
    found = within_limits(batch(paper("\0\x1b"), "Good"))
    assert [item.title for item in found.papers] == ["Good"]
    assert [item.reason for item in found.rejected] == [
        "paper number 1: its title has no usable character; the paper is dropped"
    ]


def test_papers_beyond_the_limit_are_dropped_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_limits, "MAX_PAPERS", 2)
    found = within_limits(batch("A", "B", "C"))
    assert [item.title for item in found.papers] == ["A", "B"]
    assert found.rejected == (Rejection(reason="more than 2 papers; the first 2 are read"),)


def test_of_many_rejections_the_first_are_kept_and_the_others_counted() -> None:
    rejections = RejectionList()
    for number in range(1_000_000):
        rejections.add("wrong", line=number)
    shown = rejections.shown()
    assert (len(rejections), len(shown)) == (1_000_000, 101)
    assert shown[-1].reason == "999,900 more problems like these"
    plugin = batch("A", rejected=tuple(Rejection(reason="wrong") for _ in range(1_000)))
    assert len(within_limits(plugin).rejected) == 101


def test_a_reason_is_one_short_printable_line() -> None:
    found = within_limits(batch("A", rejected=(Rejection(reason="\x1b[2J\n" + "x" * 1_000),)))
    (rejection,) = found.rejected
    assert rejection.reason.startswith("?[2J?xxx")
    assert len(rejection.reason) == 300


texts = st.text(max_size=20) | st.text("\0\x1b\ud83d\ude00a \n", max_size=8)
papers = st.builds(
    paper,
    title=texts,
    abstract=texts,
    authors=st.lists(texts, max_size=3).map(tuple),
    identifiers=st.lists(
        st.builds(Identifier, scheme=st.just("guid"), value=texts), max_size=2
    ).map(tuple),
    links=st.lists(st.builds(PaperLink, rel=st.just("pdf"), url=texts), max_size=2).map(tuple),
)


@given(st.lists(papers, max_size=4))
def test_a_limited_batch_can_be_stored_and_is_not_changed_again(found: list[Paper]) -> None:
    once: Batch = within_limits(batch(*found))
    assert within_limits(once) is once
    text = repr(once).encode().decode()  # no surrogate
    assert all(
        not batch_limits.has_controls(item.value) for one in once.papers for item in one.identifiers
    )
    assert "\\x00" not in text
    assert "\\x1b" not in text
