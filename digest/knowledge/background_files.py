"""Reads and writes background tables: folders of plain arrays and texts.

    about.json         provenance, licence, language, number of papers
    terms.txt          the terms, one a line, the most frequent first
    frequencies.npy    uint32: papers with each term
    vectors.npy        int8: a row for each of the first terms
    scales.npy         float32: what 1 in each row stands for
    sample.npy         int8: vectors of a sample of the papers
    abbreviations.tsv  short form, long form

The formats are those of NumPy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
and UTF-8. The vectors are memory maps, so that only the rows that are used are read.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from digest.core.background.table import BackgroundArrays, BackgroundTable, empty_table
from digest.errors import SettingsError

PACKAGED = Path(__file__).parent / "arxiv"
"""The table that is part of the program, learned from arXiv's metadata (CC0)."""

FORMAT = 1


@lru_cache(maxsize=4)
def load(folder: Path = PACKAGED) -> BackgroundTable:
    """Opens a table; opening it again returns the same object.

    Raises:
        SettingsError: the folder is not a table that this program can read.
    """
    return BackgroundTable(_read(folder))


def load_for(language: str, folder: Path | None = None) -> BackgroundTable:
    """Returns the table for papers of a language; an empty one if there is none.

    Args:
        language: of the profile.
        folder: an operator's own table; None for the packaged one.
    """
    chosen = folder or PACKAGED
    if about(chosen).get("language") != language:
        return empty_table()
    return load(chosen)


@lru_cache(maxsize=4)
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
            f"{file}: cannot be read: {error.strerror}; make a table with: digest learn"
        ) from error
    except ValueError as error:
        raise SettingsError(f"{file}: not JSON: {error}; make it again: digest learn") from None
    if (
        not isinstance(found, dict)
        or found.get("format") != FORMAT
        or not isinstance(found.get("papers"), int)
    ):
        raise SettingsError(f"{file}: not a table of this version; make it again: digest learn")
    return found


def write(
    arrays: BackgroundArrays, folder: Path, *, source: str, licence: str, language: str
) -> None:
    """Writes a table into a folder, which is made if needed.

    Args:
        arrays: the table.
        folder: where to write.
        source: where the papers come from, for people.
        licence: of the papers' metadata.
        language: of the papers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("frequencies", "vectors", "scales", "sample"):
        np.save(folder / f"{name}.npy", getattr(arrays, name))
    (folder / "terms.txt").write_text("\n".join(arrays.terms), "utf-8")
    lines = (f"{short}\t{long}\n" for short, long in arrays.abbreviations)
    (folder / "abbreviations.tsv").write_text("".join(lines), "utf-8")
    # Last: a folder without it is no table, so an interrupted run leaves none behind.
    (folder / "about.json").write_text(
        json.dumps(
            {
                "format": FORMAT,
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


def _read(folder: Path) -> BackgroundArrays:
    papers = about(folder)["papers"]
    try:
        abbreviations = (folder / "abbreviations.tsv").read_text("utf-8").splitlines()
        arrays = BackgroundArrays(
            papers=papers,
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
