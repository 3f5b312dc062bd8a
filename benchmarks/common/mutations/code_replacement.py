"""Replaces the code of functions in a running process, without a change on the disk."""

import ast
import builtins
import gc
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

_MARK = "__mark_function__"


class LoadedFunctions:
    """The functions of imported modules, by file.

    Args:
        root: the checkout; only files in its folder `digest` count.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._functions: dict[str, list[FunctionType]] = {}
        prefix = f"{root}/"
        for item in gc.get_objects():
            if isinstance(item, FunctionType):
                name = item.__code__.co_filename
                if name.startswith(f"{prefix}digest/"):
                    self._functions.setdefault(name.removeprefix(prefix), []).append(item)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files with functions, relative to the checkout."""
        return tuple(sorted(self._functions))

    def replace(self, path: str, source: bytes | ast.Module) -> None:
        """Gives the functions of a file the code of another version of the file.

        Args:
            path: the file, relative to the checkout.
            source: the other version, with the same functions.
        """
        compiled = compile(source, str(self._root / path), "exec", dont_inherit=True)
        codes: dict[str, list[CodeType]] = {}
        for code in _codes(compiled):
            codes.setdefault(code.co_qualname, []).append(code)
        for function in self._functions[path]:
            found = codes.get(function.__code__.co_qualname, [])
            # A property and its setter have one name; the closest line is the right one.
            line = function.__code__.co_firstlineno
            found = [
                code
                for code in found
                if len(code.co_freevars) == len(function.__code__.co_freevars)
            ]
            if found:
                function.__code__ = min(found, key=lambda code: abs(code.co_firstlineno - line))

    def record_entries(self, entered: set[tuple[str, str]]) -> None:
        """Makes each function add its file and qualified name to a set when it is called."""
        setattr(builtins, _MARK, entered.add)
        for path in self.paths:
            tree = ast.parse((self._root / path).read_bytes())
            _mark(tree, path, "", is_function=False)
            self.replace(path, ast.fix_missing_locations(tree))


def _codes(code: CodeType) -> Iterator[CodeType]:
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield item
            yield from _codes(item)


def _mark(node: ast.AST, path: str, name: str, *, is_function: bool) -> None:
    """Adds a call to the start of each function that is not within another one."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not is_function:
            full = f"{name}.{child.name}".removeprefix(".")
            if isinstance(child, ast.FunctionDef):
                call = ast.parse(f"{_MARK}(({path!r}, {full!r}))").body[0]
                # `lineno` of the function stays, as it is found by its line.
                child.body.insert(0, ast.copy_location(call, child.body[0]))
                continue
            _mark(child, path, full, is_function=False)
        elif not isinstance(child, ast.expr):
            _mark(child, path, name, is_function=is_function)
