"""Composes an edition for a trial: a preview, or one message to one address."""

from datetime import datetime
from pathlib import Path
from secrets import token_hex

from digest.config.profiles import loader as profile_loader
from digest.core.models.delivery import ClaimedEdition
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.pipeline.publishing.preview import compose_now
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.pipeline.publishing.reranking import Reranker
from digest.pipeline.subscribers.reading_lists import with_files
from digest.store.database.store import Store


def compose_trial(
    store: Store,
    *,
    profile_text: str,
    to: str | None,
    name: str,
    folder: Path | None,
    message_domain: str,
    now: datetime,
    models: RankingModels,
    reranker: Reranker | None = None,
    list_name: str | None = None,
) -> ClaimedEdition:
    """Composes the first edition of a new subscription; records nothing in the ledger.

    Args:
        store: the papers.
        profile_text: the profile, TOML.
        to: the recipient; None for the profile's own address.
        name: the profile's name, such as the stem of its file.
        folder: of the profile's file, which may name reading lists; None: it is in none.
        message_domain: the right side of the Message-ID.
        now: the moment of the edition.
        models: what the settings choose for ranking.
        reranker: grades the best papers; afterwards it says what went wrong.
        list_name: the mailing list whose profile it is.

    Returns:
        The edition with the id 0, which no recorded edition has.

    Raises:
        ProfileError: the profile is wrong.
        UsageError: a reading list of the profile cannot be read.
    """
    authored = profile_loader.parse(profile_text, file=name)
    profile = with_files(authored.profile, folder=folder) if folder else authored.profile
    return ClaimedEdition(
        edition_id=0,
        subscription=Subscription(
            subscription_id=0,
            email=to or authored.email,
            name=name,
            origin=SubscriptionOrigin.FILE,
            profile_id=0,
            status=AddressStatus.ACTIVE,
            paused=False,
            read_through=0,
            list_name=list_name,
        ),
        edition=compose_now(
            store,
            profile,
            now=now,
            profile_text=profile_text,
            models=models,
            reranker=reranker,
        ),
        message_id=f"<trial.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{message_domain}>",
        composed_at=now,
        attempts=0,
        reader_name=authored.name,
        weekly=len(profile.days) == 1,
        presentation=authored.presentation,
    )
