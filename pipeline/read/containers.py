"""Tar and zip: each member is read as the file that it is, and goes by `archive.tar/member`.

Nothing is ever unpacked, so a name is only a name: `..`, absolute paths and links lead nowhere. Members without a reader, links,
devices, hidden files and archives inside archives are `Left`. A member that cannot be read is a fault, and the others follow.

A place counts members and what the member's own format counts in: `member << SHIFT | place`. A tar that is compressed is read once,
from its start to its end; else a span is a range of members.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple, Self

from pipeline.errors import UndecodableError
from pipeline.read.compressed import FREE, MOST_RATIO, CompressionError, find_compression, open_compressed
from pipeline.read.damage import check_damage
from pipeline.read.inputs import UNIT_BYTES, Input, Span, open_input
from pipeline.record import Fault, Left, Record

__all__ = ["SHIFT", "read_tar", "read_zip", "split_tar", "split_zip"]

#: Bits of a place that are the place inside the member: a terabyte. 8 million members fit above it.
SHIFT = 40
_INSIDE = (1 << SHIFT) - 1
MOST_MEMBERS = 1 << 22


class _Member(NamedTuple):
    """A member: its number, its name, its bytes when unpacked, what it is if it is no file, and how it is opened."""

    number: int
    name: str
    size: int
    kind: str               # empty for a file
    open: Callable[[], IO[bytes]]


def read_tar(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
    """What the members of a tar hold, in their order."""
    yield from _read(entry, lambda: _tar_members(stream), span)


def read_zip(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault | Left]:
    """What the members of a zip hold, in their order."""
    yield from _read(entry, lambda: _zip_members(stream), span)


def split_tar(entry: Input) -> list[Span] | None:
    """Ranges of members, about as large as a unit; None where the tar is compressed, or small."""
    return None if entry.compression else _split(entry, _tar_members)


def split_zip(entry: Input) -> list[Span] | None:
    """Ranges of members, about as large as a unit; None where the zip is small."""
    return None if entry.compression else _split(entry, _zip_members)


def _split(entry: Input, list_members: Callable[[IO[bytes]], Iterator[_Member]]) -> list[Span] | None:
    if entry.size <= UNIT_BYTES:
        return None
    spans, first, size, n = [], 0, 0, 0
    try:
        with open_input(entry) as stream:
            for n, member in enumerate(list_members(stream)):
                if size and size + member.size > UNIT_BYTES:
                    spans.append(Span(first << SHIFT, n << SHIFT, size))
                    first, size = n, 0
                size += member.size
    except CompressionError:
        pass                # the reader says what is wrong
    except Exception as error:
        check_damage(error, entry.path)
    return [*spans, Span(first << SHIFT, 1 << 62, size)] if spans else None


def _read(entry: Input, members: Callable[[], Iterator[_Member]], span: Span | None) -> Iterator[Record | Fault | Left]:
    """Records of the members in a span. A container that breaks off is one fault behind what was read."""
    start, end = (span.start, span.end) if span is not None else (0, 1 << 62)
    budget, number = _Budget(entry), -1
    try:
        for member in members():
            number = member.number
            if number << SHIFT >= end:
                return
            if (number + 1) << SHIFT > start:
                yield from _read_member(entry, member, budget, start, end)
        if number < 0 and not start:
            yield Fault(entry.name, "empty-file", "the archive holds nothing; remove it or fetch it again")
    except _Bomb as error:
        yield Fault(entry.name, "compressed-bomb", str(error), byte=number << SHIFT)
    except Exception as error:
        check_damage(error)
        what = f"no member can be read behind {number + 1:,} of them ({_say(error)}); fetch the archive again"
        yield Fault(entry.name, "archive-broken", what, byte=max(0, number + 1) << SHIFT)


def _read_member(entry: Input, member: _Member, budget: _Budget, start: int, end: int) -> Iterator[Record | Fault | Left]:
    """What one member holds, with places in the archive."""
    name, base = f"{entry.name}/{member.name}", member.number << SHIFT
    if member.kind:
        yield Left(name, member.kind)
        return
    inner = Span(max(0, start - base), min(end - base, 1 << SHIFT), member.size)
    whole = inner.start == 0 and inner.end == 1 << SHIFT
    try:
        stream: IO[bytes] = io.BufferedReader(_Counted(member.open(), budget), 1 << 18)
        found = _find_reader(entry, member, stream, name)
        if isinstance(found, Fault | Left):
            yield replace(found, byte=base) if isinstance(found, Fault) else found
            return
        own, stream = found
        for item in _find_format(own.format).read_span(own, stream, None if whole else inner):
            yield _place(item, entry, base)
    except CompressionError as error:
        yield Fault(name, error.reason, str(error), byte=base)
    except Exception as error:
        check_damage(error)
        yield Fault(name, "member-broken", f"the member cannot be read ({_say(error)}); pack it again", byte=base)


def _place(item: Record | Fault | Left, entry: Input, base: int) -> Record | Fault | Left:
    """An item of a member as one of its archive."""
    if isinstance(item, Record):
        return replace(item, input=entry.name, byte=base | item.byte & _INSIDE)
    if isinstance(item, Fault):
        return replace(item, byte=base | (item.byte or 0) & _INSIDE)
    return item


def _find_reader(entry: Input, member: _Member, stream: IO[bytes], name: str) -> tuple[Input, IO[bytes]] | Fault | Left:
    """A member as an input with its bytes, decompressed; or what is wrong with it, or what it is that has no reader."""
    from pipeline.read.identity import count_as, find_kind_of
    from pipeline.read.looks import HEAD

    head = stream.peek(HEAD)[:HEAD]         # type: ignore[attr-defined]
    if compression := find_compression(head, member.name):
        stream = open_compressed(stream, compression)
        head = stream.peek(HEAD)[:HEAD]
    kind, problem = find_kind_of(PurePosixPath(member.name).name, head)
    if problem is not None:
        return Fault(name, *problem)
    if kind is None or kind in ("tar", "zip"):
        return Left(name, count_as(PurePosixPath(member.name).name))
    return Input(name, "", kind, member.size, "", entry.columns), stream


def _find_format(name: str) -> Any:
    from pipeline.read.formats import find_format  # its table has this module in it

    return find_format(name)


def _is_hidden(name: str) -> bool:
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _tar_members(stream: IO[bytes]) -> Iterator[_Member]:
    """The members of a tar, read on: each must be read before the next one is asked for."""
    seekable = stream.seekable()
    with tarfile.open(fileobj=stream, mode="r:" if seekable else "r|", tarinfo=_Header) as archive:
        for number, info in enumerate(archive):
            archive.members.clear()         # type: ignore[attr-defined]    # kept for look-ups by name, which nobody does
            if info.isdir():
                continue
            if number >= MOST_MEMBERS:
                raise tarfile.TarError(f"more than {MOST_MEMBERS:,} members")
            kind = "" if info.isreg() else "link in an archive" if info.issym() or info.islnk() else "device in an archive"
            name = os.fsencode(info.name).decode("utf-8", "replace")
            kind = kind or ("hidden" if _is_hidden(name) else "")
            yield _Member(number, name, info.size, kind, partial(_open, archive, info))
        while data := archive.fileobj.read(1 << 20):
            if data.strip(b"\0"):
                raise tarfile.TarError("it ends there, and more stands behind its end, as where two archives were joined")


class _Header(tarfile.TarInfo):
    """A header of a tar, read strictly: the library takes one that is damaged for the end, and what follows is lost in silence."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """The next header. Raises ReadError for one that is damaged."""
        try:
            return super().fromtarfile(archive)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:     # type: ignore[attr-defined]
            raise tarfile.ReadError(str(error)) from error


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None, "a regular member"
    return file


def _zip_members(stream: IO[bytes]) -> Iterator[_Member]:
    """The members of a zip, as its directory lists them."""
    if not stream.seekable():
        raise zipfile.BadZipFile("a zip that is compressed once more is read from its end: decompress it first")
    with zipfile.ZipFile(stream) as archive:
        for number, info in enumerate(archive.infolist()):
            if info.filename.endswith("/"):     # a folder; a name may be empty, which `is_dir` does not bear
                continue
            if number >= MOST_MEMBERS:
                raise zipfile.BadZipFile(f"more than {MOST_MEMBERS:,} members")
            mode = info.external_attr >> 16
            kind = "link in an archive" if mode and stat.S_ISLNK(mode) else ""
            name = _zip_name(info)
            kind = kind or ("hidden" if _is_hidden(name) else "")
            yield _Member(number, name, info.file_size, kind, partial(archive.open, info))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member. Without the flag that says UTF-8 it is what Windows has: GBK, where it is Chinese."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename.encode("utf-8", "replace").decode()
    from pipeline.read.charset import decode_bytes

    data = info.filename.encode("cp437", "replace")
    try:
        return decode_bytes(data).text
    except UndecodableError:
        return info.filename


class _Bomb(RuntimeError):
    """An archive whose members swell beyond what any text does."""


class _Budget:
    """Bytes that may still come out of an archive, over all of its members."""

    def __init__(self, entry: Input) -> None:
        self._left = max(FREE, MOST_RATIO * entry.size)
        self._most = self._left

    def take(self, n: int) -> None:
        """Spend some. Raises _Bomb."""
        self._left -= n
        if self._left < 0:
            raise _Bomb(f"more than {self._most:,} bytes came out of it: hardly text; unpack it yourself if it is")


class _Counted(io.RawIOBase):
    """The bytes of a member, counted."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self._file, self._budget = file, budget

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give some bytes; 0 at the end."""
        data = self._file.read(len(buffer))
        self._budget.take(len(data))
        buffer[:len(data)] = data
        return len(data)


def _say(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or "it does not say why"
