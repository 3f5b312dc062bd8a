"""Every test of the store runs on both databases; the scene is set by two small helpers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from support.builders import NOW, batch

from digest.core.identity.diff import diff
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.papers import Paper
from digest.core.models.subscribers import SubscriptionOrigin
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.papers import batches as batch_store
from digest.store.papers.lookup import known
from digest.store.subscribers import subscriptions

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def collect(store: Store) -> Collect:
    """Records a batch as the pipeline does."""

    def record(*shown: Paper | str, at: datetime = NOW, **fields: Any) -> BatchReport:
        made = batch(*shown, **fields)
        with store.write() as tx:
            found = diff(made.papers, known(tx, made.papers, now=at), source=made.source)
            fresh = any(finding.kind for finding in found.findings)
            said = Verdict.FRESH if fresh else Verdict.UNCHANGED
            said = Verdict.PARTIAL if made.rejected else said
            return batch_store.record_batch(tx, batch=made, diff=found, verdict=said, now=at)

    return record


@pytest.fixture
def subscribe(store: Store) -> Subscribe:
    """Starts a subscription where a new one starts; returns its id."""

    def start(email: str = "ada@example.org", name: str = "ada") -> int:
        with store.write() as tx:
            read_through = announcements.beginning(tx)
            return subscriptions.start(
                tx,
                email=email,
                name=name,
                origin=SubscriptionOrigin.IMPORT,
                profile_text="# authored",
                read_through=read_through,
                now=NOW,
                detail="digest subscribers add",
            )

    return start
