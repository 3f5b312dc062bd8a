"""Fixtures for the tests of the store, which run on both databases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from support.builders import NOW, batch
from support.subscribers import start_subscription

from digest.core.identity.diff import diff
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.papers import Paper
from digest.core.models.trust import FULL_TRUST, SourceTrust
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.papers import batches as batch_store
from digest.store.papers.lookup import find_known_papers

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]


@pytest.fixture
def collect(store: Store) -> Collect:
    """Returns a function that records a batch as the pipeline does."""

    def record(
        *shown: Paper | str, at: datetime = NOW, trust: SourceTrust = FULL_TRUST, **fields: Any
    ) -> BatchReport:
        new_batch = batch(*shown, **fields)
        with store.write() as tx:
            batch_diff = diff(
                new_batch.papers,
                find_known_papers(tx, new_batch.papers, now=at),
                source=new_batch.source,
                trust=trust,
            )
            fresh = any(finding.kind for finding in batch_diff.findings)
            verdict = Verdict.FRESH if fresh else Verdict.UNCHANGED
            verdict = Verdict.PARTIAL if new_batch.rejected else verdict
            return batch_store.record_batch(
                tx, batch=new_batch, diff=batch_diff, verdict=verdict, now=at, trust=trust
            )

    return record


@pytest.fixture
def subscribe(store: Store) -> Subscribe:
    """Returns a function that starts a subscription and returns its id."""

    def start(email: str = "ada@example.org", name: str = "ada") -> int:
        with store.write() as tx:
            read_through = announcements.start_seq(tx)
            return start_subscription(
                tx, email, name=name, read_through=read_through, detail="digest subscribers add"
            )

    return start
