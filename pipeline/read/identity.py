"""What a file is: its compression, its format, or why it is no input. What it begins with goes before its suffix."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import PurePath

from pipeline.errors import UsageError
from pipeline.read.binary import find_kind
from pipeline.read.compressed import CompressionError, find_compression, open_compressed, strip_suffix
from pipeline.read.damage import check_damage
from pipeline.read.formats import find_format, find_format_of_head, find_format_of_name, list_suffixes
from pipeline.read.inputs import Input, Listing, open_raw
from pipeline.read.looks import HEAD, WORDS, find_look

__all__ = ["count_as", "describe_file", "describe_remote", "describe_stream", "find_kind_of"]

Problem = tuple[str, str]       # reason and message of a fault


def describe_file(path: str, name: str, format: str | None, listing: Listing, *, inside: bool) -> Input | None:
    """The input that a file is, or a fault: it cannot be read, or it is not what its suffix says.

    One without a reader is a fault too where it was named; where it was met `inside` a folder, it is left out and counted. A link
    that leads nowhere is a fault whatever it is called: it may have led to a folder.
    """
    file_name = os.path.basename(path)
    known = format or find_format_of_name(file_name)
    try:
        status = os.stat(path)
        regular = stat.S_ISREG(status.st_mode)
        compression, head = _read_head(path) if regular else ("", b"")
    except (OSError, MemoryError, CompressionError) as error:
        fault = _unreachable(error, path)
        if known is None and inside and not os.path.islink(path):
            listing.leave(path, name, count_as(file_name))
        else:
            listing.say(path, name, *fault)
        return None
    kind, problem = (format, None) if format else find_kind_of(file_name, head)
    if not regular and (kind is not None or not inside):
        problem = ("no-regular-file", "this is a device, socket or pipe; give it through `-`")
    if kind is None and problem is None and inside:
        listing.leave(path, name, count_as(file_name))
    elif kind is None or problem is not None:
        listing.say(path, name, *(problem or _no_reader(file_name, head)))
    else:
        return Input(name, path, kind, status.st_size, compression)
    return None


def count_as(name: str) -> str:
    """What a file that is left out is counted as: its suffix, with that of a compression."""
    bare = strip_suffix(name)
    suffix = PurePath(bare).suffix.lower() + name[len(bare):].lower()
    return os.fsencode(suffix).decode("utf-8", "replace") or "without suffix"


def _read_head(path: str, *, whole: bool = True) -> tuple[str, bytes]:
    """The compression of a file, and the first bytes of what it holds: none, with `whole`, where these are damaged already, for
    then they look like anything.
    """
    with open_raw(path) as file:
        head = file.read(HEAD)
        compression = find_compression(head, path)
        if not compression:
            return "", head
        file.seek(0)
        stream, head = open_compressed(file, compression), b""
        try:
            head = stream.read(HEAD)
            stream.read(1)
        except CompressionError:        # the reader says so
            head = b"" if whole else head
        return compression, head


#: What `pipeline.read.binary` calls the archives that are read.
_ARCHIVES = {"a tar archive": "tar", "a zip archive": "zip"}
#: A look, and a format of files that may have it.
_ALIKE = frozenset({("csv", "tsv"), ("xml", "html")})


def find_kind_of(name: str, head: bytes) -> tuple[str | None, Problem | None]:
    """The format of a file, or reason and message of what is wrong with it; nothing at all where it has no reader.

    What its first bytes prove goes before its suffix. What they only look like goes against its suffix, and is a fault: read as
    text, markup and keys would stand in the corpus.
    """
    if proven := find_format_of_head(head):
        return proven.name, None
    by_name = find_format_of_name(name)
    if by_name is None:
        return None, None
    if (binary := find_kind(head)) and _ARCHIVES.get(binary) != by_name.name:
        return None, ("binary", f"these bytes are {binary}, whatever the suffix says; convert them first, or remove the file")
    look = find_look(head)
    if by_name.name == "json" and look == "jsonl":
        return look, None       # one object a line under the suffix of JSON: both are read as strictly
    if look and look != by_name.name and (look, by_name.name) not in _ALIKE:
        return None, ("other-format", f"this looks like {WORDS[look]}, whatever the suffix says; {_way_out(look, by_name.name)}")
    return by_name.name, None


def _way_out(look: str, name: str) -> str:
    """What to do with a file that looks like something else."""
    try:
        return f"give it with --input-format {find_format(look).name}, or with --input-format {name} if it is that after all"
    except UsageError:
        return f"convert it to one of {list_suffixes()}, or give it with --input-format {name} if it is that after all"


def _no_reader(name: str, head: bytes) -> Problem:
    """Reason and message for a file that was named and has no reader."""
    what = find_kind(head) or WORDS.get(find_look(head))
    kind = count_as(name)
    what = f"this looks like {what}" if what else f"there is no reader for {'a file ' * (kind[:1] != '.')}{kind}"
    return "unknown-format", f"{what}; convert it to one of {list_suffixes()}, which may be compressed"


def _unreachable(error: Exception, path: str) -> Problem:
    """Reason and message for a file that is named and cannot be looked at. Raises what is of the moment."""
    if isinstance(error, CompressionError):
        return error.reason, str(error)
    check_damage(error, path)
    assert isinstance(error, OSError), "want of memory is of the moment"
    if error.errno == errno.ENOENT:
        return "vanished", f"{error.strerror} when it was looked at; put it back and run again"
    if error.errno == errno.ELOOP:
        return "link-loop", "this link leads back to itself; remove it, or mend it and run again"
    return "unreadable-file", f"{error.strerror}; check its permissions and those of the folders above it, then run again"


def describe_stream(path: str, format: str | None, listing: Listing) -> Input | None:
    """The input that standard input is, or a fault."""
    try:
        compression, head = _read_head(path, whole=False)
    except CompressionError as error:
        listing.say("", "stdin", error.reason, str(error))
        return None
    kind, problem = (format, None) if format else _find_kind_of_stream(head)
    if problem is not None:
        listing.say("", "stdin", *problem)
    return Input("stdin", path, kind, os.stat(path).st_size, compression) if kind is not None and problem is None else None


def _find_kind_of_stream(head: bytes) -> tuple[str | None, Problem | None]:
    """The format of a stream, which has no suffix to go by or against: what it begins with, or looks like; else a text."""
    look, kind = find_look(head), find_kind(head)
    if kind in _ARCHIVES:
        return _ARCHIVES[kind], None
    if look == "csv":
        return ("tsv" if head.partition(b"\n")[0].count(b"\t") > head.partition(b"\n")[0].count(b",") else "csv"), None
    if look in ("json", "jsonl", "html"):
        return look, None
    return find_kind_of("stdin.txt", head)


def describe_remote(address: str, name: str, size: int, format: str | None, listing: Listing, *, inside: bool) -> Input | None:
    """The input that a file at an address is, or a fault; one without a reader that was met `inside` a folder is left out."""
    file_name = name.rpartition("/")[2]
    if inside and format is None and find_format_of_name(file_name) is None:    # not fetched to see what it begins with
        listing.leave(address, name, count_as(file_name))
        return None
    try:
        compression, head = _read_head(address)
    except (OSError, MemoryError, CompressionError) as error:
        listing.say(address, name, *_unreachable(error, address))
        return None
    kind, problem = (format, None) if format else find_kind_of(file_name, head)
    if kind is None or problem is not None:
        listing.say(address, name, *(problem or _no_reader(file_name, head)))
        return None
    return Input(name, address, kind, size, compression)
