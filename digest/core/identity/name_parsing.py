r"""Names as the world writes them: of authors, and of papers in registries.

>>> split_authors(r"Ada B. Lovelace (1 and 2), Jos\'e X ((1) Univ, (2) Inst)")
('Ada B. Lovelace', 'José X')
>>> find_arxiv_id("oai:arXiv.org:2508.13426v1")
('2508.13426', 1)
>>> find_doi("https://doi.org/10.1063/1.4944470")
'10.1063/1.4944470'
"""

import html
import re
from collections.abc import Iterator

from digest.core.text.paper_ids import arxiv_id, doi
from digest.core.text.tex import readable

MAX_AUTHORS = 5_000  # the largest collaborations have about that many
_MAX_TEXT = 200_000  # characters of a list of authors
_MAX_NAME = 200

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|esq|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_OTHERS = re.compile(r"(?:,|\band\b)?\s*\bet\s+al\b\.?", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:and|&)\s|,|\sand\s|\s&\s|;|:(?=\s|$))\s*", re.IGNORECASE)
_EMPTY = re.compile(r"[\W\d_]*")

_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html|format|src)/|arxiv\.org:|\barxiv[:.]\s?)"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[a-z]{2})?/\d{7})(?P<version>v\d{1,3})?(?!\d)",
    re.IGNORECASE,
)
_DOI = re.compile(
    r"(?:^|doi\.org/|\bdoi:\s?|/doi/(?:abs/|full/|pdf/|epdf/)?)"
    r"(?P<doi>10\.\d{4,9}/[^\s\"<>?#]{1,300})",
    re.IGNORECASE,
)


def split_authors(text: str) -> tuple[str, ...]:
    """The names in a list of authors, in its order, "First Last" each.

    Names may be separated by commas, semicolons, "and" or "&"; where semicolons separate
    them, "Last, First" is turned. Affiliations in parentheses are dropped, a suffix stays
    with its name, HTML entities and TeX accents are decoded.
    """
    plain = readable(_bare(html.unescape(text[:_MAX_TEXT])))
    plain = _OTHERS.sub("", plain)
    if ";" in plain:
        names: list[str] = [author(part) for part in plain.split(";")]
    else:
        names = []
        for part in _SEPARATOR.split(plain):
            if names and _SUFFIX.fullmatch(part.strip()):
                names[-1] = f"{names[-1]} {part.strip()}"
            else:
                names.append(part)
    return tuple(_usable(names))


def author(text: str) -> str:
    """One author's name; "Last, First" and "Last, Jr., First" are turned. May be empty."""
    plain = readable(_bare(html.unescape(text[: 5 * _MAX_NAME])))
    last, *rest = (" ".join(part.split()) for part in plain.split(","))
    suffixes = [part for part in rest if _SUFFIX.fullmatch(part)]
    first = [part for part in rest if part and part not in suffixes]
    return next(_usable([" ".join((*first, last, *suffixes))]), "")


def find_arxiv_id(text: str) -> tuple[str, int | None] | None:
    """The arXiv id that stands in an address or a name, canonical, and its version.

    Source: https://info.arxiv.org/help/arxiv_identifier.html (both schemes).
    """
    found = _ARXIV.search(text[:2000])
    return arxiv_id(found["id"] + (found["version"] or "")) if found else None


def find_doi(text: str) -> str | None:
    """The DOI that stands in an address or a name, canonical; None if none is there."""
    found = _DOI.search(text[:2000].strip())
    return doi(found["doi"]) if found else None


def _bare(text: str) -> str:
    """The text without what stands in parentheses, nested ones included."""
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
    """The names, tidied; what has no letter is none."""
    for name in names[:MAX_AUTHORS]:
        tidy = " ".join(name.split())[:_MAX_NAME].strip(" ,:")
        if tidy and not _EMPTY.fullmatch(tidy):
            yield tidy
