"""Feeds that are added to sources.toml."""

from pathlib import Path

import pytest

from digest.config.source_import import append, plan
from digest.config.source_tables.kinds import FeedSourceConfig
from digest.config.sources import load
from digest.errors import SettingsError

OLD = '# mine\n[[sources]]\nname = "a"\nkind = "feed"\nurl = "https://a.example/f"'


def no_plugins() -> tuple[str, ...]:
    return ()


def test_added_feeds_stand_below_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(OLD)
    file.chmod(0o640)
    feeds = plan(load(tmp_path), [("Zoë's Löb", "https://b.example/f")]).added
    append(tmp_path, feeds, plugins=no_plugins)
    assert file.read_text().startswith(OLD)
    assert load(tmp_path)[1:] == (
        FeedSourceConfig(name="zoe-s-lob", kind="feed", url="https://b.example/f"),
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in tmp_path.iterdir()] == ["sources.toml"]


def test_names_are_unique_and_valid() -> None:
    titles = ["A", "A", "", "生物", "x" * 300, "x" * 300]
    feeds = [(title, f"https://h{n}.example/f") for n, title in enumerate(titles)]
    assert [item.name for item in plan((), feeds).added] == [
        "a",
        "a-2",
        "h2-example",
        "h3-example",
        "x" * 56,
        "x" * 56 + "-2",
    ]


@pytest.mark.parametrize(
    "url", ["https://a.example/f", "http://A.example/f/", "https://a.example/f/"]
)
def test_an_address_that_is_there_is_skipped_with_the_source_that_has_it(
    tmp_path: Path, url: str
) -> None:
    (tmp_path / "sources.toml").write_text(OLD)
    result = plan(load(tmp_path), [("A again", url)])
    assert result.added == ()
    assert result.skipped[0][1] == "source a has this address"


def test_an_address_that_stands_twice_in_the_list_is_added_once() -> None:
    result = plan((), [("A", "https://a.example/f"), ("B", "https://a.example/f")])
    assert [item.name for item in result.added] == ["a"]
    assert result.skipped == (("https://a.example/f", "source a has this address"),)


def test_an_address_with_a_login_is_skipped() -> None:
    assert plan((), [("A", "https://me:secret@a.example/f")]).added == ()


def test_a_title_and_an_address_cannot_write_other_keys(tmp_path: Path) -> None:
    feeds = plan((), [('a"\ntrust = "owner"', "https://a.example/f?'\\\"")]).added
    append(tmp_path, feeds, plugins=no_plugins)
    (source,) = load(tmp_path)
    assert source.trust is None


def test_a_file_that_cannot_be_extended_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text("sources = []\n")
    feeds = plan((), [("A", "https://a.example/f")]).added
    with pytest.raises(SettingsError, match="cannot be added at its end"):
        append(tmp_path, feeds, plugins=no_plugins)
    assert file.read_text() == "sources = []\n"
