"""The documentation site: built from the pages as they are, strictly, with nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import docs_site
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's pages."""
    folder = tmp_path_factory.mktemp("site")
    assert docs_site.prepare(folder) == []
    pytest.importorskip("zensical")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(
        [*command, f"--config-file={folder / 'zensical.toml'}"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.mark.xdist_group("site")
def test_every_page_is_on_the_site(site: Path) -> None:
    pages = (ROOT / "docs").rglob("*.md")
    names = [page.relative_to(ROOT / "docs").with_suffix(".html") for page in pages]
    assert [str(name) for name in names if not (site / name).is_file()] == []


@pytest.mark.xdist_group("site")
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//")
    for page in site.rglob("*.html"):
        assert loads.findall(page.read_text("utf-8")) == []
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text()) == []


@pytest.mark.xdist_group("site")
def test_no_page_of_the_site_shows_how_its_examples_are_tested(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "<!-- test:" not in page.read_text("utf-8")


def test_navigation_follows_the_map() -> None:
    text = (
        "# Map\n[a](a.md)\n## To learn: start\n[b](b.md#x), [the\nc](c.md)\n"
        "## Tasks\n**Mail**: see\n- [d](d/d.md) and [b again](b.md)\n**Web**\n"
        "[outside](../README.md), [elsewhere](https://example.org/x.md)\n"
    )
    assert docs_site.navigation(text) == [
        "a.md",
        {"Start": ["b.md", "c.md"]},
        {"Tasks": [{"Mail": ["d/d.md"]}]},
    ]


def test_a_link_out_of_the_pages_leads_to_a_copy() -> None:
    text = "[the\nreadme](../README.md#try-it) `[not](../LICENSE)` [code](../digest/)\n"
    assert docs_site.with_site_links(text, "docs/index.md") == (
        "[the\nreadme](project/README.md#try-it) `[not](../LICENSE)` code\n"
    )
    assert docs_site.linked("docs/index.md", text) == ["README.md", "digest"]


def test_a_copied_page_links_back_to_the_pages() -> None:
    assert docs_site.with_site_links("[map](docs/index.md)", "README.md") == "[map](../index.md)"


def test_a_file_that_browsers_do_not_show_is_copied_as_text() -> None:
    assert docs_site.site_name(".env.example") == "project/env.example.txt"


def test_code_between_fences_stays_as_it_is() -> None:
    text = "<!-- test: as sh -->\n```sh\n<!-- test: x -->\n[a](../README.md)\n```\n"
    kept = "```sh\n<!-- test: x -->\n[a](../README.md)\n```\n"
    assert docs_site.adapted(text, "docs/index.md") == kept


def test_lists_are_indented_by_four_spaces_a_level() -> None:
    text = "Text:\n1. one\n   two\n\n   ```sh\n   a\n     b\n   ```\n   - in\n     in\n\nAfter\n"
    assert docs_site.indented(text) == (
        "Text:\n\n1. one\n    two\n\n    ```sh\n    a\n      b\n    ```\n    - in\n        in\n\nAfter\n"
    )
