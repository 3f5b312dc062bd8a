r"""Parses the keyword language of the profiles, and writes keywords back as text.

    KV cache            a phrase: the lemmas of its words next to each other, so it matches
                        "KV-caches" too; whole words only: "fusion" does not match "diffusion"
    "mixture of experts"   exactly these letters; case counts if the quotes contain a capital
    RAG                 two to five capitals, also with a plural s: matches capitals only
    quantiz*            words that start with these letters; only the last word can have a star
    pruning^2           counts double; the weight is above 0 and at most 100
    title:pruning       in the title only
    author:Tri Dao      also "T. Dao" and "Dao, Tri"; a family name alone matches all with this name
    category:cs.LG      of the source; category:cs and category:cs.* include all of cs
    author:orcid:...    and institution:, venue:, cites: are ids (`digest.core.keywords.connections`)
    -federated learning    removes a paper; only where exclusions are allowed

Grammar: ["-"] [field ":"] (words ["*"] | '"' text '"') ["^" number].
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from digest.core.keywords.connections import (
    CONNECTION_FIELDS,
    ConnectionIdError,
    parse_connection,
)
from digest.core.models.profiles import Keyword, is_text
from digest.core.reader_text import ReaderText
from digest.core.text.tokens import BREAK, STOP_WORDS, fold, lemma, normalise, tokenise

MAX_LENGTH = 200
"""The maximum number of characters in one keyword."""

MAX_WEIGHT = 100.0

_FIELDS = ("title", "author", "category", *CONNECTION_FIELDS)
_FIELD = re.compile(r"\s*([A-Za-z]+):\s*(?=\S|$)")
# The lookbehind keeps it linear: a run of white space is tried from its start only.
_WEIGHT = re.compile(r"(?<!\s)\s*+\^([^\s^\"]*+)\s*+$")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_CAPITALS = re.compile(r"[A-Z]{2,5}s?")
_DASHES = "-‐‑–—−"
_MISPLACED = {
    '"': ReaderText("a quote inside a keyword; put quotes around the whole keyword, or remove it"),
    "*": ReaderText(
        'a "*" that does not end the keyword; write it after the last word, as in quantiz*'
    ),
    "^": ReaderText('a "^" that is not a weight; write the weight at the end, as in pruning^2'),
}
_QUOTES = str.maketrans("“”„«»", '"""""')


class KeywordError(ValueError):
    """A keyword cannot be used.

    Args:
        problem: what is wrong and what to write instead.
        column: the position in the keyword, counted from 1.
        keyword: the keyword as written.
    """

    def __init__(self, problem: str, *, column: int, keyword: str = "") -> None:
        self.problem = problem
        self.column = column
        self.keyword = keyword
        super().__init__(problem)


def parse(text: str) -> Keyword:
    """Parses one keyword.

    Raises:
        KeywordError: the text is not a keyword, or it is an exclusion ("-term").
    """
    return _parse(text, _start(text))


def parse_all(
    keywords: Iterable[str], exclude: Iterable[str] = ()
) -> tuple[tuple[Keyword, ...], tuple[Keyword, ...]]:
    """Parses the keywords and exclusions of a topic.

    Args:
        keywords: keywords; a "-term" among them is an exclusion.
        exclude: exclusions, with or without "-".

    Returns:
        The keywords and the exclusions.

    Raises:
        KeywordError: for the first text that cannot be used.
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
    """Returns the keyword as text in its simplest form; `parse` gives the same keyword."""
    field = "" if keyword.field == "text" else f"{keyword.field}:"
    term = f'"{keyword.term}"' if keyword.exact else keyword.term
    star = "*" if keyword.prefix else ""
    weight = "" if keyword.weight == 1.0 else f"^{_decimal(keyword.weight)}"
    return f"{field}{term}{star}{weight}"


def term_words(keyword: Keyword) -> tuple[str, ...]:
    """Returns the words of the term as written, and the breaks between them."""
    words = tokenise(keyword.term)
    while words and lemma(words[-1]) == BREAK:
        words.pop()
    while words and lemma(words[0]) == BREAK:
        words.pop(0)
    return tuple(words)


class _MakeError(Protocol):
    """Creates the error for a problem at a position, counted from 0."""

    def __call__(self, problem: str, at: int) -> KeywordError: ...


# A keyword of a profile is parsed to check it, to count it and to use it, and thousands of readers have
# the same ones.
@lru_cache(maxsize=16_384)
def _start(text: str) -> int:
    """Returns the index of the first letter, after the checks that apply to every keyword."""
    if len(text) > MAX_LENGTH:
        problem = ReaderText(
            "a keyword of %(length)s characters; write at most %(most)s, several keywords"
            " are several strings",
            length=len(text),
            most=MAX_LENGTH,
        )
        raise KeywordError(problem, column=MAX_LENGTH + 1, keyword=text[:MAX_LENGTH])
    for index, char in enumerate("" if text.isprintable() else text):  # most are printable
        if unicodedata.category(char) in ("Cc", "Cs") and not char.isspace():
            raise KeywordError(
                ReaderText("a control character; remove it"), column=index + 1, keyword=text[:index]
            )
    start = len(text) - len(text.lstrip())
    if start == len(text):
        raise KeywordError(
            ReaderText("an empty keyword; write a word or remove it"), column=1, keyword=text
        )
    return start


def _is_dash(text: str, start: int) -> bool:
    return text[start] in _DASHES


def _exclusion(text: str, start: int) -> Keyword:
    keyword = _parse(text, start)
    if keyword.weight != 1.0:
        problem = ReaderText("an exclusion has no weight; remove ^ and the number")
        raise KeywordError(problem, column=text.rindex("^") + 1, keyword=text)
    return keyword


@lru_cache(maxsize=16_384)
def _parse(text: str, start: int) -> Keyword:
    """Parses the keyword that starts at index `start` of `text`."""

    def error(problem: str, at: int) -> KeywordError:
        return KeywordError(problem, column=at + 1, keyword=text)

    body = text.translate(_QUOTES)
    field, start = _read_field(body, start, error)
    weight, end = _read_weight(body, start, error)
    if start >= end:
        raise error(ReaderText("no word to look for; write one"), start)
    if _is_dash(body, start):
        problem = ReaderText(
            'a keyword cannot begin with "-", which excludes; write it under exclude instead'
        )
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


def _read_quoted(body: str, start: int, end: int, error: _MakeError) -> tuple[int, int]:
    """Returns the start and the end of the text between the quotes."""
    close = body.find('"', start + 1)
    if close < 0:
        raise error(ReaderText('a quote that is not closed; write " at the end too'), start)
    if close != end - 1:
        raise error(ReaderText("something after the closing quote; remove it"), close + 1)
    return start + 1, close


def _read_field(body: str, start: int, error: _MakeError) -> tuple[str, int]:
    """Returns the field, and the index where the term starts."""
    match = _FIELD.match(body, start) if ":" in body else None  # most have none
    if not match:
        return "text", start
    field = match[1].lower()
    if field in _FIELDS:
        return field, match.end()
    # No space follows the colon, so it was meant as a field.
    if body[match.end() - 1] == ":":
        problem = ReaderText(
            'unknown field "%(field)s"; write title:, author:, category:, institution:, venue: or'
            " cites:, or use quotes",
            field=match[0].strip(),
        )
        raise error(problem, match.start(1))
    return "text", start


def _read_weight(body: str, start: int, error: _MakeError) -> tuple[float, int]:
    """Returns the weight, and the index where the term ends."""
    match = _WEIGHT.search(body, start) if "^" in body else None  # most have none
    if not match:
        return 1.0, len(body.rstrip())
    number = float(match[1]) if _NUMBER.fullmatch(match[1]) else 0.0
    if not 0.0 < number <= MAX_WEIGHT:
        problem = ReaderText(
            "the weight %(weight)s is not a number above 0 and at most 100; write ^2",
            weight=match[0].strip(),
        )
        raise error(problem, body.index("^", match.start()))
    return number, match.start()


def _unusable(keyword: Keyword) -> str | None:
    """Returns why no paper, or nearly every paper, would match; None if the keyword is fine."""
    words = term_words(keyword)
    if not words:
        return ReaderText("no word to look for; write one with letters or digits")
    if not is_text(keyword):
        return _unusable_name(keyword)
    if keyword.prefix and len(words[-1]) < 2 and words[-1].isascii():
        return ReaderText("too short for a prefix; write at least two letters before the star")
    if not (keyword.exact or keyword.prefix or keyword.capitals) and _is_empty(words):
        return ReaderText("only words that are in every text; add one that is not, or use quotes")
    return None


def _unusable_name(keyword: Keyword) -> str | None:
    """Returns why the name or the id of a keyword cannot be used; None if it is fine."""
    problem = None
    if keyword.field == "category":
        if " " in keyword.term:
            problem = ReaderText("a space in a category; write one, as in cs.LG")
    elif keyword.prefix:
        problem = ReaderText("a star in a name; write the name, an initial is enough")
        if keyword.field in CONNECTION_FIELDS:
            problem = ReaderText("a star in a name; write the whole name, or an id")
    else:
        try:
            parse_connection(keyword.field, keyword.term)
        except ConnectionIdError as error:
            problem = error.args[0]
    return problem


def _is_empty(words: tuple[str, ...]) -> bool:
    return all(fold(word) in STOP_WORDS or lemma(word) == BREAK for word in words)


def _is_capitals(term: str) -> bool:
    return _CAPITALS.fullmatch(term) is not None


def _decimal(number: float) -> str:
    """Returns the number without an exponent, which the grammar does not allow."""
    from decimal import Decimal

    return format(Decimal(repr(number)).normalize(), "f")
