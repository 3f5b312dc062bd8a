r"""The keyword language: what a reader may write, read and printed back.

    KV cache            a phrase: the stems of its words next to each other, so that
                        "KV-caches" matches too; whole words, "fusion" is not "diffusion"
    "mixture of experts"   letter for letter; case counts if the quotes hold a capital
    RAG                 two to five capitals, also with a plural s: capitals only
    quantiz*            words that begin so; the star ends the last word
    pruning^2           counts double; above 0, at most 100
    title:pruning       in the title only
    author:Tri Dao      also "T. Dao" and "Dao, Tri"; a family name alone matches all who bear it
    category:cs.LG      of the source; category:cs and category:cs.* take in all of cs
    -federated learning    removes a paper; only where exclusions are expected

Grammar: ["-"] [field ":"] (words ["*"] | '"' text '"') ["^" number].
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol

from digest.core.models.profiles import Keyword
from digest.core.text.tokens import BREAK, STOP_WORDS, fold, normalise, stem, tokenise

MAX_LENGTH = 200
"""Characters in one keyword."""

MAX_WEIGHT = 100.0

_FIELDS = ("title", "author", "category")
_FIELD = re.compile(r"\s*([A-Za-z]+):\s*(?=\S|$)")
_WEIGHT = re.compile(r"\s*\^([^\s^\"]*)\s*$")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_CAPITALS = re.compile(r"[A-Z]{2,5}s?")
_DASHES = "-‐‑–—−"
_MISPLACED = {
    '"': "a quote inside a keyword; put quotes around the whole of it, or remove it",
    "*": 'a "*" that does not end the keyword; write it after the last word, as in quantiz*',
    "^": 'a "^" that is not a weight; write the weight at the end, as in pruning^2',
}
_QUOTES = str.maketrans("“”„«»", '"""""')


class KeywordError(ValueError):
    """A keyword that cannot be used.

    Args:
        problem: what is wrong and what to write instead.
        column: where in the keyword, counted from 1.
        keyword: the keyword as written.
    """

    def __init__(self, problem: str, *, column: int, keyword: str = "") -> None:
        self.problem = problem
        self.column = column
        self.keyword = keyword
        super().__init__(problem)


def parse(text: str) -> Keyword:
    """Read one keyword.

    Raises:
        KeywordError: it is not a keyword, or it is an exclusion ("-term").
    """
    return _parse(text, _start(text))


def parse_all(
    keywords: Iterable[str], exclude: Iterable[str] = ()
) -> tuple[tuple[Keyword, ...], tuple[Keyword, ...]]:
    """Read a topic's keywords and exclusions: what is included, what is excluded.

    A "-term" among the keywords is an exclusion; one among the exclusions is one too.

    Raises:
        KeywordError: for the first that cannot be used.
    """
    included: list[Keyword] = []
    excluded: list[Keyword] = []
    for text in keywords:
        start = _start(text)
        if _is_dash(text, start):
            excluded.append(_exclusion(text, start + 1))
        else:
            included.append(_parse(text, start))
    for text in exclude:
        start = _start(text)
        excluded.append(_exclusion(text, start + _is_dash(text, start)))
    return tuple(included), tuple(excluded)


def unparse(keyword: Keyword) -> str:
    """The keyword in its plainest spelling; `parse` reads the same from it."""
    field = "" if keyword.field == "text" else f"{keyword.field}:"
    term = f'"{keyword.term}"' if keyword.exact else keyword.term
    star = "*" if keyword.prefix else ""
    weight = "" if keyword.weight == 1.0 else f"^{_decimal(keyword.weight)}"
    return f"{field}{term}{star}{weight}"


def term_words(keyword: Keyword) -> tuple[str, ...]:
    """The words of the keyword's term as written, with the breaks between them."""
    found = tokenise(keyword.term)
    while found and stem(found[-1]) == BREAK:
        found.pop()
    while found and stem(found[0]) == BREAK:
        found.pop(0)
    return tuple(found)


class _Error(Protocol):
    """Makes the error for a problem at a place, counted from 0."""

    def __call__(self, problem: str, at: int) -> KeywordError: ...


def _start(text: str) -> int:
    """Where the keyword begins, after the checks that hold for all of them."""
    if len(text) > MAX_LENGTH:
        problem = (
            f"a keyword of {len(text)} characters; write at most {MAX_LENGTH}, several keywords"
            " are several strings"
        )
        raise KeywordError(problem, column=MAX_LENGTH + 1, keyword=text[:MAX_LENGTH])
    for place, char in enumerate(text):
        if unicodedata.category(char) in ("Cc", "Cs") and not char.isspace():
            raise KeywordError(
                "a control character; remove it", column=place + 1, keyword=text[:place]
            )
    start = len(text) - len(text.lstrip())
    if start == len(text):
        raise KeywordError("an empty keyword; write a word or remove it", column=1, keyword=text)
    return start


def _is_dash(text: str, start: int) -> bool:
    return text[start] in _DASHES


def _exclusion(text: str, start: int) -> Keyword:
    keyword = _parse(text, start)
    if keyword.weight != 1.0:
        problem = "an exclusion has no weight; remove ^ and the number"
        raise KeywordError(problem, column=text.rindex("^") + 1, keyword=text)
    return keyword


def _parse(text: str, start: int) -> Keyword:
    """Read the keyword that begins at `start` of `text`."""

    def error(problem: str, at: int) -> KeywordError:
        return KeywordError(problem, column=at + 1, keyword=text)

    body = text.translate(_QUOTES)
    field, start = _read_field(body, start, error)
    weight, end = _read_weight(body, start, error)
    if start >= end:
        raise error("no word to look for; write one", start)
    if _is_dash(body, start):
        problem = 'a keyword cannot begin with "-", which excludes; write it under exclude instead'
        raise error(problem, start)
    exact = body[start] == '"'
    prefix = not exact and body[end - 1] == "*"
    if exact:
        start, end = _read_quoted(body, start, end, error)
    else:
        end -= prefix
        for char, problem in _MISPLACED.items():
            if (at := body.find(char, start, end)) >= 0:
                raise error(problem, at)
    term = normalise(text[start:end])
    capitals = field in ("text", "title") and not (exact or prefix) and _is_capitals(term)
    keyword = Keyword(
        text=normalise(text),
        term=term,
        weight=weight,
        field=field,
        exact=exact,
        prefix=prefix,
        capitals=capitals,
    )
    if unusable := _unusable(keyword):
        raise error(unusable, start)
    return keyword


def _read_quoted(body: str, start: int, end: int, error: _Error) -> tuple[int, int]:
    """Where the text between the quotes begins and ends."""
    close = body.find('"', start + 1)
    if close < 0:
        raise error('a quote that is not closed; write " at the end too', start)
    if close != end - 1:
        raise error("something after the closing quote; remove it", close + 1)
    return start + 1, close


def _read_field(body: str, start: int, error: _Error) -> tuple[str, int]:
    """The field, and where the term begins."""
    found = _FIELD.match(body, start)
    if not found:
        return "text", start
    field = found[1].lower()
    if field in _FIELDS:
        return field, found.end()
    if body[found.end() - 1] == ":":  # nothing between the colon and the word: meant as a field
        problem = f'unknown field "{found[1]}:"; write title:, author: or category:, or use quotes'
        raise error(problem, found.start(1))
    return "text", start


def _read_weight(body: str, start: int, error: _Error) -> tuple[float, int]:
    """The weight, and where the term ends."""
    found = _WEIGHT.search(body, start)
    if not found:
        return 1.0, len(body.rstrip())
    number = float(found[1]) if _NUMBER.fullmatch(found[1]) else 0.0
    if not 0.0 < number <= MAX_WEIGHT:
        problem = f"the weight {found[0].strip()} is no number above 0 and at most 100; write ^2"
        raise error(problem, body.index("^", found.start()))
    return number, found.start()


def _unusable(keyword: Keyword) -> str | None:
    """Why no paper, or nearly every paper, would match; None if the keyword is fine."""
    words = term_words(keyword)
    if not words:
        return "no word to look for; write one with letters or digits"
    if keyword.field == "category":
        return "a space in a category; write one, as in cs.LG" if " " in keyword.term else None
    if keyword.field == "author":
        return "a star in a name; write the name, an initial is enough" if keyword.prefix else None
    if keyword.prefix and len(words[-1]) < 2 and words[-1].isascii():
        return "too short for a prefix; write at least two letters before the star"
    if not (keyword.exact or keyword.prefix or keyword.capitals) and _is_empty(words):
        return "only words that stand in every text; add one that does not, or use quotes"
    return None


def _is_empty(words: tuple[str, ...]) -> bool:
    return all(fold(word) in STOP_WORDS or stem(word) == BREAK for word in words)


def _is_capitals(term: str) -> bool:
    return _CAPITALS.fullmatch(term) is not None


def _decimal(number: float) -> str:
    """The number without exponent, as the grammar wants it."""
    from decimal import Decimal

    return format(Decimal(repr(number)).normalize(), "f")
