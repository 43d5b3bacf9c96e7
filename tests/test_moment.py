"""An error of this moment is never taken for a fault of a file, a document, a table or an index: at no call that reads one."""

from __future__ import annotations

import errno
import gc
import lzma
import os
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pipeline import world
from pipeline.corpus.documents import read_corpus
from pipeline.corpus.lines import iterate_rows
from pipeline.engines.dataset import find_shards, write_shard
from pipeline.errors import OutputError, UsageError
from pipeline.near.index import Index
from pipeline.read.damage import PassingError, check_damage
from pipeline.read.paths import find_inputs
from pipeline.read.units import Unit, plan_units, read_unit
from pipeline.record import Fault
from pipeline.signals.where import COLUMNS, parse_where
from tests.fuzz_files import FORMATS
from tests.test_cli import ARTICLE
from tests.want import Site, fail_at, find_sites

#: What is wanting: of Python, of the system or a device (which errors of it is told below), and in a class that nobody thought of.
WANTS: tuple[Callable[[], Exception], ...] = (
    MemoryError, lambda: OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    lambda: pa.ArrowException("Failed to launch worker thread: Resource temporarily unavailable"),
)
MODULES = (
    "read/", "near/index/", "corpus/lines.py", "corpus/documents.py", "corpus/shards.py", "engines/dataset.py", "signals/where.py",
)
#: Files stay open where an error comes between opening one and keeping it.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
#: Each place is tried once, by whatever comes there first.
_tried: set[Site] = set()


def check_law(work: Callable[[], Any], name: str, *more: type[Exception]) -> int:
    """What fails at any call ends `work`, or changes nothing of what it gives. How many places there were.

    It ends with what was wanting, a PassingError that names what was read, or one of `more`.
    """
    sites, whole = find_sites(work, MODULES)
    new = [site for site in sites if site not in _tried]
    wrong = []
    for site, want in product(new, WANTS):
        _tried.add(site)
        error = want()
        try:
            given = fail_at(work, site, error)
        except Exception as found:
            is_named = not isinstance(found, PassingError) or name in str(found)
            if not is_named or not (found is error or isinstance(found, (MemoryError, PassingError, OutputError, *more))):
                wrong.append(f"{site}: {error!r}: {found!r}")
        else:
            if given != whole:
                wrong.append(f"{site}: {error!r}: {given}")
    with warnings.catch_warnings():     # a file that was open where the next call failed is closed by nobody else
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert not wrong, "\n".join(wrong)
    return len(new)


class UnheardOfError(Exception):
    """Of a library that nobody has seen fail so."""


def _come_of(error: Exception, cause: Exception) -> Exception:
    error.__context__ = cause
    return error


@pytest.mark.parametrize("error", [
    ValueError("x"), pa.ArrowInvalid("x"), pa.ArrowTypeError("x"), pa.ArrowKeyError("x"), OSError("Couldn't deserialize thrift"),
    OSError(errno.EINVAL, "x"), OSError(errno.ENOENT, "x"), EOFError(), RecursionError(), OverflowError(), tarfile.ReadError("x"),
    zlib.error("Error -3 while decompressing data: invalid block type"), lzma.LZMAError("Corrupt input data"),
    zstandard.ZstdError("zstd decompress error: Data corruption detected"), struct.error("x"),
    RuntimeError("File \"can't start new thread\" is encrypted, password required for extraction"),
    zipfile.BadZipFile("ZSTD decompression failed: Allocation error"), ValueError("Error -4 while decompressing data"),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "x"),
], ids=repr)
def test_what_says_that_data_is_damaged(error: Exception) -> None:
    check_damage(error, "file")


@pytest.mark.parametrize("error", [
    MemoryError(), pa.ArrowMemoryError("malloc"), zlib.error("Error -4 while decompressing data"),
    zstandard.ZstdError("zstd decompress error: Allocation error : not enough memory"),
    OSError("ZSTD decompression failed: Allocation error : not enough memory"), _come_of(ValueError("x"), MemoryError()),
], ids=repr)
def test_want_of_memory_in_whatever_words(error: Exception) -> None:
    with pytest.raises(MemoryError, match="while file was read"):
        check_damage(error, "file")
    with pytest.raises(MemoryError):
        check_damage(error)


@pytest.mark.parametrize("error", [
    *(OSError(n, os.strerror(n)) for n in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.ESTALE)),
    RuntimeError("can't start new thread"), ImportError("libx.so: cannot open shared object file: Too many open files"),
    SystemError("x"), pa.ArrowException("x"), TimeoutError(), ConnectionResetError(), UnheardOfError("x"), RuntimeError("x"),
    _come_of(ValueError("x"), OSError(errno.EIO, "x")), zipfile.LargeZipFile("x"), TypeError("x"), LookupError("no such codec"),
], ids=repr)
def test_whatever_else_is_of_the_moment_and_names_the_file(error: Exception) -> None:
    with pytest.raises(PassingError, match=r"^file: cannot be read now .*run again"):
        check_damage(error, "file")
    with pytest.raises(type(error)):
        check_damage(error)


@pytest.mark.parametrize(("status", "passes"), [
    (404, False), (403, False), (410, False), (408, True), (429, True), (500, True), (503, True),
])
def test_what_a_server_says_of_a_file_and_of_itself(status: int, passes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFile

    class AnsweredError(Exception):
        def __init__(self) -> None:
            super().__init__(f"{status}, message='said so'")
            self.status = status

    def fail(*_: object) -> bytes:
        raise AnsweredError

    fsspec.filesystem("memory").pipe("/said/a.jsonl", FORMATS["a.jsonl"]([ARTICLE]))
    (entry,) = find_inputs(["memory://said/a.jsonl"]).inputs
    monkeypatch.setattr(MemoryFile, "read", fail)
    if passes:
        with pytest.raises(PassingError, match=r"memory://said/a\.jsonl: cannot be read now"):
            list(read_unit(Unit((entry,))))
    else:
        (fault,) = read_unit(Unit((entry,)))
        assert isinstance(fault, Fault)
        assert (fault.reason, "said so" in fault.message) == ("unreadable-file", True)


def test_a_glob_is_not_empty_because_no_folder_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scan(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    assert len(find_inputs([f"{tmp_path}/*.txt"]).inputs) == 1
    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(world, "scan", scan)
    with pytest.raises(PassingError, match="cannot be read now"):
        find_inputs([f"{tmp_path}/*.txt"])


def read_all(path: Path) -> str:
    listing = find_inputs([str(path)])
    return repr((listing, [item for unit in plan_units(listing.inputs) for item in read_unit(unit)]))


@pytest.mark.parametrize("name", FORMATS)
def test_while_a_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name]([f"{k}{ARTICLE}" for k in range(3)]))
    check_law(lambda: read_all(path), name)


@pytest.mark.parametrize("name", [
    "a.jsonl.gz", "a.jsonl.zst", "a.tar.gz", "a.warc.gz", "a.warc", "a.zip", "a.parquet", "a.arrow", "a.txt",
])
def test_while_a_damaged_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = bytearray(FORMATS[name]([f"{k}{ARTICLE[:99]}" for k in range(3)]))
    data[len(data) // 2:len(data) // 2 + 9] = b"damaged!!"
    path.write_bytes(data)
    check_law(lambda: read_all(path), name)


@pytest.mark.parametrize("charset", ["gb18030", "big5", "utf-16", "shift_jis"])
def test_while_another_charset_is_read(charset: str, tmp_path: Path) -> None:
    path = tmp_path / f"{charset}.txt"
    path.write_bytes(ARTICLE.encode(charset, "replace"))
    check_law(lambda: read_all(path), path.name)


def test_while_folders_lists_and_globs_are_read(tmp_path: Path) -> None:
    (tmp_path / "in" / "of").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "in" / "of" / "manifest.json").write_text("{}", "utf-8")
    (tmp_path / "list").write_text(f"{tmp_path}/in\n{tmp_path}/in/*.txt\n", "utf-8")
    check_law(lambda: repr(find_inputs([f"@{tmp_path}/list"])), tmp_path.name)


def test_while_an_address_is_read(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/want/a.jsonl", FORMATS["a.jsonl"]([ARTICLE]))

    def work() -> str:
        listing = find_inputs(["memory://want/a.jsonl"])
        return repr((listing, [item for unit in plan_units(listing.inputs) for item in read_unit(unit)]))

    check_law(work, "a.jsonl", UsageError)      # that it cannot be listed: each file system has errors of its own for that


def test_while_an_index_is_read(tmp_path: Path) -> None:
    Index.create(tmp_path / "i").add(["a", "b"], [ARTICLE, "床前明月光，疑是地上霜。举头望明月，低头思故乡。"])

    def work() -> Any:
        index = Index.open(tmp_path / "i")
        return index.query([ARTICLE + "。", "静夜思，床前明月光，疑是地上霜。"]), index.check(), index.info()

    assert check_law(work, "/i") > 100


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.zst", "c.parquet"])
def test_while_a_corpus_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = {"id": ["a"], "text": ["正文"]}
    if name.endswith("parquet"):
        pq.write_table(pa.table(data), path)
    else:
        path.write_bytes(FORMATS[name.replace("c.", "a.")](["正文"]))
    check_law(lambda: [*iterate_rows(path), *read_corpus(path)], name)


def test_while_shards_are_looked_at(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    write_shard(tmp_path, "0" * 32, schema, [pa.record_batch([[1, 2]], schema)])

    def work() -> Any:
        return find_shards(tmp_path)

    whole = work()
    check_law(work, tmp_path.name)
    assert work() == whole      # nothing was thrown away


def test_while_a_corpus_is_filtered() -> None:
    table = {field.name: pa.array([None], field.type) for field in COLUMNS}
    check_law(lambda: parse_where("n_chars + 1 > 2 and not id in ['a']").choose(table, 1), "")
