"""Hot loops, compiled by numba: arrays in, arrays out, no Python objects, the GIL released.

A kernel is a bare loop beside its one user, with a naive twin in `tests/` that checks it, and a benchmark that justifies it.
`jit` compiles on first use and caches beside the source, or under NUMBA_CACHE_DIR where that folder cannot be written.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """numba.njit with the settings of this project: cached, GIL released, C division. Without a cache where none can be written."""
    import numba

    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:    # "cannot cache function: no locator available"
        return cast(F, numba.njit(nogil=True, error_model="numpy")(function))


def leave_out_blas() -> None:
    """Let numba come without the linear algebra of scipy, which it looks for at its first kernel and no kernel here uses.

    For processes that run nothing else: a kernel of somebody else's would miss `np.dot`. 0.13 s of a run.
    """
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[blas] = None    # type: ignore[assignment]  # "not there", for whoever imports it now
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[blas]


def is_cold() -> bool:
    """Whether no compiled kernel is kept anywhere: the first run on a machine compiles for half a minute."""
    folders = (Path(__file__).parent, *(place for place in _cache_places() if place.name != "__pycache__"))
    return not any(next(folder.rglob("*.nbi"), None) for folder in folders if folder.is_dir())


@contextmanager
def open_cache() -> Iterator[bool]:
    """A folder in which compiled kernels can be kept, for this process and its workers; False where it is for this run only.

    numba keeps them beside the source or in the home of the user. A package that cannot be written, with no home, as in many
    containers, would have every worker compile all kernels anew.
    """
    if any(map(_can_write, _cache_places())):
        yield True
        return
    folder = None
    with suppress(OSError):     # not even a temporary one: `jit` does without
        folder = tempfile.TemporaryDirectory(prefix="taosha-cache-", ignore_cleanup_errors=True)
    before = os.environ.get("NUMBA_CACHE_DIR")
    if folder is not None:
        os.environ["NUMBA_CACHE_DIR"] = folder.name
    try:
        yield False
    finally:
        os.environ.pop("NUMBA_CACHE_DIR", None)
        if before is not None:
            os.environ["NUMBA_CACHE_DIR"] = before
        if folder is not None:
            folder.cleanup()


def _cache_places() -> Iterator[Path]:
    """Folders that numba tries, in its order."""
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(own)
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):    # no home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
