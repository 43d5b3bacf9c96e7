"""What this package is made of, as one digest: what it made before, or makes on another machine, is the same where that is."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path

__all__ = ["digest_code", "is_as_loaded"]

_LOADED = time.time()


def digest_code() -> str:
    """The digest of the code and data of the package that is loaded, as it lies on the disk."""
    return _look()[0]


def is_as_loaded() -> bool:
    """Whether no file changed since this process began to load the package: what it makes is by the code of the digest."""
    return _look()[1] < _LOADED


@lru_cache(maxsize=1)
def _look() -> tuple[str, float]:
    """The digest, and when the last file changed."""
    package = Path(__file__).resolve().parents[1]
    files = sorted([*package.rglob("*.py"), *(p for p in (package / "data").iterdir() if p.is_file())])
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16], max(path.stat().st_mtime for path in files)
