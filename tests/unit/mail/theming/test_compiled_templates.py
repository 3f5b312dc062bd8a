"""The compiled code of templates is kept where Python keeps that of modules."""

import sys
from pathlib import Path

import jinja2
import pytest

from digest.mail.theming.compiled_templates import CompiledTemplates


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "card.html").write_text("Hello {{ name }}")
    return tmp_path


def rendered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """Renders the template in a new environment; returns the text, and how often it was compiled."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        bytecode_cache=CompiledTemplates(folder),
        autoescape=True,
    )
    compiled: list[str] = []
    compile_source = environment.compile

    def counted(source: str, name: str, filename: str) -> object:
        compiled.append(name)
        return compile_source(source, name, filename)

    monkeypatch.setattr(environment, "compile", counted)
    return environment.get_template("card.html").render(name="reader"), len(compiled)


def kept(folder: Path) -> list[Path]:
    return list((folder / "__pycache__").iterdir())


def test_a_template_is_compiled_once_for_all_processes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rendered(folder, monkeypatch) == ("Hello reader", 1)
    assert rendered(folder, monkeypatch) == ("Hello reader", 0)
    assert len(kept(folder)) == 1  # nothing is left beside it


def test_a_changed_template_is_compiled_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(folder, monkeypatch)
    (folder / "card.html").write_text("Good day {{ name }}")
    assert rendered(folder, monkeypatch) == ("Good day reader", 1)
    assert rendered(folder, monkeypatch) == ("Good day reader", 0)


@pytest.mark.parametrize("size", [0, 5, 40, 100])
def test_a_file_that_was_cut_short_is_written_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    rendered(folder, monkeypatch)
    (file,) = kept(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[:size])
    assert rendered(folder, monkeypatch) == ("Hello reader", 1)
    assert file.read_bytes() == whole


def test_another_version_of_jinja_uses_another_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(folder, monkeypatch)
    monkeypatch.setattr(jinja2, "__version__", "99")
    assert rendered(folder, monkeypatch) == ("Hello reader", 1)


def test_nothing_is_written_where_python_may_write_no_compiled_modules(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(folder, monkeypatch) == ("Hello reader", 1)
    assert not (folder / "__pycache__").exists()


def test_a_folder_that_cannot_be_written_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "__pycache__").write_text("not a folder")
    assert rendered(folder, monkeypatch) == ("Hello reader", 1)
