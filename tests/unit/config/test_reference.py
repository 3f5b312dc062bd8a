"""The reference pages are complete, and their examples are valid."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from digest.config import reference, sources
from digest.config.profiles.loader import problems
from digest.config.profiles.schema import BoostsTable, ProfileTables, TopicTable
from digest.config.settings import loader as settings_loader
from digest.config.settings.loader import FIELDS_BY_VARIABLE, example_value
from digest.config.tables.keys import keys_of

ROWS = re.compile(r"^\| `(\w+)` \| (.+?) \| (.*?) \| (.*?) \| (.+) \|$", re.MULTILINE)


def rows(page: str, heading: str) -> dict[str, tuple[str, ...]]:
    part = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    keys = {name: tuple(rest) for name, *rest in ROWS.findall(part)}
    assert keys, heading
    return keys


def test_every_setting_is_listed_with_its_meaning() -> None:
    page = reference.settings_page()
    assert {row[0] for row in ROWS.findall(page)} == set(FIELDS_BY_VARIABLE)
    assert all(row[-1].endswith(".") for row in ROWS.findall(page))


@pytest.mark.parametrize("name", [name for name in FIELDS_BY_VARIABLE if name != "DIGEST_SECRET"])
def test_the_example_of_each_setting_is_accepted(tmp_path: Path, name: str) -> None:
    # A setting that needs others is set together with them.
    together = (
        {"DIGEST_SMTP_USER": "a@example.org", "DIGEST_SMTP_PASSWORD": "a password"},
        {"DIGEST_RERANK_URL": "https://models.example.org/v1", "DIGEST_RERANK_MODEL": "small"},
    )
    others = next((settings for settings in together if name in settings), {})
    environ = {**others, name: example_value(FIELDS_BY_VARIABLE[name])}
    assert settings_loader.load(tmp_path, environ)


@pytest.mark.parametrize("key", keys_of(ProfileTables))
def test_the_example_of_each_profile_key_is_accepted(key: str) -> None:
    cell = rows(reference.profile_page(), "The file")[key][2]
    rest = {
        "email": 'email = "a@example.org"',
        "topics": 'topics = [{ name = "T", keywords = ["LLM"] }]',
    }
    rest[key] = cell.strip("`")
    assert list(problems("\n".join(rest.values()), "profile")) == []


@pytest.mark.parametrize("key", keys_of(TopicTable))
def test_the_example_of_each_topic_key_is_accepted(key: str) -> None:
    cell = rows(reference.profile_page(), "`[[topics]]`")[key][2]
    rest = {"name": 'name = "T"', "keywords": 'keywords = ["MoE"]'}
    rest[key] = cell.strip("`")
    text = 'email = "a@example.org"\n[[topics]]\n' + "\n".join(rest.values())
    assert list(problems(text, "profile")) == []


def test_every_boost_is_listed() -> None:
    assert set(rows(reference.profile_page(), "`boosts`")) == set(keys_of(BoostsTable))


@pytest.mark.parametrize("kind", sources.KINDS)
def test_the_example_of_each_source_key_is_accepted(tmp_path: Path, kind: str) -> None:
    page = reference.sources_page()
    keys = rows(page, "Every source") | rows(page, f"`{kind}`")
    assert set(keys) == set(keys_of(sources.KINDS[kind]))
    for key in keys:  # beside those that it needs: some keys exclude each other
        mail = "path" if key == "path" else "imap"
        one_of = {"openalex": "topics", "semantic-scholar": "query", "mail": mail}.get(kind)
        needed = [
            name for name, row in keys.items() if row[1] == "required" or name in (key, one_of)
        ]
        lines = [keys[name][2].strip("`") for name in needed]
        text = "\n".join(["[[sources]]", *lines]).replace('kind = "dump"', f'kind = "{kind}"')
        (tmp_path / "sources.toml").write_text(text, "utf-8")
        assert len(sources.load(tmp_path)) == 1, text


@pytest.mark.parametrize(
    "value", [1, 1.5, True, 'a "b"', ["a", "b"], {"a b": [1], "c": {"d": False}}, [], {}]
)
def test_a_value_is_shown_as_toml_reads_it(value: Any) -> None:
    assert tomllib.loads(f"x = {reference.toml(value)}")["x"] == value
