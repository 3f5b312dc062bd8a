"""What a reader sees and keeps of the papers of the own digests."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from digest.core.models.papers import Paper
from digest.core.models.profiles import FeedbackKind
from digest.core.reader_text import ReaderText
from digest.core.signup.archive_links import FeedLink
from digest.errors import UsageError
from digest.pipeline.signup.preferences import find_live
from digest.store.archive import editions, kept_papers, reader_feeds, reader_papers
from digest.store.archive.editions import ArchivedEdition
from digest.store.archive.reader_papers import ReaderPaper
from digest.store.database.store import Store
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import feedback as feedback_store

MAX_NOTE = 2000  # characters
MAX_WORDS = 8  # of a search
MAX_EXPORTED = 2000  # saved papers in a file: the last ones
ON_A_PAGE = 20
IN_A_FEED = 20


class ShownPapers(StrEnum):
    """Which papers a page shows."""

    ALL = "all"  # of all digests
    SAVED = "saved"


class ReaderPapers(Struct, frozen=True, kw_only=True):
    """A page of a reader's papers."""

    papers: Sequence[ReaderPaper]
    has_more: bool
    feed: FeedLink | None  # None: the reader has no feed


def read(
    store: Store, subscription_id: int, *, shown: ShownPapers, search: str = "", page: int = 1
) -> ReaderPapers | None:
    """Returns a page of the papers of a subscription; None if it has ended.

    Args:
        store: The database.
        subscription_id: The subscription.
        shown: Which papers.
        search: Words that must all be in the title, the abstract or the note.
        page: Counted from 1.
    """
    words = search.split()[:MAX_WORDS]
    find = reader_papers.saved if shown is ShownPapers.SAVED else reader_papers.shown
    with store.read() as tx:
        if find_live(tx, subscription_id) is None:
            return None
        skip = (page - 1) * ON_A_PAGE
        papers = find(tx, subscription_id, words=words, limit=ON_A_PAGE + 1, skip=skip)
        version = reader_feeds.open_version(tx, subscription_id)
    feed = None if version is None else FeedLink(subscription_id=subscription_id, version=version)
    return ReaderPapers(papers=papers[:ON_A_PAGE], has_more=len(papers) > ON_A_PAGE, feed=feed)


def saved_papers(store: Store, subscription_id: int) -> list[Paper] | None:
    """Returns the saved papers for a file, the last one first; None: the subscription has ended."""
    with store.read() as tx:
        if find_live(tx, subscription_id) is None:
            return None
        found = reader_papers.saved(tx, subscription_id, limit=MAX_EXPORTED)
    return [item.paper for item in found]


def set_saved(
    store: Store, subscription_id: int, paper_id: int, *, saved: bool, now: datetime
) -> None:
    """Saves a paper of the reader, which the digest learns from, or removes it from the saved ones.

    Raises:
        UsageError: It is no paper of this reader.
    """
    with store.write() as tx:
        _require_own(reader_papers.is_of_reader(tx, subscription_id, paper_id))
        if saved:
            feedback_store.record(tx, subscription_id, paper_id, FeedbackKind.SAVED, now=now)
        else:
            feedback_store.forget_saved(tx, subscription_id, paper_id)
            kept_papers.unsave(tx, subscription_id, paper_id)


def write_note(store: Store, subscription_id: int, paper_id: int, note: str) -> None:
    """Stores the reader's note about a paper; an empty one removes it.

    Raises:
        UsageError: It is no paper of this reader, or the note is too long.
    """
    text = "\n".join(line.rstrip() for line in note.strip().splitlines())
    if len(text) > MAX_NOTE:
        raise UsageError(ReaderText("A note has at most %(number)s characters.", number=MAX_NOTE))
    with store.write() as tx:
        _require_own(reader_papers.is_of_reader(tx, subscription_id, paper_id))
        kept_papers.write_note(tx, subscription_id, paper_id, text)


def set_feed(store: Store, subscription_id: int, *, is_open: bool) -> None:
    """Opens the secret feed at a new address, or closes it; earlier addresses stop working."""
    with store.write() as tx:
        if find_live(tx, subscription_id) is None:
            return
        (reader_feeds.open_new if is_open else reader_feeds.close)(tx, subscription_id)


def find_edition(store: Store, edition_id: int) -> ArchivedEdition | None:
    """Returns an edition; None if it does not exist, or its reader was erased."""
    with store.read() as tx:
        return editions.find(tx, edition_id)


def list_of(store: Store, edition: ArchivedEdition) -> str | None:
    """Returns the name of the mailing list that an edition belongs to; None: of none."""
    with store.read() as tx:
        found = bounce_store.find_subscription(tx, edition.subscription_id)
    return None if found is None else found.list_name


def feed_state(store: Store, link: FeedLink) -> list[tuple[int, datetime]] | None:
    """Returns the numbers and times of the editions in a feed, newest first.

    Returns:
        None if the address was replaced, the feed closed, or the subscription has ended.
    """
    with store.read() as tx:
        if reader_feeds.open_version(tx, link.subscription_id) != link.version:
            return None
        if find_live(tx, link.subscription_id) is None:
            return None
        return editions.newest_ids(tx, link.subscription_id, limit=IN_A_FEED)


def feed_editions(store: Store, link: FeedLink) -> list[ArchivedEdition]:
    """Returns the editions in a feed, newest first."""
    with store.read() as tx:
        return editions.newest(tx, link.subscription_id, limit=IN_A_FEED)


def _require_own(own: bool) -> None:  # noqa: FBT001 - the only thing that it says
    if not own:
        raise UsageError(ReaderText("This paper is in none of your digests."))
