"""Records of bioRxiv and medRxiv, with invented texts in the forms of their API."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.papers import AnnouncementKind, Identifier
from digest.sources.records.biorxiv import paper
from digest.sources.records.texts.highwire_text import highwire_text
from digest.sources.records.texts.withdrawn_titles import noticed_title, withdrawn_title


def record(**changed: Any) -> dict[str, Any]:
    return {
        "title": "A Study of {beta}-cells",
        "authors": "Example, A. B.; Sample, C.",
        "doi": "10.64898/2026.01.20.700722",
        "date": "2026-01-22",
        "version": "1",
        "type": "new results",
        "category": "Cell Biology",
        "abstract": "BackgroundWe study [&le;] 5 cells.",
        "published": "NA",
        "server": "bioRxiv",
        **changed,
    }


def test_a_record_gives_all_fields() -> None:
    found = paper(record(), server="biorxiv")
    assert found.title == "A Study of β-cells"
    assert found.abstract == "Background: We study ≤ 5 cells."
    assert found.authors == ("A. B. Example", "C. Sample")
    assert found.identifiers == (Identifier(scheme="doi", value="10.64898/2026.01.20.700722"),)
    assert found.categories == ("cell biology",)
    assert (found.published, found.updated) == (date(2026, 1, 20), date(2026, 1, 22))
    assert (found.version, found.notice) == (1, None)
    assert found.link("abstract") == (
        "https://www.biorxiv.org/content/10.64898/2026.01.20.700722v1"
    )


def test_a_single_author_is_one_name() -> None:
    assert paper(record(authors="Example, A. B."), server="biorxiv").authors == ("A. B. Example",)
    assert paper(record(authors=""), server="biorxiv").authors == ()


@pytest.mark.parametrize(
    "source, shown",
    [
        ("Sleep in mice.", "Sleep in mice"),
        ("WITHDRAWN: Sleep in mice.", "Sleep in mice"),
        ("A genome of Bacillus sp.", "A genome of Bacillus sp."),
        ("Growth of Quercus L.", "Growth of Quercus L."),
        ("Sleep, sleep...", "Sleep, sleep..."),
    ],
)
def test_a_title_has_no_full_stop(source: str, shown: str) -> None:
    assert paper(record(title=source), server="biorxiv").title == shown


def test_a_later_version_is_a_revision_also_where_only_the_days_tell_so() -> None:
    assert paper(record(version="2"), server="biorxiv").notice is AnnouncementKind.REVISED
    undated = record(date="2026-03-01")
    del undated["version"]
    assert paper(undated, server="biorxiv").notice is AnnouncementKind.REVISED


def test_a_published_preprint_has_the_doi_of_its_article_too() -> None:
    found = paper(record(published="10.1016/J.X.2026.1"), server="biorxiv")
    assert [item.value for item in found.identifiers][1] == "10.1016/j.x.2026.1"
    assert found.link("page") == "https://doi.org/10.1016/j.x.2026.1"


@pytest.mark.parametrize(
    "changed", [{"type": "WITHDRAWN"}, {"title": "WITHDRAWN: A Study of {beta}-cells"}]
)
def test_a_withdrawn_preprint_keeps_its_title(changed: dict[str, Any]) -> None:
    found = paper(record(**changed), server="biorxiv")
    assert (found.title, found.notice) == ("A Study of β-cells", AnnouncementKind.WITHDRAWN)


def test_the_record_says_which_server_it_is_from() -> None:
    found = paper(record(server="medrxiv"), server="biorxiv")
    assert (found.link("abstract") or "").startswith("https://www.medrxiv.org/")


@pytest.mark.parametrize("changed", [{"title": " "}, {"doi": "none"}, {"title": None}])
def test_a_record_without_title_or_doi_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no title|no DOI"):
        paper(record(**changed), server="biorxiv")


@pytest.mark.parametrize(
    "source, text",
    [
        ("TGF{beta}1 and {Psi}27 at 5{degrees}C {+/-} 2", "TGFβ1 and Ψ27 at 5°C ± 2"),
        ("genes such as {Snrnp70}", "genes such as {Snrnp70}"),
        ("Two points.O_LIFirst.C_LIO_LISecond.C_LI", "Two points. First. Second."),
        ('The end.\n\nGraphical Abstract\n\nO_FIG O_LINKSMALLFIG SRC="x.gif" M_FIG C_FIG', "The end."),
        ("O_ST_ABSBackgroundC_ST_ABSWe ask.", "Background: We ask."),
        ("We ask. ResultsWe found. ConclusionsAll is well.", "We ask. Results: We found. Conclusions: All is well."),
        ("Abstract Muscle is lost.", "Muscle is lost."),
        ("Summary: Genes are lost.", "Genes are lost."),
        ("Summary statistics are used.", "Summary statistics are used."),
        ("ResultsBase is a table of results.", "Results: Base is a table of results."),
    ],
)  # fmt: skip
def test_marks_of_the_typesetting_are_removed(source: str, text: str) -> None:
    assert highwire_text(source) == text


@pytest.mark.parametrize(
    "title, rest, kind",
    [
        ("WITHDRAWN: A Study", "A Study", AnnouncementKind.WITHDRAWN),
        ("WITHDRAWN:A Study", "A Study", AnnouncementKind.WITHDRAWN),
        ("RETRACTED ARTICLE: A Study", "A Study", AnnouncementKind.RETRACTED),
        ("[Retracted] A Study", "A Study", AnnouncementKind.RETRACTED),
        ("A Study (Withdrawn)", "A Study", AnnouncementKind.WITHDRAWN),
        ("Withdrawal symptoms in mice", "Withdrawal symptoms in mice", None),
        ("Removed genes and their function", "Removed genes and their function", None),
    ],
)
def test_a_mark_of_withdrawal_is_split_from_the_title(
    title: str, rest: str, kind: AnnouncementKind | None
) -> None:
    assert withdrawn_title(title) == (rest, kind)


@pytest.mark.parametrize(
    "title, about",
    [
        ("Correction to: A Study", "A Study"),
        ("Author Correction: A Study", "A Study"),
        ("Publisher's Erratum: A Study", "A Study"),
        ("Retraction Note to: A Study", None),
        ("Correction of myopia by lenses", None),
    ],
)
def test_a_notice_says_what_it_is_about(title: str, about: str | None) -> None:
    assert noticed_title(title) == about


values = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.lists(st.none())
FIELDS = (
    "title authors doi date version type category abstract published server"  # noqa: SIM905
    " author_corresponding_institution".split()
)


@given(st.dictionaries(st.sampled_from(FIELDS), values))
def test_any_record_is_read_or_refused(changed: dict[str, Any]) -> None:
    try:
        found = paper(record(**changed), server="biorxiv")
    except ValueError:
        return
    assert found.title
    assert found.identifiers


@given(st.text(alphabet="O_CLISTABFG {}[]&;le\n.:RresultsW", max_size=200))
def test_any_text_is_cleaned(text: str) -> None:
    assert "\n" not in highwire_text(text)
