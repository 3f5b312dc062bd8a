"""Profile files are parsed when their text has changed, and broken ones are reported each time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.builders import NOW

from digest.app.application import App
from digest.config.profiles import loader as profile_loader
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.subscribers import subscriptions

TOPIC = '[[topics]]\nname = "Bees"\nkeywords = ["waggle dance"]\n'


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "sources.toml").write_text("")
    for name in ("ada", "bo", "carl"):
        (tmp_path / "profiles" / f"{name}.toml").write_text(
            f'email = "{name}@example.org"\n{TOPIC}'
        )
    (tmp_path / "profiles" / "late.toml").write_text(f'# ours\nemail = "Late@Example.org"\n{TOPIC}')
    (tmp_path / "profiles" / "broken.toml").write_text('email = "x@example.org"\nno_such_key = 1\n')
    with App.open(tmp_path, environ={}) as app:
        yield app


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were parsed."""
    names: list[str] = []
    parse = profile_loader.parse

    def counted(text: str, *, file: str | Path) -> object:
        names.append(Path(file).stem)
        return parse(text, file=file)

    monkeypatch.setattr(profile_loader, "parse", counted)
    return names


def sync(app: App) -> int:
    profiles = app.load_profiles()
    assert [Path(error.file or "").stem for error in profiles.errors] == ["broken"]
    changes = sync_profiles(app.store, profiles, now=NOW, keys=[b"k" * 32])
    assert not changes.warnings
    return changes.changes


def test_only_files_that_changed_are_parsed_and_broken_ones_are_reported_each_time(
    app: App, parsed: list[str]
) -> None:
    assert sync(app) == 4
    assert sorted(parsed) == ["ada", "bo", "broken", "carl", "late"]
    for _ in range(2):
        parsed.clear()
        assert sync(app) == 0
        assert set(parsed) <= {"broken", "late"}  # an address that is stored in another spelling
    path = app.home.profiles_folder / "bo.toml"
    path.write_text(path.read_text().replace("waggle", "round"))
    (app.home.profiles_folder / "carl.toml").unlink()
    parsed.clear()
    assert sync(app) == 2
    assert {"bo"} <= set(parsed) <= {"bo", "broken", "late"}


def test_a_file_whose_address_changed_starts_a_subscription_of_the_new_one(
    app: App, parsed: list[str]
) -> None:
    sync(app)
    path = app.home.profiles_folder / "bo.toml"
    path.write_text(f'email = "new@example.org"\n{TOPIC}')
    assert sync(app) == 2
    with app.store.read() as tx:
        live = {item.email: item.name for item in subscriptions.live_subscriptions(tx)}
    assert live["new@example.org"] == "bo"
    assert "bo@example.org" not in live
    assert "bo" in parsed


def test_a_file_that_is_known_is_still_parsed_for_who_asks(app: App, parsed: list[str]) -> None:
    sync(app)
    parsed.clear()
    ada = app.load_profiles().files[0]
    assert (ada.email, ada.parsed) == ("ada@example.org", None)
    assert ada.authored.profile.topics[0].name == "Bees"
    assert "ada" in parsed
