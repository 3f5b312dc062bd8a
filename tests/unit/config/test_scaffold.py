"""Tests of new homes, and of the file with all settings."""

import json
import os
import re
from pathlib import Path

import pytest

from digest.config import sources
from digest.config.home import find
from digest.config.profiles.loader import load_all, parse
from digest.config.profiles.schema import json_schema
from digest.config.scaffold import CreatedFiles, env_text, example_profile, init, is_example
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import FIELDS_BY_VARIABLE, Settings, variable_name
from digest.config.source_tables.kinds import DumpSourceConfig
from digest.config.tables.keys import keys_of
from digest.errors import HomeError, SettingsError, UsageError

SECRET = "a-fresh-key-of-thirty-two-letters"
EXAMPLE = Path(__file__).parents[3] / ".env.example"


def make(
    folder: Path, *, email: str | None = "ada@example.org", zone: str = "Asia/Tokyo"
) -> CreatedFiles:
    return init(folder, secret=SECRET, email=email, timezone=zone)


def test_a_new_home_is_complete_and_valid(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "home"
    report = make(folder)
    assert {str(path.relative_to(folder)) for path in report.created} == {
        ".env",
        ".gitignore",
        "dumps",
        "profile.schema.json",
        "profiles",
        "profiles/you.toml",
        "sources.toml",
    }
    assert report.kept == ()
    assert find(folder, explicit=True).path == folder
    assert [key.get_secret_value() for key in settings_loader.load(folder, {}).secret] == [SECRET]
    assert [source.name for source in sources.load(folder)] == ["dumps"]
    assert sources.load(folder)[0] == DumpSourceConfig(
        name="dumps", kind="dump", path=folder / "dumps"
    )
    profiles = load_all(folder / "profiles")
    assert profiles.errors == ()
    assert profiles.files[0].authored.email == "ada@example.org"
    assert profiles.files[0].authored.profile.timezone == "Asia/Tokyo"
    assert json.loads((folder / "profile.schema.json").read_text()) == json_schema()


def test_the_settings_file_of_a_new_home_has_only_what_it_needs(tmp_path: Path) -> None:
    make(tmp_path)
    text = (tmp_path / ".env").read_text()
    names = re.findall(r"^(?:# )?(DIGEST_\w+)=", text, re.MULTILINE)
    assert names == [
        "DIGEST_SMTP_HOST",
        "DIGEST_SMTP_USER",
        "DIGEST_SMTP_PASSWORD",
        "DIGEST_FROM",
        "DIGEST_SECRET",
    ]
    assert "`digest settings` explains all the others" in text


def test_the_example_profile_is_recognised_until_its_topics_are_changed() -> None:
    text = example_profile(email="ada@example.org", timezone="Asia/Tokyo")
    assert is_example(parse(text, file="ada").profile)
    assert is_example(parse(text.replace("max_papers = 15", "max_papers = 5"), file="ada").profile)
    assert not is_example(parse(text.replace('"KV cache"', '"bees"'), file="ada").profile)


def test_only_the_owner_can_read_the_settings_file(tmp_path: Path) -> None:
    make(tmp_path)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_only_the_owner_can_read_the_profiles_whatever_the_umask(tmp_path: Path) -> None:
    old_umask = os.umask(0)
    try:
        make(tmp_path)
    finally:
        os.umask(old_umask)
    assert (tmp_path / "profiles").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "profiles/you.toml").stat().st_mode & 0o777 == 0o600


def test_files_with_secrets_or_readers_are_ignored_by_git(tmp_path: Path) -> None:
    make(tmp_path)
    assert (tmp_path / ".gitignore").read_text().splitlines() == [
        ".env",
        "channels.toml",
        "digest.db*",
        "dkim-*.pem",
    ]


def test_the_profile_refers_to_the_schema_of_its_home(tmp_path: Path) -> None:
    make(tmp_path)
    profile = tmp_path / "profiles" / "you.toml"
    first = profile.read_text().splitlines()[0]
    assert first == "#:schema ../profile.schema.json"
    assert (profile.parent / first.removeprefix("#:schema ")).is_file()


def test_without_an_address_the_profile_has_a_placeholder(tmp_path: Path) -> None:
    make(tmp_path, email=None)
    assert load_all(tmp_path / "profiles").files[0].authored.email == "you@example.org"


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    make(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for file in files:
        file.write_text("mine")
    (tmp_path / "sources.toml").unlink()
    report = make(tmp_path)
    assert report.created == (tmp_path / "sources.toml",)
    assert all(file.read_text() == "mine" for file in files if file.name != "sources.toml")
    assert set(files) - set(report.created) <= set(report.kept)


def test_a_home_with_profiles_gets_no_example_profile(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ada.toml").touch()
    report = make(tmp_path)
    assert not (tmp_path / "profiles" / "you.toml").exists()
    assert tmp_path / "profiles" / "ada.toml" in report.kept


@pytest.mark.parametrize(
    "email, zone, words",
    [
        ("ada", "UTC", '"ada" is not an e-mail address'),
        ('a"\nmax_papers = 1 #', "UTC", "is not an e-mail address"),
        ("ada@example.org", "Mars", '"Mars" is not a time zone'),
    ],
)
def test_unusable_values_are_refused_before_anything_is_written(
    tmp_path: Path, email: str, zone: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        make(tmp_path / "home", email=email, zone=zone)
    assert not (tmp_path / "home").exists()


def test_a_file_at_the_place_of_the_home_is_reported(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(HomeError, match="home is a file; name a folder"):
        make(tmp_path / "home")
    with pytest.raises(HomeError, match="cannot be written: Not a directory"):
        make(tmp_path / "home" / "below")


def test_the_example_file_is_up_to_date() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == env_text(), (
        'regenerate it: python -c "from digest.config.scaffold import env_text;'
        " print(env_text(), end='')\" > .env.example"
    )


def test_the_example_file_has_every_setting_and_no_other() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    shown = [line[2:].split("=")[0] for line in lines if line.startswith("# DIGEST_")]
    assert shown == [variable_name(name) for name in keys_of(Settings) if name != "home"]
    assert all(line.startswith("# ") or not line for line in lines)


def test_the_example_values_are_valid_except_the_secret(tmp_path: Path) -> None:
    """A line can be uncommented as it is; only the example of the secret is refused."""
    lines = [line[2:] for line in env_text().splitlines() if line.startswith("# DIGEST_")]
    (tmp_path / ".env").write_text("\n".join(lines))
    with pytest.raises(SettingsError, match="DIGEST_SECRET: it is shorter than 32"):
        settings_loader.load(tmp_path, {})
    settings_loader.load(tmp_path, {"DIGEST_SECRET": SECRET})
    assert {line.partition("=")[0] for line in lines} == set(FIELDS_BY_VARIABLE)


def test_a_default_is_named_and_shown_as_it_is(tmp_path: Path) -> None:
    text = env_text()
    defaults = settings_loader.load(tmp_path, {})
    for shown in ("SMTP_SECURITY", "SMTP_PORT", "SMTP_TIMEOUT", "LIST_NAME"):
        line = next(line for line in text.splitlines() if line.startswith(f"# DIGEST_{shown}="))
        changed = settings_loader.load(tmp_path, dict([line[2:].split("=", 1)]))
        assert changed == defaults, line
    assert "Default: starttls." in text
    assert "Default: 60." in text
    assert "Default: false." in text
