"""Bad input gives one line that names the place, the documented exit code, and no other damage."""

import os
from pathlib import Path

import pytest
from support.homes import Answer, DigestHome

NOW = "2026-05-12T06:00:00Z"


def only_line(answer: Answer) -> str:
    lines = answer.err.strip().splitlines()
    assert len(lines) == 1, answer.err
    assert "Traceback" not in answer.err
    return lines[0]


FILES = {
    "empty.txt": (b"", "empty"),
    "binary.txt": (bytes(range(256)) * 40, "binary"),
    "latin1.txt": (
        "new\n\nDaily Papers\n\nbyAK and the research community\n\nMay 11\n\nCafé\n\nÀ la carte.".encode(
            "latin-1"
        ),
        "UTF-8",
    ),
    "log.txt": (b"2026-05-11 INFO started\n2026-05-11 INFO stopped\n", "not a dump"),
    "page.html": (
        b"<!doctype html><html><body>Daily Papers</body></html>",
        "save the page as text",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_dump_is_rejected_with_a_reason_and_its_path(
    bare_home: DigestHome, name: str
) -> None:
    path = bare_home.path / name
    data, reason = FILES[name]
    path.write_bytes(data)
    for command in (["collect", "--file", str(path)], ["parse", str(path)]):
        answer = bare_home.digest(*command, "--now", NOW)
        assert answer.code == 1
        line = only_line(answer)
        assert line.startswith(f"digest: {path}")
        assert reason in line


def test_a_bad_file_in_the_folder_does_not_stop_the_good_ones(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    (bare_home.path / "dumps" / "0-first.txt").write_bytes(b"not a dump")
    bare_home.dump(samples[0])
    answer = bare_home.digest("--json", "collect", "--now", NOW)
    assert answer.code == 1
    assert [batch["verdict"] for batch in answer.result["batches"]] == ["failed", "fresh"]
    assert answer.result["batches"][0]["rejected"][0]["reason"]
    assert answer.result["batches"][1]["new"] == 16


def test_a_bad_file_in_the_folder_is_reported_once_not_every_day(bare_home: DigestHome) -> None:
    (bare_home.path / "dumps" / "bad.txt").write_bytes(b"not a dump")
    assert bare_home.digest("collect", "--now", NOW).code == 1
    assert bare_home.digest("collect", "--now", NOW).code == 0


def test_a_truncated_dump_gives_its_complete_papers_and_reports_the_incomplete_one(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    whole = samples[0].read_bytes()
    path = bare_home.path / "dumps" / "cut.txt"
    path.write_bytes(whole[: len(whole) // 2])
    answer = bare_home.digest("--json", "collect", "--now", NOW)
    assert answer.code == 1
    (batch,) = answer.result["batches"]
    assert batch["verdict"] == "partial"
    assert 0 < batch["new"] < 16
    assert len(batch["rejected"]) == 1
    assert only_line(answer).startswith(f"digest: {path}:{batch['rejected'][0]['line']}: ")
    path.write_bytes(whole)  # now the whole file has been copied
    completed = bare_home.json("collect", "--now", NOW)
    assert batch["new"] + completed["batches"][0]["new"] == 16


def test_a_file_of_100_mb_is_refused_by_its_size(bare_home: DigestHome) -> None:
    path = bare_home.path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    answer = bare_home.digest("parse", path)
    assert answer.code == 1
    assert "too large" in only_line(answer)


@pytest.mark.parametrize(
    "command",
    [
        ["collect", "--file"],
        ["parse"],
        ["profile", "check"],
        ["rank", "--profile"],
        ["preview", "--profile"],
        ["subscribers", "import"],
    ],
)
def test_a_missing_file_is_wrong_usage_and_the_error_names_it(
    bare_home: DigestHome, command: list[str]
) -> None:
    answer = bare_home.digest(*command, "nowhere.any")
    assert answer.code == 2
    assert "nowhere.any: no such file" in only_line(answer)


@pytest.mark.parametrize(
    "command", [["run"], ["collect"], ["status"], ["subscribers", "list"], ["db", "check"]]
)
def test_a_folder_that_is_no_home_is_refused_and_left_alone(
    tmp_path: Path, command: list[str]
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    answer = DigestHome(folder).digest(*command)
    assert answer.code == 2
    assert f"{folder} is not a Paper Digest home" in only_line(answer)
    assert list(folder.iterdir()) == []


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    answer = DigestHome(tmp_path / "nowhere").digest("run")
    assert answer.code == 2
    assert "does not exist" in only_line(answer)


PROFILES = {
    "a typo in a key": (
        'email = "ada@example.org"\n[[topics]]\nname = "T"\nkeyword = ["x"]\n',
        ':4:1: unknown key "keyword"; did you mean "keywords"?',
    ),
    "an invalid address": (
        'email = "ada at example.org"\n[[topics]]\nname = "T"\nkeywords = ["bees"]\n',
        ':1:9: "*** at example.org" is not an e-mail address',  # masked: cron keeps this
    ),
    "an unknown time zone": (
        'email = "ada@example.org"\ntimezone = "Europe/Pariss"\n[[topics]]\nname = "T"\nkeywords = ["bees"]\n',
        ':2:12: "Europe/Pariss" is not a time zone; did you mean "Europe/Paris"?',
    ),
}


@pytest.mark.parametrize("problem", PROFILES)
def test_a_broken_profile_is_reported_and_the_other_readers_get_their_digests(
    digest_home: DigestHome, samples: list[Path], problem: str
) -> None:
    text, message = PROFILES[problem]
    digest_home.profile("bob")
    path = digest_home.profile("ada", text)
    digest_home.dump(samples[0])
    answer = digest_home.digest("--json", "run", "--now", NOW)
    assert answer.code == 2
    assert only_line(answer).startswith(f"digest: {path}{message}")
    assert answer.result["delivery"]["sent"] == 1
    check = digest_home.digest("profile", "check", path)
    assert check.code == 2
    assert f"{path}{message}" in check.err


def test_a_profile_that_becomes_invalid_keeps_its_subscription(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    path = digest_home.profile("ada")
    valid = path.read_text("utf-8")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", "2026-05-11T06:00:00Z")
    path.write_text(valid.replace("topics", "topic"), "utf-8")
    digest_home.dump(samples[1])
    answer = digest_home.digest("--json", "run", "--now", NOW)
    assert answer.code == 2
    assert answer.result["delivery"]["sent"] == 1, "the last valid version of the profile is used"


def test_a_typo_in_the_settings_names_file_and_line_and_suggests_a_setting(
    bare_home: DigestHome,
) -> None:
    (bare_home.path / ".env").write_text("# mail\nDIGEST_SMTP_HOSTS=mail\n", "utf-8")
    answer = bare_home.digest("run")
    assert answer.code == 2
    assert ".env:2: unknown setting DIGEST_SMTP_HOSTS" in only_line(answer)
    assert "DIGEST_SMTP_HOST" in only_line(answer)


def test_a_run_that_cannot_send_says_so_before_it_does_anything(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    bare_home.dump(samples[0])
    answer = bare_home.digest("run")
    assert answer.code == 2
    assert "DIGEST_SMTP_HOST is not set; write DIGEST_SMTP_HOST=" in only_line(answer)
    assert bare_home.json("status")["papers"] == 0


def test_a_database_of_a_newer_version_is_refused_and_not_touched(bare_home: DigestHome) -> None:
    import sqlite3

    bare_home.json("status")
    file = bare_home.path / "digest.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    answer = bare_home.digest("status")
    assert answer.code == 2
    assert "newer paper-digest (revision 9999" in only_line(answer)
    assert file.read_bytes() == before


def test_a_database_that_cannot_be_reached_is_exit_code_3(bare_home: DigestHome) -> None:
    bare_home.environ["DIGEST_DATABASE_URL"] = "postgresql://u:hidden@127.0.0.1:1/none"
    answer = bare_home.digest("status")
    assert answer.code == 3
    assert "hidden" not in only_line(answer)


def test_wrong_usage_is_reported_as_json_with_json(bare_home: DigestHome) -> None:
    answer = bare_home.digest("--json", "collect", "--bogus")
    assert answer.code == 2
    assert answer.result["exit_code"] == 2
    assert "--bogus" in answer.result["error"]


def test_a_time_out_of_range_is_wrong_usage(bare_home: DigestHome) -> None:
    for moment in ("0001-01-01T00:00Z", "9999-12-31T23:59Z"):
        answer = bare_home.digest("status", "--now", moment)
        assert answer.code == 2
        assert "write a year from 1990 to 2200" in answer.err


def test_undecodable_file_names_and_symlink_loops_do_not_stop_a_run(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    dumps = digest_home.path / "dumps"
    (dumps / "loop").symlink_to(dumps / "loop")
    Path(os.fsdecode(os.fsencode(dumps) + b"/\xff.txt")).write_bytes(samples[0].read_bytes())
    digest_home.profile("ada")
    text = (digest_home.path / "profiles" / "ada.toml").read_bytes()
    Path(os.fsdecode(os.fsencode(digest_home.path / "profiles") + b"/\xff.toml")).write_bytes(text)
    answer = digest_home.digest("--json", "run", "--now", NOW)
    assert answer.code == 2
    assert "the file name contains unprintable characters; rename the file" in only_line(answer)
    assert answer.result["delivery"]["sent"] == 1
    assert digest_home.json("collect", "--now", NOW)["batches"] == [], (
        "the file is read once, not on every run"
    )


def test_no_file_is_read_if_one_of_several_is_missing(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    answer = bare_home.digest("collect", "--file", samples[0], "--file", "nowhere.txt")
    assert answer.code == 2
    assert bare_home.json("status")["papers"] == 0


def test_a_broken_template_is_named_and_the_digest_stays_queued(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    folder = digest_home.path / "mine" / "mail"
    folder.mkdir(parents=True)
    (folder / "card.html").write_text("{{ 1/0 }}")
    digest_home.environ["DIGEST_TEMPLATES"] = "mine"
    answer = digest_home.digest("run", "--now", NOW)
    assert answer.code == 2
    assert "mail/card.html:1" in only_line(answer)
    assert digest_home.json("status")["editions"] == {"queued": 1}
    digest_home.environ["DIGEST_TEMPLATES"] = "nowhere"
    assert "is no folder" in only_line(digest_home.digest("deliver", "--now", NOW))


def test_a_pause_does_not_lift_an_unsubscribe(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    digest_home.json("publish", "--now", NOW)
    digest_home.json("subscribers", "remove", "ada@example.org")
    assert digest_home.digest("subscribers", "pause", "ada@example.org").code == 2
    assert digest_home.json("subscribers", "show", "ada@example.org")["status"] == "unsubscribed"
