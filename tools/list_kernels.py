"""Write `pipeline/jit/kernels.txt`: the kernels that runs call, and for which types. Run it when the test of that list says so.

    python -m tools.list_kernels [INPUT...]

Commands are run over the seeds, the cases of the tests and whatever corpora are named; what is listed
already and still there stays.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pipeline.run.steps
from pipeline.cli import app
from pipeline.jit.finding import COMPILED, FOUND
from pipeline.jit.signatures import describe, make_examples
from pipeline.jit.warming import find_kernel, list_kernels

ROOT = Path(__file__).parents[1]
LIST = ROOT / "pipeline" / "jit" / "kernels.txt"
HEAD = """# Kernels and the types that runs call them with: what is compiled beforehand (see warming.py).
"""


def list_commands(place: Path, corpora: list[str]) -> Iterator[list[str]]:
    """Command lines that between them call every kernel."""
    seeds, pairs = str(ROOT / "seeds"), place / "pairs.jsonl"
    pairs.write_text("".join(_list_texts()), "utf-8")
    for k, corpus in enumerate([seeds, str(pairs), *corpora]):
        out = str(place / f"out{k}" / "clean.jsonl")
        yield ["clean", corpus, "-o", out, "--workers", "1", "-q"]
        index, again = str(place / f"index{k}"), str(place / f"again{k}" / "clean.jsonl")
        yield ["index", index, "--add", out]
        yield ["index", index, "--check"]
        for old in (out, index):
            yield ["check", corpus, "--against", old]
        yield ["clean", corpus, "-o", again, "--against", index, "--workers", "1", "-q"]
    yield ["clean", seeds, "-o", str(place / "lines" / "clean.jsonl"), "--unwrap", "--workers", "1", "-q"]
    yield ["explain", str(ROOT / "seeds")]
    dropped = (json.loads(line) for line in (place / "out1" / "audit.jsonl").read_text("utf-8").splitlines())
    yield ["compare", next(d["id"] for d in dropped if d["fate"] != "kept"), "--run", str(place / "out1")]
    yield ["restore", str(place / "out1" / "audit.jsonl")]
    yield ["check", seeds]


def _list_texts() -> Iterator[str]:
    for line in (ROOT / "tests" / "cases" / "neardup.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        for side in ("a", "b"):
            if isinstance(case.get(side), str):
                yield json.dumps({"id": f"{case['id']}{side}", "text": case[side]}, ensure_ascii=False) + "\n"


def _can_be_made(types: str) -> bool:
    """Whether a line still names types: a class that was moved would be missed, and looked for, at each start."""
    try:
        return describe(make_examples(types)) == types
    except (AttributeError, ImportError, TypeError, ValueError):
        return False


def main() -> None:
    pipeline.run.steps.MANY_CHARS = 0       # so few pairs are walked by the process of the run alone, which finds no components
    with TemporaryDirectory() as folder:
        for command in list_commands(Path(folder), sys.argv[1:]):
            print("taosha", *command, file=sys.stderr, flush=True)
            try:
                app(command)
            except SystemExit as done:
                print("exit code", done.code, file=sys.stderr)
    seen = {(name, types) for name, types in COMPILED + FOUND if find_kernel(name) and _can_be_made(types)}
    kept = {(name, types) for name, types in list_kernels() if find_kernel(name) and _can_be_made(types)}
    LIST.write_text(HEAD + "".join(f"{name} {types}\n" for name, types in sorted(seen | kept)), "utf-8")
    print(len(seen), "called,", len(seen | kept), "listed", file=sys.stderr)


if __name__ == "__main__":
    main()
