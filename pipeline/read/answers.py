"""What a server sent, as it stands in an archive, where the library that reads archives cannot make it out.

Heads whose lines end in LF alone, an interim answer before the answer, a body that its own head says is compressed or in chunks
and that is not (whoever wrote the archive undid it and left the head as it was), deflate without its frame: servers and crawlers
write them all. Nothing is searched for twice, so it is linear in the length of the answer.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Answer", "read_answer"]

# The end of a head: an empty line. Linear: each byte is looked at once for each of the two.
_END = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n(?![ \t])")      # a line that begins with white space goes on with the one before
#: The size of a chunk: hexadecimal digits, then anything behind a semicolon. Bounded.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]{0,8}(?:;[^\r\n]{0,1000})?\r?\n")
_INTERIM = re.compile(rb"\s{0,8}HTTP/[0-9.]{1,3} 1[0-9][0-9]\b")


#: Interim answers that are passed over, and the answer: each costs a copy of what follows. Servers send one or two.
_MOST_HEADS = 8


class Answer(NamedTuple):
    """The status, 0 where none is said, the fields of the head in lower case, and the body as the server meant it."""

    status: int
    head: dict[str, str]
    body: bytes


def read_answer(data: bytes, most: int) -> Answer:
    """The answer that `data` is, with at most `most` bytes of its body. Raises ValueError for a body that breaks off.

    >>> read_answer(b"HTTP/1.1 200 OK\\nContent-Type: text/html\\nContent-Encoding: gzip\\n\\n<p>not compressed", 99).body
    b'<p>not compressed'
    """
    body = data.lstrip(b"\r\n")
    for _ in range(_MOST_HEADS):
        end = _END.search(body)
        head, body = (body[:end.start()], body[end.end():]) if end else (body, b"")
        if not _INTERIM.match(head):
            break
    first, *lines = _LINE.split(head)
    fields = dict(_split_field(line) for line in reversed(lines) if b":" in line)       # the first of two of one name counts
    said = re.match(rb"\S{1,16} {1,8}([0-9]{3})\b", first)
    if "chunked" in fields.get("transfer-encoding", "").lower():
        body = _join_chunks(body)
    for name in reversed(fields.get("content-encoding", "").lower().split(",")):
        if undo := _DECODERS.get(name.strip()):
            body = undo(body, most)
    return Answer(int(said[1]) if said else 0, fields, body[:most])


def _split_field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("utf-8", "replace").partition(":")
    return name.strip().lower(), " ".join(value.split())


def _join_chunks(body: bytes) -> bytes:
    """What is in the chunks; the body as it is where it has none."""
    if not (found := _CHUNK.match(body)) or not _is_chunk(body, found):
        return body
    parts = []
    while found and (size := int(found[1], 16)):
        part = body[found.end():found.end() + size]
        parts.append(part)
        if len(part) < size:
            break
        found = _CHUNK.match(body, _pass_break(body, found.end() + size))
    if not found or int(found[1], 16):
        raise ValueError("the chunks of its body end early")
    return b"".join(parts)


def _pass_break(body: bytes, at: int) -> int:
    return at + (2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at))


def _is_chunk(body: bytes, found: re.Match[bytes]) -> bool:
    """Whether what looks like the size of a chunk is one: a line break stands behind the chunk, or all of the rest is in it."""
    end = found.end() + int(found[1], 16)
    return end >= len(body) or body[end:end + 1] in (b"\r", b"\n") or end == found.end()


def _inflate(body: bytes, most: int, wbits: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    try:
        out = stream.decompress(body, most + 1)
    except zlib.error as error:
        raise ValueError(f"its body cannot be decompressed ({error})") from error
    if len(out) <= most and not stream.eof:
        raise ValueError("its compressed body ends early")
    return out


def _gunzip(body: bytes, most: int) -> bytes:
    return _inflate(body, most, 31) if body.startswith(b"\x1f\x8b") else body


def _inflate_any(body: bytes, most: int) -> bytes:
    """Deflate with its frame, as the standard has it, or without, as some servers send it; else the body as it is."""
    for wbits in (15, -15):
        try:
            return _inflate(body, most, wbits)
        except ValueError:
            continue
    return body


def _unzstd(body: bytes, most: int) -> bytes:
    if not body.startswith(b"\x28\xb5\x2f\xfd"):
        return body
    import zstandard

    try:
        return zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body).read(most + 1)
    except zstandard.ZstdError as error:
        raise ValueError(f"its body cannot be decompressed ({error})") from error


#: By the name that a head gives. Not brotli, which has no first bytes: a body that the library cannot decompress is as it is.
_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate_any, "zstd": _unzstd,
}
