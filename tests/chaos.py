"""Every call to the world of a small run fails once, in every way there is, and the laws hold after each.

    python -m tests.chaos [--every N] [--first N] [--only NAME...] [--kinds KIND...] [--quick]

One warm process forks one child for each fault; the child runs a command line to its end, as a user would. Exhaustive over the
calls, as SQLite does it, not random. `--every N` takes each N-th call of each (scenario, kind), begun at another place for each.

Laws. The exit code is that of the kind of error, never 70, and 0 only where the result is whole. One line on standard error says
what went wrong with which file; no traceback. Under their names stand the files of before or all of the new ones. What is
left is the work folder alone, from which the next run goes on; nothing in TMPDIR unless the process was killed. The next
run ends with the digests of a run without faults, and then nothing is left over.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

from pipeline import faults, world
from tests.run_corpus import clean, make_records, write_records

ERRORS = {"EIO": "Input/output error", "ENOSPC": "(the disk is full|No space left)", "EMFILE": "Too many open files",
          "EINTR": "Interrupted"}
#: What the next run goes on from, or takes away; and locks, which stay under an index.
LOCK = re.compile(r"\.taosha\.lock")     # an empty file, which may stay where it cannot be removed
LEFT = re.compile(r"\.taosha-[0-9a-f]{16}|\.taosha\.lock|\.adding-.*|segment-\d{6}|\..{16}\.tmp")


@dataclass(frozen=True)
class Scenario:
    """A command line, run in a folder that `prepare` made; `made` is the folder in it that the command writes to."""

    name: str
    prepare: Callable[[Path], None]
    argv: tuple[str, ...]
    made: str = "out"
    stdin: str | None = None
    who: str = "run"
    patch: Callable[[], None] = field(default=lambda: None)
    partly: bool = False    # whether files come one by one, as documented: the whole ones stand
    leaves: bool = True     # whether what the next run goes on from may be left by a run that was not killed


def run(scenario: Scenario, folder: Path, said: Path, *, plan: tuple[int, str] | None = None, calls: Path | None = None) -> int:
    """The command line in a forked child that stands in `folder`; its exit code. What it says goes to the file `said`."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code, made = 99, None
    try:
        _stand_in(folder, said, scenario.stdin)
        scenario.patch()
        if plan and scenario.who == "worker":
            os.environ["TAOSHA_FAULTS"] = f"worker:{plan[0]}:{plan[1]}:{said}.once"      # else a record dies twice: quarantined
        elif plan:
            made = faults.arm(world, *plan)
        sys.argv = ["taosha", *scenario.argv]
        from pipeline.cli import main

        main()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    faults.disarm(world)
    if calls is not None and made is not None:
        calls.write_text("\n".join(made.calls))
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def load_all() -> None:
    """Import every module and load every kernel here, so that children have them."""
    import gc
    import importlib
    import pkgutil

    import pipeline
    from pipeline.run.clean import warm_up

    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if not module.name.endswith(("__main__", "worker_start", "spark")) and ".spark." not in module.name:
            importlib.import_module(module.name)
    warm_up()
    with tempfile.TemporaryDirectory() as name:     # what is loaded when it is first used is loaded here
        write_inputs(Path(name))
        clean(Path(name) / "in", Path(name) / "out")
    from pipeline.run import unchanged

    vars(unchanged)["threading"] = SimpleNamespace(Thread=_Inline, Event=threading.Event)      # the n-th call is the same each time
    gc.freeze()


class _Inline(threading.Thread):
    """A thread that does its work when it is started, here."""

    def start(self) -> None:
        self.run()

    def join(self, timeout: float | None = None) -> None:
        pass


def _stand_in(folder: Path, said: Path, stdin: str | None) -> None:
    """Stand in a folder, with streams and TMPDIR of its own."""
    os.chdir(folder)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    entry = os.open(stdin or os.devnull, os.O_RDONLY)
    for handle, number in ((entry, 0), (out, 1), (out, 2)):
        os.dup2(handle, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)       # noqa: SIM115
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8", closefd=False), open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ["TMPDIR"] = tempfile.tempdir = os.fspath(folder / "tmp")


def digests(folder: Path) -> dict[str, str]:
    """The digest of every file that has its own name, and not that of a work folder."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(p.startswith(".") for p in parts) and parts[-1] != "lock":
            found["/".join(parts)] = sha256(path.read_bytes()).hexdigest()
    return found


def find_left(folder: Path) -> list[str]:
    """Names in a folder, and in its TMPDIR, that are of no result."""
    made = [os.fspath(p.relative_to(folder)) for p in sorted(folder.glob("*/.*"))]
    return made + [os.fspath(p.relative_to(folder)) for p in sorted((folder / "tmp").iterdir())]


def write_inputs(folder: Path) -> None:
    """Inputs of three kinds."""
    import gzip

    write_records(folder / "in" / "a.jsonl", make_records(9, seed=1))
    (folder / "in" / "b.txt").write_text("岚川县公告\n今天的会议决定了明年的工作，大家都说很好（hǎo）。\n" * 2, "utf-8")
    with gzip.GzipFile(folder / "in" / "c.jsonl.gz", "wb", mtime=0) as file:
        for row in make_records(9, seed=2)[:4]:
            file.write(json.dumps({**row, "id": f"gz{row['id']}"}, ensure_ascii=False).encode() + b"\n")
    for name in ("a.jsonl", "b.txt", "c.jsonl.gz"):
        os.utime(folder / "in" / name, (1_700_000_000, 1_700_000_000))


def _prepare(folder: Path, *argvs: Sequence[str]) -> None:
    """Inputs, and runs before the one that is tried."""
    write_inputs(folder)
    write_records(folder / "old.jsonl", make_records(9, seed=3)[:6])
    for name in ("tmp", "out"):
        (folder / name).mkdir()
    for argv in argvs:
        code = run(Scenario("", _prepare, tuple(argv)), folder, folder.parent / "said")
        assert code == 0, (argv, code, (folder.parent / "said").read_text("utf-8"))


def _cut_small() -> None:
    """Several units, and near-duplicates found by the engine."""
    import pytest

    from tests.run_corpus import move_everything, set_unit_bytes

    patch = pytest.MonkeyPatch()
    set_unit_bytes(patch, 2_000)
    move_everything(patch)


def _after(*argvs: Sequence[str]) -> Callable[[Path], None]:
    return lambda folder: _prepare(folder, *argvs)


_CLEAN = ("clean", "in", "-o", "out/clean.jsonl", "--quiet", "--workers")
_OLD = ("clean", "old.jsonl", "-o", "out/clean.jsonl", "--quiet", "--workers", "1")
_RUN = ("clean", "in", "-o", "run/clean.jsonl", "--quiet", "--workers", "1")
SCENARIOS = (
    Scenario("clean", _after(), (*_CLEAN, "1")),
    Scenario("clean over a run", _after(_OLD), (*_CLEAN, "1")),
    Scenario("clean, engine", _after(), (*_CLEAN, "1"), patch=_cut_small),
    Scenario("clean, shards", _after(), (*_CLEAN, "1", "--shard-size", "2K")),
    Scenario("clean, parquet", _after(), ("clean", "in", "-o", "out/clean.parquet", "--quiet", "--workers", "1", "--keep")),
    Scenario("clean, sealed", _after(), (*_CLEAN, "1", "--audit", "sealed"), leaves=False),
    Scenario("clean, standard input", _after(), ("clean", "-", *_CLEAN[2:], "1"), stdin="in/a.jsonl"),
    Scenario("clean against", _after(_RUN), (*_CLEAN, "1", "--against", "run")),
    Scenario("clean to standard output", _after(), ("clean", "in", "-o", "-", "--quiet", "--workers", "1"), made="-"),
    Scenario("index, new", _after(_RUN), ("index", "index", "--add", "run"), made="index"),
    Scenario("index, more", _after((*_OLD[:2], "-o", "older/clean.jsonl", *_OLD[4:]), ("index", "index", "--add", "older"), _RUN),
             ("index", "index", "--add", "run"), made="index"),
    Scenario("restore, folder", _after(_RUN), ("restore", "run", "-o", "out/"), partly=True),
    Scenario("restore, file", _after(_RUN), ("restore", "run", "-o", "out/originals.jsonl")),
    Scenario("report", _after(_RUN), ("report", "run", "-o", "out/report.html")),
    Scenario("check", _after(_RUN), ("check", "in/b.txt", "--min-chinese", "1", "--against", "run"), made="-"),
    Scenario("clean, workers", _after(), (*_CLEAN, "2"), patch=_cut_small),
    Scenario("clean, in workers", _after(), (*_CLEAN, "2"), who="worker", patch=_cut_small),
)


@dataclass
class Trial:
    """A scenario with what must come of it."""

    scenario: Scenario
    top: Path
    code: int = 0
    before: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    calls: dict[str, list[str]] = field(default_factory=dict)

    @property
    def template(self) -> Path:
        """The folder as it is before the command."""
        return self.top / "template"

    def begin(self, kinds: Iterable[str]) -> None:
        """Prepare, and run once without a fault."""
        shutil.rmtree(self.template, ignore_errors=True)
        self.template.mkdir()
        self.scenario.prepare(self.template)
        self.before = self._made(self.template)
        folder = self._fresh()
        self.code = run(self.scenario, folder, self._said)
        assert self.code == 0, self._said.read_text("utf-8")
        self.expected, self.left = self._made(folder), find_left(folder)
        if self.scenario.who == "run":
            run(self.scenario, self._fresh(), self._said, plan=(0, "before"), calls=self.top / "calls")
            calls = (self.top / "calls").read_text("utf-8").split()
            self.calls = {kind: [call for call in calls if faults.can_meet(kind, call)] for kind in kinds}
        else:
            self.calls = {kind: ["?"] * MOST_IN_WORKER for kind in kinds}

    @property
    def _said(self) -> Path:
        return self.top / "said"

    def _fresh(self) -> Path:
        folder = self.top / "tried"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.template, folder)
        return folder

    def _made(self, folder: Path) -> dict[str, str]:
        if self.scenario.made == "-":
            return {"-": sha256(self._said.read_bytes()).hexdigest()}
        return digests(folder / self.scenario.made)

    def attempt(self, at: int, kind: str) -> tuple[int, list[str]]:
        """One fault and the next run: the exit code, and the laws that were broken."""
        folder = self._fresh()
        self._said.with_name("said.once").unlink(missing_ok=True)
        code = run(self.scenario, folder, self._said, plan=(at, kind))
        said = self._said.read_text("utf-8", "replace")
        broken = [*self._judge_end(code, kind, said), *self._judge_files(folder, code, killed=kind in ("before", "after"))]
        again = run(self.scenario, folder, self._said)
        if again != self.code or self._made(folder) != self.expected:
            end = self._said.read_text("utf-8", "replace")[-300:]
            broken.append(f"the next run: code {again}, {_differ(self.expected, self._made(folder))}: {end}")
        left = [name for name in find_left(folder) if name not in self.left]
        if code == faults.KILLED:       # in TMPDIR, and beside a single file that was written: docs/operating.md says so
            single = self.scenario.name.startswith(("restore", "report"))
            left = [name for name in left if name[:4] != "tmp/" and not (single and name.endswith(".tmp"))]
        return code, broken + ([f"left after the next run: {left}"] if left else [])

    def _judge_end(self, code: int, kind: str, said: str) -> Iterator[str]:
        if "Traceback" in said:
            yield f"a traceback: {said[-1500:]}"
        if kind in ("before", "after"):
            if code != (faults.KILLED if self.scenario.who == "run" else 0):
                yield f"killed, and the exit code is {code}: {said[-300:]}"
        elif kind == "short" and code != self.code:
            yield f"a short write is an error: {code} {said[-300:]}"
        elif code not in (self.code, 2, 3, 4, 5, 6):
            yield f"exit code {code}: {said[-300:]}"
        elif code != self.code and not re.search(r"(\b(in|out|tmp|run|index|older)\b|\.taosha-ignore).*" + ERRORS[kind], said):
            yield f"the message names no file or no error: {said[-300:]}"

    def _judge_files(self, folder: Path, code: int, *, killed: bool) -> Iterator[str]:
        made = self._made(folder)
        if self.scenario.made == "-":
            if code == self.code and made != self.expected:
                yield "it ended well with another result"
            return
        pending = any(folder.glob("*/.taosha-*/commit.json"))
        parts = made.items() <= self.expected.items() or (made.items() <= self.before.items() and pending)
        if code == self.code and not killed and made != self.expected:
            yield f"it ended well with another result: {_differ(self.expected, made)}"
        elif self.scenario.made == "index":
            head = made.get("index.json")       # an empty index comes before the first documents
            if "index.json" in self.before and head not in (self.before["index.json"], self.expected["index.json"]):
                yield "another index"
        elif made not in (self.before, self.expected) and not (parts and (pending or self.scenario.partly)):
            yield f"half of it stands there: {_differ(self.expected, made)}"
        may_leave = self.scenario.leaves or pending
        allowed = LEFT if may_leave else LOCK
        left = [name for name in find_left(folder) if not allowed.fullmatch(name.partition("/")[2])]
        if not killed and left:
            yield f"left: {left}"


def _differ(expected: dict[str, str], made: dict[str, str]) -> str:
    return str(sorted({name for name, _ in expected.items() ^ made.items()}))


def try_all(
    every: int, only: Sequence[str], kinds: Sequence[str], first: int = 0, *, loud: bool = False, quick: bool = False,
    told: Callable[[str], None] = print
) -> tuple[Counter[str], int]:
    """Try each fault of each scenario; count them by scenario, kind and exit code, and the broken laws."""
    ends: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as name:
        for number, scenario in enumerate(SCENARIOS):
            if (only and scenario.name not in only) or (quick and "workers" in scenario.name):      # whose start takes a second
                continue
            trial = Trial(scenario, Path(name))
            trial.begin(kinds)
            begun = time.monotonic()
            for k, kind in enumerate(kinds):
                for at in range(1 + (first + number * 7 + k * 37) % every, len(trial.calls[kind]) + 1, every):
                    code, broken = trial.attempt(at, kind)
                    ends[f"{scenario.name}, {kind}: {code}"] += 1
                    for law in broken:
                        bad += 1
                        told(f"{scenario.name}, {kind} at call {at}, {trial.calls[kind][at - 1]}: {law}")
            if loud:
                told(f"{scenario.name}: {time.monotonic() - begun:.1f} s")
    return ends, bad


#: Calls of a worker that are tried: those of its first shards.
MOST_IN_WORKER = 40


def main() -> None:
    """Try, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="without those that start worker processes")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--kinds", nargs="*", default=list(faults.KINDS))
    args = parser.parse_args()
    begun = time.monotonic()
    load_all()
    ends, bad = try_all(
        args.every, args.only, args.kinds, args.first, loud=True, quick=args.quick, told=lambda line: print(line, flush=True)
    )
    for end, n in sorted(ends.items()):
        print(f"{n:6} {end}")
    print(f"{ends.total()} faults, {bad} broken laws, {time.monotonic() - begun:.0f} s")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
