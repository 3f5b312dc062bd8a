"""Builds what the HTTP API needs from the settings."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from secrets import token_bytes
from typing import TYPE_CHECKING

from digest.app.application import App
from digest.core.models.delivery import ClaimedEdition
from digest.core.models.profiles import DEFAULT_PRESENTATION
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.store.archive.editions import ArchivedEdition
from digest.store.editions import claims
from digest.web.api.parts import ApiParts, RenderedEdition

if TYPE_CHECKING:
    from digest.pipeline.signup.week_papers import WeekPapers

_NOBODY = "reader@example.org"


def build_api_parts(
    app: App,
    *,
    clock: Callable[[], datetime],
    log: Callable[[str], None],
    status: Callable[[], str],
) -> ApiParts:
    """Returns the dependencies of the HTTP API.

    Args:
        app: the program, opened on the home.
        clock: returns the current time.
        log: takes one line for the operator.
        status: returns `ok`, or what is wrong.
    """

    @lru_cache(maxsize=1)
    def week() -> "WeekPapers":
        # Imported here: ranking loads numpy and its data, which other pages do not need.
        from digest.pipeline.signup.week_papers import WeekPapers

        return WeekPapers(app.store, models=app.ranking_models)

    def render(found: ArchivedEdition) -> RenderedEdition:
        with app.store.read() as tx:
            stored = claims.as_claimed(tx, found.edition_id)
        content = app.message_writer.render(_trial(found, stored))
        return RenderedEdition(html=content.html, text=content.text)

    return ApiParts(
        store=app.store,
        keys=app.signing_keys,
        clock=clock,
        log=log,
        random_bytes=token_bytes,
        load_profiles=app.load_profiles,
        models=lambda: app.ranking_models,
        week=week,
        render=render,
        status=status,
    )


def _trial(found: ArchivedEdition, stored: ClaimedEdition | None) -> ClaimedEdition:
    """Returns a digest for a reader who does not exist, in the look and the language of the stored one.

    The links of a message are the rights of its reader, which the holder of a token must not get.
    """
    return ClaimedEdition(
        edition_id=0,
        subscription=Subscription(
            subscription_id=0,
            email=_NOBODY,
            name="digest",
            origin=SubscriptionOrigin.FILE,
            profile_id=0,
            status=AddressStatus.ACTIVE,
            paused=False,
            read_through=0,
            list_name=stored.subscription.list_name if stored else None,
        ),
        edition=found.edition,
        message_id="<trial@example.org>",
        composed_at=found.composed_at,
        attempts=0,
        weekly=stored is not None and stored.weekly,
        presentation=stored.presentation if stored else DEFAULT_PRESENTATION,
    )
