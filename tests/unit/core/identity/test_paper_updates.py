"""What happens to a paper after it was announced: new versions, publication, corrections, retraction."""

from datetime import date

import pytest
from support.builders import paper

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.models.matching import BatchDiff, KnownPaper
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.core.models.trust import SourceTrust, TrustLevel
from digest.core.text.paper_ids import unversioned_doi

PREPRINT, ARTICLE = "10.1101/2026.01.02.698765", "10.1038/s41586-026-1"


def dois(*values: str, notice: str = "") -> tuple[Identifier, ...]:
    names = tuple(Identifier(scheme="doi", value=value) for value in values)
    return names + ((Identifier(scheme="notice", value=notice),) if notice else ())


def stored(*identifiers: Identifier, title: str = "A Study", withdrawn: bool = False) -> KnownPaper:
    return KnownPaper(
        paper_id=7,
        title_key=title_key(title),
        title=title,
        sources=frozenset({"biorxiv"}),
        identifiers=frozenset(identifiers),
        withdrawn=withdrawn,
    )


def shown(*papers: Paper, known: KnownPaper, source: str = "biorxiv") -> BatchDiff:
    return diff(papers, {known.paper_id: known}, source=source)


@pytest.mark.parametrize(
    "value, work, version",
    [
        ("10.21203/rs.3.rs-123456/v2", "10.21203/rs.3.rs-123456", 2),
        ("10.26434/chemrxiv-2026-abcde-v3", "10.26434/chemrxiv-2026-abcde", 3),
        ("10.31234/osf.io/abcde_v1", "10.31234/osf.io/abcde", 1),
        ("10.20944/preprints202601.0001.v1", "10.20944/preprints202601.0001", 1),
        ("10.12688/f1000research.12345.2", "10.12688/f1000research.12345", 2),
        ("10.7554/elife.12345.3", "10.7554/elife.12345", 3),
        ("10.1101/2026.01.02.698765v2", "10.1101/2026.01.02.698765", 2),
        ("10.1038/s41586-026-1", "10.1038/s41586-026-1", None),
        ("10.1103/physrevd.97.014019", "10.1103/physrevd.97.014019", None),
    ],
)
def test_the_version_is_split_from_the_dois_of_preprint_servers_alone(
    value: str, work: str, version: int | None
) -> None:
    assert unversioned_doi(value) == (work, version)


def test_versions_with_dois_of_their_own_are_one_paper() -> None:
    first, second = (paper(identifiers=dois(f"10.21203/rs.3.rs-1/v{n}")) for n in (1, 2))
    assert len(diff([first, second], {}, source="feed").findings) == 1


def test_a_preprint_with_the_doi_of_its_article_is_published_once() -> None:
    both = paper("A Study", identifiers=dois(PREPRINT, ARTICLE))
    (first,) = shown(both, known=stored(*dois(PREPRINT))).findings
    assert first.announcements == (AnnouncementKind.PUBLISHED,)
    (again,) = shown(both, known=stored(*dois(PREPRINT, ARTICLE))).findings
    assert again.announcements == ()


def test_an_article_that_names_its_preprint_is_listed_and_published_and_never_new() -> None:
    article = paper("A Study, With Another Title", identifiers=dois(ARTICLE, PREPRINT))
    (found,) = shown(article, known=stored(*dois(PREPRINT)), source="journal").findings
    assert found.paper_id == 7
    assert found.announcements == (AnnouncementKind.LISTED, AnnouncementKind.PUBLISHED)


def test_an_article_without_a_preprint_is_not_published_again() -> None:
    (found,) = shown(
        paper("A Study", identifiers=dois(ARTICLE)), known=stored(*dois(ARTICLE))
    ).findings
    assert found.announcements == ()


def test_a_preprint_that_is_published_when_it_is_first_seen_is_only_new() -> None:
    row = paper("A Study", identifiers=dois(PREPRINT, ARTICLE))
    (found,) = diff([row, row], {}, source="biorxiv").findings
    assert found.announcements == (AnnouncementKind.NEW,)


def test_a_source_that_only_mentions_papers_publishes_none() -> None:
    known = KnownPaper(
        paper_id=7,
        title_key="astudy",
        title="A Study",
        sources=frozenset({"biorxiv"}),
        identifiers=frozenset(dois(PREPRINT)),
        held_by="biorxiv",
        held_with=3,
    )
    (found,) = diff(
        [paper("A Study", identifiers=dois(PREPRINT, ARTICLE))],
        {7: known},
        source="blog",
        trust=SourceTrust(level=TrustLevel.MENTION),
    ).findings
    assert AnnouncementKind.PUBLISHED not in found.announcements


def test_a_correction_is_announced_once_and_changes_no_text() -> None:
    notice = paper(
        "Correction to: A Study",
        identifiers=dois(ARTICLE, notice="10.1038/c1"),
        notice=AnnouncementKind.CORRECTED,
    )
    (found,) = shown(notice, known=stored(*dois(ARTICLE))).findings
    assert (found.kind, found.paper.title) == (AnnouncementKind.CORRECTED, "A Study")
    known = stored(*dois(ARTICLE, notice="10.1038/c1"))
    (again,) = shown(notice, known=known).findings
    assert again.kind is None


def test_a_notice_about_a_paper_that_is_not_stored_is_no_paper() -> None:
    notice = paper(
        "Erratum",
        identifiers=dois(ARTICLE, notice="10.1038/c1"),
        notice=AnnouncementKind.CORRECTED,
    )
    assert diff([notice], {}, source="journal").findings == ()


@pytest.mark.parametrize("kind", [AnnouncementKind.WITHDRAWN, AnnouncementKind.RETRACTED])
def test_a_withdrawn_paper_is_announced_once_and_never_new(kind: AnnouncementKind) -> None:
    bad = paper("A Study", identifiers=dois(ARTICLE), notice=kind)
    assert diff([bad], {}, source="journal").findings[0].kind is None
    assert shown(bad, known=stored(*dois(ARTICLE))).findings[0].kind is kind
    known = stored(*dois(ARTICLE), withdrawn=True)
    assert shown(bad, known=known).findings[0].kind is None


def test_an_old_paper_is_stored_and_not_announced_when_it_is_first_seen() -> None:
    old, young = (
        paper("Old", published=date(2024, 1, 1)),
        paper("Young", published=date(2026, 1, 1)),
    )
    undated = paper("Undated")
    found = diff([old, young, undated], {}, source="feed", oldest=date(2025, 12, 1)).findings
    assert [item.kind for item in found] == [None, AnnouncementKind.NEW, AnnouncementKind.NEW]
    assert [item.is_too_old for item in found] == [True, False, False]


def test_an_old_paper_that_is_known_may_be_listed_and_revised() -> None:
    known = stored(*dois(PREPRINT))
    again = paper("A Study", identifiers=dois(PREPRINT), published=date(2020, 1, 1))
    (found,) = diff([again], {7: known}, source="feed", oldest=date(2025, 1, 1)).findings
    assert found.kind is AnnouncementKind.LISTED


SECOND = "10.1101/2026.03.04.654321"


def test_a_second_posting_of_a_work_that_is_withdrawn_does_not_withdraw_the_first() -> None:
    withdrawn = paper(
        "A Study",
        identifiers=dois(SECOND),
        notice=AnnouncementKind.WITHDRAWN,
        authors=("A. Lovelace",),
    )
    known = stored(*dois(PREPRINT))
    (found,) = shown(withdrawn, known=known).findings
    assert (found.paper_id, found.announcements) == (None, ())
    own = paper("A Study", identifiers=dois(PREPRINT), authors=("A. Lovelace",))
    first, second = diff([own, withdrawn, withdrawn], {}, source="biorxiv").findings
    assert (first.announcements, second.announcements) == ((AnnouncementKind.NEW,), ())


def test_a_work_whose_second_posting_was_withdrawn_before_is_new() -> None:
    known = stored(*dois(SECOND), withdrawn=True)
    (found,) = shown(paper("A Study", identifiers=dois(PREPRINT)), known=known).findings
    assert (found.paper_id, found.announcements) == (None, (AnnouncementKind.NEW,))


def test_the_withdrawal_of_one_posting_changes_nothing_in_a_work_that_was_posted_twice() -> None:
    known = stored(*dois(PREPRINT), *dois(SECOND))
    withdrawn = paper(
        "WITHDRAWN: A Study",
        abstract="The authors have withdrawn this manuscript.",
        identifiers=dois(SECOND),
        notice=AnnouncementKind.WITHDRAWN,
        version=9,
    )
    (found,) = shown(withdrawn, known=known).findings
    assert (found.paper_id, found.announcements) == (7, ())
    assert found.paper.notice is None
    assert found.paper.title == known.title
    # A preprint and its article are not two postings.
    for others in (dois(ARTICLE), dois(ARTICLE, "10.1038/correction"), ()):
        (found,) = shown(withdrawn, known=stored(*dois(SECOND), *others)).findings
        assert found.announcements == (AnnouncementKind.WITHDRAWN,)


def test_an_article_that_was_corrected_before_can_be_retracted() -> None:
    known = stored(*dois(ARTICLE), *dois("10.1038/c1"))
    notice = paper(
        "Retraction",
        identifiers=dois(ARTICLE, notice="10.1038/r1"),
        notice=AnnouncementKind.RETRACTED,
    )
    (found,) = shown(notice, known=known).findings
    assert found.announcements == (AnnouncementKind.RETRACTED,)


def test_a_work_that_was_posted_twice_is_one_paper() -> None:
    (found,) = shown(
        paper("A Study", identifiers=dois(SECOND)), known=stored(*dois(PREPRINT))
    ).findings
    assert (found.paper_id, found.announcements) == (7, ())
