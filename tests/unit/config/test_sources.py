"""sources.toml: what it says, and what is said about its mistakes."""

from pathlib import Path

import pytest

from digest.config.source_tables.kinds import DumpSourceConfig
from digest.config.sources import KINDS, load
from digest.config.tables.keys import keys_of
from digest.errors import SettingsError

GOOD = '[[sources]]\nname = "hf-dumps"\nkind = "dump"\npath = "dumps"\n'


def refusal(home: Path, text: str) -> str:
    (home / "sources.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(home)
    return str(caught.value).removeprefix(f"{home}/")


def test_a_dump_source_is_relative_to_the_home(tmp_path: Path) -> None:
    more = '[[sources]]\nname = "old"\nkind = "dump"\npath = "/srv/old.txt"\n'
    (tmp_path / "sources.toml").write_text(GOOD + more)
    assert load(tmp_path) == (
        DumpSourceConfig(name="hf-dumps", kind="dump", path=tmp_path / "dumps"),
        DumpSourceConfig(name="old", kind="dump", path=Path("/srv/old.txt")),
    )


def test_a_missing_or_empty_file_means_no_sources(tmp_path: Path) -> None:
    assert load(tmp_path) == ()
    (tmp_path / "sources.toml").touch()
    assert load(tmp_path) == ()


@pytest.mark.parametrize(
    "text, message",
    [
        ("[[source]]\n", 'sources.toml:1:3: unknown key "source"; did you mean "sources"?'),
        ("[sources]\n", "sources.toml:1:1: write [[sources]] on a line, and name = ... below it"),
        (
            GOOD.replace("hf-dumps", "HF dumps"),
            'sources.toml:2:8: "name" must consist of small letters, digits and single hyphens, such',
        ),
        (
            GOOD.replace('"dump"', '"dumps"'),
            'sources.toml:3:8: "dumps" is not a kind of source; did you mean "dump"?',
        ),
        (
            GOOD.replace('"dump"', '"oracle"'),
            'sources.toml:3:8: "oracle" is not a kind of source; write one of dump',
        ),
        (
            GOOD.replace("path", "paht"),
            'sources.toml:4:1: unknown key "paht"; did you mean "path"?',
        ),
        (
            GOOD.replace('path = "dumps"', ""),
            'sources.toml:1:1: "path" is missing; write path = "dumps"',
        ),
        (GOOD.replace('"dumps"', '"a\\u0000"'), 'sources.toml:4:8: "path" contains control'),
        (GOOD.replace('"dumps"', "1"), 'sources.toml:4:8: "path" must be text in quotes, not 1'),
        (
            GOOD.replace('kind = "dump"', ""),
            'sources.toml:1:1: "kind" is missing; write kind = "dump"',
        ),
        (
            GOOD + GOOD,
            'sources.toml:6:8: source "hf-dumps" is defined twice; give each source its own name',
        ),
        (
            GOOD + GOOD.replace("hf-dumps", "b").replace("path", "paths"),
            'sources.toml:8:1: unknown key "paths"; did you mean "path"?',
        ),
        ("[[sources]", 'sources.toml:1:10: the header of a table must have as many "]" as "["'),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_correction(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(tmp_path, text).startswith(message)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").mkdir()
    with pytest.raises(SettingsError, match=r"sources\.toml: cannot be read: "):
        load(tmp_path)


def test_every_key_of_every_kind_has_a_description_and_examples() -> None:
    for kind in KINDS.values():
        for name, key in keys_of(kind).items():
            assert key.description, name
            assert key.examples, name
