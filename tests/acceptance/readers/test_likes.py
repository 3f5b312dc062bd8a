"""A profile with `likes`, from the reading list to the digest."""

import json

import pytest
from support.homes import SAMPLES, DigestHome

DAY = "2026-05-11T06:00:00Z"
PROFILE = """\
email = "ada@example.org"
min_match = 10

[[topics]]
name = "My library"
likes = "lists/mine.jsonl"
"""


@pytest.fixture
def home(bare_home: DigestHome) -> DigestHome:
    bare_home.dump(min(SAMPLES.iterdir()))
    bare_home.json("collect", "--now", DAY)
    profile = bare_home.profile("ada", PROFILE)
    (profile.parent / "lists").mkdir()
    return bare_home


def titles(digest_home: DigestHome) -> list[str]:
    everything = digest_home.path / "profiles" / "all.toml"
    everything.write_text('email = "a@example.org"\n[[topics]]\nname = "T"\nkeywords = ["an*"]\n')
    ranked = digest_home.json("rank", "--all", "--profile", everything, "--now", DAY)["ranked"]
    everything.unlink()
    return [item["title"] for item in ranked]


def write_list(digest_home: DigestHome, *names: str) -> None:
    lines = (json.dumps({"id": name, "title": name, "abstract": ""}) for name in names)
    (digest_home.path / "profiles" / "lists" / "mine.jsonl").write_text("\n".join(lines), "utf-8")


def test_preview_rank_explain_and_the_digest_follow_the_list(home: DigestHome) -> None:
    liked = titles(home)[-1]
    write_list(home, liked)
    first = home.json("rank", "--now", DAY)["ranked"][0]
    assert (first["title"], first["topic"]) == (liked, "My library")
    explained = home.digest("explain", liked, "--now", DAY)
    assert "is like it, from the reading list" in explained.out
    home.json("preview", "--now", DAY, "--no-pictures", "--out", home.path / "out")
    assert liked.split()[0] in (home.path / "out" / "digest.txt").read_text("utf-8")
    (made,) = home.json("publish", "--now", DAY)["published"]
    assert made["papers"] > 0
    # The score of the digest is that of the commands, with the file and without.
    again = home.json("rank", "--now", DAY)["ranked"][0]
    assert again == first


def test_a_missing_list_is_named_with_its_line(home: DigestHome) -> None:
    answer = home.digest("profile", "check")
    assert answer.code == 2
    assert "ada.toml:6" in answer.err
    assert "lists/mine.jsonl: no such file" in answer.err
    published = home.digest("publish", "--now", DAY)
    assert "lists/mine.jsonl: no such file" in published.err
