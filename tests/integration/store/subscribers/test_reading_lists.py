"""The reading lists of profiles are kept in the store, and follow their files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.builders import NOW, paper

from digest.config.profiles.loader import load_all
from digest.core.models.batches import BatchReport
from digest.core.models.papers import Identifier
from digest.core.profiles import reading_lists as core_lists
from digest.errors import InputError, UsageError
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration, erasure, reading_lists
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store
from digest.store.subscribers import erasure as erasure_store
from digest.store.subscribers import reading_lists as list_store
from digest.store.subscribers import subscriptions

Collect = Callable[..., BatchReport]
EMAIL = "ada@example.org"
BEES = "@article{a, title={Bees Dance}, abstract={They dance for nectar.}}\n"
WASPS = "@article{b, title={Wasps Sting}, abstract={They sting.}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    return folder


def profile(folder: Path, likes: str, name: str = "ada") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(f'email = "{EMAIL}"\n[[topics]]\nname = "T"\nlikes = {likes}\n', "utf-8")
    return path


def sync(store: Store, folder: Path) -> tuple[str, ...]:
    return sync_profiles(store, load_all(folder), now=NOW, keys=[b"k" * 32]).warnings


def stored(store: Store) -> dict[str, list[str]]:
    with store.read() as tx:
        (reader,) = subscriptions.live_subscriptions(tx, email=EMAIL)
        lists = list_store.papers(tx, [reader.subscription_id])
    return {
        name: [item.title for item in papers]
        for name, papers in lists.get(reader.subscription_id, {}).items()
    }


def test_an_edited_list_counts_from_the_next_run_on(store: Store, folder: Path) -> None:
    profile(folder, '"list.bib"')
    (folder / "list.bib").write_text(BEES, "utf-8")
    assert sync(store, folder) == ()
    assert stored(store) == {"list.bib": ["Bees Dance"]}
    (folder / "list.bib").write_text(BEES + WASPS, "utf-8")
    assert sync(store, folder) == ()
    assert stored(store) == {"list.bib": ["Bees Dance", "Wasps Sting"]}


def test_a_list_that_cannot_be_read_stays_as_it_was(store: Store, folder: Path) -> None:
    profile(folder, '"list.bib"')
    (folder / "list.bib").write_text(BEES, "utf-8")
    sync(store, folder)
    (folder / "list.bib").write_text("Dear reader", "utf-8")
    (warning,) = sync(store, folder)
    assert "list.bib: not a reading list" in warning
    assert "keep the list from before" in warning
    (folder / "list.bib").unlink()
    assert "no such file" in sync(store, folder)[0]
    assert stored(store) == {"list.bib": ["Bees Dance"]}


def test_a_list_that_no_profile_names_any_more_is_removed(store: Store, folder: Path) -> None:
    (folder / "list.bib").write_text(BEES, "utf-8")
    profile(folder, '"list.bib"')
    sync(store, folder)
    (folder / "other.bib").write_text(WASPS, "utf-8")
    profile(folder, '["other.bib"]')
    sync(store, folder)
    assert stored(store) == {"other.bib": ["Wasps Sting"]}


def test_identifiers_mean_stored_papers_once_they_are_stored(
    store: Store, folder: Path, collect: Collect
) -> None:
    profile(folder, '["arXiv:2605.01234", "10.1000/unknown"]')
    assert sync(store, folder) == ()
    assert stored(store) == {}
    name = Identifier(scheme="arxiv", value="2605.01234")
    collect(paper("White Storks", "They fly.", identifiers=(name,)))
    sync(store, folder)
    assert stored(store) == {"arXiv:2605.01234": ["White Storks"]}


def test_an_added_reader_follows_the_list_beside_the_followed_profile(
    store: Store, folder: Path
) -> None:
    shared = folder.parent / "shared"
    shared.mkdir()
    path = profile(shared, '"list.bib"')
    (shared / "list.bib").write_text(BEES, "utf-8")
    source = read_source(path, home=folder.parent)
    administration.add(store, email=EMAIL, profile=source, now=NOW)
    assert sync(store, folder) == ()
    assert stored(store) == {"list.bib": ["Bees Dance"]}


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    outside = folder.parent / "secret.bib"
    outside.write_text(BEES, "utf-8")
    (folder / "list.bib").symlink_to(outside)
    with pytest.raises(UsageError, match="a link to a file outside"):
        reading_lists.read_file("list.bib", folder=folder)


def test_a_list_has_a_largest_size_and_number_of_papers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "list.bib").write_text(BEES + WASPS, "utf-8")
    monkeypatch.setattr(reading_lists, "MAX_PAPERS", 1)
    with pytest.raises(InputError, match="2 papers, where a reading list has at most 1"):
        reading_lists.read_file("list.bib", folder=folder)
    monkeypatch.setattr(reading_lists, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="too large"):
        reading_lists.read_file("list.bib", folder=folder)
    assert core_lists.MAX_PAPERS == 1000


def test_it_is_exported_and_erased_with_its_reader(store: Store, folder: Path) -> None:
    profile(folder, '"list.bib"')
    (folder / "list.bib").write_text(BEES, "utf-8")
    sync(store, folder)
    kept = erasure.export(store, email=EMAIL)
    assert kept["reading_list"][0]["papers"] == [["Bees Dance", "They dance for nectar."]]
    with store.write() as tx:
        erasure_store.erase(tx, kept["address"][0]["id"])
        assert list_store.content_hashes(tx) == {}
