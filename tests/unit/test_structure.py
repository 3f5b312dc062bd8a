"""The structure of the code: folders and modules stay small, no class name has two meanings."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("digest", "jobs", "tests", "benchmarks")
MODULES_IN_A_FOLDER = 12
LINES_IN_A_MODULE = 400


def modules(*tops: str) -> list[Path]:
    """The Python files below the folders, without what is generated or installed."""
    return sorted(
        path
        for top in tops
        for path in (ROOT / top).rglob("*.py")
        if not {"_templates", "node_modules"} & set(path.parts)
    )


def test_a_folder_of_code_has_at_most_twelve_modules() -> None:
    by_folder: dict[Path, list[str]] = defaultdict(list)
    for path in modules(*CODE):
        if path.name not in ("__init__.py", "__main__.py", "conftest.py"):
            by_folder[path.parent.relative_to(ROOT)].append(path.name)
    large = {
        str(folder): len(names)
        for folder, names in by_folder.items()
        if len(names) > MODULES_IN_A_FOLDER
    }
    assert not large


def test_a_module_has_at_most_four_hundred_lines() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in modules("digest", "jobs")
    }
    assert not {path: count for path, count in lines.items() if count > LINES_IN_A_MODULE}


def test_a_public_class_name_is_defined_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules("digest", "jobs"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_every_package_says_what_it_holds() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules("digest", "jobs")
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def test_no_module_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "misc", "common_utils"}
    assert not [path for path in modules(*CODE) if path.stem in vague]
