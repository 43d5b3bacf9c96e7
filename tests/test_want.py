"""Want of memory, files or threads while something is read says nothing of it: it is raised, and never a fault of a document."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard

from pipeline.read import arrow, compressed, reading
from pipeline.read.paths import find_inputs
from pipeline.read.reading import PassingError, check_passing
from pipeline.read.units import plan_units, read_unit
from tests.fuzz_files import FORMATS
from tests.test_cli import ARTICLE

#: How want shows, wherever it does, and where a library reads for us.
WANT: dict[str, Callable[[], BaseException]] = {
    "memory": MemoryError, "memory of arrow": lambda: pa.ArrowMemoryError("malloc of size 64 failed"),
    "threads": lambda: pa.ArrowException("Failed to launch worker thread: Resource temporarily unavailable"),
    "files": lambda: OSError(errno.EMFILE, "Too many open files"),
    "memory of zstd": lambda: zstandard.ZstdError("zstd decompress error: Allocation error : not enough memory"),
}


def check_law(path: Path, monkeypatch: pytest.MonkeyPatch, target: Any, name: str, make: Callable[[], BaseException]) -> int:
    """Fail the n-th call for every n, until none fails; gives how many there are. What comes out is as without, or an exception."""
    units = plan_units(find_inputs([str(path)]).inputs)
    whole = [item for unit in units for item in read_unit(unit)]
    true = getattr(target, name)
    for n in itertools.count():
        left = n

        def fail(*args: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == -1:
                error = make()
                if isinstance(error, OSError):
                    check_passing(path, error)
                raise error
            return true(*args, **named)

        with monkeypatch.context() as patch:
            patch.setattr(target, name, fail)
            try:
                found = [item for unit in units for item in read_unit(unit)]
            except (MemoryError, PassingError, pa.ArrowException):
                continue
            assert repr(found) == repr(whole), (path.name, n)
            if left >= 0:
                return n
    raise AssertionError


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("want", ["memory", "files"])
def test_of_each_format_while_its_file_is_read(want: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name]([f"{k}{ARTICLE}" for k in range(6)]))
    assert sum(check_law(path, monkeypatch, reading._Reading, call, WANT[want]) for call in ("readinto", "readall")) > 0


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith((".gz", ".zst", ".bz2", ".xz"))])
@pytest.mark.parametrize("want", ["memory", "memory of zstd"])
def test_while_something_is_decompressed(want: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name]([f"{k}{ARTICLE}" for k in range(6)]))
    if want == "memory":
        check_law(path, monkeypatch, compressed._Streams, "_run", WANT[want])
        return
    if not name.endswith(".zst"):
        return

    class Starved:
        eof, unused_data = False, b""

        def decompress(self, data: bytes) -> bytes:
            raise WANT[want]()

    kinds = tuple(kind._replace(start=Starved) if kind.name == "zstd" else kind for kind in compressed.COMPRESSIONS)
    monkeypatch.setattr(compressed, "COMPRESSIONS", kinds)
    with pytest.raises(MemoryError):
        list(itertools.chain.from_iterable(map(read_unit, plan_units(find_inputs([str(path)]).inputs))))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("want", ["memory", "memory of arrow", "threads"])
def test_while_rows_of_a_table_are_made(want: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name]([f"{k}{ARTICLE}" for k in range(6)]))
    assert check_law(path, monkeypatch, arrow, "make_record", WANT[want]) == 6
