"""Pages of HTML: bytes to lines of blocks, with what the markup says of each line and of the page.

The markup is evidence, never a rule: nothing that a reader of the page could see is left out here, menus and footers
neither, nor what a script shows later (the captions of a gallery are hidden so: 4 % of the content lines of a crawl); what
goes is for the stages to decide, and stands in the audit. Scripts, styles and the choices of a form are no text. The lines
are the original that the audit refers to and `taosha restore` gives back.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from pipeline.errors import UndecodableError
from pipeline.marks import Marks
from pipeline.read.decoded import describe_reading
from pipeline.read.html.bounds import bound_markup
from pipeline.read.html.charset import decode_page
from pipeline.read.html.lines import find_lines
from pipeline.read.html.metadata import read_metadata
from pipeline.read.inputs import Input, Span
from pipeline.record import Fault, Record, make_id, replace_surrogates

__all__ = ["Page", "as_record", "looks_like_page", "read_html", "read_page", "read_text"]

# A tag that opens a page, or its doctype, behind white space and a byte order mark; bounded: linear.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,500}(?:<!--(?:[^-]|-(?!->)){0,2000}-->\s{0,200}){0,3}<(?:!doctype\s{1,9}html|html|head|body)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as text, one block a line, with the marks of each line, and what the page says of itself."""

    text: str
    marks: Marks
    metadata: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    n_replaced: int = 0


def read_page(data: bytes, *, declared: str | None = None) -> Page:
    """A page from its bytes. `declared` is the charset that the server named: a hint, as the page's own is.

    Raises UndecodableError where the bytes are no text.

    >>> page = read_page("<title>题 - 站</title><nav><a href=/>首页</a></nav><h1>题</h1><p>汉<ruby>字<rt>zì</rt></ruby>".encode())
    >>> page.text.split("\\n"), page.metadata["title"]
    (['首页', '题', '汉字(zì)'], '题')
    """
    decoded = decode_page(data, declared)
    as_is = decoded.encoding == "utf-8" and not decoded.n_replaced and not decoded.n_lines
    page = read_text(decoded.text, data.removeprefix(BOM_UTF8) if as_is else None)
    return replace(page, encoding=decoded.encoding, n_replaced=decoded.n_replaced)


def read_text(html: str, data: bytes | None = None) -> Page:
    """A page from markup that is decoded already; `data` is the markup in UTF-8, where it is known."""
    from selectolax.lexbor import LexborHTMLParser

    markup = (LexborHTMLParser(bound_markup(html, data)).html or "").encode()
    lines, marks, says = find_lines(markup)
    metadata = read_metadata(markup, says, lines)
    title = metadata.get("title")
    text = "\n".join(lines)
    if title and lines and title not in text:       # a headline that is a picture, or only in <title>
        text, marks = f"{title}\n{text}", marks.with_title()
    return Page(text, marks, metadata)


def looks_like_page(data: bytes) -> bool:
    """Whether bytes begin as a page does."""
    return _PAGE.match(data[:8192]) is not None


def as_record(name: str, source: str, data: bytes, *, declared: str | None = None, place: int = 0, said: dict[str, str]) -> Record:
    """The record of a page that stands at `place` of the input `name`. Raises UndecodableError for bytes that are no text."""
    page = read_page(data, declared=declared)
    text, lone = replace_surrogates(page.text)
    metadata = said | page.metadata | describe_reading(page.encoding, page.n_replaced + lone)
    return Record(make_id(source, data), source, text, metadata, name, place, marks=page.marks)


def read_html(entry: Input, stream: IO[bytes], span: Span | None) -> Iterator[Record | Fault]:
    """The one page of a file, at byte 0, or what is wrong with it."""
    if span is not None and span.start:
        return
    data = stream.read()
    if not data.strip():
        yield Fault(entry.name, "empty-file", "the file holds nothing but white space; remove it or fetch it again", raw=data)
        return
    try:
        record = as_record(entry.name, entry.name, data, said={})
    except UndecodableError as error:
        yield Fault(entry.name, "no-known-encoding", str(error), raw=data)
        return
    del data        # while the text is cleaned
    yield record
