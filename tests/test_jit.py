"""Kernels are kept once compiled, and found again without numba."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.jit import Kernel, is_off
from pipeline.jit.digest import digest_kernel
from pipeline.jit.machine import SHIPPED_FOR, Code, runs_shipped
from pipeline.jit.shelf import find_places, read_code, write_code
from pipeline.jit.signatures import describe, make_examples
from pipeline.jit.warming import find_kernel, list_kernels

ROOT = Path(__file__).parents[1]
CODE = Code("entry", "place", b"constants", ("needed",), bytes(range(256)) * 400)
HEAVY = ("numba", "numpy", "pyarrow", "llvmlite", "scipy", "pydantic", "regex")


def run_python(code: str, *args: str, **environment: str) -> str:
    env = os.environ | environment
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, cwd=ROOT, timeout=300, env=env)
    assert not done.returncode, done.stderr
    return done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = f"""
import sys
from pipeline.cli import app
try:
    app(["--help"])
except SystemExit:
    print("heavy:", [name for name in {HEAVY} if name in sys.modules])
"""
    assert run_python(code).endswith("heavy: []\n")


@pytest.mark.skipif(is_off(), reason="kernels are not compiled")
def test_a_run_compiles_what_is_listed_and_the_next_one_nothing(tmp_path: Path) -> None:
    code = """
import sys
from pipeline.cli import app
try:
    app(["clean", "seeds", "-o", sys.argv[1], "-q", "--workers", "1"])
except SystemExit as done:
    assert not done.code
from pipeline.jit.finding import COMPILED, FOUND
from pipeline.jit.warming import list_kernels
unlisted = set(COMPILED + FOUND) - list_kernels()
print(len(unlisted) < 10 or sorted(unlisted), len(FOUND) > 20, COMPILED, "numba" in sys.modules)
"""
    run_python(code, str(tmp_path / "a" / "clean.jsonl"))
    stale = "run python -m tools.list_kernels, and commit pipeline/jit/kernels.txt"
    assert run_python(code, str(tmp_path / "b" / "clean.jsonl")) == "True True [] False\n", stale


def test_the_list_names_what_is_there() -> None:
    listed = list_kernels()
    assert len(listed) > 40
    if not is_off():
        assert not [name for name, _ in listed if find_kernel(name) is None]
    assert not [types for _, types in listed if describe(make_examples(types)) != types]


@pytest.mark.parametrize("value", [
    "text", b"bytes", [1], {1: 2}, np.zeros(2, ">u4"), np.zeros(2, "M8[s]"), np.zeros(2, complex), np.zeros(2, "i4,f4"), (1, "a"),
])
def test_what_has_no_text_is_left_to_numba(value: Any) -> None:
    assert describe([value]) is None


def test_arrays_that_lie_otherwise_are_other_types() -> None:
    array = np.zeros((4, 6), np.int32)
    still = array.copy()
    still.flags.writeable = False
    texts = [describe([a]) for a in (array, still, array.T, array[:, ::2], array[0], array.astype(np.uint32))]
    assert texts == ["i4[2]C", "i4[2]Cr", "i4[2]F", "i4[2]A", "i4[1]C", "u4[2]C"]


def test_a_kernel_is_what_its_callees_and_constants_are() -> None:
    def make(step: str, limit: int) -> bytes:
        names: dict[str, Any] = {"__name__": "pipeline.made", "LIMIT": limit}
        exec(f"def inner(a):\n    return a {step}\ndef outer(a):\n    return inner(a) + LIMIT\n", names)
        names["inner"] = Kernel(names["inner"])
        return digest_kernel(Kernel(names["outer"]))

    assert make("+ 1", 3) == make("+ 1", 3)
    assert len({make("+ 1", 3), make("+ 2", 3), make("- 1", 3), make("+ 1", 4)}) == 4


DIGESTS = """
import sys
from hashlib import sha256
from pipeline.jit.digest import digest_kernel
from pipeline.jit.warming import find_kernel, list_kernels
found = [kernel for name in sorted({name for name, _ in list_kernels()}) if (kernel := find_kernel(name))]
print(len(found), sum(bool(kernel.py_func.__doc__) for kernel in found), sha256(b"".join(map(digest_kernel, found))).hexdigest())
"""


@pytest.mark.skipif(is_off(), reason="kernels are not compiled")
def test_kernels_are_the_same_without_docstrings() -> None:
    """Else `PYTHONOPTIMIZE=2` would make all of them anew, a minute's work, and keep a shelf of its own."""
    (n, documented, digest), *others = (run_python(DIGESTS, PYTHONOPTIMIZE=level).split() for level in ("", "1", "2"))
    assert int(n) > 40 < int(documented)
    assert others == [[n, documented, digest], [n, "0", digest]]


def test_a_kernel_that_counts_no_references_is_another_one() -> None:
    from pipeline.read.html.kernels.walk import scan

    within = scan.py_func.__globals__["find"] if isinstance(scan, Kernel) else None
    if within is not None:
        assert not within.counts
        assert digest_kernel(within) != digest_kernel(Kernel(within.py_func))


def test_what_is_kept_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert read_code("x.kernel") is None
    with ThreadPoolExecutor(40) as threads:
        list(threads.map(lambda _: write_code("x.kernel", CODE), range(40)))
        assert set(threads.map(lambda _: read_code("x.kernel"), range(40))) == {CODE}
    file = next(find_places()) / "x.kernel"
    assert [p.name for p in file.parent.iterdir()] == ["x.kernel"], "no draft stays"
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:3], b"", whole[:50] + b"\0" + whole[51:]):
        if damaged != whole:
            file.write_bytes(damaged)
            assert read_code("x.kernel") is None


@pytest.mark.skipif(is_off(), reason="kernels are not compiled")
@pytest.mark.parametrize("surprise", [
    "pipeline.jit.KNOWN['numba'] = '0.1'",                                          # another numba
    "import pipeline.jit.machine as m; m._load_extension = lambda name: 1 / 0",     # a part that is not what it was
    "import pipeline.jit.machine as m; m._Machine.load = lambda *_: int('x')",      # code that cannot be linked
    "import pipeline.jit.shelf as s; s.find_places = lambda: iter(())",             # no place to keep anything
])
def test_whatever_surprises_numba_does_the_work(surprise: str) -> None:
    code = f"""
import pipeline.jit
{surprise}
import numpy as np
from pipeline.chinese.scan import count_newlines
print(count_newlines(np.array([10, 65, 10], np.uint32)), "numba" in __import__("sys").modules)
"""
    assert run_python(code) == "2 True\n"


@pytest.mark.skipif(is_off() or not runs_shipped(), reason="kernels are not compiled, or not shipped for this processor")
def test_what_came_with_the_package_is_taken_where_the_processor_has_all_it_needs(tmp_path: Path) -> None:
    count = """
import sys
from pathlib import Path
import numpy as np
import pipeline.jit.finding as finding, pipeline.jit.shelf as shelf
if sys.argv[1:]:
    shelf.SHIPPED = finding.SHIPPED = Path(sys.argv[1])
    shelf.find_places = lambda: iter(())
    finding.runs_shipped = lambda: sys.argv[2] == "runs"
from pipeline.chinese.scan import count_newlines
print(count_newlines(np.array([10, 65, 10], np.uint32)), "numba" in sys.modules)
"""
    makes = {"NUMBA_CPU_NAME": SHIPPED_FOR, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path), "TAOSHA_COMPILES": "1"}
    assert run_python(count, **makes) == "2 True\n"
    (folder,) = (file.parent for file in tmp_path.rglob("*.kernel"))
    assert run_python(count, str(folder), "runs") == "2 False\n"
    assert run_python(count, str(folder), "runs not", TAOSHA_COMPILES="1") == "2 True\n"
