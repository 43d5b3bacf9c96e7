"""Hot loops, compiled by numba: arrays in, arrays out, no Python objects, the GIL released.

A kernel is a bare loop beside its one user, with a naive twin in `tests/` that checks it, and a benchmark that justifies it.
`jit` compiles on first use and caches beside the source, or under NUMBA_CACHE_DIR where that folder cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """numba.njit with the settings of this project: cached, GIL released, C division."""
    import numba

    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
