"""Feedback is kept for a subscription, the last word about each paper, and leaves with its reader."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.builders import NOW, paper

from digest.core.models.batches import BatchReport
from digest.core.models.papers import Identifier
from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.errors import UsageError
from digest.pipeline.subscribers import erasure
from digest.pipeline.subscribers import feedback as pipeline
from digest.store.database.store import Store
from digest.store.maintenance import prune
from digest.store.maintenance.backup import backup, verify
from digest.store.papers import paper_search
from digest.store.subscribers import erasure as erasure_store
from digest.store.subscribers import feedback

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]
EMAIL = "ada@example.org"


@pytest.fixture
def reader(collect: Collect, subscribe: Subscribe) -> int:
    collect(paper("White Storks Migrate", "They fly."), paper("Crows Use Tools", "They think."))
    return subscribe()


def rate(store: Store, kind: FeedbackKind, *papers: str, **fields: Any) -> list[str]:
    return pipeline.rate(store, email=EMAIL, kind=kind, papers=papers, now=NOW, **fields)


def stored(store: Store, subscription_id: int) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(item.title, item.kind.value) for item in feedback.papers(tx, subscription_id)]


def test_the_last_word_about_a_paper_counts(store: Store, reader: int) -> None:
    assert rate(store, FeedbackKind.MORE, "storks") == ["White Storks Migrate"]
    rate(store, FeedbackKind.LESS, "White Storks Migrate", "2")
    assert sorted(stored(store, reader)) == [
        ("Crows Use Tools", "less"),
        ("White Storks Migrate", "less"),
    ]


def test_that_a_paper_was_opened_replaces_nothing(store: Store, reader: int) -> None:
    rate(store, FeedbackKind.SAVED, "1")
    rate(store, FeedbackKind.OPENED, "1", "2")
    assert dict(stored(store, reader)) == {
        "White Storks Migrate": "saved",
        "Crows Use Tools": "opened",
    }


@pytest.mark.parametrize("reference, problem", [("owls", "no paper"), ("e", "several papers")])
def test_a_text_that_does_not_mean_one_paper_records_nothing(
    store: Store, reader: int, reference: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        rate(store, FeedbackKind.MORE, "1", reference)
    assert stored(store, reader) == []


def test_a_reader_with_several_subscriptions_names_one(
    store: Store, reader: int, subscribe: Subscribe
) -> None:
    subscribe(name="other")
    with pytest.raises(UsageError, match="ada, other: name one with --subscription"):
        rate(store, FeedbackKind.MORE, "1")
    rate(store, FeedbackKind.MORE, "1", subscription="ada")
    assert len(stored(store, reader)) == 1


def test_authors_are_followed_muted_and_forgotten(store: Store, reader: int) -> None:
    for choice in (AuthorChoice.FOLLOW, AuthorChoice.MUTE):
        pipeline.choose(store, email=EMAIL, choice=choice, authors=["Tri  Dao"], now=NOW)
    with store.read() as tx:
        assert [(item.author, item.choice) for item in feedback.authors(tx, reader)] == [
            ("Tri Dao", AuthorChoice.MUTE)
        ]
    assert pipeline.forget(store, email=EMAIL, references=["tri dao"]) == ["tri dao"]
    with pytest.raises(UsageError, match="no paper matches 'tri dao'"):
        pipeline.forget(store, email=EMAIL, references=["tri dao"])


@pytest.mark.parametrize("name", ["Dao", "", "of*"])
def test_a_family_name_alone_is_too_little_to_mute(store: Store, reader: int, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        pipeline.choose(store, email=EMAIL, choice=AuthorChoice.MUTE, authors=[name], now=NOW)
    with store.read() as tx:
        assert feedback.authors(tx, reader) == []


def test_a_reset_removes_all_of_one_subscription(
    store: Store, reader: int, subscribe: Subscribe
) -> None:
    subscribe("bob@example.org", "bob")
    rate(store, FeedbackKind.MORE, "1", "2")
    pipeline.rate(store, email="bob@example.org", kind=FeedbackKind.MORE, papers=["1"], now=NOW)
    assert pipeline.reset(store, email=EMAIL) == 2
    with store.read() as tx:
        assert [*feedback.learned(tx, [reader, reader + 1])] == [reader + 1]


def test_feedback_follows_a_paper_into_which_its_record_is_merged(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    name, other = Identifier(scheme="arxiv", value="2605.00001"), "10.1000/1"
    collect(paper("White Storks", identifiers=(name,)), source="a")
    collect(
        paper("Storks of the West", identifiers=(Identifier(scheme="doi", value=other),)),
        source="b",
    )
    reader = subscribe()
    rate(store, FeedbackKind.MORE, "2")
    both = (name, Identifier(scheme="doi", value=other))
    collect(paper("White Storks", identifiers=both), source="c", at=NOW + timedelta(hours=1))
    with store.read() as tx:
        assert [item.paper_id for item in feedback.papers(tx, reader)] == [1]


def test_it_is_exported_erased_and_backed_up_with_its_reader(
    store: Store, reader: int, tmp_path: Path
) -> None:
    rate(store, FeedbackKind.MORE, "1")
    pipeline.choose(store, email=EMAIL, choice=AuthorChoice.FOLLOW, authors=["Tri Dao"], now=NOW)
    kept = erasure.export(store, email=EMAIL)
    assert [row["kind"] for row in kept["feedback"]] == [FeedbackKind.MORE]
    assert [row["author"] for row in kept["author_choice"]] == ["Tri Dao"]
    copy = tmp_path / "copy.db"
    url = store.engine.url.render_as_string(hide_password=False)
    backup(url, copy, now=NOW)
    assert verify(copy).rows["feedback"] == 1
    with store.write() as tx:
        erasure_store.erase(tx, kept["address"][0]["id"])
        assert feedback.learned(tx, [reader]) == {}


def test_the_text_of_a_paper_with_feedback_is_not_pruned(
    store: Store, reader: int, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "NEWEST_KEPT", 1)
    collect("The newest one, whose text stays")
    rate(store, FeedbackKind.MORE, "1")
    later = NOW + timedelta(days=200)
    prune.prune(store, before=later - timedelta(days=60), now=later)
    with store.read() as tx:
        first, second = (paper_search.find_papers(tx, ref)[0].paper for ref in "12")
    assert (first.abstract, second.abstract) == ("They fly.", "")
    assert reader
