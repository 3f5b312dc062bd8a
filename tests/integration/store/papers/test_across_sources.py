"""The same paper from several sources and on several days."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import func, select
from support.builders import NOW, TODAY, batch, paper
from support.editions import insert_edition
from support.speed.databases import new_sqlite_store

from digest.core.identity.diff import diff
from digest.core.identity.identifiers import title_key
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.editions import Edition, EditionEntry, KeywordMatch, Section
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.store.archive import shown_papers
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.papers import batches as batch_store
from digest.store.papers.announcements import candidates, last_seq, newest_papers
from digest.store.papers.lookup import SIMILARITY_WINDOW, find_known_papers
from digest.store.papers.paper_search import find_papers
from digest.store.reports.paper_history import PaperHistory, paper_history

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]

DAY = timedelta(days=1)


def arxiv(value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme="arxiv", value=value),)


def counted(report: BatchReport) -> tuple[int, int, int, int, int]:
    return report.new, report.listed, report.revised, report.withdrawn, report.duplicates


def only(store: Store) -> Paper:
    with store.read() as tx:
        (found,) = newest_papers(tx, 10)
    return found.paper


def history_of(store: Store, paper_id: int) -> PaperHistory:
    with store.read() as tx:
        found = paper_history(tx, paper_id)
    assert found is not None
    return found


def test_a_paper_of_a_dump_then_arxiv_then_hugging_face_is_new_once_and_listed_twice(
    store: Store, collect: Collect
) -> None:
    dump = collect(paper("HyperZcdotZ Operators", "In times.", author_count=2), source="dumps")
    feed = collect(
        paper(
            "Hyper$Z\\cdot Z$ Operators",
            "In $\\times$.",
            authors=("Ada", "Bob"),
            identifiers=arxiv("2605.00001"),
            categories=("cs.LG", "cs.CL"),
            version=1,
            notice=AnnouncementKind.NEW,
        ),
        source="arxiv",
        at=NOW + DAY,
    )
    page = collect(
        paper(
            "HyperZ·Z Operators",
            "In x.",
            identifiers=arxiv("2605.00001"),
            links=(PaperLink(rel="code", url="https://example.org/code"),),
            summary="Short.",
            keywords=("operators",),
            votes=3,
        ),
        source="hf",
        at=NOW + 2 * DAY,
    )
    assert [counted(report) for report in (dump, feed, page)] == [
        (1, 0, 0, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 1, 0, 0, 0),
    ]
    whole = only(store)
    assert (whole.title, whole.abstract) == ("Hyper$Z\\cdot Z$ Operators", "In $\\times$.")
    assert (whole.authors, whole.categories) == (("Ada", "Bob"), ("cs.LG", "cs.CL"))
    assert (whole.version, whole.votes, whole.summary) == (1, 3, "Short.")
    assert (whole.keywords, whole.link("code")) == (("operators",), "https://example.org/code")
    history = history_of(store, 1)
    assert [(item.source, item.first_at) for item in history.sources] == [
        ("dumps", NOW),
        ("arxiv", NOW + DAY),
        ("hf", NOW + 2 * DAY),
    ]
    assert (history.identifiers, history.merges) == (arxiv("2605.00001"), ())


def test_a_new_version_is_a_revision_and_not_a_new_paper(store: Store, collect: Collect) -> None:
    def show(title: str, version: int) -> tuple[int, ...]:
        return counted(
            collect(paper(title, identifiers=arxiv("A"), version=version), source="arxiv")
        )

    assert show("First Name", 1) == (1, 0, 0, 0, 0)
    assert show("Second Name", 2) == (0, 0, 1, 0, 0)
    assert show("Second Name", 2) == (0, 0, 0, 0, 1)
    assert show("First Name", 1) == (0, 0, 0, 0, 1)
    assert (only(store).title, only(store).version) == ("Second Name", 2)
    assert counted(collect(paper("Second name"), source="dumps")) == (0, 1, 0, 0, 0)
    assert history_of(store, 1).title_keys == ("firstname", "secondname")


def test_an_edit_without_a_version_changes_the_record_and_announces_nothing(
    store: Store, collect: Collect
) -> None:
    collect(paper("A Study", "Old.", identifiers=arxiv("A")), source="hf")
    report = collect(paper("A Better Study", "New.", identifiers=arxiv("A")), source="hf")
    assert counted(report) == (0, 0, 0, 0, 1)
    assert (only(store).title, only(store).abstract) == ("A Better Study", "New.")
    assert [item.number for item in history_of(store, 1).revisions] == [1, 2]


def test_two_sources_of_equal_priority_do_not_alternate(store: Store, collect: Collect) -> None:
    for _ in range(2):
        collect(paper("A Study", "In times."), source="one")
        collect(paper("A study", "In x."), source="two")
    assert only(store).abstract == "In times."
    assert len(history_of(store, 1).revisions) == 1


def test_a_withdrawal_is_announced_once_and_ends_listings(store: Store, collect: Collect) -> None:
    collect(paper("A Study", identifiers=arxiv("A"), version=1), source="arxiv")
    gone = paper("A Study", identifiers=arxiv("A"), version=2, notice=AnnouncementKind.WITHDRAWN)
    reports = [collect(gone, source="arxiv"), collect(gone, source="arxiv-cs")]
    reports.append(collect("A Study", source="dumps"))
    assert [report.withdrawn for report in reports] == [1, 0, 0]
    assert [report.listed for report in reports] == [0, 0, 0]
    assert history_of(store, 1).withdrawn_at == NOW


def test_equal_titles_of_two_ids_stay_two_papers_and_a_dump_means_the_last_sighted(
    store: Store, collect: Collect
) -> None:
    for value in "AB":
        assert collect(paper("Editorial", identifiers=arxiv(value)), source="hf").new == 1
    collect(paper("Editorial", identifiers=arxiv("A")), source="hf")
    assert collect("Editorial", source="dumps").listed == 1
    assert {item.source for item in history_of(store, 1).sources} == {"dumps", "hf"}
    assert {item.source for item in history_of(store, 2).sources} == {"hf"}


def entry(store: Store, paper_id: int) -> EditionEntry:
    with store.read() as tx:
        found = {item.paper_id: item for item in candidates(tx, after=0, upto=last_seq(tx))}
    match = KeywordMatch(keyword="study", field="title", contribution=1.0)
    return EditionEntry(candidate=found[paper_id], score=50.0, matches=(match,))


def two_then_one(collect: Collect) -> BatchReport:
    """Collects two papers, then a listing that shows that they are the same."""
    collect(paper("Name in a Dump", "From the dump."), "Another", source="dumps")
    collect(paper("Other Words", "From the feed.", identifiers=arxiv("A")), source="arxiv")
    return collect(paper("Name in a Dump", identifiers=arxiv("A")), source="hf", at=NOW + DAY)


def test_two_records_that_turn_out_to_be_one_paper_are_merged_into_the_older(
    store: Store, collect: Collect
) -> None:
    assert counted(two_then_one(collect)) == (0, 1, 0, 0, 0)
    history = history_of(store, 1)
    assert history == history_of(store, 3)
    assert history.title_keys == ("nameinadump", "otherwords")
    assert history.identifiers == arxiv("A")
    assert [item.source for item in history.sources] == ["arxiv", "dumps", "hf"]
    (merge,) = history.merges
    assert (merge.alias_id, merge.at) == (3, NOW + DAY)
    assert merge.reason == "arxiv:A was shown with the title of the other record"
    with store.read() as tx:
        assert [item.paper_id for item in newest_papers(tx, 10)] == [2, 1]
        for ref in ("1", "3", "arxiv:A", "Other Words", "Name in a Dump"):
            assert [item.paper_id for item in find_papers(tx, ref, title_key=title_key(ref))] == [
                1
            ], ref
        everything = candidates(tx, after=0, upto=last_seq(tx))
    assert [(item.paper_id, item.kind) for item in everything] == [
        (2, AnnouncementKind.NEW),
        (1, AnnouncementKind.NEW),
    ]


def test_after_a_merge_old_editions_read_the_same_and_nothing_is_shown_twice(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect(paper("Name in a Dump", "From the dump."), source="dumps")
    subscription = subscribe()
    collect(paper("Other Words", "From the feed.", identifiers=arxiv("A")), source="arxiv")
    edition = Edition(
        local_date=TODAY, sections=(Section(topic="T", entries=(entry(store, 2),)),), matched=1
    )
    with store.write() as tx:
        number = insert_edition(tx, subscription, edition)
    assert number is not None
    collect(paper("Name in a Dump", identifiers=arxiv("A")), source="hf")
    with store.read() as tx:
        kept = ledger.load(tx, number)
        assert [item.candidate.paper.title for item in kept.edition.entries] == ["Other Words"]
        assert shown_papers.shown_to(tx, [subscription], {1}) == {(subscription, 1)}


def test_a_chain_of_merges_ends_at_the_oldest(store: Store, collect: Collect) -> None:
    work = Identifier(scheme="doi", value="10.1000/x")
    collect("Alpha", source="dumps")
    collect(paper("Beta", identifiers=(work,)), source="journal")
    collect(paper("Gamma", identifiers=arxiv("A")), source="arxiv")
    collect(paper("Beta", identifiers=arxiv("A")), source="hf")  # Gamma into Beta
    collect(paper("Alpha", identifiers=arxiv("A")), source="hf")  # Beta into Alpha
    history = history_of(store, 3)
    assert (history.paper_id, history.title_keys) == (1, ("alpha", "beta", "gamma"))
    assert [merge.alias_id for merge in history.merges] == [3, 2]
    assert only(store).identifiers == (*arxiv("A"), work)
    assert collect(paper("Gamma"), "Beta", source="journal").new == 0


RETITLED = "Efficient Scaling of Sparse Attention for Very Long Documents"
OPENING = "We present a method that reads long documents with sparse attention at low cost. " * 3


@pytest.mark.parametrize("after, new", [(DAY, 0), (SIMILARITY_WINDOW + DAY, 1)])
def test_a_retitled_paper_is_known_for_a_month(
    store: Store, collect: Collect, after: timedelta, new: int
) -> None:
    collect(paper(RETITLED, OPENING), "Another")
    later = collect(paper(RETITLED.replace("Efficient ", ""), OPENING), source="hf", at=NOW + after)
    assert (later.new, later.listed) == (new, 1 - new)
    assert len(history_of(store, 1).merges) == 1 - new


def test_the_announcements_name_texts_that_exist(store: Store, collect: Collect) -> None:
    two_then_one(collect)
    log = schema.announcement
    with store.read() as tx:
        rows = tx.execute(select(log.c.paper_id, log.c.revision_id).order_by(log.c.seq)).all()
        assert [row.paper_id for row in rows] == [1, 2, 1, 1]
        assert tx.execute(select(func.count()).select_from(schema.revision)).scalar_one() == 4


days = st.lists(
    st.tuples(
        st.sampled_from(["dumps", "arxiv", "hf"]),
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(1, 3)), max_size=5),
    ),
    max_size=6,
)


def as_shown(source: str, truth: int, title: int, version: int) -> Paper:
    """Builds a paper with one of two titles, some of which are shared."""
    name = f"Paper {'ABCDEF'[(truth + title) % 6]}"
    if source == "dumps":
        return paper(name)
    return paper(
        name, identifiers=arxiv(str(truth)), version=version if source == "arxiv" else None
    )


@settings(max_examples=25, deadline=None)
@given(days, st.integers(1, 5))
def test_whatever_comes_no_two_ids_become_one_paper_and_none_is_new_twice(
    shown: list[tuple[str, list[tuple[int, int, int]]]], size: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(new_sqlite_store(Path(folder, "x.db"))) as store,
    ):
        for source, items in shown:
            new_papers = [as_shown(source, *item) for item in items]
            for start in range(0, len(new_papers), size):
                _record(store, source, new_papers[start : start + size])
        log, name = schema.announcement, schema.identifier
        with store.read() as tx:
            owners = tx.execute(select(name.c.paper_id)).scalars().all()
            new = select(log.c.revision_id).where(log.c.kind == AnnouncementKind.NEW)
            revisions = tx.execute(new).scalars().all()
            records = tx.execute(select(func.count()).select_from(schema.paper)).scalar_one()
            assert all(item.paper for item in newest_papers(tx, 100))
        assert len(set(owners)) == len(owners)
        ids = {truth for source, items in shown if source != "dumps" for truth, _, _ in items}
        assert len(owners) == len(ids)
        assert len(set(revisions)) == len(revisions) == records


def _record(store: Store, source: str, shown: list[Paper]) -> None:
    new_batch = batch(*shown, source=source)
    with store.write() as tx:
        batch_diff = diff(
            new_batch.papers, find_known_papers(tx, new_batch.papers, now=NOW), source=source
        )
        batch_store.record_batch(
            tx, batch=new_batch, diff=batch_diff, verdict=Verdict.FRESH, now=NOW
        )


def test_a_withdrawn_paper_that_is_merged_makes_only_the_remaining_one_withdrawn(
    store: Store, collect: Collect
) -> None:
    other = paper("Another Study", identifiers=arxiv("B"))
    gone = paper("Other Words", identifiers=arxiv("A"))
    collect(other, paper("Name in a Dump"), source="dumps")
    collect(gone, source="feed", at=NOW + DAY)
    withdrawn = replace(gone, notice=AnnouncementKind.WITHDRAWN)
    collect(withdrawn, source="feed", at=NOW + 2 * DAY)
    collect(paper("Name in a Dump", identifiers=arxiv("A")), source="list", at=NOW + 3 * DAY)
    with store.read() as tx:
        rows = tx.execute(select(schema.paper.c.id, schema.paper.c.withdrawn_at)).all()
    assert {row.id for row in rows if row.withdrawn_at is not None} == {2, 3}


def test_an_identifier_is_looked_up_in_its_scheme_only(store: Store, collect: Collect) -> None:
    for scheme in ("pubmed", "ssrn"):
        collect(paper(f"In {scheme}", identifiers=(Identifier(scheme=scheme, value="7"),)))
    with store.read() as tx:
        found = {ref: find_papers(tx, ref) for ref in ("pubmed:7", "SSRN:7", "doi:7")}
    titles = {ref: [item.paper.title for item in papers] for ref, papers in found.items()}
    assert titles == {"pubmed:7": ["In pubmed"], "SSRN:7": ["In ssrn"], "doi:7": []}
