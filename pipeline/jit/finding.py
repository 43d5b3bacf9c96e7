"""What happens at the first call of a kernel with some types: it is found on the shelf, or compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pipeline.jit import Kernel, hearers
from pipeline.jit.digest import digest_kernel
from pipeline.jit.machine import describe_machine, load, runs_shipped
from pipeline.jit.shelf import SHIPPED, find_file, name_file, read_code, write_code
from pipeline.jit.signatures import describe

__all__ = ["COMPILED", "FOUND", "compile_and_keep", "find", "is_there", "name_kept"]

#: What this process compiled, and what it found, as kernel and types: for tests, and for the list of what to compile beforehand.
COMPILED: list[tuple[str, str]] = []
FOUND: list[tuple[str, str]] = []


def find(kernel: Kernel, args: Sequence[Any]) -> Callable[..., Any]:
    """The kernel for arguments of these types."""
    types = describe(args)
    if types is None:
        from pipeline.jit.compiler import dispatch

        COMPILED.append((kernel.name, "types without a name"))
        found: Callable[..., Any] = dispatch(kernel)
        return found
    loaded = _take(kernel, types)
    if loaded is None:
        from pipeline.jit.warming import warm_for

        loaded = _take(kernel, types) if warm_for(kernel, types) else None
    return loaded or compile_and_keep(kernel, types, args)


def _take(kernel: Kernel, types: str) -> Callable[..., Any] | None:
    """From the shelf, else what came with the package."""
    code = read_code(name_kept(kernel, types))
    if code is None and SHIPPED.is_dir() and runs_shipped():
        code = read_code(name_kept(kernel, types, shipped=True))
    loaded = load(code, kernel.py_func) if code else None
    if loaded is not None:
        FOUND.append((kernel.name, types))
    return loaded


def is_there(kernel: Kernel, types: str, *, own: bool) -> bool:
    """Whether the kernel is kept; with `own`, as made for this very processor."""
    if find_file(name_kept(kernel, types)) is not None:
        return True
    return not own and SHIPPED.is_dir() and runs_shipped() and find_file(name_kept(kernel, types, shipped=True)) is not None


@lru_cache(maxsize=4096)
def name_kept(kernel: Kernel, types: str, shipped: bool = False) -> str:
    """The name of the file of a kernel for these types, made here or, `shipped`, elsewhere."""
    return name_file(kernel.name, types, digest_kernel(kernel), describe_machine(shipped))


def compile_and_keep(kernel: Kernel, types: str, args: Sequence[Any]) -> Callable[..., Any]:
    """Compile it here, and put it on the shelf."""
    from pipeline.jit.compiler import compile_kernel

    COMPILED.append((kernel.name, types))
    for heard in hearers():
        heard(0, 1)
    made, code = compile_kernel(kernel, args)
    if code is not None:
        write_code(name_kept(kernel, types), code)
    return made
