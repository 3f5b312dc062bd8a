from datetime import date
from typing import Any

import pytest
from support.builders import paper

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.identity.similarity import opening_similarity
from digest.core.identity.title_evidence import TitledPaper, TitleVerdict, judge_title
from digest.core.models.matching import KnownPaper
from digest.core.models.papers import AnnouncementKind, Identifier, Paper

OWLS = "Owls hunt at night; we followed forty of them through the northern forests of Karelia. " * 5
BANKS = "Central banks set interest rates, which we model by a jump process with memory. " * 5
YEAR = date(2026, 5, 1)


def described(**fields: Any) -> TitledPaper:
    usual: dict[str, Any] = {"identifiers": (), "authors": (), "abstract": "", "published": None}
    return TitledPaper(**(usual | fields))


def guid(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="guid", value=value),)


def verdict(one: TitledPaper, other: TitledPaper, *listed: Identifier) -> TitleVerdict:
    return judge_title(one, other, listed=listed)


def test_nothing_known_is_no_contradiction() -> None:
    assert verdict(described(), described()) is TitleVerdict.UNKNOWN
    full = described(authors=("Ada Lovelace",), abstract=OWLS, published=YEAR)
    assert verdict(described(), full) is TitleVerdict.UNKNOWN
    assert verdict(full, described()) is TitleVerdict.UNKNOWN


@pytest.mark.parametrize(
    "one, other",
    [
        (("Ada B. Lovelace",), ("Lovelace, A.",)),
        (("Ada Lovelace", "Bob Stone"), ("A Lovelace",)),
        (("José Núñez",), ("Jose Nunez",)),
        (("Jean-Pierre Serre", "X Y"), ("J Serre", "Zoe Young")),
        (("A Adams", "B Brown", "C Clark", "D Dunn"), ("B Brown", "C Clark")),
    ],
)
def test_shared_authors_confirm_a_title_whatever_else_differs(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first = described(authors=one, abstract=OWLS, published=date(2020, 1, 1))
    second = described(authors=other, abstract=BANKS, published=YEAR)
    assert verdict(first, second) is TitleVerdict.CONFIRMED
    assert verdict(second, first) is TitleVerdict.CONFIRMED


@pytest.mark.parametrize(
    "one, other, expected",
    [
        (("Wei Wang",), ("Lei Wang",), TitleVerdict.UNKNOWN),
        (("Wei Wang",), ("Ada Lovelace",), TitleVerdict.CONTRADICTED),
        (("A A",), ("B B",), TitleVerdict.UNKNOWN),
        (("A Lovelace",), ("A Adams",), TitleVerdict.CONTRADICTED),
        (
            ("Ada Lovelace", "Bob Stone", "Cy Clark"),
            ("Ada Lovelace", "Eve Hill", "Flo Dunn"),
            TitleVerdict.UNKNOWN,
        ),
    ],
)
def test_authors_contradict_only_if_no_part_of_a_name_is_shared(
    one: tuple[str, ...], other: tuple[str, ...], expected: TitleVerdict
) -> None:
    assert verdict(described(authors=one), described(authors=other)) is expected


def test_abstracts_that_begin_alike_confirm_a_title_of_unlike_authors() -> None:
    first = described(authors=("Ada Lovelace",), abstract=OWLS)
    second = described(authors=("Чарльз Бэббидж",), abstract=OWLS + "More.")
    assert verdict(first, second) is TitleVerdict.CONFIRMED


def test_a_standard_phrase_as_abstract_confirms_nothing() -> None:
    first = described(authors=("Ada Lovelace",), abstract="Editorial of this issue.")
    second = described(authors=("Bob Stone",), abstract="Editorial of this issue.")
    assert verdict(first, second) is TitleVerdict.CONTRADICTED


def test_different_abstracts_contradict_only_if_both_are_whole() -> None:
    assert verdict(described(abstract=OWLS), described(abstract=BANKS)) is TitleVerdict.CONTRADICTED
    short = described(abstract=BANKS[:299])
    assert verdict(described(abstract=OWLS), short) is TitleVerdict.UNKNOWN
    assert verdict(short, described(abstract=OWLS)) is TitleVerdict.UNKNOWN
    enough = described(abstract=BANKS[:300])
    assert verdict(described(abstract=OWLS), enough) is TitleVerdict.CONTRADICTED


def test_abstracts_that_are_neither_alike_nor_different_decide_nothing() -> None:
    mixed = OWLS[:40] + BANKS
    assert 0.2 <= opening_similarity(OWLS, mixed) < 0.3
    assert verdict(described(abstract=OWLS), described(abstract=mixed)) is TitleVerdict.UNKNOWN


@pytest.mark.parametrize(
    "length, expected",
    [(99, TitleVerdict.CONTRADICTED), (100, TitleVerdict.CONFIRMED)],
)
def test_an_abstract_of_a_hundred_characters_is_more_than_a_phrase(
    length: int, expected: TitleVerdict
) -> None:
    short = described(authors=("Ada Lovelace",), abstract=OWLS[:length])
    other = described(authors=("Bob Stone",), abstract=OWLS[:length])
    assert verdict(short, other) is expected


@pytest.mark.parametrize(
    "day, expected",
    [
        (date(2025, 5, 1), TitleVerdict.UNKNOWN),
        (date(2025, 4, 30), TitleVerdict.CONTRADICTED),
        (date(2027, 5, 2), TitleVerdict.CONTRADICTED),
    ],
)
def test_dates_more_than_a_year_apart_contradict(day: date, expected: TitleVerdict) -> None:
    assert verdict(described(published=YEAR), described(published=day)) is expected


def test_another_entry_id_contradicts_only_if_both_are_listed_or_dated_apart() -> None:
    one, other = guid("blog:1"), guid("blog:2")
    new, old = described(identifiers=one), described(identifiers=other)
    assert verdict(new, old, *one) is TitleVerdict.UNKNOWN  # the site may have moved
    assert verdict(new, old, *one, *other) is TitleVerdict.CONTRADICTED
    assert verdict(new, described(identifiers=guid("news:2")), *one, *guid("news:2")) is (
        TitleVerdict.UNKNOWN
    )
    near, far = date(2026, 5, 8), date(2026, 5, 9)
    dated = described(identifiers=one, published=YEAR)
    assert verdict(dated, described(identifiers=other, published=near)) is TitleVerdict.UNKNOWN
    assert verdict(dated, described(identifiers=other, published=far)) is TitleVerdict.CONTRADICTED


def test_only_the_entry_id_of_the_record_shows_that_both_entries_are_listed() -> None:
    work = Identifier(scheme="doi", value="10.1000/x")
    known = described(identifiers=(*guid("blog:2"), work))
    new = described(identifiers=guid("blog:1"))
    assert verdict(new, known, *guid("blog:1"), work) is TitleVerdict.UNKNOWN


def test_different_ids_of_another_registry_contradict() -> None:
    def ids(*values: str) -> TitledPaper:
        return described(identifiers=[Identifier(scheme="pmid", value=item) for item in values])

    assert verdict(ids("1"), ids("2")) is TitleVerdict.CONTRADICTED
    assert verdict(ids("1"), ids("1", "2")) is TitleVerdict.UNKNOWN
    archive = [Identifier(scheme="doi", value=f"10.5281/{item}") for item in "ab"]
    first, second = (described(identifiers=[item]) for item in archive)
    assert verdict(first, second) is TitleVerdict.UNKNOWN  # each version of a record has its own


EDITORIALS = [
    paper(
        "Editorial",
        OWLS,
        identifiers=guid("journal:1"),
        authors=("Ada Lovelace",),
        published=date(2026, 4, 1),
    ),
    paper(
        "Editorial",
        BANKS,
        identifiers=guid("journal:2"),
        authors=("Bob Stone",),
        published=date(2026, 5, 1),
    ),
]


def test_two_entries_of_one_feed_with_one_title_are_two_new_papers() -> None:
    findings = diff(EDITORIALS, {}, source="journal").findings
    assert [item.kind for item in findings] == [AnnouncementKind.NEW, AnnouncementKind.NEW]


def test_a_second_paper_with_the_title_of_a_stored_one_is_new() -> None:
    first, second = EDITORIALS
    (finding,) = diff([second], {1: stored(first)}, source="journal").findings
    assert (finding.kind, finding.paper_id) == (AnnouncementKind.NEW, None)


def test_a_title_alone_means_the_stored_paper_that_nothing_contradicts() -> None:
    first, second = EDITORIALS
    known = {1: stored(first, sighted=9), 2: stored(second, paper_id=2, sighted=3)}
    (finding,) = diff([paper("Editorial", BANKS)], known, source="dumps").findings
    assert finding.paper_id == 2
    shown = paper("Editorial", "Short.", authors=("B. Stone", "Eve Hill"))
    (finding,) = diff([shown], known, source="dumps").findings
    assert finding.paper_id == 2


def test_the_abstract_of_an_older_paper_is_not_compared_because_it_may_be_pruned() -> None:
    old = stored(paper("A Study", OWLS), recent=False)
    (finding,) = diff([paper("A Study", BANKS)], {1: old}, source="feed").findings
    assert finding.kind is not AnnouncementKind.NEW
    new = stored(paper("A Study", OWLS), recent=True)
    (finding,) = diff([paper("A Study", BANKS)], {1: new}, source="feed").findings
    assert finding.kind is AnnouncementKind.NEW


def stored(item: Paper, paper_id: int = 1, **fields: Any) -> KnownPaper:
    return KnownPaper(
        paper_id=paper_id,
        title_key=title_key(item.title),
        title=item.title,
        abstract=item.abstract,
        authors=item.authors,
        published=item.published,
        identifiers=frozenset(item.identifiers),
        sources=frozenset(["journal"]),
        **fields,
    )
