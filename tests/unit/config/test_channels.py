"""`channels.toml`: what it may say, and what it says when something is wrong."""

from pathlib import Path

import pytest

from digest.config.channels import loader
from digest.config.channels.tables import ChannelConfig, FolderChannelConfig, NtfyChannelConfig
from digest.errors import SettingsError
from digest.logs import redactor

SECRET = "T0000-B0000-very-secret-path"


def load(tmp_path: Path, *tables: str) -> tuple[ChannelConfig, ...]:
    text = "\n".join(f"[[channels]]\n{table}\n" for table in tables)
    (tmp_path / "channels.toml").write_text(text, "utf-8")
    return loader.load(tmp_path)


def test_a_home_without_the_file_has_no_channels(tmp_path: Path) -> None:
    assert loader.load(tmp_path) == ()


def test_each_kind_has_its_own_keys(tmp_path: Path) -> None:
    folder, ntfy = load(
        tmp_path,
        'name = "notes"\nkind = "folder"\npath = "notes"',
        'name = "phone"\nkind = "ntfy"\nurl = "https://ntfy.example/a/b/my-topic/"',
    )
    assert isinstance(folder, FolderChannelConfig)
    assert folder.path == tmp_path / "notes"
    assert isinstance(ntfy, NtfyChannelConfig)
    assert (ntfy.server, ntfy.topic) == ("https://ntfy.example/a/b", "my-topic")


@pytest.mark.parametrize(
    "table, words",
    [
        ('name = "a"\nkind = "slak"', "did you mean"),
        ('name = "A b"\nkind = "slack"', "small letters"),
        ('name = "rss"\nkind = "folder"\npath = "x"', "choose another"),
        (f'name = "a"\nkind = "slack"\nurl = "http://hooks.example/{SECRET}"', "inside = true"),
        (f'name = "a"\nkind = "slack"\nurl = "ftp://hooks.example/{SECRET}"', "https address"),
        (f'name = "a"\nkind = "slack"\nurl = "https://u:{SECRET}@h.example/"', "without a login"),
        (f'name = "a"\nkind = "slack"\nurl = "https://h.example:x/{SECRET}"', "https address"),
        (f'name = "a"\nkind = "slack"\nurl = "https://h.example/{SECRET} é"', "https address"),
        ('name = "a"\nkind = "ntfy"\nurl = "https://ntfy.sh/"', "name of a topic"),
        (f'name = "a"\nkind = "apprise"\nurl = "json://{SECRET}/"', "gchat://"),
        (f'name = "a"\nkind = "matrix"\nurl = "https://m.example"\ntoken = "{SECRET} x"\nroom = "!a"',
         "without spaces"),
        (f'name = "a"\nkind = "slack"\nurl = 5\n# {SECRET}', "must be text"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_without_the_secret(
    tmp_path: Path, table: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load(tmp_path, table)
    assert str(caught.value).startswith(f"{tmp_path / 'channels.toml'}:")
    assert SECRET not in str(caught.value)


def test_a_name_stands_for_one_channel(tmp_path: Path) -> None:
    table = 'name = "notes"\nkind = "folder"\npath = "notes"'
    with pytest.raises(SettingsError, match="twice"):
        load(tmp_path, table, table)


def test_the_secrets_of_all_kinds_are_hidden_in_logs(tmp_path: Path) -> None:
    load(
        tmp_path,
        f'name = "a"\nkind = "slack"\nurl = "https://hooks.slack.com/services/T1/B1/{SECRET}a"',
        f'name = "b"\nkind = "telegram"\ntoken = "{SECRET}b"\nchat = "-5"',
        f'name = "c"\nkind = "apprise"\nurl = "pover://{SECRET}c@token"',
        f'name = "d"\nkind = "webhook"\nurl = "https://h.example/x?key={SECRET}d"\nsecret = "{SECRET}e"',
        f'name = "f"\nkind = "ntfy"\nurl = "https://ntfy.sh/{SECRET}f"',
    )
    for letter in "abcdef":
        assert SECRET not in redactor(f"tried {SECRET}{letter} in vain")
