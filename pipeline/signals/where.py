"""`--where`: an expression over the columns of documents, such as `hanzi_share > 0.5 and published >= '2015'`.

Python's parser reads it, and pyarrow's functions compute it; nothing is ever evaluated as Python. There are names of columns,
numbers, texts and lists of them, comparisons, `in`, `and`, `or`, `not`, arithmetic, and two functions. What is not known is neither
true nor false, as in SQL: a document without a date is not from 2015 on, and not from before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.read.damage import check_damage
from pipeline.signals.table import SIGNALS

__all__ = ["COLUMNS", "Where", "parse_where"]

#: The columns that can be named, with their types.
_WORDS = ("id", "source", "title", "published", "source_name", "author", "script", "language", "quality")
COLUMNS = pa.schema([
    *((name, pa.string()) for name in _WORDS),
    ("n_chars", pa.int64()),
    *((s.name, pa.int64() if s.type == "int64" else pa.float64()) for s in SIGNALS),
])
#: Characters of the longest expression, and how deep it may be nested: it is read by calls that call each other.
MOST, DEEPEST = 10_000, 50

Value = Any     # a pyarrow array or scalar
_COMPARE: dict[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Lt: pc.less, ast.LtE: pc.less_equal, ast.Gt: pc.greater, ast.GtE: pc.greater_equal, ast.Eq: pc.equal,
    ast.NotEq: pc.not_equal,
}
_COMPUTE: dict[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: pc.add, ast.Sub: pc.subtract, ast.Mult: pc.multiply, ast.Div: pc.divide,
}
_CALLS: dict[str, Callable[[Value, str], Value]] = {"contains": pc.match_substring, "startswith": pc.starts_with}


class Where:
    """An expression that was read and found to fit the columns."""

    def __init__(self, text: str, tree: ast.expr) -> None:
        self.text, self._tree = text, tree
        self.names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in _CALLS})

    def choose(self, columns: Mapping[str, pa.Array], n: int) -> list[bool]:
        """Of which of `n` documents it is true. `columns` holds at least those that it names."""
        found = _Reader(self.text, columns).read(self._tree)
        if isinstance(found, pa.Scalar):
            return [found.as_py() is True] * n
        return [value is True for value in found.to_pylist()]


@lru_cache(maxsize=4)
def parse_where(text: str) -> Where:
    """Read an expression. Raises UsageError that says what is wrong at which character.

    >>> parse_where("hanzi_share > 0.5 and published >= '2015'").names
    ['hanzi_share', 'published']
    """
    if len(text) > MOST:
        raise UsageError(f"--where: {len(text):,} characters are more than {MOST:,}; filter the corpus afterwards")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _wrong(text, error.offset or 1, error.msg) from None
    except (ValueError, RecursionError, MemoryError) as error:      # a NUL; nested too deeply
        raise _wrong(text, 1, str(error) or "nested too deeply") from None
    if _is_deep(tree):
        raise _wrong(text, 1, f"nested more than {DEEPEST} deep; make it flatter")
    none = {field.name: pa.array([], field.type) for field in COLUMNS}
    found = _Reader(text, none).read(tree)
    if not pa.types.is_boolean(found.type):
        raise _wrong(text, 1, f"this gives {_describe(found)}, and true or false is wanted: compare it with something")
    return Where(text, tree)


def _is_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


def _wrong(text: str, at: int, what: str) -> UsageError:
    shown = text.strip() if len(text) <= 200 else f"{text.strip()[:200]}…"
    return UsageError(f"--where, at character {at} of {shown!r}: {what}")


def _describe(value: Value) -> str:
    if pa.types.is_boolean(value.type):
        return "true or false"
    return "a text" if pa.types.is_string(value.type) else "a list" if pa.types.is_list(value.type) else "a number"


class _Reader:
    """Walks an expression, and computes it over some columns."""

    def __init__(self, text: str, columns: Mapping[str, pa.Array]) -> None:
        self._text, self._columns = text, columns

    def read(self, node: ast.expr) -> Value:
        """The value of a part of the expression."""
        match node:
            case ast.BoolOp(op, values):
                return self._join(pc.and_kleene if isinstance(op, ast.And) else pc.or_kleene, values)
            case ast.UnaryOp(ast.Not(), operand):
                return pc.invert(self._truth(operand))
            case ast.UnaryOp(ast.USub(), operand):
                return self._call(node, pc.negate, self.read(operand))
            case ast.BinOp(left, op, right) if type(op) in _COMPUTE:
                return self._compute(node, _COMPUTE[type(op)], self.read(left), self.read(right))
            case ast.Compare(left, ops, comparators):
                sides = [left, *comparators]
                pairs = [self._compare(node, a, op, b) for a, op, b in zip(sides, ops, comparators, strict=False)]
                return pairs[0] if len(pairs) == 1 else self._fold(pc.and_kleene, pairs)
            case ast.Name(name):
                return self._column(node, name)
            case ast.Constant(bool() | int() | float() | str() as value):
                return self._call(node, pa.scalar, value)
            case ast.Call(ast.Name(name), [column, ast.Constant(str() as part)], []) if name in _CALLS:
                return self._call(node, _CALLS[name], self.read(column), part)
        raise self._wrong(node, "this cannot stand here: columns, numbers, texts, comparisons, `in`, and, or, not, + - * /, "
                                "contains(column, 'text') and startswith(column, 'text') can")

    def _compute(self, node: ast.expr, how: Callable[[Value, Value], Value], left: Value, right: Value) -> Value:
        """Arithmetic, of numbers alone and as floats: what passes over no documents must not fail over some.

        A text is cast to a number, and a large integer to a float, only where there is one that cannot be.
        """
        if _describe(left) != "a number" or _describe(right) != "a number":
            raise self._wrong(node, f"{ast.unparse(node)} cannot be computed of {_describe(left)} and {_describe(right)}")
        return self._call(node, how, *(pc.cast(side, pa.float64(), safe=False) for side in (left, right)))

    def _column(self, node: ast.expr, name: str) -> Value:
        if name not in COLUMNS.names:
            raise self._wrong(node, f"there is no column {name!r}: choose from {', '.join(COLUMNS.names)}")
        return self._columns[name]

    def _truth(self, node: ast.expr) -> Value:
        found = self.read(node)
        if not pa.types.is_boolean(found.type):
            raise self._wrong(node, f"this is {_describe(found)}, and true or false is wanted: compare it with something")
        return found

    def _join(self, how: Callable[[Value, Value], Value], nodes: list[ast.expr]) -> Value:
        return self._fold(how, [self._truth(node) for node in nodes])

    def _fold(self, how: Callable[[Value, Value], Value], values: list[Value]) -> Value:
        found = values[0]
        for value in values[1:]:
            found = how(found, value)
        return found

    def _compare(self, node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Value:
        if isinstance(right, ast.Constant) and right.value is None and isinstance(op, ast.Is | ast.IsNot):
            known = pc.is_valid(self.read(left))
            return known if isinstance(op, ast.IsNot) else pc.invert(known)
        if isinstance(op, ast.In | ast.NotIn):
            return self._is_in(node, self.read(left), right, isinstance(op, ast.NotIn))
        if type(op) not in _COMPARE:
            raise self._wrong(node, "`is` goes with None alone; use == or !=")
        a, b = self.read(left), self.read(right)
        if _describe(a) != _describe(b):
            names = [ast.unparse(side) for side in (left, right)]
            raise self._wrong(node, f"{names[0]} is {_describe(a)} and {names[1]} is {_describe(b)}: they cannot be compared")
        return self._call(node, _COMPARE[type(op)], a, b)

    def _is_in(self, node: ast.expr, value: Value, right: ast.expr, turned: bool) -> Value:
        """Membership in a list of constants; of what is not known it is not known."""
        if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
            raise self._wrong(right, "a list is wanted behind `in`, as ['zh', 'ja']; for a part of a text use contains(title, '…')")
        options = [self.read(item) for item in right.elts]
        if any(not isinstance(o, pa.Scalar) or _describe(o) != _describe(value) for o in options):
            raise self._wrong(right, f"these must be constants, each {_describe(value)}")
        found = self._fold(pc.or_kleene, [self._call(node, pc.equal, value, o) for o in options])
        return pc.invert(found) if turned else found

    def _call(self, node: ast.expr, how: Callable[..., Value], *values: Any) -> Value:
        try:
            return how(*values)
        except Exception as error:
            check_damage(error, None, TypeError, LookupError)
            what = " and ".join(_describe(v) if hasattr(v, "type") else repr(v) for v in values)
            raise self._wrong(node, f"{ast.unparse(node)} cannot be computed of {what}") from None

    def _wrong(self, node: ast.expr, what: str) -> UsageError:
        return _wrong(self._text, _place(self._text, node), what)


def _place(text: str, node: ast.expr) -> int:
    """The character, from 1, at which a part of the expression begins: the parser counts bytes in its line."""
    lines = text.strip().split("\n")
    line = lines[node.lineno - 1].encode()
    return sum(len(own) + 1 for own in lines[:node.lineno - 1]) + len(line[:node.col_offset].decode("utf-8", "ignore")) + 1
