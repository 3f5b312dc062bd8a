"""The public archive of the offered lists: a page a day, feeds, and what search engines ask for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from digest.pipeline.signup.profile_choices import OfferedList
from digest.store.archive import list_editions
from digest.store.archive.list_editions import ListDay, ListEdition
from digest.web.pages.archive.edition import papers_of
from digest.web.pages.archive.exports import FORMS, citations_response
from digest.web.pages.archive.feeds import FEED_FILES, Feed, FeedEntry, feed_response
from digest.web.pages.guarded import Visit
from digest.web.security.headers import data_headers, public_headers

_ON_A_PAGE = 60  # days
_IN_A_FEED = 20
_IN_SITEMAP = (
    40_000  # addresses; a sitemap may have 50,000 (https://www.sitemaps.org/protocol.html)
)
_START = datetime(1970, 1, 1, tzinfo=UTC)


async def show_days(visit: Visit) -> Response:
    """Shows the days of a list, newest first."""
    offered = _offered(visit)
    if offered is None:
        return visit.pages.answer("missing", status=404)
    before = _date(visit.request.query_params.get("before", "")) or date.max
    days = await run_in_threadpool(_days, visit, offered.name, before=before, limit=_ON_A_PAGE + 1)
    words = visit.cards.words
    more = days[_ON_A_PAGE - 1].day if len(days) > _ON_A_PAGE else None
    return visit.pages.render_public(
        "list_days",
        offered=offered,
        days=[(item, words.full(item.day)) for item in days[:_ON_A_PAGE]],
        is_first=before == date.max,
        more=more,
        **_links(visit, offered),
    )


async def show_day(visit: Visit) -> Response:
    """Shows the papers of a list on one day."""
    offered, day = _offered(visit), _date(visit.request.path_params["day"])
    found = None if offered is None or day is None else await _find(visit, offered.name, day)
    if offered is None or found is None:
        return visit.pages.answer("missing", status=404)
    edition, earlier, later = found
    cards = visit.cards
    return visit.pages.render_public(
        "list_day",
        offered=offered,
        day=cards.words.full(edition.edition.local_date),
        iso=edition.edition.local_date.isoformat(),
        sections=await run_in_threadpool(cards.sections, edition.edition),
        earlier=earlier,
        later=later,
        **_links(visit, offered),
    )


async def day_file(visit: Visit) -> Response:
    """Returns the papers of a day as a file."""
    offered, day = _offered(visit), _date(visit.request.path_params["day"])
    form = visit.request.path_params["form"]
    if offered is None or day is None or form not in FORMS:
        return visit.pages.answer("missing", status=404)
    found = await _find(visit, offered.name, day)
    if found is None:
        return visit.pages.answer("missing", status=404)
    papers = papers_of(found[0].edition)
    return citations_response(papers, form, name=f"papers-{day}", public=True)


async def list_feed(visit: Visit) -> Response:
    """Returns the feed of a list."""
    offered, file = _offered(visit), visit.request.path_params["file"]
    if offered is None or file not in FEED_FILES:
        return visit.pages.answer("missing", status=404)
    days = await run_in_threadpool(_days, visit, offered.name, limit=_IN_A_FEED)
    state = [(item.day, item.composed_at) for item in days]

    async def made() -> Feed:
        return await run_in_threadpool(_feed, visit, offered)

    return await feed_response(
        visit.request, file=file, language=visit.language, state=state, made=made, public=True
    )


async def sitemap(visit: Visit) -> Response:
    """Lists the pages of the archive for search engines."""
    if not visit.readers.archived:
        return visit.pages.answer("missing", status=404)
    text = await run_in_threadpool(_sitemap, visit)
    headers = public_headers(data_headers())
    return Response(text, media_type="application/xml", headers=headers)


async def robots(visit: Visit) -> Response:
    """Tells search engines where the sitemap is.

    It forbids no page: a page with a token says by itself that it must not be indexed, and a search
    engine that may not open it would not learn that.
    """
    lines = ["User-agent: *", "Disallow:"]
    if visit.readers.archived:
        lines.append(f"Sitemap: {visit.readers.base_url}/sitemap.xml")
    return PlainTextResponse("\n".join(lines) + "\n", headers=public_headers(data_headers()))


def _offered(visit: Visit) -> OfferedList | None:
    return visit.readers.archived.get(visit.request.path_params["name"])


def _links(visit: Visit, offered: OfferedList) -> dict[str, object]:
    folder = f"{visit.readers.root}/topics/{offered.name}"
    can_join = any(item.name == offered.name for item in visit.readers.lists)
    return {"folder": f"{folder}/archive", "join": folder if can_join else ""}


def _date(text: str) -> date | None:
    # Only the form of our own links, so that each page has one address.
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _days(visit: Visit, name: str, *, before: date = date.max, limit: int) -> Sequence[ListDay]:
    with visit.store.read() as tx:
        return list_editions.days(tx, name, before=before, limit=limit)


async def _find(
    visit: Visit, name: str, day: date
) -> tuple[ListEdition, date | None, date | None] | None:
    """Returns the page of a day, and the days before and after it."""

    def read() -> tuple[ListEdition, date | None, date | None] | None:
        with visit.store.read() as tx:
            found = list_editions.find(tx, name, day)
            if found is None:
                return None
            earlier = list_editions.days(tx, name, before=day, limit=1)
            later = list_editions.next_day(tx, name, day)
        return found, earlier[0].day if earlier else None, later

    return await run_in_threadpool(read)


def _feed(visit: Visit, offered: OfferedList) -> Feed:
    with visit.store.read() as tx:
        shown = list_editions.newest(tx, offered.name, limit=_IN_A_FEED)
    home = f"{visit.readers.base_url}/topics/{offered.name}/archive"
    return Feed(
        key=home,
        url=f"{home}/feed",
        home=home,
        title=f"{visit.pages.list_name}: {visit.pages.translation.gettext(offered.title)}",
        author=visit.pages.list_name,
        updated=shown[0].composed_at if shown else _START,
        entries=[_entry(visit, home, item) for item in shown],
    )


def _entry(visit: Visit, home: str, item: ListEdition) -> FeedEntry:
    cards = visit.cards
    url = f"{home}/{item.edition.local_date}"
    return FeedEntry(
        key=url,
        url=url,
        title=cards.title(item.edition),
        at=item.composed_at,
        html=visit.pages.fragment("feed_entry", sections=cards.sections(item.edition)),
    )


def _sitemap(visit: Visit) -> str:
    names = list(visit.readers.archived)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    for name in names:
        home = escape(f"{visit.readers.base_url}/topics/{name}/archive")
        lines.append(f"<url><loc>{home}</loc></url>")
        lines += [
            f"<url><loc>{home}/{item.day}</loc><lastmod>{item.composed_at:%Y-%m-%d}</lastmod></url>"
            for item in _days(visit, name, limit=_IN_SITEMAP // len(names))
        ]
    return "\n".join([*lines, "</urlset>", ""])
