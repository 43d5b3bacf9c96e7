"""What a kernel is made from, as one digest: its code, that of all kernels it calls, and every constant they see.

The rule of this file: nothing of the place or time of a file counts. The same code gives the same digest wherever it lies, and a
constant that changes in another module gives another one, which numba's own cache does not see. Nor does a docstring count: not
its words, and not whether it is there, for `-OO` takes it out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from pipeline.jit import ByHand, Kernel

__all__ = ["digest_kernel"]

_GROUND = __name__.partition(".")[0]


def digest_kernel(kernel: Kernel) -> bytes:
    """32 bytes that change when anything changes that the machine code of the kernel is made from."""
    sha = hashlib.sha256()
    seen: set[int] = set()
    todo: list[Any] = [kernel]
    while todo:
        value = todo.pop(0)
        function = value.py_func if isinstance(value, Kernel | ByHand) else value
        if id(value) in seen:
            continue
        seen.add(id(value))
        for part in _parts(function, todo):
            sha.update(part.encode() + b"\0")
        if isinstance(value, Kernel) and not value.counts:
            sha.update(b"counts nothing\0")
        if isinstance(value, ByHand):
            todo.append(value.make)
    return sha.digest()


def _parts(function: Any, todo: list[Any]) -> Iterator[str]:
    """Texts that say what a function is; what it calls is put on the list."""
    yield f"{function.__module__}.{function.__qualname__}{function.__defaults__!r}"
    names: set[str] = set()
    yield from _code(_find_code(function), names)
    for name in sorted(names & set(function.__globals__)):
        yield f"{name}={_value(function.__globals__[name], names, todo)}"
    for cell in function.__closure__ or ():
        yield _value(cell.cell_contents, names, todo)


def _find_code(function: Any) -> CodeType:
    """The code of a function as it is without `-OO`, which with the docstring moves every other constant."""
    code: CodeType = function.__code__
    if sys.flags.optimize < 2:
        return code
    return _compile_again(function.__module__).get((code.co_qualname, code.co_firstlineno), code)


@cache
def _compile_again(module: str) -> dict[tuple[str, int], CodeType]:
    """The code of each function of a module, with docstrings and without asserts, by name and line; none without a source."""
    try:
        source = getattr(sys.modules.get(module), "__loader__", None).get_source(module)      # type: ignore[union-attr]
    except (AttributeError, ImportError, OSError):
        return {}
    todo, found = [compile(source or "", module, "exec", dont_inherit=True, optimize=1)], {}
    while todo:
        code = todo.pop()
        found[code.co_qualname, code.co_firstlineno] = code
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found


def _code(code: CodeType, names: set[str]) -> Iterator[str]:
    names.update(code.co_names)
    yield f"{code.co_code.hex()}{code.co_names}{code.co_varnames}"
    for constant in code.co_consts[0 if code.co_consts and not isinstance(code.co_consts[0], str) else 1:]:
        if isinstance(constant, CodeType):
            yield from _code(constant, names)
        else:
            yield repr(sorted(constant, key=repr) if isinstance(constant, frozenset) else constant)


def _value(value: Any, names: set[str], todo: list[Any]) -> str:
    """What a kernel sees of a value that it names."""
    if isinstance(value, Kernel | ByHand | FunctionType):
        if value.__module__.partition(".")[0] == _GROUND or not isinstance(value, FunctionType):
            todo.append(value)
        return f"{value.__module__}.{getattr(value, '__qualname__', '')}"
    if isinstance(value, ModuleType):
        if value.__name__.partition(".")[0] != _GROUND:
            return value.__name__
        return value.__name__ + "".join(f" {n}={_value(vars(value)[n], names, todo)}" for n in sorted(names & set(vars(value))))
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}{getattr(value, '_fields', '')}"
    if isinstance(value, int | float | complex | str | bytes | np.generic | None):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, tuple):
        return f"({','.join(_value(member, names, todo) for member in value)})"
    return f"{type(value).__module__}.{type(value).__qualname__} {sys.version_info[:2]}"
