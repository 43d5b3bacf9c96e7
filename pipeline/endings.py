"""How this process is told to end: Ctrl-C, SIGTERM and SIGHUP raise `EndedError` in the main thread, and none of them is lost.

Python lets go what is raised in a `__del__`, in the callback of a weak reference or of the garbage collector: it prints a
traceback, and the work goes on as if nobody had said a word. There is a hook for it (`sys.unraisablehook`). To raise in the hook,
or to send the signal again from it, would be no better, as the handler may run before the hook is over, and what it raises is let
go too. So the hook sets a clock, and the handler of the clock raises; where it finds the hook still running, it sets it again.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

__all__ = ["EndedError", "listen", "stop_listening"]

#: Seconds until a signal that was let go is raised again: longer than any `__del__` takes, and too short to be noticed.
_PAUSE = 0.01
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class EndedError(BaseException):
    """This process was told to end, and does so in order: temporary files go, workers end.

    No KeyboardInterrupt, of which libraries make errors and codes of their own.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Ears:
    """What is listened to in this process, and what has been let go and not been raised again."""

    def __init__(self) -> None:
        self.heard: list[signal.Signals] = []
        self.waiting = 0

    def end(self, number: int, frame: FrameType | None) -> None:
        """A signal has come."""
        self.waiting = number
        self.ring(number, frame)

    def ring(self, _: int, frame: FrameType | None) -> None:
        """Raise what waits, if that is not within the hook."""
        while frame is not None:
            if frame.f_code is _catch.__code__:
                self.wait(self.waiting)
                return
            frame = frame.f_back
        number, self.waiting = self.waiting, 0
        if number:
            raise EndedError(number)

    def wait(self, number: int) -> None:
        """Raise it in a moment."""
        self.waiting = number
        signal.setitimer(signal.ITIMER_REAL, _PAUSE)


_ears = _Ears()
_print = sys.unraisablehook


def _catch(lost: Any) -> None:
    """What Python lets go comes here."""
    if _ears.heard and isinstance(lost.exc_value, EndedError | KeyboardInterrupt):
        _ears.wait(getattr(lost.exc_value, "number", signal.SIGINT))
    else:
        _print(lost)


def listen() -> None:
    """Let signals end this process in order. Who runs it under `nohup`, or in the background, wants some of them to be ignored."""
    global _print

    _print, sys.unraisablehook = sys.unraisablehook, _catch
    signal.signal(signal.SIGALRM, _ears.ring)
    for name in _NAMES:
        number = signal.Signals[name]
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            _ears.heard.append(number)
            signal.signal(number, _ears.end)


def stop_listening() -> int:
    """All is done or told: what comes from now on changes nothing. Gives the signal that still waits, 0 for none."""
    while _ears.heard:
        signal.signal(_ears.heard[-1], signal.SIG_IGN)
        _ears.heard.pop()
        if not _ears.heard:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
    number, _ears.waiting = _ears.waiting, 0
    return number
