"""DIGEST_SEMANTIC: a sentence model ranks too, and its vectors are kept."""

import json
import sqlite3
from pathlib import Path

import pytest
from support.homes import DigestHome

from digest.knowledge.model_files import find_model

pytest.importorskip("onnxruntime", reason="the extra semantic is not installed")
pytest.importorskip("tokenizers", reason="the extra semantic is not installed")

PROFILE = """\
email = "ada@example.org"
send_at = "00:00"
timezone = "UTC"
trending = 0

[[topics]]
name = "Bees"
keywords = ["beekeeping", "honey production"]
"""
NOW = "2026-05-12T06:00:00Z"
WANTED = "Apiarists and their colonies of pollinating insects"


def write(path: Path, count: int) -> Path:
    subjects = ("steel bridges", "medieval charters", "coral reefs", "tax law", "jazz harmony")
    titles = [f"{subjects[n % 5]} in region {n}" for n in range(count - 1)] + [WANTED]
    lines = [json.dumps({"id": title, "title": title, "abstract": ""}) for title in titles]
    path.write_text("\n".join(lines), "utf-8")
    return path


def vectors(digest_home: DigestHome) -> int:
    with sqlite3.connect(digest_home.path / "digest.db") as db:
        return int(db.execute("SELECT count(*) FROM paper_vector").fetchone()[0])


def score(digest_home: DigestHome) -> float:
    ranked = digest_home.json("rank", "--all", "--now", NOW)["ranked"]
    return float(next(item["score"] for item in ranked if item["title"] == WANTED))


@pytest.fixture
def stored(digest_home: DigestHome, tmp_path: Path) -> DigestHome:
    digest_home.profile("ada", PROFILE)
    digest_home.json("collect", "--file", write(tmp_path / "papers.jsonl", 110), "--now", NOW)
    return digest_home


def test_it_finds_what_says_it_in_other_words_and_keeps_the_vectors(stored: DigestHome) -> None:
    before = score(stored)
    assert vectors(stored) == 0
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    after = score(stored)
    assert after > before + 10
    assert vectors(stored) == 110
    explained = stored.digest("explain", WANTED, "--now", NOW)
    assert "beekeeping  words close to it" in explained.out
    assert vectors(stored) == 110


def test_the_digest_has_the_score_of_explain(stored: DigestHome) -> None:
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    made = stored.json("publish", "--now", NOW)["published"]
    assert [item["papers"] for item in made] == [1]
    explained = stored.json("explain", WANTED, "--now", NOW)["ranked"][0]["score"]
    assert explained == pytest.approx(score(stored))


def test_papers_of_a_file_are_ranked_with_the_model_and_not_kept(
    stored: DigestHome, tmp_path: Path
) -> None:
    file = write(tmp_path / "others.jsonl", 3)
    plain = stored.json("rank", "--papers", file, "--all")["ranked"][0]
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    found = stored.json("rank", "--papers", file, "--all")["ranked"][0]
    assert found["title"] == WANTED
    assert found["score"] > plain["score"]
    assert vectors(stored) == 0


def test_the_packaged_model_ranks_from_the_first_paper_on(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    digest_home.profile("ada", PROFILE)
    digest_home.json("collect", "--file", write(tmp_path / "papers.jsonl", 3), "--now", NOW)
    before = score(digest_home)
    digest_home.environ["DIGEST_SEMANTIC"] = "minilm"
    assert score(digest_home) > before + 10


def test_what_is_stored_does_not_change_the_scores_of_the_packaged_model(
    stored: DigestHome, tmp_path: Path
) -> None:
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    file = write(tmp_path / "others.jsonl", 3)
    with_papers = stored.json("rank", "--papers", file, "--all")["ranked"][0]["score"]
    (stored.path / "digest.db").unlink()
    stored.json("db", "upgrade")
    assert stored.json("rank", "--papers", file, "--all")["ranked"][0]["score"] == with_papers


def test_with_few_papers_another_model_is_not_used_and_it_says_so(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    folder = digest_home.path / "models" / "mine"
    folder.mkdir(parents=True)
    packaged = find_model("minilm", home=digest_home.path)
    (folder / "model.onnx").symlink_to(packaged.model)
    (folder / "tokenizer.json").symlink_to(packaged.tokenizer)
    digest_home.profile("ada", PROFILE)
    digest_home.json("collect", "--file", write(tmp_path / "papers.jsonl", 99), "--now", NOW)
    before = score(digest_home)
    digest_home.environ["DIGEST_SEMANTIC"] = "models/mine"
    ranked = digest_home.digest("rank", "--now", NOW)
    assert ranked.code == 0
    assert "ranked without the sentence model" in ranked.err
    assert "99 stored papers; from 100 on it is used" in ranked.err
    assert score(digest_home) == before


def test_profiles_in_other_languages_are_ranked_without_the_packaged_model(
    stored: DigestHome,
) -> None:
    stored.profile("ada", PROFILE.replace("trending", 'language = "german"\ntrending'))
    before = score(stored)
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    assert score(stored) == before
    assert vectors(stored) == 0


def test_the_doctor_names_the_model_or_what_is_missing(stored: DigestHome) -> None:
    stored.environ["DIGEST_SEMANTIC"] = "minilm"
    assert "the sentence model minilm-" in stored.digest("doctor").out
    stored.environ["DIGEST_SEMANTIC"] = "models/mine"
    missing = stored.path / "models" / "mine" / "model.onnx"
    text = f"DIGEST_SEMANTIC: {missing} does not exist; put model.onnx and tokenizer.json into"
    doctor = stored.digest("doctor")
    assert doctor.code == 2
    assert text in doctor.out
    ranked = stored.digest("rank", "--now", NOW)
    assert ranked.code == 2
    assert text in ranked.err
