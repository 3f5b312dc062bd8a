"""RIS: tagged lines, as most reference managers export them.

Source: https://en.wikipedia.org/wiki/RIS_(file_format), after Research Information Systems'
specification of 2001. A record goes from `TY  - ` to `ER  - `; a line without a tag continues
the one above.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.sources.library.text import name, plain

_TAG = re.compile(r"([A-Z][A-Z0-9])  ?-(?: |$)(.*)")
_TITLES = ("TI", "T1", "CT", "BT")  # the last for books, which have no other
_ABSTRACTS = ("AB", "N2")
_AUTHORS = ("AU", "A1")

_Fields = Mapping[str, Sequence[str]]


def parse(text: str) -> tuple[tuple[Paper, ...], tuple[Rejection, ...]]:
    """The papers of a RIS file, and the records without a title; never raises."""
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    for line, fields in _records(text):
        title = _first(fields, _TITLES)
        if not title:
            rejected.append(Rejection(reason="a record without a title (TI)", line=line))
            continue
        papers.append(
            Paper(
                title=title,
                abstract=_first(fields, _ABSTRACTS),
                authors=tuple(
                    found for tag in _AUTHORS for one in fields.get(tag, ()) if (found := name(one))
                ),
                keywords=tuple(filter(None, map(plain, fields.get("KW", ())))),
            )
        )
    return tuple(papers), tuple(rejected)


def _records(text: str) -> Iterator[tuple[int, _Fields]]:
    """Each record's first line, counted from 1, and its fields; a missing end is forgiven."""
    start = 0
    fields: defaultdict[str, list[list[str]]] = defaultdict(list)
    pieces: list[str] = []  # of the value being read
    for number, line in enumerate(text.split("\n"), start=1):
        found = _TAG.match(line)
        if not found:
            if line.strip():
                pieces.append(line)
            continue
        tag, value = found.groups()
        if tag in ("TY", "ER"):
            if start:
                yield start, _joined(fields)
            start, fields, pieces = number if tag == "TY" else 0, defaultdict(list), []
        elif start:
            pieces = [value]
            fields[tag].append(pieces)
    if start:
        yield start, _joined(fields)


def _joined(fields: Mapping[str, Sequence[Sequence[str]]]) -> _Fields:
    return {tag: [" ".join(pieces) for pieces in values] for tag, values in fields.items()}


def _first(fields: _Fields, tags: Sequence[str]) -> str:
    texts = (plain(value) for tag in tags for value in fields.get(tag, ()))
    return next(filter(None, texts), "")
