"""One segment of an index on disk: columns as plain little-endian arrays, mapped into memory, and texts in compressed blocks.

The rule of this file: a segment is written once and never changed. Every file is listed with its size, which is checked on
opening, and its SHA-256, which `check` compares.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import IndexMismatchError
from pipeline.near import candidates as bands
from pipeline.near.kernels.bands import fill_keys
from pipeline.near.kernels.query import LOW_BITS, WINDOW, look_up
from pipeline.near.sketch import SHORT_MIN, SHORT_PERM, Sketches, is_short, sketch
from pipeline.near.verify import Prepared, from_canonical, prepare
from pipeline.options import NearOptions
from pipeline.record import Texts, replace_surrogates

__all__ = ["Segment", "write_segment"]

_LEAST, _LEAST_SHORT = 0.33, 0.25       # as in pipeline.near.settle
_SHORT_SEED, _MORE_SEED = 1000, 5000
_BLOCK = 64             # texts that are compressed together: 40 kB of news, 25 % smaller than one by one
_BATCH = 2_000

# name: (dtype, columns or None for one dimension)
_FILES: dict[str, tuple[str, int | None]] = {
    "signatures": ("<u4", -1), "short_signatures": ("<u4", SHORT_PERM), "short_rows": ("<i8", None),
    "keys": ("<i8", None), "key_rows": ("<u4", None), "short_keys": ("<i8", None), "short_key_rows": ("<u4", None),
    "exact": ("<u8", 2), "exact_rows": ("<u4", None), "titles": ("<i8", None), "forms": ("<i8", None),
    "id_bounds": ("<i8", None), "text_bounds": ("<i8", None), "blocks": ("<i8", 2),
}
_BLOBS = ("ids", "texts")


def write_segment(folder: Path, ids: Sequence[str], texts: Sequence[str], options: NearOptions) -> dict[str, Any]:
    """Write documents into an empty folder; give the entry that lists the segment (without its name)."""
    sketches, titles, forms, text_bounds, blocks = _write_texts(folder, texts, options)
    arrays: dict[str, NDArray[Any]] = {"titles": titles, "forms": forms, "text_bounds": text_bounds, "blocks": blocks}
    arrays["signatures"] = sketches.signatures
    rows = np.flatnonzero(is_short(sketches.n_canonical))
    arrays["short_rows"], arrays["short_signatures"] = rows, sketches.short
    long = np.flatnonzero(sketches.n_canonical >= SHORT_MIN)
    arrays["keys"], arrays["key_rows"] = _sorted_keys(sketches.signatures, long, 0)
    arrays["short_keys"], places = _sorted_keys(arrays["short_signatures"], np.arange(len(rows)), _SHORT_SEED)
    arrays["short_key_rows"] = places
    known = np.flatnonzero(sketches.n_canonical > 0)
    order = known[np.lexsort([sketches.exact[known, 1], sketches.exact[known, 0]])]
    arrays["exact"], arrays["exact_rows"] = sketches.exact[order], order.astype(np.uint32)
    coded = [i.encode("utf-8", "surrogatepass") for i in ids]
    arrays["id_bounds"] = np.concatenate([[0], np.cumsum([len(c) for c in coded])])
    (folder / "ids").write_bytes(b"".join(coded))
    for name, (dtype, _) in _FILES.items():
        np.ascontiguousarray(arrays[name]).astype(dtype, copy=False).tofile(folder / name)
    return {"documents": len(ids), "files": {name: _seal(folder / name) for name in (*_FILES, *_BLOBS)}}


def _seal(path: Path) -> list[Any]:
    """Flush a file to disk; its size and digest."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return [path.stat().st_size, _digest(path)]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_texts(
    folder: Path, texts: Sequence[str], options: NearOptions
) -> tuple[Sketches, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Write the canonical texts in blocks; give sketches, titles, forms, bounds of texts in code points, and the blocks."""
    sketches, titles, forms, lengths = [sketch(Texts.of([]), options)], [], [], []
    blocks: list[tuple[int, int]] = []
    codec = pa.Codec("zstd", compression_level=3)
    with (folder / "texts").open("wb") as file:
        for start in range(0, len(texts), _BATCH):
            batch = [replace_surrogates(t)[0] for t in texts[start:start + _BATCH]]
            sketches.append(sketch(Texts.of(batch), options))
            prepared = prepare(batch, options.shingle)
            titles.append(prepared.titles)
            forms.append(prepared.forms)
            lengths.append(np.diff(prepared.bounds))
            for k in range(0, len(batch), _BLOCK):
                a, b = prepared.bounds[k], prepared.bounds[min(k + _BLOCK, len(batch))]
                raw = prepared.points[a:b].tobytes().decode("utf-32-le").encode()
                blocks.append((file.tell(), len(raw)))
                file.write(codec.compress(raw, asbytes=True))
        blocks.append((file.tell(), 0))
    none = np.empty(0, np.int64)
    return (
        Sketches.concat(sketches), np.concatenate([none, *titles]), np.concatenate([none, *forms]),
        np.concatenate([[0], np.cumsum(np.concatenate([none, *lengths]))]), np.array(blocks, np.int64),
    )


def make_index_keys(signatures: NDArray[np.uint32], rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Band keys whose lower bits hash the next band, so that the rows of a large bucket are sorted by more values."""
    own = signatures[rows]
    keys = bands.make_keys(own, seed)
    more = np.empty_like(keys)
    fill_keys(np.roll(own, -bands.ROWS, axis=1), bands.ROWS, seed + _MORE_SEED, more)
    low = np.int64((1 << LOW_BITS) - 1)
    mixed: NDArray[np.int64] = (keys & ~low) | (more & low)
    return mixed


def _sorted_keys(
    signatures: NDArray[np.uint32], rows: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    keys = make_index_keys(signatures, rows, seed)
    ids = np.repeat(rows, keys.shape[1]).astype(np.uint32)
    order = np.argsort(keys.ravel(), kind="stable")
    return keys.ravel()[order], ids[order]


@dataclass(frozen=True)
class Segment:
    """An open segment: its arrays are mapped, nothing is read until it is needed."""

    folder: Path
    files: dict[str, list[Any]]
    options: NearOptions
    arrays: dict[str, NDArray[Any]]
    _cache: dict[int, NDArray[np.uint32]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, root: Path, entry: dict[str, Any], options: NearOptions) -> Segment:
        """Map the files of a listed segment. Raises IndexMismatchError where one is missing or has another size."""
        folder = root / entry["name"]
        for name, (size, _) in entry["files"].items():
            path = folder / name
            if not path.exists() or path.stat().st_size != size:
                raise IndexMismatchError(f"{path}: damaged, {size} bytes expected; build the index anew")
        arrays = {}
        for name, (dtype, columns) in (*_FILES.items(), ("ids", ("u1", None))):
            width = options.num_perm if columns == -1 else columns
            array = np.memmap(folder / name, dtype, "r") if entry["files"][name][0] else np.empty(0, dtype)
            arrays[name] = array.reshape(-1, width) if width else array
        return cls(folder, entry["files"], options, arrays)

    def __len__(self) -> int:
        return len(self.arrays["titles"])

    @property
    def n_bytes(self) -> int:
        """Bytes on disk."""
        return sum(size for size, _ in self.files.values())

    def check(self) -> int:
        """Compare every file with its digest; give how many."""
        for name, (_, digest) in self.files.items():
            if _digest(self.folder / name) != digest:
                raise IndexMismatchError(f"{self.folder / name}: damaged, its digest does not fit; build the index anew")
        return len(self.files)

    def id(self, row: int) -> str:
        """The id of a document."""
        a, b = self.arrays["id_bounds"][row:row + 2].tolist()
        return self.arrays["ids"][a:b].tobytes().decode("utf-8", "surrogatepass")

    def find_exact(self, sketches: Sketches) -> Iterator[tuple[int, int]]:
        """(row of the sketches, first row here) of texts whose canonical form is equal."""
        exact, rows = self.arrays["exact"], self.arrays["exact_rows"]
        asked = np.flatnonzero(sketches.n_canonical > 0)
        places = np.searchsorted(exact[:, 0], sketches.exact[asked, 0])
        for row, place in zip(asked.tolist(), places.tolist(), strict=True):
            while place < len(exact) and exact[place, 0] == sketches.exact[row, 0]:
                if exact[place, 1] == sketches.exact[row, 1]:
                    yield row, int(rows[place])
                    break
                place += 1

    def find_near(self, sketches: Sketches, asked: NDArray[np.int64]) -> Iterator[tuple[int, int, float]]:
        """(row of the sketches, row here, share of equal values) of candidates; a pair can come twice."""
        long = asked[sketches.n_canonical[asked] >= SHORT_MIN]
        least = int(_LEAST * self.options.num_perm)
        yield from self._look_up(sketches.signatures[long], long, 0, least, "")
        short = asked[is_short(sketches.n_canonical[asked])]
        signatures = sketches.short[sketches.short_places()[short]]
        yield from self._look_up(signatures, short, _SHORT_SEED, int(_LEAST_SHORT * SHORT_PERM), "short_")

    def _look_up(
        self, signatures: NDArray[np.uint32], asked: NDArray[np.int64], seed: int, least: int, kind: str
    ) -> Iterator[tuple[int, int, float]]:
        keys = make_index_keys(signatures, np.arange(len(signatures)), seed)
        here = self.arrays[f"{kind}signatures"]
        out = np.empty(2 * WINDOW * keys.shape[1], np.int64)
        shared = np.empty(len(out), np.int32)
        for row, sought, own in zip(asked.tolist(), keys, signatures, strict=True):
            n = look_up(
                self.arrays[f"{kind}keys"], self.arrays[f"{kind}key_rows"], here, sought, own, least, out, shared
            )
            for place, values in zip(out[:n].tolist(), shared[:n].tolist(), strict=True):
                there = int(self.arrays["short_rows"][place]) if kind else place
                yield row, there, values / signatures.shape[1]

    def prepared(self, row: int) -> Prepared:
        """One document made ready to be compared."""
        block = row // _BLOCK
        if block not in self._cache:
            if len(self._cache) >= 32:
                self._cache.pop(next(iter(self._cache)))
            self._cache[block] = self._read_block(block)
        bounds = self.arrays["text_bounds"]
        base = bounds[block * _BLOCK]
        points = self._cache[block][bounds[row] - base:bounds[row + 1] - base]
        return from_canonical(
            points, np.array([0, len(points)]), self.arrays["titles"][row:row + 1], self.arrays["forms"][row:row + 1],
            self.options.shingle,
        )

    def _read_block(self, block: int) -> NDArray[np.uint32]:
        (start, size), (end, _) = self.arrays["blocks"][block:block + 2].tolist()
        with (self.folder / "texts").open("rb") as file:
            file.seek(start)
            raw = pa.Codec("zstd").decompress(file.read(end - start), decompressed_size=size, asbytes=True)
        return np.frombuffer(raw.decode().encode("utf-32-le"), np.uint32)
