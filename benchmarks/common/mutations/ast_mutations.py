"""Single changes to Python code, each as small as a mistake that a person makes.

Each change replaces one piece of the source text, so the line numbers of the rest stay.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_CONDITIONS = frozenset({"where", "and_", "or_", "filter"})  # SQL: each argument is a condition
# Calls whose only effect is text for people.
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "event", "echo", "print"})


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change to one file."""

    kind: str
    line: int
    function: str  # the qualified name of the outermost enclosing function; empty if there is none
    start: int  # the piece of the source that is replaced, in bytes
    end: int
    old: str
    new: str

    def apply(self, source: bytes) -> bytes:
        """Returns the source with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutations_of(source: bytes) -> Iterator[Mutation]:
    """Yields the changes that make sense for a module, in the order of its text.

    Args:
        source: the text of the module.
    """
    lines = [0]
    for line in source.split(b"\n"):
        lines.append(lines[-1] + len(line) + 1)
    for node, function in _nodes(ast.parse(source)):
        for kind, target, replacement in _changes(node):
            start = lines[target.lineno - 1] + target.col_offset
            end = lines[(target.end_lineno or 0) - 1] + (target.end_col_offset or 0)
            is_expression = isinstance(replacement, ast.expr)
            text = ast.unparse(ast.fix_missing_locations(replacement)).replace("\n", " ")
            # The replaced piece may span lines, and the text after it must stay in its line.
            breaks = "\\\n" * source[start:end].count(b"\n")
            new = f"({text}{breaks.replace(chr(92), '')})" if is_expression else f"{text}"
            yield Mutation(
                kind=kind,
                line=target.lineno,
                function=function,
                start=start,
                end=end,
                old=" ".join(source[start:end].decode().split()),
                new=new,
            )


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yields the nodes that may be changed, with the name of their function."""
    stack: list[tuple[ast.AST, str, bool]] = [(tree, "", False)]
    while stack:
        node, name, is_function = stack.pop()
        if not is_function and isinstance(node, ast.ClassDef | ast.FunctionDef):
            name = f"{name}.{node.name}".removeprefix(".")
            is_function = isinstance(node, ast.FunctionDef)
        yield node, name if is_function else ""
        stack += [(child, name, is_function) for child in reversed(list(_children(node)))]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the parts of a node, without annotations, docstrings, texts for people and imports."""
    # Default values are computed once, when the function is defined.
    if isinstance(
        node,
        ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Raise | ast.Assert | ast.arguments,
    ):
        return
    if isinstance(node, ast.Call) and _called(node) in (_LOGGING | {"TypeVar", "NewType", "cast"}):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, ast.AST) and not _is_text_alone(item):
                yield item


def _is_text_alone(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


Change = tuple[str, ast.expr | ast.stmt, ast.expr | ast.stmt]


def _changes(node: ast.AST) -> Iterator[Change]:
    """Yields the kind of change, the node that is replaced, and what replaces it."""
    for kind_of_node, changes in _CHANGES:
        if isinstance(node, kind_of_node):
            yield from changes(node)


def _not(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not):
        yield "drop not", node, node.operand


def _comprehension(node: ast.comprehension) -> Iterator[Change]:
    for test in node.ifs:
        yield "drop filter", test, ast.Constant(value=True)


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in _ARITHMETIC and not _has_text(node):
        yield "arithmetic", node, _with(node, op=_ARITHMETIC[type(node.op)]())


def _compare(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for kind, table in (("boundary", _BOUNDARIES), ("comparison", _OPPOSITES)):
            if type(operator) in table:
                operators: list[ast.cmpop] = list(node.ops)
                operators[place] = table[type(operator)]()
                yield kind, node, _with(node, ops=operators)


def _boolean(node: ast.BoolOp) -> Iterator[Change]:
    name = "and" if isinstance(node.op, ast.And) else "or"
    for place in range(len(node.values)):
        left = node.values[:place] + node.values[place + 1 :]
        yield (
            f"drop operand of {name}",
            node,
            left[0] if len(left) == 1 else _with(node, values=left),
        )
    yield "and/or", node, _with(node, op=ast.Or() if name == "and" else ast.And())


def _condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    if not isinstance(node.test, ast.Compare | ast.UnaryOp):
        yield "negate condition", node.test, ast.UnaryOp(op=ast.Not(), operand=node.test)
    ends = ast.Return | ast.Raise | ast.Continue | ast.Break
    if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ends):
        yield "drop guard", node.test, ast.Constant(value=False)
    elif isinstance(node, ast.If) and not node.orelse:
        yield "drop condition", node.test, ast.Constant(value=True)


def _constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "boolean", node, ast.Constant(value=not value)
    elif isinstance(value, int | float):
        yield "constant + 1", node, ast.Constant(value=value + 1)
        if value > 0:
            yield "constant - 1", node, ast.Constant(value=value - 1)
    # Sentences are texts for people; only words that programs compare are changed.
    elif isinstance(value, str) and 0 < len(value) < 40 and " " not in value.strip():
        yield "string", node, ast.Constant(value=f"{value}\u00b6")


def _has_text(node: ast.AST) -> bool:
    return any(
        isinstance(item, ast.JoinedStr)
        or (isinstance(item, ast.Constant) and isinstance(item.value, str | bytes))
        for item in ast.walk(node)
    )


def _call(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        name = ast.Name(id=_NAMES[node.func.id], ctx=ast.Load())
        yield "min/max, any/all", node, _with(node, func=name)
    if _called(node) in _CONDITIONS and len(node.args) > 1:
        for place in range(len(node.args)):
            yield (
                "drop SQL condition",
                node,
                _with(node, args=node.args[:place] + node.args[place + 1 :]),
            )


def _statement(node: ast.stmt) -> Iterator[Change]:
    if isinstance(node, ast.Return) and node.value is not None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool | None):
            return
        yield "return None", node, ast.Return(value=ast.Constant(value=None))
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        is_logging = isinstance(node, ast.Expr) and _called(node.value) in _LOGGING  # type: ignore[arg-type]
        if not is_logging:
            yield "delete statement", node, ast.Pass()
    elif isinstance(node, ast.Continue | ast.Break):
        yield "delete statement", node, ast.Pass()


_CHANGES: tuple[tuple[Any, Callable[[Any], Iterator[Change]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    (ast.UnaryOp, _not),
    (ast.If | ast.While | ast.IfExp, _condition),
    (ast.comprehension, _comprehension),
    (ast.Constant, _constant),
    (ast.BinOp, _arithmetic),
    (ast.Call, _call),
    (ast.stmt, _statement),
)


def _with(node: ast.expr, **fields: object) -> ast.expr:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
