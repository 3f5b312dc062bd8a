"""The tables of docs/site.md: each attack has a test, and the limits are those of the code."""

import re
from pathlib import Path

from digest.core.signup.limits import (
    LINKS_OF_ADDRESS,
    OF_DOMAIN,
    OF_NETWORK,
    SIGNUPS_OF_ADDRESS,
)
from digest.core.signup.proof_of_work import PROOF_LIFE

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "site.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_attack_names_tests_that_exist() -> None:
    files = list((ROOT / "tests").rglob("test_*.py"))
    names = {path.name for path in files}
    for path in files:
        names.update(re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.MULTILINE))
    attacks = rows("Attacks")
    assert len(attacks) > 25
    for attack, _, tests in attacks:
        named = re.findall(r"`([^`]+)`", tests)
        assert named, attack
        assert set(named) <= names, attack


def test_the_limits_are_those_of_the_code() -> None:
    limits = " ".join(cell for row in rows("Limits") for cell in row)
    words = {1: "one", 3: "three"}
    assert f"{words[SIGNUPS_OF_ADDRESS.number]} confirmation for an address and day" in limits
    assert f"{words[LINKS_OF_ADDRESS.number]} links or codes for an address and day" in limits
    assert f"{OF_NETWORK.number} requests for a network" in limits
    assert f"{OF_DOMAIN.number} requests for a domain" in limits
    assert f"{PROOF_LIFE.seconds // 60} minutes" in PAGE
