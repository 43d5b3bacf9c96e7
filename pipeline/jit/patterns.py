"""Regular expressions, kept compiled as kernels are.

A run over five pages makes 400 patterns, 0.12 to 0.15 of the 0.95 s of CPU that it takes: Python visits each character of a class,
and the hanzi are 20,000. Their code, 0.4 MB, is loaded in 2 ms. The rule of this file: only in processes of our own (the command,
its workers), where it steps before the compiler of `re`, and only for patterns that a module of this package or of ftfy makes while
it is imported: what is made later may hold what a user gave, or words of a document. What is kept is compared with what `re` made
before it is written; Python looks through the code of a pattern before it takes it; and where any of this is otherwise, in another
Python, `re` does what it always did.
"""

from __future__ import annotations

import array
import marshal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

from pipeline.jit.shelf import find_places, read_checked, write_checked

__all__ = ["keep_patterns", "remember_patterns"]

#: Whose patterns are kept. ftfy's are made when the first line looks misread.
_OURS = ("pipeline", "ftfy")
#: A version of this package has about 600; with those of several before it the file starts anew.
_MOST = 3000

#: Of the file: another layout has another name.
_LAYOUT = 2
#: Flags, code, number of groups, their places by name, their names by place: what `_sre.compile` takes.
_Kept = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]


class _Memory:
    """What is kept, in place of the compiler of `re`."""

    maker: Any      # modules of Python that are nobody's to use, and have no types
    parser: Any
    engine: Any

    def __init__(self) -> None:
        self.maker = import_module("re._compiler")
        self.parser = import_module("re._parser")
        self.engine = import_module("_sre")
        self.name = f"patterns-{_LAYOUT}-{sys.implementation.cache_tag}-{self.engine.MAGIC}.marshal"
        self.own = self.maker.compile
        self.kept: dict[tuple[str, int], _Kept] = {}
        self.new: dict[tuple[str, int], Any] = {}
        self.read()
        self.maker.compile = self.compile

    def read(self) -> None:
        """From all places: the first may be another's, and lack what was kept in the second."""
        for place in find_places():
            with suppress(Exception):       # whatever stands there: patterns are made as ever
                if (data := read_checked(place / self.name)) is not None:
                    self.kept = {**marshal.loads(data), **self.kept}

    def compile(self, pattern: Any, flags: int = 0) -> Any:
        """As `re._compiler.compile`, for which it stands."""
        key = (pattern, int(flags)) if type(pattern) is str else None
        kept = self.kept.get(key) if key else None
        if kept is not None:
            with suppress(Exception):       # it does not fit: it is made as ever
                return self.load(str(pattern), kept)
        made = self.own(pattern, flags)
        if key and _is_ours():
            self.new[key] = made
        return made

    def load(self, pattern: str, kept: _Kept) -> Any:
        flags, code, groups, by_name, by_place = kept
        return self.engine.compile(pattern, flags, array.array("I", code).tolist(), groups, by_name, by_place)

    def write(self) -> None:
        made = {key: self.take_apart(*key) for key in self.new}
        right = {key: kept for key, kept in made.items() if self.load(key[0], kept) == self.new[key]}
        self.kept = {**self.kept, **right} if len(self.kept) + len(right) <= _MOST else right
        self.new = {}
        if right:
            write_checked(self.name, marshal.dumps(self.kept))

    def take_apart(self, pattern: str, flags: int) -> _Kept:
        """What the compiler of `re` hands to its engine."""
        parsed = self.parser.parse(pattern, flags)
        code = self.maker._code(parsed, flags)
        by_name = dict(parsed.state.groupdict)
        by_place: list[str | None] = [None] * parsed.state.groups
        for name, place in by_name.items():
            by_place[place] = name
        return flags | parsed.state.flags, array.array("I", code).tobytes(), parsed.state.groups - 1, by_name, tuple(by_place)


_memories: list[_Memory] = []


def remember_patterns() -> None:
    """From now on, in this process, take patterns from what is kept."""
    if not _memories and sys.implementation.name == "cpython":
        with suppress(Exception):       # whatever it is: patterns are made as ever
            _memories.append(_Memory())


def keep_patterns() -> None:
    """Keep those that were made since, where there is a place."""
    for memory in _memories:
        if memory.new:
            with suppress(Exception):
                memory.write()


def _is_ours() -> bool:
    """Whether a module of ours, while it is imported, asked for what is being compiled: what it knows then is nobody's text."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "re":
        frame = frame.f_back
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False
