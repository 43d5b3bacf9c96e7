"""How a worker starts: it sees to it that it ends with its parent before it imports anything that takes time.

Run as a script by `pipeline.engines.workers`: `worker_start.py TASKS ALIVE PARENT PATH...`, handles of a socket and of a pipe, the
id of the parent process, and its `sys.path`.
"""

from __future__ import annotations

import os
import sys
import threading

_PR_SET_PDEATHSIG, _SIGKILL = 1, 9       # <linux/prctl.h>


def end_with_parent(alive: int, parent: int) -> None:
    """End this process, whatever it is doing, when its parent does: nothing is ever sent through the pipe, but it ends."""
    def watch() -> None:
        os.read(alive, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    if sys.platform == "linux":     # a thread cannot run while another holds the interpreter for long; the kernel can
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:      # it died before it could be asked
        os._exit(1)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[2]), int(sys.argv[3]))
    sys.path[:] = sys.argv[4:]
    from pipeline.engines.workers import serve

    serve(int(sys.argv[1]))
