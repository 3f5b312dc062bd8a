"""Reads the tags of arxiv-sanity-lite (https://github.com/karpathy/arxiv-sanity-lite): its `dict.db`.

It is a SQLite file. The table `tags` has for each user a pickle, compressed by zlib: the tags, each with
the arXiv ids of its papers (`aslite/db.py` and `serve.py` of its repository). A pickle can run any code, so
only one without code is read: mappings, sets, lists and texts.
"""

import io
import pickle
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from digest.core.text.paper_ids import arxiv_id
from digest.errors import InputError

MAX_BYTES = 20_000_000
"""Of the tags of one user, unpacked."""

HEADER = b"SQLite format 3\0"
"""What such a file begins with."""

Tags = Mapping[str, tuple[str, ...]]
"""The arXiv ids of each tag, without versions, in order."""


class _PlainUnpickler(pickle.Unpickler):
    """Reads values without code: no class and no function can be named."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"names {module}.{name}")


def read_tags(file: Path) -> Mapping[str, Tags]:
    """Returns the tags of each user.

    Raises:
        InputError: the file is no such database.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            rows = opened.execute("SELECT key, value FROM tags ORDER BY key").fetchall()
    except sqlite3.Error as error:
        raise InputError(f"no dict.db of arxiv-sanity-lite: {error}", file=file) from None
    return {str(user): _tags(value, file) for user, value in rows}


def _tags(value: Any, file: Path) -> Tags:
    try:
        unpacked = zlib.decompressobj().decompress(bytes(value), MAX_BYTES + 1)
        if len(unpacked) > MAX_BYTES:
            raise InputError(f"tags of more than {MAX_BYTES:,} bytes", file=file)
        found = _PlainUnpickler(io.BytesIO(unpacked)).load()
        return {
            str(tag): tuple(sorted({known[0] for item in items if (known := arxiv_id(str(item)))}))
            for tag, items in found.items()
        }
    # A pickle can raise nearly anything.
    except (zlib.error, pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError,
            LookupError, MemoryError) as error:  # fmt: skip
        raise InputError(f"tags that cannot be read: {error}", file=file) from None
