"""The work of `digest tidy`, as the settings want it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app import mailboxes
from digest.config.mailing_lists.loader import MailingLists
from digest.config.settings.loader import Settings
from digest.pipeline.maintenance import FormerReaders, MaintenanceReport, PublicArchive, maintain
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.core.access.webhooks import WebhookReport


def configured_maintenance(
    store: Store,
    settings: Settings,
    *,
    home: Path,
    keys: Callable[[], Sequence[bytes]],
    models: Callable[[], RankingModels],
    lists: MailingLists,
    webhooks: "Callable[[datetime], WebhookReport]",
    now: datetime,
) -> MaintenanceReport:
    """Processes the bounces, composes the public archive, and deletes old data once a day.

    Args:
        store: the database.
        settings: of the home.
        home: its folder.
        keys: returns the keys that verify signed links.
        models: returns what ranks papers beside the profiles.
        lists: the mailing lists.
        webhooks: sends the messages of webhooks that are due.
        now: the current time.
    """
    days, reader_days = settings.keep_days, settings.keep_left_days
    former_readers = FormerReaders(keep=timedelta(days=reader_days), keys=keys)
    return maintain(
        store,
        mailboxes=mailboxes.configured_mailboxes(settings, keys=keys),
        keep=timedelta(days=days) if days else None,
        now=now,
        former_readers=former_readers if reader_days else None,
        archive=PublicArchive(settings.signup_topics, home, models, lists)
        if settings.public_archive
        else None,
        webhooks=webhooks,
    )
