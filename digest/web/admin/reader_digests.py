"""One digest of a reader: its profile as text, what that brings, and the next message."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from digest.core.models.delivery import ClaimedEdition
from digest.errors import ProfileError, UsageError
from digest.pipeline.admin import messages, profile_edit, readers
from digest.pipeline.admin.readers import ReaderDetails, ReaderProfile
from digest.pipeline.signup.choosing.week_effects import WeekPreview
from digest.web.admin.guarded import OperatorVisit
from digest.web.pages.guarded import Previews, SentForm
from digest.web.security.headers import previewed_message_headers


class ReaderDigestPages:
    """The endpoints of one digest of a reader."""

    def __init__(self) -> None:
        self._previews = Previews()

    async def show_profile(self, operator: OperatorVisit) -> Response:
        """Shows the profile as text."""
        found = await _find(operator)
        if found is None:
            return operator.missing()
        reader, item = found
        return _profile_page(operator, reader, item, text=item.text)

    async def change_profile(self, operator: OperatorVisit, form: SentForm) -> Response:
        """Shows what a profile would have brought in the last week, or saves it."""
        found = await _find(operator)
        if found is None:
            return operator.missing()
        reader, item = found
        # Browsers send line breaks as CRLF, and the reader of forms removes what is around a text.
        text = form.fields.get("text", "").replace("\r\n", "\n").strip() + "\n"
        try:
            if form.wish == "save":
                notice = await operator.do(
                    "change profile",
                    f"{item.subscription.email}, {item.subscription.name}",
                    lambda: profile_edit.save(operator.store, text, item=item, now=operator.now),
                )
                changed = await _find(operator)
                if changed is None:
                    return operator.missing()
                return _profile_page(operator, *changed, text=changed[1].text, notice=notice)
            profile = await run_in_threadpool(
                lambda: profile_edit.parse(operator.store, text, item=item)
            )
            preview = await self._previews.of(operator.visit, lambda: profile)
        except UsageError as error:
            return _profile_page(operator, reader, item, text=text, problem=str(error))
        return _profile_page(operator, reader, item, text=text, preview=preview, previewed=True)


async def show_next(operator: OperatorVisit) -> Response:
    """Shows the next digest in a frame."""
    found = await _find(operator)
    if found is None:
        return operator.missing()
    reader, item = found
    problem, subject, papers = "", "", 0
    try:
        claimed = await run_in_threadpool(_next_digest, operator, item)
        papers = len(claimed.unpacked.entries)
        if papers:
            content = await run_in_threadpool(operator.app.message_writer.render, claimed)
            subject = content.subject
    except (ProfileError, UsageError) as error:
        problem = str(error)
    return operator.render(
        "next",
        section="Readers",
        found=reader.found,
        item=item,
        subject=subject,
        papers=papers,
        problem=problem,
        shows_frame=True,
    )


async def show_message(operator: OperatorVisit) -> Response:
    """Returns the HTML of the next digest, for the frame."""
    found = await _find(operator)
    if found is None:
        return operator.missing()

    def render() -> str:
        claimed = _next_digest(operator, found[1])
        return str(operator.app.message_writer.render(claimed).html)

    page = await run_in_threadpool(render)
    return HTMLResponse(page, headers=previewed_message_headers())


def _next_digest(operator: OperatorVisit, item: ReaderProfile) -> ClaimedEdition:
    return messages.next_digest(
        operator.store, item, now=operator.now, models=operator.app.ranking_models
    )


async def _find(operator: OperatorVisit) -> tuple[ReaderDetails, ReaderProfile] | None:
    found = await run_in_threadpool(
        lambda: readers.details(operator.store, operator.number(), now=operator.now)
    )
    digest = operator.number("digest")
    for item in found.profiles if found is not None else ():
        if found is not None and item.subscription.subscription_id == digest:
            return found, item
    return None


def _profile_page(
    operator: OperatorVisit,
    reader: ReaderDetails,
    item: ReaderProfile,
    *,
    text: str,
    notice: str = "",
    problem: str = "",
    preview: WeekPreview | None = None,
    previewed: bool = False,
) -> Response:
    return operator.render(
        "profile",
        section="Readers",
        status=422 if problem else 200,
        found=reader.found,
        item=item,
        text=text,
        notice=notice,
        problem=problem,
        preview=preview,
        previewed=previewed,
    )
