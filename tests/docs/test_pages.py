"""The pages are true: their examples run, their files are good, their links lead somewhere."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.documentation.blocks import PAGES, ROOT, Block, begin, blocks
from support.documentation.sandbox import Place, place
from support.documentation.trials import commands, try_out

from digest.errors import SettingsError

WRONG = (AssertionError, SettingsError, json.JSONDecodeError)
_PLAIN = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"!?\[(?:[^\]]*)\]\(([^)\s]+)\)")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# test_newcomer.py runs the examples of the tutorial, and more.
TUTORIAL = ROOT / "docs" / "tutorial.md"


@pytest.mark.parametrize("page", [page for page in PAGES if page != TUTORIAL], ids=named)
def test_its_examples_do_what_it_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    found = blocks(page)
    if not found:
        return

    def database() -> str:
        url: str = request.getfixturevalue("postgres_url")
        return url  # pages that move there are few, and each has a server of its own process

    with place(tmp_path, begin(page), database_url=database, forked=True) as here:
        for block in found:
            try_out(block, here)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_its_links_lead_to_pages_and_headings_that_are_there(page: Path) -> None:
    broken = [link for link in _links(page) if not _leads_somewhere(page, link)]
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in _links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists():
                ahead.append(target)
    assert [named(page) for page in PAGES if page not in seen] == []


def test_pages_made_from_the_code_are_those_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    subprocess.run([sys.executable, "-m", "digest.cli.reference", str(tmp_path)], check=True)
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(made) == 10
    for path in made:
        page = ROOT / "docs" / path.relative_to(tmp_path)
        assert page.read_text("utf-8") == path.read_text("utf-8"), (
            "run: python -m digest.cli.reference docs"
        )


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nfalse\n```\n",
        "```sh\ndigest statsu\n```\n",
        "```console\n$ digest --version\npaper 7\n```\n",
        "```\nof no language\n```\n",
        "```ruby\nputs 1\n```\n",
        "```python\n1 / 0\n```\n",
        '```toml\nemail = "a"\n[[topics]]\n```\n',
        "```dotenv\nDIGEST_SMTP_HOTS=x\n```\n",
        "```json\n{,}\n```\n",
        "```cron\n* * * *\n```\n",
        "<!-- test: input -->\n```text\nno dump\n```\n",
        "<!-- test: not run: because -->\n```sh\nfalse\n```\n",
        "<!-- test: nonsense -->\n```sh\ntrue\n```\n",
    ],
)
def test_an_example_that_is_wrong_is_found(text: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.md"
    wrong.write_text(text, "utf-8")
    with place(tmp_path, "empty", forked=True) as here, pytest.raises(WRONG):
        _try_all(wrong, here)


def _try_all(wrong: Path, here: Place) -> None:
    for block in blocks(wrong):
        try_out(replace(block, page=ROOT / "README.md"), here)


def test_a_command_that_goes_over_several_lines_is_one() -> None:
    block = Block(
        page=ROOT / "README.md", line=1, language="sh", text="a \\\n  b\n# c\nd\n", marks={}
    )
    assert commands(block) == ["a   b", "d"]


def _links(page: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("code", _PLAIN.sub("", page.read_text("utf-8"))))


def _leads_somewhere(page: Path, link: str) -> bool:
    if link.startswith(("http://", "https://", "mailto:")):
        return True
    name, _, anchor = unquote(link).partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target)


def _anchors(page: Path) -> set[str]:
    """The names that GitHub and most renderers give to headings."""
    text = _PLAIN.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}
