"""docs/index.md is the map: it links every page of the documentation."""

import re

from support.documentation.blocks import ROOT

DOCS = ROOT / "docs"


def test_the_map_links_every_page() -> None:
    text = (DOCS / "index.md").read_text("utf-8")
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([\w./-]+\.md)\)", text)}
    pages = set(DOCS.rglob("*.md")) - {DOCS / "index.md"}
    assert sorted(str(page.relative_to(DOCS)) for page in pages - linked) == []
