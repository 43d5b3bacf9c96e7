"""Bytes to text: the charset is what the bytes say it is; a declared one is a hint, not a proof, and so is a byte order mark.

The order: bytes that are no text (`read.binary`), a byte order mark that holds, escapes (`read.shifted`), then strict UTF-8, which
costs nothing and is never right by accident in Chinese, then a contest (`read.contest`) of the charsets of the table
`read.charsets.CHARSETS`, and in a Chinese file one of each line that is not like the others (`read.mixed`). Bytes that are no text
raise UndecodableError.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pipeline.errors import UndecodableError, UsageError
from pipeline.read.binary import find_kind, is_garbled
from pipeline.read.charsets import CHINESE, MARKS, find_codec, to_text
from pipeline.read.contest import BELIEVABLE, MAX_BAD, SHORT, WINDOW, contest, count_nats, is_full_of_controls, read_each, read_sure
from pipeline.read.mixed import count_bad, decode_mixed
from pipeline.read.shifted import decode_shifted
from pipeline.wording import describe

__all__ = ["Decoded", "decode", "decode_bytes"]


class Decoded(NamedTuple):
    """Text, the codec that gave it, and how many characters of it are U+FFFD for want of a better one.

    Where lines are in several charsets, `encoding` is that of most lines, and `n_lines` says how many are in each (a line of
    ASCII is in none). `big5-uao` is the one codec that Python does not have.
    """

    text: str
    encoding: str
    n_replaced: int
    n_lines: Mapping[str, int] = MappingProxyType({})


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str]:
    """The text of some bytes, and the codec that gave it. Raises UndecodableError for what is no text.

    >>> decode("沙里淘金".encode("gbk"), declared="utf-8")
    ('沙里淘金', 'gb18030')
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise UsageError(f"bytes are decoded, and this is {describe(data)}")
    if not isinstance(declared, str | None):
        raise UsageError(f"a declared charset is a name, and this is {describe(declared)}")
    return decode_bytes(bytes(data), declared=declared)[:2]


def decode_bytes(data: bytes, *, declared: str | None = None) -> Decoded:
    """The same with the number of characters that became U+FFFD because their bytes are bad. A byte order mark is not text."""
    if kind := find_kind(data):
        raise UndecodableError(f"these bytes are {kind}, not text: convert them first")
    hint = find_codec(declared)
    for mark, encoding in MARKS:
        if data.startswith(mark):
            data, hint = data[len(mark):], encoding
            if (holds := _try_mark(data, encoding)) and not is_garbled(holds.text):
                return holds
            break
    escaped = _try_escapes(data)
    as_is = None if escaped else _try_utf8(data)
    decoded = escaped or as_is or _decode_by_contest(data, hint)
    if kind := is_garbled(decoded.text, data if as_is else None):
        raise UndecodableError(f"these bytes are {kind}, not text: convert them first")
    return decoded


def _try_mark(data: bytes, encoding: str) -> Decoded | None:
    """The text if a byte order mark tells the truth: it decodes without a fault, and no other charset makes better text of it."""
    try:
        text = to_text(data, encoding)
    except UnicodeDecodeError:
        return None
    if encoding != "utf-8" and text and count_nats(text[:WINDOW], encoding) > BELIEVABLE * len(text[:WINDOW]):
        best = min(read_each(data[:WINDOW], encoding), default=None)
        if best is not None and best.encoding != encoding and best.per_char <= BELIEVABLE:
            return None
    return Decoded(text, encoding, 0)


def _try_escapes(data: bytes) -> Decoded | None:
    shifted = decode_shifted(data)
    return Decoded(*shifted, 0) if shifted else None


def _try_utf8(data: bytes) -> Decoded | None:
    """UTF-8 without a fault, of enough bytes to be no accident."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    sure = len(data) >= SHORT or len(text) == len(data)
    return Decoded(text, "utf-8", 0) if sure and not is_full_of_controls(data) else None


def _decode_by_contest(data: bytes, hint: str | None) -> Decoded:
    """Decode with the charset that wins, or each line with its own. Raises UndecodableError where too much is bad."""
    window = data[:WINDOW]
    sure = read_sure(window)
    best = "gb18030" if sure else contest(window, hint)
    if best in CHINESE:
        text, bad, n_lines = decode_mixed(data, best, sure if len(data) < WINDOW else None)
        best = max(n_lines, key=lambda name: n_lines[name])
    else:
        text, n_lines = to_text(data, best, "replace"), {}
        bad = count_bad(data, best, text)
    if bad > MAX_BAD * len(text) + 1:
        raise UndecodableError(f"{bad} of {len(text)} characters are bad in {best}, the best charset found: probably no text")
    if best.startswith(("utf-16", "utf-32")):
        text = text.removeprefix("\ufeff")
    used = {name: n for name, n in n_lines.items() if n}
    return Decoded(text, best, bad, used if len(used) > 1 else {})
