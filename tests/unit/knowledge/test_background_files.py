import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.samples.small_background import small_arrays

from digest.core.background.table import BackgroundTable
from digest.core.text.tokens import lemma, tokenise
from digest.errors import SettingsError
from digest.knowledge import background_files


def written(folder: Path) -> Path:
    background_files.write(
        small_arrays(), folder, source="made-up papers", licence="CC0-1.0", language="english"
    )
    return folder


def test_a_table_that_is_written_is_read_again(tmp_path: Path) -> None:
    read = background_files.load(written(tmp_path / "deep" / "table"))
    expected = BackgroundTable(small_arrays())
    text = [lemma(word) for word in tokenise("Large language models in the hive")]
    assert read.papers == expected.papers
    assert read.vector(text).tobytes() == expected.vector(text).tobytes()
    assert read.sample.tobytes() == expected.sample.tobytes()
    assert read.frequency("bee") == expected.frequency("bee")
    assert read.other_forms(("llm",)) == expected.other_forms(("llm",)) != ()


def test_a_table_says_where_it_comes_from(tmp_path: Path) -> None:
    about = background_files.about(written(tmp_path))
    assert about["papers"] == small_arrays().papers
    assert about["source"] == "made-up papers"
    assert about["licence"] == "CC0-1.0"


def test_the_vectors_are_memory_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: dict[str, object] = {}
    read = np.load

    def spy(file: Path, **options: Any) -> object:
        modes[file.name] = options.get("mmap_mode")
        return read(file, **options)

    monkeypatch.setattr(np, "load", spy)
    background_files.load(written(tmp_path))
    assert modes["vectors.npy"] == modes["sample.npy"] == "r"


def test_opening_a_table_again_gives_the_same_object(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert background_files.load(folder) is background_files.load(folder)


def test_a_language_without_a_table_gets_an_empty_one(tmp_path: Path) -> None:
    assert background_files.load_for("german").papers == 0
    assert background_files.load_for("english") is background_files.load_for("english")
    assert background_files.load_for("english", written(tmp_path)).papers == 150


def test_the_packaged_table_is_free_and_knows_the_words_of_arxiv() -> None:
    about = background_files.about()
    table = background_files.load()
    assert about["licence"] == "CC0-1.0"
    assert about["language"] == "english"
    assert table.papers == about["papers"] > 20_000
    assert table.frequency("model") > table.frequency("pruning") > 0
    assert ("large", "language", "model") in table.other_forms(("llm",))


def _remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _write(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, "utf-8")


def _change_about(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        file = folder / "about.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return change


def _save(name: str, array: object) -> Callable[[Path], object]:
    return lambda folder: np.save(folder / name, array)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "damage",
    [
        _remove("about.json"),
        _write("about.json", "{"),
        _write("about.json", "[]"),
        _change_about(format=99),
        _change_about(papers=None),
        _remove("terms.txt"),
        _write("terms.txt", "one\ntwo"),
        _remove("vectors.npy"),
        _write("vectors.npy", ""),
        _write("vectors.npy", "not an array"),
        _save("vectors.npy", np.zeros(3)),
        _save("sample.npy", np.zeros((2, 3), dtype=np.int8)),
        _save("scales.npy", np.zeros(2, dtype=np.float32)),
        _save("frequencies.npy", np.zeros(2, dtype=np.uint32)),
        _save("scales.npy", np.array([{}], dtype=object)),
        _write("abbreviations.tsv", "no tab here\n"),
    ],
)
def test_a_damaged_table_is_refused_with_its_name_and_what_to_do(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    damage(written(tmp_path))
    with pytest.raises(SettingsError, match=f"{re.escape(str(tmp_path))}.*digest learn"):
        background_files.load(tmp_path)


def test_a_run_that_is_interrupted_leaves_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path)
    assert not (tmp_path / "about.json").exists()
