"""The commands bounces and serve, and export and erase of subscribers."""

import json
import re
import signal
import subprocess
import sys

import httpx
from support.homes import DigestHome, Mailbox
from support.samples.bounces import SAMPLES

HARD = next(sample for sample in SAMPLES if sample.name == "dsn unknown user")
PROFILE = '[[topics]]\nname = "T"\nkeywords = ["x"]\n'


def subscribed(digest_home: DigestHome) -> None:
    (digest_home.path / "t.toml").write_text(PROFILE)
    digest_home.json(
        "subscribers", "add", "ada@reader.example", "--profile", digest_home.path / "t.toml"
    )


def test_a_bounce_from_a_file_or_standard_input_is_reported_as_text_and_as_json(
    digest_home: DigestHome,
) -> None:
    file = digest_home.path / "bounce.eml"
    file.write_bytes(HARD.message())
    assert "1 hard" in digest_home.digest("bounces", file).out
    result = digest_home.json("bounces", file)
    assert result["kinds"] == {"hard": 1}
    assert [item["effect"] for item in result["taken"]] == ["not ours"]
    done = subprocess.run(
        [sys.executable, "-m", "digest", "--json", "--home", digest_home.path, "bounces", "-"],
        input=HARD.message(),
        capture_output=True,
        check=True,
        env=digest_home.whole_environ(),
    )
    assert json.loads(done.stdout)["kinds"] == {"hard": 1}


def test_bounces_without_a_mailbox_says_what_to_set(digest_home: DigestHome) -> None:
    answer = digest_home.digest("bounces")
    assert answer.code == 2
    assert "DIGEST_BOUNCES_MAILDIR" in answer.err


def test_an_unreadable_message_in_a_maildir_is_reported_and_the_others_are_read(
    digest_home: DigestHome,
) -> None:
    for name in ("new", "cur", "tmp"):
        (digest_home.path / "box" / name).mkdir(parents=True)
    (digest_home.path / "box/new/1.h").write_bytes(HARD.message())
    (digest_home.path / "box/new/2.h").write_bytes(b"\0")
    answer = digest_home.digest("bounces", "--maildir", digest_home.path / "box")
    assert answer.code == 1
    assert "box/new/2.h: has no headers" in answer.err


def test_the_data_of_a_reader_is_exported_and_erased(digest_home: DigestHome) -> None:
    subscribed(digest_home)
    exported = json.loads(digest_home.digest("subscribers", "export", "ada@reader.example").out)
    assert exported["kept"]["address"][0]["email"] == "ada@reader.example"
    assert digest_home.json("subscribers", "erase", "ada@reader.example")["erased"] is True
    assert digest_home.json("subscribers", "erase", "ada@reader.example")["erased"] is False
    for path in digest_home.path.glob("digest.db*"):
        assert b"reader.example" not in path.read_bytes()
    assert digest_home.digest("subscribers", "export", "ada@reader.example").code == 2


def test_erasing_names_the_files_of_the_home_that_still_contain_the_address(
    digest_home: DigestHome,
) -> None:
    subscribed(digest_home)
    digest_home.digest("db", "backup", digest_home.path / "before.db")
    (digest_home.path / "notes.txt").write_text("ADA%40reader.example asked on the phone\n")
    answer = digest_home.digest("subscribers", "erase", "ada@reader.example")
    assert answer.code == 0
    assert answer.out == "ada@reader.example: erased\n"
    warnings = answer.err.splitlines()
    assert [line.split(" still contains")[0] for line in warnings] == [
        f"warning: {digest_home.path}/before.db",
        f"warning: {digest_home.path}/notes.txt",
    ]
    (digest_home.path / "before.db").unlink()
    (digest_home.path / "notes.txt").unlink()
    for path in digest_home.path.rglob("*"):
        assert not path.is_file() or b"ada@reader" not in path.read_bytes().lower(), path
    assert digest_home.digest("subscribers", "erase", "ada@reader.example").err == ""


def test_serve_answers_until_sigterm(digest_home: DigestHome) -> None:
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "digest",
            "--home",
            digest_home.path,
            "serve",
            "--listen",
            "127.0.0.1:0",
        ],
        stderr=subprocess.PIPE,
        env=digest_home.whole_environ(),
        text=True,
    )
    assert server.stderr is not None
    try:
        log_text = ""
        while not (listening := re.search(r"listening at (http://127.0.0.1:[1-9]\d*)", log_text)):
            line = server.stderr.readline()
            assert line, log_text
            log_text += line
        assert httpx.get(f"{listening.group(1)}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{listening.group(1)}/u/x").status_code == 404
    finally:
        server.send_signal(signal.SIGTERM)
    server.wait(timeout=120)
    assert "Traceback" not in server.stderr.read()


def test_serve_says_when_it_cannot_listen(digest_home: DigestHome, mailbox: Mailbox) -> None:
    answer = digest_home.digest("serve", "--listen", f"127.0.0.1:{mailbox.port}")
    assert answer.code == 3
    assert "in use" in answer.err
    assert "Traceback" not in answer.err
    assert digest_home.digest("serve", "--listen", "nonsense").code == 2
