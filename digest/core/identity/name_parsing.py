r"""Parses lists of author names, and finds arXiv ids and DOIs in free text.

>>> split_authors(r"Ada B. Lovelace (1 and 2), Jos\'e X ((1) Univ, (2) Inst)")
('Ada B. Lovelace', 'José X')
>>> find_arxiv_id("oai:arXiv.org:2508.13426v1")
('2508.13426', 1)
>>> find_doi("https://doi.org/10.1063/1.4944470")
'10.1063/1.4944470'
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from digest.core.text.html_text import unescaped
from digest.core.text.markup.tex import tex_to_unicode
from digest.core.text.paper_ids import arxiv_id, doi

MAX_AUTHORS = 5_000  # as in `digest.core.batch_limits`, which reports one more as too many
_MAX_TEXT = 200_000  # characters of a list of authors
_MAX_NAME = 200  # characters of one name

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|esq|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
# For text with single spaces: on long runs of white space, `\s*` would take quadratic time.
_OTHERS = re.compile(r"(?:,|\band\b)? ?\bet al\b\.?", re.IGNORECASE)
_SEPARATOR = re.compile(r" ?(?:, ?(?:and|&) |,| and | & |;|:(?= |$)) ?", re.IGNORECASE)
_EMPTY = re.compile(r"[\W\d_]*")

_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html|format|src)/|arxiv\.org:|\barxiv[:.]\s?)"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[a-z]{2})?/\d{7})(?P<version>v\d{1,3})?(?!\d)",
    re.IGNORECASE,
)
_DOI = re.compile(
    r"(?:^|\bdoi:\s?|(?P<url>doi\.org/|\binfo:doi/|/doi/(?:abs/|full/|pdf/|epdf/)?))"
    r"(?P<doi>10\.\d{4,9}(?:/|%2F)[^\s\"<>?#]{1,300})",
    re.IGNORECASE,
)


def split_authors(text: str) -> tuple[str, ...]:
    """Returns the names in a list of authors, in order, each as "First Last".

    Names may be separated by commas, semicolons, "and" or "&". In a list with semicolons,
    "Last, First" becomes "First Last". Affiliations in parentheses are removed, a suffix such as
    "Jr." stays with its name, and HTML entities and TeX accents are decoded.
    """
    plain = tex_to_unicode(_without_parentheses(unescaped(text[:_MAX_TEXT])))
    plain = _SPACES.sub(" ", _OTHERS.sub("", _SPACES.sub(" ", plain)))
    if ";" in plain:
        names: list[str] = [author(part) for part in plain.split(";")[: MAX_AUTHORS + 1]]
    else:
        names = []
        for part in _SEPARATOR.split(plain):
            if names and _SUFFIX.fullmatch(part.strip()):
                # A longer name is cut anyway; copying it for each suffix takes quadratic time.
                if len(names[-1]) <= _MAX_NAME:
                    names[-1] = f"{names[-1]} {part.strip()}"
            else:
                names.append(part)
    return tuple(_usable(names))


def author(text: str) -> str:
    """Returns one author's name as "First Last" or "First Last Jr."; "" without letters."""
    plain = tex_to_unicode(_without_parentheses(unescaped(text[: 5 * _MAX_NAME])))
    last, *rest = (" ".join(part.split()) for part in plain.split(","))
    suffixes = [part for part in rest if _SUFFIX.fullmatch(part)]
    first = [part for part in rest if part and part not in suffixes]
    return next(_usable([" ".join((*first, last, *suffixes))]), "")


def find_arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Finds an arXiv id in a web address or in an OAI name.

    Source: https://info.arxiv.org/help/arxiv_identifier.html (both schemes).

    Returns:
        The normalised id and the version or None; None if there is no id.
    """
    match = _ARXIV.search(text[:2000])
    return arxiv_id(match["id"] + (match["version"] or "")) if match else None


def find_doi(text: str) -> str | None:
    """Finds a DOI in a web address or in text. Returns it normalised, or None."""
    match = _DOI.search(text[:2000].strip())
    if match is None:
        return None
    return doi(unquote(match["doi"]) if match["url"] else match["doi"])


def _without_parentheses(text: str) -> str:
    """Removes everything in parentheses, also nested ones."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for part in re.split(r"([()])", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(part)
    return " ".join(kept)


def _usable(names: list[str]) -> Iterator[str]:
    """Yields the names without extra spaces and punctuation; skips those without a letter."""
    for name in names[: MAX_AUTHORS + 1]:
        tidy = " ".join(name.split())[:_MAX_NAME].strip(" ,:")
        if tidy and not _EMPTY.fullmatch(tidy):
            yield tidy
