"""Hot loops, compiled by numba: arrays in, arrays out, no Python objects, the GIL released.

A kernel is a bare loop beside its one user, with a naive twin in `tests/` that checks it, and a benchmark that justifies it.
The rule of this package: numba is imported where something must be compiled, and nowhere else. What was compiled once for types
of arguments is kept as machine code (`shelf`) under a digest of all that it was made from, and loaded without numba (`machine`).
Importing numba, its registries and its own cache cost 0.8 of the 1.9 s of CPU that a run over five pages took.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from pipeline.jit.shelf import open_cache

__all__ = [
    "ByHand", "Heard", "Kernel", "by_hand", "hear", "hearers", "is_known", "is_off", "jit", "jit_within", "leave_to_numba",
    "open_cache", "tell_if_cold",
]

F = TypeVar("F", bound=Callable[..., Any])

#: What `machine` was tried with: another numba may keep and link its code otherwise, and would not always say so.
KNOWN = {"numba": "0.68", "llvmlite": "0.50"}

#: Hears how many kernels of how many are compiled.
Heard = Callable[[int, int], None]
_hearers: list[Heard] = []

_ARRAY, _TUPLE = np.ndarray, tuple
_LOADING = threading.RLock()


def hear(*heard: Heard | None) -> None:
    """Have these told from now on when kernels are compiled; they are called from any thread. None: nobody hears it."""
    _hearers[:] = filter(None, heard)


def hearers() -> list[Heard]:
    """Whoever is to be told."""
    return list(_hearers)


def is_off() -> bool:
    """Whether kernels are to run as the plain Python that they are written in."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


@lru_cache(maxsize=1)
def is_known() -> bool:
    """Whether this is a Python, a platform and a numba whose machine code has been loaded without numba by our tests.

    Whatever else there is gets numba as its makers ship it, with its own cache: slower to start, and the same results.
    """
    if sys.implementation.name != "cpython" or sys.platform != "linux" or os.uname().machine != "x86_64":
        return False
    package = find_spec("numba")
    if package is None or package.origin is None:
        return False
    site = Path(package.origin).parents[1]
    return all(any(site.glob(f"{name}-{version}.*.dist-info")) for name, version in KNOWN.items())


def jit(function: F) -> F:
    """A kernel of this function: GIL released, C division, kept once compiled."""
    if is_off():
        return function
    return cast(F, Kernel(function) if is_known() else leave_to_numba(function))


def jit_within(function: F) -> F:
    """A kernel that only kernels call, that makes no array and gives none back: numba counts no references to arrays in it.

    They are whoever's called it. Counting is two calls with a locked instruction for each array of each call, unless numba can
    prove them away, which it does in functions with one exit: of the walk over a page's markup it was 3 in 10.
    """
    if is_off():
        return function
    return cast(F, Kernel(function, counts=False) if is_known() else leave_to_numba(function))


def leave_to_numba(function: Callable[..., Any]) -> Any:
    """The kernel as numba makes and keeps it, where it can keep it anywhere."""
    import numba

    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:    # "cannot cache function: no locator available"
        return numba.njit(nogil=True, error_model="numpy")(function)


def by_hand(function: F, make: Callable[[], Any]) -> F:
    """What `make` writes for LLVM (an intrinsic of numba), to be called in kernels; `function` says what it does."""
    if is_off():
        return function
    return cast(F, ByHand(function, make) if is_known() else make())


def tell_if_cold() -> None:
    """Tell whoever hears where numba, which keeps kernels itself, has kept none yet: compiling takes half a minute."""
    own, caches = os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places = [Path(__file__).parents[1], *([Path(own)] if own else []), Path(caches) / "numba"]
    if not any(next(place.rglob("*.nbi"), None) for place in places if place.is_dir()):
        for heard in hearers():
            heard(0, 0)


class ByHand:
    """An intrinsic that is made when a kernel that calls it is compiled."""

    def __init__(self, function: Callable[..., Any], make: Callable[[], Any]) -> None:
        self.py_func, self.make = function, make
        self.made: Any = None       # see `compiler`


class Kernel:
    """A function over arrays, compiled for each combination of types that it is called with."""

    def __init__(self, function: Callable[..., Any], counts: bool = True) -> None:
        self.py_func, self.counts = function, counts
        self.name = f"{function.__module__}:{function.__name__}"
        self.__name__, self.__qualname__, self.__doc__ = function.__name__, function.__qualname__, function.__doc__
        self.__module__, self.__wrapped__ = function.__module__, function
        self.dispatcher: Any = None                             # numba's, once something is compiled: see `compiler`
        self.inner: Any = None                                  # the same for kernels that call it
        self._known: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call what is compiled for these types."""
        if named:
            args = self._place(args, named)
        # Inline: 0.2 µs an array, where a call of a function each costs twice that.
        key = tuple([
            (a.dtype, a.ndim, a.flags.num) if type(a) is _ARRAY else _key(a) if isinstance(a, _TUPLE) else type(a) for a in args
        ])
        found = self._known.get(key) or self._find(key, args)
        return found(*args)

    def _place(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        import inspect

        bound = inspect.signature(self.py_func).bind(*args, **named)
        return bound.args

    def _find(self, key: tuple[Any, ...], args: tuple[Any, ...]) -> Callable[..., Any]:
        from pipeline.jit.finding import find

        with _LOADING:
            if key not in self._known:
                self._known[key] = find(self, args)
            return self._known[key]


def _key(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """What tells the types of a structure: its class, and of each member what tells its own."""
    return (type(value), *[
        (a.dtype, a.ndim, a.flags.num) if type(a) is _ARRAY else _key(a) if isinstance(a, _TUPLE) else type(a) for a in value
    ])
