"""What a new operator meets: an empty home, one profile, many profiles."""

from pathlib import Path

import pytest
from support.homes import House

NOW = "2026-05-11T06:00:00Z"
EMPTY = "no papers are stored yet; to read the sources: digest collect"


def test_the_only_profile_of_a_home_need_not_be_named(
    house: House, samples: list[Path], tmp_path: Path
) -> None:
    profile = house.profile("ada")
    house.dump(samples[0])
    house.json("collect", "--now", NOW)
    for command in (("rank",), ("explain", "1"), ("profile", "volume")):
        option = [profile] if command[0] == "profile" else ["--profile", profile]
        assert house.json(*command, "--now", NOW) == house.json(*command, *option, "--now", NOW)
    result = house.json("preview", "--out", tmp_path / "out", "--no-pictures", "--now", NOW)
    assert result["papers"] > 0
    assert house.json("send", "--to", "me@example.org", "--now", NOW)["outcome"] == "sent"


def test_several_profiles_are_listed_and_one_must_be_named(house: House) -> None:
    for name in ("ada", "bob"):
        house.profile(name)
    answer = house.digest("rank")
    assert answer.code == 2
    assert "there are 2 profiles (ada.toml, bob.toml); name one, as in: --profile" in answer.err


def test_without_profiles_the_command_that_writes_one_is_named(house: House) -> None:
    answer = house.digest("rank")
    assert answer.code == 2
    assert "no profiles; write one with: digest profile new --out" in answer.err


@pytest.mark.parametrize(
    "command", [("preview",), ("send", "--to", "me@example.org"), ("explain", "caches")]
)
def test_a_home_without_papers_is_not_shown_as_an_empty_digest(
    house: House, command: tuple[str, ...], tmp_path: Path
) -> None:
    house.profile("ada")
    out = ("--out", tmp_path / "out") if command == ("preview",) else ()
    answer = house.digest(*command, *out)
    assert (answer.code, answer.err) == (2, f"digest: {EMPTY}\n")
    assert not (tmp_path / "out").exists()


def test_rank_says_that_no_papers_are_stored(house: House) -> None:
    house.profile("ada")
    answer = house.digest("rank")
    assert (answer.code, answer.out) == (0, f"{EMPTY}\n")
