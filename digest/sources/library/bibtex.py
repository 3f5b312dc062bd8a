"""BibTeX, as people and programs write it: a forgiving reader in linear time.

Source: https://www.bibtex.com/g/bibtex-format/ and btxdoc. An entry is `@type{key, name =
value, ...}` or the same in parentheses; a value is `{...}` with balanced braces, `"..."`, a
number or the name of a `@string`, joined by `#`. Strings are not looked up: they name
journals. What is broken costs its own entry alone:
reading goes on at the next `@type{` that begins a line.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.sources.library.text import MAX_LENGTH, from_tex, name

_LINE_START = re.compile(r"^[ \t]*+(?=@[A-Za-z]++\s*+[{(])", re.MULTILINE)
_ENTRY = re.compile(r"@([A-Za-z]++)\s*+[{(]")
_FIELD = re.compile(r"[\s,]*+([A-Za-z_][\w:.+-]*+)\s*+=\s*+")
_KEY = re.compile(r"\s*+[^\s,={}\"()]*+\s*+(?:,|(?=[})]))")
_BARE = re.compile(r"[^\s,#{}\"()=]++")
_JOIN = re.compile(r"\s*+#\s*+")
_END = re.compile(r"[\s,]*+[})]")
_BRACE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_NO_PAPER = frozenset(("comment", "preamble", "string"))


class _BrokenError(ValueError):
    """An entry that cannot be read further; says why."""


def parse(text: str) -> tuple[tuple[Paper, ...], tuple[Rejection, ...]]:
    """The papers of a BibTeX file, and the entries that could not be read; never raises."""
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    line, counted = 1, 0
    for start, end in _chunks(text):
        chunk = text[start:end]  # what is broken in it cannot reach beyond
        at = 0
        while found := _ENTRY.search(chunk, at):
            place = start + found.start()
            line, counted = line + text.count("\n", counted, place), place
            kind = found[1].lower()
            try:
                fields, at = _entry(chunk, found.end(), keyed=kind not in _NO_PAPER)
            except _BrokenError as error:
                if kind not in _NO_PAPER:
                    rejected.append(Rejection(reason=str(error), line=line))
                break
            if kind not in _NO_PAPER:
                if paper := _paper(fields):
                    papers.append(paper)
                else:
                    rejected.append(Rejection(reason="an entry without a title", line=line))
    return tuple(papers), tuple(rejected)


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """The text from each line that begins an entry up to the next one."""
    starts = [found.end() for found in _LINE_START.finditer(text)]
    yield from pairwise([*starts, len(text)])


def _entry(text: str, at: int, *, keyed: bool) -> tuple[dict[str, str], int]:
    """An entry's fields by their names in lower case, and where it ends."""
    if keyed and (key := _KEY.match(text, at)):
        at = key.end()
    fields: dict[str, str] = {}
    while not (end := _END.match(text, at)):
        found = _FIELD.match(text, at)
        if not found:
            raise _BrokenError("an entry that breaks off; write name = {value}, and } at its end")
        value, at = _value(text, found.end())
        fields.setdefault(found[1].lower(), value)
    return fields, end.end()


def _value(text: str, at: int) -> tuple[str, int]:
    """A field's value, its parts joined, and where it ends."""
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
            parts.append(bare[0])  # a number, or a name: journals and months, of no use here
            at = bare.end()
        else:
            raise _BrokenError("a field without a value; write name = {value}")
        joined = _JOIN.match(text, at)
        if not joined:
            return "".join(parts), at
        at = joined.end()


def _closing(text: str, at: int, end: str) -> int:
    """Where the value that began before `at` ends."""
    depth = 0
    for found in _BRACE.finditer(text, at):
        sign = found[0]
        if sign == end and not depth:
            return found.start()
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
            found for one in people if (found := name(from_tex(one))) and found != "others"
        ),
        keywords=tuple(filter(None, map(from_tex, keywords))),
    )
