"""A secret and an address that stand nowhere else, through every command and every log.

The secret is looked for in all that a command says and keeps, the reader's address in all that
a machine keeps of it: standard error, logs, the operator's mail, pages. What a command was
asked to show, it shows: `SHOWS` and `NAMED` list these, and a new command fails here until
somebody has said what it may.
"""

import base64
import json
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
import httpx
import pytest
import trustme
from support.homes import PROFILE, SAMPLES, House
from support.smtp.scripted_server import Script, served

from digest.cli.root import root
from digest.core.subscribers import signed_tokens

MARK = "cAnArY-7f3a/9+"  # in every secret; a web address has to write it otherwise
LOCAL = "zcanary7"  # of the reader; the domain is shown beside a mask
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

# Every command, and how it is called: {reader}, {profile}, {dump}, {list}, {paper}.
ARGUMENTS: dict[str, list[str]] = {
    "init": ["{new}"],
    "doctor": [],
    "run": [],
    "collect": [],
    "publish": [],
    "deliver": [],
    "bounces": ["{bounce}"],
    "preview": ["--profile", "{profile}", "--out", "{out}"],
    "send": ["--to", "{reader}", "--profile", "{profile}"],
    "subscribers add": ["{reader}", "--profile", "{profile}"],
    "subscribers erase": ["other7@reader.example"],
    "subscribers export": ["{reader}"],
    "subscribers import": ["{list}", "--profile", "{profile}"],
    "subscribers list": [],
    "subscribers pause": ["{reader}"],
    "subscribers remove": ["other7@reader.example"],
    "subscribers resume": ["{reader}"],
    "subscribers show": ["{reader}"],
    "profile check": ["{profile}"],
    "profile from-library": ["{library}"],
    "profile new": ["graphs"],
    "profile volume": ["{profile}"],
    "rank": ["--profile", "{profile}"],
    "explain": ["--profile", "{profile}", "1"],
    "history": ["1"],
    "parse": ["{dump}"],
    "why-no-mail": ["{reader}"],
    "status": [],
    "serve": [],  # by itself, below
    "schedule": [],  # as well
    "dkim new": [],
    "db check": [],
    "db upgrade": [],
    "tidy": [],
    "db prune": ["--older-than", "90d"],
    "db backup": ["{backup}", "--force"],
    "db restore": ["{backup}", "--replace"],
}

# What they were asked for on standard output: these may hold the reader's address.
SHOWS = {
    "init",  # the profile that it names
    "preview",
    "send",
    "subscribers add",
    "subscribers export",
    "subscribers import",
    "subscribers list",
    "subscribers pause",
    "subscribers resume",
    "subscribers show",
    "profile check",
    "profile new",
    "status",
    "why-no-mail",
}
# The JSON results of these name the readers; their words mask them.
SHOWS_IN_JSON = {"run", "publish", "deliver", "bounces"}
# Called with the reader's address, they may say it back on standard error.
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
import sys
from digest.store.engine import Store
def fail(*args, **named):
    raise RuntimeError("no such thing: {READER}, {MARK}-smtp")
Store.open = fail
import digest.config.profiles
digest.config.profiles.parse = digest.config.profiles.load_all = fail
from digest.cli import main
main()
"""


def commands(group: click.Group = root, path: tuple[str, ...] = ()) -> Iterator[str]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))
            else:
                yield " ".join((*path, name))


def test_every_command_is_led_through_here() -> None:
    assert set(commands()) == set(ARGUMENTS), "say here how it is called, and what it may show"


@dataclass
class Nest:
    """A home with the canary in every setting, and a mail server that repeats what it hears."""

    house: House
    server: Script

    def call(self, name: str, *more: str, environ: dict[str, str]) -> tuple[str, str]:
        place = self.house.path
        known = {
            "{reader}": READER,
            "{profile}": str(place / "profiles" / "reader.toml"),
            "{dump}": str(min(SAMPLES.glob("*.txt"))),
            "{list}": str(place / "list.txt"),
            "{library}": str(place / "library.jsonl"),
            "{bounce}": str(place / "bounce.eml"),
            "{out}": str(place / "out"),
            "{new}": str(place.parent / "new"),
            "{backup}": str(place.parent / "backup.db"),
        }
        arguments = [known.get(item, item) for item in ARGUMENTS[name]]
        answer = self.house.digest(*name.split(), *arguments, *more, "--now", NOW, environ=environ)
        return answer.out, answer.err


@pytest.fixture
def nest(tmp_path: Path) -> Iterator[Nest]:
    path = tmp_path / "home"
    for name in ("profiles", "dumps"):
        (path / name).mkdir(parents=True)
    (path / "sources.toml").write_text(
        '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
    )
    (path / "list.txt").write_text(f"{READER}\nno address\n", "utf-8")
    (path / "library.jsonl").write_text('{"title": "Graphs", "abstract": "Graphs."}\n', "utf-8")
    (path / "bounce.eml").write_text(f"Subject: hm\n\nno mail for {READER}\n", "utf-8")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    coded = base64.b64encode(f"\0{USER}\0{MARK}-smtp".encode()).decode()
    refusal = f"535 5.7.8 no {USER} with {MARK}-smtp, which came as {coded}, for {READER}"
    spoken = Script({"AUTH": [refusal] * 100}, features=["AUTH PLAIN", "STARTTLS"], tls=context)
    with served(spoken) as port:
        house = House(
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
        house.profile("reader", PROFILE.format(email=READER))
        house.profile("broken", f'email = "{READER}"\nemail2 = "{READER}"\n')
        house.dump(min(SAMPLES.glob("*.txt")))
        yield Nest(house, spoken)


def no_secret(*texts: str) -> None:
    for text in texts:
        for form in FORMS:
            assert form not in text, text[max(0, text.find(form) - 300) : text.find(form) + 100]


def no_address(*texts: str) -> None:
    for text in texts:
        for form in (f"{LOCAL}@", f"{LOCAL}%40"):
            assert form not in text, text[max(0, text.find(form) - 300) : text.find(form) + 100]


def nothing_kept(home: Path) -> None:
    """The database has the reader, and no secret: not even in what a server said."""
    for file in filter(Path.is_file, home.glob("digest.db*")):
        no_secret(file.read_bytes().decode("latin-1"))
    if not (home / "digest.db").exists():
        return
    with sqlite3.connect(home / "digest.db") as database:
        kept = {
            table: str(database.execute(f"SELECT * FROM {table}").fetchall())
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    no_secret(*kept.values())
    # Whoever is erased must be gone from here, too.
    no_address(kept["meta"], kept["job_runs"], kept["batch"])


@pytest.mark.parametrize(
    "failure, log",
    [("works", "usual"), *((item, log) for item in FAILURES for log in LOGS if log != "usual")],
)
def test_no_command_says_a_secret_and_no_log_a_reader(nest: Nest, failure: str, log: str) -> None:
    environ = {**FAILURES[failure], **LOGS[log]}
    for name in ARGUMENTS:
        if name in ("serve", "schedule"):
            continue
        out, err = nest.call(name, *(["--json"] if log == "json" else []), environ=environ)
        no_secret(out, err)
        if name not in NAMED:
            no_address(err)
        if name not in SHOWS and not (log == "json" and name in SHOWS_IN_JSON):
            no_address(out)
        if log == "json":
            assert all(isinstance(json.loads(line), dict) for line in err.splitlines()), err
    nothing_kept(nest.house.path)
    if failure == "works":
        assert "AUTH" in nest.server.commands, "the login was tried, and refused"


@pytest.mark.parametrize("log", LOGS)
def test_no_traceback_holds_what_the_exception_does(nest: Nest, log: str, tmp_path: Path) -> None:
    crashed = 0
    for name, arguments in ARGUMENTS.items():
        place = str(nest.house.path / "profiles" / "reader.toml")
        given = [{"{profile}": place}.get(item, item).format_map(_Any()) for item in arguments]
        done = subprocess.run(
            [sys.executable, "-c", CRASH, "--home", nest.house.path, *name.split(), *given],
            capture_output=True,
            text=True,
            check=False,
            env={**nest.house.whole_environ(), **LOGS[log]},
            timeout=60,
            cwd=tmp_path,  # `db backup` and others write to the paths that they are given
        )
        no_secret(done.stdout, done.stderr)
        no_address(done.stdout, done.stderr)
        crashed += "RuntimeError" in done.stderr
    assert crashed > len(ARGUMENTS) / 2, "it did crash"


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"some-{key}"


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_help_page_shows_what_is_set(nest: Nest, name: str) -> None:
    answer = nest.house.digest(*name.split(), "--help")
    assert answer.code == 0
    no_secret(answer.out, answer.err)
    no_address(answer.out, answer.err)


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("program", ["serve", "schedule", "jobs"])
def test_no_page_and_no_log_of_a_service_says_either(nest: Nest, program: str, log: str) -> None:
    nest.call("collect", environ={})
    place = {"DIGEST_LISTEN": "127.0.0.1:0", "DIGEST_SCHEDULE_LISTEN": "127.0.0.1:0"}
    environ = {**nest.house.whole_environ(), **LOGS[log], **place, "DIGEST_LOG_LEVEL": "debug"}
    arguments = ["-m", "jobs"] if program == "jobs" else ["-m", "digest", program]
    with subprocess.Popen(
        [sys.executable, *arguments, "--home", str(nest.house.path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
        text=True,
        cwd=nest.house.path.parent,
    ) as process:
        assert process.stderr is not None
        said = ""
        try:
            for line in process.stderr:
                said += line
                # A port of 0 is told by `serve` alone.
                if re.search(r"listening at|refuses the login", line):
                    break
            else:
                pytest.fail(said)
            found = re.search(r"listening at (http://127\.0\.0\.1:\d+)", said)
            if found:
                pages(found.group(1))
        finally:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    no_secret(said, out, err)
    no_address(said, out, err)
    assert "AUTH" in nest.server.commands or program == "serve"
    nothing_kept(nest.house.path)


def pages(url: str) -> None:
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


def test_the_operators_mail_says_neither(nest: Nest) -> None:
    nest.server.replies["AUTH"] = ["235 welcome"] * 50
    nest.server.replies["RCPT"] = [f"550 5.1.1 no {READER} ({MARK}-smtp)"]
    nest.house.digest("run", "--now", NOW)
    mails = [message.decode() for to, message in nest.server.letters if to == "op@own.example"]
    assert mails
    nothing_kept(nest.house.path)
    whole = mails[0].replace("=\r\n", "")
    assert "refused" in whole
    no_secret(whole)
    no_address(whole)


def test_the_address_is_there_for_who_asks(nest: Nest) -> None:
    answer = nest.house.digest("run", "--now", NOW, "--show-addresses")
    assert READER in answer.out + answer.err
    no_secret(answer.out, answer.err)
