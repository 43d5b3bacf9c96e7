"""What is kept beside kernels: patterns and tables are the same however they came, and anything may be missing or wrong."""

from __future__ import annotations

import marshal
import pickle
import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.jit import code, is_off, patterns, tables
from pipeline.jit.shelf import read_checked, write_checked
from pipeline.jit.signatures import describe
from pipeline.jit.tables import kept
from pipeline.near.sketch import draw, permutations
from pipeline.signals import spam
from pipeline.stages.boilerplate.kernels.columns import name_rows
from pipeline.stages.boilerplate.model import load_layout, load_trees
from pipeline.stages.boilerplate.phrases import load_phrases
from pipeline.stages.boilerplate.trees import lay_out
from tests.test_jit import run_python

RUN = """
import re, sys
from pipeline.cli import app
try:
    app(["clean", "seeds", "-o", sys.argv[1], "-q", "--workers", "1"])
except SystemExit as done:
    assert not done.code
from pipeline.jit.patterns import _memories
made = []
own = _memories[0].own
for (pattern, flags), kept in _memories[0].kept.items():
    loaded, plain = _memories[0].load(pattern, kept), own(pattern, flags)
    assert loaded == plain and loaded.groupindex == plain.groupindex and loaded.flags == plain.flags, pattern
from pipeline.jit.shelf import find_places
places = [place / _memories[0].name for place in find_places()]
print(len(_memories[0].kept), *(place.stat().st_mtime_ns for place in places if place.is_file()))
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place of its own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(patterns, "find_places", lambda: [tmp_path / "taosha-kernels"])
    monkeypatch.setattr(tables, "find_places", lambda: [tmp_path / "taosha-kernels"])
    monkeypatch.setattr(tables, "is_as_loaded", lambda: True)
    (tmp_path / "taosha-kernels").mkdir()
    return tmp_path / "taosha-kernels"


@pytest.fixture
def memory(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> patterns._Memory:
    monkeypatch.setattr(re._compiler, "compile", re._compiler.compile)     # type: ignore[attr-defined]
    re.purge()
    return patterns._Memory()


def test_a_second_run_makes_no_pattern(tmp_path: Path) -> None:
    first, second = (run_python(RUN, str(tmp_path / name / "clean.jsonl")) for name in "ab")
    assert first == second
    assert int(first.split()[0]) > 250


def test_only_our_own_patterns_are_kept(memory: patterns._Memory) -> None:
    exec(compile("import re\nre.compile('[a-z]{3}-theirs')", "theirs", "exec"), {"__name__": "somebody.else"})
    exec(compile("import re\nre.compile('[a-z]{3}-ours', re.I)", "ours", "exec"), {"__name__": "pipeline.stages.x"})
    assert [pattern for pattern, _ in memory.new] == ["[a-z]{3}-ours"]


def test_what_is_made_after_the_import_is_not_kept(memory: patterns._Memory) -> None:
    """It may hold a name that a document told, or what a user wrote into the options."""
    code = "import re\ndef look(word):\n    return re.compile(word + '[a-z]{3}-late')\nPATTERN = look('early')"
    names: dict[str, Any] = {"__name__": "pipeline.stages.x"}
    exec(compile(code, "ours", "exec"), names)
    names["look"]("慕容雪莉")
    assert [pattern for pattern, _ in memory.new] == ["early[a-z]{3}-late"]


@pytest.mark.parametrize("held", [[1], {("[a-z]{3}-ours", 0): 42}, {"x": ()}, 7])
def test_a_file_of_another_shape_is_as_none(memory: patterns._Memory, shelf: Path, held: Any) -> None:
    write_checked(memory.name, marshal.dumps(held))
    memory.kept = {}
    memory.read()
    assert memory.compile("[a-z]{3}-ours").fullmatch("abc-ours")


@pytest.mark.parametrize("pattern", ["(?P<一>[㐀-鿿]+)(?P<b>x)?", "[^\\W\\d_〇𠀀-𿿽]{2,3}+", "(?i:ÄÖ|ß)(?<!a)", "()"])
def test_a_kept_pattern_is_the_pattern(memory: patterns._Memory, pattern: str) -> None:
    for flags in (0, re.IGNORECASE, re.M | re.S):
        plain, loaded = memory.own(pattern, int(flags)), memory.load(pattern, memory.take_apart(pattern, int(flags)))
        assert loaded == plain
        assert dict(loaded.groupindex) == dict(plain.groupindex)
        assert loaded.groups == plain.groups
        for text in ("一二x", "xy", "äö", "a", ""):
            found, wanted = loaded.search(text), plain.search(text)
            assert (found and (found.span(), found.groupdict())) == (wanted and (wanted.span(), wanted.groupdict()))


def test_wrong_code_is_made_anew(memory: patterns._Memory) -> None:
    memory.kept["ab+c", 0] = (32, b"\xff" * 64, 0, {}, (None,))
    assert re.compile("ab+c").search("xabbc")


def test_a_file_that_is_damaged_is_not_read(shelf: Path, memory: patterns._Memory) -> None:
    file = shelf / memory.name
    for data in (b"", b"\0" * 100, zlib.crc32(b"no marshal").to_bytes(4, "little") + b"no marshal"):
        file.write_bytes(data)
        patterns._memories.clear()
        patterns.remember_patterns()
        assert re.compile("a[一-龥]b").search("a中b")
        re.purge()
    patterns._memories.clear()


def test_too_many_patterns_start_anew(memory: patterns._Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_MOST", 3)
    for some in ("abc", "de"):
        memory.new = {(f"{c}[0-9]", 0): memory.own(f"{c}[0-9]", 0) for c in some}
        memory.write()
    assert [pattern for pattern, _ in memory.kept] == ["d[0-9]", "e[0-9]"]


MADE: list[int] = []


def make_table() -> tuple[Any, ...]:
    """Of every kind that a table may hold; counted."""
    MADE.append(1)
    fixed = np.arange(5)
    fixed.setflags(write=False)
    return np.arange(5, dtype=np.uint16), fixed, np.asfortranarray(np.ones((2, 5))), {"a": frozenset("bc")}


@pytest.mark.skipif(is_off(), reason="nothing is kept")
def test_a_table_is_made_once(shelf: Path) -> None:
    MADE.clear()
    first, second = kept(make_table)(), kept(make_table)()
    assert MADE == [1]
    assert describe(first[:3]) == describe(second[:3])      # or kernels would be compiled again
    assert all(np.array_equal(a, b) for a, b in zip(first[:3], second[:3], strict=True))
    assert first[3] == second[3]


@pytest.mark.skipif(is_off(), reason="nothing is kept")
def test_a_damaged_table_is_made_anew_and_old_ones_go(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MADE.clear()
    kept(make_table)()
    (file,) = shelf.glob("*make_table*.table")
    file.write_bytes(file.read_bytes()[:-1])
    assert kept(make_table)()[0].tolist() == [0, 1, 2, 3, 4]
    assert MADE == [1, 1]
    monkeypatch.setattr(tables, "digest_code", lambda: "another")
    kept(make_table)()
    assert MADE == [1, 1, 1]
    assert [f.name.endswith("-another.table") for f in shelf.glob("*make_table*.table")] == [True]


class Caller:
    """A pickle that calls something where it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return MADE.append, ("called",)


@pytest.mark.skipif(is_off(), reason="nothing is kept")
def test_a_table_calls_nothing(shelf: Path) -> None:
    for evil in (pickle.dumps(Caller()), b"cos\nsystem\n(S'false'\ntR.", b"cpipeline.world\nspawn\n(S'false'\ntR."):
        with pytest.raises(pickle.UnpicklingError):
            tables._Reader(BytesIO(evil)).load()
        MADE.clear()
        kept(make_table)()
        (file,) = shelf.glob("*make_table*.table")
        file.write_bytes(zlib.crc32(evil).to_bytes(4, "little") + evil)
        assert kept(make_table)()[0].tolist() == [0, 1, 2, 3, 4]
        assert MADE == [1, 1]
        file.unlink()


def test_what_is_being_worked_on_is_not_kept(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "is_as_loaded", lambda: False)
    kept(make_table)()
    assert not list(shelf.rglob("*make_table*"))


def test_a_file_that_changed_since_the_start_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "_LOADED", code._look()[1] + 1)
    assert code.is_as_loaded()
    monkeypatch.setattr(code, "_LOADED", code._look()[1] - 1)
    assert not code.is_as_loaded()


def test_kept_tables_are_the_tables() -> None:
    for made, plain in (
        (load_phrases().automaton, load_phrases.__wrapped__.__wrapped__().automaton),           # type: ignore[attr-defined]
        (spam._load().automaton, spam._load.__wrapped__.__wrapped__().automaton),                 # type: ignore[attr-defined]
        (load_layout(load_phrases().kinds), lay_out(load_trees(), name_rows(load_phrases().kinds))),
        (permutations(128, 1), draw(128, 1)),
    ):
        assert describe(made) == describe(plain)
        for a, b in zip(made, plain, strict=True):
            assert np.array_equal(np.asarray(a), np.asarray(b))


def test_checked_files_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(zlib.crc32(b"data").to_bytes(4, "little") + b"data")
    assert read_checked(file) == b"data"
    file.write_bytes(file.read_bytes() + b"!")
    assert read_checked(file) is None
    assert read_checked(tmp_path / "none") is None
