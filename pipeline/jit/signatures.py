"""Types of arguments as text, and arguments of these types again, so that a kernel can be compiled before anything calls it.

An array is `i8[1]C`: the letter and bytes of its numbers, its dimensions, how it lies (C, F, or A for any way), `r` behind where it
can only be read. `int`, `float`, `bool` are Python's, `uint64` and so on numpy's. A structure is its members in round brackets
behind the name of its class. Whatever else there is has no text: `describe` gives None, and numba's own dispatcher takes the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["describe", "make_examples"]

_KINDS = frozenset("biuf")
_PLAIN: dict[type, str] = {int: "int", float: "float", bool: "bool", type(None): "none"}
_EXAMPLES: dict[str, Any] = {"int": 1, "float": 1.0, "bool": True, "none": None}


def describe(args: Sequence[Any]) -> str | None:
    """The types of arguments as one text without spaces; None where there is a type that has none."""
    try:
        return ",".join(map(_describe, args))
    except TypeError:
        return None


def _describe(value: Any) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind is np.ndarray and value.dtype.kind in _KINDS and value.dtype.isnative and value.flags.aligned:
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "A"
        return f"{value.dtype.kind}{value.dtype.itemsize}[{value.ndim}]{layout}{'' if value.flags.writeable else 'r'}"
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        return value.dtype.name
    if kind is tuple:
        return f"({','.join(map(_describe, value))})"
    if isinstance(value, tuple) and hasattr(value, "_fields") and "." not in kind.__qualname__:
        return f"{kind.__module__}:{kind.__name__}({','.join(map(_describe, value))})"
    raise TypeError(kind)


def make_examples(text: str) -> list[Any]:
    """Arguments of the types that the text describes; ValueError or ImportError where it describes none."""
    return [_make(part) for part in _split(text)]


def _split(text: str) -> Iterator[str]:
    depth = start = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            yield text[start:k]
            start = k + 1
    if start < len(text):
        yield text[start:]


def _make(part: str) -> Any:
    if part in _EXAMPLES:
        return _EXAMPLES[part]
    if part.endswith(")"):
        name, _, members = part[:-1].partition("(")
        values = make_examples(members)
        return _class(name)(*values) if name else tuple(values)
    if "[" in part:
        return _make_array(part)
    return np.dtype(part).type(1)


def _make_array(part: str) -> Any:
    kind, _, rest = part.partition("[")
    dimensions, _, layout = rest.partition("]")
    shape = (2,) * int(dimensions)
    if layout[0] == "A":
        array = np.ones((*shape[:-1], 4), kind)[..., ::2]
    else:
        array = np.ones(shape, kind, order="F" if layout[0] == "F" else "C")
    array.flags.writeable = not layout.endswith("r")
    return array


@lru_cache(maxsize=64)
def _class(name: str) -> Any:
    module, _, own = name.partition(":")
    return getattr(import_module(module), own)
