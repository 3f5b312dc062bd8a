"""Papers as JSON lines, for everything else: one object a line, `title` and what is known.

{"id": "42", "title": "...", "abstract": "...", "authors": ["..."], "arxiv_id": "2605.01234"}

docs/formats.md has all keys. Others are ignored; null counts as absent; a key of the
wrong type costs its line, because what it meant would be a guess.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from digest.core.identity.name_parsing import find_arxiv_id, find_doi, split_authors
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources.daily_papers.api_json import MAX_COUNT, day, newest
from digest.sources.daily_papers.text_dump import clean, excerpt
from digest.sources.markup import http_url

RELS = ("abstract", "pdf", "code", "project", "page")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLine:
    """A paper and what its file calls it."""

    id: str  # the line's number where the file gives none
    paper: Paper
    announced: date | None = None  # the day the line gives the batch


def parse(data: bytes, *, origin: str) -> tuple[tuple[JsonLine, ...], tuple[Rejection, ...]]:
    """The papers of a file of JSON lines, and the lines that hold none.

    Raises:
        InputError: the file holds no paper at all.
    """
    lines: list[JsonLine] = []
    rejected: list[Rejection] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            lines.append(_line(_Object(_loaded(raw)), number))
        except ValueError as error:
            rejected.append(Rejection(reason=str(error), line=number))
    if not lines:
        first = rejected[0] if rejected else Rejection(reason="the file is empty", line=None)
        raise InputError(
            f'{first.reason}; write one JSON object a line, with "title" and "abstract"',
            file=origin,
            line=first.line,
        )
    return tuple(lines), tuple(rejected)


def parse_batch(data: bytes, *, source: str, origin: str, now: datetime) -> Batch:
    """The papers of a file of JSON lines as a batch, positions being the lines' numbers.

    Args:
        data: the file's bytes, UTF-8.
        source: the source's name.
        origin: the file's path, for the batch and for errors.
        now: the present; an `announced` day after it is not believed.

    Returns:
        The papers, announced on the newest `announced` day that a line gives, if one does.

    Raises:
        InputError: the file holds no paper at all.
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


class _Object:
    """A JSON object whose values are asked for by type; a ValueError names the key."""

    def __init__(self, values: dict[str, Any], within: str = "") -> None:
        self._values = values
        self._within = within

    def text(self, *keys: str) -> str:
        """One line of text: the first of the keys that is there, else an empty one."""
        for key in keys:
            value = self._values.get(key)
            if value is None:
                continue
            if not isinstance(value, str):
                raise self._wrong(key, "a string")
            if text := _one_line(value):
                return text
        return ""

    def name(self, key: str) -> str:
        """As `text`, where a whole number will do too."""
        value = self._values.get(key)
        whole = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if whole else self.text(key)

    def count(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
            raise self._wrong(key, f"a whole number from 0 to {MAX_COUNT:,}")
        return value

    def day(self, key: str) -> date | None:
        text = self.text(key)
        try:
            return day(text) if text else None
        except ValueError as error:
            raise ValueError(f'"{self._within}{key}": {error}') from None

    def address(self, key: str) -> str | None:
        text = self.text(key)
        url = http_url(text)
        if text and url is None:
            raise self._wrong(key, "an http or https address")
        return url

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, or one string with commas."""
        value = self._values.get(key)
        parts = value.split(",") if isinstance(value, str) else self._list(key)
        if not all(isinstance(part, str) for part in parts):
            raise self._wrong(key, "a list of strings, or a string with commas")
        return tuple(filter(None, map(_one_line, parts)))

    def people(self, key: str) -> tuple[str, ...]:
        """A list of names or of objects with `name`, or all names in one string."""
        value = self._values.get(key)
        if isinstance(value, str):
            return split_authors(value)
        names: list[Any] = [
            part.get("name") if isinstance(part, dict) else part for part in self._list(key)
        ]
        if not all(isinstance(name, str) for name in names):
            raise self._wrong(key, 'a list of strings, or of objects with "name"')
        return tuple(filter(None, map(_one_line, names)))

    def within(self, key: str) -> "_Object":
        """The object that stands there; an empty one if none does."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return _Object(value or {}, f"{key}.")

    def keys(self) -> list[str]:
        return list(self._values)

    def _list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if value is not None and not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value or []

    def _wrong(self, key: str, wanted: str) -> ValueError:
        return ValueError(
            f'"{self._within}{key}" must be {wanted}, not {excerpt(repr(self._values[key]))}'
        )


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        item = json.loads(raw.decode())
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(item, dict):
        raise ValueError(f"not an object, but {type(item).__name__}")  # noqa: TRY004 - caught as such
    return item


def _line(item: _Object, number: int) -> JsonLine:
    title = item.text("title")
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
        position=number,
        version=counted if (version := item.count("version")) is None else version,
        keywords=item.texts("keywords"),
    )
    return JsonLine(id=item.name("id") or str(number), paper=paper, announced=item.day("announced"))


def _identifiers(item: _Object) -> tuple[tuple[Identifier, ...], int | None]:
    """The paper's names in registries, and the version that its arXiv id gives."""
    named = item.within("identifiers")
    given = {key.strip().lower(): named.name(key) for key in named.keys()}  # noqa: SIM118 - not a dict
    given["arxiv"] = given.get("arxiv") or item.text("arxiv_id")
    given["doi"] = given.get("doi") or item.text("doi")
    found: list[Identifier] = []
    version = None
    for scheme, value in given.items():
        if not scheme or not value:
            continue
        if scheme == "arxiv":
            known = find_arxiv_id(value) or find_arxiv_id(f"arXiv:{value}")
            if known is None:
                raise ValueError(f"no arXiv id: {excerpt(value)}")
            value, version = known  # noqa: PLW2901 - its normal form
        elif scheme == "doi":
            known_doi = find_doi(value)
            if known_doi is None:
                raise ValueError(f"no DOI: {excerpt(value)}")
            value = known_doi  # noqa: PLW2901 - its normal form
        found.append(Identifier(scheme=scheme, value=value))
    return tuple(found), version


def _links(item: _Object) -> tuple[PaperLink, ...]:
    given = item.within("links")
    urls = {rel: given.address(rel) for rel in RELS}
    urls["abstract"] = urls["abstract"] or item.address("url")
    return tuple(PaperLink(rel=rel, url=url) for rel, url in urls.items() if url)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
