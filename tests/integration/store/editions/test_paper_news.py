"""News about papers goes once to the readers who were sent them and want to hear of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from support.builders import NOW, paper
from support.subscribers import start_subscription

from digest.core.models.editions import Edition
from digest.core.models.papers import AnnouncementKind, Identifier, Paper
from digest.pipeline.publishing.publish import publish
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.papers import announcements

Collect = Callable[..., object]
DAY = timedelta(days=1)
KINDS = 'kinds = ["new", "listed", "published", "retracted", "corrected"]'


def reader(store: Store, name: str, *, keyword: str, kinds: str = KINDS) -> int:
    text = (
        f'email = "{name}@example.org"\n{kinds}\n[[topics]]\nname = "T"\nkeywords = ["{keyword}"]'
    )
    with store.write() as tx:
        return start_subscription(tx, f"{name}@example.org", name=name, profile_text=text)


def owls(*dois: str, title: str = "The memory of owls", **fields: Any) -> Paper:
    names = tuple(Identifier(scheme="doi", value=value) for value in dois)
    return paper(title, identifiers=names, **fields)


def made(store: Store, days: int) -> list[Edition]:
    report = publish(store, now=NOW + days * DAY, message_domain="example.org")
    with store.read() as tx:
        return [
            ledger.load(tx, item.edition_id).edition for item in report.results if item.edition_id
        ]


def test_who_was_sent_a_preprint_hears_once_where_it_is_published(
    store: Store, collect: Collect
) -> None:
    collect(owls("10.1101/123456"))
    reader(store, "owls", keyword="owls")
    reader(store, "quiet", keyword="owls", kinds='kinds = ["new", "listed"]')
    reader(store, "bees", keyword="bees")
    assert [edition.matched for edition in made(store, 0)] == [1, 1]
    article = owls("10.1101/123456", "10.1038/owls", title="Owls remember", venue="Journal of Owls")
    collect(article, at=NOW + DAY)
    (edition,) = made(store, 1)
    (entry,) = edition.updates
    assert entry.candidate.kind is AnnouncementKind.PUBLISHED
    assert entry.candidate.paper.venue == "Journal of Owls"
    assert (edition.matched, edition.sections) == (0, ())
    collect(article, at=NOW + 2 * DAY)
    assert made(store, 2) == []


def test_a_reader_hears_of_a_retraction_although_the_text_matches_no_more(
    store: Store, collect: Collect
) -> None:
    collect(owls("10.1038/owls"))
    reader(store, "owls", keyword="owls")
    made(store, 0)
    gone = owls("10.1038/owls", title="Withdrawn article", notice=AnnouncementKind.RETRACTED)
    collect(gone, at=NOW + DAY)
    (edition,) = made(store, 1)
    assert [item.candidate.kind for item in edition.updates] == [AnnouncementKind.RETRACTED]


def test_a_retracted_paper_is_new_to_nobody(store: Store, collect: Collect) -> None:
    collect(owls("10.1038/owls"))
    collect(owls("10.1038/owls", notice=AnnouncementKind.RETRACTED), at=NOW + DAY)
    reader(store, "owls", keyword="owls")
    assert made(store, 1) == []


def test_an_article_that_a_journal_lists_is_listed_for_who_was_not_sent_the_preprint(
    store: Store, collect: Collect
) -> None:
    collect(owls("10.1101/123456"))
    reader(store, "owls", keyword="owls", kinds=f'{KINDS}\nsources = ["journal"]')
    assert made(store, 0) == []
    collect(owls("10.1101/123456", "10.1038/owls"), source="journal", at=NOW + DAY)
    (edition,) = made(store, 1)
    assert edition.updates == ()
    assert [item.candidate.kind for item in edition.entries] == [AnnouncementKind.LISTED]


def test_a_withdrawn_paper_is_no_candidate_for_lists_and_examples(
    store: Store, collect: Collect
) -> None:
    collect(owls("10.1038/owls"), "Bees dance")
    collect(owls("10.1038/owls", notice=AnnouncementKind.WITHDRAWN), at=NOW + DAY)
    with store.read() as tx:
        found = announcements.to_rank(tx, after=0, upto=announcements.last_seq(tx))
    assert [item.paper.title for item in found] == ["Bees dance"]
