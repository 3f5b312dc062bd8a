"""Hugging Face Daily Papers, as its API answers: bytes to Batch.

`/api/daily_papers?date=YYYY-MM-DD` gives a list of items, each an object with the paper in
`paper` and what the site adds around it. Archived answers drift, and all of it is read: keys
come and go; some days hold the items as text, as Python writes a dictionary; one is wrapped
in `{status, date, count, data}`. docs/formats.md has the keys.
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

from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.errors import InputError
from digest.sources.daily_papers.text_dump import clean, excerpt
from digest.sources.markup import http_url

MAX_WRITTEN = (
    2**18
)  # characters of an item that is text: 140 MB while read; 664 authors need 0.1 million
MAX_DEPTH = 32  # of its brackets; a real one has 5
MAX_COUNT = 2**31 - 1  # votes and comments: what a database's integer holds

_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}")
_BRACKETS = re.compile(r"[][(){}]")
_STRING = re.compile(
    r"'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?", re.DOTALL
)  # or what begins like one
_GRACE = timedelta(days=1)  # the site's day may have begun where the clock's has not


def parse(
    data: bytes, *, source: str, origin: str, now: datetime, announced: date | None = None
) -> Batch:
    """Read one day's answer.

    Args:
        data: the answer's body, JSON.
        source: the source's name.
        origin: the address or file, for the batch and for errors.
        now: the present; a listing date in an item is not believed if it is after it.
        announced: the day that was asked for. If it is None: the wrapper's date, else the
            newest day on which one of the items was listed.

    Returns:
        The papers in the site's order, positions counted from 1, and the items that hold
        none, each with its place in the list. Links are http or https.

    Raises:
        InputError: the bytes are no such answer.
    """
    items, stated = _items(_load(data, origin), origin)
    papers: list[Paper] = []
    rejected: list[Rejection] = []
    listed: list[date] = []
    for position, raw in enumerate(items, start=1):
        try:
            item = _item(raw)
            papers.append(_paper(item, position))
        except ValueError as error:
            rejected.append(Rejection(reason=f"item {position}: {error}"))
        else:
            listed += _listed(item)
    return Batch(
        source=source,
        origin=origin,
        papers=tuple(papers),
        announced=announced or stated or newest(listed, now=now),
        rejected=tuple(rejected),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
    )


def links_of(paper_id: str) -> tuple[PaperLink, ...]:
    """Where a paper of this site is found, there and on arXiv."""
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
    """The paper's id at this site, which is its arXiv id if it looks like one."""
    return Identifier(scheme="arxiv" if _ARXIV_ID.fullmatch(paper_id) else "hf", value=paper_id)


def day(text: str) -> date:
    """The day, in UTC, of an ISO 8601 date or moment; ValueError if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        raise ValueError(f"no date like 2026-05-11: {excerpt(text)}") from None


def newest(days: Iterable[date], *, now: datetime) -> date | None:
    """The latest of the days that is not in the future."""
    return max((item for item in days if item <= now.date() + _GRACE), default=None)


def _load(data: bytes, origin: str) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise InputError("not UTF-8, so no answer of the API", file=origin) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON: {error.msg} at column {error.colno}", file=origin, line=error.lineno
        ) from None
    except ValueError:  # an integer of thousands of digits
        raise InputError("not JSON: a number is too long", file=origin) from None
    except RecursionError:
        raise InputError("JSON that is nested too deeply", file=origin) from None


def _items(answer: Any, origin: str) -> tuple[list[Any], date | None]:
    """The list of items, and the day that the answer states."""
    if isinstance(answer, list):
        return answer, None
    if not isinstance(answer, dict):
        written = excerpt(json.dumps(answer))
        raise InputError(
            f"a list of papers was expected, here stands {written}; fetch the day again",
            file=origin,
        )
    items = answer.get("data")
    if isinstance(items, list):
        return items, next(_days(answer.get("date")), None)
    if isinstance(problem := answer.get("error"), str):
        raise InputError(f"the API answered with an error: {excerpt(problem)}", file=origin)
    raise InputError('an object without a list "data", so no papers', file=origin)


def _item(raw: Any) -> dict[str, Any]:
    item = _written(raw) if isinstance(raw, str) else raw
    if not isinstance(item, dict):
        raise ValueError(f"not an object, but {type(item).__name__}")  # noqa: TRY004 - caught as such
    return item


def _written(text: str) -> Any:
    """An item that was saved as Python writes it; only literals are read, nothing is run."""
    if len(text) > MAX_WRITTEN:
        raise ValueError(f"text of {len(text):,} characters; at most {MAX_WRITTEN:,} are read")
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise ValueError("text that is nested too deeply")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # backslashes in the text
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"text that is no object: {excerpt(text)}") from None


def _paper(item: dict[str, Any], position: int) -> Paper:
    shown = item.get("paper")
    if not isinstance(shown, dict):
        raise ValueError('no object "paper"')  # noqa: TRY004 - caught as such
    paper_id = _text(shown.get("id"))
    title = _text(shown.get("title")) or _text(item.get("title"))
    if not title:
        raise ValueError(f"paper {paper_id}: no title" if paper_id else "no title")
    if not paper_id:
        raise ValueError(f"paper {excerpt(title)}: no id")
    found = (("code", shown.get("githubRepo")), ("project", shown.get("projectPage")))
    links = [
        PaperLink(rel=rel, url=url)
        for rel, address in found
        if isinstance(address, str) and (url := http_url(address))
    ]
    return Paper(
        title=title,
        abstract=_text(shown.get("summary")) or _text(item.get("summary")),
        authors=tuple(_authors(shown.get("authors"))),
        identifiers=(identifier_of(paper_id),),
        links=(*links_of(paper_id), *links),
        published=next(_days(shown.get("publishedAt")), None),
        votes=_count(shown.get("upvotes")),
        comments=_count(item.get("numComments")),
        position=position,
        summary=_text(shown.get("ai_summary")),
        keywords=tuple(filter(None, map(_text, _list(shown.get("ai_keywords"))))),
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
    """When the item was listed; the outer date was that, until the inner one came."""
    yield from _days(item["paper"].get("submittedOnDailyAt") or item.get("publishedAt"))


def _days(value: Any) -> Iterator[date]:
    if isinstance(value, str):
        try:
            yield day(value)
        except ValueError:
            return


def _text(value: Any) -> str:
    """One line of text; what is no text counts as absent."""
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= MAX_COUNT else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
