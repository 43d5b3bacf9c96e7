"""Kill a run before and after each of its renames, removals and flushes, and look at what stands there.

    python -m tests.killing FOLDER [STEP] [publish]

One process forks one for each kill: the child counts its calls and ends at the n-th without another word, as a kill does. A
reader must then see the files of the run before or of the one that was killed, never both; and the next run goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline import world
from pipeline.run import whole
from pipeline.run.publish import publish
from tests.run_corpus import clean, digests, make_records, write_records

#: What changes the names in a folder or makes them last.
CALLS = ("rename", "remove", "sync", "remove_tree", "make_folder", "_make_folders")
KILLED = 77


def die_at(n: int, *, before: bool) -> Callable[[], int]:
    """End this process at the n-th call, before it is made or after. Gives a function that says how many there were."""
    made = [0]

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            made[0] += 1
            if made[0] == n and before:
                os._exit(KILLED)
            try:
                return function(*args, **kwargs)
            finally:
                if made[0] == n:
                    os._exit(KILLED)
        return call

    for name in CALLS:
        setattr(world, name, wrap(getattr(world, name)))
    return lambda: made[0]


def in_child(work: Callable[[], int]) -> int:
    """The exit code of a forked child that does `work`."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path, step: int, *, publishing: bool = False) -> int:
    """Try every step-th kill of a run over an earlier run, or of its publishing alone; give how many there were."""
    old = write_records(folder / "old.jsonl", make_records(20, seed=1))
    new = write_records(folder / "new.jsonl", make_records(24, seed=2))
    clean(old, folder / "old")
    clean(new, folder / "new")
    before, after = digests(folder / "old"), digests(folder / "new")
    n = kills = 0
    while True:
        n += 1
        out = folder / f"out{n}"
        if in_child(lambda o=out: int(clean(old, o) is None)):      # type: ignore[misc]
            raise AssertionError("the earlier run")

        def killed(o: Path = out, at: int = 1 + (n - 1) * step) -> int:
            def arm() -> None:
                die_at((at + 1) // 2, before=at % 2 == 1)

            def armed(work: Path, put: Sequence[str], gone: Sequence[str]) -> None:
                arm()
                publish(work, put, gone)

            if publishing:
                vars(whole)["publish"] = armed
            else:
                arm()
            clean(new, o)
            return 0

        code = in_child(killed)
        if code == 0:
            return kills
        assert code == KILLED, code
        kills += 1
        there = digests(out)
        assert there.items() <= before.items() or there.items() <= after.items(), f"kill {n}: two runs beside each other: {there}"
        if there.items() <= before.items() and there != before:
            assert list(out.glob(".taosha-*/commit.json")), f"kill {n}: files are gone and nothing says which come"
        again = in_child(lambda o=out: int(clean(new, o) is None))      # type: ignore[misc]
        assert again == 0, f"kill {n}: the next run does not go on"
        assert digests(out) == after, f"kill {n}: the next run"
        assert sorted(p.name for p in out.iterdir()) == sorted(after), f"kill {n}: {sorted(out.iterdir())}"


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore", DeprecationWarning)     # forking with threads: this process has none that matter
    print(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1, publishing="publish" in sys.argv[3:]))
