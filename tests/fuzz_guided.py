"""The laws under a fuzzer that sees which lines each input reaches (atheris, which `make fuzz-guided` installs).

    python -m tests.fuzz_guided [TARGET...] [--minutes 1] [--corpus FOLDER]

Targets are `decode`, each kind of file, each stage alone, the whole, a batch, options, and a damaged run or index (`restore`,
`report`, `index`). Each runs in a process of its own for so many minutes. Inputs are real texts and files; half of the changes
are those of `tests.fuzz` and `tests.fuzz_files`, which know what an input is made of, and half are blind. Compiled kernels are
not looked into.
What broke a law is kept in FOLDER under `finding-`, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: The stages that are tried alone.
STAGES = ("encoding", "boilerplate", "repeats", "pinyin", "script", "personal")
KINDS = (
    "a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.html", "a.srt", "a.warc", "a.warc.gz", "a.zip", "a.tar", "a.tar.gz",
    "a.parquet", "a.arrow", "a.jsonl.gz", "a.jsonl.zst",
)
TARGETS = ("decode", *KINDS, *(f"stage-{name}" for name in STAGES), "whole", "batch", "options", "restore", "report", "index")
_SMALL = 20_000


class BrokenError(Exception):
    """A law that an input breaks."""


def find_kernel_modules() -> list[str]:
    """Modules that hold kernels: changed for the fuzzer they would be other code, to be compiled anew."""
    kernel = re.compile(r"^@jit(_within)?\b|by_hand\(", re.M)
    found = [path for path in (ROOT / "pipeline").rglob("*.py") if kernel.search(path.read_text("utf-8"))]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in found]


def check_stage(name: str, text: str) -> str | None:
    """The law that a text breaks under one stage alone."""
    from pipeline import clean_text
    from pipeline.account import edit_rows, replay, restore

    try:
        once = clean_text(text, stages=[name])
        rows = edit_rows(once.edits)
        if replay(once.original, rows) != once.text or restore(once.text, rows) != once.original:
            return "replay"
    except Exception as error:
        return f"no exception: {type(error).__name__}: {error}"[:200]
    return None


def make_target(name: str, folder: Path) -> tuple[Callable[[bytes], str | None], list[bytes]]:
    """What judges an input, and inputs to begin with."""
    from tests import fuzz, fuzz_files

    dice = random.Random(1)
    texts = [t[:1500] for t in dice.sample(fuzz.load_texts(60), 120)]
    plain = [t.encode("utf-8", "ignore") for t in texts]
    path = folder / name

    def check_file(check: Callable[[Path], str | None], data: bytes) -> str | None:
        path.write_bytes(data)
        return check(path)

    if name == "decode":
        return fuzz.check_bytes, [t.encode(charset, "ignore") for t in texts[:40] for charset in fuzz.CHARSETS]
    if name in KINDS:
        seeds = [fuzz_files.FORMATS[name](texts[k:k + k % 4 + 1]) for k in range(0, 120, 4)]
        return lambda data: check_file(fuzz_files.check_reader, data), seeds
    if name == "options":
        return lambda data: check_file(fuzz_files.check_options, data), [(ROOT / "taosha.example.toml").read_bytes()]
    if name in ("restore", "report", "index"):
        return _make_run(name, folder)
    if name == "batch":
        return lambda data: fuzz.check_batch(data.decode("utf-8", "ignore").split("\x1f")[:4]), [
            b"\x1f".join(plain[k:k + 3]) for k in range(0, 90, 3)]
    check = fuzz.check_text if name == "whole" else lambda text: check_stage(name.removeprefix("stage-"), text)
    return lambda data: check(data.decode("utf-8", "ignore")), plain


def _make_run(name: str, folder: Path) -> tuple[Callable[[bytes], str | None], list[bytes]]:
    """The first byte says which file of a run or an index stands there otherwise."""
    import shutil

    from tests.fuzz_files import Run

    run = Run(folder)
    whole = folder / ("index" if name == "index" else "whole")
    others = ("lock", "README.md", "croissant.json")
    files = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file() and p.name not in others)
    damaged = folder / "damaged"
    shutil.copytree(whole, damaged)
    judge = {"restore": run.check_restore, "report": run.check_report, "index": run.check_index}[name]

    def check(data: bytes) -> str | None:
        which = files[data[0] % len(files)] if data else files[0]
        (damaged / which).write_bytes(data[1:])
        try:
            return judge(damaged)
        finally:
            shutil.copyfile(whole / which, damaged / which)

    return check, [bytes([k]) + (whole / which).read_bytes() for k, which in enumerate(files)]


def fuzz_one(name: str, seconds: int, corpus: Path) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris  # type: ignore[import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["pipeline"], exclude=["pipeline.jit", *find_kernel_modules()]):
        import pipeline.cli  # noqa: F401
        from tests import fuzz, fuzz_files
    with tempfile.TemporaryDirectory() as work:
        check, seeds = make_target(name, Path(work))
        own = corpus / name
        own.mkdir(parents=True, exist_ok=True)
        for k, seed in enumerate(seeds):
            if len(seed) < 10 * _SMALL:
                (own / f"seed-{k:03}").write_bytes(seed)
        is_text = name.startswith(("stage-", "whole", "batch"))
        mutators: dict[str, Any] = {}

        def mutate(data: bytes, size: int, seed: int) -> bytes:
            dice = random.Random(seed)
            if dice.random() < 0.5:
                out = atheris.Mutate(data, size)
            elif is_text:
                maker = mutators.setdefault("text", fuzz.Mutator(fuzz.load_texts(20), seed))
                maker.random = dice
                out = dice.choice(maker.ways)(maker, data.decode("utf-8", "ignore") or "文").encode("utf-8", "ignore")
            else:
                out = fuzz_files.damage(data, dice)
            return bytes(out[:size])

        def judge(data: bytes) -> None:
            if (law := check(data)) is not None:
                raise BrokenError(law)

        atheris.Setup(
            [sys.argv[0], str(own), f"-artifact_prefix={corpus}/finding-{name}-", f"-max_total_time={seconds}",
             f"-max_len={_SMALL}", "-timeout=60", "-rss_limit_mb=6000", "-print_final_stats=1", "-verbosity=0"],
            judge, custom_mutator=mutate,
        )
        atheris.Fuzz()


def main() -> int:
    """Fuzz each target in turn; 0 where no law was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--corpus", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        fuzz_one(args.targets[0], int(60 * args.minutes), args.corpus)
    broken = 0
    for name in args.targets:
        begun = time.monotonic()
        command = [sys.executable, "-m", "tests.fuzz_guided", name, "--here", "--minutes", str(args.minutes)]
        done = subprocess.run(
            [*command, "--corpus", str(args.corpus.resolve())], cwd=ROOT, capture_output=True, text=True, errors="replace",
            env={**os.environ, "PYTHONWARNINGS": "ignore"}, check=False,
        )
        tried = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        law = re.search(r"BrokenError: (.*)|(ERROR: libFuzzer: .*)", done.stdout + done.stderr)
        ended = f"ended with {done.returncode}: {done.stderr[-300:]}" if done.returncode else "nothing"
        told = law[1] or law[2] if law else ended
        broken += bool(done.returncode)
        print(f"{name}: {tried[1] if tried else '?'} inputs in {time.monotonic() - begun:.0f} s: {told}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
