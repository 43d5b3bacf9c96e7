"""Every place of some modules where a call is made, made to fail: with what is wanting for a moment, one place after another.

The rule of this file: places are found by Python itself, which says of each instruction that is about to run whether it calls
something, a library or us. So whoever adds a call, or a library, has it tried without a line in a test.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

__all__ = ["ROOT", "Site", "fail_at", "find_sites"]

ROOT = Path(__file__).resolve().parents[1]
#: Instructions that call: functions, what a loop asks for its next, the beginning of a block, an import.
_CALLS = ("CALL", "FOR_ITER", "BEFORE_WITH", "SEND", "IMPORT_NAME")


class Site(NamedTuple):
    """A place: the code, and the instruction in it; and the line, for people."""

    code: CodeType
    at: int
    line: int

    def __str__(self) -> str:
        return f"{Path(self.code.co_filename).relative_to(ROOT)}:{self.line} {self.code.co_qualname}"


def find_sites(work: Callable[[], Any], modules: tuple[str, ...]) -> tuple[list[Site], Any]:
    """The places of some modules (folders and files of `pipeline`) where this calls something, each once, and what it gives."""
    wanted = tuple(str(ROOT / "pipeline" / module) for module in modules)
    found: dict[Site, None] = {}

    def meet(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode" and frame.f_lasti in _list_calls(frame.f_code):
            found[Site(frame.f_code, frame.f_lasti, frame.f_lineno)] = None
        return meet

    given = _trace(work, lambda code: code.co_filename.startswith(wanted), meet)
    return list(found), given


def fail_at(work: Callable[[], Any], site: Site, error: BaseException) -> Any:
    """What this gives where the first call at a place raises an error instead."""
    def meet(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode" and frame.f_lasti == site.at:
            sys.settrace(None)
            raise error
        return meet

    return _trace(work, lambda code: code is site.code, meet)


def _trace(work: Callable[[], Any], is_wanted: Callable[[CodeType], bool], meet: Any) -> Any:
    """Do it, and tell of each instruction in the code that is wanted."""
    def enter(frame: FrameType, event: str, _: Any) -> Any:
        if not is_wanted(frame.f_code):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return meet

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        return work()
    finally:
        sys.settrace(before)


@cache
def _list_calls(code: CodeType) -> frozenset[int]:
    return frozenset(one.offset for one in dis.get_instructions(code) if one.opname.startswith(_CALLS))
