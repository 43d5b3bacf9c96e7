"""Charsets of 7-bit bytes that shift by escapes, HZ and ISO-2022: escapes are their proof, so they have no part in a contest."""

from __future__ import annotations

import re

__all__ = ["decode_shifted"]

#: HZ shifts in and out of pairs of 7-bit bytes. No nesting and one class, so linear.
_HZ = re.compile(rb"~\{(?:[\x21-\x7e]{2})+~\}")
_ISO_2022 = re.compile(rb"\x1b\$[)]?[A-H@B]|\x1b\([BJI]")         # fixed length: linear


def decode_shifted(data: bytes) -> tuple[str, str] | None:
    """Text and codec. None where there are no escapes, or where the bytes do not decode.

    >>> decode_shifted("淘沙".encode("hz"))
    ('淘沙', 'hz')
    """
    if not data.isascii():
        return None
    try:
        if _HZ.search(data):
            return data.decode("hz"), "hz"
        if b"\x1b" in data and _ISO_2022.search(data):
            if b"\x1b$)A" in data:
                return _decode_iso_2022_cn(data), "iso-2022-cn"
            encoding = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_2"
            return data.decode(encoding), encoding
    except UnicodeDecodeError:
        pass
    return None


def _decode_iso_2022_cn(data: bytes) -> str:
    """ISO-2022-CN as far as its GB 2312 plane (RFC 1922): SO and SI shift between pairs and ASCII."""
    pieces, plain = [], True
    for piece in re.split(rb"([\x0e\x0f])", data.replace(b"\x1b$)A", b"")):
        if piece in (b"\x0e", b"\x0f"):
            plain = piece == b"\x0f"
            continue
        for line in re.split(rb"(\n)", piece):      # a line end shifts back to ASCII
            plain = plain or line == b"\n"
            pieces.append(line.decode("ascii") if plain else bytes(b | 0x80 for b in line).decode("gb2312"))
    return "".join(pieces)
