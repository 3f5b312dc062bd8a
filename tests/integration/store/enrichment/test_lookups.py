"""Which papers have to be looked up, and what was said about them, on both databases."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from support.builders import NOW, paper

from digest.core.enrichment.outcomes import LookupOutcome
from digest.core.models.batches import BatchReport
from digest.core.models.papers import AnnouncementKind, Identifier, Paper, PaperLink
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.enrichment.lookups import (
    LookupStatus,
    ServiceLookups,
    first_seen,
    lookup_status,
    record_lookups,
    show_latest_texts,
    undescribed_papers,
    wanted_ids,
    wanted_papers,
)
from digest.store.papers.announcements import candidates, last_seq

Collect = Callable[..., BatchReport]

DAY = timedelta(days=1)
FOUND, ABSENT = LookupOutcome.FOUND, LookupOutcome.ABSENT
LINK = (PaperLink(rel="page", url="https://owls.example"),)


def arxiv(number: int) -> tuple[Identifier, ...]:
    return (Identifier(scheme="arxiv", value=f"2605.{number:05}"),)


def due(store: Store, service: str = "one", *, after: timedelta = timedelta()) -> list[int]:
    with store.read() as tx:
        ids = wanted_ids(tx, now=NOW + after)
        found = wanted_papers(tx, service, ids, now=NOW + after, limit=10)
    return [item.paper_id for item in found]


def said(
    store: Store, service: str, after: timedelta = timedelta(), **papers: LookupOutcome
) -> None:
    outcomes = {int(name[1:]): outcome for name, outcome in papers.items()}
    with store.write() as tx:
        record_lookups(tx, service, outcomes, {}, now=NOW + after)


def test_only_papers_without_link_and_identifier_are_looked_up_the_newest_first(
    store: Store, collect: Collect
) -> None:
    collect(paper("Long Ago"), at=NOW - 41 * DAY)
    collect(
        paper("Owls"),
        paper("Mice", links=LINK),
        paper("Cats", identifiers=arxiv(1)),
        paper("Dogs", identifiers=(Identifier(scheme="doi", value="10.1000/d"),)),
        paper("Bees", identifiers=(Identifier(scheme="guid", value="feed:1"),)),
    )
    collect(paper("Withdrawn", notice=AnnouncementKind.WITHDRAWN, abstract="a"), at=NOW)
    collect(paper("Ants"))
    titles = {1: "Long Ago", 2: "Owls", 6: "Bees", 7: "Withdrawn", 8: "Ants"}
    assert [titles[number] for number in due(store)] == ["Ants", "Bees", "Owls"]


def test_papers_that_were_never_asked_for_come_before_those_that_are_asked_again(
    store: Store, collect: Collect
) -> None:
    collect("Owls", "Mice", "Cats")
    said(store, "one", p2=ABSENT, p3=ABSENT)
    assert due(store) == [1]
    assert due(store, after=DAY) == [1, 3, 2]
    assert due(store, "two") == [3, 2, 1]
    with store.read() as tx:
        (owls, cats) = wanted_papers(tx, "one", [1, 3, 2], now=NOW + DAY, limit=2)
        assert (owls.paper.title, cats.paper.title) == ("Owls", "Cats")
        assert first_seen(tx, [1, 2]) == {1: NOW.date(), 2: NOW.date()}


def test_what_one_service_found_no_other_is_asked_for(store: Store, collect: Collect) -> None:
    collect("Owls", "Mice")
    said(store, "one", p1=FOUND)
    assert due(store, "two", after=30 * DAY) == [2]


def test_what_arxiv_has_to_describe(store: Store, collect: Collect) -> None:
    collect(*(paper(name, identifiers=arxiv(place)) for place, name in enumerate("ABC")))
    said(store, "one", p1=FOUND, p2=FOUND)
    said(store, "arxiv", p2=FOUND)
    with store.read() as tx:
        assert undescribed_papers(tx, "arxiv", now=NOW, limit=10) == [(1, "2605.00000")]
    said(store, "arxiv", p1=ABSENT)
    with store.read() as tx:
        assert undescribed_papers(tx, "arxiv", now=NOW, limit=10) == []
        later = undescribed_papers(tx, "arxiv", now=NOW + DAY, limit=10)
    assert later == [(1, "2605.00000")]


def test_the_status_counts_papers_and_requests(store: Store, collect: Collect) -> None:
    collect("Owls", "Mice", "Cats", "Dogs")
    said(store, "one", p1=FOUND, p2=ABSENT, p3=ABSENT)
    said(store, "two", p2=FOUND, p3=ABSENT)
    for days in (1, 4, 11, 32):
        said(store, "one", days * DAY, p3=ABSENT)
        said(store, "two", days * DAY, p3=ABSENT)
    with store.read() as tx:
        found = lookup_status(tx, now=NOW)
    assert found == LookupStatus(
        services=(
            ServiceLookups(service="one", found=1, absent=2, requests=7),
            ServiceLookups(service="two", found=1, absent=1, requests=6),
        ),
        found=2,
        waiting=1,  # the dogs; the cats were asked for five times
        given_up=1,
    )


def test_lookups_move_when_records_are_merged(store: Store, collect: Collect) -> None:
    collect(paper("Owls"), paper("Mice", identifiers=arxiv(1)))
    said(store, "one", p1=ABSENT, p2=FOUND)
    said(store, "two", p2=ABSENT)
    collect(paper("Owls", identifiers=arxiv(1)), source="other")
    with store.read() as tx:
        rows = tx.execute(select(schema.lookup.c.paper_id, schema.lookup.c.service)).all()
    assert sorted(map(tuple, rows)) == [(1, "one"), (1, "two")]


def test_the_announcement_of_a_paper_shows_its_latest_text(store: Store, collect: Collect) -> None:
    collect("Owls", "Mice")
    collect(paper("Owls", abstract="We study owls.", links=LINK), source="other")
    with store.write() as tx:
        show_latest_texts(tx, [1])
        shown = candidates(tx, after=0, upto=last_seq(tx))
    assert [item.paper.links for item in sorted(shown, key=lambda item: item.paper_id)] == [
        LINK,
        (),
    ]


def test_the_venue_of_a_paper_is_kept(store: Store, collect: Collect) -> None:
    collect(Paper(title="Owls", abstract="a", venue="Journal of Owls\0"))
    with store.read() as tx:
        (shown,) = candidates(tx, after=0, upto=last_seq(tx))
    assert shown.paper.venue == "Journal of Owls"
