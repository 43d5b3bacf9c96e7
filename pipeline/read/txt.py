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
    from pipeline.read.encoded import describe_bytes

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
    said = describe_bytes(data, decoded, text, decoded.n_replaced + lone)
    own = make_id(entry.name, data)
    del data, decoded       # while the text is cleaned
    yield Record(own, entry.name, text, said, entry.name)
