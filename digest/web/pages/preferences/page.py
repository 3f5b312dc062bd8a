"""The page of a reader's preferences, `/p/TOKEN`.

What its holder may do depends on the age of the link (`digest.core.signup.link_tokens.scope_of`), so
that a forwarded digest gives nobody the reader's settings.
"""

import json
from typing import Any

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.reader_text import ReaderText, shown_problem
from digest.core.signup.choices import end_of_pause
from digest.core.signup.link_tokens import (
    LinkPurpose,
    LinkScope,
    SignedLink,
    scope_of,
    sign_link,
    verify_link,
)
from digest.errors import UsageError
from digest.pipeline.signup import preferences, undo
from digest.pipeline.signup.choosing import saving
from digest.pipeline.signup.choosing.chosen_digest import as_ranked
from digest.pipeline.signup.preferences import ReaderPreferences
from digest.pipeline.signup.undo import Undoable
from digest.pipeline.subscribers import unsubscribe
from digest.web.pages.guarded import Previews, SentForm, Visit
from digest.web.pages.preferences import form as preference_form
from digest.web.pages.preferences import requests as preference_requests

_NEEDED = {
    "preview": LinkScope.EDIT,
    "save": LinkScope.EDIT,
    "forget": LinkScope.EDIT,
    "add": LinkScope.EDIT,
    "end": LinkScope.EDIT,
    "address": LinkScope.MANAGE,
    "erase": LinkScope.MANAGE,
}
_RANK = (LinkScope.LEAVE, LinkScope.EDIT, LinkScope.MANAGE)


class _OpenedPage(Struct, frozen=True, kw_only=True):
    """The page of a digest that exists, with what its link allows now."""

    visit: Visit
    link: SignedLink
    purpose: LinkPurpose
    scope: LinkScope
    found: ReaderPreferences

    @property
    def number(self) -> int:
        """The subscription."""
        return self.link.number

    @property
    def list_title(self) -> str:
        """The title of the mailing list that the digest belongs to; empty: of none."""
        name = self.found.subscription.list_name
        return self.visit.site.list_titles.get(name, name) if name else ""

    def link_to(self, number: int) -> str:
        """Returns the token of another digest, which allows as much as this one, and as long."""
        return sign_link(self.purpose, number, at=self.link.at, secret=self.visit.keys[0])

    def render(self, *, form: SentForm | None = None, status: int = 200, **values: Any) -> Response:
        """Returns the page.

        Args:
            form: what was sent, if the form is shown again.
            status: of the answer.
            **values: what else the page says.
        """
        shown = preference_form.page_values(self.visit, self.found, scope=self.scope, form=form)
        path = f"{self.visit.readers.root}/p/"
        shown["digests"] = [
            (
                self.visit.site.list_titles.get(item.list_name or "", item.name),
                path + self.link_to(item.subscription_id),
                item.subscription_id == self.number,
            )
            for item in self.found.digests
        ]
        shown["list_title"] = self.list_title
        said = {"problem": "", "notice": "", "preview": None, "previewed": False, **values}
        return self.visit.pages.render("preferences", status=status, **shown, **said)


class PreferencesPages:
    """The endpoints of the preferences."""

    def __init__(self) -> None:
        self._previews = Previews()

    async def show(self, visit: Visit) -> Response:
        """Shows the preferences, or what the age of the link allows of them."""
        page = await _open(visit)
        return page if isinstance(page, Response) else page.render()

    async def change(self, visit: Visit, form: SentForm) -> Response:
        """Does what the pressed button says, within the scope of the link."""
        page = await _open(visit, _NEEDED.get(form.wish, LinkScope.LEAVE))
        if isinstance(page, Response):
            return page
        try:
            return await self._apply(page, form)
        except (UsageError, ValueError) as error:
            if form.fields.get("fragment"):
                return visit.pages.render("preview", preview=None, problem=shown_problem(error))
            shown = form if form.wish in ("save", "preview") else None
            return page.render(form=shown, problem=shown_problem(error), status=422)

    async def data(self, visit: Visit) -> Response:
        """Returns everything that is stored about the reader."""
        page = await _open(visit, LinkScope.MANAGE)
        if isinstance(page, Response):
            return page
        rows = await run_in_threadpool(preferences.export, visit.store, page.number)
        return Response(
            json.dumps(rows or {}, ensure_ascii=False, indent=2, default=str),
            media_type="application/json",
            headers={
                "Content-Disposition": 'attachment; filename="paper-digest.json"',
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'",
            },
        )

    async def _apply(self, page: _OpenedPage, form: SentForm) -> Response:
        visit = page.visit
        match form.wish:
            case "code":
                answer = await preference_requests.send_code(visit, page.found)
            case "preview":
                answer = await self._preview(page, form)
            case "address":
                answer = await preference_requests.ask_address(visit, form, page.found)
            case "add":
                number = await run_in_threadpool(_add, page, form)
                answer = visit.go_to(f"/p/{page.link_to(number)}")
            case "leave" | "leave-list" | "erase" | "end":
                answer = await _end(page, form)
            case _:
                answer = await _set_and_show(page, form)
        return answer

    async def _preview(self, page: _OpenedPage, form: SentForm) -> Response:
        visit = page.visit
        chosen = preference_form.chosen(visit, page.found, form)
        preview = await self._previews.of(
            visit,
            lambda: as_ranked(visit.store, page.number, chosen, day=visit.now.date()),
        )
        if form.fields.get("fragment"):
            return visit.pages.render("preview", preview=preview)
        return page.render(form=form, preview=preview, previewed=True)


async def _open(visit: Visit, needed: LinkScope = LinkScope.LEAVE) -> _OpenedPage | Response:
    """Returns the page of the link; a refusal if it is not valid, or allows too little."""
    token = visit.request.path_params["token"]
    for purpose in (LinkPurpose.PREFERENCES, LinkPurpose.MANAGE):
        link = verify_link(purpose, token, secrets=visit.keys)
        if link is not None:
            break
    else:
        return visit.pages.render("cut", status=404)
    found = await run_in_threadpool(preferences.read, visit.store, link.number)
    if found is None:
        # Also for a number that never existed: the answer does not tell.
        return visit.pages.render("gone", status=410)
    visit = visit.in_language(found.presentation.mail_language)
    scope = scope_of(purpose, link, now=visit.now, edit_life=visit.readers.link_life)
    page = _OpenedPage(visit=visit, link=link, purpose=purpose, scope=scope, found=found)
    if _RANK.index(scope) < _RANK.index(needed):
        return page.render(problem=ReaderText("This needs a fresh code."), status=403)
    return page


async def _set_and_show(page: _OpenedPage, form: SentForm) -> Response:
    notice = await run_in_threadpool(_set, page, form)
    if notice is None:
        return page.visit.pages.answer("again", status=400)
    changed = await _open(page.visit)
    return changed if isinstance(changed, Response) else changed.render(notice=notice)


def _set(page: _OpenedPage, form: SentForm) -> str | None:
    """Saves, pauses or resumes; returns what to say, or None if no such button exists."""
    visit, number, found = page.visit, page.number, page.found
    store, now = visit.store, visit.now
    if form.wish == "save":
        chosen = preference_form.chosen(visit, found, form)
        name = form.fields.get("digest_name") or found.subscription.name
        saving.save(store, found, chosen, name=name, now=now)
        return ReaderText("Saved. The next digest follows it.")
    if form.wish == "forget":
        preferences.forget(store, number)
        return ReaderText("Forgotten. The next digest follows your topics alone.")
    if form.wish == "pause":
        timezone = found.profile.timezone if found.profile else "UTC"
        until = end_of_pause(form.fields.get("until", ""), timezone=timezone, now=now)
        before = undo.state_of(store, number)
        preferences.pause(store, number, until=until, now=now)
        _offer_undo(page, Undoable.PAUSED, before)
        return ReaderText("Paused.")
    if form.wish == "resume":
        preferences.resume(store, number, now=now)
        return ReaderText("Resumed. Your next digest has the papers that appear from now on.")
    return None


def _add(page: _OpenedPage, form: SentForm) -> int:
    chosen = preference_form.another(page.visit, page.found, form)
    name = form.fields.get("new_name", "")
    return saving.start(page.visit.store, page.found, chosen, name=name, now=page.visit.now)


async def _end(page: _OpenedPage, form: SentForm) -> Response:
    """Ends one digest or all of them, or erases the reader."""
    visit, number, now = page.visit, page.number, page.visit.now
    if form.wish == "end":
        await run_in_threadpool(saving.end, visit.store, page.found, now=now)
        return visit.pages.render("ended")
    if form.wish == "leave-list" and page.list_title:
        await run_in_threadpool(_leave, page, everything=False)
        return visit.pages.render("left_list", title=page.list_title)
    if form.wish in ("leave", "leave-list"):
        await run_in_threadpool(_leave, page)
        return visit.pages.answer("left")
    if form.fields.get("sure") != "yes":
        raise UsageError(ReaderText("Tick the box first, so that nothing is erased by mistake."))
    try:
        await run_in_threadpool(
            lambda: preferences.erase(
                visit.store,
                number,
                profiles=visit.readers.load_profiles(),
                keys=visit.site.keys,
                now=now,
            )
        )
    except UsageError:
        # The text of the error is for the operator, and names a file.
        raise UsageError(
            ReaderText(
                "The operator has a file with your address and must delete it first. Write to"
                " %(contact)s.",
                contact=visit.readers.contact,
            )
        ) from None
    return visit.pages.render("erased")


def _leave(page: _OpenedPage, *, everything: bool = True) -> None:
    visit, number = page.visit, page.number
    before = undo.state_of(visit.store, number)
    unsubscribe.leave(visit.store, number, origin="web", now=visit.now, everything=everything)
    _offer_undo(page, Undoable.LEFT, before)


def _offer_undo(page: _OpenedPage, did: Undoable, before: undo.ReaderState) -> None:
    """Mails a link that undoes what an old link did; a young one is the reader's."""
    if page.scope is LinkScope.LEAVE:
        preference_requests.offer_undo(
            page.visit.store,
            page.visit.readers,
            page.number,
            did,
            before=before,
            language=page.visit.language,
            now=page.visit.now,
        )
