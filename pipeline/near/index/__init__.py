"""An index on disk of the documents of a corpus, so that new ones can be compared with it without reading it again.

The rule of this file: an index is a folder of segments that never change once written, and one `index.json` that lists them. A
segment is written under a temporary name, flushed and renamed, and only then listed, by renaming a new `index.json` over the
old one: after a crash at any point the index is what it was before or what it was to become. Everything that must agree for two
sketches to be compared (format, scheme, permutations, seed, shingle, bands, the table of the canonical form) is written into it
and checked on opening.

    INDEX/
      index.json          settings, segments, the digest of every file
      segment-000001/     columns as plain arrays, mapped into memory: signatures, keys, canonical texts in compressed blocks

    index = Index.create(folder, options)       # or Index.open(folder, options), Index.open_or_create(folder, options)
    index.add(ids, texts)                       # clean texts that are kept; a segment each time
    for found in index.query(texts): ...        # Found(id, cause, similarity) or None, for each new text
    index.info(); index.check()
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import IndexMismatchError, InputError, UsageError
from pipeline.near import candidates as bands
from pipeline.near import sketch
from pipeline.near.index.segment import Segment, write_segment
from pipeline.near.sketch import Sketches
from pipeline.near.verify import Cause, Prepared, prepare, verify
from pipeline.options import NearOptions
from pipeline.record import Texts, replace_surrogates

__all__ = ["FORMAT", "Found", "Index"]

FORMAT = 1
_BATCH = 2_000          # texts sketched and compared at once
_TRIES = 24             # documents of the index that one text is compared with


class Found(NamedTuple):
    """The document of the index that a new text duplicates."""

    id: str
    cause: Cause
    similarity: float


def _settings(options: NearOptions) -> dict[str, Any]:
    """What must be equal for sketches to be comparable."""
    from pipeline.chinese.codepoints import load_canonical

    return {
        "format": FORMAT, "scheme": "affine32", "num_perm": options.num_perm, "seed": options.seed,
        "shingle": options.shingle, "band_rows": bands.ROWS,
        "short": [sketch.SHORT_SHINGLE, sketch.SHORT_PERM, sketch.SHORT_MIN, sketch.SHORT_MAX],
        "canonical": hashlib.sha256(load_canonical().tobytes()).hexdigest()[:16],
    }


@dataclass(frozen=True)
class Index:
    """An open index. What another process adds is seen after opening it again."""

    folder: Path
    options: NearOptions
    segments: tuple[Segment, ...]

    @classmethod
    def create(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Make an empty index in a new or empty folder. Raises UsageError where one is there already."""
        options = options or NearOptions()
        if (folder / "index.json").exists():
            raise UsageError(f"{folder}: there is an index already; name another folder, or add to this one")
        folder.mkdir(parents=True, exist_ok=True)
        _publish(folder, {"settings": _settings(options), "segments": []})
        return cls.open(folder, options)

    @classmethod
    def open(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Open an index; without `options` those that it was made with are taken.

        Raises InputError where there is none, IndexMismatchError where it was made with other settings or is damaged.
        """
        head = _read_head(folder)
        stored = head["settings"]
        if options is None:
            try:
                options = NearOptions(num_perm=stored["num_perm"], seed=stored["seed"], shingle=stored["shingle"])
            except (KeyError, UsageError) as error:
                raise IndexMismatchError(f"{folder}: made by another version ({error}); build the index anew") from error
        wanted = _settings(options)
        other = [f"{k} {stored.get(k)!r}, here {wanted[k]!r}" for k in wanted if stored.get(k) != wanted[k]]
        if other:
            raise IndexMismatchError(
                f"{folder}: index made with {'; '.join(other)}: sketches of different settings cannot be compared; "
                "use the same settings, or build the index anew"
            )
        segments = tuple(Segment.open(folder, entry, options) for entry in head["segments"])
        return cls(folder, options, segments)

    @classmethod
    def open_or_create(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Open the index of a folder, or make one where there is none."""
        return cls.open(folder, options) if (folder / "index.json").exists() else cls.create(folder, options)

    def __len__(self) -> int:
        return sum(len(s) for s in self.segments)

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> Index:
        """Add documents as one segment and give the extended index. Only documents that are kept should be added."""
        if len(ids) != len(texts):
            raise UsageError(f"{len(ids)} ids for {len(texts)} texts")
        if not ids:
            return self
        with _locked(self.folder):
            head = _read_head(self.folder)
            name = f"segment-{1 + max((int(e['name'][-6:]) for e in head['segments']), default=0):06d}"
            temporary = self.folder / f"{name}.tmp"
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(self.folder / name, ignore_errors=True)       # written but never listed: a crash
            temporary.mkdir()
            entry = write_segment(temporary, ids, texts, self.options)
            temporary.rename(self.folder / name)
            head["segments"].append({"name": name, **entry})
            _publish(self.folder, {k: head[k] for k in ("settings", "segments")})
        return Index.open(self.folder, self.options)

    def query(self, texts: Sequence[str]) -> Iterator[Found | None]:
        """For each text the document of the index that it duplicates, or None. Lazy, in batches of bounded size.

        A text is a duplicate only where the indexed one has nearly all of what it says: a longer version is none.
        """
        for start in range(0, len(texts), _BATCH):
            batch = [replace_surrogates(t)[0] for t in texts[start:start + _BATCH]]
            sketches = sketch.sketch(Texts.of(batch), self.options)
            prepared = prepare(batch, self.options.shingle)
            yield from self._query_batch(sketches, prepared)

    def _query_batch(self, sketches: Sketches, prepared: Prepared) -> list[Found | None]:
        found: list[Found | None] = [None] * len(sketches)
        for segment in self.segments:
            for row, there in segment.find_exact(sketches):
                found[row] = found[row] or Found(segment.id(there), "exact", 1.0)
        open_rows = np.flatnonzero(np.array([f is None for f in found], np.bool_))
        tries: dict[int, list[tuple[float, int, int]]] = {}
        for k, segment in enumerate(self.segments):
            for row, there, share in segment.find_near(sketches, open_rows):
                tries.setdefault(row, []).append((-share, k, there))
        for row in sorted(tries):
            found[row] = self._verify(prepared, row, sorted(tries[row])[:_TRIES])
        return found

    def _verify(self, prepared: Prepared, row: int, tries: list[tuple[float, int, int]]) -> Found | None:
        for _, k, there in tries:
            segment = self.segments[k]
            verdict = verify(prepared, row, segment.prepared(there), 0)
            if verdict.cause:
                return Found(segment.id(there), verdict.cause, verdict.similarity)
        return None

    def info(self) -> dict[str, Any]:
        """Settings, documents, segments and bytes, for showing."""
        return {
            "folder": str(self.folder), "settings": _settings(self.options), "documents": len(self),
            "segments": len(self.segments), "bytes": sum(s.n_bytes for s in self.segments),
        }

    def check(self) -> int:
        """Read every file and compare it with its digest; give how many files. Raises IndexMismatchError on the first damage."""
        return sum(segment.check() for segment in self.segments)


def _read_head(folder: Path) -> dict[str, Any]:
    path = folder / "index.json"
    try:
        head: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name the folder of an index, or make one first") from error
    except ValueError as error:
        raise IndexMismatchError(f"{path}: damaged ({error}); build the index anew") from error
    body: dict[str, Any] = {k: head[k] for k in ("settings", "segments") if k in head}
    if len(body) != 2 or head.get("digest") != _digest(body):
        raise IndexMismatchError(f"{path}: damaged, its digest does not fit; build the index anew")
    return body


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _publish(folder: Path, body: dict[str, Any]) -> None:
    """Put a new `index.json` in place of the old one, whole or not at all."""
    temporary = folder / "index.json.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({**body, "digest": _digest(body)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / "index.json")
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with the process that holds it."""
    import fcntl

    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{folder}: another process is adding to this index; wait until it is done") from error
        yield
