"""Parses arXiv ids and DOIs as they are written in texts and web addresses."""

import re
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import unquote

from digest.late_patterns import late_pattern

# The format of an arXiv id: https://info.arxiv.org/help/arxiv_identifier.html
_ARXIV = late_pattern(
    r"(?:(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
    r"|(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?/(?P<old>[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}))"
    r"(?:v(?P<version>[1-9][0-9]{0,3}))?",
    re.IGNORECASE,
)
_ARXIV_PLACE = late_pattern(
    r"(?:https?://)?(?:[a-z]+\.)?(?:arxiv\.org|alphaxiv\.org)/(?:abs|pdf|html|format|ps|src|e-print)/"
    r"|(?:https?://)?(?:www\.)?huggingface\.co/papers/"
    r"|(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\."
    r"|oai:arxiv\.org:|arxiv:\s*",
    re.IGNORECASE,
)
_DOI_PLACE = late_pattern(
    r"(?P<url>(?:https?://)?(?:dx\.|www\.)?doi\.org/|info:doi/)|(?:urn:)?doi:\s*", re.IGNORECASE
)
_DOI = late_pattern(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")  # https://www.doi.org/the-identifier
_MAX_DOI = 2_000  # characters, with the resolver's address
# The suffixes of versions, by prefix: Research Square, ChemRxiv, OSF (PsyArXiv, OSF Preprints),
# Preprints.org, F1000Research, eLife, bioRxiv and medRxiv. Elsewhere such an end can be part of the name.
_DOI_VERSION = late_pattern(
    r"(?P<work>10\.21203/.+)/v(?P<a>[0-9]{1,3})"
    r"|(?P<work_b>10\.26434/.+)-v(?P<b>[0-9]{1,3})"
    r"|(?P<work_c>10\.(?:31219|31234)/.+)_v(?P<c>[0-9]{1,3})"
    r"|(?P<work_d>10\.20944/.+)\.v(?P<d>[0-9]{1,3})"
    r"|(?P<work_e>10\.12688/.+)\.(?P<e>[0-9]{1,3})"
    r"|(?P<work_f>10\.7554/elife\.[0-9]{5,6})\.(?P<f>[0-9]{1,3})"
    r"|(?P<work_g>10\.(?:1101|64898)/[0-9.]*[0-9])v(?P<g>[0-9]{1,3})"
)
_DOI_CASE = str.maketrans(ascii_uppercase, ascii_lowercase)  # a DOI ignores only ASCII case
_BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
_FIVE_DIGITS_SINCE = 1501  # yymm; arXiv ids of earlier months have four digits


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Parses a text that is an arXiv id and nothing else.

    Accepts ids of both styles, bare, as `arXiv:...`, as an OAI name, as arXiv's own DOI, and
    in web addresses of arXiv, alphaXiv and Hugging Face papers. The subject class is removed, as
    arXiv does: math.GT/0309136 becomes math/0309136.

    Returns:
        The id without version, and the version or None; None if the text is not an arXiv id.
    """
    text = text.strip()
    place = _ARXIV_PLACE.match(text)
    if place:
        text = text[place.end() :]
        if "/" in place[0]:
            text = re.split(r"[?#]", text, maxsplit=1)[0].rstrip("/")
            text = text.removesuffix(".pdf")
    found = _ARXIV.fullmatch(text)
    if not found:
        return None
    version = int(found["version"]) if found["version"] else None
    if found["old"]:
        return f"{found['archive'].lower()}/{found['old']}", version
    month, _, number = found["new"].partition(".")
    if len(number) != (5 if int(month) >= _FIVE_DIGITS_SINCE else 4):
        return None
    return found["new"], version


def doi(text: str) -> str | None:
    """Parses a text that is a DOI and nothing else.

    Punctuation at the end, which belongs to the sentence around the DOI, is removed.

    Returns:
        The DOI without the resolver's address, in lower case, because DOIs ignore case; None if
        the text is not a DOI.
    """
    text = text.strip()
    # Removing its last characters one by one takes quadratic time.
    if len(text) > _MAX_DOI:
        return None
    place = _DOI_PLACE.match(text)
    if place:
        text = text[place.end() :]
        if place["url"]:
            text = unquote(re.split(r"[?#]", text, maxsplit=1)[0])
    # Percent escapes can stand for any character, also for one that no database stores.
    if not _DOI.fullmatch(text) or not text.isprintable():
        return None
    while text[-1] in ".,;:'\"" or (
        text[-1] in _BRACKETS and text.count(text[-1]) > text.count(_BRACKETS[text[-1]])
    ):
        text = text[:-1]
    return text.translate(_DOI_CASE) if _DOI.fullmatch(text) else None


def unversioned_doi(value: str) -> tuple[str, int | None]:
    """Splits the version from a DOI, for the preprint servers that give each version one.

    Args:
        value: A DOI as `doi` returns it.

    Returns:
        The DOI of all versions, which need not be registered, and the version; the DOI itself and
        None if it names no version.
    """
    found = _DOI_VERSION.fullmatch(value)
    if not found:
        return value, None
    work, version = (text for text in found.groups() if text is not None)
    return work, int(version)
