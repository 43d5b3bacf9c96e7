"""What a server sent, as it stands in an archive: the status and the fields of its head, and the body as it was meant.

All is read here, from the bytes of the record, for a library that reads answers knows those that are as the standard has them, and
says nothing of others or gives them up. Servers and crawlers write them all: heads whose lines end in LF alone, an interim answer
before the answer, a body that its own head says is compressed or in chunks and that is not (whoever wrote the archive undid it and
left the head as it was), deflate without its frame. A body that breaks off is an error. Nothing is searched for twice: linear.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

from pipeline.read.compressed import CompressionError, open_compressed
from pipeline.read.damage import check_damage

__all__ = ["Answer", "decode_body", "gunzip", "split_answer"]

# The end of a head: an empty line. Linear: each byte is looked at once for each of the two.
_END = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n(?![ \t])")      # a line that begins with white space goes on with the one before
#: How a head begins: with the version, or with a field where the status line is gone. Bounded.
_BEGIN = re.compile(rb"\s{0,8}(?:HTTP/|[A-Za-z][A-Za-z0-9-]{1,40}:[ \t])", re.I)
_STATUS = re.compile(rb"\s{0,8}\S{1,16} {1,8}([0-9]{3})\b")
_INTERIM = re.compile(rb"\s{0,8}HTTP/[0-9.]{1,3} 1[0-9][0-9]\b")
#: The size of a chunk: hexadecimal digits, then anything behind a semicolon. Bounded.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]{0,8}(?:;[^\r\n]{0,1000})?\r?\n")
#: What may stand behind the last chunk: fields, and empty lines. Each line ends once: linear.
_TRAILERS = re.compile(rb"(?:[^\r\n:]{1,100}:[^\r\n]{0,8000}\r?\n|\r?\n){0,100}")

#: Interim answers that are passed over, and the answer: each costs a copy of what follows. Servers send one or two.
_MOST_HEADS = 8
#: Bytes of a head. Servers take and give 8 to 64 KB.
_MOST_OF_HEAD = 1 << 20
#: Names of encodings that are undone, each of which costs a copy of the body. More than two are not met.
_MOST_ENCODINGS = 4


class Answer(NamedTuple):
    """The status, 0 where none is said, the fields of the head in lower case, and the body as it was sent."""

    status: int
    head: dict[str, str]
    sent: bytes


def split_answer(data: bytes) -> Answer:
    """The head of an answer, and its body. What begins as no head does is a body alone. Raises ValueError for a head without end.

    >>> split_answer(b"HTTP/1.1 200 OK\\nContent-Encoding: gzip\\n\\n<p>not compressed")
    Answer(status=200, head={'content-encoding': 'gzip'}, sent=b'<p>not compressed')
    """
    sent = data.lstrip(b"\r\n")
    head = b""
    for _ in range(_MOST_HEADS):
        if not _BEGIN.match(sent) and not b"HTTP/".startswith(sent[:5]):      # cut off within that word it is a head too
            break
        end = _END.search(sent, 0, _MOST_OF_HEAD)
        if end is None and len(sent) > _MOST_OF_HEAD:
            raise ValueError("its head has no end")
        head, sent = (sent[:end.start()], sent[end.end():]) if end else (sent, b"")
        if not _INTERIM.match(head):
            break
    first, *lines = _LINE.split(head)
    if not _STATUS.match(first) and b":" in first:
        lines = [first, *lines]
    fields = dict(_split_field(line) for line in reversed(lines) if b":" in line)       # the first of two of one name counts
    said = _STATUS.match(first)
    return Answer(int(said[1]) if said else 0, fields, sent)


def decode_body(answer: Answer, most: int) -> bytes:
    """The body as the server meant it, at most `most` bytes of it. Raises ValueError for one that breaks off or is damaged.

    >>> decode_body(Answer(200, {"content-encoding": "gzip"}, b"<p>not compressed"), 99)
    b'<p>not compressed'
    """
    body = answer.sent
    if "chunked" in answer.head.get("transfer-encoding", "").lower():
        body = _join_chunks(body)
    names = answer.head.get("content-encoding", "").lower().split(",")
    if len(names) > _MOST_ENCODINGS:
        raise ValueError(f"its head says that it is compressed {len(names):,} times")
    for name in reversed(names):
        if undo := _DECODERS.get(name.strip()):
            body = undo(body, most)
    return body[:most]


def _split_field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("utf-8", "replace").partition(":")
    return name.strip().lower(), " ".join(value.split())


def _join_chunks(body: bytes) -> bytes:
    """What is in the chunks; the body as it is where it has none. The last, empty one may be missing: many servers hang up."""
    found = _CHUNK.match(body)
    if not found or not _is_chunk(body, found):
        return body
    parts, at = [], 0
    while found and (size := int(found[1], 16)):
        part = body[found.end():found.end() + size]
        parts.append(part)
        at = _pass_break(body, found.end() + size)
        if len(part) < size:
            break
        found = _CHUNK.match(body, at)
    if at > len(body) or (at < len(body) and not found):
        raise ValueError("the chunks of its body end early")
    return b"".join(parts)


def _pass_break(body: bytes, at: int) -> int:
    return at + (2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at))


def _is_chunk(body: bytes, found: re.Match[bytes]) -> bool:
    """Whether what looks like the size of a chunk is one: a line break stands behind the chunk, or all of the rest is in it."""
    end = found.end() + int(found[1], 16)
    if end == found.end():
        trailers = _TRAILERS.match(body, end)
        return trailers is not None and trailers.end() == len(body)
    return end >= len(body) or body[end:end + 1] in (b"\r", b"\n")


def _decompress(name: str, magic: bytes, body: bytes, most: int) -> bytes:
    """All streams of a body; the body as it is where none begins it. What stands behind them is left."""
    if not body.startswith(magic):
        return body
    stream = open_compressed(io.BytesIO(body), name)
    try:
        out = stream.read(most)
        if len(out) < most:
            stream.read(1)      # damage is told to who asks again
    except CompressionError as error:
        raise ValueError(f"its body cannot be decompressed: {error}") from error
    return out


def gunzip(body: bytes, most: int) -> bytes:
    """What gzip holds, at most `most` bytes of it; the body as it is where it is none. Raises ValueError as `decode_body`."""
    return _decompress("gzip", b"\x1f\x8b\x08", body, most)


def _unzstd(body: bytes, most: int) -> bytes:
    return _decompress("zstd", b"\x28\xb5\x2f\xfd", body, most)


def _inflate(body: bytes, most: int) -> bytes:
    """Deflate with its frame, as the standard has it, or without, as some servers send it; else the body as it is.

    An ideographic space in UTF-8 begins a stream without a frame that is whole after eight bytes: so one must be all there is.
    """
    if body.startswith(b"\x1f\x8b\x08"):
        return gunzip(body, most)
    framed = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
    stream, out = zlib.decompressobj(15 if framed else -15), b""
    try:
        out = stream.decompress(body, most)
        if len(out) < most and not stream.eof:
            raise ValueError("its body cannot be decompressed: it ends early")
    except (zlib.error, ValueError) as error:
        check_damage(error)
        if not framed or not (out or _gives_some(body)):
            return body
        raise ValueError(f"its body cannot be decompressed: {error}") from error
    return body if not framed and stream.unused_data else out


def _gives_some(body: bytes) -> bool:
    """Whether a stream that fails later gives something before: then it is one."""
    stream = zlib.decompressobj()
    try:
        for at in range(0, min(len(body), 1 << 12), 64):
            if stream.decompress(body[at:at + 64], 1):
                return True
    except zlib.error as error:
        check_damage(error)
    return False


def _unbrotli(body: bytes, most: int) -> bytes:
    """Brotli has no first bytes: what is no stream of it is as it is, and so is a text that begins like one."""
    import brotli

    from pipeline.errors import UndecodableError
    from pipeline.read.charset import decode_bytes

    stream = brotli.Decompressor()
    try:
        out: bytes = stream.process(body, output_buffer_limit=most)
    except brotli.error:
        return body
    if stream.is_finished() or len(out) >= most:
        return out
    try:
        decode_bytes(body)
    except UndecodableError:
        raise ValueError("its body cannot be decompressed: it ends early") from None
    return body


#: By the name that a head gives.
_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": gunzip, "x-gzip": gunzip, "deflate": _inflate, "zstd": _unzstd, "br": _unbrotli,
}
