"""The GitHub workflow: judged by its schema, and its shell steps acted out over a repository."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.homes import SAMPLES, Mailbox, run_digest
from support.processes.fork_server import READ_AT_START, fork_server
from support.workflow_lint import actionlint, schema_errors

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / "deploy" / "github" / "digest.yml"
ACCOUNT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
ACCOUNT |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in ACCOUNT.items()}
SECRET = "a secret of thirty-two characters"


def workflow() -> dict[str, Any]:
    loaded = YAML(typ="safe").load(WORKFLOW)
    assert isinstance(loaded, dict)
    return loaded


def test_it_follows_githubs_schema() -> None:
    assert schema_errors(WORKFLOW, "vendor.github-workflows") == ""


def test_actionlint_has_nothing_to_say() -> None:
    assert actionlint(WORKFLOW) == ""


def test_a_mistake_in_the_workflow_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        WORKFLOW.read_text("utf-8").replace("steps.state.outputs", "steps.stat.outputs")
    )
    assert "stat" in actionlint(wrong)


def test_its_secrets_are_named_on_the_page_and_runs_never_overlap() -> None:
    text = WORKFLOW.read_text("utf-8")
    page = (ROOT / "docs" / "deploy" / "github.md").read_text("utf-8")
    used = set(re.findall(r"secrets\.(\w+)", text))
    assert used == set(re.findall(r"`(DIGEST_\w+)`", page))
    assert workflow()["concurrency"] == {"group": "digest", "cancel-in-progress": False}


@dataclass
class Runner:
    """A machine that runs the steps as GitHub does: in a fresh clone each time."""

    folder: Path
    mailbox: Mailbox
    number: int = 0
    output: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    def checkout(self) -> Path:
        self.number += 1
        clone = self.folder / f"clone{self.number}"
        git("clone", "-q", "--depth=1", f"file://{self.origin}", str(clone))
        return clone

    def run(self, clone: Path, *, names: tuple[str, ...] = ()) -> dict[str, str]:
        """Each step's outcome; with names, those steps alone."""
        job = workflow()["jobs"]["digest"]
        temporary = self.folder / f"runner-{clone.name}"
        temporary.mkdir(exist_ok=True)
        output = temporary / "output"
        output.touch()
        outcomes: dict[str, str] = {}
        for step in job["steps"]:
            if "run" not in step or (names and step["name"] not in names):
                continue
            failed = "failure" in outcomes.values()
            if failed and not (
                "always()" in step.get("if", "")
                and outcomes.get("Fetch the state", "success") == "success"
            ):
                outcomes[step["name"]] = "skipped"
                continue
            if step["name"] == "Install":  # the tests' environment has it
                assert step["run"] == "pip install --constraint constraints.txt ."
                continue
            environ = {**job["env"], **step.get("env", {})}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                check=False,
                cwd=clone,
                env={
                    **{k: v for k, v in os.environ.items() if k.startswith(READ_AT_START)},
                    "PATH": f"{self.folder / 'tools'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
                    "HOME": str(self.folder),
                    "RUNNER_TEMP": str(temporary),
                    "GITHUB_WORKSPACE": str(clone),
                    "GITHUB_OUTPUT": str(output),
                    **{name: self._filled(value, output) for name, value in environ.items()},
                    "DIGEST_SMTP_PORT": str(self.mailbox.port),
                    "DIGEST_SMTP_SECURITY": "none",
                    "DIGEST_ENRICH": "off",
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.output[step["name"]] = done.stdout
            outcomes[step["name"]] = "failure" if done.returncode else "success"
        return outcomes

    def _filled(self, value: str, output: Path) -> str:
        before = re.findall(r"^before=(.*)$", output.read_text(), re.MULTILINE)
        secrets = {**self.mailbox.environ, "DIGEST_SECRET": SECRET}
        return re.sub(
            r"\$\{\{ (.+?) \}\}",
            lambda found: {
                "steps.state.outputs.before": (before or [""])[-1],
                **{f"secrets.{name}": secret for name, secret in secrets.items()},
                "secrets.DIGEST_SMTP_USER": "",
                "secrets.DIGEST_SMTP_PASSWORD": "",
            }[found[1]],
            value,
        )


def git(*arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **ACCOUNT},
    )
    return done.stdout.strip()


@pytest.fixture
def runner(tmp_path: Path, mailbox: Mailbox) -> Runner:
    """A repository with a home, and nothing kept yet."""
    made = Runner(tmp_path, mailbox)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sleep").write_text("#!/bin/sh\n")
    (tools / "sleep").chmod(0o755)
    fork_server().install(tools)  # test_cron.py and test_systemd.py start the real program
    git("init", "-q", "--bare", "-b", "main", str(made.origin))
    first = tmp_path / "first"
    git("clone", "-q", str(made.origin), str(first))
    made_home = run_digest("init", first / "home", "--email", "you@example.org", cwd=tmp_path)
    assert made_home.code == 0, made_home.err
    shutil.copy(SAMPLES / "2026-05-11.txt", first / "home" / "dumps")
    git("add", ".", cwd=first)
    git("commit", "-qm", "My digest", cwd=first)
    git("push", "-q", "origin", "HEAD:main", cwd=first)
    return made


ALL = dict.fromkeys(("Fetch the state", "Run", "Keep the state"), "success")


def test_the_next_run_knows_what_was_sent(runner: Runner) -> None:
    assert runner.run(runner.checkout()) == ALL, runner.output
    assert runner.run(runner.checkout()) == ALL, runner.output
    assert "0 sent" in runner.output["Run"]
    assert len(runner.mailbox.received) == 1
    assert git("rev-list", "--count", "digest-state", cwd=runner.origin) == "1"
    assert git("ls-tree", "--name-only", "digest-state", cwd=runner.origin) == "digest.db"
    # The settings are not in the repository, and neither is anything secret.
    assert ".env" not in git("ls-tree", "-r", "--name-only", "main", cwd=runner.origin)


def test_a_run_that_fails_in_part_is_kept_too(runner: Runner) -> None:
    clone = runner.checkout()
    (clone / "home" / "profiles" / "bad.toml").write_text("email = 1\n")
    assert runner.run(clone) == {**ALL, "Run": "failure"}
    assert runner.run(runner.checkout()) == ALL
    assert len(runner.mailbox.received) == 1


def test_where_the_state_cannot_be_asked_for_nothing_is_run(runner: Runner) -> None:
    runner.run(runner.checkout())
    clone = runner.checkout()
    git("remote", "set-url", "origin", str(runner.folder / "nowhere"), cwd=clone)
    assert runner.run(clone) == {
        "Fetch the state": "failure",
        "Run": "skipped",
        "Keep the state": "skipped",
    }
    assert len(runner.mailbox.received) == 1


def test_the_state_of_another_run_is_never_overwritten(runner: Runner) -> None:
    first, second = runner.checkout(), runner.checkout()
    for clone in (first, second):
        assert runner.run(clone, names=("Fetch the state",)) == {"Fetch the state": "success"}
    assert runner.run(first, names=("Run", "Keep the state"))["Keep the state"] == "success"
    kept = git("rev-parse", "digest-state", cwd=runner.origin)
    assert runner.run(second, names=("Run", "Keep the state"))["Keep the state"] == "failure"
    assert git("rev-parse", "digest-state", cwd=runner.origin) == kept
