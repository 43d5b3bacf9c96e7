"""Laws of the index: it finds what the corpus finds, damage is never an answer, and what is not finished does not count."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import opencc
import pyarrow as pa
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline import world
from pipeline.errors import IndexMismatchError, InputError, OutputError, UsageError
from pipeline.near import index as index_module
from pipeline.near.index import Index, finding, head, tables, writing
from pipeline.near.index.head import Entry
from pipeline.near.kernels.query import WINDOW, look_up
from pipeline.near.similar import find_similar
from pipeline.near.sketch import to_binary
from pipeline.options import NearOptions

COMMON = np.array([ord(c) for c in (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "进着等部度家电力里如水化高自理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表"
)], np.uint32)
@pytest.fixture(autouse=True, scope="module")
def no_waiting() -> Iterator[None]:
    """Hundreds of small indexes: the disk need not have each of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "sync", lambda _: None)
        yield


KINDS = ("same", "headline", "traditional", "pinyin", "cut", "stranger")
TO_TRADITIONAL = opencc.OpenCC("s2t")


def make_text(seed: int) -> str:
    """A text of its own: 200 to 300 characters of prose, or for each seventh a short one that is compared exactly."""
    rng = np.random.default_rng(seed)
    points = rng.choice(COMMON, rng.integers(200, 300) if seed % 7 else rng.integers(8, 14))
    text = points.astype("<u4").tobytes().decode("utf-32-le")
    return "，".join(text[k:k + 12] for k in range(0, len(text), 12)) + "。"


def change(text: str, kind: str) -> str:
    if kind == "headline":
        return "本站今天的消息\n" + text
    if kind == "traditional":
        return str(TO_TRADITIONAL.convert(text))
    if kind == "pinyin":
        return "".join(f"{c}(dǎng)" if k % 9 == 3 and c not in "，。" else c for k, c in enumerate(text))
    if kind == "cut":
        return text[:int(len(text) * 0.75)]
    return text[::-1] if kind == "stranger" else text


def check_law(folder: Path, n: int, cuts: list[int], rows: list[int], seed: int) -> None:
    """An index of `n` texts, added in parts, finds for every kind of change just what the corpus does, alone and beside others."""
    texts = [make_text(seed + i) for i in range(n)]
    shutil.rmtree(folder, ignore_errors=True)
    index = Index.create(folder)
    bounds = sorted({0, *(min(c, n) for c in cuts), n})
    for a, b in pairwise(bounds):
        index = index.add([str(i) for i in range(a, b)], texts[a:b])
    assert len(index) == n
    asked = [(i, kind) for i in rows if i < n for kind in KINDS]
    changed = [change(texts[i], kind) for i, kind in asked]
    expected: dict[int, str] = {}
    for k in range(len(KINDS)):         # one change of each at a time: they are not to meet each other
        own = list(range(k, len(changed), len(KINDS)))
        similar = find_similar([changed[j] for j in own], texts)
        expected |= {own[new]: str(old - len(own)) for new, old, _ in similar}
    found = {j: f.id for j, f in enumerate(index.query(changed)) if f}
    assert found == expected
    long = [j for j, (i, kind) in enumerate(asked) if kind != "stranger" and (i + seed) % 7]
    assert all(found.get(j) == str(asked[j][0]) for j in long)
    for j in range(0, len(changed), 5):
        assert [f and f.id for f in index.query([changed[j]])] == [expected.get(j)]


BORDERS = (1, 31, 32, 33, 64, 65, 1_999, 2_000, 2_001, 2_049, 4_097, 10_000)
in_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(in_folder, max_examples=6)
@given(st.sampled_from(BORDERS) | st.integers(1, 10_000), st.lists(st.integers(0, 10_000), max_size=3), st.integers(0, 10**6))
@example(n=2_001, cuts=[], seed=7)
@example(n=10_000, cuts=[], seed=8)
@example(n=10_000, cuts=[2_000, 7_777], seed=9)
def test_an_index_is_its_corpus(tmp_path: Path, n: int, cuts: list[int], seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, n, 12).tolist()
    check_law(tmp_path / "i", n, cuts, sorted({*rows, n - 1, *(b for b in BORDERS if b < n)}), seed)


BLOCKS = (
    (writing, "SEGMENT_DOCS"), (writing, "_BATCH_DOCS"), (writing, "_SKETCH_DOCS"), (index_module, "_BATCH"),
    (index_module, "_AT_ONCE"),
)


@settings(in_folder, max_examples=10)
@given(st.integers(0, 60), st.lists(st.integers(0, 60), max_size=3), st.integers(0, 10**6),
       st.lists(st.integers(1, 9), min_size=len(BLOCKS), max_size=len(BLOCKS)), st.sampled_from([1, 700, 10**9]))
def test_an_index_is_its_corpus_whatever_the_sizes_of_its_blocks(
    tmp_path: Path, n: int, cuts: list[int], seed: int, sizes: list[int], chars: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), size in zip(BLOCKS, sizes, strict=True):
            patch.setattr(module, name, size)
        for name in ("SEGMENT_CHARS", "_BATCH_CHARS", "_SKETCH_CHARS"):
            patch.setattr(writing, name, chars)
        check_law(tmp_path / "i", n, cuts, list(range(0, n, 6)), seed)
        Index.open(tmp_path / "i").check()


def test_everything_is_on_disk_before_it_is_listed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def note(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))

    monkeypatch.setattr(world, "sync", note)
    monkeypatch.setattr(index_module, "publish", lambda *_: synced.append("listed"))
    Index.open(copy).add(["x"], ["一篇"])
    names = [Path(path).name for path in synced]
    assert sorted(names[:8]) == sorted(f"{name}.arrow" for name in tables.TABLES)
    assert names[8:] == ["3", "copy", "listed"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two segments, the second of which replaces a document of the first."""
    folder = tmp_path_factory.mktemp("whole") / "i"
    index = Index.create(folder).add([str(i) for i in range(100)], [make_text(i) for i in range(100)])
    index.add(["100", "5"], [make_text(100), make_text(105)])
    return folder


ASKED = [change(make_text(i), kind) for i in (0, 1, 5, 50, 99, 100, 105) for kind in KINDS]


def ask(folder: Path) -> list[object]:
    return [*Index.open(folder).query(ASKED)]


@pytest.mark.parametrize("name", tables.TABLES)
def test_a_changed_byte_is_an_error_never_another_answer(
    whole: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ask(whole)
    few = finding.FEW
    assert sum(f is not None for f in expected) >= 25
    for part in ("segment-000001", "segment-000002"):
        folder = tmp_path / part
        shutil.copytree(whole, folder)
        path = folder / part / f"{name}.arrow"
        data = path.read_bytes()
        rng = np.random.default_rng(len(data))
        for place in {0, 9, len(data) // 2, len(data) - 12, len(data) - 1, *rng.integers(0, len(data), 6).tolist()}:
            path.write_bytes(data[:place] + bytes([data[place] ^ int(rng.integers(1, 256))]) + data[place + 1:])
            monkeypatch.setattr(finding, "FEW", 0)
            damage = pytest.raises(IndexMismatchError, match=f"{part}/{name}.arrow: damaged .*build the index anew")
            if name == "documents":     # only what is read of it is compared: with the digest of each text
                with suppress(IndexMismatchError):
                    assert ask(folder) == expected
            else:
                with damage:
                    ask(folder)
            monkeypatch.setattr(finding, "FEW", few)
            for asked, found in zip(ASKED[::6], expected[::6], strict=True):     # a few, of which only what is touched is compared
                with suppress(IndexMismatchError):
                    assert [*Index.open(folder).query([asked])] == [found]
            with pytest.raises(IndexMismatchError, match=f"{name}.arrow: damaged"):
                Index.open(folder).check()
        for other in (data[:-1], data + b"\0", b""):
            path.write_bytes(other)
            with pytest.raises(IndexMismatchError, match="bytes expected"):
                Index.open(folder)
        path.unlink()
        with pytest.raises(IndexMismatchError, match="there is no such file"):
            Index.open(folder)
        path.mkdir()
        with pytest.raises(IndexMismatchError, match="there is no such file"):
            Index.open(folder)
        path.rmdir()
        path.write_bytes(data)
        assert ask(folder) == expected


def test_few_are_found_as_many_are(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared with digests of blocks is what the kernel finds in files that are compared as a whole, large buckets too."""
    for fence, window in ((1, WINDOW), (7, WINDOW), (512, 1)):
        monkeypatch.setattr(finding, "FENCE", fence)
        monkeypatch.setattr(finding, "WINDOW", window)
        rng = np.random.default_rng(fence)
        for size in (1, 2, 40, 600):
            pool = rng.integers(0, 2**32, (max(size // 4, 1), 126), np.uint32)
            signatures = pool[rng.integers(0, len(pool), size)]
            signatures[rng.random(signatures.shape) < 0.05] = 7
            keys, rows = writing.sort_keys(signatures, np.arange(size), 3)
            table = pa.record_batch({"key": keys, "row": rows.astype(np.int32)})
            signed = pa.record_batch({"signature": to_binary(signatures)})
            file: Any = SimpleNamespace(is_in_blocks=True, check=lambda: None, check_values=lambda *_: None, path=whole)
            made = finding.Finder((table, file), (signed, file), keys[::fence], 3)
            few = [*made._find_few(finding.make_index_keys(signatures, 3), signatures, 40)]
            if window == WINDOW:
                assert sorted(few) == sorted(made._find_many(finding.make_index_keys(signatures, 3), signatures, 40))
            assert {number for number, row, share in few if share == 1} == set(range(size))


@pytest.mark.parametrize("n", [1, finding.FEW, finding.FEW + 1])
def test_few_touch_little(whole: Path, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = hashlib.sha256

    def note(data: bytes | memoryview = b"") -> Any:
        read.append(len(data))
        return real(data)

    monkeypatch.setattr(hashlib, "sha256", note)
    index = Index.open(whole)
    assert len(list(index.query([make_text(1000 + k * 7 + 2) for k in range(n)]))) == n
    keys, rows = (index.segments[0].entry.files[name][0] for name in ("keys", "rows"))
    assert (keys in read and rows in read) == (n > finding.FEW)


def test_a_segment_of_an_earlier_version_is_read(whole: Path, tmp_path: Path) -> None:
    """It has no digests of blocks, and is compared as a whole."""
    shutil.copytree(whole, tmp_path / "i")
    known = head.read_head(tmp_path / "i")
    first = known.segments[0]
    files = {name: file for name, file in first.files.items() if name != "blocks"}
    head.publish(tmp_path / "i", known.settings, [Entry(first.number, first.documents, files), *known.segments[1:]])
    (tmp_path / "i" / first.name / "blocks.arrow").unlink()
    assert ask(tmp_path / "i") == ask(whole)
    assert [*Index.open(tmp_path / "i").query(ASKED[:1])] == ask(whole)[:1]
    assert Index.open(tmp_path / "i").check() == 15


def test_a_changed_byte_of_the_head_is_an_error(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "i")
    path = tmp_path / "i" / "index.json"
    data = path.read_bytes()
    as_it_was = head.read_head(whole)
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1:])
        with suppress(IndexMismatchError):
            assert head.read_head(tmp_path / "i") == as_it_was      # white space
    for said in ("[]", "{}", "null", "[" * 100_000, '{"settings": 1, "segments": 2, "digest": "x"}'):
        path.write_text(said)
        with pytest.raises(IndexMismatchError, match="damaged"):
            Index.open(tmp_path / "i")


@pytest.mark.parametrize("entry", [
    {"number": "../../x", "documents": 1, "files": {}}, {"number": 1}, 7, {"number": 1, "documents": -1, "files": {}},
    {"number": 1, "documents": 1, "files": {name: [1, "0"] for name in tables.TABLES}},
])
def test_an_entry_that_is_not_as_it_should_be(tmp_path: Path, entry: object) -> None:
    Index.create(tmp_path / "i")
    body = {"settings": index_module._settings(NearOptions()), "segments": [entry]}
    (tmp_path / "i" / "index.json").write_text(json.dumps({**body, "digest": head._digest(body)}))
    with pytest.raises(IndexMismatchError, match="damaged"):
        Index.open(tmp_path / "i")


def rewrite(folder: Path, name: str, columns: dict[str, pa.Array], batches: int = 1) -> None:
    """Put another table in the place of one, listed with its own digest: as a fault of the writer or an enemy would."""
    known = head.read_head(folder)
    first = known.segments[0]
    path = folder / first.name / f"{name}.arrow"
    path.unlink()
    batch = pa.RecordBatch.from_arrays(
        list(columns.values()), schema=pa.schema([pa.field(k, v.type, nullable=False) for k, v in columns.items()])
    )
    tables.write_table(path, batch.schema, [batch] * batches)
    files = {**first.files, name: tables.seal(path)}
    if name in tables.IN_BLOCKS:
        sorted_keys = {n: pa.ipc.open_file(path.with_name(f"{n}.arrow")).get_batch(0)["key"] for n in ("keys", "short_keys")}
        made = writing.make_blocks(path.parent, {n: column.to_numpy() for n, column in sorted_keys.items()})
        schema = tables.schema_of("blocks", 128)
        path.with_name("blocks.arrow").unlink()
        tables.write_table(path.with_name("blocks.arrow"), schema, [writing._batch("blocks", NearOptions(), *made)])
        files["blocks"] = tables.seal(path.with_name("blocks.arrow"))
    entry = Entry(first.number, first.documents, files)
    head.publish(folder, known.settings, [entry, *known.segments[1:]])


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "copy")
    return tmp_path / "copy"


def read(folder: Path, name: str) -> dict[str, pa.Array]:
    table = Index.open(folder).segments[0].table(name)
    return dict(zip(table.schema.names, table.columns, strict=True))


@pytest.mark.parametrize("name", ["keys", "short_keys", "exact", "short"])
@pytest.mark.parametrize("row", [-1, 2**31 - 1, 100])
def test_rows_that_are_not_there_are_not_followed(copy: Path, name: str, row: int) -> None:
    columns = read(copy, name)
    columns["row"] = pa.array(np.full(len(columns["row"]), row, np.int32))
    rewrite(copy, name, columns)
    with pytest.raises(IndexMismatchError, match="damaged"):
        [*Index.open(copy).query([make_text(i) + "啊" for i in range(50)]), *Index.open(copy).query([make_text(7)])]
    with pytest.raises(IndexMismatchError, match="not what its texts give"):
        Index.open(copy).check()


@pytest.mark.parametrize("column", ["batch", "place"])
@pytest.mark.parametrize("value", [-1, 0, 1, 32, 9_999])
def test_a_document_that_stands_elsewhere_is_not_taken_for_another(copy: Path, column: str, value: int) -> None:
    columns = read(copy, "rows")
    columns[column] = pa.array(np.full(100, value, np.int32))
    rewrite(copy, "rows", columns)
    with pytest.raises(IndexMismatchError, match="damaged"):
        [*Index.open(copy).query([change(make_text(i), "headline") for i in range(100)])]
    with pytest.raises(IndexMismatchError, match="damaged"):
        Index.open(copy).check()


def test_other_columns_and_batches_are_refused(copy: Path) -> None:
    keys = read(copy, "keys")
    rewrite(copy, "keys", {"key": keys["key"].cast(pa.int64()), "row": keys["row"].cast(pa.int64())})
    with pytest.raises(IndexMismatchError, match="other columns"):
        ask(copy)
    rewrite(copy, "keys", keys, batches=2)
    with pytest.raises(IndexMismatchError, match="2 batches"):
        ask(copy)


def test_check_sees_what_digests_do_not(copy: Path) -> None:
    """Each table written wrongly from the start: its digest fits, its texts say otherwise."""
    for name in ("keys", "short_keys", "exact"):
        columns = read(copy, name)
        wrong = {k: v.take(pa.array(np.arange(len(v))[::-1])) for k, v in columns.items()}
        rewrite(copy, name, wrong)
        with pytest.raises(IndexMismatchError, match=f"{name}.arrow: damaged .not what its texts give"):
            Index.open(copy).check()
        rewrite(copy, name, columns)
    rows = read(copy, "rows")
    for column in ("signature", "digest"):
        rewrite(copy, "rows", {**rows, column: rows[column].take(pa.array([1, 0, *range(2, 100)]))})
        with pytest.raises(IndexMismatchError, match="damaged"):
            Index.open(copy).check()
    rewrite(copy, "rows", rows)
    assert Index.open(copy).check() == 16


def test_a_replaced_document_that_is_not_there(copy: Path) -> None:
    for segment, row in ((1, 0), (9, 0), (0, -1)):
        rewrite(copy, "replaced", {"segment": pa.array([segment], pa.int32()), "row": pa.array([row], pa.int32())})
        with pytest.raises(IndexMismatchError, match="damaged"):
            Index.open(copy)


def test_the_kernel_reads_nothing_outside_and_finds_the_last_key() -> None:
    signatures = np.arange(60, dtype=np.uint32).reshape(2, 30)
    last = np.int64(2**63 - 1)
    out, shared = np.empty(2 * WINDOW, np.int64), np.empty(2 * WINDOW, np.int32)
    sought = np.array([last])
    assert look_up(np.array([5, last]), np.array([0, 1], np.int32), signatures, sought, signatures[1], 30, out, shared) == 1
    assert out[0] == 1
    for row in (-1, 2, 2**31 - 1):
        assert look_up(np.array([5, last]), np.array([0, row], np.int32), signatures, sought, signatures[1], 1, out, shared) == -1
    none = np.empty(0, np.int64)
    assert look_up(none, np.empty(0, np.int32), signatures, sought, signatures[1], 1, out, shared) == 0


@pytest.mark.parametrize("step", ["write_table", "seal", "sync_folder", "make_tables"])
def test_a_step_that_fails_leaves_the_index_as_it_was(copy: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(writing, step, crash)
        with pytest.raises(KeyboardInterrupt):
            Index.open(copy).add(["x"], ["没有写完的一篇"])
    assert sorted(p.name for p in copy.iterdir()) == ["index.json", "lock", "segment-000001", "segment-000002"]
    assert len(Index.open(copy).add(["x"], ["后来写完的一篇"])) == 102


@pytest.mark.parametrize("where", ["writing.seal", "publish"])
def test_killed_while_adding(copy: Path, where: str) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom pipeline.near import index\nfrom pipeline.near.index import writing\n"
        "def die(*_):\n    os.kill(os.getpid(), 9)\n"
        f"{'index.' if where == 'publish' else ''}{where} = die\n"
        "index.Index.open(Path(sys.argv[1])).add(['x'], ['没有写完的一篇'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(copy)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = [p.name for p in copy.iterdir() if p.name.startswith(".adding-") or p.name == "segment-000003"]
    assert left
    expected = ask(copy)
    assert len(Index.open(copy)) == 101
    again = Index.open(copy).add(["x"], ["后来写完的一篇"])
    assert len(again) == 102
    assert sorted(p.name for p in copy.iterdir()) == ["index.json", "lock", "segment-000001", "segment-000002", "segment-000003"]
    assert [*again.query(ASKED)] == expected


@pytest.fixture
def small_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_is_an_output_error(copy: Path, small_disk: None) -> None:
    with pytest.raises(OutputError, match=r"cannot be added to .File too large.*the index is as it was"):
        Index.open(copy).add([f"n{i}" for i in range(100)], [make_text(1_000 + i) for i in range(100)])
    assert not list(copy.glob(".adding-*"))
    assert len(Index.open(copy)) == 101


@pytest.mark.parametrize("name", ["make_temporary", "lock"])
def test_a_folder_that_cannot_be_written_to_is_an_output_error(copy: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(world, name, refuse)
    with pytest.raises(OutputError, match=r"cannot be added to .Read-only file system"):
        Index.open(copy).add(["x"], ["一篇"])
    (copy / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        Index.create(copy / "file" / "i")


def test_links_are_not_followed(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "documents.arrow").write_text("theirs")
    for name in ("segment-000003", ".adding-x", "segment-000004.arrow"):
        (copy / name).symlink_to(other)
    (copy / "segment-000005").mkdir()
    (copy / "segment-000005" / "theirs.txt").write_text("theirs")
    index = Index.open(copy).add(["x"], ["一篇"])
    assert (copy / "segment-000006").is_dir()
    assert index.check() == 24
    assert (other / "documents.arrow").read_text() == "theirs"
    assert (copy / "segment-000005" / "theirs.txt").read_text() == "theirs"
    (copy / "lock").unlink()
    (copy / "lock").symlink_to(other / "documents.arrow")
    with pytest.raises(OutputError, match="a link"):
        index.add(["y"], ["一篇"])
    assert (other / "documents.arrow").read_text() == "theirs"


def test_no_handle_stays_open(copy: Path) -> None:
    index = Index.open(copy)
    before = len(os.listdir("/proc/self/fd"))
    assert [*index.query(ASKED)] == ask(copy)
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_id_that_is_no_text_is_damage(copy: Path) -> None:
    rows = read(copy, "rows")
    rewrite(copy, "rows", {**rows, "id": pa.array([b"\xff"] * 100, pa.large_binary())})
    with pytest.raises(IndexMismatchError, match=r"rows.arrow: damaged"):
        ask(copy)


def test_two_indexes_are_not_made_in_one_folder_at_once(tmp_path: Path) -> None:
    (tmp_path / "i").mkdir()
    with FileLock(tmp_path / "i" / "lock"), pytest.raises(UsageError, match="another process is adding"):
        Index.create(tmp_path / "i")


def test_one_writer_at_a_time(copy: Path) -> None:
    with FileLock(copy / "lock"), pytest.raises(UsageError, match="another process is adding"):
        Index.open(copy).add(["x"], ["一篇"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_index_that_may_not_be_read(copy: Path) -> None:
    (copy / "segment-000001" / "keys.arrow").chmod(0)
    with pytest.raises(InputError, match="make the index readable"):
        ask(copy)
