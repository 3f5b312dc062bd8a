"""Unusual profiles are used, or rejected with one clear line."""

import json
from pathlib import Path

import pytest
from support.homes import DigestHome

PAPERS = (
    {"id": "bees", "title": "Bees dance", "abstract": "Honey bees dance for the hive."},
    {"id": "learning", "title": "深層強化学習の研究", "abstract": "報酬を学ぶ。"},
)


def ranked(digest_home: DigestHome, keywords: list[str]) -> tuple[int, str, list[str]]:
    """Returns the exit code, standard error, and the ids of the matching papers."""
    text = f'email = "a@example.org"\n[[topics]]\nname = "T"\nkeywords = {json.dumps(keywords)}\n'
    profile = digest_home.path / "profiles" / "odd.toml"
    profile.write_text(text, encoding="utf-8")
    papers = digest_home.path / "papers.jsonl"
    lines = (json.dumps(paper) for paper in PAPERS)
    papers.write_text("\n".join(lines), encoding="utf-8")
    answer = digest_home.digest("--json", "rank", "--profile", profile, "--papers", papers)
    ids = [item["id"] for item in answer.result["ranked"]] if answer.code == 0 else []
    return answer.code, answer.err, ids


def test_five_thousand_keywords_are_ranked(bare_home: DigestHome) -> None:
    keywords = [*(f"word{number} and word{number + 1}" for number in range(4999)), "honey bees"]
    assert ranked(bare_home, keywords) == (0, "", ["bees"])


def test_a_keyword_in_japanese_is_found_inside_a_sentence(bare_home: DigestHome) -> None:
    assert ranked(bare_home, ["強化学習"]) == (0, "", ["learning"])


def test_stop_words_alone_are_rejected_as_a_keyword_in_one_line(bare_home: DigestHome) -> None:
    code, err, _ = ranked(bare_home, ["of the", "and"])
    assert code == 2
    assert err.count("\n") == 1
    assert "odd.toml:4:14" in err


@pytest.mark.parametrize("junk", [b"\x00\xff" * 5_000_000, b'a = "' + b"x" * 10_000_000])
def test_ten_megabytes_of_junk_are_rejected_without_parsing(
    bare_home: DigestHome, tmp_path: Path, junk: bytes
) -> None:
    profile = tmp_path / "junk.toml"
    profile.write_bytes(junk)
    answer = bare_home.digest("profile", "check", profile)
    assert answer.code != 0
    assert "junk.toml" in answer.err + answer.out
    assert "1 MB" in answer.err + answer.out
