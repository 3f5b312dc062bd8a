"""DIGEST_RERANK_URL: a language model grades the best papers, within its budget."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.homes import DigestHome, Mailbox
from support.servers.model_server import (
    ModelServer,
    completion,
    grading,
    reply,
    serve,
    shown_papers,
)

NOW = "2026-05-12T06:00:00Z"
KEY = "key-of-the-model-1234"
PROFILE = """\
email = "{name}@example.org"
send_at = "00:00"
timezone = "UTC"
trending = 0
min_match = {min_match}

[[topics]]
name = "Bees"
keywords = ["{keyword}"]
exclude = ["wasps"]
"""
PAPERS = [
    ("Bees one", "We study bees."),
    ("Bees two", "We study bees."),
    ("Bees three", "We study bees."),
    ("Steel bridges", "We study steel."),
]


def grade(title: str) -> float:
    return {"Bees one": 0, "Bees two": 10, "Bees three": 5}[title]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serve(grading(grade)) as server:
        yield server


@pytest.fixture
def home(digest_home: DigestHome, server: ModelServer, tmp_path: Path) -> DigestHome:
    """A home with papers, two readers with different keywords, and a model."""
    file = tmp_path / "papers.jsonl"
    lines = (json.dumps({"title": title, "abstract": abstract}) for title, abstract in PAPERS)
    file.write_text("\n".join(lines), "utf-8")
    digest_home.json("collect", "--file", file, "--now", NOW)
    digest_home.profile("ada", PROFILE.format(name="ada", min_match=1, keyword="bees^0.4"))
    digest_home.environ |= {
        "DIGEST_RERANK_URL": server.url,
        "DIGEST_RERANK_MODEL": "small",
        "DIGEST_RERANK_KEY": KEY,
    }
    return digest_home


def second_reader(home: DigestHome) -> None:
    home.profile("bo", PROFILE.format(name="bo", min_match=1, keyword="bees^0.5"))


def ranked(home: DigestHome, *args: str) -> dict[str, dict[str, Any]]:
    found = home.json("rank", "--profile", home.path / "profiles/ada.toml", "--now", NOW, *args)
    return {item["title"]: item for item in found["ranked"]}


def made(home: DigestHome) -> list[int]:
    return [item["papers"] for item in home.json("publish", "--now", NOW)["published"]]


def test_grades_move_the_scores_and_the_explanation_says_so(
    home: DigestHome, server: ModelServer
) -> None:
    before = ranked(home)
    assert made(home) == [3]
    after = ranked(home)  # the scores of the digest
    moved = {title: after[title]["score"] - before[title]["score"] for title in before}
    assert moved == {
        "Bees one": pytest.approx(-15.0),
        "Bees two": pytest.approx(15.0),
        "Bees three": pytest.approx(0.0),
    }
    for item in after.values():
        points = [match["contribution"] for match in item["matches"]]
        assert sum(points) == pytest.approx(item["score"], abs=0.01)
    explained = home.digest("explain", "Bees two", "--now", NOW)
    assert "+15.0  model  grades it" in explained.out
    assert len(server.requests) == 1


def test_the_model_is_told_interests_and_papers_and_no_address(
    home: DigestHome, server: ModelServer
) -> None:
    made(home)
    ((path, headers, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body["model"] == "small"
    text = json.dumps(body)
    assert "Bees: bees^0.4. Not: wasps" in text
    assert "@" not in text
    assert {paper["title"] for paper in shown_papers(body)} == {title for title, _ in PAPERS[:3]}


def test_a_paper_that_the_model_rejects_can_fall_below_min_match(
    home: DigestHome, server: ModelServer
) -> None:
    score = min(item["score"] for item in ranked(home).values())
    text = PROFILE.format(name="ada", min_match=int(score) - 5, keyword="bees^0.4")
    home.profile("ada", text)
    assert made(home) == [2]
    assert len(server.requests) == 1


def test_the_budget_of_a_day_is_kept_and_the_digests_go_out(
    home: DigestHome, server: ModelServer
) -> None:
    second_reader(home)
    home.environ["DIGEST_RERANK_DAILY"] = "1"
    published = home.digest("publish", "--now", NOW)
    assert published.code == 0
    assert "digests were made without the model: the budget of 1 requests of this" in published.err
    assert len(server.requests) == 1
    status = home.json(
        "preview", "--profile", home.path / "profiles/ada.toml", "--no-pictures", "--now", NOW
    )
    assert status["papers"] == 3
    # The next day (UTC) has a new budget.
    again = home.digest(
        "rank", "--profile", home.path / "profiles/bo.toml", "--rerank", "--now", NOW
    )
    assert "the budget of 1 requests" in again.err
    ranked(home, "--rerank", "--now", "2026-05-13T06:00:00Z")
    assert len(server.requests) == 2


def test_readers_with_the_same_profile_share_an_answer(
    home: DigestHome, server: ModelServer
) -> None:
    home.profile("bo", PROFILE.format(name="bo", min_match=1, keyword="bees^0.4"))
    assert made(home) == [3, 3]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "failure, text",
    [
        (lambda handler, _: reply(handler, 401, b""), "401; check DIGEST_RERANK_KEY"),
        (lambda handler, _: reply(handler, 500, b""), "500; check the model and the server"),
        (
            lambda handler, _: reply(handler, 200, completion("I like bees")),
            'the answer has no JSON object with "grades"',
        ),
    ],
)
def test_after_a_failure_the_digests_go_out_and_the_model_is_not_asked_again(
    home: DigestHome, server: ModelServer, mailbox: Mailbox, failure: Any, text: str
) -> None:
    second_reader(home)
    server.answer = failure
    run = home.digest("run", "--now", NOW)
    assert run.code == 0
    assert text in run.err
    assert KEY not in run.err + run.out
    assert len(mailbox.received) == 2
    assert len(server.requests) == 1
    status = home.digest("status", "--now", NOW)
    assert "digests were made without the model" in status.out


def test_a_slow_model_does_not_hold_up_the_digests(
    home: DigestHome, server: ModelServer, mailbox: Mailbox
) -> None:
    def slowly(handler: BaseHTTPRequestHandler, _: Any) -> None:
        time.sleep(5)
        reply(handler, 200, b"")

    second_reader(home)
    server.answer = slowly
    home.environ["DIGEST_RERANK_TIMEOUT"] = "0.2"
    run = home.digest("run", "--now", NOW)
    assert run.code == 0
    assert "digests were made without the model" in run.err
    assert len(mailbox.received) == 2
    assert len(server.requests) == 1


def test_commands_ask_only_with_the_option_and_a_dry_run_never(
    home: DigestHome, server: ModelServer, tmp_path: Path
) -> None:
    ranked(home)
    home.json("preview", "--now", NOW, "--out", tmp_path / "p", "--no-pictures")
    assert home.digest("run", "--dry-run", "--now", NOW).code == 0
    assert server.requests == []
    graded = ranked(home, "--rerank")["Bees two"]["matches"]
    assert ("model", "model") in [(match["keyword"], match["field"]) for match in graded]
    home.json("preview", "--rerank", "--now", NOW, "--out", tmp_path / "p", "--no-pictures")
    assert len(server.requests) == 2


def test_the_option_needs_the_settings(home: DigestHome) -> None:
    del home.environ["DIGEST_RERANK_URL"], home.environ["DIGEST_RERANK_MODEL"]
    refused = home.digest("rank", "--rerank", "--now", NOW)
    assert refused.code == 2
    assert "--rerank needs DIGEST_RERANK_URL and DIGEST_RERANK_MODEL in .env" in refused.err


@pytest.mark.parametrize(
    "changed, text",
    [
        ({"DIGEST_RERANK_MODEL": ""}, "DIGEST_RERANK_MODEL: missing, although DIGEST_RERANK_URL"),
        ({"DIGEST_RERANK_URL": ""}, "DIGEST_RERANK_URL: missing, although DIGEST_RERANK_MODEL"),
        ({"DIGEST_RERANK_URL": "models.example.org"}, "DIGEST_RERANK_URL: not a web address"),
        (
            {"DIGEST_RERANK_URL": "http://models.example.org/v1"},
            "DIGEST_RERANK_URL: the key would be sent without encryption",
        ),
    ],
)
def test_wrong_settings_are_refused(home: DigestHome, changed: dict[str, str], text: str) -> None:
    refused = home.digest("rank", environ=changed)
    assert refused.code == 2
    assert text in refused.err
    assert KEY not in refused.err
