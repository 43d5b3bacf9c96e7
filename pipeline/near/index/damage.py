"""What is said of a file of an index that is not as it was written."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import IndexMismatchError

__all__ = ["damaged"]


def damaged(path: Path, what: object) -> IndexMismatchError:
    """The error for a file that is not what was written."""
    return IndexMismatchError(f"{path}: damaged ({what}); build the index anew from its corpora: taosha index NEW --add CORPUS")
