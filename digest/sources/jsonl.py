"""Parses JSON Lines, the format for papers from any other program: one object on each line.

{"id": "42", "title": "...", "abstract": "...", "authors": ["..."], "arxiv_id": "2605.01234"}

Only `title` is required. docs/formats.md lists all keys. Other keys are ignored, and null counts
as absent. A line in which a key has the wrong type is rejected, because its meaning would be a
guess.
"""

import json
from datetime import date, datetime
from hashlib import blake2b
from io import BytesIO
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from digest.core.batch_limits import MAX_PAPERS, RejectionList, has_controls, paper_within_limits
from digest.core.identity.name_parsing import find_arxiv_id, find_doi, split_authors
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources.daily_papers.api_json import MAX_COUNT, day, newest
from digest.sources.daily_papers.text_dump import clean, excerpt
from digest.sources.json_values import load_json
from digest.sources.markup import http_url
from digest.sources.records.texts.withdrawn_titles import withdrawn_title

RELS = ("abstract", "pdf", "code", "project", "page")


class JsonLine(Struct, frozen=True, kw_only=True):
    """One line: a paper and its id in the file."""

    id: str  # the number of the line, if the file has no id
    paper: Paper
    announced: date | None = None  # the day of the batch, if the line has one


def parse(data: bytes, *, origin: str) -> tuple[tuple[JsonLine, ...], tuple[Rejection, ...]]:
    """Parses a file of JSON lines.

    Args:
        data: The content of the file, UTF-8.
        origin: The path of the file, for error messages.

    Returns:
        The lines with papers, and a rejection for each other line.

    Raises:
        InputError: The file contains no paper at all.
    """
    lines: list[JsonLine] = []
    rejected = RejectionList()
    cut: tuple[Rejection, ...] = ()
    # Not split at once: a file may be only line ends.
    for number, raw in enumerate(BytesIO(data.removeprefix(b"\xef\xbb\xbf")), start=1):
        if not raw.strip():
            continue
        if len(lines) == MAX_PAPERS or len(rejected) > MAX_PAPERS:
            too_many = f"more than {MAX_PAPERS:,} papers; this line and the rest are not read"
            cut = (Rejection(reason=too_many, line=number),)
            break
        try:
            line = _line(_JsonObject(_loaded(raw)), number)
            # Here and not over the whole batch, so that each cut is reported with its line.
            paper, problems = paper_within_limits(line.paper)
        except ValueError as error:
            rejected.add(str(error), line=number)
            continue
        for problem in problems:
            rejected.add(problem, line=number)
        if paper:
            lines.append(replace(line, paper=paper))
    if not lines:
        shown = rejected.shown()
        first = shown[0] if shown else Rejection(reason="the file is empty", line=None)
        raise InputError(
            f'{first.reason}; write one JSON object on each line, with "title" and "abstract"',
            file=origin,
            line=first.line,
        )
    return tuple(lines), (*rejected.shown(), *cut)


def parse_batch(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """Parses a file of JSON lines into a batch.

    Args:
        data: The content of the file, UTF-8.
        source: The name of the source.
        origin: The path of the file, for the batch and for error messages.
        now: The current time. An `announced` day after it is ignored.

    Returns:
        The papers; their positions are the line numbers. The batch is announced on the newest
        `announced` day of its lines, if one has it.

    Raises:
        InputError: The file contains no paper at all.
    """
    lines, rejected = parse(data, origin=origin)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(line.paper for line in lines),
        announced=newest([line.announced for line in lines if line.announced], now=now),
        rejected=rejected,
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


class _JsonObject:
    """Reads values of a JSON object by type; the ValueError for a wrong type names the key."""

    def __init__(self, values: dict[str, Any], within: str = "") -> None:
        self._values = values
        self._within = within

    def text(self, *keys: str) -> str:
        """Returns the value of the first key that is present, as one line; empty if none is."""
        for key in keys:
            value = self._values.get(key)
            if value is None:
                continue
            if not isinstance(value, str):
                raise self._wrong_type(key, "a string")
            if text := _one_line(value):
                return text
        return ""

    def name(self, key: str) -> str:
        """Returns the value as text; it may also be a whole number."""
        value = self._values.get(key)
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if is_integer else self._exact(key)

    def _exact(self, key: str) -> str:
        """Returns the text of an id or an address, which must not be changed."""
        value = self._values.get(key)
        if isinstance(value, str) and has_controls(value.strip()):
            raise ValueError(f'"{self._within}{key}" has control characters')
        return self.text(key)

    def count(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
            raise self._wrong_type(key, f"a whole number from 0 to {MAX_COUNT:,}")
        return value

    def day(self, key: str) -> date | None:
        text = self.text(key)
        try:
            return day(text) if text else None
        except ValueError as error:
            raise ValueError(f'"{self._within}{key}": {error}') from None

    def address(self, key: str) -> str | None:
        text = self._exact(key)
        url = http_url(text)
        if text and url is None:
            raise self._wrong_type(key, "an http or https address")
        return url

    def texts(self, key: str) -> tuple[str, ...]:
        """Returns the strings of a list, or of one string with commas."""
        value = self._values.get(key)
        parts = value.split(",") if isinstance(value, str) else self._list(key)
        if not all(isinstance(part, str) for part in parts):
            raise self._wrong_type(key, "a list of strings, or a string with commas")
        return tuple(filter(None, map(_one_line, parts)))

    def people(self, key: str) -> tuple[str, ...]:
        """Returns names: from a list of strings or of objects with `name`, or from one string."""
        value = self._values.get(key)
        if isinstance(value, str):
            return split_authors(value)
        names: list[Any] = [
            part.get("name") if isinstance(part, dict) else part for part in self._list(key)
        ]
        if not all(isinstance(name, str) for name in names):
            raise self._wrong_type(key, 'a list of strings, or of objects with "name"')
        return tuple(filter(None, map(_one_line, names)))

    def within(self, key: str) -> "_JsonObject":
        """Returns the nested object; an empty one if the key is absent."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, dict):
            raise self._wrong_type(key, "an object")
        return _JsonObject(value or {}, f"{key}.")

    def keys(self) -> list[str]:
        return list(self._values)

    def _list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if value is not None and not isinstance(value, list):
            raise self._wrong_type(key, "a list")
        return value or []

    def _wrong_type(self, key: str, wanted: str) -> ValueError:
        return ValueError(
            f'"{self._within}{key}" must be {wanted}, not {excerpt(repr(self._values[key]))}'
        )


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        item = load_json(raw.decode())
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except ValueError:  # Python converts no number with thousands of digits
        raise ValueError("not JSON: a number is too long") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(item, dict):
        raise ValueError(f"not an object, but {type(item).__name__}")  # noqa: TRY004 - caught as such
    return item


def _line(item: _JsonObject, number: int) -> JsonLine:
    title, notice = withdrawn_title(item.text("title"))
    if not title:
        raise ValueError('no "title"')
    identifiers, counted = _identifiers(item)
    paper = Paper(
        title=title,
        abstract=item.text("abstract", "summary"),
        authors=item.people("authors"),
        author_count=item.count("author_count"),
        identifiers=identifiers,
        categories=item.texts("categories"),
        links=_links(item),
        published=item.day("published"),
        updated=item.day("updated"),
        votes=item.count("votes"),
        comments=item.count("comments"),
        stars=item.count("stars"),
        position=number,
        version=counted if (version := item.count("version")) is None else version,
        keywords=item.texts("keywords"),
        venue=item.text("venue"),
        connections=item.texts("connections"),
        notice=notice,
    )
    return JsonLine(id=item.name("id") or str(number), paper=paper, announced=item.day("announced"))


def _identifiers(item: _JsonObject) -> tuple[tuple[Identifier, ...], int | None]:
    """Returns the identifiers of the paper, and the version in its arXiv id, if it has one."""
    nested = item.within("identifiers")
    values = {key.strip().lower(): nested.name(key) for key in nested.keys()}  # noqa: SIM118 - not a dict
    values["arxiv"] = values.get("arxiv") or item.text("arxiv_id")
    values["doi"] = values.get("doi") or item.text("doi")
    identifiers: list[Identifier] = []
    version = None
    for scheme, value in values.items():
        if not scheme or not value:
            continue
        if scheme == "arxiv":
            # `find_arxiv_id` needs an address or a prefix; the value may be only the number.
            arxiv_id = find_arxiv_id(value) or find_arxiv_id(f"arXiv:{value}")
            if arxiv_id is None:
                raise ValueError(f"not an arXiv id: {excerpt(value)}")
            value, version = arxiv_id  # noqa: PLW2901 - its normal form
        elif scheme == "doi":
            doi = find_doi(value)
            if doi is None:
                raise ValueError(f"not a DOI: {excerpt(value)}")
            value = doi  # noqa: PLW2901 - its normal form
        identifiers.append(Identifier(scheme=scheme, value=value))
    return tuple(identifiers), version


def _links(item: _JsonObject) -> tuple[PaperLink, ...]:
    links = item.within("links")
    urls = {rel: links.address(rel) for rel in RELS}
    urls["abstract"] = urls["abstract"] or item.address("url")
    return tuple(PaperLink(rel=rel, url=url) for rel, url in urls.items() if url)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
