import pytest
from builders import paper
from hypothesis import given
from hypothesis import strategies as st

from digest.core.diff import diff, verdict
from digest.core.identity import title_key
from digest.core.model import Finding, Kind, Known, Paper, Rejection, Verdict


def known(title: str, *sources: str, paper_id: int = 7) -> dict[str, Known]:
    key = title_key(title)
    return {key: Known(paper_id=paper_id, title_key=key, sources=frozenset(sources))}


def only(papers: list[Paper], seen: dict[str, Known]) -> Finding:
    (finding,) = diff(papers, seen, source="dumps").findings
    return finding


def test_a_paper_never_seen_is_new() -> None:
    finding = only([paper("A Study")], known("Another Study", "dumps"))
    assert (finding.kind, finding.paper_id, finding.title_key) == (Kind.NEW, None, "astudy")


def test_a_paper_that_another_source_has_shown_is_listed() -> None:
    finding = only([paper("A Study")], known("A Study", "feed"))
    assert (finding.kind, finding.paper_id) == (Kind.LISTED, 7)


def test_a_paper_that_this_source_has_shown_is_no_news() -> None:
    finding = only([paper("A  study!", votes=9)], known("A Study", "feed", "dumps"))
    assert (finding.kind, finding.paper_id) == (None, 7)


def test_a_paper_that_stands_twice_in_a_batch_counts_at_its_first_place() -> None:
    papers = [paper("B", position=1), paper("A", position=2), paper("b.", position=3)]
    found = diff(papers, {}, source="dumps")
    assert [finding.paper.position for finding in found.findings] == [1, 2]
    assert found.repeats == 1


@pytest.mark.parametrize(
    "papers, seen, rejected, expected",
    [
        (["A"], {}, 0, Verdict.FRESH),
        (["A", "B"], known("A", "dumps"), 0, Verdict.FRESH),
        (["A"], known("A", "feed"), 0, Verdict.FRESH),
        (["A"], known("A", "dumps"), 0, Verdict.UNCHANGED),
        (["A"], {}, 1, Verdict.PARTIAL),
        (["A"], known("A", "dumps"), 1, Verdict.PARTIAL),
        ([], {}, 1, Verdict.FAILED),
        ([], {}, 0, Verdict.EMPTY_UNEXPECTED),
    ],
)
def test_the_verdict_says_what_the_batch_brought(
    papers: list[str], seen: dict[str, Known], rejected: int, expected: Verdict
) -> None:
    found = diff([paper(title) for title in papers], seen, source="dumps")
    assert verdict(found, [Rejection(reason="broken")] * rejected) is expected


letters = st.lists(st.sampled_from("ABCDEFGHabcdefgh"), max_size=30)
stores = st.dictionaries(
    st.sampled_from("abcdefgh"), st.frozensets(st.sampled_from(["dumps", "feed"]), min_size=1)
)


@given(letters, stores)
def test_every_paper_is_accounted_for_once_and_in_order(
    names: list[str], seen: dict[str, frozenset[str]]
) -> None:
    store = {
        key: Known(paper_id=number, title_key=key, sources=sources)
        for number, (key, sources) in enumerate(seen.items())
    }
    found = diff([paper(name) for name in names], store, source="dumps")
    keys = [finding.title_key for finding in found.findings]
    assert keys == list(dict.fromkeys(name.lower() for name in names))
    assert len(keys) + found.repeats == len(names)
    for finding in found.findings:
        before = seen.get(finding.title_key)
        assert (finding.kind is Kind.NEW) == (before is None) == (finding.paper_id is None)
        assert (finding.kind is None) == (before is not None and "dumps" in before)


@given(letters)
def test_a_second_look_finds_no_news(names: list[str]) -> None:
    papers = [paper(name) for name in names]
    first = diff(papers, {}, source="dumps")
    store = {
        finding.title_key: Known(
            paper_id=number, title_key=finding.title_key, sources=frozenset(["dumps"])
        )
        for number, finding in enumerate(first.findings)
    }
    second = diff(papers, store, source="dumps")
    assert all(finding.kind is None for finding in second.findings)
    assert second.repeats == first.repeats
