"""Memory of a whole run over a crawl of any size, which is made for it (`tests.bench.grow`): the run itself, and its workers.

    python -m tests.bench.memory --crawl FOLDER [--gigabytes N] [--workers N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.bench.grow import write_grown
from tests.bench.throughput import find
from tests.random_kills import find_children


def read_held(pid: int) -> int:
    """Bytes that a process holds of its own; pages of files that are mapped are the system's."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) << 10
    return 0


def watch(running: subprocess.Popen[bytes]) -> Counter[str]:
    """The most that the run and the largest of its workers held, looked at ten times a second."""
    most: Counter[str] = Counter()
    while running.poll() is None:
        most["run"] = max(most["run"], read_held(running.pid))
        most["worker"] = max([most["worker"], *map(read_held, find_children(running.pid))])
        time.sleep(0.1)
    return most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crawl", type=Path)
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    crawl = find(args.crawl, ("crawl.warc",)) if args.crawl else None
    if crawl is None or not Path("/proc/self/status").exists():
        print(f"bench: no crawl.warc in {args.crawl}, or no /proc: memory was not measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "grown.warc.gz"
        n = write_grown(crawl, source, int(args.gigabytes * 1e9))
        command = ["-m", "pipeline", "clean", str(source), "-o", f"{folder}/out/", "-q", "--workers", str(args.workers)]
        begun = time.monotonic()
        running = subprocess.Popen([sys.executable, *command])
        most = watch(running)
    print(
        f"memory: {args.gigabytes} GB of HTML, {n:,} pages, {args.workers} workers: the run held {most['run'] / 1e6:,.0f} MB, "
        f"a worker {most['worker'] / 1e6:,.0f} MB, in {time.monotonic() - begun:,.0f} s (exit code {running.returncode})"
    )


if __name__ == "__main__":
    main()
