"""A reading list, whatever program wrote it: its papers, from the file's bytes.

JSON lines, BibTeX, RIS, and CSL JSON as Zotero exports it are told apart by their content.
"""

import json
import re

from digest.core.models.batches import Rejection
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources import jsonl
from digest.sources.library import bibtex, csl_json, ris

Papers = tuple[tuple[Paper, ...], tuple[Rejection, ...]]

_BIBTEX = re.compile(r"^[ \t]*@[A-Za-z]+\s*[{(]", re.MULTILINE)
_RIS = re.compile(r"^TY  ?-", re.MULTILINE)
_FORMATS = "write JSON lines with title and abstract, or export the list as BibTeX, RIS or CSL JSON"


def parse(data: bytes, *, origin: str) -> Papers:
    """The papers of a reading list, in its order, and what in it could not be read.

    Raises:
        InputError: the file holds no paper.
    """
    text = decode(data, origin=origin)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        found = _json(text, origin)
    elif _RIS.search(text):
        found = ris.parse(text)
    elif _BIBTEX.search(text):
        found = bibtex.parse(text)
    else:
        what = "no reading list" if start else "the file is empty"
        raise InputError(f"{what}; {_FORMATS}", file=origin)
    papers, rejected = found
    if not papers:
        first = rejected[0] if rejected else Rejection(reason="no paper with a title")
        raise InputError(f"{first.reason}; {_FORMATS}", file=origin, line=first.line)
    return papers, rejected


def decode(data: bytes, *, origin: str) -> str:
    r"""The file's text, its line ends `\n`: UTF-8, UTF-16 by its mark, or Windows' Latin.

    Raises:
        InputError: it is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:  # what old reference managers write
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise InputError(f"binary data; {_FORMATS}", file=origin)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _json(text: str, origin: str) -> Papers:
    """One JSON value, or one each line."""
    try:
        return csl_json.parse(json.loads(text))
    except RecursionError:
        raise InputError("nested too deeply for a reading list", file=origin) from None
    except ValueError as error:
        if text.lstrip().startswith("["):
            problem = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            line = error.lineno if isinstance(error, json.JSONDecodeError) else None
            raise InputError(f"not JSON: {problem}", file=origin, line=line) from None
    lines, rejected = jsonl.parse(text.encode(), origin=origin)
    return tuple(line.paper for line in lines), rejected
