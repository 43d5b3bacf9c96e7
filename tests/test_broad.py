"""Whoever catches an error of a class that want of the moment has too asks `pipeline.read.damage` what it is, or says why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.want import ROOT

#: Classes that an error of this moment may be of.
_BROAD = {"Exception", "BaseException", "OSError", "EnvironmentError", "IOError", "MemoryError", "RuntimeError", "ArrowException"}
_ASKED = {"check_damage", "check_passing", "name_error", "is_of_moment", "_as_os_error", "_unreachable"}
#: Where none is asked, and why: a file, or a function in it.
REASONS = {
    "what cannot be written ends the run, and says nothing of what was read": {
        "atomic.py", "corpus/originals.py", "corpus/targets.py:find_target", "near/candidates.py:_write",
        "near/index/__init__.py:_make_place", "near/index/writing.py:adding", "read/paths.py:_copied_input",
        "run/workplace.py:open_workplace", "run/whole.py:run", "run/unchanged.py:_work",
        "engines/dataset.py:write_steps", "corpus/corpus.py:_open_file", "run/publish.py",
    },
    "it ends a call that was wrong, or could not be looked at, before anything was read": {
        "check/changed.py:_git", "check/ignores.py:_text_of", "options.py:_parse", "signals/where.py:parse_where",
        "corpus/targets.py:identify", "corpus/targets.py:_holds_more", "run/workplace.py:_is_standard_input",
        "run/workplace.py:_check_regular",
    },
    "`open_to_read` raised a PassingError before: what comes here is of the file": {
        "corpus/card.py:_is_ours", "corpus/manifest.py:read_manifest", "corpus/manifest.py:digest_file",
    },
    "what is kept there is made anew": {"jit/"},
    "a process ends there, or tells another how it ended": {"cli.py", "engines/workers.py", "engines/spark/"},
    "it is said to people, and changes nothing": {"run/progress.py", "run/room.py", "show/attempt.py:write_failure"},
    "of a value alone, by two classes that want of the moment has not": {"read/values.py:list_rows"},
    "what it was doing goes on to its end: the error is raised again": {"stream.py:_clean_all"},
    "what cannot be looked at, or removed, stays": {"run/workplace.py:_holds_work", "run/workplace.py:_locked"},
}


def _names(caught: ast.expr | None) -> set[str]:
    if caught is None:
        return {"BaseException"}
    if isinstance(caught, ast.Tuple):
        return set().union(*map(_names, caught.elts))
    return {caught.attr if isinstance(caught, ast.Attribute) else caught.id if isinstance(caught, ast.Name) else "BaseException"}


def find_broad(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    """Function and line of each place that catches broadly and asks nobody."""
    for node in ast.iter_child_nodes(tree):
        name = node.name if isinstance(node, ast.FunctionDef) else inside
        caught: set[str] = set()
        if isinstance(node, ast.ExceptHandler):
            called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
            caught = set() if called & _ASKED else _names(node.type)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "suppress":
            caught = set().union(*map(_names, node.args))
        if caught & _BROAD:
            yield name, node.lineno     # type: ignore[attr-defined]
        yield from find_broad(node, name)


def test_whoever_catches_broadly_asks_or_says_why_not() -> None:
    left = {place for places in REASONS.values() for place in places}
    wrong, used = [], set()
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        file = path.relative_to(ROOT / "pipeline").as_posix()
        for name, line in find_broad(ast.parse(path.read_text("utf-8"))):
            why = {f"{file}:{name}", file, *(f"{parent.as_posix()}/" for parent in Path(file).parents)} & left
            used |= why
            if not why:
                wrong.append(f"pipeline/{file}:{line} {name}")
    assert not wrong, "\n".join(wrong)
    assert used == left, "nobody catches there any more"


def test_what_is_found() -> None:
    code = """
def f():
    try: g()
    except (ValueError, OSError): pass
    try: g()
    except OSError as error: check_damage(error)
    with suppress(Exception): g()
    try: g()
    except ValueError: pass
    except: pass
    try: g()
    except pa.ArrowException: pass
"""
    assert [*find_broad(ast.parse(code))] == [("f", 4), ("f", 7), ("f", 10), ("f", 12)]
