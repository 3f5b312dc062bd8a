"""Publishing for few and for many readers, on both databases."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from support.builders import NOW
from support.samples.random_profiles import made_paper
from support.subscribers import start_subscription

from digest.core.models.editions import Edition
from digest.pipeline.editions import publisher
from digest.pipeline.publishing.publish import publish
from digest.store.database import metadata, schema
from digest.store.database.store import Store
from digest.store.editions import ledger

PROFILE = """\
email = "{email}"
min_match = {min_match}
related = {related}

[[topics]]
name = "Bees"
keywords = ["bee^{weight}", "honey comb", "title:wasp", "LLM"]
exclude = ["sting"]

[[topics]]
name = "Hives"
keywords = ["hive", "{word}", "nest"]
"""


def join(store: Store, number: int) -> None:
    email = f"reader{number}@example.org"
    text = PROFILE.format(
        email=email,
        min_match=5 * (number % 5),
        related=str(number % 3 > 0).lower(),
        weight=1 + number % 2,
        word=("dance", "pollen", "queen", "swarm")[number % 4],
    )
    with store.write() as tx:
        start_subscription(tx, email, name=f"reader{number}", profile_text=text)


def editions(store: Store, readers: int) -> list[Edition]:
    with store.read() as tx:
        table = schema.edition.c
        newest = select(func.max(table.id)).group_by(table.subscription_id)
        found = [
            ledger.load(tx, number)
            for number in tx.execute(newest.order_by(table.subscription_id)).scalars()
        ]
    assert len(found) == readers
    return [item.edition for item in found]


def test_many_readers_get_the_editions_that_each_alone_would_get(
    collect: Callable[..., object], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    collect(*(made_paper(chance) for _ in range(80)))
    for number in range(12):
        join(store, number)
    monkeypatch.setattr(publisher, "BATCH_RANKING_MIN_PROFILES", 1)
    publish(store, now=NOW, message_domain="example.org")
    at_once = editions(store, 12)
    with store.write() as tx:
        tx.execute(delete(schema.shown_papers))
        tx.execute(delete(schema.edition))
        tx.execute(update(schema.subscription).values(read_through=0, next_due=NOW, used_at=None))
    monkeypatch.setattr(publisher, "BATCH_RANKING_MIN_PROFILES", 1000)
    publish(store, now=NOW, message_domain="example.org")
    assert at_once == editions(store, 12)
    matches = [match for edition in at_once for entry in edition.entries for match in entry.matches]
    assert any(match.field == "related" for match in matches)


def test_the_statistics_of_a_day_are_those_of_its_first_edition(
    store: Store, collect: Callable[..., object]
) -> None:
    collect("Honey bees dance", "A comb of wax")
    with store.write() as tx:
        frozen = metadata.freeze_statistics(tx, NOW.date())
    collect("Where wasps winter")
    tomorrow = NOW + timedelta(days=1)
    with store.write() as tx:
        assert (
            metadata.freeze_statistics(tx, NOW.date())
            == frozen
            == metadata.frozen_statistics(tx, NOW.date())
        )
        assert metadata.frozen_statistics(tx, tomorrow.date()) is None
        assert metadata.freeze_statistics(tx, tomorrow.date()) == frozen + 1
