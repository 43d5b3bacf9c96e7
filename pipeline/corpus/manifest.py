"""The manifest of a run: versions, options, counts and digests, and nothing that differs from one run to the next."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from pipeline import __version__
from pipeline.atomic import open_atomic
from pipeline.corpus.pending import find_pending
from pipeline.corpus.shards import is_shard
from pipeline.errors import InputError
from pipeline.read.reading import open_to_read, read_whole

__all__ = [
    "NoRunError", "corpus_files", "digest_file", "find_changed", "find_corpus", "read_manifest", "versions", "write_manifest",
]

#: Libraries whose version can change what comes out.
_LIBRARIES = ("chardet", "datasketch", "ftfy", "numba", "numpy", "opencc", "pyarrow", "regex", "zstandard")


class NoRunError(InputError):
    """There is no run in a folder, or it is being put in place."""


def versions() -> dict[str, str]:
    """Version of this package and of each library that the output depends on."""
    return {"taosha": __version__} | {name: version(name) for name in _LIBRARIES}


def find_corpus(folder: Path) -> str | None:
    """The name of the corpus of the run in a folder, if there is one."""
    try:
        return str(read_manifest(folder)["corpus"])
    except NoRunError:
        return None


def corpus_files(manifest: Mapping[str, Any]) -> list[str]:
    """The files of the corpus that a manifest describes, in their order: one of its name, or its shards."""
    corpus, files = manifest["corpus"], manifest["files"]
    return [corpus] if corpus in files else [name for name in files if is_shard(name, corpus)]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the run in a folder. Raises NoRunError where there is none, PassingError."""
    if find_pending(folder) is not None:
        raise NoRunError(f"{folder}: a run was killed while it put its files in place; run it again, which takes a moment")
    try:
        manifest = orjson.loads(read_whole(folder / "manifest.json"))
        names = (manifest["corpus"], *manifest["files"])
        if "taosha" in manifest["versions"] and all(map(_is_plain, names)) and _is_whole(manifest):
            return dict(manifest)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise NoRunError(f"{folder}: no run is there; give the folder that `taosha clean -o` wrote to")


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Whether what every version writes is there, and of its kind: it may be damaged. The rest is asked for with care."""
    counts, files = manifest["counts"], manifest["files"]
    whole = isinstance(counts, dict) and isinstance(files, dict) and all(isinstance(n, int) for n in counts.values())
    return whole and all(isinstance(about, dict) and isinstance(about.get("sha256"), str) for about in files.values())


def _is_plain(name: str) -> bool:
    """Whether it is the name of a file, and leads nowhere else: a manifest may come from anybody."""
    return name not in ("", "..") and name == Path(name).name


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    """Write it as indented JSON with sorted keys."""
    with open_atomic(path) as file:
        file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))


def digest_file(path: Path, stop: threading.Event | None = None) -> str | None:
    """The sha256 of a file; None where it cannot be read to its end, or `stop` is set. Raises PassingError."""
    digest = hashlib.sha256()
    try:
        with open_to_read(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
                if stop is not None and stop.is_set():
                    return None
    except OSError:
        return None
    return digest.hexdigest()


def find_changed(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """Files of the run in a folder, of these names or all, that are not as its manifest says: changed, lost or not readable.

    Raises NoRunError, PassingError.
    """
    files = read_manifest(folder)["files"]
    return [
        name for name, said in files.items()
        if (names is None or name in names) and digest_file(folder / name) != said.get("sha256")
    ]
