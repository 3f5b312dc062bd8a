"""A day's papers as the text dump that the site's page would give: no identifiers, no names."""

import re
from collections.abc import Iterable
from datetime import date

from digest.core.models.papers import Paper

HEADER = (
    "new",
    "Get trending papers in your email inbox!",
    "Subscribe",
    "Daily Papers",
    "byAK and the research community",
)
_FORMULA = re.compile(r"\$([^$]+)\$")


def as_dump(papers: Iterable[Paper], day: date, *, mangled: bool = False) -> bytes:
    """The page of that day.

    Args:
        papers: in the page's order.
        day: the page's; its year is left out, as pages do.
        mangled: formulas lose dollars, backslashes and spaces, as on the real page.
    """
    named = HEADER if day.day % 2 else HEADER[:3] + HEADER[4:]  # some pages lack their name
    blocks = [*named, f"{day:%b} {day.day}"]
    for paper in papers:
        texts = (" ".join(text.split()) for text in (paper.title, paper.abstract))
        blocks += map(without_tex, texts) if mangled else texts
        if paper.published and paper.authors:
            year = "" if paper.published.year == day.year else f", {paper.published.year}"
            comments = f" {paper.comments}" if paper.comments else ""
            blocks.append(
                f"  • {len(paper.authors)} authors\n·\n"
                f"{paper.published:%b} {paper.published.day}{year}{comments}"
            )
    return "\n\n".join(blocks).encode()


def without_tex(text: str) -> str:
    r"""`Hyper$Z\cdot Z$` as the page shows it: `HyperZcdotZ`."""
    return _FORMULA.sub(lambda formula: re.sub(r"[\\\s]", "", formula[1]), text)
