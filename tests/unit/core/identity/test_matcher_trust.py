"""What a source may do to the record of another one, decided while a batch is compared."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from support.builders import paper

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.identity.precedence import (
    DUMP,
    MENTION,
    NAMED,
    OWNER,
    as_mention,
    may_change,
    merge_metadata,
    source_priority,
)
from digest.core.identity.title_evidence import TitleVerdict, judge_title
from digest.core.models.matching import BatchDiff, IdentifiedPaper, KnownPaper
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.models.trust import FULL_TRUST, MENTION_ONLY, SourceTrust, TrustLevel

ARXIV = SourceTrust(level=TrustLevel.OWNER, owns=("arxiv",))
AGGREGATOR = SourceTrust(level=TrustLevel.AGGREGATOR)
JOURNAL = SourceTrust(level=TrustLevel.OWNER, owns=("doi:10.1000/",))

OWLS = "Owls hunt at night; we followed forty of them through the northern forests of Karelia. " * 5
BANKS = "Central banks set interest rates, which we model by a jump process with memory. " * 5


def arxiv(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="arxiv", value=value),)


def doi(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="doi", value=value),)


def guid(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="guid", value=value),)


def record(paper_id: int, title: str, **fields: Any) -> KnownPaper:
    usual: dict[str, Any] = {"sources": frozenset(["arxiv"]), "held_by": "arxiv"}
    usual["held_with"] = OWNER
    fields["identifiers"] = frozenset(fields.get("identifiers", ()))
    return KnownPaper(
        paper_id=paper_id, title_key=title_key(title), title=title, **(usual | fields)
    )


def compared(
    shown: Iterable[Paper], *known: KnownPaper, source: str = "feed", trust: SourceTrust
) -> BatchDiff:
    return diff([*shown], dict(enumerate(known)), source=source, trust=trust)


def one(shown: Paper, *known: KnownPaper, **fields: Any) -> IdentifiedPaper:
    (finding,) = compared([shown], *known, **fields).findings
    return finding


# Priorities


@pytest.mark.parametrize(
    "identifiers, known, trust, expected",
    [
        ((), (), FULL_TRUST, DUMP),
        ((), arxiv("A"), ARXIV, DUMP),
        ((), (), MENTION_ONLY, MENTION),
        (arxiv("A"), (), MENTION_ONLY, MENTION),
        (arxiv("A"), (), AGGREGATOR, NAMED),
        (arxiv("A"), (), ARXIV, OWNER),
        (arxiv("A"), (), JOURNAL, NAMED),
        (doi("10.1000/x"), (), JOURNAL, OWNER),
        (doi("10.1000/x"), arxiv("A"), JOURNAL, NAMED),
        (doi("10.1000/x"), arxiv("A"), ARXIV, OWNER),
        (doi("10.10001/x"), (), JOURNAL, NAMED),
        (arxiv("A"), (), FULL_TRUST, NAMED),
    ],
)
def test_the_owner_of_the_strongest_identifier_has_the_highest_priority(
    identifiers: tuple[Identifier, ...],
    known: tuple[Identifier, ...],
    trust: SourceTrust,
    expected: int,
) -> None:
    assert source_priority(paper(identifiers=identifiers), trust, known) == expected


def test_in_a_file_of_the_operator_version_or_categories_show_that_the_data_is_arxivs() -> None:
    for fields in ({"version": 1}, {"categories": ("cs.CL",)}):
        shown = paper(identifiers=arxiv("A"), **fields)
        assert source_priority(shown, FULL_TRUST) == OWNER
        work = paper(identifiers=doi("10.1000/x"), **fields)
        assert source_priority(work, FULL_TRUST) == NAMED


def test_an_aggregator_owns_nothing_even_if_its_table_says_so() -> None:
    trust = SourceTrust(level=TrustLevel.AGGREGATOR, owns=("arxiv",))
    assert not trust.is_owner_of(*arxiv("A"))
    assert ARXIV.is_owner_of(*arxiv("A"))
    assert not ARXIV.is_owner_of(Identifier(scheme="arxivx", value="A"))


@pytest.mark.parametrize(
    "priority, held_with, expected",
    [
        (NAMED, NAMED, True),
        (DUMP, DUMP, True),
        (MENTION, MENTION, False),
        (NAMED, OWNER, False),
        (OWNER, NAMED, True),
        (DUMP, MENTION, True),
        (MENTION, DUMP, False),
    ],
)
def test_equal_priority_is_enough_except_for_mentions(
    priority: int, held_with: int, expected: object
) -> None:
    changes = may_change(priority, "feed", held_by="other", held_with=held_with)
    assert changes is expected
    own = may_change(priority, "feed", held_by="feed", held_with=held_with)
    assert own is (expected is True or held_with < OWNER)


FULL = paper(
    "A Study",
    "We study.",
    identifiers=doi("10.1000/x") + guid("feed:1"),
    categories=("x",),
    summary="Short.",
    version=9,
    updated=date(2026, 5, 1),
    notice=AnnouncementKind.REVISED,
)


def test_a_mention_keeps_of_its_identifiers_only_the_one_of_its_own_feed() -> None:
    shown = as_mention(FULL, held_with=OWNER)
    assert (shown.abstract, shown.summary) == ("", "")
    assert (shown.version, shown.updated, shown.notice) == (None, None, None)
    assert (shown.identifiers, shown.categories) == (guid("feed:1"), ())
    weak = as_mention(FULL, held_with=NAMED)
    assert (weak.abstract, weak.summary) == ("We study.", "Short.")


def test_the_version_and_the_links_of_the_stronger_source_count() -> None:
    page = PaperLink(rel="abstract", url="https://a.example")
    other = PaperLink(rel="abstract", url="https://b.example")
    weak = paper(version=9, updated=date(2026, 5, 9), links=(page,))
    strong = paper(version=1, updated=date(2026, 5, 1), links=(other,))
    taken = merge_metadata(weak, strong, replaces=True, outranks=True)
    assert (taken.version, taken.updated) == (1, date(2026, 5, 1))
    assert taken.links == (other, page)
    equal = merge_metadata(weak, strong, replaces=True)
    assert (equal.version, equal.updated) == (9, date(2026, 5, 9))
    assert merge_metadata(weak, strong, replaces=False).links == (page, other)
    bare = merge_metadata(paper(), paper(), replaces=False)
    assert (bare.version, bare.updated) == (None, None)


# Sightings


def test_a_mention_is_listed_once_and_changes_no_name() -> None:
    known = record(1, "A Study", identifiers=arxiv("A"), version=1)
    shown = paper("Watches", identifiers=arxiv("A") + guid("feed:1"), version=999)
    finding = one(shown, known, trust=MENTION_ONLY)
    assert (finding.kind, finding.paper_id) == (AnnouncementKind.LISTED, 1)
    assert (finding.title_key, finding.paper.version) == ("astudy", None)
    assert finding.paper.identifiers == guid("feed:1")
    again = replace(known, sources=frozenset(["arxiv", "feed"]))
    assert one(shown, again, trust=MENTION_ONLY).kind is None


def test_an_aggregator_adds_its_title_and_no_version() -> None:
    known = record(1, "A Study", identifiers=arxiv("A"), version=1)
    shown = paper("A Longer Study", identifiers=arxiv("A"), version=999)
    finding = one(shown, known, trust=AGGREGATOR)
    assert (finding.kind, finding.title_key) == (AnnouncementKind.LISTED, "alongerstudy")
    assert (finding.paper.version, finding.paper.identifiers) == (None, arxiv("A"))


def test_within_one_batch_a_mention_leads_no_other_entry_to_a_record() -> None:
    known = record(1, "A Study", identifiers=arxiv("A"))
    papers = [paper("Mice in Snow", identifiers=arxiv("A")), paper("Mice in Snow", BANKS)]
    findings = compared(papers, known, trust=MENTION_ONLY).findings
    assert [item.paper_id for item in findings] == [1, None]


def test_a_mention_by_a_similar_title_adds_no_title() -> None:
    title = "Sparse Attention for Very Long Documents of Any Kind"
    known = record(1, title, abstract=OWLS)
    finding = one(paper(f"{title} Explained", OWLS), known, trust=MENTION_ONLY)
    assert (finding.paper_id, finding.title_key) == (1, title_key(title))


@pytest.mark.parametrize("version, expected", [(2, True), (3, False), (4, True)])
def test_a_replacement_by_a_stronger_source_is_a_revision_unless_its_version_was_shown(
    version: int, expected: object
) -> None:
    known = record(1, "A Study", identifiers=arxiv("A"), version=3, held_by="hf", held_with=NAMED)
    shown = paper("A Study", identifiers=arxiv("A"), version=version)
    called = replace(shown, notice=AnnouncementKind.REVISED)
    finding = one(called, known, source="arxiv", trust=ARXIV)
    assert (finding.kind is AnnouncementKind.REVISED) is expected
    uncalled = one(shown, known, source="arxiv", trust=ARXIV)
    assert (uncalled.kind is AnnouncementKind.REVISED) is (version > 3)
    owned = replace(known, held_with=OWNER)
    finding = one(called, owned, source="arxiv-2", trust=ARXIV)
    assert (finding.kind is AnnouncementKind.REVISED) is (version > 3)


def test_after_a_stronger_source_in_a_batch_its_version_counts() -> None:
    known = record(
        1, "A Study", identifiers=arxiv("A"), version=999, held_by="x", held_with=MENTION
    )
    first = paper("A Study", identifiers=arxiv("A"), version=1)
    second = replace(first, version=2)
    (finding,) = compared([first, second], known, source="arxiv", trust=ARXIV).findings
    assert finding.paper.version == 2
    assert finding.kind is AnnouncementKind.REVISED


# Merges


def test_a_mention_merges_only_records_that_it_holds() -> None:
    both = paper("Second", identifiers=arxiv("A"))
    strangers = (
        record(1, "First", identifiers=arxiv("A"), held_by="hf", held_with=NAMED),
        record(2, "Second", held_by="feed", held_with=MENTION),
    )
    assert one(both, *strangers, trust=MENTION_ONLY).merged == ()
    assert one(both, *strangers, trust=AGGREGATOR).merged != ()
    own = (replace(strangers[0], held_by="feed", held_with=MENTION), strangers[1])
    assert one(both, *own, trust=MENTION_ONLY).merged != ()


def test_a_merged_record_keeps_what_the_stronger_source_said() -> None:
    weak = record(1, "Second", version=999, held_by="x", held_with=MENTION)
    strong = record(2, "First", identifiers=arxiv("A"), version=1)
    shown = paper("Second", identifiers=arxiv("A"))
    for records in ((weak, strong), (replace(weak, paper_id=3), strong)):
        papers = [shown, paper("Second", identifiers=arxiv("A"), version=2)]
        (finding,) = compared(papers, *records, source="arxiv", trust=ARXIV).findings
        assert finding.kind is AnnouncementKind.REVISED
        assert finding.paper_id == min(item.paper_id for item in records)


def test_of_two_equally_strong_merged_records_the_later_version_counts() -> None:
    for low, high in ((1, 5), (5, 1)):
        listed = frozenset(["hf"])
        first = record(1, "Second", version=low, held_with=NAMED, sources=listed)
        second = record(2, "First", identifiers=arxiv("A"), version=high, held_with=NAMED)
        papers = [
            paper("Second", identifiers=arxiv("A")),
            paper("Second", identifiers=arxiv("A"), version=5),
        ]
        (finding,) = compared(papers, first, second, source="hf", trust=AGGREGATOR).findings
        assert finding.kind is None


def test_a_record_merged_with_a_withdrawn_one_is_not_listed() -> None:
    live = record(1, "Second")
    gone = record(2, "First", identifiers=arxiv("A"), withdrawn=True)
    both = paper("Second", identifiers=arxiv("A"))
    finding = one(both, live, gone, source="hf", trust=AGGREGATOR)
    assert (finding.paper_id, len(finding.merged), finding.kind) == (1, 1, None)


def test_a_record_merged_with_one_that_the_source_listed_is_not_listed_again() -> None:
    records = (
        record(1, "Second"),
        record(2, "First", identifiers=arxiv("A"), sources=frozenset(["hf"])),
    )
    both = paper("Second", identifiers=arxiv("A"))
    assert one(both, *records, source="hf", trust=AGGREGATOR).kind is None


def test_after_a_merge_every_title_leads_to_the_record_that_stays() -> None:
    live = record(1, "Second")
    other = record(
        2, "First", identifiers=arxiv("A"), other_keys=frozenset(["thirdname"]), abstract=OWLS
    )
    papers = [paper("Second", identifiers=arxiv("A")), paper("Third Name"), paper("First")]
    (finding,) = compared(papers, live, other, source="hf", trust=AGGREGATOR).findings
    assert finding.paper_id == 1


def test_an_identifier_stays_with_the_record_that_contradicts_the_other_one() -> None:
    records = (
        record(1, "First", identifiers=arxiv("A")),
        record(2, "Second", identifiers=arxiv("B") + doi("10.1000/x")),
    )
    both = paper("First", identifiers=arxiv("A") + doi("10.1000/x"))
    finding = one(both, *records, source="hf", trust=AGGREGATOR)
    assert (finding.paper_id, finding.merged, finding.claimed) == (1, (), ())


def test_after_a_merge_the_identifiers_of_both_records_count() -> None:
    records = (
        record(1, "Second"),
        record(2, "First", identifiers=arxiv("A") + doi("10.1000/x")),
    )
    papers = [
        paper("Something Else", BANKS),
        paper("Second", identifiers=doi("10.1000/x")),
        paper("Second", identifiers=arxiv("B")),
    ]
    findings = compared(papers, *records, source="hf", trust=AGGREGATOR).findings
    assert [(item.paper.title, item.paper_id) for item in findings] == [
        ("Something Else", None),
        ("Second", 1),
        ("Second", None),
    ]


# Identifiers that another record has wrongly


def captured(**fields: Any) -> KnownPaper:
    usual = {"identifiers": arxiv("A"), "held_by": "feed", "held_with": MENTION, "abstract": "Buy."}
    return record(1, "Cheap watches", sources=frozenset(["feed"]), **(usual | fields))


TRUE = paper("A Study of Owls", OWLS, identifiers=arxiv("A"), authors=("Ada",))


def test_the_owner_gets_its_identifier_from_a_record_with_another_text() -> None:
    for trust in (ARXIV, AGGREGATOR):
        finding = one(TRUE, captured(), source="arxiv", trust=trust)
        assert (finding.kind, finding.paper_id) == (AnnouncementKind.NEW, None)
        assert finding.claimed == arxiv("A")


@pytest.mark.parametrize(
    "fields",
    [
        {"other_keys": frozenset(["astudyofowls"])},
        {"abstract": OWLS},
        {"abstract": "", "authors": ("Ada",)},
        {"held_with": DUMP},
        {"held_by": "arxiv"},
    ],
)
def test_a_record_that_may_be_the_paper_keeps_the_identifier(fields: dict[str, Any]) -> None:
    finding = one(TRUE, captured(**fields), source="arxiv", trust=ARXIV)
    assert (finding.paper_id, finding.claimed) == (1, ())


def test_a_mention_takes_no_identifier() -> None:
    finding = one(TRUE, captured(), source="other", trust=MENTION_ONLY)
    assert (finding.paper_id, finding.claimed) == (1, ())


def test_the_owners_paper_is_found_by_the_claimed_identifier_in_the_same_batch() -> None:
    again = replace(TRUE, title="Owls at Night")
    (finding,) = compared([TRUE, again], captured(), source="arxiv", trust=ARXIV).findings
    assert (finding.paper_id, finding.claimed) == (None, arxiv("A"))


def test_a_title_at_the_limit_of_likeness_keeps_the_identifier() -> None:
    known = replace(captured(), title="owls night forest a b c d")
    like = replace(TRUE, title="owls night forest e f g")  # three words of ten
    assert one(like, known, source="arxiv", trust=ARXIV).paper_id == 1
    unlike = replace(TRUE, title="owls night forest e f g h")
    assert one(unlike, known, source="arxiv", trust=ARXIV).paper_id is None


def test_an_entry_with_the_ids_of_two_papers_absorbs_neither() -> None:
    both = paper("A Study", identifiers=arxiv("A") + doi("10.48550/arxiv.2605.00002"))
    assert both.identifiers[:1] == arxiv("A")
    second = paper("Other Words", BANKS, identifiers=arxiv("2605.00002"))
    for trust in (MENTION_ONLY, AGGREGATOR, FULL_TRUST):
        found = compared([both, second], trust=trust).findings
        assert [item.paper.title for item in found] == ["A Study", "Other Words"]
        named = replace(second, identifiers=doi("10.48550/arxiv.2605.00002"))
        assert len(compared([both, named], trust=trust).findings) == 2


# Titles of one batch


def test_in_one_batch_abstracts_separate_papers_of_one_title() -> None:
    papers = [paper("Editorial", OWLS), paper("Editorial", BANKS), paper("Editorial", OWLS + "!")]
    result = compared(papers, trust=FULL_TRUST)
    assert [item.paper.abstract for item in result.findings] == [OWLS, BANKS]
    assert result.repeats == 1


def test_in_one_batch_dates_and_authors_separate_papers_of_one_title() -> None:
    papers = [
        paper("Editorial", "", published=date(2020, 1, 1)),
        paper("Editorial", "", published=date(2026, 1, 1)),
        paper("Preface", "", authors=("Ada Lovelace",)),
        paper("Preface", "", authors=("Bob Stone",)),
    ]
    assert len(compared(papers, trust=FULL_TRUST).findings) == 4


GENE = "Gene model for the ortholog of {} in the May 2011 assembly of the fly genome. " * 5


def test_works_of_a_series_with_dois_of_one_archive_are_separate_papers() -> None:
    papers = [
        paper(
            f"Gene model for the ortholog of {name} in Drosophila erecta",
            GENE.format(*[name] * 5),
            identifiers=doi(f"10.1101/{number}"),
        )
        for number, name in enumerate(("cnk", "tgo", "akt"))
    ]
    assert len(compared(papers, trust=FULL_TRUST).findings) == 3
    journal = replace(papers[1], title=papers[1].title + "!?", identifiers=doi("10.1000/x"))
    retitled = replace(journal, title=f"A {journal.title}")
    assert len(compared([papers[0], retitled], trust=FULL_TRUST).findings) == 1
    unnamed = replace(retitled, identifiers=())
    assert len(compared([papers[0], unnamed], trust=FULL_TRUST).findings) == 1


def test_a_title_that_a_feed_shows_many_times_costs_few_comparisons_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared_with: list[int] = []

    def counted(*arguments: Any, **options: Any) -> TitleVerdict:
        compared_with.append(1)
        return judge_title(*arguments, **options)

    monkeypatch.setattr("digest.core.identity.matcher.judge_title", counted)
    size = 200
    papers = [paper("Editorial", "", identifiers=guid(f"feed:{number}")) for number in range(size)]
    known = [
        replace(record(number, "Editorial", sighted=number), identifiers=frozenset(doi("10.1/x")))
        for number in range(1, size)
    ]
    compared(papers, trust=FULL_TRUST)
    assert len(compared_with) == 10 * size - 55
    compared_with.clear()
    assert one(paper("Editorial"), *reversed(known), trust=FULL_TRUST).paper_id == size - 1
    assert len(compared_with) == 10


def test_a_revised_text_in_a_batch_is_the_one_that_is_compared() -> None:
    known = record(1, "A Study", identifiers=arxiv("A"), version=1, abstract=OWLS)
    papers = [
        paper("A Study", BANKS, identifiers=arxiv("A"), version=2),
        paper("A Study", BANKS),
        paper("A Study", OWLS),
    ]
    findings = compared(papers, known, source="arxiv", trust=ARXIV).findings
    assert [item.paper_id for item in findings] == [1, None]
    assert findings[0].kind is AnnouncementKind.REVISED
    assert findings[1].paper.abstract == OWLS


def test_an_identifier_is_stronger_than_a_contradicted_title() -> None:
    known = record(1, "A Study", identifiers=arxiv("A"), abstract=OWLS, authors=("Ada Lovelace",))
    shown = paper("A Study", BANKS, identifiers=arxiv("A"), authors=("Bob Stone",))
    assert one(shown, known, source="hf", trust=AGGREGATOR).paper_id == 1


def test_the_origin_of_an_abstract_goes_with_the_abstract() -> None:
    given, own, bare = (
        Paper(title="T", abstract="Given.", abstract_from="crossref"),
        Paper(title="T", abstract="Its own."),
        Paper(title="T"),
    )
    assert merge_metadata(given, own, replaces=True).abstract_from == ""
    assert merge_metadata(own, given, replaces=False).abstract_from == ""
    assert merge_metadata(bare, given, replaces=False).abstract_from == "crossref"
    assert merge_metadata(given, bare, replaces=True).abstract_from == "crossref"
