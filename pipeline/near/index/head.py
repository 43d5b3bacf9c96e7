"""`index.json`, which says what an index holds: settings, and each segment with the size and the digest of its files.

The rule of this file: it is replaced whole or not at all, and what it says counts. A folder that it does not list is no part of
the index, and an entry that is not as it should be is an error before anything is opened by it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import world
from pipeline.atomic import open_atomic
from pipeline.errors import IndexMismatchError, InputError
from pipeline.near.index.tables import OPTIONAL, TABLES
from pipeline.read.damage import check_damage

__all__ = ["FORMAT", "Entry", "Head", "publish", "read_head"]

FORMAT = 2
_HEX = re.compile("[0-9a-f]{64}")       # a bounded repetition of one class: linear


@dataclass(frozen=True)
class Entry:
    """A segment as it is listed: its number, how many documents, and for each table the size and SHA-256 of its file."""

    number: int
    documents: int
    files: dict[str, tuple[int, str]]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"segment-{self.number:06d}"


@dataclass(frozen=True)
class Head:
    """What `index.json` says."""

    settings: dict[str, Any]
    segments: tuple[Entry, ...]
    sha256: str     # of the file that was read: another process may have put a new one there since


def read_head(folder: Path) -> Head:
    """Read and check `index.json`. Raises InputError where there is none, IndexMismatchError where it cannot be used."""
    path = folder / "index.json"
    try:
        data = world.read(path)
        said = json.loads(data)
    except OSError as error:
        check_damage(error, path)
        raise InputError(f"{path}: {error.strerror}; name the folder of an index, or make one first") from error
    except (ValueError, RecursionError) as error:
        raise IndexMismatchError(f"{path}: damaged ({error}); build the index anew") from error
    body: dict[str, Any] = {k: said.get(k) for k in ("settings", "segments")} if isinstance(said, dict) else {}
    if not isinstance(body.get("settings"), dict) or said.get("digest") != _digest(body):
        raise IndexMismatchError(f"{path}: damaged, its digest does not fit; build the index anew")
    if (format := body["settings"].get("format")) != FORMAT:
        raise IndexMismatchError(
            f"{path}: an index of format {format!r}, here {FORMAT}; build it anew from its corpora: taosha index NEW --add CORPUS "
            "(an index of format 1 with more than 2,000 documents compared new ones with the wrong texts)"
        )
    try:
        return Head(body["settings"], tuple(map(_entry, body["segments"])), hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, ValueError) as error:
        raise IndexMismatchError(f"{path}: damaged ({error!r}); build the index anew") from error


def _entry(said: dict[str, Any]) -> Entry:
    number, documents, files = said["number"], said["documents"], said["files"]
    sizes = [(name, *files[name]) for name in TABLES if name in files or name not in OPTIONAL]
    numbers = [number, documents, *(size for _, size, _ in sizes)]
    if any(type(n) is not int or n < 0 for n in numbers) or not all(_HEX.fullmatch(digest) for *_, digest in sizes):
        raise ValueError(f"segment {number!r} is not listed as it should be")
    return Entry(number, documents, {name: (size, digest) for name, size, digest in sizes})


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def publish(folder: Path, settings: dict[str, Any], segments: Sequence[Entry]) -> None:
    """Put a new `index.json` in place of the old one, whole or not at all."""
    body = {"settings": settings, "segments": [
        {"number": e.number, "documents": e.documents, "files": {name: list(file) for name, file in e.files.items()}}
        for e in segments
    ]}
    with open_atomic(folder / "index.json") as file:
        file.write(json.dumps({**body, "digest": _digest(body)}, indent=1).encode())
