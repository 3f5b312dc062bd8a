"""Reads the libraries of Zotero that profiles name in `likes`."""

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.core.models.papers import Paper
from digest.core.profiles.reading_lists import MAX_PAPERS
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.sources.kinds.common import ClientFactory


class ZoteroLibraries(Struct, frozen=True, kw_only=True):
    """Asks the Web API of Zotero."""

    client: "ClientFactory"
    key: str | None = None  # of the operator's account; public groups need none

    def __call__(self, library: str, collection: str, *, now: datetime) -> tuple[Paper, ...]:
        """Returns the papers that were changed last; see `LibraryReader`."""
        # Imported here: most homes have no such reading list.
        from digest.sources.kinds.zotero import ZoteroSource

        source = ZoteroSource(
            name="likes", library=library, collection=collection, client=self.client, key=self.key
        )
        papers: list[Paper] = []
        for read in source.fetch(None, now=now):
            if read.batch is None:
                reason = read.problem.reason if read.problem else "it gives no answer"
                raise InputError(reason, file=read.origin)
            papers += read.batch.papers
            if len(papers) >= MAX_PAPERS:
                break
        return tuple(papers[:MAX_PAPERS])
