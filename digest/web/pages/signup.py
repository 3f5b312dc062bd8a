"""The pages on which readers sign up: `/`, `/topics/NAME`, and both in a frame of another site."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.profiles import Presentation, Profile
from digest.core.reader_text import ReaderText, shown_problem
from digest.core.signup.choices import (
    DEFAULT_NAME,
    LENGTHS,
    TopicChoice,
    read_schedule,
    read_topics,
)
from digest.core.signup.limits import RequestVerdict
from digest.core.signup.link_tokens import (
    FORM_LIFE,
    LinkPurpose,
    SignedLink,
    is_filled_by_a_person,
    verify_link,
)
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.email_addresses import check_address
from digest.errors import UsageError
from digest.pipeline.signup import asking
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.signup.choosing.week_effects import WeekPreview
from digest.pipeline.signup.profile_choices import OfferedList, chosen_profile, profile_text
from digest.web.pages.choices import HOURS, zone_options
from digest.web.pages.guarded import Previews, SentForm, Visit
from digest.web.pages.proofs import new_challenge, solved_challenge

WORDING = ReaderText(
    "I want to get this digest by mail at this address. Every message has a link to leave."
)
_WEEKDAYS = ("0", "1", "2", "3", "4")


class SignupPages:
    """The endpoints of the sign-up form.

    Args:
        is_framed: whether it is the short form that other sites show in a frame.
    """

    def __init__(self, *, is_framed: bool = False) -> None:
        self._previews = Previews()
        self._is_framed = is_framed

    async def show(self, visit: Visit) -> Response:
        """Shows the form, or says that the site is closed."""
        if refusal := self._refusal(visit, visit.request.query_params.get("invite", "")):
            return refusal
        offered = _offered(visit)
        if "name" in visit.request.path_params and offered is None:
            return visit.pages.answer("missing", status=404)
        fields = {"invite": visit.request.query_params.get("invite", "")}
        return self._form(visit, offered, fields, days=_WEEKDAYS)

    async def submit(self, visit: Visit, form: SentForm) -> Response:
        """Shows what the topics would have brought, or takes the request."""
        fields = form.fields
        if refusal := self._refusal(visit, fields.get("invite", "")):
            return refusal
        offered = _offered(visit)
        token = verify_link(LinkPurpose.FORM, fields.get("form", ""), secrets=visit.keys)
        if token is None:
            return visit.pages.answer("again", status=400)
        try:
            profile = _profile(visit, offered, form)
            if form.wish == "preview":
                return await self._show_examples(visit, offered, form, profile)
            _require_complete(visit, fields, token)
        except (UsageError, ValueError) as error:
            return self._wrong(visit, offered, form, shown_problem(error))
        return await self._ask(visit, offered, form, profile)

    async def _show_examples(
        self, visit: Visit, offered: OfferedList | None, form: SentForm, profile: Profile
    ) -> Response:
        preview = await self._previews.of(visit, lambda: profile)
        if form.fields.get("fragment"):
            return visit.pages.render("preview", preview=preview)
        return self._form(
            visit, offered, form.fields, days=form.days, preview=preview, previewed=True
        )

    async def _ask(
        self, visit: Visit, offered: OfferedList | None, form: SentForm, profile: Profile
    ) -> Response:
        now = visit.now
        wish: dict[str, Any] = {
            "profile": profile_text(profile, Presentation(mail_language=visit.chosen_language)),
            "name": offered.name if offered else "papers",
            "wording": f"{_wording(visit, offered)} {visit.readers.terms}".strip(),
        }
        if offered and offered.mailing_list:
            wish |= {
                "profile": offered.text,
                "name": offered.title,
                "list": offered.name,
                "file": offered.mailing_list.profile,
            }
        result = await run_in_threadpool(
            lambda: asking.ask(
                visit.store,
                kind=RequestKind.SIGNUP,
                email=form.fields["email"].strip(),
                wish=wish,
                network=visit.network,
                rules=visit.readers.rules,
                now=now,
                language=visit.language,
                proof=solved_challenge(visit, form.fields),
            )
        )
        if result.verdict is RequestVerdict.PROVE:
            challenge = new_challenge(visit)
            return self._form(
                visit, offered, form.fields, days=form.days, challenge=challenge, status=422
            )
        if result.request_id is None:
            closed = result.verdict is RequestVerdict.CLOSE
            return self._render(visit, "busy", status=429, closed=closed)
        visit.readers.outbox.poke()
        token = visit.link(LinkPurpose.WAITING, result.request_id)
        if self._is_framed:
            # The other pages cannot be framed, so the reader goes on in the message.
            return self._render(visit, "embed_sent", token=token)
        return visit.go_to(f"/waiting/{token}")

    def _render(self, visit: Visit, name: str, *, status: int = 200, **values: Any) -> Response:
        frames = visit.readers.frames if self._is_framed else ()
        return visit.pages.render(name, status=status, frames=frames, **values)

    def _refusal(self, visit: Visit, invitation: str) -> Response | None:
        """Returns the page for somebody who may not sign up."""
        readers = visit.readers
        if self._is_framed and not readers.frames:
            return visit.pages.answer("missing", status=404)
        if readers.signup == "open":
            return None
        is_invited = readers.signup == "invite" and signed_tokens.constant_time_equal(
            invitation, readers.invitation
        )
        if is_invited and readers.invitation:
            return None
        invite = readers.signup == "invite"
        return self._render(visit, "closed", contact=readers.contact, invite=invite)

    def _wrong(
        self, visit: Visit, offered: OfferedList | None, form: SentForm, problem: str
    ) -> Response:
        if form.fields.get("fragment"):
            return visit.pages.render("preview", preview=None, problem=problem)
        return self._form(visit, offered, form.fields, days=form.days, problem=problem, status=422)

    def _form(
        self,
        visit: Visit,
        offered: OfferedList | None,
        fields: Mapping[str, str],
        *,
        days: tuple[str, ...],
        problem: str = "",
        challenge: Mapping[str, Any] | None = None,
        preview: WeekPreview | None = None,
        previewed: bool = False,
        status: int = 200,
    ) -> Response:
        topics: tuple[TopicChoice, ...] = offered.topics if offered else ()
        # A form that was sent too early keeps its token, so that pressing again is late enough.
        known = verify_link(LinkPurpose.FORM, fields.get("form", ""), secrets=visit.keys)
        keeps = known is not None and known.age(visit.now) <= FORM_LIFE
        token = fields["form"] if keeps else visit.link(LinkPurpose.FORM, 0)
        return self._render(
            visit,
            "embed" if self._is_framed else "signup",
            status=status,
            offered=offered,
            topics=topics,
            lists=visit.readers.lists,
            fields={**_EMPTY, **fields},
            days=days,
            hours=HOURS,
            lengths=LENGTHS,
            zones=zone_options(),
            form=token,
            terms=visit.readers.terms,
            wording=_wording(visit, offered),
            problem=problem,
            challenge=challenge,
            contact=visit.readers.contact,
            preview=preview,
            previewed=previewed,
        )


def _offered(visit: Visit) -> OfferedList | None:
    name = visit.request.path_params.get("name")
    return next((item for item in visit.readers.lists if item.name == name), None)


def _profile(visit: Visit, offered: OfferedList | None, form: SentForm) -> Profile:
    """Returns the profile of the form; raises UsageError or ValueError with a text for the reader."""
    if offered and offered.is_joined:
        return offered.profile
    topics = (
        offered.topics
        if offered
        else read_topics(form.fields, default_name=visit.say(DEFAULT_NAME))
    )
    return chosen_profile(topics, read_schedule(form.fields, form.days))


def _wording(visit: Visit, offered: OfferedList | None) -> str:
    """Returns what the reader agrees to."""
    if offered and offered.mailing_list:
        usual = ReaderText(
            "I want to get %(title)s by mail at this address. Every message has a link to leave.",
            title=offered.title,
        )
        return offered.mailing_list.consent or visit.say(usual)
    return visit.say(WORDING)


def _require_complete(visit: Visit, fields: Mapping[str, str], token: SignedLink) -> None:
    """Raises UsageError with a text for the reader; nothing of it depends on the database."""
    email = fields.get("email", "").strip()
    try:
        check_address(email)
    except ValueError:
        raise UsageError(
            ReaderText("Please write your e-mail address, such as ada@example.org.")
        ) from None
    if not asking.may_sign_up(email, visit.readers.rules):
        raise UsageError(ReaderText("Addresses of this provider cannot sign up here."))
    if visit.readers.terms and not fields.get("terms"):
        raise UsageError(ReaderText("Please accept the terms."))
    # A program fills in all fields, or is quicker than a person.
    if fields.get("website") or not is_filled_by_a_person(token, visit.now):
        raise UsageError(ReaderText("That was quick. Please press the button again."))


_EMPTY = {
    "email": "", "keywords0": "", "hour": "07:00", "zone": "", "length": "15", "invite": "",
    "terms": "",
}  # fmt: skip
