"""Change one thing in a module, run its tests, and see whether they notice: what no test sees, no test holds.

    python -m tools.mutants pipeline/edits.py [--most 60] [--seed 1] [--plain] [--tests tests/test_x.py ...]

A mutant is one change: a comparison, an operator, a constant, a condition turned round, a value that is not returned, a statement
left out, a loop that ends otherwise. Left as they are: texts of messages (f-strings), docstrings, types, decorators and
`__all__`, which no law is about. Each stands in a copy of the tree, so that commands and workers that tests start have it too.
`--plain` runs kernels as the Python that they are written in. First the whole module unchanged must pass.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What tests import that is none of ours: loaded once, before each test process is forked.
_OTHERS = (
    "pytest", "hypothesis.strategies", "hypothesis.extra.numpy", "numpy", "pyarrow.parquet", "pyarrow.compute", "orjson",
    "zstandard", "ftfy", "opencc", "selectolax.lexbor", "regex", "typer", "rich.console", "pydantic", "chardet", "fastwarc",
    "datasketch", "scipy.sparse",
)
#: What is loaded before pytest is not rewritten by it; and hashes overflow, which plain numpy tells.
_QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-W", "ignore:overflow encountered:RuntimeWarning")
#: The tests of each module that is held to this: the quick ones, and those for what lives under them.
TESTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pipeline/edits.py": (("test_edits",), ("test_laws", "test_boilerplate")),
    "pipeline/account.py": (("test_account", "test_edits"), ("test_proof", "test_packed", "test_stream", "test_personal")),
    "pipeline/atomic.py": (("test_atomic",), ("test_security", "test_messages", "test_run_place")),
    "pipeline/near/decisions.py": (("test_near_decisions", "test_near_walk", "test_near_components"), ("test_near",)),
    "pipeline/near/components.py": (("test_near_components",), ()),
    "pipeline/near/rounds.py": (("test_near_decisions", "test_near_walk"), ("test_near",)),
    "pipeline/corpus/sinks.py": (("test_sinks",), ("test_packed", "test_shards", "test_outputs")),
    "pipeline/corpus/shards.py": (("test_shard_names",), ("test_shards",)),
    "pipeline/corpus/json_lines.py": (("test_sinks",), ("test_packed", "test_fields", "test_quarantine")),
    "pipeline/corpus/packing.py": (("test_packing",), ("test_packed",)),
    "pipeline/corpus/cut_writing.py": (("test_cut_writing",), ("test_packed",)),
    "pipeline/corpus/originals.py": (("test_originals",), ("test_restored",)),
    "pipeline/corpus/restored.py": (("test_restored",), ("test_dry_run",)),
}
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.And: ast.Or, ast.Or: ast.And, ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}


def list_mutants(source: str) -> list[tuple[int, str, str]]:
    """Line, what is changed, and the module with it, for each mutant there is."""
    tree = ast.parse(source)
    found = []
    for n, (node, change) in enumerate(_walk(tree)):
        changed = copy.deepcopy(tree)
        other, again = next(item for k, item in enumerate(_walk(changed)) if k == n)
        assert again == change
        before = ast.unparse(node)
        _make(other, change)
        told = f"{before} -> {ast.unparse(ast.fix_missing_locations(other))}".replace("\n", " ")
        found.append((node.lineno, told[:150], ast.unparse(ast.fix_missing_locations(changed))))
    return found


def _walk(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Each node with each change that can be made in it, in order; types and what is said to people are passed by."""
    if isinstance(node, ast.expr | ast.stmt):
        for change in _list_changes(node):
            yield node, change
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, ast.AST) and not _is_left(child):
                yield from _walk(child)


def _is_left(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("cast", "TypeVar"):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.AnnAssign):
        return node.value is None or ast.unparse(node.annotation) == "TypeAlias"
    if isinstance(node, ast.Assign):        # types under a name of their own, and what a module gives
        types = ("NDArray[", "Literal[", "dict[", "Callable[")
        return ast.unparse(node.targets[0]) == "__all__" or ast.unparse(node.value).startswith(types)
    return False


def _list_changes(node: ast.expr | ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Compare):
        yield from (f"op{k}" for k, op in enumerate(node.ops) if type(op) in _SWAPS)
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _SWAPS:
        yield "op"
    elif isinstance(node, ast.UnaryOp):
        yield "operand"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str | bytes):
        yield "constant"
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "return"
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield "test"
    if isinstance(node, ast.Raise | ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield "left out"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute):
        yield "left out"
    if isinstance(node, ast.Break | ast.Continue):
        yield "loop"


def _make(node: ast.expr | ast.stmt, change: str) -> None:
    """Make the change, in place."""
    if isinstance(node, ast.Compare):
        k = int(change[2:])
        node.ops[k] = _SWAPS[type(node.ops[k])]()      # type: ignore[call-overload]
    elif change == "op":
        node.op = _SWAPS[type(node.op)]()              # type: ignore[union-attr]
    elif change == "operand":
        _become(node, node.operand)                     # type: ignore[union-attr]
    elif change == "constant":
        assert isinstance(node, ast.Constant)
        value = node.value
        node.value = (
            not value if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else
            value + "x" if isinstance(value, str) else bytes(value) + b"x"      # type: ignore[arg-type]
        )
    elif change == "return":
        node.value = ast.Constant(None)                 # type: ignore[union-attr]
    elif change == "test":
        node.test = ast.UnaryOp(ast.Not(), node.test)   # type: ignore[union-attr]
    elif change == "loop":
        _become(node, _SWAPS[type(node)]())
    else:
        _become(node, ast.Pass())


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__
    place = {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset") if hasattr(node, name)}
    node.__dict__.clear()
    node.__dict__.update(place | vars(other))


def copy_tree(top: Path) -> Path:
    """A copy of what git knows, and of compiled kernels by name, beside the labelled data."""
    tree = top / "tree"
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0")[:-1]:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    if (ROOT.parent / "shared").exists():
        (top / "shared").symlink_to((ROOT.parent / "shared").resolve())
    return tree


def try_tests(tree: Path, tests: list[str], seconds: float, said: Path) -> tuple[str, str, float]:
    """How the tests end in a process of their own (`passed`, `failed`, `too long`), the first that failed, and CPU seconds."""
    child = os.fork()
    if child == 0:
        _run_tests(tree, tests, seconds, said)
    end, done = time.monotonic() + 20 * seconds, 0
    while not done and time.monotonic() < end:          # what sleeps for ever uses no CPU
        done, status, used = os.wait4(child, os.WNOHANG)
        time.sleep(0 if done else 0.02)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)                # what they left behind too
    if not done:
        os.waitpid(child, 0)
        return "too long", "", seconds
    code = os.waitstatus_to_exitcode(status)
    first = re.search(r"^(?:FAILED|ERROR) (\S+\.py(?:::[^\s\[]+)?)", said.read_text("utf-8", "replace"), re.M)
    ends = {0: "passed", -signal.SIGXCPU: "too long"}
    return ends.get(code, "failed"), first[1] if first else "", used.ru_utime + used.ru_stime


def _run_tests(tree: Path, tests: list[str], seconds: float, said: Path) -> None:
    try:
        os.setsid()
        os.chdir(tree)
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))        # a mutant may ask for all there is
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))      # by CPU: others are at work too
        sys.path[:] = [str(tree), *(place for place in sys.path if place not in ("", str(ROOT)))]
        sys.dont_write_bytecode = True
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--tb=line", "--hypothesis-seed=0", *_QUIET, *tests])))
    except BaseException as error:
        os.write(2, repr(error).encode())
    finally:
        os._exit(99)


def try_module(module: str, groups: list[list[str]], chosen: list[int], seconds: float) -> list[str]:
    """The mutants that live, of those chosen: each group of tests is for what lives under those before."""
    source = (ROOT / module).read_text("utf-8")
    mutants = list_mutants(source)
    killers: list[str] = []
    alive = []
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        tree, said = copy_tree(top), top / "said"
        (tree / module).write_text(ast.unparse(ast.parse(source)), "utf-8")
        patience = []
        for tests in groups:
            end, which, used = try_tests(tree, tests, 20 * seconds, said)
            assert end == "passed", f"unchanged: {end} {which}\n" + said.read_text("utf-8", "replace")[-3000:]
            patience.append(max(seconds, 5 * used))
        print(f"{module}: {len(mutants)} mutants, {len(chosen)} tried", flush=True)
        for n in chosen:
            line, change, text = mutants[n]
            (tree / module).write_text(text, "utf-8")
            for k, tests in enumerate(groups):
                end, which, _ = try_tests(tree, tests if k else [*killers, *tests], patience[k], said)
                if end != "passed":
                    killers = [which, *(k for k in killers if k != which)][:3] if which and not k else killers
                    break
            else:
                alive.append(f"{n}: {module}:{line}: {change}")
                print(f"  lives {alive[-1]}", flush=True)
    return alive


def main() -> None:
    """Try the modules named, or all that are held to it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--tests", nargs="*")
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", nargs="*", type=int, help="mutants by number")
    parser.add_argument("--quick", action="store_true", help="the quick tests alone")
    parser.add_argument("--plain", action="store_true", help="kernels as plain Python")
    args = parser.parse_args()
    os.environ["NUMBA_CACHE_DIR"] = str(ROOT / "pipeline" / "jit" / "__pycache__")
    if args.plain:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    for name in _OTHERS:
        importlib.import_module(name)
    for module in args.modules:
        quick, deep = TESTS[module]
        groups = [args.tests] if args.tests else [[f"tests/{name}.py" for name in group] for group in (quick, deep) if group]
        n = len(list_mutants((ROOT / module).read_text("utf-8")))
        chosen = args.only or sorted(random.Random(args.seed).sample(range(n), min(args.most, n)))
        alive = try_module(module, groups[:1] if args.quick else groups, chosen, args.seconds)
        print(f"{module}: {len(chosen) - len(alive)} of {len(chosen)} killed", flush=True)


if __name__ == "__main__":
    main()
