"""The page that sends papers to a reader's Zotero library.

The reader's key is used for this one request. It is in no address, no log and no database.
"""

from collections.abc import Awaitable, Callable, Sequence

import anyio
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.papers import Paper
from digest.core.reader_text import ReaderText, shown_problem
from digest.errors import DigestError
from digest.mail.message.reference_items import zotero_items
from digest.pipeline.archive import sending_limit
from digest.web.pages.guarded import SentForm, Visit

_AT_ONCE = 4  # sendings, which wait for another server


class ZoteroPapers(Struct, frozen=True, kw_only=True):
    """What can be sent from a page."""

    papers: Sequence[Paper]
    back: str  # the path of the page with the papers
    page: str  # what is counted for the limit


class ZoteroPages:
    """The endpoints of one kind of page.

    Args:
        find: returns the papers of a visit, or why there are none.
    """

    def __init__(self, find: Callable[[Visit], Awaitable[ZoteroPapers | Response]]) -> None:
        self._find = find
        self._sending = 0

    async def show(self, visit: Visit) -> Response:
        """Shows the field for the key."""
        found = await self._find(visit)
        return found if isinstance(found, Response) else _page(visit, found)

    async def send(self, visit: Visit, form: SentForm) -> Response:
        """Sends the papers with the key of the form."""
        found = await self._find(visit)
        if isinstance(found, Response):
            return found
        key = form.fields.get("key", "").strip()
        if not key:
            return _page(
                visit, found, problem=visit.say(ReaderText("Please paste your key.")), status=422
            )
        is_free = self._sending < _AT_ONCE and await run_in_threadpool(
            sending_limit.take,
            visit.store,
            found.page,
            key=visit.readers.rules.key,
            now=visit.now,
        )
        if not is_free:
            problem = visit.say(
                ReaderText("Too much is being sent at the moment. Please try again in an hour.")
            )
            return _page(visit, found, problem=problem, status=429)
        items = zotero_items(found.papers)
        self._sending += 1
        try:
            taken = await anyio.to_thread.run_sync(visit.readers.to_zotero, items, key)
        except DigestError as error:
            return _page(visit, found, problem=visit.say(shown_problem(error)), status=422)
        finally:
            self._sending -= 1
        return _page(visit, found, taken=taken)


def _page(
    visit: Visit,
    found: ZoteroPapers,
    *,
    taken: int | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return visit.pages.render(
        "zotero",
        status=status,
        total=len(found.papers),
        taken=taken,
        back=found.back,
        problem=problem,
    )
