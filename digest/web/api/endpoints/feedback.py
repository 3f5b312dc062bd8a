"""Feedback: what a reader said about papers; say it for the reader, and take it back."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from digest.client.wire.common import MAX_ID
from digest.client.wire.subscriptions import ApiFeedback, ApiFeedbackList, ApiSaidFeedback
from digest.core.access.scopes import Scope
from digest.core.models.profiles import FeedbackKind
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.pipeline.access.subscriptions import require_live
from digest.pipeline.signup import paper_feedback
from digest.store.papers import announcements
from digest.store.subscribers import feedback
from digest.web.api.parts import ApiParts
from digest.web.api.routing import ApiEndpoint, Parts

SubscriptionId = Annotated[
    int, Path(ge=1, le=MAX_ID, description="The number of the subscription.")
]
PaperId = Annotated[int, Path(ge=1, le=MAX_ID, description="The number of the paper.")]


def list_feedback(parts: Parts, subscription: SubscriptionId) -> ApiFeedbackList:
    """Read what a reader said about papers."""
    require_live(parts.store, subscription)
    with parts.store.read() as tx:
        said = feedback.papers(tx, subscription)
    return ApiFeedbackList(
        items=[
            ApiFeedback(paper=item.paper_id, title=item.title, kind=item.kind.value, at=item.at)
            for item in said
        ]
    )


def say_feedback(
    parts: Parts, subscription: SubscriptionId, paper: PaperId, body: ApiSaidFeedback
) -> Response:
    """Say for a reader what a paper is worth; it replaces what was said before."""
    _say(parts, subscription, paper, FeedbackKind(body.kind))
    return Response(status_code=204)


def forget_feedback(parts: Parts, subscription: SubscriptionId, paper: PaperId) -> Response:
    """Take back what was said about a paper."""
    _say(parts, subscription, paper, None)
    return Response(status_code=204)


def _say(parts: ApiParts, subscription: int, paper: int, kind: FeedbackKind | None) -> None:
    require_live(parts.store, subscription)
    with parts.store.read() as tx:
        if not announcements.papers_exist(tx, [paper]):
            raise RequestRefused(RefusalKind.MISSING, "there is no such paper")
    paper_feedback.say(parts.store, subscription, paper, kind, now=parts.clock())


_PAPER = "/subscriptions/{subscription}/feedback/{paper}"
ENDPOINTS = (
    ApiEndpoint(
        method="GET",
        path="/subscriptions/{subscription}/feedback",
        scope=Scope.SUBSCRIPTIONS_READ,
        call=list_feedback,
    ),
    ApiEndpoint(
        method="PUT", path=_PAPER, scope=Scope.FEEDBACK_WRITE, call=say_feedback, status=204
    ),
    ApiEndpoint(
        method="DELETE",
        path=_PAPER,
        scope=Scope.FEEDBACK_WRITE,
        call=forget_feedback,
        status=204,
    ),
)
