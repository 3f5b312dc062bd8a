"""Values of records whose types are not certain: text, lists, dates, identifiers."""

from datetime import date
from typing import Any
from urllib.parse import quote

from digest.core.models.papers import Identifier, PaperLink
from digest.core.text.html_text import html_line
from digest.core.text.paper_ids import arxiv_id, doi
from digest.sources.feeds import arxiv
from digest.sources.feeds.json_feed import MAX_ABSTRACT, MAX_TITLE
from digest.sources.markup import http_url
from digest.sources.records.texts.headings import without_abstract_heading

MAX_RECORDS = 1_000  # of a list in an answer that are read


def objects(value: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list; none for any other value."""
    items = value if isinstance(value, list) else []
    return [item for item in items[:MAX_RECORDS] if isinstance(item, dict)]


def member(value: Any, *names: str) -> Any:
    """Returns a value inside nested objects; None if one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def line(value: Any, *, limit: int = MAX_TITLE) -> str:
    """Returns a text without markup on one line; empty if it is not a string."""
    return html_line(value, limit=limit) if isinstance(value, str) else ""


def abstract_text(value: Any, *, jats: bool = False) -> str:
    """Returns an abstract without markup and without the heading "Abstract".

    Args:
        value: the abstract; anything but a string gives an empty text.
        jats: it is XML of the Journal Article Tag Suite.
    """
    if not isinstance(value, str):
        return ""
    source = value.replace("<jats:", "<").replace("</jats:", "</") if jats else value
    return without_abstract_heading(html_line(source, limit=MAX_ABSTRACT, only_html=jats))


def identified(
    *, arxiv_text: Any = None, doi_text: Any = None
) -> tuple[tuple[Identifier, ...], tuple[PaperLink, ...]]:
    """Returns the identifiers of a record, and the links that follow from them.

    Args:
        arxiv_text: an arXiv id, or an address that contains one.
        doi_text: a DOI, or its address.
    """
    number = _arxiv_number(arxiv_text)
    name = doi(doi_text) if isinstance(doi_text, str) else None
    # arXiv's own DOI is the arXiv id.
    if name and name.startswith("10.48550/arxiv."):
        number, name = number or _arxiv_number(name.removeprefix("10.48550/arxiv.")), None
    links = list(arxiv.links(number, version=None)) if number else []
    if name:
        address = http_url(f"https://doi.org/{quote(name, safe='/:();')}")
        links += [PaperLink(rel="page" if number else "abstract", url=address)] if address else []
    names = [Identifier(scheme="arxiv", value=number)] if number else []
    names += [Identifier(scheme="doi", value=name)] if name else []
    return tuple(names), tuple(links)


def day(value: Any) -> date | None:
    """Returns the day of an ISO 8601 date; None for anything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def year_start(value: Any) -> date | None:
    """Returns 1 January of a year; None for anything else."""
    is_year = isinstance(value, int) and not isinstance(value, bool) and 1500 < value < 2500
    return date(value, 1, 1) if is_year else None


def _arxiv_number(value: Any) -> str | None:
    found = arxiv_id(value) if isinstance(value, str) else None
    return found[0] if found else None
