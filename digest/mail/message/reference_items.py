"""Writes papers as JSON for reference managers: CSL JSON, and items of the Zotero Web API."""

import json
from collections.abc import Sequence
from typing import Any

from digest.core.models.papers import Paper
from digest.core.text.display import display_text
from digest.mail.message.citations import identifier_of, names_of, url_of


def csl_json(papers: Sequence[Paper]) -> str:
    """Returns the papers as CSL JSON.

    Source: https://github.com/citation-style-language/schema (csl-data.json).
    """
    items = [_csl_item(paper, f"paper-{number}") for number, paper in enumerate(papers, start=1)]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def zotero_items(papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """Returns the papers as items of the type "preprint", without empty fields.

    Source: https://www.zotero.org/support/dev/web_api/v3/types_and_fields.
    """
    return [_zotero_item(paper) for paper in papers]


def _csl_item(paper: Paper, key: str) -> dict[str, Any]:
    day = paper.published
    fields = {
        "id": key,
        "type": "article",
        "title": display_text(paper.title),
        "author": [_csl_name(name) for name in names_of(paper)],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "abstract": display_text(paper.abstract),
        "container-title": display_text(paper.venue),
        "DOI": identifier_of(paper, "doi"),
        "URL": url_of(paper),
        "number": _arxiv(paper),
    }
    return {name: value for name, value in fields.items() if value}


def _zotero_item(paper: Paper) -> dict[str, Any]:
    arxiv = _arxiv(paper)
    fields = {
        "itemType": "preprint",
        "title": display_text(paper.title),
        "creators": [_zotero_name(name) for name in names_of(paper)],
        "abstractNote": display_text(paper.abstract),
        "date": paper.published.isoformat() if paper.published else "",
        "repository": "arXiv" if arxiv else "",
        "archiveID": arxiv,
        "DOI": identifier_of(paper, "doi"),
        "url": url_of(paper),
    }
    return {name: value for name, value in fields.items() if value}


def _arxiv(paper: Paper) -> str:
    number = identifier_of(paper, "arxiv")
    return f"arXiv:{number}" if number else ""


def _csl_name(name: str) -> dict[str, str]:
    given, family = _split(name)
    return {"family": family, "given": given} if given else {"literal": family}


def _zotero_name(name: str) -> dict[str, str]:
    given, family = _split(name)
    parts = {"firstName": given, "lastName": family} if given else {"name": family}
    return {"creatorType": "author", **parts}


def _split(name: str) -> tuple[str, str]:
    """Returns the given and the family name; small words such as "van" begin a family name."""
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1][:1].islower():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
