"""Parses reading lists: JSON lines, BibTeX, RIS, and CSL JSON as Zotero exports it.

The format is detected by the content of the file.
"""

import json
import re

from digest.core.batch_limits import within_limits
from digest.core.models.batches import Batch, Rejection
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources import jsonl
from digest.sources.json_values import TooManyValuesError, load_json
from digest.sources.library import bibtex, csl_json, ris

Papers = tuple[tuple[Paper, ...], tuple[Rejection, ...]]

_BIBTEX = re.compile(r"^[ \t]*@[A-Za-z]+\s*[{(]", re.MULTILINE)
_RIS = re.compile(r"^TY  ?-", re.MULTILINE)
_MAX_LINES = 2_000_000  # 32 MB of real lists have 800,000
_FORMATS = "write JSON lines with title and abstract, or export the list as BibTeX, RIS or CSL JSON"


def parse(data: bytes, *, origin: str) -> Papers:
    """Parses a reading list of any supported format.

    Args:
        data: The content of the file.
        origin: The path of the file, for error messages.

    Returns:
        The papers in the order of the list, and the entries that were rejected.

    Raises:
        InputError: The file contains no paper.
    """
    text = decode(data, origin=origin)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        result = _json(text, origin)
    elif _RIS.search(text):
        result = ris.parse(text)
    elif _BIBTEX.search(text):
        result = bibtex.parse(text)
    else:
        problem = "not a reading list" if start else "the file is empty"
        raise InputError(f"{problem}; {_FORMATS}", file=origin)
    batch = within_limits(Batch(source="", origin=origin, papers=result[0], rejected=result[1]))
    papers, rejected = batch.papers, batch.rejected
    if not papers:
        first = rejected[0] if rejected else Rejection(reason="no paper with a title")
        raise InputError(f"{first.reason}; {_FORMATS}", file=origin, line=first.line)
    return papers, rejected


def decode(data: bytes, *, origin: str) -> str:
    r"""Returns the text of a file, with line ends `\n`.

    The encoding is UTF-16 if there is a byte order mark, else UTF-8, else Windows-1252.

    Raises:
        InputError: The file is binary.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:  # old reference managers write Windows-1252
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise InputError(f"binary data; {_FORMATS}", file=origin)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > _MAX_LINES:
        raise InputError(f"more than {_MAX_LINES:,} lines; split the list", file=origin)
    return text


def _json(text: str, origin: str) -> Papers:
    """Parses one JSON value (CSL JSON), or one on each line (JSON lines)."""
    try:
        return csl_json.parse(load_json(text))
    except TooManyValuesError as error:
        raise InputError(str(error), file=origin) from None
    except RecursionError:
        raise InputError("nested too deeply for a reading list", file=origin) from None
    except ValueError as error:
        # JSON lines begin with an object, so this is a broken list.
        if text.lstrip().startswith("["):
            # The other ValueError is that of a number with thousands of digits.
            syntax = error if isinstance(error, json.JSONDecodeError) else None
            problem = syntax.msg if syntax else "a number is too long"
            line = syntax.lineno if syntax else None
            raise InputError(f"not JSON: {problem}", file=origin, line=line) from None
    lines, rejected = jsonl.parse(text.encode(), origin=origin)
    return tuple(line.paper for line in lines), rejected
