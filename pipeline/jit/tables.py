"""Tables that take long to make from their data and follow from code and data alone, kept as compiled kernels are.

The phrases of boilerplate as an automaton, those of spam, the trees laid out: 43 ms of each start, loaded in 5. The name of a file
holds the digest of the whole package, code and data, so that nothing has to be known of what a table is made from. Where there is
none, or no place for it, it is made as ever.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from functools import cache, wraps
from io import BytesIO
from typing import Any, TypeVar, cast

from pipeline.jit import is_off
from pipeline.jit.code import digest_code, is_as_loaded
from pipeline.jit.shelf import find_places, find_writable, read_checked, write_checked

__all__ = ["kept"]

T = TypeVar("T")

_GROUND = __name__.partition(".")[0]
_OF_NUMPY = frozenset(("_frombuffer", "_reconstruct", "dtype", "ndarray"))


def kept(make: Callable[[], T]) -> Callable[[], T]:
    """As `functools.cache`, and over processes. No arguments: options are a user's, and files for each would be without end."""
    @wraps(make)
    def find() -> T:
        if is_off() or not is_as_loaded():      # kernels as plain Python, in tests; a file that is being worked on
            return make()
        own = f"{make.__module__}.{make.__qualname__}-"
        name = f"{own}{digest_code()}.table"
        found: T | None = _read(name)
        if found is None:
            found = make()
            _write(own, name, found)
        return found

    return cast(Callable[[], T], cache(find))


def _read(name: str) -> Any:
    for place in find_places():
        if (data := read_checked(place / name)) is not None:
            with suppress(Exception):       # whatever it is: it is made anew
                return _Reader(BytesIO(data)).load()
    return None


class _Reader(pickle.Unpickler):
    """Reads arrays of numpy and structures of this package, and calls nothing else: who can write here could write kernels too,
    but the folder of a cache may be one that others share."""

    def find_class(self, module: str, name: str) -> Any:
        ground = module.partition(".")[0]
        if ground == "numpy" and name in _OF_NUMPY:
            return super().find_class(module, name)
        found = super().find_class(module, name) if ground == _GROUND else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, tuple)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is in no table")


def _write(own: str, name: str, made: Any) -> None:
    """Keep it, and nothing of what other versions of the code made of it: each change would leave megabytes."""
    write_checked(name, pickle.dumps(made, protocol=5))
    place = find_writable()
    with suppress(OSError):
        for old in place.glob(f"{own}*.table") if place else ():
            if old.name != name:
                old.unlink()
