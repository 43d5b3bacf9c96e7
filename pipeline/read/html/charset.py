"""The charset of a page: what the bytes say, with what the server and the page's own head declare as hints."""

from __future__ import annotations

import re

from pipeline.read.charset import Decoded, decode_bytes

__all__ = ["decode_page"]

#: A declaration stands in the first 1,024 bytes by the standard (HTML, 13.2.3.2); pages in the wild put it later.
HEAD_BYTES = 4096

# One class of characters after a fixed word: linear.
_DECLARED = re.compile(rb"charset\s{0,4}=\s{0,4}[\"']?([-\w]{2,40})", re.ASCII | re.IGNORECASE)


def decode_page(data: bytes, declared: str | None = None) -> Decoded:
    """Decode a page. Raises UndecodableError for bytes that are no text.

    >>> decode_page('<meta charset="gbk"><p>党建</p>'.encode("gbk")).encoding
    'gb18030'
    """
    found = _DECLARED.search(data, 0, HEAD_BYTES)
    own = found[1].decode("ascii") if found else None
    return decode_bytes(data, declared=own or declared)
