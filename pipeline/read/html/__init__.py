"""Pages of HTML: bytes to lines of blocks, with what the markup says of each line and of the page.

The markup is evidence, never a rule: nothing that a reader of the page could see is left out here, menus and footers
neither, nor what a script shows later (the captions of a gallery are hidden so: 4 % of the content lines of a crawl); what
goes is for the stages to decide, and stands in the audit. Scripts, styles and the choices of a form are no text. The lines
are the original that the audit refers to and `taosha restore` gives back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.read.html.bounds import bound_markup
from pipeline.read.html.charset import decode_page
from pipeline.read.html.lines import Marks, find_lines
from pipeline.read.html.metadata import read_metadata

__all__ = ["Marks", "Page", "read_page"]


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
    from selectolax.lexbor import LexborHTMLParser

    decoded = decode_page(data, declared)
    tree = LexborHTMLParser(bound_markup(decoded.text))
    lines, marks = find_lines(tree)
    metadata = read_metadata(tree, lines)
    title = metadata.get("title")
    if title and lines and not any(title in line for line in lines):      # a headline that is a picture, or only in <title>
        lines, marks = [title, *lines], marks.with_title()
    return Page("\n".join(lines), marks, metadata, decoded.encoding, decoded.n_replaced)
