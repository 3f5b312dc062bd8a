"""The vectors of papers are kept once for each model, and go with the texts of the papers."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.builders import NOW, paper

from digest.core.models.batches import BatchReport
from digest.store.database.schema import paper_vector
from digest.store.database.store import Store
from digest.store.maintenance import prune
from digest.store.maintenance.copy_rows import copy_rows
from digest.store.papers import announcements, vectors

DAY = timedelta(days=1)


def stored(store: Store) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(paper_vector)).scalar_one())


def save(store: Store, model: str = "m-1", vector: bytes = b"\x00\x3c") -> list[int]:
    with store.write() as tx:
        ids = [item.revision_id for item in announcements.newest_papers(tx, 100)]
        vectors.save(tx, model=model, vectors=dict.fromkeys(ids, vector))
    return ids


def test_each_model_has_its_own_and_the_first_stays(
    store: Store, collect: Callable[..., BatchReport]
) -> None:
    collect(paper("One"), paper("Two"))
    ids = save(store)
    save(store, vector=b"other")
    save(store, model="m-2", vector=b"\xff\xff")
    with store.read() as tx:
        found = vectors.by_revision(tx, model="m-1", revision_ids=[*ids, 999])
    assert found == dict.fromkeys(ids, b"\x00\x3c")
    assert stored(store) == 4


def test_they_are_removed_with_the_abstracts(
    store: Store, collect: Callable[..., BatchReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "NEWEST_KEPT", 1)
    collect(paper("One"), paper("Two"))
    save(store)
    later = NOW + 200 * DAY
    before = later - 90 * DAY
    report = prune.prune(store, before=before, now=later, dry_run=True)
    assert stored(store) == 2
    assert prune.prune(store, before=before, now=later) == report
    assert stored(store) == 1


def test_a_backup_has_them(
    store: Store, collect: Callable[..., BatchReport], tmp_path: Path
) -> None:
    collect(paper("One"))
    save(store)
    with (
        Store.open(f"sqlite:///{tmp_path / 'copy.db'}") as copy,
        store.read() as source,
        copy.write() as target,
    ):
        assert copy_rows(source, target)["paper_vector"] == 1
    with Store.open(f"sqlite:///{tmp_path / 'copy.db'}") as copy, copy.read() as tx:
        assert tx.execute(select(paper_vector.c.vector)).scalar_one() == b"\x00\x3c"
