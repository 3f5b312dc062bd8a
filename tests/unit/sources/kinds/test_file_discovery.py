import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import InputError, UsageError
from digest.sources.kinds.file_discovery import advance, find_files, read_bounded


def names(path: Path, cursor: dict[str, str] | None = None) -> list[str]:
    return [file.name for file in find_files(path, cursor=cursor)]


def test_a_folder_gives_its_regular_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", ".hidden", "a.txt~", "c.part", "c.tmp", "#a.txt#", ".a.txt.swp"):
        (tmp_path / name).write_text("text")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_a_file_is_found_again_only_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    (tmp_path / "b.txt").write_text("two")
    cursor: dict[str, str] = {}
    for found in find_files(tmp_path, cursor=None):
        cursor = advance(cursor, found)
    assert names(tmp_path, cursor) == []
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert names(tmp_path, cursor) == ["a.txt"]


def test_the_cursor_moves_for_one_file_at_a_time(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("text")
    first, _ = find_files(tmp_path, cursor=None)
    before: dict[str, str] = {}
    assert names(tmp_path, advance(before, first)) == ["b.txt"]
    assert before == {}


def test_a_single_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / ".dump.tmp"
    file.write_bytes(b"12345")
    os.utime(file, (86400, 86400))
    (found,) = find_files(file, cursor=None)
    assert (found.path, found.size) == (file, 5)
    assert found.modified == datetime(1970, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("read", [lambda path: find_files(path, cursor=None), read_bounded])
def test_what_is_missing_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    missing = tmp_path / "missing.txt"
    with pytest.raises(UsageError, match=r"missing\.txt: no such file"):
        read(missing)


def test_a_pipe_or_folder_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError, match="not a regular file"):
            read_bounded(path)
    with pytest.raises(UsageError, match="not a regular file"):
        find_files(tmp_path / "pipe", cursor=None)


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"1234")
    assert read_bounded(file, limit=4) == b"1234"


def test_a_file_that_is_too_large_is_refused_with_both_sizes(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(2**40)  # sparse: reading it would not end
    with pytest.raises(InputError, match=r"1,099,511,627,776 bytes.*33,554,432") as caught:
        read_bounded(file)
    assert caught.value.file == str(file)
