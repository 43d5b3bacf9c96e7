"""An index on disk of the documents of a corpus, so that new ones can be compared with it without reading it again.

The rule of this file: an index is a folder of segments that never change once written, and one `index.json` that lists them. A
segment is written under a temporary name, flushed and renamed, and only then listed, by renaming a new `index.json` over the
old one: after a crash at any point the index is what it was before or what it was to become. Everything that must agree for two
sketches to be compared (format, scheme, permutations, seed, shingle, bands, the canonical form) is written into it and checked
on opening. Candidates are read as the clean texts that they are and go through the same comparison as those of a corpus.

    INDEX/
      index.json          settings, segments, the size and the digest of every file
      segment-000001/     Arrow tables: documents in compressed batches; signatures, keys and hashes, mapped into memory

    index = Index.create(folder, options)       # or Index.open(folder, options), Index.open_or_create(folder, options)
    index.add(ids, texts)                       # clean texts that are kept; an id that is there with another text is replaced
    for found in index.query(texts): ...        # Found(id, cause, similarity) or None, for each new text
    index.info(); index.check()
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline import world
from pipeline.chinese.codepoints import load_canonical
from pipeline.errors import IndexMismatchError, OutputError, UsageError
from pipeline.near import candidates as bands
from pipeline.near import sketch
from pipeline.near.index.checking import check_segment
from pipeline.near.index.damage import damaged
from pipeline.near.index.head import FORMAT, Entry, publish, read_head
from pipeline.near.index.segment import Segment
from pipeline.near.index.writing import Document, adding, batches_of, find_others, make_document, next_number, sweep, write_segments
from pipeline.near.sketch import Sketches
from pipeline.near.verify import Cause, Prepared, prepare, verify
from pipeline.options import NearOptions
from pipeline.record import Texts, replace_surrogates

__all__ = ["FORMAT", "Added", "Found", "Index"]

_BATCH, _BATCH_CHARS = 2_000, 1 << 22   # texts that are sketched at once, and code points
_TRIES = 24                             # documents of the index that one text is compared with
_AT_ONCE = 256                          # texts of the index that are held to be compared
#: A text with everything that the canonical form folds, so that a change of it shows in the settings of an index.
_PROBE = "軟體(ruǎn tǐ)的１.５倍，氣溫－5℃；ＡＢc 著作、瞭解。①第2章\n行(háng)业 增长3.5%！カナ 한글 é 😀"


class Found(NamedTuple):
    """The document of the index that a new text duplicates."""

    id: str
    cause: Cause
    similarity: float


class Added(NamedTuple):
    """What became of documents that were to be added."""

    new: int
    replaced: int       # ids that were there with another text, which counts no longer
    known: int          # ids that were there with the same text


def _settings(options: NearOptions) -> dict[str, Any]:
    """What must be equal for sketches to be comparable."""
    return {
        "format": FORMAT, "scheme": "affine32", "num_perm": options.num_perm, "seed": options.seed,
        "shingle": options.shingle, "band_rows": bands.ROWS,
        "short": [sketch.SHORT_SHINGLE, sketch.SHORT_PERM, sketch.SHORT_MIN, sketch.SHORT_MAX],
        "canonical": _digest_canonical(options.shingle),
    }


@cache
def _digest_canonical(shingle: int) -> str:
    """A digest of the canonical form: of its table, and of what becomes of a text with everything that it folds."""
    probe = sketch.sketch(Texts.of([_PROBE]), NearOptions(shingle=shingle))
    return hashlib.sha256(load_canonical().tobytes() + probe.exact.tobytes() + probe.signatures.tobytes()).hexdigest()[:16]


def _make_place(folder: Path) -> None:
    """Make the folder of a new index. Raises UsageError where it holds anything else, OutputError where it cannot be made."""
    try:
        world.make_folders(folder)
        others = find_others(folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
    if others:
        raise UsageError(f"{folder}: this folder holds other files, {others[0]!r} among them; name an empty or a new one")


@dataclass(frozen=True)
class Index:
    """An open index. What another process adds is seen after opening it again."""

    folder: Path
    options: NearOptions
    segments: tuple[Segment, ...]
    sha256: str     # of its `index.json` as it was opened; empty where there is none yet
    added: Added = field(default=Added(0, 0, 0), compare=False)     # by the last `add` or `extend`

    @classmethod
    def create(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Make an empty index in a new or empty folder. Raises UsageError where one is there, OutputError where it cannot."""
        options = options or NearOptions()
        _make_place(folder)
        with adding(folder):
            if (folder / "index.json").exists():
                raise UsageError(f"{folder}: there is an index already; name another folder, or add to this one")
            publish(folder, _settings(options), [])
        return cls.open(folder, options)

    @classmethod
    def open(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Open an index; without `options` those that it was made with are taken.

        Raises InputError where there is none, IndexMismatchError where it was made with other settings or is damaged.
        """
        head = read_head(folder)
        stored = head.settings
        if options is None:
            try:
                options = NearOptions(num_perm=stored["num_perm"], seed=stored["seed"], shingle=stored["shingle"])
            except (KeyError, TypeError, UsageError) as error:
                raise IndexMismatchError(f"{folder}: made by another version ({error}); build the index anew") from error
        wanted = _settings(options)
        other = [f"{k} {stored.get(k)!r}, here {wanted[k]!r}" for k in wanted if stored.get(k) != wanted[k]]
        if other:
            raise IndexMismatchError(
                f"{folder}: index made with {'; '.join(other)}: sketches of different settings cannot be compared; "
                "use the same settings, or build the index anew"
            )
        return cls(folder, options, _open_segments(folder, head.segments, options), head.sha256)

    @classmethod
    def open_or_create(cls, folder: Path, options: NearOptions | None = None) -> Index:
        """Open the index of a folder; where there is none, an empty one that stands there from the first `extend` on, not before.

        Raises as `open` and `create`.
        """
        if (folder / "index.json").exists():
            return cls.open(folder, options)
        _make_place(folder)
        return cls(folder, options or NearOptions(), (), "")

    def __len__(self) -> int:
        return sum(len(s) - int(s.replaced.sum()) for s in self.segments)

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> Index:
        """Add documents and give the extended index; see `extend`."""
        if len(ids) != len(texts):
            raise UsageError(f"{len(ids)} ids for {len(texts)} texts")
        return self.extend(zip(ids, texts, strict=True))

    def extend(self, documents: Iterable[tuple[str, str]]) -> Index:
        """Add (id, text) of any number of documents, all or none, and give the extended index; `added` says how many were new.

        A document that is there with the same id and text is left out. One that is there with another text replaces it, which is
        then found no more. Only documents that are kept should be added. Raises UsageError where an id comes with two texts,
        OutputError where the folder cannot be written to: the index is then as it was.
        """
        with adding(self.folder):
            current = Index.open_or_create(self.folder, self.options)
            listed = [segment.entry for segment in current.segments]
            sweep(self.folder, [entry.name for entry in listed])
            news = _News(current.segments)
            entries = write_segments(self.folder, next_number(self.folder), news.choose(documents), self.options)
            if entries or not current.sha256:
                publish(self.folder, _settings(self.options), [*listed, *entries])
            opened = Index.open(self.folder, self.options)
        return Index(opened.folder, opened.options, opened.segments, opened.sha256, news.added)

    def query(self, texts: Iterable[str]) -> Iterator[Found | None]:
        """For each text the document of the index that it duplicates, or None. Lazy, in batches of bounded size.

        A text is a duplicate only where the indexed one has nearly all of what it says: a longer version is none.
        """
        for batch in batches_of(texts, len, _BATCH, _BATCH_CHARS):
            whole = [replace_surrogates(t)[0] for t in batch]
            yield from self._query_batch(whole, sketch.sketch(Texts.of(whole), self.options))

    def _query_batch(self, texts: list[str], sketches: Sketches) -> list[Found | None]:
        found: list[Found | None] = [None] * len(texts)
        for segment in self.segments:
            for row, there in segment.find_exact(sketches):
                found[row] = found[row] or Found(segment.id(there), "exact", 1.0)
        open_rows = np.flatnonzero(np.array([f is None for f in found], np.bool_))
        tries: dict[int, set[tuple[float, int, int]]] = {}
        for k, segment in enumerate(self.segments):
            for row, there, share in segment.find_near(sketches, open_rows):
                tries.setdefault(row, set()).add((-share, k, there))
        asked = sorted(tries)
        prepared = prepare([texts[row] for row in asked], self.options.shingle)
        for start in range(0, len(asked), _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, len(asked)))
            best = {i: [(k, there) for _, k, there in sorted(tries[asked[i]])[:_TRIES]] for i in some}
            for i, verdict in self._compare(prepared, best).items():
                found[asked[i]] = verdict
        return found

    def _compare(self, prepared: Prepared, tries: dict[int, list[tuple[int, int]]]) -> dict[int, Found]:
        """Compare each prepared text with one document after another until it duplicates one; texts are read together."""
        found: dict[int, Found] = {}
        for turn in range(_TRIES):
            asked = {i: own[turn] for i, own in tries.items() if i not in found and turn < len(own)}
            wanted = sorted(set(asked.values()))
            there = prepare(self._texts(wanted), self.options.shingle)
            place = {at: j for j, at in enumerate(wanted)}
            for i, (k, row) in asked.items():
                verdict = verify(prepared, i, there, place[k, row])
                if verdict.cause:
                    found[i] = Found(self.segments[k].id(row), verdict.cause, verdict.similarity)
        return found

    def _texts(self, wanted: list[tuple[int, int]]) -> list[str]:
        """Texts of (segment, row), in ascending order."""
        return [
            text for k, segment in enumerate(self.segments)
            if (rows := [row for number, row in wanted if number == k]) for text in segment.texts(rows)
        ]

    def info(self) -> dict[str, Any]:
        """Settings, documents, segments and bytes, for showing."""
        return {
            "folder": str(self.folder), "settings": _settings(self.options), "documents": len(self),
            "segments": len(self.segments), "bytes": sum(s.n_bytes for s in self.segments),
        }

    def check(self) -> int:
        """Read everything and give how many files there are. Raises IndexMismatchError on the first damage.

        Digests are compared; every text is folded and sketched again and must give the signatures, keys and hashes that are
        stored with it; of a sample the signature is made by datasketch too.
        """
        return sum(check_segment(segment) for segment in self.segments)


def _open_segments(folder: Path, entries: Iterable[Entry], options: NearOptions) -> tuple[Segment, ...]:
    """Open segments, and mark in each what later ones replace."""
    segments = {entry.number: Segment(folder, entry, options) for entry in entries}
    for number, segment in segments.items():
        for earlier, row in segment.replaces:
            there = segments.get(earlier)
            if there is None or earlier >= number or not 0 <= row < len(there):
                raise damaged(segment.path("replaced"), f"row {row} of segment {earlier}")
            there.replaced[row] = True
    return tuple(segments.values())


class _News:
    """Which documents are new to some segments, which replace others, and which are known."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._there: dict[bytes, tuple[bytes, tuple[int, int]]] = {}
        self._counts = [0, 0, 0]
        for segment in segments:
            for row, (id, digest) in enumerate(zip(segment.ids, segment.digests, strict=True)):
                self._there[id] = digest, (segment.entry.number, row)       # the last one counts

    @property
    def added(self) -> Added:
        """How many there were of each."""
        return Added(*self._counts)

    def choose(self, documents: Iterable[tuple[str, str]]) -> Iterator[tuple[Document, tuple[int, int] | None]]:
        """Documents to be written, each with the (segment, row) that it replaces."""
        seen: dict[bytes, bytes] = {}
        for name, text in documents:
            document = id, digest, _ = make_document(name, text)
            if id in seen:
                if seen[id] != digest:
                    raise UsageError(f"the id {name!r} stands for two texts; give each document its own, nothing was added")
                continue
            seen[id] = digest
            old, place = self._there.get(id, (None, None))
            self._counts[2 if old == digest else 0 if old is None else 1] += 1
            if old != digest:
                yield document, place
