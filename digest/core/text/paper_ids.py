"""Identifiers of papers as they are written in texts and addresses: arXiv ids and DOIs."""

import re
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import unquote

# Of an arXiv id: https://info.arxiv.org/help/arxiv_identifier.html
_ARXIV = re.compile(
    r"(?:(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
    r"|(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?/(?P<old>[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}))"
    r"(?:v(?P<version>[1-9][0-9]{0,3}))?",
    re.IGNORECASE,
)
_ARXIV_PLACE = re.compile(
    r"(?:https?://)?(?:[a-z]+\.)?(?:arxiv\.org|alphaxiv\.org)/(?:abs|pdf|html|format|ps|src|e-print)/"
    r"|(?:https?://)?(?:www\.)?huggingface\.co/papers/"
    r"|(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\."
    r"|oai:arxiv\.org:|arxiv:\s*",
    re.IGNORECASE,
)
_DOI_PLACE = re.compile(r"(?P<url>(?:https?://)?(?:dx\.|www\.)?doi\.org/)|doi:\s*", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")  # https://www.doi.org/the-identifier
_DOI_CASE = str.maketrans(ascii_uppercase, ascii_lowercase)  # other letters of a DOI have case
_BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
_FIVE_DIGITS_SINCE = 1501  # of new arXiv ids: yymm; four before


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """An arXiv id in its canonical form and the version, if the text is one and nothing else.

    Takes ids of both styles, bare or as `arXiv:...`, as an OAI name, as arXiv's own DOI, and
    in addresses of arXiv, alphaXiv and Hugging Face papers. A subject class goes, as arXiv
    has it: math.GT/0309136 is math/0309136.
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
    """A DOI in lower case without its resolver, if the text is one and nothing else.

    DOIs do not tell cases apart. Punctuation that a sentence put behind it goes.
    """
    text = text.strip()
    place = _DOI_PLACE.match(text)
    if place:
        text = text[place.end() :]
        if place["url"]:
            text = unquote(re.split(r"[?#]", text, maxsplit=1)[0])
    if not _DOI.fullmatch(text):
        return None
    while text[-1] in ".,;:'\"" or (
        text[-1] in _BRACKETS and text.count(text[-1]) > text.count(_BRACKETS[text[-1]])
    ):
        text = text[:-1]
    return text.translate(_DOI_CASE) if _DOI.fullmatch(text) else None
