"""Libraries of Zotero in `likes`: read once a day for all readers, and kept if they cannot be read."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.builders import NOW, paper

from digest.app.source_building.zotero_libraries import ZoteroLibraries
from digest.config.profiles.loader import load_all, parse
from digest.core.models.papers import Paper
from digest.errors import InputError, ProfileError
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified
from digest.store.database.store import Store
from digest.store.subscribers import reading_lists as list_store
from digest.store.subscribers import subscriptions

NAME = "zotero:groups/4567/collections/EAWCSKSF"
DAY = timedelta(days=1)


class Libraries:
    """Gives the papers that a test sets, and counts how often it is asked."""

    def __init__(self, *titles: str) -> None:
        self.titles = titles
        self.asked: list[tuple[str, str]] = []
        self.broken = ""

    def __call__(self, library: str, collection: str, *, now: datetime) -> tuple[Paper, ...]:
        del now
        self.asked.append((library, collection))
        if self.broken:
            raise InputError(self.broken, file="https://api.zotero.org")
        return tuple(map(paper, self.titles))


def add(folder: Path, name: str, likes: str = NAME) -> None:
    text = f'email = "{name}@example.org"\n[[topics]]\nname = "T"\nlikes = "{likes}"\n'
    (folder / f"{name}.toml").write_text(text, "utf-8")


def synced(
    store: Store, folder: Path, libraries: Libraries, after: timedelta = timedelta()
) -> tuple[str, ...]:
    profiles = load_all(folder)
    keys = [b"k" * 32]
    return sync_profiles(store, profiles, now=NOW + after, keys=keys, libraries=libraries).warnings


def titles(store: Store, name: str) -> list[str]:
    with store.read() as tx:
        (reader,) = subscriptions.live_subscriptions(tx, email=f"{name}@example.org")
        lists = list_store.papers(tx, [reader.subscription_id])
    return [item.title for item in lists.get(reader.subscription_id, {}).get(NAME, ())]


def test_a_library_is_read_once_a_day_for_all_its_readers(store: Store, tmp_path: Path) -> None:
    libraries = Libraries("Bees Dance")
    add(tmp_path, "ada")
    assert synced(store, tmp_path, libraries) == ()
    libraries.titles = ("Bees Dance", "Wasps Sting")
    add(tmp_path, "bob")  # gets what is stored
    assert synced(store, tmp_path, libraries, timedelta(hours=1)) == ()
    assert (titles(store, "ada"), titles(store, "bob")) == (["Bees Dance"], ["Bees Dance"])
    assert synced(store, tmp_path, libraries, DAY) == ()
    assert titles(store, "ada") == titles(store, "bob") == ["Bees Dance", "Wasps Sting"]
    assert libraries.asked == [("groups/4567", "EAWCSKSF")] * 2

    (tmp_path / "bob.toml").unlink()
    add(tmp_path, "ada", "10.1000/x")
    synced(store, tmp_path, libraries, DAY)
    assert titles(store, "ada") == []
    add(tmp_path, "ada")  # it is not due, but nobody has it any more
    synced(store, tmp_path, libraries, DAY)
    assert titles(store, "ada") == ["Bees Dance", "Wasps Sting"]


def test_a_library_that_cannot_be_read_is_named_and_asked_later(
    store: Store, tmp_path: Path
) -> None:
    libraries = Libraries("Bees Dance")
    add(tmp_path, "ada")
    synced(store, tmp_path, libraries)
    libraries.broken = "answered 403 Forbidden"
    (warning,) = synced(store, tmp_path, libraries, DAY)
    assert warning == f"{NAME}: answered 403 Forbidden; its readers keep the list from before"
    assert synced(store, tmp_path, libraries, DAY + timedelta(minutes=10)) == ()
    assert len(libraries.asked) == 2
    libraries.broken = ""
    assert synced(store, tmp_path, libraries, DAY + timedelta(hours=1)) == ()
    assert (len(libraries.asked), titles(store, "ada")) == (3, ["Bees Dance"])


@pytest.mark.parametrize(
    "likes", ["zotero:4567", "zotero:groups/x", "zotero:users/1/collections/short", "zotero:"]
)
def test_what_is_no_library_is_refused(likes: str) -> None:
    text = f'email = "a@example.org"\n[[topics]]\nname = "T"\nlikes = "{likes}"\n'
    with pytest.raises(ProfileError, match="is no library of Zotero; write zotero:users/ID"):
        parse(text, file="a.toml")


def test_the_newest_thousand_papers_are_read_with_the_operators_key() -> None:
    keys: list[Any] = []

    class Client:
        def get(self, url: str, **given: Any) -> FetchedResponse | NotModified:
            keys.append(given["key"])
            assert "/groups/4567/collections/EAWCSKSF/items/top?" in url
            data = {"itemType": "journalArticle", "title": f"Study {len(keys)}"}
            items = [{"version": 1, "data": data, "meta": {}}] * 100
            return FetchedResponse(url=url, body=json.dumps(items).encode())

    read = ZoteroLibraries(client=Client, key="my-key")
    papers = read("groups/4567", "EAWCSKSF", now=NOW)
    assert (len(papers), papers[0].title, papers[-1].title) == (1000, "Study 1", "Study 10")
    assert set(keys) == {("Zotero-API-Key", "my-key")}

    class Broken:
        def get(self, url: str, **_: Any) -> FetchedResponse | NotModified:
            raise FetchError(url, "answered 404 Not Found; check the address", status=404)

    with pytest.raises(InputError, match="404 Not Found"):
        ZoteroLibraries(client=Broken)("groups/1", "", now=NOW)
