"""JSON lines as this package writes them: UTF-8, LF, and no other line break that a naive reader could split at."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["dump_line", "escape_breaks"]


def dump_line(row: dict[str, Any]) -> bytes:
    """One JSON line, LF included, with U+2028, U+2029 and U+0085 escaped so that naive line readers survive."""
    return escape_breaks(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def escape_breaks(data: bytes) -> bytes:
    """Escape the line breaks that JSON does not know, in JSON bytes."""
    if b"\xc2\x85" in data:
        data = data.replace(b"\xc2\x85", b"\\u0085")
    if b"\xe2\x80\xa8" in data or b"\xe2\x80\xa9" in data:
        data = data.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return data
