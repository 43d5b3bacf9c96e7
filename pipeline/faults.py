"""A world that fails at one call: for tests, which try every call of a run with every fault there is (`tests/chaos.py`).

The rule of this file: a fault is what the system would do. The error has a file name where the call was given one, and none where
it was given a handle; a file is cut short by what it holds, not by a message. Nothing here is imported in a run without faults.

`TAOSHA_FAULTS` is `WHO:N:KIND`: in the process of the run (`run`), its workers (`worker`) or both (`all`), the N-th call from 1
fails with one of KINDS. N is 0 to count alone. `WHO:N:KIND:FILE` fails in the first process alone that comes there: it makes FILE.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from types import ModuleType
from typing import IO, Any

__all__ = ["KILLED", "KINDS", "Plan", "arm", "arm_from", "can_meet", "disarm"]

_ERRNOS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EMFILE": errno.EMFILE, "EINTR": errno.EINTR}
#: `short`: half of it is written, which is no error; `before` and `after`: the process ends there, as by SIGKILL.
KINDS = (*_ERRNOS, "short", "before", "after")
#: The exit code of a process that a fault ended.
KILLED = 77
#: What each error can be of: a full disk is met by those that make or write something, a full table of files by those that open.
_MAKING = frozenset({
    "create", "make_folder", "_make_folders", "make_temporary", "temporary_folder", "write", "sync", "rename", "lock",
})
_OPENING = frozenset({"open", "create", "open_folder", "scan", "temporary_folder", "make_temporary", "map_arrow", "spawn", "lock"})
_ONLY = {
    "ENOSPC": _MAKING, "EMFILE": _OPENING, "EINTR": frozenset({"open", "create", "read", "write", "sync"}),
    "short": frozenset({"write"}),
}


def can_meet(kind: str, call: str) -> bool:
    """Whether a call can meet a fault of this kind."""
    return kind not in _ONLY or call in _ONLY[kind]


class Plan:
    """Which call fails, and how; and what was called so far."""

    def __init__(self, at: int, kind: str, once: str = "") -> None:
        self.at, self.kind, self.made = at, kind, 0
        self.once = once        # a file that says that another process failed already
        self.hit = ""           # what the fault fell on
        self.calls: list[str] = []

    def meet(self, call: str, path: object = None) -> bool:
        """Count a call; end here or raise where it is the one. True where it is to be cut short or ended after."""
        if not can_meet(self.kind, call):
            return False
        self.made += 1
        if not self.at:
            self.calls.append(call)
        if self.made != self.at or not self._is_first():
            return False
        self.hit = f"{call} {path}" if path is not None else call
        if self.kind == "before":
            os._exit(KILLED)
        if self.kind in _ERRNOS:
            number = _ERRNOS[self.kind]
            raise OSError(number, os.strerror(number), *([path] if isinstance(path, (str, bytes, os.PathLike)) else []))
        return True


    def _is_first(self) -> bool:
        with suppress(FileExistsError):
            if self.once:
                os.close(os.open(self.once, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return True
        return False


class _File(io.FileIO):
    """A file whose reads and writes count."""

    plan: Plan

    def readinto(self, buffer: Any, /) -> int | None:
        ended = self.plan.meet("read")
        n = super().readinto(buffer)
        if ended:
            os._exit(KILLED)
        return n

    def readall(self) -> bytes:
        ended = self.plan.meet("read")
        data = super().readall()
        if ended:
            os._exit(KILLED)
        return data or b""

    def read(self, size: int | None = -1, /) -> bytes:
        ended = self.plan.meet("read")
        data = super().read(-1 if size is None else size)
        if ended:
            os._exit(KILLED)
        return data or b""

    def write(self, data: Any, /) -> int:
        ended = self.plan.meet("write")
        view = memoryview(data).cast("B")
        n = super().write(view[:max(1, len(view) // 2)] if ended and self.plan.kind == "short" else view)
        if ended and self.plan.kind == "after":
            os._exit(KILLED)
        return n


def _open(plan: Plan, path: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, **other: Any) -> IO[Any]:
    """As `open`, of a file that counts."""
    ended = plan.meet("create" if {*mode} & {*"wxa"} else "open", path)
    try:
        raw = _File(path, mode.replace("b", "").replace("t", ""))
    finally:
        if ended:
            os._exit(KILLED)
    raw.plan = plan
    if buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    held = io.BufferedReader(raw, size) if raw.readable() else io.BufferedWriter(raw, size)
    return held if "b" in mode else io.TextIOWrapper(held, encoding=encoding or "utf-8", **other)


def _wrap(plan: Plan, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if name == "open":
        return lambda *args, **kwargs: _open(plan, *args, **kwargs)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        named = name not in ("sync", "map_file", "spawn")
        making = name == "open_folder" and args[1] & os.O_CREAT
        place = tempfile.gettempdir() if name == "temporary_folder" else None       # the errors of it name a file there
        ended = plan.meet("create" if making else name, args[0] if args and named else kwargs.get("dir") or place)
        try:
            return function(*args, **kwargs)
        finally:
            if ended:
                os._exit(KILLED)

    return call


_true: dict[str, Any] = {}


def arm(world: ModuleType, at: int, kind: str, once: str = "") -> Plan:
    """Let the `at`-th call of this process fail so; `world` is `pipeline.world`."""
    disarm(world)
    plan = Plan(at, kind, once)
    for name in world.CALLS:
        _true[name] = getattr(world, name)
        setattr(world, name, _wrap(plan, name, _true[name]))
    return plan


def disarm(world: ModuleType) -> None:
    """The world as it is."""
    for name, function in _true.items():
        setattr(world, name, function)
    _true.clear()


def arm_from(world: ModuleType, said: str) -> None:
    """Arm this process where it is meant. What `said` is no plan is an error, for a test would test nothing."""
    who, at, kind, *once = said.split(":", 3)
    own = "worker" if os.path.basename(sys.argv[0]) == "worker_start.py" else "run"
    if kind not in KINDS or who not in ("run", "worker", "all"):
        raise ValueError(f"TAOSHA_FAULTS={said}: no plan of faults")
    if who in (own, "all"):
        arm(world, int(at), kind, *once)
