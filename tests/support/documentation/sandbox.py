"""Where the examples of the pages run: a folder, a mail server, and sites that they read.

Nothing outside of the folder is touched, and nothing but loopback is spoken to: sources of
the web are led to a server here that answers in their forms, and `crontab` to a file.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from digest.demo.server import ReceivedMessage
from support.documentation.blocks import ROOT
from support.documentation.mail_server import mail_server_with_tls
from support.processes.fork_server import fork_server
from support.speed.pictures import EMPTY_PICTURES

SAMPLES = ROOT / "digest" / "demo" / "samples"
_CRONTAB = """\
#!/bin/sh
# Stands in for crontab(1): the table is a file of the place.
case "${1:-}" in
  -l) cat "$PLACE_STATE/crontab" 2>/dev/null || { echo "no crontab" >&2; exit 1; } ;;
  *) cat "${1:--}" >"$PLACE_STATE/crontab" ;;
esac
"""


class Place:
    """A folder that commands run in, one after another, as in one terminal."""

    def __init__(
        self,
        folder: Path,
        *,
        mail_port: int,
        ca_file: Path,
        site: str,
        database_url: Callable[[], str],
        forked: bool,
    ) -> None:
        self.folder = folder / "user"
        self.state = folder / "state"
        self.received: list[ReceivedMessage] = []
        self._site = site
        self.database_url = database_url  # of an empty one on a PostgreSQL server
        tools = folder / "tools"
        for made in (self.folder, self.state, tools):
            made.mkdir()
        (tools / "crontab").write_text(_CRONTAB)
        (tools / "crontab").chmod(0o755)
        if forked:
            _install_forked(tools)
            fork_server().install(tools, "run-example", program="support.processes.python_file")
        self.python = "run-example" if forked else "python"  # which runs a file of Python
        self.beginning = ""  # the commands of `begin`
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")},
            "HOME": str(self.folder),
            "PATH": os.pathsep.join(
                [str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]
            ),
            "PLACE_STATE": str(self.state),
            "SAMPLES": str(SAMPLES),
            "ROOT": str(ROOT),
            "EDITOR": "true",
            "NO_COLOR": "1",
            "DIGEST_SMTP_HOST": "localhost",
            "DIGEST_SMTP_PORT": str(mail_port),
            "DIGEST_SMTP_CA_FILE": str(ca_file),
            # No page may ask the services on the web for papers.
            "DIGEST_ENRICH": "off",
        }

    def messages(self) -> list[EmailMessage]:
        parsed = [message_from_bytes(item.message, policy=policy.default) for item in self.received]
        return [item for item in parsed if isinstance(item, EmailMessage)]

    @property
    def here(self) -> Path:
        """The folder that the next command runs in."""
        kept = self.state / "cwd"
        return Path(kept.read_text().strip()) if kept.exists() else self.folder

    def begin(self) -> None:
        """Makes what is there before the first command, if there is one on the page."""
        if self.beginning:
            first, self.beginning = self.beginning, ""
            code, said = self.run(first)
            assert code == 0, said

    def run(self, script: str, *, until: str = "") -> tuple[int, str]:
        """The exit code and all output; folder and variables last to the next call."""
        self.begin()
        self._lead_sources_here()
        whole = (
            "set -euo pipefail\n"
            '[ ! -f "$PLACE_STATE/env" ] || . "$PLACE_STATE/env"\n'
            'trap \'pwd >"$PLACE_STATE/cwd"; export -p >"$PLACE_STATE/env"\' EXIT\n'
            f"{'exec ' if until else ''}{script}"
        )
        program = subprocess.Popen(
            ["bash", "-c", whole],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environ,
            cwd=self.here,
            text=True,
        )
        assert program.stdout is not None
        said = ""
        if until:
            hung = threading.Timer(120, program.kill)  # that it never says it is a failure
            hung.start()
            for line in program.stdout:
                said += line
                if until in line:
                    program.send_signal(signal.SIGTERM)
                    break
            hung.cancel()
        rest, _ = program.communicate(timeout=300)
        return program.returncode, said + rest

    def cron(self) -> list[tuple[int, str]]:
        """Runs each line of the crontab once, in the bare environment that cron gives."""
        bare = {"HOME": str(self.folder), "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
        mail = {name: value for name, value in self.environ.items() if name.startswith("DIGEST_")}
        done = []
        for line in (self.state / "crontab").read_text().splitlines():
            if not line.strip() or line.startswith("#") or re.match(r"\w+ *=", line):
                continue
            command, _, _ = line.split(maxsplit=5)[5].partition("%")  # as crontab(5) has it
            ran = subprocess.run(
                ["/bin/sh", "-c", command],
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**bare, **mail},
                cwd=self.folder,
                text=True,
                timeout=300,
            )
            done.append((ran.returncode, ran.stdout))
        return done

    def _lead_sources_here(self) -> None:
        for file in self.folder.rglob("sources.toml"):
            text = file.read_text("utf-8")
            led = re.sub(
                r'^(kind = "(?:huggingface|arxiv|arxiv-api)".*\n)(?!base_url)',
                rf'\1base_url = "{self._site}"\ntrusted = true\n',
                text,
                flags=re.MULTILINE,
            )
            led = re.sub(
                r'^url = "https://[^/]*(/.*\n)',
                rf'url = "{self._site}\1trusted = true\n',
                led,
                flags=re.MULTILINE,
            )
            if led != text:
                file.write_text(led, "utf-8")


def _install_forked(folder: Path) -> None:
    """Writes a `digest` whose commands the fork server runs into the folder."""
    # test_commands.py takes the screenshots of `digest preview`.
    fork_server().install(folder, patch=EMPTY_PICTURES)


@contextmanager
def place(
    folder: Path, kind: str, *, database_url: Callable[[], str] = str, forked: bool = False
) -> Iterator[Place]:
    """A place of this kind.

    Args:
        folder: an empty one.
        kind: `empty`: nothing is there; `checkout`: what is in the repository, with the
            tests' own environment as `.venv`, or with `digest` alone in it if it is forked;
            `home`: a home that has read two days of dumps.
        database_url: gives an empty PostgreSQL database, to a page that asks for one.
        forked: the command `digest` is run by the fork server, which takes a fifth of the time of
            a new interpreter. Other ways to start the program (cron, `python -m digest`) start a
            new one.
    """
    with ExitStack() as stack:
        received: list[ReceivedMessage] = []
        port, ca_file = stack.enter_context(mail_server_with_tls(received.append, folder))
        site = stack.enter_context(_site())
        made = Place(
            folder,
            mail_port=port,
            ca_file=ca_file,
            site=site,
            database_url=database_url,
            forked=forked,
        )
        made.received = received
        if kind == "checkout":
            for path in ROOT.iterdir():
                if path.name not in (".venv", ".git"):
                    (made.folder / path.name).symlink_to(path)
            environment = made.folder / ".venv"
            if forked:
                (environment / "bin").mkdir(parents=True)
                _install_forked(environment / "bin")
            else:
                environment.symlink_to(Path(sys.executable).parents[1])
        elif kind == "home":
            made.beginning = (
                "digest init --email you@example.org >/dev/null\n"
                "echo 'DIGEST_FROM=Paper Digest <digest@example.org>' >>.env\n"
                'cp "$SAMPLES"/*.txt dumps/\n'
                "digest collect >/dev/null\n"
            )
        else:
            assert kind == "empty", kind
        yield made


@contextmanager
def _site() -> Iterator[str]:
    """A server that answers as Hugging Face and arXiv do, with invented papers of today."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


_TITLES = (
    "Pruning the KV Cache of a Language Model",
    "A Survey of Reasoning in Language Agents",
    "Speculative Decoding with Quantized Drafts",
)


def _answer(path: str) -> bytes:
    now = datetime.now(UTC)
    day = re.search(r"date=(\d{4}-\d{2}-\d{2})", path)
    if day:  # three papers a day, known by the day that lists them
        number = date.fromisoformat(day[1]).toordinal()
        return json.dumps(
            [
                {
                    "paper": {
                        "id": f"2605.{(number * len(_TITLES) + index) % 100_000:05}",
                        "title": f"{title}, Part {number}",
                        "summary": f"We study {title.lower()}.",
                        "authors": [{"name": "Ada Example"}],
                        "upvotes": 7 - index,
                    },
                    "publishedAt": f"{day[1]}T08:00:00.000Z",
                }
                for index, title in enumerate(_TITLES)
            ]
        ).encode()
    entries = "".join(
        f"<item><title>{title}</title><link>https://arxiv.org/abs/2606.0000{index}</link>"
        f"<description>arXiv:2606.0000{index}v1 Announce Type: new \nAbstract: We study"
        f" {title.lower()} again.</description><guid>oai:arXiv.org:2606.0000{index}v1</guid>"
        "<category>cs.CL</category><arxiv:announce_type>new</arxiv:announce_type>"
        "<dc:creator>Ada Example</dc:creator></item>"
        for index, title in enumerate(f"{title} and Beyond" for title in _TITLES)
    )
    stamp = f"{now:%a, %d %b %Y} 00:00:00 -0400"
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>cs.CL updates on'
        f" arXiv.org</title><link>http://rss.arxiv.org/rss/cs.CL</link><pubDate>{stamp}</pubDate>"
        f"<lastBuildDate>{stamp}</lastBuildDate>{entries}</channel></rss>"
    ).encode()
