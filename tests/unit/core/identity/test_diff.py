from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.builders import paper

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.models.matching import BatchDiff, IdentifiedPaper, KnownPaper
from digest.core.models.papers import AnnouncementKind, Identifier, Paper


def known(title: str, *sources: str, paper_id: int = 7) -> dict[str, KnownPaper]:
    key = title_key(title)
    return {key: KnownPaper(paper_id=paper_id, title_key=key, sources=frozenset(sources))}


def only(papers: list[Paper], seen: dict[str, KnownPaper]) -> IdentifiedPaper:
    (finding,) = diff(papers, seen, source="dumps").findings
    return finding


def test_a_paper_never_seen_is_new() -> None:
    finding = only([paper("A Study")], known("Another Study", "dumps"))
    assert (finding.kind, finding.paper_id, finding.title_key) == (
        AnnouncementKind.NEW,
        None,
        "astudy",
    )


def test_a_paper_that_another_source_has_shown_is_listed() -> None:
    finding = only([paper("A Study")], known("A Study", "feed"))
    assert (finding.kind, finding.paper_id) == (AnnouncementKind.LISTED, 7)


def test_a_paper_that_this_source_has_shown_is_not_announced() -> None:
    finding = only([paper("A  study!", votes=9)], known("A Study", "feed", "dumps"))
    assert (finding.kind, finding.paper_id) == (None, 7)


def test_a_paper_that_is_twice_in_a_batch_counts_at_its_first_position() -> None:
    papers = [paper("B", position=1), paper("A", position=2), paper("b.", position=3)]
    result = diff(papers, {}, source="dumps")
    assert [finding.paper.position for finding in result.findings] == [1, 2]
    assert result.repeats == 1


letters = st.lists(st.sampled_from("ABCDEFGHabcdefgh"), max_size=30)
stores = st.dictionaries(
    st.sampled_from("abcdefgh"), st.frozensets(st.sampled_from(["dumps", "feed"]), min_size=1)
)


@given(letters, stores)
def test_every_paper_is_in_the_result_once_and_in_order(
    names: list[str], seen: dict[str, frozenset[str]]
) -> None:
    store = {
        key: KnownPaper(paper_id=number, title_key=key, sources=sources)
        for number, (key, sources) in enumerate(seen.items())
    }
    result = diff([paper(name) for name in names], store, source="dumps")
    keys = [finding.title_key for finding in result.findings]
    assert keys == list(dict.fromkeys(name.lower() for name in names))
    assert len(keys) + result.repeats == len(names)
    for finding in result.findings:
        sources = seen.get(finding.title_key)
        assert (
            (finding.kind is AnnouncementKind.NEW)
            == (sources is None)
            == (finding.paper_id is None)
        )
        assert (finding.kind is None) == (sources is not None and "dumps" in sources)


@given(letters)
def test_the_same_batch_again_has_nothing_to_announce(names: list[str]) -> None:
    papers = [paper(name) for name in names]
    first = diff(papers, {}, source="dumps")
    store = {
        finding.title_key: KnownPaper(
            paper_id=number, title_key=finding.title_key, sources=frozenset(["dumps"])
        )
        for number, finding in enumerate(first.findings)
    }
    second = diff(papers, store, source="dumps")
    assert all(finding.kind is None for finding in second.findings)
    assert second.repeats == first.repeats


def arxiv(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="arxiv", value=value),)


def seen(paper_id: int, title: str, *sources: str, **facts: Any) -> KnownPaper:
    return KnownPaper(
        paper_id=paper_id,
        title_key=title_key(title),
        title=title,
        sources=frozenset(sources or ("feed",)),
        identifiers=frozenset(facts.pop("identifiers", ())),
        **facts,
    )


def against(shown: Paper, *records: KnownPaper) -> IdentifiedPaper:
    (finding,) = diff([shown], dict(enumerate(records)), source="dumps").findings
    return finding


def test_the_identifier_is_stronger_than_the_title() -> None:
    old = seen(1, "Old Name", identifiers=arxiv("A"))
    new = seen(2, "New Name", identifiers=arxiv("B"))
    finding = against(paper("New Name", identifiers=arxiv("A")), old, new)
    assert (finding.paper_id, finding.kind, finding.merged) == (1, AnnouncementKind.LISTED, ())


def test_two_arxiv_ids_are_two_papers_even_with_one_title_and_one_doi() -> None:
    work = (Identifier(scheme="doi", value="10.1000/x"),)
    record = seen(1, "A Study", identifiers=arxiv("A") + work)
    finding = against(paper("A Study", identifiers=arxiv("B") + work), record)
    assert (finding.paper_id, finding.kind) == (None, AnnouncementKind.NEW)


def doi(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="doi", value=value),)


def test_one_title_with_two_publishers_dois_is_two_papers() -> None:
    record = seen(1, "Editorial", identifiers=doi("10.1000/x"))
    finding = against(paper("Editorial", identifiers=doi("10.1000/y")), record)
    assert (finding.paper_id, finding.kind) == (None, AnnouncementKind.NEW)


def test_a_preprint_and_its_journal_version_are_one_paper() -> None:
    record = seen(1, "A Study", identifiers=doi("10.48550/arxiv.2605.00001"))
    finding = against(paper("A Study", identifiers=doi("10.1000/y")), record)
    assert (finding.paper_id, finding.kind) == (1, AnnouncementKind.LISTED)


def test_a_title_of_two_papers_means_the_one_sighted_last() -> None:
    records = [
        seen(1, "A Study", identifiers=arxiv("A"), sighted=9),
        seen(2, "A Study", identifiers=arxiv("B"), sighted=8),
    ]
    assert against(paper("A Study"), *records).paper_id == 1


def test_two_records_of_one_paper_are_merged_and_the_older_stays() -> None:
    older, younger = seen(1, "Name in a Dump"), seen(2, "Other Words", identifiers=arxiv("A"))
    finding = against(paper("Name in a Dump", identifiers=arxiv("A")), older, younger)
    assert (finding.paper_id, finding.kind) == (1, AnnouncementKind.LISTED)
    (merged,) = finding.merged
    assert merged.paper_id == 2
    assert merged.reason == "arxiv:A was shown with the title of the other record"


def test_a_merged_record_is_not_merged_again_by_its_old_title() -> None:
    older, younger = seen(1, "Name in a Dump"), seen(2, "Other Words", identifiers=arxiv("A"))
    papers = [
        paper("Name in a Dump", identifiers=arxiv("A")),
        paper("Other Words", identifiers=arxiv("A")),
    ]
    result = diff(papers, dict(enumerate([older, younger])), source="dumps")
    assert [item.paper_id for finding in result.findings for item in finding.merged] == [2]


def test_a_later_paper_of_a_batch_can_show_that_two_earlier_ones_are_one() -> None:
    papers = [
        paper("Name in a Dump"),
        paper("Other Words", identifiers=arxiv("A")),
        paper("Name in a Dump", identifiers=arxiv("A")),
    ]
    result = diff(papers, {}, source="dumps")
    (finding,) = result.findings
    assert (finding.kind, finding.paper_id, result.repeats) == (AnnouncementKind.NEW, None, 2)
    assert (finding.title_key, finding.other_keys) == ("nameinadump", ("otherwords",))
    assert finding.paper.identifiers == arxiv("A")


def test_a_paper_that_a_later_one_identifies_as_stored_is_not_new() -> None:
    known_one = seen(5, "Other Words", identifiers=arxiv("A"))
    papers = [paper("Name in a Dump"), paper("Name in a Dump", identifiers=arxiv("A"))]
    (finding,) = diff(papers, {5: known_one}, source="dumps").findings
    assert (finding.kind, finding.paper_id) == (AnnouncementKind.LISTED, 5)
    (finding,) = diff(papers, {5: known_one}, source="feed").findings
    assert (finding.kind, finding.paper_id) == (None, 5)


@pytest.mark.parametrize(
    "version, stored_version, notice, expected",
    [
        (2, 1, None, AnnouncementKind.REVISED),
        (2, 1, AnnouncementKind.REVISED, AnnouncementKind.REVISED),
        (2, 2, AnnouncementKind.REVISED, None),
        (1, 2, None, None),
        (2, None, None, None),
        (2, None, AnnouncementKind.REVISED, AnnouncementKind.REVISED),
    ],
)
def test_a_paper_is_revised_when_its_version_is_greater_or_its_source_says_so(
    version: int,
    stored_version: int | None,
    notice: AnnouncementKind | None,
    expected: AnnouncementKind | None,
) -> None:
    record = seen(1, "A Study", "dumps", identifiers=arxiv("A"), version=stored_version)
    shown = paper("A Study", identifiers=arxiv("A"), version=version, notice=notice)
    assert against(shown, record).kind is expected


def test_a_source_without_versions_revises_by_date_or_by_text() -> None:
    record = seen(1, "A Study", "dumps", abstract="We study.", updated=date(2026, 5, 1))
    revised = paper("A Study", "We study.", notice=AnnouncementKind.REVISED)
    assert against(revised, record).kind is None
    assert (
        against(replace(revised, abstract="We study more."), record).kind
        is AnnouncementKind.REVISED
    )
    assert against(replace(revised, updated=date(2026, 5, 1)), record).kind is None
    assert (
        against(replace(revised, updated=date(2026, 5, 2)), record).kind is AnnouncementKind.REVISED
    )


def test_other_text_votes_and_dates_are_no_revision_unless_the_source_says_so() -> None:
    record = seen(1, "A Study", "dumps", abstract="We $\\times$ study.")
    shown = paper("A Study", "We times study.", votes=99, updated=date(2030, 1, 1))
    assert against(shown, record).kind is None


def test_a_paper_is_withdrawn_once_and_not_listed_afterwards() -> None:
    shown = paper("A Study", notice=AnnouncementKind.WITHDRAWN)
    assert against(shown, seen(1, "A Study", "dumps")).kind is AnnouncementKind.WITHDRAWN
    assert against(shown, seen(1, "A Study", "dumps", withdrawn=True)).kind is None
    assert against(paper("A Study"), seen(1, "A Study", "feed", withdrawn=True)).kind is None


def test_an_unknown_paper_that_its_source_calls_revised_or_withdrawn_is_not_new() -> None:
    assert against(paper("A", notice=AnnouncementKind.REVISED)).kind is AnnouncementKind.REVISED
    assert against(paper("A", notice=AnnouncementKind.WITHDRAWN)).kind is None
    assert against(paper("A", notice=AnnouncementKind.LISTED)).kind is AnnouncementKind.NEW


RETITLED = "Efficient Scaling of Sparse Attention for Very Long Documents"
OPENING = "We present a method that reads long documents with sparse attention at low cost. " * 3


def test_a_retitled_paper_is_recognised_by_its_title_and_abstract_together() -> None:
    record = seen(1, RETITLED, abstract=OPENING, identifiers=arxiv("A"))
    finding = against(paper(RETITLED.replace("Efficient ", ""), OPENING + "More."), record)
    assert (finding.paper_id, finding.kind) == (1, AnnouncementKind.LISTED)
    assert "is like" in finding.merged[0].reason


@pytest.mark.parametrize(
    "shown",
    [
        paper(RETITLED.replace("Efficient ", ""), "Something else altogether, about proteins."),
        paper(RETITLED.replace("Efficient ", ""), OPENING, identifiers=arxiv("B")),
        paper(RETITLED + " 2", OPENING),
        paper("Efficient Proteins", OPENING),
    ],
)
def test_a_similar_title_without_other_evidence_does_not_identify_a_paper(shown: Paper) -> None:
    record = seen(1, RETITLED, abstract=OPENING, identifiers=arxiv("A"))
    assert against(shown, record).kind is AnnouncementKind.NEW


def test_a_similar_title_of_an_old_paper_does_not_identify_a_paper() -> None:
    record = seen(1, RETITLED, abstract=OPENING, recent=False)
    assert (
        against(paper(RETITLED.replace("Efficient ", ""), OPENING), record).kind
        is AnnouncementKind.NEW
    )


class Memory:
    """An in-memory store that keeps what `diff` needs to know about earlier batches."""

    def __init__(self) -> None:
        self.known: dict[int, KnownPaper] = {}
        self.batches = 0

    def collect(self, papers: Sequence[Paper], source: str) -> BatchDiff:
        result = diff(papers, self.known, source=source)
        self.batches += 1
        for finding in result.findings:
            number = finding.paper_id if finding.paper_id is not None else len(self.known) + 1
            old = self.known.get(number)
            self.known[number] = KnownPaper(
                paper_id=number,
                title_key=finding.title_key,
                sources=(old.sources if old else frozenset()) | {source},
                other_keys=frozenset(finding.other_keys) | (old.other_keys if old else set()),
                identifiers=frozenset(finding.paper.identifiers)
                | (old.identifiers if old else set()),
                sighted=self.batches,
            )
        return result


truths = st.integers(0, 5)
sightings = st.lists(
    st.tuples(st.sampled_from(["dumps", "arxiv", "hf"]), st.lists(truths, max_size=6)), max_size=6
)


def shown(truth: int, source: str) -> Paper:
    """Papers 4 and 5 have one title and two ids, so they look the same in a dump."""
    title = f"Paper {'ABCDEE'[truth]}"
    if source == "dumps":
        return paper(title.upper())
    return paper(title, identifiers=arxiv(str(truth)))


@given(sightings, st.integers(1, 4))
def test_announcements_do_not_depend_on_the_division_into_batches(
    days: list[tuple[str, list[int]]], size: int
) -> None:
    logs = []
    for cut in (100, size):
        memory, log = Memory(), []
        for source, truths_shown in days:
            papers = [shown(truth, source) for truth in truths_shown]
            for start in range(0, len(papers), cut):
                result = memory.collect(papers[start : start + cut], source)
                log += [
                    (finding.kind, finding.title_key, source)
                    for finding in result.findings
                    if finding.kind
                ]
        logs.append(log)
        for record in memory.known.values():
            assert len(record.identifiers) <= 1
        new = [key for kind, key, _ in log if kind is AnnouncementKind.NEW]
        assert all(new.count(key) <= (2 if key == "papere" else 1) for key in new)
    # A title without identifier means the paper that was sighted last: this depends on the batches.
    whole, divided = ([item for item in log if item[1] != "papere"] for log in logs)
    assert whole == divided


@pytest.mark.parametrize("first", ["dump", "arxiv"])
def test_of_two_papers_of_a_batch_the_one_with_its_own_identifier_gives_the_title(
    first: str,
) -> None:
    dump = paper("A Study of Zcdot", "short", votes=9)
    listing = paper("A Study of Z cdot", "whole", identifiers=arxiv("A"), version=1)
    papers = [dump, listing] if first == "dump" else [listing, dump]
    (finding,) = diff(papers, {}, source="dumps").findings
    assert (finding.paper.title, finding.paper.abstract) == ("A Study of Z cdot", "whole")
