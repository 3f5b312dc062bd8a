"""Tests that functions over outside text take linear time on hostile text.

The steps of the regular expression engine and of `unicodedata` cannot be counted from Python:
both run in C. So the tests compare CPU times of this process, and only relative to each other:
twice the input may take at most three times as long (quadratic time takes four times). The
fastest of several runs is compared, since other processes can only slow a run down. A run of
less than `_NOISE` seconds passes: at these sizes the quadratic versions took 0.2 s and more.
"""

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from email.message import Message

import pytest
from support.builders import NOW

from digest.address_spellings import spellings
from digest.core.identity.identifiers import title_key
from digest.core.identity.name_parsing import split_authors
from digest.core.identity.similarity import words as title_words
from digest.core.mime_reader import ParsedMessage
from digest.core.text.display import display_text
from digest.core.text.html_text import html_text
from digest.core.text.paper_ids import doi
from digest.core.text.sentences import split as sentences
from digest.core.text.tokens import normalise, tokenise
from digest.errors import InputError
from digest.logs import Redactor, redactor
from digest.mail.bounces import parser as bounce
from digest.mail.bounces.ses_notification import read_notification
from digest.mail.bounces.status_codes import status_from_words
from digest.mail.bounces.text_heuristics import split_notice, without_quotes
from digest.sources import jsonl, markup
from digest.sources.daily_papers import markdown_dump, text_dump
from digest.sources.library import parse as library

_REPEATS = 5
_NOISE = 0.1  # seconds of CPU time
_CLEARLY_LINEAR = 2.5  # times as long for twice the text: further runs are not needed
_MARKS = "\u0316\u0301"


def _split(text: str) -> object:
    return split_notice(ParsedMessage(headers=Message(), texts=(text,), reports=(), returned=()))


def _redact(text: str) -> object:
    redact = Redactor()
    redact.set_hash_key(b"k" * 32)
    redact.allow_addresses("digest@example.org")
    return redact(text)


def _erased(text: str) -> object:
    return spellings("a.a").sub("", text), spellings("a.a", domains=frozenset({"a.a"})).sub(
        "", text
    )


def _dump(text: str) -> object:
    page = f"Daily Papers\n\nMay 5\n\n{text}\n"
    return text_dump.parse(page.encode(), source="s", origin="x", modified=None, now=NOW)


def _markdown(text: str) -> object:
    page = f"# [T](/papers/2605.00001)\n\n{text}"
    return markdown_dump.parse(page.encode(), source="s", origin="x", modified=None, now=NOW)


def _library(text: str) -> object:
    with suppress(InputError):
        return library.parse(f"@a{{b,title={{T}}}}\n{text}".encode(), origin="x")
    return None


def _json_line(text: str) -> object:
    line = {"title": text, "authors": text, "keywords": text, "identifiers": {"doi": text}}
    with suppress(InputError):
        return jsonl.parse(json.dumps(line).encode(), origin="x")
    return None


def _xml(text: str) -> object:
    with suppress(InputError):
        return markup.safe_xml(markup.decode(text.encode(), origin="x"), origin="x")
    return None


def _message(text: str) -> object:
    header = "From: mailer-daemon@a.org\nSubject: Undelivered Mail Returned to Sender\n\n"
    return bounce.parse(f"{header}{text}".encode())


def _html(text: str) -> object:
    return html_text(text, limit=100_000), html_text(text, limit=100_000, only_html=True)


# Parts of HTML, TeX, feeds and mails that open something, and that nothing closes.
_OPENED: tuple[tuple[Callable[[str], object], tuple[str, ...]], ...] = (
    (_html, ("<object>", "<video ", "<script>", "<!--", "&#", "<a b='", "<p>", "\n \n", "</")),
    (display_text, ("$", "\\(", "{\\bf ", "``", "https://a{", "\\'", "^{", "_{", "sum_{a}^{",
                    "sim ", "Obig(", "1times", "~", "<a b=", "&#1", "/", "\\sqrt[", "--",
                    "*", "**a ", " *a", " _a", "`a", " `a", "[a](https://", "[", "''a")),
    (sentences, (". ", ".", "e.g. ", "。", "1. ", "? A")),
    (_dump, ("a\n", "a\n\n", "• 1 author\n\n", "•\n", "\n", "-\n")),
    (_markdown, ("one two three four five six seven words here\n\n", "[", "[a](", "![", "# [", "1 ",
                 "\\", "- a\n")),
    (_library, ("@a{b,title={", "\n@a{b,title={", "{", "a=", "#a", "@a{}", ",", "\\")),
    (_json_line, (",", "10.1/", "(", "arXiv:", "\t", ";")),
    (_xml, ("<a ", "<!--", "<![CDATA[", "&#", "&#55357;", "&#1", "<?xml ")),
    (_message, ("To: ", "<a@", "a@a.a ", "\nTo:", "5.1.1 ", "--", "\n ", "for <", "user ", "&#")),
    (redactor, ("a@", "a.", "a@b.", "a%40", "-----BEGIN PRIVATE KEY-----", "://a:")),
)  # fmt: skip

_CASES: tuple[tuple[str, Callable[[str], object], str, int], ...] = (
    ("authors: white space", split_authors, " ", 20_000),
    ("authors: tabs", split_authors, "\t\n", 20_000),
    ("authors: et al", split_authors, " , et al", 80_000),
    ("authors: suffixes", split_authors, ",Jr", 90_000),
    ("tokens: punctuation", tokenise, ".", 20_000),
    ("tokens: mixed punctuation", tokenise, ".,;", 20_000),
    ("tokens: marks", tokenise, _MARKS, 20_000),
    ("normalise: marks", normalise, _MARKS, 20_000),
    ("display: marks", display_text, _MARKS, 20_000),
    ("title key: marks", title_key, _MARKS, 20_000),
    ("title key: var", title_key, "var", 30_000),
    ("title words: marks", title_words, _MARKS, 20_000),
    ("doi: brackets", lambda text: doi(f"10.1234/{text[:-1]}"), ")", 100_000),
    ("bounce: name", status_from_words, " name", 20_000),
    ("bounce: user", status_from_words, "user", 20_000),
    ("bounce: data", status_from_words, "data", 20_000),
    ("bounce: exceed", status_from_words, "exceed", 20_000),
    ("bounce: connect", status_from_words, "connect", 20_000),
    ("notice: original message", _split, "original message\n", 20_000),
    ("bounce: addresses", status_from_words, "a@b", 20_000),
    ("bounce: words before an at sign", status_from_words, "a;", 20_000),
    ("quotes: marks", without_quotes, "\n >", 20_000),
    ("quotes: blanks", without_quotes, " \t", 20_000),
    ("quotes: wrote", without_quotes, " wrote", 20_000),
    ("quotes: lines", without_quotes, "-- original\n", 20_000),
    ("notification: braces", lambda text: read_notification(f"{{{text}"), '{"a":', 20_000),
    ("notification: folds", lambda text: read_notification(f"{{{text}"), "!\n \n--", 20_000),
    ("bounce: or", status_from_words, "unknown or ", 20_000),
    ("addresses: @", _redact, "@", 50_000),
    ("addresses: a@", _redact, "a@", 50_000),
    ("addresses: =", _redact, "=", 50_000),
    ("addresses: =40", _redact, "=40", 50_000),
    ("addresses: %25", _redact, "%25", 50_000),
    ("addresses: %40", _redact, "%40", 50_000),
    ("addresses: a at", _redact, "a at ", 50_000),
    ("addresses: a.at", _redact, "a.at ", 50_000),
    ("addresses: space", _redact, " ", 50_000),
    ("addresses: @", _redact, " @ ", 50_000),
    ("addresses: a.", _redact, "a.", 50_000),
    ("addresses: \\", _redact, "\\", 50_000),
    ("addresses: &#0", _redact, "&#0", 50_000),
    ("addresses: ;", _redact, ";", 50_000),
    ("addresses: &amp;", _redact, "&amp;", 50_000),
    ('addresses: "a', _redact, '"a', 50_000),
    ('addresses: "', _redact, '"', 50_000),
    ("addresses: [at", _redact, "[at", 50_000),
    ("addresses: (at)a.", _redact, "(at)a.", 50_000),
    ("addresses: dot", _redact, "dot ", 50_000),
    ("addresses: ***", _redact, "***", 50_000),
    ("addresses: ***#", _redact, "***#", 50_000),
    ("addresses: a=", _redact, "a=", 50_000),
    ("erasure: %25", _erased, "%25", 50_000),
    ("erasure: letters", _erased, "a", 50_000),
    ("erasure: dots", _erased, "a dot ", 50_000),
    ("erasure: local part", _erased, "a.a at a.", 50_000),
    *(
        (
            f"{getattr(function, '__name__', 'redactor')}: {unit!r}",
            function,
            unit,
            200_000 if function in (_dump, _markdown) else 40_000,
        )
        for function, units in _OPENED
        for unit in units
    ),
)


def _hostile(unit: str, length: int) -> str:
    return "A" + unit * (length // len(unit)) + "x"


def _seconds(function: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    function(text)
    return time.process_time() - start


@pytest.mark.parametrize(
    "function, unit, length", [case[1:] for case in _CASES], ids=[case[0] for case in _CASES]
)
def test_twice_the_text_takes_at_most_three_times_as_long(
    function: Callable[[str], object], unit: str, length: int
) -> None:
    one, two = _hostile(unit, length), _hostile(unit, 2 * length)
    once = twice = math.inf
    for _ in range(_REPEATS):
        twice = min(twice, _seconds(function, two))
        if twice < _NOISE:
            return
        once = min(once, _seconds(function, one))
        if twice <= _CLEARLY_LINEAR * once:
            return
    assert twice <= 3 * once


def test_a_number_with_thousands_of_digits_is_no_error() -> None:
    number = f"&#{'1' * 5_000};"
    assert split_authors(f"Ada B{number}, Cy D") == ("Ada B\ufffd", "Cy D")
    assert html_text(f"a{number}b", limit=100_000) == "a\ufffdb"


def test_ordinary_combining_marks_stay() -> None:
    assert normalise("Vie\u0302\u0301t") == "Vi\u1ebft"
    assert len(normalise("x" + _MARKS * 100)) == 31
