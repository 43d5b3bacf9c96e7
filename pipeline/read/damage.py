"""What says that data is damaged, by name: whatever is not named here is of this moment, ends the run, and says of which file.

An error of this moment (no memory, no thread, too many open files, a disk or a server that does not answer) must never be taken for
a fault of a file: in the quarantine it would stay in silence, for the next run finds its inputs unchanged. To name such errors was
tried, and each library has words of its own for them (a ZstdError, an ArrowException, an ImportError of a library that cannot be
mapped). So it is the other way about: an error that nobody thought of ends the run, and can be seen, and the next run goes on.
"""

from __future__ import annotations

import errno
import os
import re
import struct
import zlib
from collections.abc import Iterator

from pipeline.errors import InputError
from pipeline.wording import WANTING

__all__ = ["PassingError", "check_damage", "check_passing", "is_of_moment", "name_error"]

#: What a system says of a name or a file that will be so the next time too.
_LASTING = frozenset({
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL,
    errno.ENXIO, errno.ENODEV, errno.EOVERFLOW, errno.ESPIPE, errno.EILSEQ,
})
#: What says that data is damaged. An OSError that has no number, or a lasting one, does so too: Arrow and FastWARC raise it.
_DAMAGE = (ValueError, EOFError, ArithmeticError, NotImplementedError, RecursionError, struct.error, zlib.error)
#: And of libraries that may not be loaded, by the first part of the name of their module.
_OF_LIBRARIES = frozenset({
    ("pyarrow", "ArrowTypeError"), ("pyarrow", "ArrowIndexError"), ("pyarrow", "ArrowKeyError"),
    ("pyarrow", "ArrowSerializationError"), ("pyarrow", "ArrowCapacityError"), ("tarfile", "TarError"), ("zipfile", "BadZipFile"),
    ("_lzma", "LZMAError"), ("zstandard", "ZstdError"),
})
#: How zipfile begins to say that it has no password; no name of a member stands before it. Fixed words: linear.
_LOCKED = re.compile(r"File .* is encrypted|Bad password for file")
#: How libraries begin to say, by an error that is of damage otherwise, that there was no memory: zlib, zstd, codecs of Arrow.
#: What is read cannot begin such a message. Fixed words: linear.
_WANTING = re.compile(
    r"Error -4 while|zstd \w+ error: Allocation error|ZSTD \w+ failed: Allocation error|LZ4 \w+ failed: ERROR_allocation"
    r"|zlib \w+ failed: insufficient memory|Unknown error: Failed to launch worker thread",
)


class PassingError(InputError):
    """An input that cannot be read now. What was done so far is kept for the next run."""


def check_damage(error: Exception, path: str | os.PathLike[str] | None = None, *more: type[Exception]) -> None:
    """Raise an error that does not say that what was read is damaged; of `more` classes it is known here that they do.

    With the path of what was read the error says it, see `name_error`; without one whoever knows it is to say it.
    """
    if not _says_damage(error, more) or is_of_moment(error):
        raise name_error(error, path)


def name_error(error: Exception, path: str | os.PathLike[str] | None) -> Exception:
    """The error to raise for one that ends the run while this was read: a PassingError that names it, or a MemoryError, which a
    worker dies of, in whatever words a library says it. One of this package is as it is.
    """
    named = error
    if type(error).__module__.partition(".")[0] == "pipeline":
        return error
    if isinstance(error, MemoryError) and path is None:
        return error
    if any(map(_lacks_memory, _chain(error))):
        named = MemoryError(f"while {os.fspath(path)} was read" if path is not None else str(error))
    elif path is not None:
        hint = "run again, and where it comes again leave this file out and report it"
        if isinstance(error, OSError) and _is_known(error):
            hint = f"{_hint(error, os.fspath(path))}, then run again"
        named = PassingError(f"{os.fspath(path)}: cannot be read now ({_say(error)}); {hint}")
    if named is not error:
        named.__cause__ = error
    return named


def _hint(error: OSError, name: str) -> str:
    """What to do about it."""
    return WANTING.get(error.errno or 0) or f"see that its {'server' if '://' in name else 'disk'} answers, or leave this file out"


def _say(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}".removesuffix(": ")


def _says_damage(error: Exception, more: tuple[type[Exception], ...]) -> bool:
    """Whether it is of a class that says so."""
    if isinstance(error, OSError):
        return True         # its number says more, see `is_of_moment`
    return (
        isinstance(error, (*_DAMAGE, *more))
        or any((kind.__module__.partition(".")[0], kind.__name__) in _OF_LIBRARIES for kind in type(error).__mro__)
        or (type(error) is RuntimeError and _LOCKED.match(str(error)) is not None)
    )


def is_of_moment(error: BaseException) -> bool:
    """Whether an error is known to be of this moment, or came of one that is: libraries raise errors of their own for it."""
    return isinstance(error, ImportError) or any(map(_is_known, _chain(error)))


def _is_known(error: BaseException) -> bool:
    if isinstance(error, OSError):
        passing = isinstance(error, ConnectionError | TimeoutError | InterruptedError | BlockingIOError)
        if passing or error.errno is not None:
            return passing or error.errno not in _LASTING
    return _lacks_memory(error) or (type(error) is RuntimeError and str(error) == "can't start new thread")


def _lacks_memory(error: BaseException) -> bool:
    says = isinstance(error, zlib.error | OSError) or type(error).__name__ in ("ArrowException", "ZstdError")
    return isinstance(error, MemoryError) or (says and _WANTING.match(str(error)) is not None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came of."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        yield at
        seen.add(id(at))
        at = at.__cause__ or at.__context__


def check_passing(path: str | os.PathLike[str], error: OSError) -> None:
    """Raise PassingError for an error that says nothing of the file; let others be. One without a number is of a library."""
    if _is_known(error):
        raise name_error(error, path)
