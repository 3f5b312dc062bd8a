"""Which record that a search returns is surely the stored paper."""

from datetime import date

import pytest

from digest.core.enrichment.matching import choose, is_distinctive
from digest.core.models.papers import AnnouncementKind, Identifier, Paper

SEEN = date(2026, 5, 11)
TITLE = "Owl Hearing in Windy Forests: A Study of Sparse Attention"
ABSTRACT = (
    "Owls find their prey by hearing, also where the wind moves every leaf of a forest. We study"
    " how sparse attention over few frequencies explains it, with recordings of 31 nights, and show"
    " that a model of two ears with 64 channels finds a mouse as fast as an owl does, if it may turn"
    " its head. All recordings are public."
)
OTHER_ABSTRACT = (
    "Compilers for quantum circuits spend most of their time on routing. A new order of the gates"
    " halves the depth of every circuit in three collections, and its cost grows with the number of"
    " gates alone. The proof uses nothing but elementary graph theory, and the program has less than"
    " a thousand lines of code, which we publish with all results."
)


def record(
    title: str = TITLE,
    abstract: str = ABSTRACT,
    *,
    arxiv: str = "2605.00001",
    doi: str = "",
    published: date | None = date(2026, 5, 8),
    authors: tuple[str, ...] = ("Ada Lovelace", "Grace Hopper"),
    notice: AnnouncementKind | None = None,
) -> Paper:
    names = [Identifier(scheme="arxiv", value=arxiv)] if arxiv else []
    names += [Identifier(scheme="doi", value=doi)] if doi else []
    return Paper(
        title=title,
        abstract=abstract,
        identifiers=tuple(names),
        authors=authors,
        published=published,
        notice=notice,
    )


def found(
    *records: Paper, title: str = TITLE, abstract: str = ABSTRACT, authors: tuple[str, ...] = ()
) -> Paper | None:
    wanted = Paper(title=title, abstract=abstract, authors=authors)
    return choose(wanted, records, seen=SEEN).paper


@pytest.mark.parametrize(
    "title",
    [
        TITLE.upper(),
        "Owl Hearing in Windy Forests - A study of sparse attention.",
        r"Owl Hearing in Windy Forests: A Study of $\mathbf{Sparse}$ Attention",
        "Owl Hearing in Windy Forests: A Study of <i>Sparse</i> Attention",
    ],
)
def test_a_title_is_recognised_in_every_spelling(title: str) -> None:
    own = record(title, abstract="")
    assert found(record("Quantum Circuits", OTHER_ABSTRACT), own, abstract="") is own


def test_a_long_title_is_enough_for_a_paper_of_about_the_same_time() -> None:
    assert found(record(abstract="", authors=())) is not None
    assert found(record(), abstract="") is not None


@pytest.mark.parametrize("published", [None, date(2024, 5, 1), date(2028, 6, 1)])
def test_without_other_evidence_a_record_of_another_time_is_not_believed(
    published: date | None,
) -> None:
    assert found(record(abstract="", published=published), abstract="") is None


def test_an_old_record_with_the_same_abstract_is_the_paper() -> None:
    assert found(record(published=date(2019, 1, 1))) is not None


def test_another_abstract_is_another_paper_whatever_the_title() -> None:
    assert found(record(abstract=OTHER_ABSTRACT)) is None


def test_other_authors_are_another_paper() -> None:
    theirs = record(abstract="", authors=("Alan Turing", "Kurt Gödel"))
    assert found(theirs, authors=("Ada Lovelace", "Grace Hopper")) is None
    assert found(theirs, authors=("A. Turing", "K. Gödel")) is theirs


@pytest.mark.parametrize("title", ["Introduction", "A Survey", "Editorial: Deep Learning", "Owls"])
def test_a_short_title_needs_the_same_abstract(title: str) -> None:
    assert not is_distinctive(title)
    assert found(record(title, abstract=""), title=title, abstract="") is None
    assert found(record(title, abstract=""), title=title) is None
    same_editor = record(title, abstract="", authors=("Ada Lovelace",))
    assert found(same_editor, title=title, abstract="", authors=("Ada Lovelace",)) is None
    assert found(record(title, OTHER_ABSTRACT), title=title) is None
    assert found(record(title), title=title) is not None


@pytest.mark.parametrize(
    "title",
    [
        "Owl Hearing in Windy Forests",
        "A Study of Sparse Attention",
        "Owl Haering in Windy Froests: A Study of Sparse Attention",
        "Owl Hearing in Forests: Studies of Sparse Attention",
    ],
)
def test_a_similar_title_needs_nearly_the_same_abstract(title: str) -> None:
    assert found(record(title)) is not None
    assert found(record(title, abstract="")) is None
    assert found(record(title), abstract="") is None
    assert found(record(title, OTHER_ABSTRACT)) is None
    # A later paper of the same authors repeats half of the beginning.
    later = ABSTRACT[:130] + OTHER_ABSTRACT[:200]
    assert found(record(title, later), authors=("Ada Lovelace", "Grace Hopper")) is None


@pytest.mark.parametrize(
    "title",
    [
        "Owl Hearing in Windy Forests II: A Study of Sparse Attention",
        "Owl Hearing in 2 Windy Forests: A Study of Sparse Attention",
        "Routing Quantum Circuits by Elementary Graph Theory",
    ],
)
def test_another_number_or_another_title_is_another_paper_even_with_the_same_abstract(
    title: str,
) -> None:
    assert found(record(title)) is None


def test_two_arxiv_ids_with_one_title_are_refused() -> None:
    first, second = record(arxiv="2605.00001"), record(arxiv="2605.00002")
    chosen = choose(Paper(title=TITLE, abstract=ABSTRACT), [first, second], seen=SEEN)
    assert chosen.paper is None
    assert "two different papers" in chosen.reason
    # The abstract tells which of the two is meant.
    assert found(first, record(abstract=OTHER_ABSTRACT, arxiv="2605.00002")) is first


def test_two_dois_of_publishers_with_one_title_are_refused() -> None:
    journal, proceedings = record(arxiv="", doi="10.1000/1"), record(arxiv="", doi="10.1145/2")
    assert found(journal, proceedings) is None
    assert found(journal, journal) is journal


def test_of_a_preprint_and_its_journal_version_the_preprint_is_taken() -> None:
    journal, preprint = record(arxiv="", doi="10.1000/1"), record()
    assert found(journal, preprint) is preprint


def test_the_record_with_this_very_title_is_meant_not_a_resubmission_under_another() -> None:
    own, again = record(), record("Owl Hearing in Windy Forests", arxiv="2605.00002")
    assert found(again, own) is own


def test_papers_of_a_series_from_one_template_are_refused() -> None:
    def of(species: str) -> tuple[str, str]:
        return f"Gene Model for the Ortholog of Myc in {species}", f"{ABSTRACT} Here: {species}."

    series = [
        record(*of(name), arxiv="", doi=f"10.17912/{name}") for name in ("simulans", "ananassae")
    ]
    title, abstract = of("erecta")
    assert found(*series, title=title, abstract=abstract) is None
    assert found(series[0], title=title, abstract=abstract) is None
    title, abstract = of("simulans")
    assert found(*series, title=title, abstract=abstract) is series[0]


def test_a_record_without_an_identifier_or_of_a_withdrawn_paper_is_no_help() -> None:
    assert found(record(arxiv="")) is None
    assert found(record(notice=AnnouncementKind.WITHDRAWN)) is None
    assert found() is None


def test_the_same_identifier_is_enough_beside_the_same_title_also_without_a_date() -> None:
    known = Paper(title="Introduction", identifiers=(Identifier(scheme="doi", value="10.1/a"),))
    same = record("Introduction", arxiv="", doi="10.1/a", published=None)
    other = record("Introduction", arxiv="", doi="10.1/b", published=None)
    assert choose(known, [other, same], seen=SEEN).paper == same
    assert choose(known, [other], seen=SEEN).paper is None
