"""The tables of docs/admin.md: each page has a line, and each attack has a test."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "admin.md").read_text("utf-8")
ROUTES = (ROOT / "digest" / "web" / "admin" / "routes.py").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_attack_names_tests_that_exist() -> None:
    files = (ROOT / "tests" / "integration" / "web" / "admin").glob("test_*.py")
    names = {
        name
        for path in files
        for name in re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    attacks = rows("Who may, and attacks")
    assert len(attacks) > 12
    for attack, _, tests in attacks:
        named = re.findall(r"`([^`]+)`", tests)
        assert named, attack
        assert set(named) <= names, attack


def test_each_page_has_a_line() -> None:
    shown = set(re.findall(r"`/admin([^`]*)`", " ".join(row[0] for row in rows("The pages"))))
    digest = "/readers/{number}/digests/{digest}"
    paths = {
        path.replace("{reader}", "/readers/{number}").replace("{digest}", digest)
        for path in re.findall(r'\(f?"(/[^"]*|\{digest\}[^"]*)", \w+(?:\.\w+)?', ROUTES)
    }
    paths |= {"", "/readers/{number}"}
    wanted = {
        path.replace("{number}", "NUMBER")
        .replace("{digest}", "NUMBER")
        .replace("{token}", "TOKEN")
        .replace("{name}", "NAME")
        for path in paths
    }
    assert shown == wanted
