"""What mail programs support, by caniemail.com, and what docs/mail.md says of it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
CLIENTS = ROOT / "tests" / "clients"
GOLDEN = ROOT / "tests" / "data" / "mail"
PAGE = ROOT / "docs" / "mail.md"

NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node on PATH: mail programs not looked up"),
    pytest.mark.skipif(
        not (CLIENTS / "node_modules" / "caniemail").is_dir(),
        reason="no caniemail: npm install --prefix tests/clients",
    ),
]


def unsupported() -> dict[str, set[str]]:
    """Feature -> the programs without it, over all golden letters."""
    files = sorted(GOLDEN.glob("*.html"))
    done = subprocess.run(
        [str(NODE), str(CLIENTS / "check.mjs"), *map(str, files)],
        capture_output=True,
        check=True,
        timeout=300,
    )
    return {feature: set(clients) for feature, clients in json.loads(done.stdout)["none"].items()}


def documented() -> dict[str, set[str]]:
    """The table of docs/mail.md: `| feature | clients | why it is fine |`."""
    table = PAGE.read_text("utf-8").partition("| feature | not in |")[2]
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z., -]+) \| (.{20,}) \|$", table, re.MULTILINE)
    return {feature: set(clients.split(", ")) for feature, clients, _ in rows}


def test_what_a_program_does_not_support_is_in_the_documentation_with_a_reason() -> None:
    found, told = unsupported(), documented()
    assert found  # a check that sees nothing has seen no letter
    assert {feature: sorted(clients) for feature, clients in found.items()} == {
        feature: sorted(clients) for feature, clients in told.items()
    }
