from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, text
from support.builders import NOW, TODAY, batch, paper
from support.speed.long_tests import LONG

from digest.core.identity.identifiers import title_hash, title_key
from digest.core.models.batches import BatchReport, Rejection, Verdict
from digest.core.models.matching import BatchDiff, IdentifiedPaper
from digest.core.models.papers import AnnouncementKind, Identifier, PaperLink
from digest.store.database import schema
from digest.store.database.statements import IN_LIST
from digest.store.database.store import Store
from digest.store.papers import announcements, source_state
from digest.store.papers import batches as batch_store
from digest.store.papers.lookup import find_known_papers as papers_known

ARXIV = Identifier(scheme="arxiv", value="2605.00001")


Collect = Callable[..., BatchReport]


def known(store: Store, *titles: str) -> dict[str, tuple[int, set[str]]]:
    with store.read() as tx:
        found = papers_known(tx, [paper(title) for title in titles], now=NOW)
    return {
        key: (item.paper_id, set(item.sources))
        for item in found.values()
        for key in (item.title_key, *item.other_keys)
    }


def newest(store: Store) -> Any:
    with store.read() as tx:
        return announcements.newest_papers(tx, 1)[0]


def test_a_recorded_paper_is_known_by_its_title_key(store: Store, collect: Collect) -> None:
    collect("Attention Is All You Need", source="dumps")
    collect("Attention is all you need!", source="arxiv")
    assert known(store, "ATTENTION is all you need", "Another Paper") == {
        title_key("Attention Is All You Need"): (1, {"dumps", "arxiv"})
    }


def test_two_titles_of_one_hash_are_told_apart_by_the_whole_key(store: Store) -> None:
    key, other = "a", "b"
    with store.write() as tx:
        tx.execute(schema.paper.insert(), {"id": 1, "first_seen_at": NOW})
        row = {"hash": title_hash(key), "key": other, "paper_id": 1}
        tx.execute(schema.title.insert(), row)
        assert papers_known(tx, [paper(key)], now=NOW) == {}


def test_more_titles_than_fit_in_one_question_are_all_found(store: Store, collect: Collect) -> None:
    titles = [f"Paper number {number}" for number in range(2 * IN_LIST + 1)]
    collect(*titles)
    assert len(known(store, *titles)) == len(titles)


def test_the_report_counts_every_paper_once(collect: Collect) -> None:
    collect("Old", "Older")
    rejected = (Rejection(reason="no abstract", line=7),)
    report = collect("New", "Old", "new", "Newer", source="arxiv", rejected=rejected)
    assert report == BatchReport(
        source="arxiv",
        origin="test.txt",
        announced=None,
        verdict=Verdict.PARTIAL,
        papers=4,
        new=2,
        listed=1,
        revised=0,
        withdrawn=0,
        duplicates=1,
        rejected=rejected,
    )


def test_a_paper_comes_back_as_it_went_in(store: Store, collect: Collect) -> None:
    whole = paper(
        "Über $x^2$ & <b>more</b> 中文 🚀",
        authors=("Ada Lovelace", "Émilie du Châtelet"),
        author_count=2,
        identifiers=(ARXIV,),
        categories=("cs.LG", "cs.CL"),
        links=(PaperLink(rel="abstract", url="https://arxiv.org/abs/2605.00001"),),
        published=date(2026, 5, 1),
        updated=date(2026, 5, 2),
        votes=3,
        comments=0,
        stars=12,
        abstract_from="crossref",
        position=1,
    )
    collect(whole)
    assert newest(store).paper == whole


def test_characters_that_a_database_refuses_do_not_lose_the_batch(
    store: Store, collect: Collect
) -> None:
    collect(paper("Poison\0ed \ud800 title", "An \0 abstract", authors=("\ud801 X\0",)))
    found = newest(store).paper
    assert (found.title, found.abstract) == ("Poisoned ? title", "An  abstract")
    assert found.authors[0].startswith("? X")
    report = collect(paper("Poison\0ed \ud800 title"))
    assert (report.new, report.duplicates) == (0, 1)


def test_a_listing_that_has_identifiers_completes_what_a_dump_said_and_its_words_count(
    store: Store, collect: Collect
) -> None:
    collect(paper("One Paper", "As the dump says.", author_count=3), source="dumps")
    collect(
        paper("One paper", "As the feed says.", authors=("A", "B", "C"), identifiers=(ARXIV,)),
        source="arxiv",
    )
    found = newest(store)
    assert (found.kind, found.source, found.revision_id) == (AnnouncementKind.LISTED, "arxiv", 2)
    assert found.paper.title == "One paper"
    assert found.paper.abstract == "As the feed says."
    assert found.paper.authors == ("A", "B", "C")
    assert found.paper.author_count == 3
    with store.read() as tx:
        (named,) = papers_known(tx, [paper("?", identifiers=(ARXIV,))], now=NOW).values()
    assert named.sources == {"dumps", "arxiv"}


def test_a_further_listing_with_nothing_to_add_makes_no_revision(
    store: Store, collect: Collect
) -> None:
    collect(paper("One Paper", authors=("A",)), source="arxiv")
    collect(paper("One Paper", "In the dump's words.", votes=9), source="dumps")
    assert newest(store).revision_id == 1


def test_a_revision_replaces_the_words_and_keeps_what_it_lacks(
    store: Store, collect: Collect
) -> None:
    collect(paper("Old Name", "Old words.", identifiers=(ARXIV,), published=TODAY))
    revised = paper("New Name", "New words.")
    finding = IdentifiedPaper(
        paper=revised, title_key=title_key("New Name"), paper_id=1, kind=AnnouncementKind.REVISED
    )
    with store.write() as tx:
        report = batch_store.record_batch(
            tx,
            batch=batch(revised),
            diff=BatchDiff(findings=(finding,), repeats=0),
            verdict=Verdict.FRESH,
            now=NOW,
        )
    assert report.revised == 1
    found = newest(store).paper
    assert (found.title, found.abstract) == ("New Name", "New words.")
    assert (found.identifiers, found.published) == ((ARXIV,), TODAY)
    both = known(store, "Old Name", "New Name")
    assert {paper_id for paper_id, _ in both.values()} == {1}
    assert len(both) == 2


def test_an_identifier_stays_with_the_paper_that_had_it_first(
    store: Store, collect: Collect
) -> None:
    collect(paper("First", identifiers=(ARXIV,)))
    other = Identifier(scheme="arxiv", value="2605.00002")
    work = Identifier(scheme="doi", value="10.1000/x")
    collect(paper("First, revisited", identifiers=(ARXIV, work)))
    collect(paper("Second", identifiers=(other, work)))
    with store.read() as tx:
        found = papers_known(tx, [paper("?", identifiers=(work,))], now=NOW)
    assert [item.paper_id for item in found.values()] == [1]


def test_a_sighting_alone_announces_nothing(store: Store, collect: Collect) -> None:
    collect(paper("One", votes=1))
    report = collect(paper("One", votes=5, position=2))
    assert (report.verdict, report.duplicates) == (Verdict.UNCHANGED, 1)
    with store.read() as tx:
        assert announcements.last_seq(tx) == 1
    assert (newest(store).paper.votes, newest(store).paper.position) == (5, 2)


def test_a_batch_that_could_not_be_read_is_reported(store: Store) -> None:
    with store.write() as tx:
        report = batch_store.record_failure(
            tx,
            source="dumps",
            origin="bad.txt",
            announced=TODAY,
            rejected=(Rejection(reason="not a dump"),),
            now=NOW,
            fingerprint="abc",
        )
    assert (report.verdict, report.papers) == (Verdict.FAILED, 0)
    assert report.rejected == (Rejection(reason="not a dump"),)


def test_the_cursor_is_kept_for_each_source(store: Store) -> None:
    with store.write() as tx:
        assert source_state.load_cursor(tx, "arxiv") is None
        source_state.save_cursor(tx, "arxiv", {"etag": "x"}, NOW)
        source_state.save_cursor(tx, "arxiv", {"etag": "y", "seen": ["a"]}, NOW)
        source_state.save_cursor(tx, "dumps", None, NOW)
        assert source_state.load_cursor(tx, "arxiv") == {"etag": "y", "seen": ["a"]}
        assert source_state.load_cursor(tx, "dumps") is None


def test_batches_recorded_at_once_are_numbered_in_the_order_of_their_commits(
    store: Store, collect: Collect
) -> None:
    seen: list[int] = []

    def collect_one(number: int) -> None:
        collect(*(f"Paper {number} {place}" for place in range(5)), source=f"s{number}")
        with store.read() as tx:  # every announcement up to the head must be visible
            head = announcements.last_seq(tx)
            count = select(func.count()).select_from(schema.announcement)
            seen.append(head - tx.execute(count).scalar_one())

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(collect_one, range(30)))
    assert seen == [0] * 30
    log = select(schema.announcement.c.seq, schema.announcement.c.batch_id)
    with store.read() as tx:
        rows = tx.execute(log.order_by(schema.announcement.c.seq)).all()
    assert [row.seq for row in rows] == list(range(1, 151))
    assert [row.batch_id for row in rows] == [1 + place // 5 for place in range(150)]


def test_the_same_paper_collected_at_once_is_one_paper(collect: Collect) -> None:
    with ThreadPoolExecutor(6) as pool:
        reports = list(pool.map(lambda number: collect("One", source=f"s{number}"), range(12)))
    assert sum(report.new for report in reports) == 1
    assert sum(report.listed for report in reports) == 11


def test_known_titles_are_found_through_the_index(store: Store) -> None:
    with store.write() as tx:
        tx.execute(schema.paper.insert(), {"id": 1, "first_seen_at": NOW})
        _fill_titles(tx, 200_000)
    keys = sorted(title_hash(f"key {number}") for number in range(IN_LIST))
    probe = select(schema.title).where(schema.title.c.hash.in_(keys))
    with store.read() as tx:
        literal = str(probe.compile(tx.engine, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
        plan = " ".join(str(tuple(row)) for row in tx.exec_driver_sql(explain + literal))
    assert "SEARCH title USING PRIMARY KEY" in plan or "pk_title" in plan, plan
    assert "Seq Scan" not in plan
    assert "SCAN title" not in plan


def _fill_titles(tx: Connection, count: int) -> None:
    """Inserts many titles with different hashes, generated by the database."""
    numbers = (
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
        " SELECT i FROM n) AS numbers"
        if tx.dialect.name == "sqlite"
        else "generate_series(1, CAST(:count AS bigint)) AS numbers(i)"
    )
    spread = "INSERT INTO title (hash, paper_id, key) SELECT i * 46116860184273, 1, 'key ' || i"
    tx.execute(text(f"{spread} FROM {numbers}"), {"count": count})
    tx.execute(text("ANALYZE title"))


def test_more_papers_than_fit_in_one_statement_go_in_and_are_known(collect: Collect) -> None:
    # SQLAlchemy inserts at most 1,000 rows with one statement, and an IN list has `IN_LIST` values.
    count = 5000 if LONG else 1000 + IN_LIST // 4
    many = [f"Paper {number} of many" for number in range(count)]
    assert collect(*many).new == count
    assert collect(*many).duplicates == count
    assert collect(*many, source="arxiv").listed == count
