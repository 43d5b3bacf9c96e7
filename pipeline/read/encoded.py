"""Text back to the bytes of its file: what is to be said of a reading so that they can be made again, and how they are.

Of UTF-8 without a byte order mark and without a fault nothing is said: its bytes are those of the text. Of any other file the
metadata name `encoding` and `byte_order_mark`, and what encoding the text gives is held against the file. Where they differ (a
bad byte that became U+FFFD, lines in another charset, a code that has a twin) `file_bytes` says what stood there instead.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from pipeline.read.charset import Decoded
from pipeline.read.charsets import find_charset, find_mark, to_bytes
from pipeline.read.decoded import describe_reading

__all__ = ["OF_THE_FILE", "REVEALING", "describe_bytes", "make_bytes"]

#: Of the metadata: what is said of a file whose text is the whole of it, and what of that tells what the text was: not for people.
OF_THE_FILE = frozenset({"encodes_back", "file_bytes", "file_sha256"})
REVEALING = ("file_bytes", "file_sha256")
#: Bytes that are told at most. By judgement: a page of a crawl that is in two charsets, or a file with a thousand bad bytes, has
#: fewer; what has more is damaged throughout, and its bytes would stand in every row of it.
MOST_BYTES = 1 << 16

_Instead = tuple[int, int, bytes]       # at so many bytes of the text as encoded so many go, and these stand there


def describe_bytes(data: bytes, decoded: Decoded, text: str, bad: int) -> dict[str, str]:
    """What the metadata say of the bytes of a file that was read as `text`, in which `bad` characters could not be read.

    >>> describe_bytes(b"ab", Decoded("ab", "ascii", 0), "ab", 0)
    {}
    >>> describe_bytes(b"ab\\xe6", Decoded("ab\\ufffd", "utf-8", 1), "ab\\ufffd", 1)["file_bytes"]
    '2+3=5g=='
    """
    said = describe_reading(decoded.encoding, bad)
    if decoded.n_lines:
        said["encoding_lines"] = ", ".join(f"{name} {n}" for name, n in decoded.n_lines.items())
    mark, marked = find_mark(data)
    if marked:
        said["byte_order_mark"] = marked
    if not said:
        return said
    instead = _find_instead(data, mark, text, decoded.encoding)
    if instead:
        said["file_bytes"] = ", ".join(f"{at}+{n}={b64encode(raw).decode()}" for at, n, raw in instead)
    return said | {"encodes_back": "no" if instead is None else "yes", "file_sha256": sha256(data).hexdigest()}


def make_bytes(text: str, said: Mapping[str, str]) -> bytes:
    """The bytes of the file that a text was read from, by what is said of it; its UTF-8 where they cannot be had, or are that.

    Raises ValueError where they are not what they were.
    """
    if said.get("encodes_back") != "yes":
        return text.encode()
    encoding, marked = said.get("encoding", "utf-8"), said.get("byte_order_mark")
    try:
        made, pieces, done = to_bytes(text, encoding, "replace"), [find_charset(marked).mark if marked else b""], 0
        for at, n, raw in _read_instead(said.get("file_bytes", "")):
            pieces += (made[done:at], raw)
            done = at + n
        data = b"".join([*pieces, made[done:]])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"what is said of them is damaged ({error})") from None
    if sha256(data).hexdigest() != said.get("file_sha256"):
        raise ValueError(f"the audit was changed, or this Python writes {encoding} in another way")
    return data


def _find_instead(data: bytes, mark: bytes, text: str, encoding: str) -> list[_Instead] | None:
    """What the text as encoded is not as it was; None where that is too much, or nothing writes this encoding."""
    try:
        made = to_bytes(text, encoding, "replace")
    except LookupError:     # ISO-2022-CN
        return None
    found: list[_Instead] = []
    size = 0
    for (a, b), (c, d) in _pair_lines(data, len(mark), made):
        if data[a:b] != made[c:d]:
            found.append(_trim(data[a:b], made[c:d], c))
            size += len(found[-1][2]) + 8
            if size > MOST_BYTES:
                return None
    return found


def _pair_lines(data: bytes, start: int, made: bytes) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the lines of both are that stand side by side, each with its line feed; all of them at once where one has more."""
    a = c = 0
    if data == made:
        return
    if data.count(b"\n", start) == made.count(b"\n"):
        a, c = start, 0
        while (b := data.find(b"\n", a) + 1) and (d := made.find(b"\n", c) + 1):
            yield (a, b), (c, d)
            a, c = b, d
    yield (max(a, start), len(data)), (c, len(made))


def _trim(data: bytes, made: bytes, at: int) -> _Instead:
    """What stands in `made`, which begins `at`, in place of `data`, but for what both begin and end with."""
    n = min(len(data), len(made))
    x, y = np.frombuffer(data, np.uint8), np.frombuffer(made, np.uint8)
    first = _count_same(x[:n], y[:n])
    last = _count_same(x[len(x) - n + first:][::-1], y[len(y) - n + first:][::-1])
    return at + first, len(made) - first - last, data[first:len(data) - last]


def _count_same(x: NDArray[np.uint8], y: NDArray[np.uint8]) -> int:
    """How many members two arrays of one length begin with that are the same."""
    differ = x != y
    return int(differ.argmax()) if differ.any() else len(x)


def _read_instead(said: str) -> Iterator[_Instead]:
    """What `file_bytes` says. Raises ValueError."""
    done = 0
    for part in said.split(", ") if said else ():
        place, _, raw = part.partition("=")
        at, n = map(int, place.split("+"))
        if at < done or n < 0:
            raise ValueError("places in file_bytes are out of order")
        done = at + n
        yield at, n, b64decode(raw, validate=True)
