"""`digest token` and `digest webhook`: an operator makes, lists and ends what the API needs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from digest.app.application import App
from digest.cli.root import root
from digest.core.access.tokens import token_hash
from digest.store.access import tokens

Digest = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "profiles").mkdir(parents=True)
    (tmp_path / "home" / "sources.toml").write_text("")
    return tmp_path / "home"


@pytest.fixture
def digest(home: Path) -> Digest:
    """Runs a command with --json; returns its result, or the error as text."""

    def run(*words: str, now: str = "2026-05-11T06:00:00Z", code: int = 0) -> Any:
        done = CliRunner().invoke(root, [*words, "--json", "--home", str(home), "--now", now])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return run


def test_a_token_is_shown_once_and_stored_as_a_hash(home: Path, digest: Digest) -> None:
    made = digest("token", "create", "lab", "--scope", "papers:read,runs:read", "--expires", "90d")
    assert made["token"].startswith("pdt_")
    assert made["scopes"] == ["papers:read", "runs:read"]
    assert made["expires_at"] == "2026-08-09T06:00:00+00:00"
    (listed,) = digest("token", "list")["tokens"]
    assert (listed["name"], listed["state"], listed["used_at"]) == ("lab", "valid", None)
    assert made["token"] not in json.dumps(listed)
    with App.open(home, environ={}) as app, app.store.read() as tx:
        found = tokens.find(tx, token_hash(made["token"]))
    assert found is not None
    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert made["token"].encode() not in files


def test_a_token_ends_when_it_is_revoked_or_expires(digest: Digest) -> None:
    digest("token", "create", "one", "--scope", "all", "--expires", "1d")
    digest("token", "create", "two", "--scope", "all")
    assert "two" in digest("token", "create", "two", "--scope", "all", code=2)["error"]
    assert digest("token", "revoke", "two") == {"id": 2, "name": "two"}
    assert "no such token" in digest("token", "revoke", "two", code=2)["error"]
    later = "2026-05-12T06:00:00Z"
    states = [item["state"] for item in digest("token", "list", now=later)["tokens"]]
    assert states == ["expired", "revoked"]
    digest("token", "create", "one", "--scope", "all", now=later)
    assert digest("token", "revoke", "one", now=later)["id"] == 3, "the valid one of this name"


@pytest.mark.parametrize(
    "words, said",
    [
        (("lab", "--scope", "papers"), "is no scope"),
        (("lab", "--scope", ","), "allows nothing"),
        (("lab", "--scope", "all", "--expires", "soon"), "must be a number"),
        (("lab", "--scope", "all", "--expires", "999999d"), ""),
        ((" ", "--scope", "all"), "needs a name"),
        (("x" * 81, "--scope", "all"), "needs a name"),
    ],
)
def test_a_wrong_token_is_refused(digest: Digest, words: tuple[str, ...], said: str) -> None:
    code = 2 if said else 0
    assert said in digest("token", "create", *words, code=code).get("error", "")


def test_webhooks_are_added_listed_and_removed(digest: Digest) -> None:
    made = digest("webhook", "add", "https://hooks.example.org/x", "--events", "left,sent")
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["sent", "left"]
    (listed,) = digest("webhook", "list")["webhooks"]
    assert (listed["id"], listed["waiting"], listed["problem"]) == (1, 0, None)
    assert made["secret"] not in json.dumps(listed)
    again = digest("webhook", "add", "https://hooks.example.org/x", "--events", "sent", code=2)
    assert "there is a webhook" in again["error"]
    assert (
        "is no event"
        in digest("webhook", "add", "https://x.org/", "--events", "x", code=2)["error"]
    )
    assert (
        "at least one"
        in digest("webhook", "add", "https://x.org/", "--events", ",", code=2)["error"]
    )
    assert (
        "inside"
        in digest("webhook", "add", "http://10.0.0.1/", "--events", "sent", code=2)["error"]
    )
    assert digest("webhook", "send") == {"sent": 0, "failed": 0, "problems": []}
    assert digest("webhook", "resume", "1") == {"id": 1}
    assert digest("webhook", "remove", "1") == {"id": 1}
    for word in ("resume", "remove"):
        assert "there is no webhook 1" in digest("webhook", word, "1", code=2)["error"]


def test_without_any_the_lists_say_how_to_make_one(home: Path) -> None:
    for group, hint in (("token", "digest token create"), ("webhook", "digest webhook add")):
        done = CliRunner().invoke(root, [group, "list", "--home", str(home)])
        assert hint in done.stdout
