"""A text file: one document, in whatever charset its bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.read.inputs import Input, Span
from pipeline.record import Fault, Record, make_id, replace_surrogates

__all__ = ["read_text"]


def read_text(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """The one document of a text file, at byte 0, or what is wrong with it. A span that does not begin there holds none."""
    from pipeline.read.charset import decode_bytes

    if span is not None and span.start:
        return
    data = stream.read()
    if not data:
        yield Fault(entry.name, "empty-file", "the file holds no byte; remove it or fetch it again", raw=data)
        return
    try:
        decoded = decode_bytes(data)
    except UndecodableError as error:
        yield Fault(entry.name, "no-known-encoding", str(error), raw=data)
        return
    text, lone = replace_surrogates(decoded.text)
    said = _reading(decoded.encoding, decoded.n_replaced + lone)
    if decoded.n_lines:
        said["encoding_lines"] = ", ".join(f"{name} {n}" for name, n in decoded.n_lines.items())
    own = make_id(entry.name, data)
    del data, decoded       # while the text is cleaned
    yield Record(own, entry.name, text, said, entry.name)


def _reading(encoding: str, n_replaced: int) -> dict[str, str]:
    """What the audit says of the reading itself."""
    said = {} if encoding in ("utf-8", "ascii") else {"encoding": encoding}
    return said | ({"n_replaced": str(n_replaced)} if n_replaced else {})
