"""The page behind the links of a paper in a digest: more like this, less like this, save."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.reader_links import OFFERED, FeedbackLink, verify_feedback
from digest.pipeline.signup import paper_feedback
from digest.web.pages.guarded import SentForm, Visit


async def show_feedback(visit: Visit) -> Response:
    """Shows one prepared button; programs that open links say nothing."""
    link, prepared = _link(visit), _prepared(visit)
    if (refusal := _refusal(visit, link, prepared)) is not None or link is None:
        return refusal or visit.pages.answer("missing", status=404)
    return await _page(visit, link, prepared, said=False)


async def say_feedback(visit: Visit, form: SentForm) -> Response:
    """Records what the pressed button says, or takes it back."""
    link, prepared = _link(visit), _prepared(visit)
    if (refusal := _refusal(visit, link, prepared)) is not None or link is None:
        return refusal or visit.pages.answer("missing", status=404)
    if form.wish not in ("undo", *OFFERED):
        return visit.pages.answer("again", status=400)
    kind = None if form.wish == "undo" else FeedbackKind(form.wish)
    await run_in_threadpool(
        paper_feedback.say,
        visit.store,
        link.subscription_id,
        link.paper_id,
        kind,
        now=visit.now,
    )
    return await _page(visit, link, prepared, said=True)


async def _page(
    visit: Visit, link: FeedbackLink, prepared: FeedbackKind | None, *, said: bool
) -> Response:
    found = await run_in_threadpool(
        paper_feedback.read,
        visit.store,
        link.subscription_id,
        link.paper_id,
        models=visit.readers.models(),
    )
    if found is None:
        return visit.pages.render("gone", status=410)
    visit = visit.in_language(found.mail_language)
    return visit.pages.render("feedback", found=found, prepared=prepared, said=said)


def _link(visit: Visit) -> FeedbackLink | None:
    return verify_feedback(visit.request.path_params["token"], secrets=visit.keys)


def _prepared(visit: Visit) -> FeedbackKind | None:
    kind = visit.request.path_params["kind"]
    return FeedbackKind(kind) if kind in OFFERED else None


def _refusal(
    visit: Visit, link: FeedbackLink | None, prepared: FeedbackKind | None
) -> Response | None:
    if link is None or prepared is None:
        return visit.pages.render("cut", status=404)
    if link.is_expired(visit.now):
        return visit.pages.render("feedback_old", status=410)
    return None
