"""The program as a user meets it: a home, a mailbox, the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from digest.demo.server import ReceivedMessage
from support.processes.fork_server import fork_server

SAMPLES = Path(__file__).resolve().parents[2] / "digest" / "demo" / "samples"

PROFILE = """\
email = "{email}"
min_match = 1
max_papers = 200
trending = 0

[[topics]]
name = "Anything"
keywords = ["an*", "co*", "de*", "in*", "pr*", "re*", "st*", "us*"]
"""


@dataclass
class Mailbox:
    """What the mail server received."""

    port: int = 0
    received: list[ReceivedMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)  # to give next, in place of 250

    def take(self, message: ReceivedMessage) -> str | None:
        if self.replies:
            return self.replies.pop(0)
        self.received.append(message)
        return None

    @property
    def environ(self) -> dict[str, str]:
        """Settings that lead here."""
        return {
            "DIGEST_SMTP_HOST": "127.0.0.1",
            "DIGEST_SMTP_PORT": str(self.port),
            "DIGEST_SMTP_SECURITY": "none",
            "DIGEST_FROM": "Paper Digest <digest@example.org>",
        }

    def messages(self) -> list[EmailMessage]:
        parsed = [message_from_bytes(item.message, policy=policy.default) for item in self.received]
        return [item for item in parsed if isinstance(item, EmailMessage)]

    def texts(self) -> list[str]:
        bodies = (message.get_body(("plain",)) for message in self.messages())
        return [body.get_content() if body is not None else "" for body in bodies]


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded


def run_digest(
    *args: str | Path,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    killed_at: Sequence[str] = (),
    patch: str = "",
) -> Answer:
    """Runs `digest` with these arguments alone, by the fork server."""
    code, out, err = fork_server().run(
        [*killed_at, *map(str, args)],
        env=_clean_environ() if environ is None else environ,
        cwd=cwd,
        timeout=120,
        program="support.processes.killed_run" if killed_at else "digest.cli",
        patch=patch,
    )
    return Answer(code, out.decode(), err.decode())


@dataclass
class DigestHome:
    """A home, and `digest` run in it."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)

    def digest(
        self,
        *args: str | Path,
        environ: Mapping[str, str] | None = None,
        killed_at: Sequence[str] = (),
        patch: str = "",
        cwd: Path | None = None,
    ) -> Answer:
        env = {**self.whole_environ(), **(environ or {})}
        arguments = ["--home", str(self.path), *map(str, args)]
        if "PYTHONPATH" in {**self.environ, **(environ or {})}:
            # The test wants other modules: only a new process finds them.
            done = subprocess.run(
                [sys.executable, "-m", "digest", *arguments],
                capture_output=True,
                check=False,
                env=env,
                timeout=120,
                cwd=self.path.parent,
            )
            return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
        return run_digest(
            *arguments, cwd=cwd or self.path.parent, environ=env, killed_at=killed_at, patch=patch
        )

    def digest_successively(
        self,
        *commands: Sequence[str | Path],
        environ: Mapping[str, str] | None = None,
        patch: str = "",
        cwd: Path | None = None,
    ) -> list[Answer]:
        """Runs several commands in one process, each as if the process had just started."""
        answers = fork_server().run_successively(
            [["--home", str(self.path), *map(str, args)] for args in commands],
            env={**self.whole_environ(), **(environ or {})},
            cwd=cwd or self.path.parent,
            timeout=600,
            patch=patch,
        )
        return [Answer(*answer) for answer in answers]

    def whole_environ(self) -> dict[str, str]:
        """The test's environment without settings of its own, and this home's."""
        # No test asks the services on the web for papers.
        return {**_clean_environ(), "DIGEST_ENRICH": "off", **self.environ}

    def json(self, *args: str | Path) -> dict[str, Any]:
        answer = self.digest("--json", *args)
        assert answer.code == 0, answer.err
        return answer.result

    def profile(self, name: str, text: str | None = None, *, email: str = "") -> Path:
        path = self.path / "profiles" / f"{name}.toml"
        path.write_text(text or PROFILE.format(email=email or f"{name}@example.org"), "utf-8")
        return path

    def dump(self, path: Path) -> Path:
        copy = self.path / "dumps" / path.name
        copy.write_bytes(path.read_bytes())
        return copy


def _clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
