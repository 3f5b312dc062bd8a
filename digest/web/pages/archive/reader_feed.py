"""The secret feed of a digest, and the page on which its reader opens and closes it."""

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.signup.archive_links import FeedLink, edition_url, sign_feed, verify_feed
from digest.core.signup.link_tokens import LinkScope
from digest.pipeline.archive import reader_archive
from digest.pipeline.archive.reader_archive import ShownPapers
from digest.store.archive.editions import ArchivedEdition
from digest.web.pages.archive.feeds import FEED_FILES, Feed, FeedEntry, feed_response
from digest.web.pages.archive.reader_scope import opened_for
from digest.web.pages.guarded import SentForm, Visit

_START = datetime(1970, 1, 1, tzinfo=UTC)


async def reader_feed(visit: Visit) -> Response:
    """Returns the feed of a digest; each address works until the reader replaces it."""
    file = visit.request.path_params["file"]
    link = verify_feed(visit.token, secrets=visit.keys)
    if link is None or file not in FEED_FILES:
        return visit.pages.answer("missing", status=404)
    state = await run_in_threadpool(reader_archive.feed_state, visit.store, link)
    if state is None:
        return visit.pages.render("feed_gone", status=410)

    async def made() -> Feed:
        return await run_in_threadpool(_feed, visit, link)

    return await feed_response(
        visit.request, file=file, language=visit.language, state=state, made=made, public=False
    )


async def show_feed(visit: Visit) -> Response:
    """Shows the address of the feed, to a reader with a fresh link only: it does not expire."""
    number = opened_for(visit, LinkScope.MANAGE)
    return number if isinstance(number, Response) else await _page(visit, number)


async def change_feed(visit: Visit, form: SentForm) -> Response:
    """Opens the feed at a new address, or closes it."""
    number = opened_for(visit, LinkScope.MANAGE)
    if isinstance(number, Response):
        return number
    if form.wish not in ("open", "close"):
        return visit.pages.answer("again", status=400)
    await run_in_threadpool(
        lambda: reader_archive.set_feed(visit.store, number, is_open=form.wish == "open")
    )
    return await _page(visit, number, changed=form.wish)


async def _page(visit: Visit, number: int, *, changed: str = "") -> Response:
    found = await run_in_threadpool(
        lambda: reader_archive.read(visit.store, number, shown=ShownPapers.SAVED)
    )
    if found is None:
        return visit.pages.render("gone", status=410)
    address = ""
    if found.feed is not None:
        address = _address(visit, found.feed)
    return visit.pages.render(
        "reader_feed",
        address=address,
        changed=changed,
        papers=f"{visit.readers.root}/p/{visit.token}/papers",
    )


def _address(visit: Visit, link: FeedLink) -> str:
    return f"{visit.readers.base_url}/feed/{sign_feed(link, secret=visit.keys[0])}"


def _feed(visit: Visit, link: FeedLink) -> Feed:
    shown = reader_archive.feed_editions(visit.store, link)
    return Feed(
        key=f"urn:paper-digest:{visit.store.instance_id}:digest:{link.subscription_id}",
        url=f"{visit.readers.base_url}/feed/{visit.token}",
        home=f"{visit.readers.base_url}/",
        title=visit.pages.list_name,
        author=visit.pages.list_name,
        updated=shown[0].composed_at if shown else _START,
        entries=[_entry(visit, item) for item in shown],
    )


def _entry(visit: Visit, item: ArchivedEdition) -> FeedEntry:
    cards = visit.cards
    return FeedEntry(
        key=f"urn:paper-digest:{visit.store.instance_id}:edition:{item.edition_id}",
        url=edition_url(
            visit.readers.base_url, item.edition_id, at=item.composed_at, secret=visit.keys[0]
        ),
        title=cards.title(item.edition),
        at=item.composed_at,
        html=visit.pages.fragment("feed_entry", sections=cards.sections(item.edition)),
    )
