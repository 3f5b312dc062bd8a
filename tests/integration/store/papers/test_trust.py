"""Who may change a record: a feed under somebody else's control shows papers of others."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update
from support.builders import NOW, paper

from digest.core.models.batches import BatchReport
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.core.models.trust import FULL_TRUST, MENTION_ONLY, SourceTrust, TrustLevel
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.papers.announcements import candidates, last_seq, newest_papers
from digest.store.papers.paper_search import find_papers
from digest.store.papers.undo import UndoReport, undo_source
from digest.store.reports.paper_history import PaperHistory, paper_history

Collect = Callable[..., BatchReport]

DAY = timedelta(days=1)
ARXIV = SourceTrust(level=TrustLevel.OWNER, owns=("arxiv",))
JOURNAL = SourceTrust(level=TrustLevel.OWNER, owns=("doi:10.1000/",))
AGGREGATOR = SourceTrust(level=TrustLevel.AGGREGATOR)

ABS = PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.00001")
SPAM = PaperLink(rel="abstract", url="https://spam.example/abs/2605.00001")


def arxiv(value: str = "2605.00001") -> tuple[Identifier, ...]:
    return (Identifier(scheme="arxiv", value=value),)


def doi(value: str = "10.1000/x") -> tuple[Identifier, ...]:
    return (Identifier(scheme="doi", value=value),)


def guid(value: str = "feed:1") -> tuple[Identifier, ...]:
    return (Identifier(scheme="guid", value=value),)


def arxivs(title: str = "A Study of Owls", **fields: Any) -> Paper:
    usual: dict[str, Any] = {
        "identifiers": arxiv(),
        "version": 1,
        "categories": ("q-bio",),
        "links": (ABS,),
        "authors": ("Ada Lovelace",),
    }
    return paper(title, **(usual | fields))


WATCHES = paper(
    "Cheap watches, click here",
    "Buy now.",
    identifiers=arxiv(),
    version=999,
    updated=date(2099, 1, 1),
    links=(SPAM,),
    categories=("cs.CL",),
    summary="Click.",
    notice=AnnouncementKind.REVISED,
)


def only(store: Store) -> Paper:
    with store.read() as tx:
        (found,) = newest_papers(tx, 10)
    return found.paper


def titles(store: Store) -> set[str]:
    with store.read() as tx:
        return {item.paper.title for item in newest_papers(tx, 10)}


def history_of(store: Store, paper_id: int = 1) -> PaperHistory:
    with store.read() as tx:
        found = paper_history(tx, paper_id)
    assert found is not None
    return found


def kinds(report: BatchReport) -> tuple[int, int, int, int]:
    return report.new, report.listed, report.revised, report.withdrawn


@pytest.mark.parametrize("trust", [MENTION_ONLY, AGGREGATOR, JOURNAL])
def test_a_source_that_does_not_own_arxiv_ids_cannot_replace_arxivs_record(
    store: Store, collect: Collect, trust: SourceTrust
) -> None:
    collect(arxivs(), source="arxiv", trust=ARXIV)
    assert kinds(collect(WATCHES, source="feed", trust=trust)) == (0, 1, 0, 0)
    kept = only(store)
    assert (kept.title, kept.abstract, kept.version) == (
        "A Study of Owls",
        "We study a study of owls.",
        1,
    )
    assert kept.updated is None
    assert kept.link("abstract") == ABS.url
    later = arxivs("A Study of Owls and Mice", version=2)
    assert kinds(collect(later, source="arxiv", trust=ARXIV)) == (0, 0, 1, 0)
    assert only(store).title == "A Study of Owls and Mice"


def test_a_mention_adds_no_text_category_or_name_to_the_record_of_an_owner(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(abstract=""), source="arxiv", trust=ARXIV)
    with store.write() as tx:  # as pruning does
        tx.execute(update(schema.revision).values(abstract=""))
    mention = replace(WATCHES, identifiers=arxiv() + doi())
    collect(mention, source="feed", trust=MENTION_ONLY)
    kept = only(store)
    assert (kept.abstract, kept.summary, kept.categories) == ("", "", ("q-bio",))
    history = history_of(store)
    assert history.identifiers == arxiv()
    assert history.title_keys == ("astudyofowls",)
    assert {item.source for item in history.sources} == {"arxiv", "feed"}


def test_only_who_does_more_than_mention_a_paper_says_whom_it_is_by_and_what_it_cites(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(), source="arxiv", trust=ARXIV)
    claimed = ("orcid:0000-0002-1825-0097 Josiah", "cites:doi:10.1038/nature14539")
    collect(arxivs(connections=claimed), source="feed", trust=MENTION_ONLY)
    assert only(store).connections == ()
    collect(arxivs(connections=("issn:1476-4687",)), source="crossref", trust=AGGREGATOR)
    collect(arxivs(connections=claimed), source="openalex", trust=AGGREGATOR)
    assert set(only(store).connections) == {"issn:1476-4687", *claimed}


def test_a_mention_fills_what_a_listing_of_titles_lacks_and_replaces_nothing(
    store: Store, collect: Collect
) -> None:
    collect(Paper(title="A Study of Owls"), source="dumps")
    shown = paper("A study of owls!", "Owls.", authors=("Ada",), version=7, links=(ABS,))
    assert kinds(collect(shown, source="feed", trust=MENTION_ONLY)) == (0, 1, 0, 0)
    filled = only(store)
    assert (filled.title, filled.abstract, filled.authors) == ("A Study of Owls", "Owls.", ("Ada",))
    assert (filled.version, filled.link("abstract")) == (None, ABS.url)
    other = paper("A study of owls.", "Mice.", authors=("Ada", "Bob"))
    collect(other, source="other", trust=MENTION_ONLY)
    assert (only(store).abstract, only(store).authors) == ("Owls.", ("Ada",))


def test_two_feeds_that_mention_a_paper_do_not_replace_each_other(
    store: Store, collect: Collect
) -> None:
    collect(paper("A Study", "One.", identifiers=doi()), source="one", trust=MENTION_ONLY)
    other = paper("A Study", "Two.", identifiers=doi(), version=9, notice=AnnouncementKind.REVISED)
    assert collect(other, source="two", trust=MENTION_ONLY).revised == 0
    assert (only(store).abstract, only(store).version) == ("One.", None)


def test_a_feed_revises_its_own_paper(store: Store, collect: Collect) -> None:
    collect(
        paper("A Study", "One.", identifiers=doi(), version=1), source="one", trust=MENTION_ONLY
    )
    newer = paper("A Study", "Two.", identifiers=doi(), version=2)
    assert collect(newer, source="one", trust=MENTION_ONLY).revised == 1
    assert only(store).abstract == "Two."


def test_a_withdrawal_is_believed_only_from_who_holds_the_record(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(), source="arxiv", trust=ARXIV)
    gone = arxivs(notice=AnnouncementKind.WITHDRAWN, version=2)
    for trust in (MENTION_ONLY, AGGREGATOR):
        assert collect(gone, source="feed", trust=trust).withdrawn == 0
        assert history_of(store).withdrawn_at is None
    assert collect(gone, source="arxiv", trust=ARXIV).withdrawn == 1
    assert history_of(store).withdrawn_at == NOW


def test_a_high_version_that_a_feed_gave_first_does_not_hide_arxivs_revisions(
    store: Store, collect: Collect
) -> None:
    first = arxivs("A Study of Owls!", version=999, links=(SPAM,))
    collect(first, source="feed", trust=MENTION_ONLY)
    assert kinds(collect(arxivs(), source="arxiv", trust=ARXIV)) == (0, 1, 0, 0)
    now = only(store)
    assert (now.title, now.version, now.link("abstract")) == ("A Study of Owls", 1, ABS.url)
    assert collect(arxivs(version=2), source="arxiv", trust=ARXIV).revised == 1


def test_a_revision_of_arxiv_is_announced_although_a_feed_had_claimed_a_higher_version(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(version=999), source="feed", trust=MENTION_ONLY)
    revised = arxivs(version=2, notice=AnnouncementKind.REVISED)
    assert collect(revised, source="arxiv", trust=ARXIV).revised == 1
    assert only(store).version == 2


def test_a_revision_that_a_feed_has_shown_is_not_announced_again(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(version=2), source="feed", trust=MENTION_ONLY)
    revised = arxivs(version=2, notice=AnnouncementKind.REVISED)
    assert kinds(collect(revised, source="arxiv", trust=ARXIV)) == (0, 1, 0, 0)
    assert only(store).version == 2


def test_arxivs_paper_is_new_although_a_feed_used_its_identifier_for_another_text(
    store: Store, collect: Collect
) -> None:
    collect(replace(WATCHES, notice=None), source="feed", trust=MENTION_ONLY)
    assert kinds(collect(arxivs(), source="arxiv", trust=ARXIV)) == (1, 0, 0, 0)
    assert titles(store) == {"A Study of Owls", "Cheap watches, click here"}
    with store.read() as tx:
        (found,) = find_papers(tx, "arxiv:2605.00001")
    assert found.paper.title == "A Study of Owls"
    assert collect(arxivs(), source="arxiv", trust=ARXIV).new == 0
    assert kinds(collect(WATCHES, source="feed", trust=MENTION_ONLY)) == (0, 1, 0, 0)
    assert titles(store) == {"A Study of Owls", "Cheap watches, click here"}


@pytest.mark.parametrize(
    "title, abstract, authors",
    [
        ("A study of owls", "Other words.", ()),
        ("Owls: a study", "Other words.", ()),
        ("Night Birds", "We study the owls of the northern forests for ten years. " * 6, ()),
    ],
)
def test_a_feed_that_shows_the_paper_itself_is_joined_by_its_identifier(
    store: Store, collect: Collect, title: str, abstract: str, authors: tuple[str, ...]
) -> None:
    early = paper(title, abstract, authors=authors, identifiers=arxiv())
    collect(early, source="feed", trust=MENTION_ONLY)
    owls = "We study the owls of the northern forests for ten years. " * 7
    shown = arxivs(abstract=owls, authors=())
    assert kinds(collect(shown, source="arxiv", trust=ARXIV)) == (0, 1, 0, 0)
    assert only(store).title == "A Study of Owls"


def test_a_mention_cannot_lead_a_later_paper_to_the_wrong_record(
    store: Store, collect: Collect
) -> None:
    collect(arxivs(), source="arxiv", trust=ARXIV)
    trap = paper("Mice in Deep Snow", identifiers=arxiv() + doi())
    collect(trap, source="feed", trust=MENTION_ONLY)
    assert collect("Mice in Deep Snow", source="dumps").new == 1
    work = paper("Mice and Men", identifiers=doi())
    assert collect(work, source="journal", trust=JOURNAL).new == 1
    assert titles(store) == {"A Study of Owls", "Mice in Deep Snow", "Mice and Men"}


def test_a_mention_merges_no_records_and_an_aggregator_does(store: Store, collect: Collect) -> None:
    collect("Name in a Dump", source="dumps")
    collect(arxivs(), source="arxiv", trust=ARXIV)
    both = paper("Name in a Dump", identifiers=arxiv())
    collect(both, source="feed", trust=MENTION_ONLY)
    assert len(titles(store)) == 2
    assert history_of(store, 2).merges == ()
    collect(both, source="hf", trust=AGGREGATOR)
    assert titles(store) == {"A Study of Owls"}


def test_a_feed_may_merge_its_own_records(store: Store, collect: Collect) -> None:
    collect("Early Name", source="feed", trust=MENTION_ONLY)
    collect(paper("Late Name", identifiers=doi()), source="feed", trust=MENTION_ONLY)
    collect(paper("Early Name", identifiers=doi()), source="feed", trust=MENTION_ONLY)
    assert len(titles(store)) == 1


def test_the_owner_of_a_doi_replaces_a_mention_but_not_arxivs_text(
    store: Store, collect: Collect
) -> None:
    collect(paper("A Study", "Teaser.", identifiers=doi()), source="feed", trust=MENTION_ONLY)
    collect(paper("A Study", "Whole.", identifiers=doi()), source="journal", trust=JOURNAL)
    assert only(store).abstract == "Whole."
    collect(arxivs("A Study", identifiers=arxiv() + doi()), source="arxiv", trust=ARXIV)
    collect(paper("A Study", "Whole!", identifiers=doi()), source="journal", trust=JOURNAL)
    assert only(store).abstract == "We study a study."


def test_an_aggregator_with_the_same_text_first_does_not_keep_the_record(
    store: Store, collect: Collect
) -> None:
    shown = paper("A Study", identifiers=doi())
    collect(shown, source="hf", trust=AGGREGATOR)
    collect(shown, source="journal", trust=JOURNAL)
    other = paper("A Study", "Spam.", identifiers=doi(), version=5)
    collect(other, source="hf", trust=AGGREGATOR)
    assert only(store).abstract == "We study a study."


def test_a_record_that_was_poisoned_before_sources_had_a_trust_heals(
    store: Store, collect: Collect
) -> None:
    collect(replace(WATCHES, notice=None), source="feed")
    with store.write() as tx:
        tx.execute(update(schema.revision).values(authority=2, contributor=None))
    collect(arxivs(), source="arxiv", trust=ARXIV)
    now = only(store)
    assert (now.title, now.version, now.link("abstract")) == ("A Study of Owls", 1, ABS.url)


def test_a_source_with_less_trust_than_before_still_updates_its_own_text(
    store: Store, collect: Collect
) -> None:
    collect(paper("A Study", "One.", identifiers=doi()), source="feed")
    collect(paper("A Study", "Two.", identifiers=doi()), source="feed", trust=MENTION_ONLY)
    assert only(store).abstract == "Two."


def undone(store: Store, source: str = "feed", *ids: int) -> UndoReport:
    with store.write() as tx:
        return undo_source(tx, source, now=NOW + 5 * DAY, paper_ids=ids or None)


def poisoned(collect: Collect) -> None:
    """Collects arXiv's paper, which a source with full trust then takes over."""
    collect(arxivs(), source="arxiv", trust=ARXIV)
    collect(
        replace(WATCHES, identifiers=arxiv() + doi()), source="feed", trust=FULL_TRUST, at=NOW + DAY
    )


def test_what_a_source_contributed_is_undone(store: Store, collect: Collect) -> None:
    poisoned(collect)
    assert only(store).title == "Cheap watches, click here"
    (report,) = undone(store).papers
    assert (report.paper_id, report.was, report.title, report.source) == (
        1,
        "Cheap watches, click here",
        "A Study of Owls",
        "arxiv",
    )
    kept = only(store)
    assert replace(kept, votes=None, comments=None, stars=None, position=None) == arxivs()
    history = history_of(store)
    assert (history.identifiers, history.title_keys) == (arxiv(), ("astudyofowls",))
    with store.read() as tx:
        (shown,) = candidates(tx, after=0, upto=last_seq(tx))
        log = schema.announcement.c
        assert tx.execute(select(log.kind).order_by(log.seq)).scalars().all() == [
            AnnouncementKind.NEW,
            AnnouncementKind.LISTED,
        ]
    assert shown.paper.title == "A Study of Owls"
    assert undone(store).papers == ()
    assert collect(arxivs(version=2), source="arxiv", trust=ARXIV).revised == 1


def test_what_other_sources_gave_after_the_contribution_stays(
    store: Store, collect: Collect
) -> None:
    poisoned(collect)
    code = PaperLink(rel="code", url="https://example.org/code")
    collect(paper("Owls", identifiers=arxiv(), links=(code,)), source="hf", trust=AGGREGATOR)
    undone(store)
    kept = only(store)
    assert (kept.title, kept.links) == ("A Study of Owls", (ABS, code))


def test_a_withdrawal_by_the_source_alone_is_undone(store: Store, collect: Collect) -> None:
    collect(arxivs(), source="arxiv", trust=ARXIV)
    collect(arxivs(notice=AnnouncementKind.WITHDRAWN, version=2), source="feed")
    undone(store)
    assert history_of(store).withdrawn_at is None
    with store.read() as tx:
        (shown,) = candidates(tx, after=0, upto=last_seq(tx))
    assert shown.kind is AnnouncementKind.NEW


def test_a_paper_that_only_the_source_described_stays(store: Store, collect: Collect) -> None:
    collect("Only Here", source="feed")
    report = undone(store)
    assert (report.papers, report.only) == ((), (1,))
    assert titles(store) == {"Only Here"}


def test_a_paper_that_the_source_began_keeps_what_its_owner_gave(
    store: Store, collect: Collect
) -> None:
    first = paper("A Study of Owls", "Buy.", identifiers=arxiv(), links=(SPAM,), authors=("Spam",))
    collect(first, source="feed", trust=MENTION_ONLY)
    collect(arxivs(abstract="Buy. Owls."), source="arxiv", trust=ARXIV)
    undone(store)
    assert (only(store).abstract, only(store).links) == ("Buy. Owls.", (ABS,))


def test_only_the_named_papers_are_undone(store: Store, collect: Collect) -> None:
    poisoned(collect)
    assert undone(store, "feed", 99).papers == ()
    assert only(store).title == "Cheap watches, click here"
    assert len(undone(store, "feed", 1).papers) == 1


def test_a_contribution_from_before_it_was_recorded_is_undone_by_the_text_source(
    store: Store, collect: Collect
) -> None:
    poisoned(collect)
    with store.write() as tx:
        tx.execute(update(schema.revision).values(contributor=None))
    undone(store)
    assert only(store).title == "A Study of Owls"
