"""Which folder is a home, and what is said of one that is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config.home import HomeFolder, find, is_home
from digest.errors import HomeError


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: (folder / "sources.toml").touch(),
        lambda folder: (folder / "digest.db").touch(),
        lambda folder: (folder / "profiles").mkdir(),
        lambda folder: (folder / ".env").write_text("A=1\nexport DIGEST_FROM=x\n"),
        lambda folder: (folder / ".env").write_text("DIGEST_FROM=x\n"),
    ],
)
def test_a_folder_with_files_of_a_home_is_a_home(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path)
    assert is_home(tmp_path)
    assert find(tmp_path, explicit=True) == HomeFolder(path=tmp_path)


@pytest.mark.parametrize(
    "make",
    [
        lambda _: None,
        lambda folder: (folder / ".env").write_text("# DIGEST_FROM=x\nOTHER=1\n"),
        lambda folder: (folder / "profiles").touch(),
        lambda folder: (folder / "sources.toml").mkdir(),
    ],
)
def test_another_folder_is_not_a_home(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path)
    with pytest.raises(HomeError) as caught:
        find(tmp_path, explicit=True)
    assert str(caught.value) == (
        f"{tmp_path} is not a Paper Digest home (no sources.toml, profiles/ or digest.db);"
        f" create one with: digest init {tmp_path}"
    )


def test_without_a_named_folder_the_error_explains_the_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HomeError, match=f"digest init {tmp_path}, or name yours with --home DIR"):
        find(Path(), explicit=False)


def test_a_missing_folder_and_a_file_have_their_own_messages(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"a b does not exist; .* digest init '.*/a b'$"):
        find(tmp_path / "a b", explicit=True)
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="file is a file; name the folder"):
        find(tmp_path / "file", explicit=True)


def test_an_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(HomeError, match="cannot be read: Permission denied"):
        find(tmp_path, explicit=True)


def test_a_home_has_the_paths_of_its_files(tmp_path: Path) -> None:
    home = HomeFolder(path=tmp_path)
    assert home.env_file == tmp_path / ".env"
    assert home.sources_file == tmp_path / "sources.toml"
    assert home.profiles_folder == tmp_path / "profiles"
