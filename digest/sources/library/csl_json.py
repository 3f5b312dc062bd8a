"""Parses CSL JSON, which Zotero and other programs export, and similar JSON.

Source: https://github.com/citation-style-language/schema (csl-data.json). A file is a list of
items, or an object with such a list under `items`, as Better BibTeX writes it; there the abstract
is `abstractNote` and the authors are `creators`.
"""

from collections.abc import Iterator
from typing import Any

from digest.core.batch_limits import MAX_PAPERS, RejectionList
from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.sources.library.text import name, plain

_ABSTRACTS = ("abstract", "abstractNote", "summary")
_PEOPLE = ("author", "authors", "creators")
_KEYWORDS = ("keyword", "keywords")


def parse(value: Any) -> tuple[tuple[Paper, ...], tuple[Rejection, ...]]:
    """Returns the papers of a JSON value, and the items that were rejected. Never raises."""
    items = value
    if isinstance(value, dict):
        items = value["items"] if isinstance(value.get("items"), list) else [value]
    papers: list[Paper] = []
    rejected = RejectionList()
    for number, item in enumerate(items if isinstance(items, list) else (), start=1):
        if len(papers) > MAX_PAPERS:  # one more, so that the limit is reported
            break
        title = _string(item, "title") if isinstance(item, dict) else ""
        if title:
            papers.append(_paper(item, title))
        # Better BibTeX lists attachments and notes beside the papers.
        elif not (isinstance(item, dict) and item.get("itemType") in ("attachment", "note")):
            rejected.add(f'item {number} has no "title"')
    return tuple(papers), rejected.shown()


def _paper(item: dict[str, Any], title: str) -> Paper:
    keywords = _string(item, *_KEYWORDS)
    return Paper(
        title=title,
        abstract=_string(item, *_ABSTRACTS),
        authors=tuple(_names(item)),
        keywords=tuple(word for part in keywords.split(",") if (word := part.strip())),
    )


def _string(item: dict[str, Any], *keys: str) -> str:
    texts = (plain(value) for key in keys if isinstance(value := item.get(key), str))
    return next(filter(None, texts), "")


def _names(item: dict[str, Any]) -> Iterator[str]:
    people: list[Any] = next((item[key] for key in _PEOPLE if isinstance(item.get(key), list)), [])
    for person in people:
        if isinstance(person, str):
            author = name(person)
        elif isinstance(person, dict):
            given = _string(person, "given", "firstName")
            family = " ".join(
                filter(
                    None,
                    (
                        # Such as "van" in "van Dyck".
                        _string(person, "non-dropping-particle"),
                        _string(person, "family", "lastName"),
                    ),
                )
            )
            author = f"{given} {family}".strip() or _string(person, "literal", "name")
        else:
            continue
        if author:
            yield author
