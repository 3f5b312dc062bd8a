"""Parses RIS, a format of tagged lines that most reference managers export.

Source: https://en.wikipedia.org/wiki/RIS_(file_format), after the specification of Research
Information Systems of 2001. A record goes from `TY  - ` to `ER  - `. A line without a tag
continues the line above it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from digest.core.batch_limits import MAX_AUTHORS, MAX_PAPERS, RejectionList
from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.sources.library.text import name, plain

_TAG = re.compile(r"([A-Z][A-Z0-9])  ?-(?: |$)(.*)")
_TITLES = ("TI", "T1", "CT", "BT")  # BT is last: the title of a book without another title
_ABSTRACTS = ("AB", "N2")
_AUTHORS = ("AU", "A1")

_TAGS = frozenset((*_TITLES, *_ABSTRACTS, *_AUTHORS, "KW"))

_Fields = Mapping[str, Sequence[str]]


def parse(text: str) -> tuple[tuple[Paper, ...], tuple[Rejection, ...]]:
    """Returns the papers of a RIS file, and the records without a title. Never raises."""
    papers: list[Paper] = []
    rejected = RejectionList()
    for line, fields in _records(text):
        if len(papers) > MAX_PAPERS:  # one more, so that the limit is reported
            break
        title = _first(fields, _TITLES)
        if not title:
            rejected.add("a record without a title (TI)", line=line)
            continue
        papers.append(
            Paper(
                title=title,
                abstract=_first(fields, _ABSTRACTS),
                authors=tuple(
                    author
                    for tag in _AUTHORS
                    for value in fields.get(tag, ())
                    if (author := name(value))
                ),
                keywords=tuple(filter(None, map(plain, fields.get("KW", ())))),
            )
        )
    return tuple(papers), rejected.shown()


def _records(text: str) -> Iterator[tuple[int, _Fields]]:
    """Yields the number of each record's first line, from 1, and its fields.

    A record without an end (`ER`) ends where the next one begins.
    """
    start = 0
    fields: defaultdict[str, list[list[str]]] = defaultdict(list)
    pieces: list[str] = []  # the lines of the current value
    for number, line in enumerate(text.split("\n"), start=1):
        match = _TAG.match(line)
        if not match:
            if line.strip():
                pieces.append(line)
            continue
        tag, value = match.groups()
        if tag in ("TY", "ER"):
            if start:
                yield start, _joined(fields)
            start, fields, pieces = number if tag == "TY" else 0, defaultdict(list), []
        # A record may have any number of other tags, and of values of a tag.
        elif start and tag in _TAGS and len(fields[tag]) <= MAX_AUTHORS:
            pieces = [value]
            fields[tag].append(pieces)
        else:
            pieces = []
    if start:
        yield start, _joined(fields)


def _joined(fields: Mapping[str, Sequence[Sequence[str]]]) -> _Fields:
    return {tag: [" ".join(pieces) for pieces in values] for tag, values in fields.items()}


def _first(fields: _Fields, tags: Sequence[str]) -> str:
    texts = (plain(value) for tag in tags for value in fields.get(tag, ()))
    return next(filter(None, texts), "")
