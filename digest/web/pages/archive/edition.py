"""An edition online, for everybody who has its link, and its papers as files.

The link is in the message of the edition, which may be forwarded. So the page names nobody, says
nothing about the reader beside the topics of the message, and allows nothing but reading.
"""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.editions import Edition
from digest.core.models.papers import Paper
from digest.core.signup.link_tokens import LinkPurpose, verify_link
from digest.pipeline.archive import reader_archive
from digest.store.archive.editions import ArchivedEdition
from digest.web.pages.archive.exports import FORMS, citations_response
from digest.web.pages.archive.zotero import ZoteroPapers
from digest.web.pages.guarded import Visit


async def show_edition(visit: Visit) -> Response:
    """Shows an edition."""
    found = await _find(visit)
    if isinstance(found, Response):
        return found
    cards = visit.cards
    sections = await run_in_threadpool(cards.sections, found.edition)
    name = await run_in_threadpool(reader_archive.list_of, visit.store, found)
    return visit.pages.render(
        "edition",
        list_name=visit.site.list_titles.get(name or "", visit.pages.list_name),
        day=cards.words.full(found.edition.local_date),
        sections=sections,
        is_open=visit.readers.signup == "open",
        folder=f"{visit.readers.root}/e/{visit.token}/papers",
        zotero=f"{visit.readers.root}/e/{visit.token}/zotero",
    )


async def edition_file(visit: Visit) -> Response:
    """Returns the papers of an edition as a file."""
    if visit.request.path_params["form"] not in FORMS:
        return visit.pages.answer("missing", status=404)
    found = await _find(visit)
    if isinstance(found, Response):
        return found
    return citations_response(
        papers_of(found.edition),
        visit.request.path_params["form"],
        name=f"papers-{found.edition.local_date}",
        public=False,
    )


async def for_zotero(visit: Visit) -> ZoteroPapers | Response:
    """Returns the papers of an edition, to be sent to Zotero."""
    found = await _find(visit)
    if isinstance(found, Response):
        return found
    return ZoteroPapers(
        papers=papers_of(found.edition),
        back=f"{visit.readers.root}/e/{visit.token}",
        page=visit.token,
    )


def papers_of(edition: Edition) -> list[Paper]:
    """Returns all papers that an edition shows, each once."""
    entries = (*edition.entries, *edition.surplus, *edition.trending)
    papers = {entry.candidate.paper_id: entry.candidate.paper for entry in entries}
    return list(papers.values())


async def _find(visit: Visit) -> ArchivedEdition | Response:
    link = verify_link(LinkPurpose.EDITION, visit.token, secrets=visit.keys)
    if link is None:
        return visit.pages.render("cut", status=404)
    life = visit.readers.view_life
    if life is not None and link.age(visit.now) > life:
        return visit.pages.render("edition_gone", status=410)
    found = await run_in_threadpool(reader_archive.find_edition, visit.store, link.number)
    # The answer is the same for an edition that never existed.
    if found is None or not found.is_kept:
        return visit.pages.render("edition_gone", status=410)
    return found
