"""The manifest of a run: versions, options, counts and digests, and nothing that differs from one run to the next."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from pipeline import __version__
from pipeline.engines.unit import Settings
from pipeline.write.atomic import open_atomic

__all__ = ["describe_run", "versions", "write_manifest"]

#: Libraries whose version can change what comes out.
_LIBRARIES = ("chardet", "datasketch", "ftfy", "numba", "numpy", "opencc", "regex")


def versions() -> dict[str, str]:
    """Version of this package and of each library that the output depends on."""
    return {"taosha": __version__} | {name: version(name) for name in _LIBRARIES}


def describe_run(settings: Settings) -> dict[str, Any]:
    """The part of the manifest that is known before the run."""
    stages = list(settings.stages) if settings.stages is not None else None
    return {"versions": versions(), "stages": stages, "audit": settings.audit, "options": asdict(settings.options)}


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    """Write it as indented JSON with sorted keys."""
    with open_atomic(path) as file:
        file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
