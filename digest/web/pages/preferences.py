"""The page of a reader's preferences, `/p/TOKEN`.

What its holder may do depends on the age of the link (`digest.core.signup.link_tokens.scope_of`), so
that a forwarded digest gives nobody the reader's settings.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.profiles import Profile
from digest.core.reader_text import ReaderText, shown_problem
from digest.core.signup.choices import (
    DEFAULT_NAME,
    LENGTHS,
    MAX_TOPICS,
    WEIGHTS,
    TopicChoice,
    end_of_pause,
    read_schedule,
    read_topics,
    topic_choice,
)
from digest.core.signup.link_tokens import (
    LinkPurpose,
    LinkScope,
    SignedLink,
    scope_of,
    verify_link,
)
from digest.core.subscribers.email_addresses import check_address
from digest.errors import UsageError
from digest.pipeline.signup import asking, preferences
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.signup.preferences import ReaderPreferences
from digest.pipeline.signup.profile_choices import chosen_profile
from digest.pipeline.subscribers import unsubscribe
from digest.web.pages.choices import HOURS, zone_options
from digest.web.pages.guarded import Previews, SentForm, Visit

_NEEDED = {
    "preview": LinkScope.EDIT,
    "save": LinkScope.EDIT,
    "forget": LinkScope.EDIT,
    "address": LinkScope.MANAGE,
    "erase": LinkScope.MANAGE,
}
_RANK = (LinkScope.LEAVE, LinkScope.EDIT, LinkScope.MANAGE)


class PreferencesPages:
    """The endpoints of the preferences."""

    def __init__(self) -> None:
        self._previews = Previews()

    async def show(self, visit: Visit) -> Response:
        """Shows the preferences, or what the age of the link allows of them."""
        link, scope = _open(visit)
        if link is None:
            return visit.pages.render("cut", status=404)
        found = await run_in_threadpool(preferences.read, visit.store, link.number)
        return self._page(_of_reader(visit, found), found, scope)

    async def change(self, visit: Visit, form: SentForm) -> Response:
        """Does what the pressed button says, within the scope of the link."""
        link, scope = _open(visit)
        if link is None:
            return visit.pages.render("cut", status=404)
        found = await run_in_threadpool(preferences.read, visit.store, link.number)
        visit = _of_reader(visit, found)
        if found is None:
            return self._page(visit, None, scope)
        needed = _NEEDED.get(form.wish, LinkScope.LEAVE)
        if _RANK.index(scope) < _RANK.index(needed):
            return self._page(
                visit, found, scope, problem=ReaderText("This needs a fresh code."), status=403
            )
        try:
            return await self._apply(visit, form, found, scope)
        except (UsageError, ValueError) as error:
            if form.fields.get("fragment"):
                return visit.pages.render("preview", preview=None, problem=shown_problem(error))
            return self._page(
                visit, found, scope, form=form, problem=shown_problem(error), status=422
            )

    async def data(self, visit: Visit) -> Response:
        """Returns everything that is stored about the reader."""
        link, scope = _open(visit)
        if link is None:
            return visit.pages.render("cut", status=404)
        if scope is not LinkScope.MANAGE:
            found = await run_in_threadpool(preferences.read, visit.store, link.number)
            visit = _of_reader(visit, found)
            return self._page(
                visit, found, scope, problem=ReaderText("This needs a fresh code."), status=403
            )
        rows = await run_in_threadpool(preferences.export, visit.store, link.number)
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

    async def _apply(
        self,
        visit: Visit,
        form: SentForm,
        found: ReaderPreferences,
        scope: LinkScope,
    ) -> Response:
        match form.wish:
            case "code":
                return await _send_code(visit, found)
            case "preview":
                return await self._preview(visit, form, found, scope)
            case "address":
                return await _ask_address(visit, form, found)
            case "leave" | "erase":
                return await _end(visit, form, found)
        notice = await run_in_threadpool(_set, visit, form, found)
        if notice is None:
            return visit.pages.answer("again", status=400)
        number = found.subscription.subscription_id
        changed = await run_in_threadpool(preferences.read, visit.store, number)
        return self._page(_of_reader(visit, changed), changed, scope, notice=notice)

    async def _preview(
        self,
        visit: Visit,
        form: SentForm,
        found: ReaderPreferences,
        scope: LinkScope,
    ) -> Response:
        preview = await self._previews.of(visit, _chosen(visit, found, form))
        if form.fields.get("fragment"):
            return visit.pages.render("preview", preview=preview)
        return self._page(visit, found, scope, form=form, preview=preview, previewed=True)

    def _page(
        self,
        visit: Visit,
        found: ReaderPreferences | None,
        scope: LinkScope,
        *,
        form: SentForm | None = None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        if found is None:
            # Also for a number that never existed: the answer does not tell.
            return visit.pages.render("gone", status=410)
        profile = found.profile
        fields, days = _shown(profile, form)
        topics = _named_topics(visit, form) if form else _topics(profile)
        return visit.pages.render(
            "preferences",
            status=status,
            found=found,
            editable=profile is not None and not found.follows_file,
            may_edit=scope is not LinkScope.LEAVE,
            may_manage=scope is LinkScope.MANAGE,
            topics=topics,
            more=len(topics) < MAX_TOPICS,
            fields=fields,
            days=days,
            hours=HOURS,
            lengths=LENGTHS,
            weights=WEIGHTS,
            zones=zone_options(),
            languages=tuple(visit.site.pages.languages.all()),
            contact=visit.readers.contact,
            data_address=f"{visit.readers.root}/p/{visit.token}/data.json",
            papers_address=f"{visit.readers.root}/p/{visit.token}/papers",
            tomorrow=f"{visit.now + timedelta(days=1):%Y-%m-%d}",
            **{"problem": "", "notice": "", "preview": None, "previewed": False, **values},
        )


def _of_reader(visit: Visit, found: ReaderPreferences | None) -> Visit:
    return visit if found is None else visit.in_language(found.presentation.mail_language)


def _open(visit: Visit) -> tuple[SignedLink | None, LinkScope]:
    """Returns the content of the link, and what it allows now; None if it is not valid."""
    token = visit.request.path_params["token"]
    for purpose in (LinkPurpose.PREFERENCES, LinkPurpose.MANAGE):
        link = verify_link(purpose, token, secrets=visit.keys)
        if link is not None:
            now = visit.now
            return link, scope_of(purpose, link, now=now, edit_life=visit.readers.link_life)
    return None, LinkScope.LEAVE


def _named_topics(visit: Visit, form: SentForm) -> tuple[TopicChoice, ...]:
    return read_topics(form.fields, default_name=visit.say(DEFAULT_NAME))


def _chosen(visit: Visit, found: ReaderPreferences, form: SentForm) -> Profile:
    if found.follows_file or found.profile is None:
        raise UsageError(ReaderText("These settings are kept by the operator."))
    schedule = read_schedule(form.fields, form.days)
    return chosen_profile(_named_topics(visit, form), schedule, base=found.profile)


def _topics(profile: Profile | None) -> tuple[TopicChoice, ...]:
    return tuple(map(topic_choice, profile.topics)) if profile else ()


def _shown(
    profile: Profile | None, form: SentForm | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns the fields and the days that the form shows: what was sent, or what is stored."""
    if form is not None:
        return {"hour": "", "zone": "", "length": "", **form.fields}, form.days
    if profile is None:
        return {"hour": "", "zone": "", "length": ""}, ()
    fields = {
        "hour": profile.send_at or "",
        "zone": profile.timezone,
        "length": str(profile.max_papers),
    }
    return fields, tuple(map(str, profile.days))


def _zone(found: ReaderPreferences) -> str:
    return found.profile.timezone if found.profile else "UTC"


def _set(visit: Visit, form: SentForm, found: ReaderPreferences) -> str | None:
    """Saves, pauses or resumes; returns what to say, or None if no such button exists."""
    number, now = found.subscription.subscription_id, visit.now
    if form.wish == "save":
        presentation = replace(found.presentation, mail_language=_language(visit, form))
        preferences.save(
            visit.store, number, _chosen(visit, found, form), presentation=presentation, now=now
        )
        return ReaderText("Saved. The next digest follows it.")
    if form.wish == "forget":
        preferences.forget(visit.store, number)
        return ReaderText("Forgotten. The next digest follows your topics alone.")
    if form.wish == "pause":
        until = end_of_pause(form.fields.get("until", ""), timezone=_zone(found), now=now)
        preferences.pause(visit.store, number, until=until, now=now)
        return ReaderText("Paused.")
    if form.wish == "resume":
        preferences.resume(visit.store, number, now=now)
        return ReaderText("Resumed. Your next digest has the papers that appear from now on.")
    return None


def _language(visit: Visit, form: SentForm) -> str:
    """Returns the language that the reader chose; empty: that of the installation."""
    return visit.in_language(form.fields.get("language", visit.language)).chosen_language


async def _end(visit: Visit, form: SentForm, found: ReaderPreferences) -> Response:
    number, now = found.subscription.subscription_id, visit.now
    if form.wish == "leave":
        await run_in_threadpool(unsubscribe.leave, visit.store, number, origin="web", now=now)
        return visit.pages.answer("left")
    if form.fields.get("sure") != "yes":
        raise UsageError(ReaderText("Tick the box first, so that nothing is erased by mistake."))
    await run_in_threadpool(
        lambda: preferences.erase(
            visit.store,
            number,
            profiles=visit.readers.load_profiles(),
            keys=visit.site.keys,
            now=now,
        )
    )
    return visit.pages.render("erased")


async def _send_code(
    visit: Visit,
    found: ReaderPreferences,
) -> Response:
    result = await run_in_threadpool(
        lambda: asking.ask(
            visit.store,
            kind=RequestKind.CODE,
            email=found.subscription.email,
            wish={},
            network=visit.network,
            rules=visit.readers.rules,
            now=visit.now,
            language=visit.language,
            subscription_id=found.subscription.subscription_id,
        )
    )
    if result.request_id is None:
        return visit.pages.render("busy", status=429, closed=False)
    visit.readers.outbox.poke()
    token = visit.link(LinkPurpose.WAITING, result.request_id)
    return visit.go_to(f"/waiting/{token}")


async def _ask_address(
    visit: Visit,
    form: SentForm,
    found: ReaderPreferences,
) -> Response:
    email = form.fields.get("email", "").strip()
    try:
        check_address(email)
    except ValueError:
        raise UsageError(
            ReaderText("Please write the new address, such as ada@example.org.")
        ) from None
    rules = visit.readers.rules
    if not asking.may_sign_up(email, replace(rules, domains=())):
        raise UsageError(ReaderText("Addresses of this provider cannot be used here."))
    result = await run_in_threadpool(
        lambda: asking.ask(
            visit.store,
            kind=RequestKind.ADDRESS,
            email=email,
            wish={"old": found.subscription.email},
            network=visit.network,
            rules=rules,
            now=visit.now,
            language=visit.language,
            subscription_id=found.subscription.subscription_id,
        )
    )
    if result.request_id is None:
        return visit.pages.render("busy", status=429, closed=False)
    visit.readers.outbox.poke()
    return visit.pages.render("address_sent")
