"""The tree of a page to lines: one block a line, in the order of the source, each with what the markup says of it.

White space is folded as a browser folds it, and a line break of the source between two hanzi is none (CSS Text 3, 4.1.3).
The cells of one row of a table of data are one line; a table that only lays the page out is as many lines as its cells have.
A reading in `<rt>` becomes a bracket after its base. The tree is walked with a list, not by recursion: pages may be nested
100,000 deep.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline.marks import Kind, Marks, Region
from pipeline.read.html.tags import BLOCKS, HIDDEN_STYLE, KINDS, REGIONS, ROLES, SKIPPED, TOKENS

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["find_lines"]

#: Token bits of one element, and the mask of the three nearest, packed into one integer.
TOKEN_BITS = 20
NEAREST = (1 << 3 * TOKEN_BITS) - 1

#: Characters that draw a menu and say nothing, and the mark of a gap between two links that touch.
_DRAWN = " \t\n\r\f|·•>»/-—、"
_CODE, _HEADING, _ROW = Kind.CODE.value, Kind.HEADING.value, Kind.ROW.value
_GAP = "\x00"

# Character classes without overlap, each repeated once: linear.
_SPACES = re.compile(r"[ \t\n\r\f]+")
_HAN_BREAK = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*[\n\r][ \t\n\r]*(?=[\u2e80-\u9fff\uff00-\uffef])")
_TOKEN = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+(?![a-z])")
_BLOCK_INSIDE = "table,p,div,br,ul,ol,dl,h1,h2,h3,h4,h5,h6,pre,form,section,article,hr"


class _Around(NamedTuple):
    """What the elements around a piece of text say."""

    kind: int = 0
    level: int = 0
    region: int = 0
    token: int = 0
    link: bool = False
    pre: bool = False
    row: bool = False       # inside a row of data: blocks are cells, kept on one line
    depth: int = 0


class _Writer:
    """Collects pieces of text into lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self._pieces: list[str] = []
        self._around = _Around()
        self._linked = self._plain = 0      # characters in links, and outside them

    def add(self, text: str, around: _Around) -> None:
        """Add text to the line that is open."""
        bare = text.strip(_DRAWN)
        if not bare:
            if self._pieces or around.pre or not text.isspace():
                self._around = self._around if self._pieces else around
                self._pieces.append(text)
            return
        if not self._linked and not self._plain:
            self._around = around
        if around.link:
            if self._linked and not self._plain and not self._pieces[-1][-1:].isspace():
                self._pieces.append(_GAP)
            self._linked += len(bare)
        else:
            self._plain += len(bare)
        self._pieces.append(text)

    def end(self) -> None:
        """End the line, if it holds anything."""
        pieces, around, linked, plain = self._pieces, self._around, self._linked, self._plain
        if not pieces:
            return
        self._pieces, self._linked, self._plain = [], 0, 0
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if _GAP in text:        # a row of links and nothing else is a menu, drawn with gaps; in a sentence links stand as they are
            text = text.replace(_GAP, "" if plain else " ")
        share = 255 * linked // (linked + plain) if linked else 0
        if around.pre:
            for line in text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n"):
                self._put(line.rstrip(), share, around)
            return
        if "\n" in text or "\r" in text:
            text = _HAN_BREAK.sub("", text)
        text = " ".join(text.split(None)) if text.isascii() else _SPACES.sub(" ", text).strip()
        if text:
            self._put(text, share, around)

    def _put(self, line: str, share: int, around: _Around) -> None:
        if not line and not self.lines:
            return
        token = around.token
        token = (token | token >> TOKEN_BITS | token >> 2 * TOKEN_BITS) & (1 << TOKEN_BITS) - 1
        self.lines.append(line)
        self.rows.append((around.kind, around.level, around.region, token, share, min(around.depth, 255)))


def find_lines(tree: LexborHTMLParser) -> tuple[list[str], Marks]:
    """The lines of a page and their marks."""
    writer = _walk(tree)
    while writer.lines and not writer.lines[-1]:
        writer.lines.pop()
        writer.rows.pop()
    return writer.lines, Marks.of(writer.rows)


def _walk(tree: LexborHTMLParser) -> _Writer:
    writer = _Writer()
    node = tree.root
    if node is None:
        return writer
    arounds: list[tuple[_Around, bool, str]] = []      # of the open elements: what is around, is it a block, what follows
    around = _Around()
    current: LexborNode | None = node
    while current is not None:
        child = None
        if current.is_text_node:
            text = current.text_content
            if text:
                writer.add(text, around)
        elif (tag := current.tag or "") in SKIPPED:
            pass
        elif tag == "br":
            writer.add("\n", around) if around.pre else writer.end()
        elif tag == "wbr":
            pass
        else:
            inside = _enter(current, tag, around)
            block = tag in BLOCKS and not around.row
            if block:
                writer.end()
            elif around.row and tag in ("td", "th"):
                writer.add(" ", around)
            if tag == "rt":
                writer.add("(", around)
            child = current.first_child
            if child is not None:
                arounds.append((around, block, ")" if tag == "rt" else ""))
                around = inside
            elif tag == "rt":
                writer.add(")", around)
        if child is not None:
            current = child
            continue
        while (following := current.next) is None and arounds and (above := current.parent) is not None:
            around, block, close = arounds.pop()
            if close:
                writer.add(close, around)
            if block:
                writer.end()
            current = above
        current = following
    writer.end()
    return writer


def _enter(node: LexborNode, tag: str, around: _Around) -> _Around:
    """What is around the inside of an element."""
    kind, level, region, token, link, pre, row, depth = around
    attributes = node.attributes
    if attributes:
        if _is_hidden(attributes):
            region |= Region.HIDDEN.value
        name = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if len(name) > 1 and (bits := _token_bits(name)):
            token = (token << TOKEN_BITS | bits) & NEAREST
        if role := attributes.get("role"):
            region |= ROLES.get(role, 0)
    region |= REGIONS.get(tag, 0)
    if tag == "a":
        link = True
    elif tag == "tr":
        row = row or node.css_first(_BLOCK_INSIDE) is None
        kind = _ROW if row else kind
    elif tag in KINDS and not row:
        kind = KINDS[tag]
        level = int(tag[1]) if kind == _HEADING and tag[0] == "h" else 0
        pre = pre or kind == _CODE
    return _Around(kind, level, region, token, link, pre, row, depth + 1)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    style = style.replace(" ", "").lower()
    return any(s in style for s in HIDDEN_STYLE)


@lru_cache(1 << 14)
def _token_bits(name: str) -> int:
    bits = 0
    for word in _TOKEN.findall(name[:400]):
        bits |= TOKENS.get(word.lower(), 0)
    return bits
