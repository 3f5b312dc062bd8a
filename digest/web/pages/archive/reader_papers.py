"""The papers of a reader's digests, `/p/TOKEN/papers`: to search, to save, with notes, as files."""

from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.reader_text import ReaderText, shown_problem
from digest.core.signup.link_tokens import LinkScope
from digest.errors import UsageError
from digest.pipeline.archive import reader_archive
from digest.pipeline.archive.reader_archive import MAX_NOTE, ReaderPapers, ShownPapers
from digest.web.pages.archive.exports import FORMS, citations_response
from digest.web.pages.archive.reader_scope import opened_for
from digest.web.pages.archive.zotero import ZoteroPapers
from digest.web.pages.guarded import SentForm, Visit

_MAX_SEARCH = 200  # characters
_MAX_PAGE = 10_000
_DONE = {
    "save": ReaderText("Saved. Papers like it move up in your digest."),
    "unsave": ReaderText("Removed from the saved papers."),
    "note": ReaderText("The note is stored."),
}


async def show_papers(visit: Visit) -> Response:
    """Shows the papers, newest digest first."""
    number = opened_for(visit, LinkScope.EDIT)
    if isinstance(number, Response):
        return number
    return await _page(visit, number, dict(visit.request.query_params))


async def change_paper(visit: Visit, form: SentForm) -> Response:
    """Saves a paper, removes it from the saved ones, or stores a note about it."""
    number = opened_for(visit, LinkScope.EDIT)
    if isinstance(number, Response):
        return number
    if form.wish not in _DONE:
        return visit.pages.answer("again", status=400)
    try:
        await run_in_threadpool(_change, visit, number, form)
    except UsageError as error:
        return await _page(
            visit, number, form.fields, problem=visit.say(shown_problem(error)), status=422
        )
    return await _page(visit, number, form.fields, notice=visit.say(_DONE[form.wish]))


async def saved_file(visit: Visit) -> Response:
    """Returns the saved papers as a file."""
    number = opened_for(visit, LinkScope.EDIT)
    if isinstance(number, Response):
        return number
    form = visit.request.path_params["form"]
    if form not in FORMS:
        return visit.pages.answer("missing", status=404)
    papers = await run_in_threadpool(reader_archive.saved_papers, visit.store, number)
    if papers is None:
        return visit.pages.render("gone", status=410)
    return citations_response(papers, form, name="saved-papers", public=False)


async def for_zotero(visit: Visit) -> ZoteroPapers | Response:
    """Returns the saved papers, to be sent to Zotero."""
    number = opened_for(visit, LinkScope.EDIT)
    if isinstance(number, Response):
        return number
    papers = await run_in_threadpool(reader_archive.saved_papers, visit.store, number)
    if papers is None:
        return visit.pages.render("gone", status=410)
    back = f"{visit.readers.root}/p/{visit.token}/papers?show=saved"
    return ZoteroPapers(papers=papers, back=back, page=f"saved {number}")


def _change(visit: Visit, number: int, form: SentForm) -> None:
    given = form.fields.get("paper", "")
    paper_id = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    if form.wish == "note":
        reader_archive.write_note(visit.store, number, paper_id, form.fields.get("note", ""))
    else:
        reader_archive.set_saved(
            visit.store, number, paper_id, saved=form.wish == "save", now=visit.now
        )


async def _page(
    visit: Visit,
    number: int,
    fields: dict[str, str],
    *,
    notice: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    saved = fields.get("show") == ShownPapers.SAVED
    shown = ShownPapers.SAVED if saved else ShownPapers.ALL
    search = " ".join(fields.get("q", "")[:_MAX_SEARCH].split())
    given = fields.get("page", "")
    page = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 1
    page = min(max(page, 1), _MAX_PAGE)
    found = await run_in_threadpool(
        lambda: reader_archive.read(visit.store, number, shown=shown, search=search, page=page)
    )
    if found is None:
        return visit.pages.render("gone", status=410)
    folder = f"{visit.readers.root}/p/{visit.token}"

    def link(page: int) -> str:
        named = {"show": shown.value, "q": search, "page": str(page) if page > 1 else ""}
        return f"{folder}/papers?{urlencode({key: value for key, value in named.items() if value})}"

    return visit.pages.render(
        "reader_papers",
        status=status,
        items=await run_in_threadpool(_items, visit, found),
        folder=folder,
        shown=shown.value,
        search=search,
        page=page,
        newer=link(page - 1) if page > 1 else "",
        older=link(page + 1) if found.has_more else "",
        max_note=MAX_NOTE,
        notice=notice,
        problem=problem,
    )


def _items(visit: Visit, found: ReaderPapers) -> list[dict[str, object]]:
    cards = visit.cards
    today = visit.now.date()
    return [
        {
            "id": item.paper_id,
            "card": cards.card(item.paper, today),
            "day": cards.words.full(item.day) if item.day else "",
            "saved": item.saved_at is not None,
            "note": item.note,
        }
        for item in found.papers
    ]
