"""A paper has one score: in the message, `preview`, `explain`, `rank` and `profile volume`."""

import json
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.homes import DigestHome, Mailbox

from digest.core.editions.reasons import score_level

MORNING, NOON = "2026-05-11T06:00:00Z", "2026-05-11T12:00:00Z"
TOMORROW = "2026-05-12T12:00:00Z"


def shown_in(text: str, titles: list[str]) -> dict[str, str]:
    """Returns what the text part of a message says about the scores of papers, by title."""
    flat = " ".join(text.split())
    levels: dict[str, str] = {}
    for title in titles:
        # The reason is the last line before the links of the paper.
        if match := re.search(
            rf"{re.escape(title)} (?:(?!https://).)*?· (strong|good|related)", flat
        ):
            levels[title] = match[1]
    return levels


def in_digest(digest_home: DigestHome) -> dict[str, float]:
    """Returns the scores of the papers in the first digest, by title."""
    with sqlite3.connect(digest_home.path / "digest.db") as db:
        (content,) = db.execute("SELECT content FROM edition ORDER BY id").fetchone()
        titles = dict(db.execute("SELECT id, title FROM revision").fetchall())
    return {
        titles[entry[1]]: entry[5]
        for _, entries in json.loads(content)["sections"]
        for entry in entries
    }


def ranked(digest_home: DigestHome, now: str) -> dict[str, float]:
    result = digest_home.json("rank", "--now", now)
    return {item["title"]: item["score"] for item in result["ranked"]}


def levels(scores: Mapping[str, float], titles: Mapping[str, str]) -> dict[str, str]:
    return {title: score_level(scores[title]).value for title in titles}


@pytest.mark.parametrize("now", [NOON, TOMORROW])
def test_a_paper_has_the_score_of_its_digest_everywhere(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], now: str
) -> None:
    profile = digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", MORNING)
    titles = list(ranked(digest_home, MORNING))
    in_mail = shown_in(mailbox.texts()[0], titles)
    assert len(in_mail) > 1
    # More papers change how rare a keyword is.
    digest_home.dump(samples[1])
    digest_home.json("collect", "--now", now)

    scores = ranked(digest_home, now)
    assert levels(scores, in_mail) == in_mail
    stored = in_digest(digest_home)
    assert {title: scores[title] for title in stored} == pytest.approx(stored, abs=0.001)
    explained = {
        item["title"]: item["score"]
        for title in in_mail
        for item in digest_home.json("explain", title, "--now", now)["ranked"]
    }
    assert explained == {title: scores[title] for title in in_mail}
    replayed = digest_home.json("profile", "volume", profile, "--now", now)
    top = {item["title"]: item["score"] for day in replayed["days"] for item in day["top"]}
    assert set(top) & set(in_mail)
    for title in set(top) & set(in_mail):
        assert top[title] == explained[title]


def test_another_profile_with_the_same_words_has_the_same_scores_on_that_day(
    digest_home: DigestHome, samples: list[Path], tmp_path: Path
) -> None:
    profile = digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", MORNING)
    digest_home.dump(samples[1])
    digest_home.json("collect", "--now", NOON)
    copy = tmp_path / "copy.toml"
    copy.write_text(profile.read_text("utf-8") + "# nobody has this profile\n", "utf-8")
    result = digest_home.json("rank", "--profile", copy, "--now", NOON)
    scores = {item["title"]: item["score"] for item in result["ranked"]}
    stored = in_digest(digest_home)
    assert {title: scores[title] for title in stored} == pytest.approx(stored, abs=0.001)


def test_the_preview_shows_the_scores_of_the_digest_of_the_day(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], tmp_path: Path
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", MORNING)
    titles = list(ranked(digest_home, MORNING))
    digest_home.dump(samples[1])
    digest_home.json("collect", "--now", NOON)
    result = digest_home.json("preview", "--out", tmp_path / "out", "--no-pictures", "--now", NOON)
    in_preview = shown_in(
        Path(result["files"]["text"]).read_text(), list(ranked(digest_home, NOON))
    )
    assert in_preview
    assert levels(ranked(digest_home, NOON), in_preview) == in_preview
    in_mail = shown_in(mailbox.texts()[0], titles)
    assert {title: in_preview[title] for title in set(in_mail) & set(in_preview)} == {
        title: in_mail[title] for title in set(in_mail) & set(in_preview)
    }


def test_a_changed_profile_gives_other_scores_than_its_earlier_digest(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    profile = digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", MORNING)
    before = in_digest(digest_home)
    text = profile.read_text("utf-8")
    profile.write_text(text.replace("[[topics]]", "[[topics]]\nweight = 0.5", 1), "utf-8")
    digest_home.json("run", "--now", NOON)
    after = ranked(digest_home, NOON)
    assert any(after[title] < score for title, score in before.items())
