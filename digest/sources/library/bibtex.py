"""Parses BibTeX, also with common mistakes, in linear time.

Source: https://www.bibtex.com/g/bibtex-format/ and btxdoc. An entry is `@type{key, name =
value, ...}` or the same in parentheses. A value consists of parts joined by `#`: `{...}` with
balanced braces, `"..."`, a number, or the name of a `@string`. These names are not resolved,
because they stand for journals, which we do not use. A malformed entry is rejected, and parsing
resumes at the next `@type{` at the beginning of a line.
"""

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from digest.core.batch_limits import MAX_PAPERS, RejectionList
from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.sources.library.text import MAX_LENGTH, from_tex, name

_LINE_START = re.compile(r"^[ \t]*+(?=@[A-Za-z]++\s*+[{(])", re.MULTILINE)
_ENTRY = re.compile(r"@([A-Za-z]++)\s*+[{(]")
# With its value if that is one number or name.
_FIELD = re.compile(r"[\s,]*+([A-Za-z_][\w:.+-]*+)\s*+=\s*+(?:([^\s,#{}\"()=]++)(?!\s*+#))?+")
_KEY = re.compile(r"\s*+[^\s,={}\"()]*+\s*+(?:,|(?=[})]))")
_BARE = re.compile(r"[^\s,#{}\"()=]++")
_JOIN = re.compile(r"\s*+#\s*+")
_END = re.compile(r"[\s,]*+[})]")
_BRACE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_FIELDS = frozenset(("title", "abstract", "author", "keywords"))
_NO_PAPER = frozenset(("comment", "preamble", "string"))


class _BrokenError(ValueError):
    """The rest of an entry cannot be parsed; the text says why."""


def parse(text: str) -> tuple[tuple[Paper, ...], tuple[Rejection, ...]]:
    """Returns the papers of a BibTeX file, and the entries that were rejected. Never raises."""
    papers: list[Paper] = []
    rejected = RejectionList()
    line, counted = 1, 0  # line number of the last entry, and its offset in the text
    for start, end in _chunks(text):
        # One paper more than allowed, so that the limit is reported.
        if len(papers) > MAX_PAPERS:
            break
        # A mistake in it cannot affect the following entries.
        chunk = text[start:end]
        at = 0
        # A chunk may have several entries: only those at the beginning of a line start a chunk.
        while match := _ENTRY.search(chunk, at):
            offset = start + match.start()
            line, counted = line + text.count("\n", counted, offset), offset
            kind = match[1].lower()
            try:
                fields, at = _entry(chunk, match.end(), keyed=kind not in _NO_PAPER)
            except _BrokenError as error:
                if kind not in _NO_PAPER:
                    rejected.add(str(error), line=line)
                break
            if kind not in _NO_PAPER:
                if paper := _paper(fields):
                    papers.append(paper)
                else:
                    rejected.add("an entry without a title", line=line)
    return tuple(papers), rejected.shown()


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Yields the start and end of each part of the text that begins with an entry."""
    starts = (match.end() for match in _LINE_START.finditer(text))  # may be millions
    yield from pairwise(chain(starts, (len(text),)))


def _entry(text: str, at: int, *, keyed: bool) -> tuple[dict[str, str], int]:
    """Returns the fields of an entry by their names in lower case, and its end."""
    if keyed and (key := _KEY.match(text, at)):
        at = key.end()
    fields: dict[str, str] = {}
    while match := _FIELD.match(text, at):
        value, at = match[2], match.end()
        if value is None:
            value, at = _value(text, at)
        # BibTeX too ignores a field that comes a second time. An entry may have any number of other
        # fields.
        if (field := match[1].lower()) in _FIELDS:
            fields.setdefault(field, value)
    if not (end := _END.match(text, at)):
        raise _BrokenError("an incomplete entry; write name = {value}, and } at its end")
    return fields, end.end()


def _value(text: str, at: int) -> tuple[str, int]:
    """Returns the value of a field, its parts joined, and its end."""
    parts: list[str] = []
    while True:
        sign = text[at : at + 1]
        if sign == "{":
            end = _closing(text, at + 1, "}")
            parts.append(text[at + 1 : end])
            at = end + 1
        elif sign == '"':
            end = _closing(text, at + 1, '"')
            parts.append(text[at + 1 : end])
            at = end + 1
        elif bare := _BARE.match(text, at):
            parts.append(bare[0])  # a number, or the name of a journal or month
            at = bare.end()
        else:
            raise _BrokenError("a field without a value; write name = {value}")
        separator = _JOIN.match(text, at)
        if not separator:
            return "".join(parts), at
        at = separator.end()


def _closing(text: str, at: int, end: str) -> int:
    """Returns the index of the closing brace or quote of the value that starts at `at`."""
    depth = 0
    for match in _BRACE.finditer(text, at):
        sign = match[0]
        if sign == end and not depth:
            return match.start()
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            break
    raise _BrokenError("a value without its closing brace or quote; braces must be balanced")


def _paper(fields: dict[str, str]) -> Paper | None:
    title = from_tex(fields.get("title", ""))
    if not title:
        return None
    people = " ".join(fields.get("author", "")[:MAX_LENGTH].split()).split(" and ")
    keywords = re.split(r"[,;]", fields.get("keywords", "")[:MAX_LENGTH])
    return Paper(
        title=title,
        abstract=from_tex(fields.get("abstract", "")),
        authors=tuple(
            # "and others" stands for further authors.
            author
            for person in people
            if (author := name(from_tex(person))) and author != "others"
        ),
        keywords=tuple(filter(None, map(from_tex, keywords))),
    )
