"""Ids of authors, institutions, journals and papers that a reader follows.

    author:orcid:0000-0002-1825-0097      also https://orcid.org/..., openalex:A5023888391
    institution:ror:02mhbdp94             also https://ror.org/..., openalex:I124055696, or a name
    venue:1476-4687                       an ISSN; also openalex:S137773608, or the whole name
    cites:arXiv:1706.03762                also a DOI, or openalex:W2741809807

A name may follow an id; it is shown in its place. The last characters of ORCID iDs and ISSNs are check
digits, so most typing errors are found.
"""

import re
from functools import lru_cache

from msgspec import Struct

from digest.core.reader_text import ReaderText
from digest.core.text.paper_ids import arxiv_id, doi, unversioned_doi
from digest.late_patterns import late_pattern

CONNECTION_FIELDS = ("institution", "venue", "cites")
"""Fields of keywords that are compared with what the record of a paper names."""

AFFILIATION, CITED = "affiliation:", "cites:"
"""The beginnings of connections: of an institution without an id, and of a cited work."""

_ORCID = late_pattern(
    r"(?P<place>orcid:|(?:https?://)?orcid\.org/)?(?P<id>[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])",
    re.IGNORECASE,
)
_OPENALEX = late_pattern(
    r"(?:openalex:|(?:https?://)?(?:api\.)?openalex\.org/(?:[a-z]{1,20}/)?)(?P<id>[AISW][0-9]{1,15})",
    re.IGNORECASE,
)
# https://ror.readme.io/docs/identifier
_ROR = late_pattern(
    r"(?:ror:|(?:https?://)?ror\.org/)(?P<id>0[0-9a-hj-km-np-tv-z]{6}[0-9]{2})", re.IGNORECASE
)
_ISSN = late_pattern(r"(?:issn:)?(?P<id>[0-9]{4}-[0-9]{3}[0-9X])", re.IGNORECASE)
_MEANT_AS_ID = late_pattern(
    r"(?:orcid|openalex|ror|issn):|https?://|(?:[0-9]{4}-){3}[0-9X]{4}\Z", re.IGNORECASE
)
_LETTERS = {"author": "A", "institution": "I", "venue": "S", "cites": "W"}
_FORMS = {
    "author": ReaderText(
        "no id of an author; write orcid:0000-0002-1825-0097, openalex:A5023888391, or a name"
    ),
    "institution": ReaderText(
        "no id of an institution; write ror:02mhbdp94, openalex:I124055696, or a name"
    ),
    "venue": ReaderText("no id of a journal; write an ISSN such as 1476-4687, or its name"),
    "cites": ReaderText(
        "no id of a paper; write arXiv:1706.03762, doi:10.1038/nature14539 or openalex:W2741809807"
    ),
}


class ConnectionIdError(ValueError):
    """An id that cannot be used; the text says what to write instead."""


class FollowedItem(Struct, frozen=True, kw_only=True):
    """What a keyword names: something with an id, or an institution or journal by its name."""

    id: str  # such as "orcid:0000-0002-1825-0097" or "cites:doi:10.1/x"; empty: it is a name
    name: str  # to look for, or to show in place of the id; may be empty


@lru_cache(maxsize=1 << 14)
def parse_connection(field: str, term: str) -> FollowedItem | None:
    """Returns what the term of a keyword names; None for the name of an author.

    Args:
        field: `author`, or one of `CONNECTION_FIELDS`.
        term: the keyword without its field and weight, in NFC with single spaces.

    Raises:
        ConnectionIdError: the term is meant as an id, and is none.
    """
    head, _, name = term.partition(" ")
    found = _cited(head) if field == "cites" else _id(field, head)
    if found is not None:
        return FollowedItem(id=found, name=name)
    if field == "cites" or _MEANT_AS_ID.match(head):
        raise ConnectionIdError(_FORMS[field])
    return None if field == "author" else FollowedItem(id="", name=term)


def orcid_in(text: object) -> str | None:
    """Returns the ORCID iD in a value of a record, if it is one with the right check digit."""
    found = _ORCID.fullmatch(text) if isinstance(text, str) else None
    number = found["id"].upper() if found else ""
    return number if number and _orcid_digit(number) == number[-1] else None


def openalex_in(text: object, letters: str) -> str | None:
    """Returns the id of OpenAlex in a value of a record, if it begins with one of some letters."""
    found = _OPENALEX.fullmatch(text) if isinstance(text, str) else None
    number = found["id"].upper() if found else ""
    return number if number[:1] in letters and number else None


def ror_in(text: object) -> str | None:
    """Returns the id at ror.org in a value of a record."""
    found = _ROR.fullmatch(text) if isinstance(text, str) else None
    return found["id"].lower() if found else None


def issn_in(text: object) -> str | None:
    """Returns the ISSN in a value of a record, if it is one with the right check digit."""
    found = _ISSN.fullmatch(text) if isinstance(text, str) else None
    number = found["id"].upper() if found else ""
    return number if number and _issn_digit(number) == number[-1] else None


def _id(field: str, head: str) -> str | None:
    if found := _OPENALEX.fullmatch(head):
        if found["id"][0].upper() != _LETTERS[field]:
            raise ConnectionIdError(_FORMS[field])
        return f"openalex:{found['id'].upper()}"
    if field == "author" and (found := _ORCID.fullmatch(head)):
        if (number := orcid_in(head)) is None:
            raise ConnectionIdError(
                ReaderText(
                    "%(number)s is no ORCID iD: its last character, which checks the others, is"
                    " wrong; copy it from the author's page at orcid.org",
                    number=found["id"],
                )
            )
        return f"orcid:{number}"
    if field == "institution" and (place := ror_in(head)):
        return f"ror:{place}"
    if field == "venue" and (found := _ISSN.fullmatch(head)):
        if (journal := issn_in(head)) is None:
            raise ConnectionIdError(
                ReaderText(
                    "%(number)s is no ISSN: its last character, which checks the others, is wrong",
                    number=found["id"],
                )
            )
        return f"issn:{journal}"
    return None


def _cited(head: str) -> str | None:
    if number := arxiv_id(head):
        return f"{CITED}arxiv:{number[0]}"
    if found := doi(head):
        return cited_doi(found)
    work = openalex_in(head, "W")
    return f"{CITED}openalex:{work}" if work else None


def cited_doi(name: str) -> str:
    """Returns the connection to a cited work by its DOI, as `doi` returns it."""
    # arXiv's own DOI is the arXiv id.
    if number := arxiv_id(name):
        return f"{CITED}arxiv:{number[0]}"
    return f"{CITED}doi:{unversioned_doi(name)[0]}"


def _orcid_digit(number: str) -> str:
    """Returns the check digit of an ORCID iD (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in number.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11]


def _issn_digit(number: str) -> str:
    """Returns the check digit of an ISSN (ISO 3297)."""
    digits = number.replace("-", "")[:-1]
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(8, 1, -1), strict=True))
    return "0123456789X"[-total % 11]
