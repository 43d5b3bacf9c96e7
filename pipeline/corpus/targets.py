"""Where output goes, from what the user wrote after `-o`: a regular file with the suffix of what is written, or UsageError."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from pipeline.corpus.corpus import SUFFIXES
from pipeline.errors import OutputError, UsageError

__all__ = ["find_corpus_target", "find_target"]

#: Bytes of the longest file name to write: file systems take 255, and a temporary name beside it is longer.
MOST_NAME = 200


def find_corpus_target(name: str) -> Path:
    """The corpus to write: a file with one of SUFFIXES, or `clean.jsonl` in a folder, which is there or whose name ends in `/`."""
    folder = name.endswith("/") or os.path.isdir(name)
    return find_target(os.path.join(name, "clean.jsonl") if folder else name, "corpus", SUFFIXES)


def find_target(name: str, what: str, suffixes: Sequence[str]) -> Path:
    """The regular file, there or to be made, that a name leads to; links are followed, so that they stay links.

    Raises UsageError for any other suffix (a `.gz` or `.parquet` that holds JSON would lie), and for what a rename would destroy:
    devices, pipes, sockets, folders; OutputError for a place that cannot be.
    """
    path = Path(name)
    if path.name in suffixes or not path.name.endswith(tuple(suffixes)):
        wanted = " or ".join(suffixes)
        more = ", or the name of a folder, ending in /" if what == "corpus" else ""
        raise UsageError(f"{name}: a {what} is written as {wanted}; give a name that ends so{more}")
    try:
        name.encode()
        real = Path(os.path.realpath(path))
        mode = os.stat(path).st_mode
    except UnicodeEncodeError:
        raise UsageError(f"{name!r}: this name is no UTF-8, and could not stand in the manifest; choose another with -o") from None
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        wrong = UsageError if error.errno == errno.ENAMETOOLONG else OutputError
        raise wrong(f"{name}: {error.strerror}; choose another place with -o") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"
        raise UsageError(f"{name}: this is no regular file but {kind}; choose another name with -o")
    if len(os.fsencode(real.name)) > MOST_NAME:
        raise UsageError(f"{name}: this name is too long; choose one of {MOST_NAME} bytes at most with -o")
    return real if os.path.islink(path) else path
