"""Whether the run that stands in a folder is of these inputs already: then there is nothing to do.

What counts is content: the digest of every input and of every file that was written, the settings, the code, the versions.
A time stamp can be wrong and is not the same on another machine, so it is not asked; inputs are hashed while workers clean
them (1.2 ms a MB, about a hundredth of the cleaning), and again only where names, sizes and all the rest agree.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from pipeline.corpus.manifest import NoRunError, digest_file, find_changed, read_manifest
from pipeline.read.columns import COLUMNS
from pipeline.read.inputs import Input, Listing

__all__ = ["DigestThread", "find_unchanged"]


class DigestThread:
    """Digests of the inputs, made while others work: hashing needs no lock of the interpreter. A context manager."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._inputs = inputs
        self._digests: list[str | None] = []
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> DigestThread:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            for entry in self._inputs:
                self._digests.append(digest_file(Path(entry.path), self._stop))
        except Exception as error:      # raised again by whoever asks
            self._error = error

    def inputs(self) -> list[dict[str, Any]]:
        """What the manifest says of the inputs. Raises what kept them from being read: PassingError, MemoryError."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return describe_inputs(self._inputs, self._digests)


def describe_inputs(inputs: Sequence[Input], digests: Sequence[str | None]) -> list[dict[str, Any]]:
    """What the manifest says of the inputs."""
    return [
        {"name": i.name, "bytes": i.size, "sha256": digest, "format": i.format}
        | ({"columns": orjson.loads(orjson.dumps(asdict(i.columns)))} if i.columns != COLUMNS else {})
        for i, digest in zip(inputs, digests, strict=True)
    ]


def find_unchanged(folder: Path, about: dict[str, Any], listing: Listing, *, verify: bool = False) -> dict[str, Any] | None:
    """The manifest of the run in a folder, if a run with these inputs and `about` would write what is there, to the byte.

    With `verify` every account of that run must have been read back: else it would do what that run did not. Where that run gave
    something up that ended its workers, it is tried again: what they wanted may be there now.
    """
    try:
        manifest = read_manifest(folder)
    except NoRunError:
        return None
    if listing.faults or any(manifest.get(key) != value for key, value in about.items()):
        return None
    if manifest["counts"].get("fault/worker-died", 0):
        return None
    if verify and manifest["counts"].get("verified", 0) != manifest["counts"].get("documents", 0):
        return None
    there = [(i.get("name"), i.get("bytes")) for i in manifest.get("inputs", ())]
    if there != [(i.name, i.size) for i in listing.inputs]:
        return None
    if find_changed(folder):
        return None
    digests = [digest_file(Path(i.path)) for i in listing.inputs]
    same = None not in digests and manifest["inputs"] == describe_inputs(listing.inputs, digests)
    return manifest if same else None
