"""What went wrong, for all that tell it: a line for people, an exit code for schedulers, a kind that docs/operating.md explains.

The exit codes are listed in `pipeline.cli`.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from typing import NamedTuple

from pipeline.endings import EndedError
from pipeline.errors import TaoshaError

__all__ = ["OUTPUT", "PIPE_CLOSED", "SIGNALS", "UNEXPECTED", "USAGE", "Failure", "describe_failure"]

USAGE, OUTPUT, UNEXPECTED, SIGNALS, PIPE_CLOSED = 2, 4, 70, 128, 141


class Failure(NamedTuple):
    """How a command failed. The line is empty where nobody is there to read it."""

    line: str
    exit_code: int
    kind: str


def describe_failure(error: BaseException, command: str | None = None) -> Failure:
    """What to say, the exit code, and the kind of the error."""
    if isinstance(error, TaoshaError):
        return Failure(str(error), error.exit_code, type(error).__name__)
    if isinstance(error, EndedError | KeyboardInterrupt):
        number = getattr(error, "number", signal.SIGINT)
        how = f"ended by {signal.Signals(number).name}" if number != signal.SIGINT else "interrupted"
        more = ", which goes on from what was kept" if command == "clean" else ""
        line = f"{how}; every file under its name is whole: run the same command again{more}"
        return Failure(line, SIGNALS + number, EndedError.__name__)
    if isinstance(error, BrokenPipeError):
        return Failure("", PIPE_CLOSED, "OutputError")
    if isinstance(error, MemoryError) or _lacks_memory(error):
        said = f" ({str(error).split('. ')[0]})" if str(error) else ""
        what = "give it more (`ulimit -v` and `-u`, the limit of a container), or fewer --workers, and run the same command again"
        return Failure(f"out of memory{said}; {what}", UNEXPECTED, "MemoryError")
    if isinstance(error, OSError) and error.strerror:
        place = "the output" if error.filename is None else f"{os.fsdecode(error.filename)}:"
        line = f"{place} cannot be written ({error.strerror}); make room, or choose another place, and run the same command again"
        return Failure(line, OUTPUT, "OutputError")
    what = f"{type(error).__name__}: {error}"
    line = f"{what}; this was not foreseen: please report it, with what `taosha --debug` says of the same command"
    return Failure(line, UNEXPECTED, "Unforeseen")


#: What is said where there is no memory for a library or a thread. Words at fixed places: linear.
_NO_MEMORY = re.compile(r"shared object|allocate memory|start new thread|launch worker thread|opencc_clib not found")


def _lacks_memory(error: BaseException) -> bool:
    """Whether a library could not be mapped, or a thread not be started, which Python says in other words each time."""
    if isinstance(error, OSError) and error.strerror:
        return error.errno == errno.ENOMEM
    told = isinstance(error, OSError | ImportError | RuntimeError) or type(error).__name__ == "ArrowException"
    return told and _NO_MEMORY.search(str(error)) is not None
