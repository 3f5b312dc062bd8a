"""No command and no log shows a secret, or a reader's address that nobody asked for.

The secret is searched for in everything that a command prints and stores. The reader's address is
searched for in what a machine keeps: standard error, logs, mail to the operator, web pages.
`SHOWS` and `NAMED` list the commands that may print the address. A new command fails these tests
until it is added to `ARGUMENTS`.
"""

import base64
import json
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
import httpx
import pytest
import trustme
from support.homes import PROFILE, SAMPLES, Answer, DigestHome
from support.processes.fork_server import fork_server
from support.smtp.scripted_server import Script, served

from digest.cli.root import root
from digest.core.subscribers import signed_tokens

MARK = "cAnArY-7f3a/9+"  # part of every secret; in a URL it has to be quoted
LOCAL = "zcanary7"  # local part of the reader's address; the mask still shows the domain
READER = f"{LOCAL}@reader.example"
NOW = "2026-05-11T06:00:00Z"
KEY = f"{MARK}-key-of-more-than-thirty-two-letters"
USER = "digest-login"
TOKEN = f"{MARK}-metrics-token"

FORMS = {
    MARK,
    quote(MARK),
    quote(MARK, safe=""),
    json.dumps(MARK)[1:-1],
    *(
        base64.b64encode(secret.encode()).decode().rstrip("=")
        for secret in (f"{MARK}-smtp", f"\0{USER}\0{MARK}-smtp", KEY, TOKEN)
    ),
}

# The arguments with which each command is tested; the names in braces are filled in.
ARGUMENTS: dict[str, list[str]] = {
    "init": ["{new}"],
    "settings": [],
    "doctor": [],
    "run": [],
    "collect": [],
    "enrich": [],
    "publish": [],
    "deliver": [],
    "bounces": ["{bounce}"],
    # Pictures show what the HTML says, and a browser takes seconds for them.
    "preview": ["--profile", "{profile}", "--out", "{out}", "--no-pictures"],
    "send": ["--to", "{reader}", "--profile", "{profile}"],
    "lists": [],
    "subscribers add": ["{reader}", "--profile", "{profile}"],
    "subscribers end": ["--all-using", "{profile}"],
    "subscribers erase": ["other7@reader.example"],
    "subscribers export": ["{reader}"],
    "subscribers import": ["{list}", "--profile", "{profile}"],
    "subscribers list": [],
    "subscribers pause": ["{reader}"],
    "subscribers remove": ["other7@reader.example"],
    "subscribers resume": ["{reader}"],
    "subscribers set-profile": ["{reader}", "{profile}"],
    "subscribers show": ["{reader}"],
    "profile check": ["{profile}"],
    "profile from-library": ["{library}"],
    "profile import": ["{zotero}"],
    "profile new": ["graphs"],
    "profile show": ["{reader}"],
    "profile volume": ["{profile}"],
    "sources import": ["{opml}"],
    "sources stop": ["dumps"],
    "sources start": ["dumps"],
    "feedback": ["{reader}", "more", "1"],
    "rank": ["--profile", "{profile}"],
    "explain": ["--profile", "{profile}", "1"],
    "learn": [],
    "history": ["1"],
    "undo-source": ["dumps", "--dry-run"],
    "parse": ["{dump}"],
    "why-no-mail": ["{reader}"],
    "status": [],
    "serve": [],  # has a test of its own below
    "schedule": [],  # the same
    "worker": [],  # refuses a home on SQLite
    "token create": ["lab", "--scope", "all"],
    "token list": [],
    "token revoke": ["lab"],
    "webhook add": ["https://hooks.example.org/", "--events", "sent"],
    "webhook list": [],
    "webhook send": [],
    "webhook resume": ["1"],
    "webhook remove": ["1"],
    "dkim new": [],
    "channels list": [],
    "channels test": ["hook"],
    "export": ["{export}"],
    "import": ["{export}"],
    "db check": [],
    "db upgrade": [],
    "tidy": [],
    "db prune": ["--older-than", "90d"],
    "db backup": ["{backup}", "--force"],
    "db restore": ["{backup}", "--replace"],
}

# Commands whose output may contain the reader's address, because it is their purpose.
SHOWS = {
    "init",  # prints the path of the new profile
    "preview",
    "send",
    "subscribers add",
    "subscribers export",
    "subscribers import",
    "subscribers list",
    "subscribers pause",
    "subscribers resume",
    "subscribers set-profile",
    "subscribers show",
    "profile check",
    "profile new",
    "profile show",
    "feedback",
    "status",
    "why-no-mail",
}
# The JSON results of these contain addresses; their text output masks them.
SHOWS_IN_JSON = {"run", "publish", "deliver", "bounces"}
# These get the address as an argument, so they may repeat it on standard error.
NAMED = {name for name, arguments in ARGUMENTS.items() if "{reader}" in arguments}

LOGS = {
    "human": {"DIGEST_LOG_FORMAT": "human", "DIGEST_LOG_LEVEL": "debug"},
    "json": {"DIGEST_LOG_FORMAT": "json", "DIGEST_LOG_LEVEL": "debug"},
    "usual": {},
}
FAILURES: dict[str, dict[str, str]] = {
    "works": {},
    "wrong-database": {
        "DIGEST_DATABASE_URL": f"postgresql://digest:{quote(MARK, safe='')}-db@127.0.0.1:1/digest"
    },
    "unreachable-server": {"DIGEST_SMTP_PORT": "1"},
    "wrong-setting": {"DIGEST_SMTP_CONNECTIONS": "many"},
}

CRASH = f"""
from digest.store.database.store import Store
def fail(*args, **named):
    raise RuntimeError("no such thing: {READER}, {MARK}-smtp")
Store.open = fail
import digest.config.profiles.loader
digest.config.profiles.loader.parse = digest.config.profiles.loader.load_all = fail
"""


def commands(group: click.Group = root, path: tuple[str, ...] = ()) -> Iterator[str]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))
            else:
                yield " ".join((*path, name))


def test_every_command_is_tested_here() -> None:
    assert set(commands()) == set(ARGUMENTS), "add the new command to ARGUMENTS"


@dataclass
class Canary:
    """A home with the canary in every setting, and a mail server that repeats the login."""

    digest_home: DigestHome
    server: Script

    def call(
        self, names: Iterable[str], *more: str, environ: dict[str, str]
    ) -> Iterator[tuple[str, Answer]]:
        """Runs these commands; returns the name and the answer of each."""
        home = self.digest_home.path
        values = {
            "{reader}": READER,
            "{profile}": str(home / "profiles" / "reader.toml"),
            "{dump}": str(min(SAMPLES.glob("*.txt"))),
            "{list}": str(home / "list.txt"),
            "{library}": str(home / "library.jsonl"),
            "{opml}": str(home / "feeds.opml"),
            "{bounce}": str(home / "bounce.eml"),
            "{out}": str(home / "out"),
            "{new}": str(home.parent / "new"),
            "{backup}": str(home.parent / "backup.db"),
            "{zotero}": str(home / "custom.yaml"),
            "{export}": str(home.parent / "export.zip"),
        }
        commands = {
            name: [values.get(item, item) for item in (*name.split(), *ARGUMENTS[name])]
            for name in names
        }
        answers = self.digest_home.digest_successively(
            *([*arguments, *more, "--now", NOW] for arguments in commands.values()), environ=environ
        )
        return zip(commands, answers, strict=True)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    with opened_canary(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def help_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """The help page of each command."""
    with opened_canary(tmp_path_factory.mktemp("canary") / "home") as opened:
        asked = [[*name.split(), "--help"] for name in ARGUMENTS]
        answers = opened.digest_home.digest_successively(*asked)
        return dict(zip(ARGUMENTS, answers, strict=True))


@contextmanager
def opened_canary(path: Path) -> Iterator[Canary]:
    for name in ("profiles", "dumps"):
        (path / name).mkdir(parents=True)
    (path / "sources.toml").write_text(
        '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
    )
    (path / "list.txt").write_text(f"{READER}\nno address\n", "utf-8")
    (path / "library.jsonl").write_text('{"title": "Graphs", "abstract": "Graphs."}\n', "utf-8")
    (path / "feeds.opml").write_text("<opml><body/></opml>", "utf-8")
    (path / "bounce.eml").write_text(f"Subject: hm\n\nno mail for {READER}\n", "utf-8")
    (path / "custom.yaml").write_text("zotero:\n  user_id: 1\n", "utf-8")
    (path / "channels.toml").write_text(
        '[[channels]]\nname = "hook"\nkind = "webhook"\ninside = true\n'
        f'url = "http://127.0.0.1:1/{MARK}-hook"\nsecret = "{MARK}-signs"\n',
        "utf-8",
    )
    authority = trustme.CA()
    authority.cert_pem.write_to_path(path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    coded = base64.b64encode(f"\0{USER}\0{MARK}-smtp".encode()).decode()
    refusal = f"535 5.7.8 no {USER} with {MARK}-smtp, which came as {coded}, for {READER}"
    script = Script({"AUTH": [refusal] * 100}, features=["AUTH PLAIN", "STARTTLS"], tls=context)
    with served(script) as port:
        digest_home = DigestHome(
            path,
            {
                "DIGEST_SMTP_HOST": "localhost",
                "DIGEST_SMTP_PORT": str(port),
                "DIGEST_SMTP_USER": USER,
                "DIGEST_SMTP_PASSWORD": f"{MARK}-smtp",
                "DIGEST_SMTP_CA_FILE": "ca.pem",
                "DIGEST_FROM": "Papers <digest@own.example>",
                "DIGEST_OPERATOR": "op@own.example",
                "DIGEST_SECRET": KEY,
                "DIGEST_METRICS_TOKEN": TOKEN,
                "DIGEST_BOUNCES_PASSWORD": f"{MARK}-imap",
                "DIGEST_HEARTBEAT_URL": f"http://127.0.0.1:1/{MARK}-beat",
            },
        )
        digest_home.profile("reader", PROFILE.format(email=READER))
        to_channel = f'deliver_to = "hook"\n{PROFILE.format(email=READER)}'
        digest_home.profile("channel", to_channel)
        digest_home.profile("broken", f'email = "{READER}"\nemail2 = "{READER}"\n')
        digest_home.dump(min(SAMPLES.glob("*.txt")))
        yield Canary(digest_home, script)


def no_secret(*texts: str) -> None:
    for text in texts:
        for form in FORMS:
            assert form not in text, text[max(0, text.find(form) - 300) : text.find(form) + 100]


def no_address(*texts: str) -> None:
    for text in texts:
        for form in (f"{LOCAL}@", f"{LOCAL}%40"):
            assert form not in text, text[max(0, text.find(form) - 300) : text.find(form) + 100]


def nothing_stored(home: Path) -> None:
    """Asserts that the database has no secret, and the address only in its own tables."""
    for file in filter(Path.is_file, home.glob("digest.db*")):
        no_secret(file.read_bytes().decode("latin-1"))
    if not (home / "digest.db").exists():
        return
    with sqlite3.connect(home / "digest.db") as database:
        tables = {
            table: str(database.execute(f"SELECT * FROM {table}").fetchall())
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    no_secret(*tables.values())
    # `subscribers erase` does not clean these tables, so they must never contain an address.
    no_address(tables["meta"], tables["job_runs"], tables["batch"])


@pytest.mark.parametrize(
    "failure, log",
    [("works", "usual"), *((item, log) for item in FAILURES for log in LOGS if log != "usual")],
)
def test_no_command_shows_a_secret_and_no_log_an_address(
    canary: Canary, failure: str, log: str
) -> None:
    environ = {**FAILURES[failure], **LOGS[log]}
    names = [name for name in ARGUMENTS if name not in ("serve", "schedule")]
    for name, answer in canary.call(names, *(["--json"] if log == "json" else []), environ=environ):
        out, err = answer.out, answer.err
        no_secret(out, err)
        if name not in NAMED:
            no_address(err)
        if name not in SHOWS and not (log == "json" and name in SHOWS_IN_JSON):
            no_address(out)
        if log == "json":
            assert all(isinstance(json.loads(line), dict) for line in err.splitlines()), err
    nothing_stored(canary.digest_home.path)
    if failure == "works":
        assert "AUTH" in canary.server.commands, "the login was tried, and refused"


@pytest.mark.parametrize("log", LOGS)
def test_no_traceback_shows_the_secret_or_the_address_of_its_exception(
    canary: Canary, log: str, tmp_path: Path
) -> None:
    profile = str(canary.digest_home.path / "profiles" / "reader.toml")
    commands = [
        [{"{profile}": profile}.get(item, item).format_map(_Any()) for item in arguments]
        for arguments in ([*name.split(), *given] for name, given in ARGUMENTS.items())
    ]
    # `db backup` and others write to the paths that they are given, so below `tmp_path`.
    answers = canary.digest_home.digest_successively(
        *commands, environ=LOGS[log], patch=CRASH, cwd=tmp_path
    )
    for answer in answers:
        no_secret(answer.out, answer.err)
        no_address(answer.out, answer.err)
    crashed = sum("RuntimeError" in answer.err for answer in answers)
    assert crashed > len(ARGUMENTS) / 2, "most commands did crash"


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"some-{key}"


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_help_page_shows_the_value_of_a_setting(
    help_pages: dict[str, Answer], name: str
) -> None:
    answer = help_pages[name]
    assert answer.code == 0
    assert f" {name} " in answer.out
    no_secret(answer.out, answer.err)
    no_address(answer.out, answer.err)


# One place writes the logs of all three, so each format is tried with the scheduler alone.
@pytest.mark.parametrize(
    "program, log", [("serve", "json"), ("jobs", "usual"), *(("schedule", log) for log in LOGS)]
)
def test_no_page_and_no_log_of_a_service_shows_a_secret_or_an_address(
    canary: Canary, tmp_path: Path, program: str, log: str
) -> None:
    canary.digest_home.digest("collect", "--now", NOW)
    listen = {"DIGEST_LISTEN": "127.0.0.1:0", "DIGEST_SCHEDULE_LISTEN": "127.0.0.1:0"}
    environ = {
        **canary.digest_home.whole_environ(),
        **LOGS[log],
        **listen,
        "DIGEST_LOG_LEVEL": "debug",
    }
    fork_server().install(tmp_path)
    start = [sys.executable, "-m", "jobs"] if program == "jobs" else [tmp_path / "digest", program]
    with subprocess.Popen(
        [*start, "--home", str(canary.digest_home.path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
        text=True,
        cwd=canary.digest_home.path.parent,
    ) as process:
        assert process.stderr is not None
        log_text = ""
        try:
            for line in process.stderr:
                log_text += line
                # Only `serve` prints the port that it got for port 0.
                if re.search(r"listening at|refuses the login", line):
                    break
            else:
                pytest.fail(log_text)
            listening = re.search(r"listening at (http://127\.0\.0\.1:\d+)", log_text)
            if listening:
                visit_pages(listening.group(1))
        finally:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    no_secret(log_text, out, err)
    no_address(log_text, out, err)
    assert "AUTH" in canary.server.commands or program == "serve"
    nothing_stored(canary.digest_home.path)


def visit_pages(url: str) -> None:
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 1, secret=KEY.encode())
    with httpx.Client() as browser:
        for answer in (
            browser.get(f"{url}/healthz?challenge=abcdefghijklmnop"),
            browser.get(f"{url}/metrics"),
            browser.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}),
            browser.get(f"{url}/u/{token}"),
            browser.post(f"{url}/u/{token}", data={"wish": "nothing"}),
            browser.post(f"{url}/u/{token}", content=b"x" * 10_000),
            browser.get(f"{url}/nowhere/{MARK}"),
            browser.put(f"{url}/u/{token}"),
        ):
            no_secret(answer.text, str(answer.headers))
            no_address(answer.text, str(answer.headers))
            assert token not in answer.text


def test_mail_to_the_operator_shows_no_secret_and_no_address(canary: Canary) -> None:
    canary.server.replies["AUTH"] = ["235 welcome"] * 50
    canary.server.replies["RCPT"] = [f"550 5.1.1 no {READER} ({MARK}-smtp)"]
    canary.digest_home.digest("run", "--now", NOW)
    mails = [message.decode() for to, message in canary.server.messages if to == "op@own.example"]
    assert mails
    nothing_stored(canary.digest_home.path)
    text = mails[0].replace("=\r\n", "")
    assert "refused" in text
    no_secret(text)
    no_address(text)


def test_show_addresses_shows_the_address(canary: Canary) -> None:
    answer = canary.digest_home.digest("run", "--now", NOW, "--show-addresses")
    assert READER in answer.out + answer.err
    no_secret(answer.out, answer.err)
