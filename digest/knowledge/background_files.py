"""Reads and writes background tables: folders of plain arrays and texts.

    about.json         provenance, licence, language, number of papers, hash of the content
    terms.txt          the terms, one a line, the most frequent first
    frequencies.npy    uint32: papers with each term
    vectors.npy        int8: a row for each of the first terms
    scales.npy         float32: what 1 in each row stands for
    sample.npy         int8: vectors of a sample of the papers
    abbreviations.tsv  short form, long form

The formats are those of NumPy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
and UTF-8. The vectors are memory maps, so that only the rows that are used are read. A table is
never changed: a new one replaces its folder, so a process that uses the old one can go on.
"""

import json
import shutil
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from digest.core.background.table import BackgroundArrays, BackgroundTable, empty_table
from digest.errors import SettingsError

PACKAGED = Path(__file__).parent / "arxiv"
"""The table that is part of the program, learned from arXiv's metadata (CC0)."""

FORMAT = 1


_ARRAYS = ("frequencies", "vectors", "scales", "sample")


def load(folder: Path = PACKAGED) -> BackgroundTable:
    """Opens a table; opening it again returns the same object, unless a new one is there.

    Raises:
        SettingsError: the folder is not a table that this program can read.
    """
    return _load(folder, str(about(folder)["id"]))


def load_for(language: str, folder: Path | None = None) -> BackgroundTable:
    """Returns the table for papers of a language; an empty one if there is none.

    Args:
        language: of the profile.
        folder: an operator's own table, which is used for its language; None: there is none.

    Raises:
        SettingsError: the folder is not a table that this program can read.
    """
    for chosen in (folder, PACKAGED):
        if chosen is not None and about(chosen).get("language") == language:
            return load(chosen)
    return empty_table()


def about(folder: Path = PACKAGED) -> Mapping[str, Any]:
    """Returns what a table says about itself.

    Raises:
        SettingsError: the folder is not a table that this program can read.
    """
    file = folder / "about.json"
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read: {error.strerror}; make a table with: digest learn --out"
            f" {folder}"
        ) from error
    except ValueError as error:
        raise SettingsError(f"{file}: not JSON: {error}; make it again: digest learn") from None
    if (
        not isinstance(found, dict)
        or found.get("format") != FORMAT
        or not isinstance(found.get("papers"), int)
        or not isinstance(found.get("id"), str)
    ):
        raise SettingsError(f"{file}: not a table of this version; make it again: digest learn")
    return found


def write(
    arrays: BackgroundArrays, folder: Path, *, source: str, licence: str, language: str
) -> None:
    """Writes a table as a folder; an older table in its place is replaced.

    Args:
        arrays: the table.
        folder: where to write.
        source: where the papers come from, for people.
        licence: of the papers' metadata.
        language: of the papers.

    Raises:
        SettingsError: there is something else in the place of the folder.
    """
    if folder.exists() and not (folder / "about.json").is_file() and any(folder.iterdir()):
        raise SettingsError(
            f"{folder}: has other files, which a table would replace; name a new folder with --out"
        )
    # Another process may have mapped the files of the older table: they must not be overwritten.
    # Beside the folder: a folder cannot be renamed into another file system.
    new, old = (folder.with_name(f".{folder.name}.{end}") for end in ("new", "old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    _write_files(arrays, new, source=source, licence=licence, language=language)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def identity(arrays: BackgroundArrays) -> str:
    """Returns a hash of the content of a table: it changes when scores can change."""
    content = sha256(str(arrays.papers).encode())
    for name in _ARRAYS:
        content.update(np.ascontiguousarray(getattr(arrays, name)).tobytes())
    content.update("\n".join(arrays.terms).encode())
    content.update(_abbreviations(arrays).encode())
    return content.hexdigest()[:16]


def _abbreviations(arrays: BackgroundArrays) -> str:
    return "".join(f"{short}\t{long}\n" for short, long in arrays.abbreviations)


def _write_files(
    arrays: BackgroundArrays, folder: Path, *, source: str, licence: str, language: str
) -> None:
    folder.mkdir(parents=True)
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(arrays, name))
    (folder / "terms.txt").write_text("\n".join(arrays.terms), "utf-8")
    (folder / "abbreviations.tsv").write_text(_abbreviations(arrays), "utf-8")
    (folder / "about.json").write_text(
        json.dumps(
            {
                "format": FORMAT,
                "id": identity(arrays),
                "papers": arrays.papers,
                "language": language,
                "source": source,
                "licence": licence,
            },
            indent=2,
        )
        + "\n",
        "utf-8",
    )


# The id is part of the key: a new table in the same folder is read.
@lru_cache(maxsize=4)
def _load(folder: Path, table_id: str) -> BackgroundTable:
    return BackgroundTable(_read(folder, table_id))


def _read(folder: Path, table_id: str) -> BackgroundArrays:
    papers = about(folder)["papers"]
    try:
        abbreviations = (folder / "abbreviations.tsv").read_text("utf-8").splitlines()
        arrays = BackgroundArrays(
            papers=papers,
            table_id=table_id,
            terms=(folder / "terms.txt").read_text("utf-8").split("\n"),
            frequencies=np.load(folder / "frequencies.npy"),
            vectors=np.asarray(np.load(folder / "vectors.npy", mmap_mode="r")),
            scales=np.load(folder / "scales.npy"),
            sample=np.load(folder / "sample.npy", mmap_mode="r"),
            abbreviations=[
                (short, long) for short, long in (line.split("\t") for line in abbreviations)
            ],
        )
    except (OSError, ValueError, EOFError) as error:  # NumPy raises EOFError for an empty file
        raise SettingsError(
            f"{folder}: cannot be read: {error}; make it again: digest learn"
        ) from error
    if not _fits(arrays):
        raise SettingsError(
            f"{folder}: its files do not belong together; make it again: digest learn"
        )
    return arrays


def _fits(arrays: BackgroundArrays) -> bool:
    """Returns whether the arrays have the shapes of one table."""
    return (
        arrays.frequencies.shape == (len(arrays.terms),)
        and arrays.vectors.ndim == arrays.sample.ndim == 2
        and arrays.vectors.shape[1] == arrays.sample.shape[1]
        and arrays.scales.shape == arrays.vectors.shape[:1]
        and len(arrays.vectors) <= len(arrays.terms)
    )
