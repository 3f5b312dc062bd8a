"""The table in docs/mail.md lists the features that mail programs lack (caniemail.com)."""

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
    pytest.mark.skipif(NODE is None, reason="no node on PATH: mail programs not checked"),
    pytest.mark.skipif(
        not (CLIENTS / "node_modules" / "caniemail").is_dir(),
        reason="no caniemail: npm install --prefix tests/clients",
    ),
]


def unsupported() -> dict[str, set[str]]:
    """Returns the programs that lack each feature of the golden messages."""
    files = sorted(GOLDEN.glob("*.html"))
    process = subprocess.run(
        [str(NODE), str(CLIENTS / "check.mjs"), *map(str, files)],
        capture_output=True,
        check=True,
        timeout=300,
    )
    return {
        feature: set(clients) for feature, clients in json.loads(process.stdout)["none"].items()
    }


def documented() -> dict[str, set[str]]:
    """Returns the table of docs/mail.md: `| feature | clients | why it is fine |`."""
    table = PAGE.read_text("utf-8").partition("| feature | not in |")[2]
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z., -]+) \| (.{20,}) \|$", table, re.MULTILINE)
    return {feature: set(clients.split(", ")) for feature, clients, _ in rows}


def test_every_unsupported_feature_is_documented_with_a_reason() -> None:
    actual, expected = unsupported(), documented()
    assert actual  # an empty result means that no message was checked
    assert {feature: sorted(clients) for feature, clients in actual.items()} == {
        feature: sorted(clients) for feature, clients in expected.items()
    }
