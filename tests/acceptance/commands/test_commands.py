"""The command line does what docs/commands.md says."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from support.homes import DigestHome, Mailbox, run_digest

from digest.cli.papers.screenshots import find_browser
from digest.cli.reference import reference
from digest.cli.root import COMMANDS
from digest.store.database.schema import REVISIONS

ROOT = Path(__file__).resolve().parents[3]
NOW = "2026-05-11T06:00:00Z"


def test_the_reference_page_is_generated_from_the_help_texts() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == reference(), "run: python -m digest.cli.reference docs"


def test_help_lists_every_command_and_imports_none_of_them(bare_home: DigestHome) -> None:
    shown = bare_home.digest("--help")
    assert shown.code == 0
    assert all(re.search(rf"^  {name} ", shown.out, re.MULTILINE) for name in COMMANDS)
    code = (
        "import sys; sys.argv = ['digest', '--help']\n"
        "from digest.cli import run\n"
        "assert run() == 0\n"
        "print(sorted(m for m in sys.modules if m in "
        "('sqlalchemy', 'pydantic', 'jinja2', 'numpy', 'digest.app', 'email')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_fits_the_screen(bare_home: DigestHome, name: str) -> None:
    shown = bare_home.digest(name, "--help")
    assert shown.code == 0
    assert all(len(line) <= 100 for line in shown.out.splitlines())


def test_a_mistyped_command_gets_a_suggestion(bare_home: DigestHome) -> None:
    answer = bare_home.digest("statsu")
    assert answer.code == 2
    assert "Did you mean 'status'?" in answer.err


def test_global_options_stand_before_or_after_the_command(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    bare_home.dump(samples[0])
    home = str(bare_home.path)
    for arguments in (
        ["--home", home, "--json", "--now", NOW, "collect"],
        ["collect", "--home", home, "--json", "--now", NOW],
        ["subscribers", "list", "--home", home, "--json"],
    ):
        answer = run_digest(*arguments, cwd=bare_home.path.parent)
        assert answer.code == 0, answer.err
        assert answer.result


def test_init_makes_a_home_that_works_and_overwrites_nothing(
    tmp_path: Path, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home = DigestHome(tmp_path / "new", mailbox.environ)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "digest",
            "init",
            str(digest_home.path),
            "--email",
            "ada@example.org",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "profiles/you.toml" in done.stdout
    assert (digest_home.path / ".env").stat().st_mode & 0o777 == 0o600
    digest_home.dump(samples[0])
    assert digest_home.json("run", "--now", NOW)["delivery"]["sent"] == 1
    before = (digest_home.path / ".env").read_bytes()
    again = digest_home.json("init", digest_home.path)
    assert again["created"] == []
    assert (digest_home.path / ".env").read_bytes() == before


def test_collect_reports_numbers_that_add_up(bare_home: DigestHome, samples: list[Path]) -> None:
    reports = [
        bare_home.json("collect", "--file", path, "--now", NOW)["batches"][0]
        for path in (*samples, samples[0])
    ]
    assert [(item["papers"], item["new"], item["duplicates"]) for item in reports] == [
        (16, 16, 0),
        (16, 10, 6),
        (16, 0, 16),
    ]
    assert [item["announced"] for item in reports[:2]] == ["2026-05-11", "2026-05-12"]
    assert [item["verdict"] for item in reports] == ["fresh", "fresh", "unchanged"]


def test_parse_needs_no_home_and_gives_every_field(tmp_path: Path, samples: list[Path]) -> None:
    result = run_digest("parse", samples[0], "--json", cwd=tmp_path).result
    assert len(result["papers"]) == 16
    assert {"title", "abstract", "authors", "author_count", "published", "identifiers"} <= set(
        result["papers"][0]
    )
    assert {"categories", "votes", "comments", "stars", "url"} <= set(result["papers"][0])
    assert result["announced"] == "2026-05-11"
    assert result["rejected"] == []
    assert list(tmp_path.iterdir()) == []


PAPERS = """\
{"id": "a", "title": "Fast KV-caches", "abstract": "We shrink the KV cache of a model."}
{"id": "b", "title": "Diffusion of bees", "abstract": "Bees fly."}
{"id": "c", "title": "On caches", "abstract": "Caches are warm; a KV cache is mentioned once."}
"""


def test_rank_puts_the_best_first_and_its_points_add_up(tmp_path: Path) -> None:
    papers, profile = tmp_path / "papers.jsonl", tmp_path / "p.toml"
    papers.write_text(PAPERS, "utf-8")
    profile.write_text(
        'email = "a@example.org"\n[[topics]]\nname = "T"\nkeywords = ["KV cache", "fusion"]\n',
        "utf-8",
    )
    files: list[str | Path] = ["--profile", profile, "--papers", papers]
    ranked = [
        run_digest("--json", "rank", *files, *more, cwd=tmp_path).result["ranked"]
        for more in ([], ["--all"])
    ]
    assert [item["id"] for item in ranked[0]] == ["a", "c"]
    assert [(item["id"], item["score"]) for item in ranked[1]][2] == ("b", 0)
    for item in ranked[0]:
        points = sum(match["contribution"] for match in item["matches"])
        assert abs(points - item["score"]) < 0.01
    explained = run_digest("explain", "a", *files, cwd=tmp_path).out
    assert "KV cache" in explained


def test_preview_writes_the_three_forms_and_sends_nothing(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], tmp_path: Path
) -> None:
    digest_home.dump(samples[0])
    profile = digest_home.profile("ada")
    digest_home.json("collect", "--now", NOW)
    out = tmp_path / "out"
    result = digest_home.json(
        "preview", "--profile", profile, "--out", out, "--no-pictures", "--now", NOW
    )
    assert result["papers"] > 0
    assert result["pictures"] == []
    assert sorted(path.name for path in out.iterdir()) == [
        "digest.eml",
        "digest.html",
        "digest.txt",
    ]
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert mailbox.received == []


def test_preview_of_all_forms_keeps_further_matches_out_of_the_small_ones(
    digest_home: DigestHome, samples: list[Path], tmp_path: Path
) -> None:
    digest_home.dump(samples[0])
    profile = digest_home.profile("ada")
    text = profile.read_text("utf-8").replace("max_papers = 200", "max_papers = 2")
    profile.write_text(text, "utf-8")
    digest_home.json("collect", "--now", NOW)
    out = tmp_path / "out"
    options = ("--profile", profile, "--out", out, "--no-pictures", "--now", NOW)
    digest_home.json("preview", "--all", *options)
    page = unescape((out / "all.html").read_text("utf-8"))
    forms = dict(re.findall(r'<iframe sandbox title="([^"]+)"(.*?)</iframe>', page, re.DOTALL))
    with_further = {form for form, html in forms.items() if "Further matches" in html}
    assert with_further == {"daily", "weekly", "titles", "full", "welcome", "catch-up"}
    assert {"one paper", "empty", "nothing but others"} <= forms.keys()
    assert not re.search(r"-\d+ (?:more|papers?)\b", unescape(page))


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on PATH: no pictures taken")
def test_preview_takes_screenshots_at_three_widths_in_light_and_dark(
    tmp_path: Path,
) -> None:
    DigestHome(tmp_path).digest("preview", "--demo", "--out", tmp_path / "out")
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.png")}
    widths = {}
    for name, picture in pictures.items():
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        widths[name] = int.from_bytes(picture[16:20])
    assert widths == {
        f"digest-{width}-{scheme}.png": width
        for width in (320, 600, 1200)
        for scheme in ("light", "dark")
    }
    assert len(set(pictures.values())) == len(pictures), "each looks different"
    assert {"digest.html", "digest.txt", "digest.eml"} < {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_preview_takes_either_a_profile_or_the_demo(digest_home: DigestHome) -> None:
    answer = digest_home.digest("preview", "--demo", "--profile", digest_home.profile("ada"))
    assert answer.code == 2
    assert "--profile and --demo exclude each other" in answer.err


def test_send_sends_a_trial_and_leaves_the_ledger_alone(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.dump(samples[0])
    profile = digest_home.profile("ada")
    digest_home.json("collect", "--now", NOW)
    result = digest_home.json("send", "--to", "me@example.org", "--profile", profile, "--now", NOW)
    assert result["outcome"] == "sent"
    assert [message.recipients for message in mailbox.received] == [("me@example.org",)]
    assert digest_home.json("status")["editions"] == {}
    assert digest_home.json("run", "--now", NOW)["delivery"]["sent"] == 1


def test_a_subscriber_is_added_paused_resumed_and_removed(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], tmp_path: Path
) -> None:
    profile = tmp_path / "bees.toml"
    profile.write_text(
        'min_match = 1\n[[topics]]\nname = "T"\nkeywords = ["re*", "co*", "in*"]\n', "utf-8"
    )
    digest_home.dump(samples[0])
    digest_home.json("collect", "--now", NOW)
    digest_home.json("subscribers", "add", "eve@example.org", "--profile", profile)
    digest_home.json("subscribers", "pause", "eve@example.org")
    assert (
        digest_home.json("run", "--now", NOW)["published"][0]["reason"] == "the address is paused"
    )
    digest_home.json("subscribers", "resume", "eve@example.org")
    digest_home.dump(samples[1])
    assert digest_home.json("run", "--now", NOW)["delivery"]["sent"] == 1
    digest_home.json("subscribers", "remove", "eve@example.org")
    digest_home.json("run", "--now", "2026-05-12T06:00:00Z")
    assert len(mailbox.received) == 1
    shown = digest_home.json("subscribers", "show", "eve@example.org")
    assert shown["status"] == "unsubscribed"
    assert [entry["event"] for entry in shown["consent"]] == [
        "subscribed",
        "paused",
        "resumed",
        "ended",
        "unsubscribed",
    ]


def test_an_unsubscribed_address_gets_nothing_although_a_profile_file_names_it(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", NOW)
    digest_home.json("subscribers", "remove", "ada@example.org")
    digest_home.dump(samples[1])
    answer = digest_home.digest("run", "--now", "2026-05-12T06:00:00Z")
    assert answer.code == 0
    assert "warning: profiles/ada.toml: ***@example.org has unsubscribed" in answer.err
    answer = digest_home.digest("run", "--now", "2026-05-12T06:00:00Z", "--show-addresses")
    assert "warning: profiles/ada.toml: ada@example.org has unsubscribed" in answer.err
    assert len(mailbox.received) == 1


def test_a_csv_of_subscribers_is_imported_and_bad_rows_are_named(
    digest_home: DigestHome, tmp_path: Path
) -> None:
    profile, rows = tmp_path / "team.toml", tmp_path / "team.csv"
    profile.write_text('[[topics]]\nname = "T"\nkeywords = ["bees"]\n', "utf-8")
    rows.write_text("email,profile\na@example.org,\nnot an address,\nb@example.org,team.toml\n")
    answer = digest_home.digest("--json", "subscribers", "import", rows, "--profile", profile)
    assert answer.code == 1
    assert answer.result["added"] == ["a@example.org", "b@example.org"]
    assert [item["line"] for item in answer.result["rejected"]] == [3]
    again = digest_home.digest("--json", "subscribers", "import", rows, "--profile", profile)
    assert again.result["known"] == ["a@example.org", "b@example.org"]


def test_db_check_and_upgrade_show_the_state(bare_home: DigestHome) -> None:
    assert bare_home.json("db", "check")["state"] == "empty"
    assert bare_home.json("db", "upgrade")["applied"] == list(REVISIONS)
    assert bare_home.json("db", "check")["state"] == "current"


@pytest.mark.parametrize("program", [["-m", "digest", "schedule"], ["-m", "jobs"]])
def test_the_scheduler_does_the_same_work_and_stops_when_told(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path], program: list[str]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    process = subprocess.Popen(
        [sys.executable, *program, "--home", str(digest_home.path)],
        env=digest_home.whole_environ(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "deliver: 1 sent" in line:
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0, lines
    assert [message.recipients for message in mailbox.received] == [("ada@example.org",)], lines


def test_a_run_over_dumps_alone_loads_neither_the_web_nor_feeds_nor_the_database_server(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    code = (
        "import sys\n"
        f"sys.argv = ['digest', '--home', {str(digest_home.path)!r}, '--now', '{NOW}', 'run']\n"
        "from digest.cli import run\n"
        "assert run() == 0\n"
        "print(sorted(m for m in sys.modules if m in ('httpx', 'httpcore', 'feedparser', "
        "'psycopg', 'scipy', 'alembic', 'apscheduler', 'aiosmtpd', 'rich')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=digest_home.whole_environ(),
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_history_and_status_send_no_commands_of_a_feed_to_the_terminal(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    bare_home.json("collect", "--file", samples[0], "--now", NOW)
    hostile = "urn:x\x1b]0;owned\x07\x9b2J"
    with closing(sqlite3.connect(bare_home.path / "digest.db")) as database:
        database.execute(
            "INSERT INTO identifier (scheme, value, paper_id) VALUES ('feed', ?, 1)", (hostile,)
        )
        database.execute(
            "INSERT INTO job_runs (job, started_at, owner, outcome, takeovers, problems)"
            " SELECT 'collect', max(collected_at), 'x', 'failed', 0, ? FROM batch",
            (json.dumps([hostile]),),
        )
        database.commit()
    for command in (("history", "1"), ("status",)):
        output = bare_home.digest(*command).out
        assert "urn:x?]0;owned??2J" in output
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", output)


def test_history_shows_the_merge_of_a_paper_from_a_dump_and_from_arxiv(
    bare_home: DigestHome, tmp_path: Path, samples: list[Path]
) -> None:
    bare_home.json("collect", "--file", samples[0], "--now", NOW)
    title = bare_home.json("parse", samples[0])["papers"][0]["title"]
    named = tmp_path / "named.jsonl"
    named.write_text(json.dumps({"title": title, "arxiv_id": "2605.01234v1"}), "utf-8")
    (batch,) = bare_home.json("collect", "--file", named, "--source", "named")["batches"]
    assert (batch["new"], batch["listed"]) == (0, 1)
    (history,) = bare_home.json("history", "arxiv:2605.01234")["papers"]
    assert [source["source"] for source in history["sources"]] == ["dumps", "named"]
    assert history["identifiers"] == [{"scheme": "arxiv", "value": "2605.01234"}]
    output = bare_home.digest("history", title[:12]).out
    assert "known as arxiv:2605.01234" in output
    assert bare_home.digest("history", "nothing like it").code == 2


def test_a_stopped_source_is_read_by_no_run_until_it_is_started(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.dump(samples[0])
    assert digest_home.json("sources", "stop", "dumps") == {"source": "dumps", "stopped": True}
    assert digest_home.json("run", "--now", NOW)["batches"] == []
    status = digest_home.digest("status")
    assert "digest sources start dumps" in status.err
    assert digest_home.digest("sources", "stop", "nothing").code == 2
    digest_home.json("sources", "start", "dumps")
    assert len(digest_home.json("collect", "--now", NOW)["batches"]) == 1
