"""Parses responses of the Hugging Face Daily Papers API into batches.

`/api/daily_papers?date=YYYY-MM-DD` returns a list of items. Each item is an object with the
paper in `paper` and further data of the site around it. The format changed over the years, and
this parser reads all its variants: keys were added and removed; on some days the items are
strings that contain a Python dictionary literal; one response is wrapped in
`{status, date, count, data}`. docs/formats.md lists the keys.
"""

import ast
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from digest.core.batch_limits import MAX_PAPERS, RejectionList, has_controls, within_limits
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources.daily_papers.text_dump import clean, excerpt
from digest.sources.json_values import TooManyValuesError, load_json
from digest.sources.markup import http_url

# Maximum length, in characters, of an item that is a string. Parsing one of this length takes
# 140 MB of memory; a paper with 664 authors needs 100,000 characters.
MAX_LITERAL_LENGTH = 2**18
MAX_DEPTH = 32  # nested brackets in such an item; real ones have 5
MAX_COUNT = 2**31 - 1  # votes, comments and stars: the largest integer that the database stores

_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}")
_BRACKETS = re.compile(r"[][(){}]")
# A quoted string; the closing quote may be missing.
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?", re.DOTALL)
_GRACE = timedelta(days=1)  # the site's time zone may already be in the next day


def parse(
    data: bytes, *, source: str, origin: str, now: datetime, announced: date | None = None
) -> Batch:
    """Parses the response for one day.

    Args:
        data: The body of the response, JSON.
        source: The name of the source.
        origin: The address or file, for the batch and for error messages.
        now: The current time. Listing dates after it are ignored.
        announced: The requested day. None: the date in the wrapper, else the newest day on
            which one of the items was listed.

    Returns:
        The papers in the order of the site, with positions from 1, and a rejection for each
        item without a usable paper. Links are http or https.

    Raises:
        InputError: The data is not a response of this API.
    """
    items, stated = _items(_load(data, origin), origin)
    papers: list[Paper] = []
    rejected = RejectionList()
    listed: list[date] = []
    for position, raw in enumerate(items[:MAX_PAPERS], start=1):
        try:
            item = _item(raw)
            papers.append(_paper(item, position))
        except ValueError as error:
            rejected.add(f"item {position}: {error}")
        else:
            listed += _listed(item)
    too_many = f"{len(items):,} items, of which the first {MAX_PAPERS:,} are read"
    cut = (Rejection(reason=too_many),) if len(items) > MAX_PAPERS else ()
    return within_limits(
        Batch(
            source=source,
            origin=origin,
            papers=tuple(papers),
            announced=announced or stated or newest(listed, now=now),
            rejected=(*rejected.shown(), *cut),
            fingerprint=blake2b(data, digest_size=16).hexdigest(),
        )
    )


def links_of(paper_id: str) -> tuple[PaperLink, ...]:
    """Returns the links to a paper on Hugging Face and, if it is an arXiv paper, on arXiv."""
    # The id comes from the response. Without quoting it could lead to any other page.
    name = quote(paper_id, safe="")
    page = PaperLink(rel="page", url=f"https://huggingface.co/papers/{name}")
    if identifier_of(paper_id).scheme != "arxiv":
        return (page,)
    return (
        PaperLink(rel="abstract", url=f"https://arxiv.org/abs/{name}"),
        PaperLink(rel="pdf", url=f"https://arxiv.org/pdf/{name}"),
        page,
    )


def identifier_of(paper_id: str) -> Identifier:
    """Returns the identifier for an id of this site; it is an arXiv id if it looks like one."""
    return Identifier(scheme="arxiv" if _ARXIV_ID.fullmatch(paper_id) else "hf", value=paper_id)


def day(text: str) -> date:
    """Returns the day, in UTC, of an ISO 8601 date or timestamp.

    Raises:
        ValueError: The text is neither.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        timestamp = datetime.fromisoformat(text)
        # The API writes UTC, so a timestamp without a time zone is taken as UTC.
        return (timestamp if timestamp.tzinfo is None else timestamp.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        raise ValueError(f"no date like 2026-05-11: {excerpt(text)}") from None


def newest(days: Iterable[date], *, now: datetime) -> date | None:
    """Returns the latest of the days that is not in the future; None if there is none."""
    return max((day for day in days if day <= now.date() + _GRACE), default=None)


def _load(data: bytes, origin: str) -> Any:
    try:
        # This is how `json.loads` decodes bytes itself.
        return load_json(data.decode(json.detect_encoding(data), "surrogatepass"))
    except UnicodeDecodeError:
        raise InputError("not UTF-8, so no answer of the API", file=origin) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON: {error.msg} at column {error.colno}", file=origin, line=error.lineno
        ) from None
    except TooManyValuesError as error:
        raise InputError(str(error), file=origin) from None
    except ValueError:  # Python refuses integers with thousands of digits
        raise InputError("not JSON: a number is too long", file=origin) from None
    except RecursionError:
        raise InputError("JSON that is nested too deeply", file=origin) from None


def _items(answer: Any, origin: str) -> tuple[list[Any], date | None]:
    """Returns the items of a response, and the date in its wrapper, if it has one."""
    if isinstance(answer, list):
        return answer, None
    # One real response was a bare number.
    if not isinstance(answer, dict):
        beginning = excerpt(json.dumps(answer))
        raise InputError(
            f"a list of papers was expected, but the file contains {beginning}; fetch the day"
            " again",
            file=origin,
        )
    items = answer.get("data")
    if isinstance(items, list):
        return items, next(_days(answer.get("date")), None)
    if isinstance(problem := answer.get("error"), str):
        raise InputError(f"the API answered with an error: {excerpt(problem)}", file=origin)
    raise InputError('an object without a list "data", so no papers', file=origin)


def _item(raw: Any) -> dict[str, Any]:
    item = _parse_literal(raw) if isinstance(raw, str) else raw
    if not isinstance(item, dict):
        raise ValueError(f"not an object, but {type(item).__name__}")  # noqa: TRY004 - caught as such
    return item


def _parse_literal(text: str) -> Any:
    """Parses an item that was stored as a Python literal. Nothing in it is executed."""
    if len(text) > MAX_LITERAL_LENGTH:
        raise ValueError(
            f"text of {len(text):,} characters; at most {MAX_LITERAL_LENGTH:,} are read"
        )
    # Python's parser is recursive: deep nesting would take much memory before it fails.
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise ValueError("text that is nested too deeply")
    try:
        with warnings.catch_warnings():
            # TeX's backslashes are invalid escape sequences.
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"text that is no object: {excerpt(text)}") from None


def _paper(item: dict[str, Any], position: int) -> Paper:
    entry = item.get("paper")
    if not isinstance(entry, dict):
        raise ValueError('no object "paper"')  # noqa: TRY004 - caught as such
    # Without a title and an id, a paper could be neither shown nor recognised again.
    paper_id = _text(entry.get("id"))
    if isinstance(entry.get("id"), str) and has_controls(entry["id"].strip()):
        raise ValueError(f"paper {excerpt(paper_id)}: its id has control characters")
    title = _text(entry.get("title")) or _text(item.get("title"))
    if not title:
        raise ValueError(f"paper {paper_id}: no title" if paper_id else "no title")
    if not paper_id:
        raise ValueError(f"paper {excerpt(title)}: no id")
    addresses = (
        ("code", entry.get("githubRepo")),
        ("project", entry.get("projectPage")),
        ("thumbnail", item.get("thumbnail")),
    )
    links = [
        PaperLink(rel=rel, url=url)
        for rel, address in addresses
        if isinstance(address, str) and (url := http_url(address))
    ]
    return Paper(
        title=title,
        abstract=_text(entry.get("summary")) or _text(item.get("summary")),
        authors=tuple(_authors(entry.get("authors"))),
        identifiers=(identifier_of(paper_id),),
        links=(*links_of(paper_id), *links),
        published=next(_days(entry.get("publishedAt")), None),
        votes=_count(entry.get("upvotes")),
        comments=_count(item.get("numComments")),
        stars=_count(entry.get("githubStars")),
        position=position,
        summary=_text(entry.get("ai_summary")),
        keywords=tuple(filter(None, map(_text, _list(entry.get("ai_keywords"))))),
    )


def _authors(value: Any) -> Iterable[str]:
    for author in _list(value):
        if isinstance(author, dict) and author.get("hidden") is not True:
            name = _text(author.get("name"))
        else:
            name = _text(author)
        if name:
            yield name


def _listed(item: dict[str, Any]) -> Iterable[date]:
    """Returns the listing date; older responses have it in `publishedAt` of the item."""
    yield from _days(item["paper"].get("submittedOnDailyAt") or item.get("publishedAt"))


def _days(value: Any) -> Iterator[date]:
    if isinstance(value, str):
        try:
            yield day(value)
        except ValueError:
            return


def _text(value: Any) -> str:
    """Returns the value as one line of text; empty if it is not a string."""
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    # JSON's true and false are integers in Python.
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if is_integer and 0 <= value <= MAX_COUNT else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
