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
TOKEN_BITS = 21
NEAREST = (1 << 3 * TOKEN_BITS) - 1
#: More than elements are ever open at once (`bounds.DEPTH`).
DEEPEST = 1 << 16

#: Characters that draw a menu and say nothing, and the mark of a gap between two links that touch.
_DRAWN = " \t\n\r\f|·•>»/-—、"
_CODE, _HEADING, _ROW = Kind.CODE.value, Kind.HEADING.value, Kind.ROW.value
_GAP = "\x00"

# Character classes without overlap, each repeated once: linear.
_SPACES = re.compile(r"[ \t\n\r\f]+")
_HAN_BREAK = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*[\n\r][ \t\n\r]*(?=[\u2e80-\u9fff\uff00-\uffef])")
_HAN = re.compile("[\u4e00-\u9fff]")       # one class
#: Opens and closes a block of code for whoever reads the lines: its white space stays then.
_FENCE = "```"
#: Words of class that say that an element holds code: those of the highlighters in use. Literals: linear.
_CODE_CLASS = re.compile(r"highlight|hljs|prettyprint|brush|syntaxhighlighter|source-?code|codehilite", re.I)
#: What an item of a list begins with that has its number in its text; bounded: linear.
_NUMBERED = re.compile(
    r"[(（【\[]?\s{0,2}(?:第?[0-9０-９一二三四五六七八九十]{1,4}|[a-zA-Z])\s{0,2}[.．、)）】\]:：章节条步,，]|[①-⓿❶-➓]"
)
_TOKEN = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+(?![a-z])")
#: Of 255: an item that is a link has no number, for most are menus and lists of other pages.
_MOST_LINKED = 128
_FURNITURE = Region.NAV.value | Region.HEADER.value | Region.FOOTER.value | Region.ASIDE.value | Region.FORM.value
_LISTS = frozenset(("ol", "ul", "dl", "menu", "dir"))
_CODE_BLOCKS = frozenset(("pre", "code", "div", "figure"))
_BLOCK_INSIDE = "table,p,div,br,ul,ol,dl,h1,h2,h3,h4,h5,h6,pre,form,section,article,hr"


class _Items:
    """The numbers of the items of a list."""

    def __init__(self, node: LexborNode) -> None:
        own = node.attributes
        self._step = -1 if "reversed" in own else 1
        first = len([n for n in node.iter() if n.tag == "li"]) if self._step < 0 else 1
        self._next, self._kind = _whole(own.get("start"), first), own.get("type") or "1"

    def name(self, node: LexborNode) -> str:
        """What stands before an item: `3. `, or `c. ` where letters were asked for."""
        number = _whole(node.attributes.get("value"), self._next)
        self._next = number + self._step
        if self._kind in ("a", "A") and 0 < number <= 26:
            return f"{chr(ord(self._kind) + number - 1)}. "
        return f"{number}. "


def _whole(text: str | None, other: int) -> int:
    """A number as attributes have it, of at most nine digits."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 10 else other


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
    code: bool = False      # inside an element that holds code, by its name or class
    items: _Items | None = None     # of the numbered list that is next above


class _Writer:
    """Collects pieces of text into lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.rows: list[tuple[int, ...]] = []
        self.shallow = 0                    # fewest elements that were open at once since the line that is open began
        self._shared = 0                    # … between the beginning of the last line and of this one
        self._pieces: list[str] = []
        self._around = _Around()
        self._linked = self._plain = 0      # characters in links, and outside them
        self._item = ""                     # what stands before the item of a list that has begun

    def add(self, text: str, around: _Around) -> None:
        """Add text to the line that is open."""
        bare = text.strip(_DRAWN)
        if not bare:
            if self._pieces or around.pre or not text.isspace():
                if not self._pieces:
                    self._begin(around)
                self._pieces.append(text)
            return
        if not self._linked and not self._plain:
            self._begin(around)
        if around.link:
            if self._linked and not self._plain and not self._pieces[-1][-1:].isspace():
                self._pieces.append(_GAP)
            self._linked += len(bare)
        else:
            self._plain += len(bare)
        self._pieces.append(text)

    def _begin(self, around: _Around) -> None:
        """A line begins here."""
        self._around = around
        self._shared = min(self._shared, self.shallow, around.depth)
        self.shallow = around.depth

    def begin_item(self, name: str) -> None:
        """An item of a list begins: the name is put before its first line, unless that is a link or has a number of its own."""
        self._item = name

    def end_item(self) -> None:
        """The item is over."""
        self._item = ""

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
            own = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")]
            fence = [_FENCE] if len(own) > 1 and _is_code(own, around) and not any("```" in line for line in own) else []
            for line in fence + own + fence:
                self._put(line, share, around)
            return
        if "\n" in text or "\r" in text:
            text = _HAN_BREAK.sub("", text)
        text = " ".join(text.split(None)) if text.isascii() else _SPACES.sub(" ", text).strip()
        if text:
            if self._item:
                if share < _MOST_LINKED and not around.region & _FURNITURE and not _NUMBERED.match(text):
                    text = self._item + text
                self._item = ""
            self._put(text, share, around)

    def _put(self, line: str, share: int, around: _Around) -> None:
        if not line and not self.lines:
            return
        token = around.token
        token = (token | token >> TOKEN_BITS | token >> 2 * TOKEN_BITS) & (1 << TOKEN_BITS) - 1
        self.lines.append(line)
        depth, shared, self._shared = around.depth, min(self._shared, around.depth), DEEPEST
        self.rows.append((around.kind, around.level, around.region, token, share, min(depth, 255), min(shared, 255)))


def _is_code(lines: list[str], around: _Around) -> bool:
    """Whether the lines of a `<pre>` are code, not prose: it says so, or they are indented and hold little Chinese."""
    if around.code:
        return True
    text = "".join(lines)
    indented = sum(line[:1] in (" ", "\t") for line in lines)
    return indented > 1 and len(_HAN.findall(text)) * 4 < len(text)


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
                if tag == "li":
                    writer.begin_item(around.items.name(current) if around.items is not None else "")
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
            if around.depth < writer.shallow:
                writer.shallow = around.depth
            if close:
                writer.add(close, around)
            if block:
                writer.end()
                if above.tag == "li":
                    writer.end_item()
            current = above
        current = following
    writer.end()
    return writer


def _enter(node: LexborNode, tag: str, around: _Around) -> _Around:
    """What is around the inside of an element."""
    kind, level, region, token, link, pre, row, depth, code, items = around
    attributes = node.attributes
    if attributes:
        if _is_hidden(attributes):
            region |= Region.HIDDEN.value
        name = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if len(name) > 1 and (bits := _token_bits(name)):
            token = (token << TOKEN_BITS | bits) & NEAREST
        if role := attributes.get("role"):
            region |= ROLES.get(role, 0)
        if not code and len(name) > 1 and tag in _CODE_BLOCKS:
            code = _says_code(name)
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
    if tag in _LISTS:
        # Lists with a class or id are what scripts and style sheets make of them: menus, comments, trails, mostly without numbers.
        items = _Items(node) if tag == "ol" and not attributes.get("class") and not attributes.get("id") else None
    return _Around(kind, level, region, token, link, pre, row, depth + 1, code or tag == "code", items)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    style = style.replace(" ", "").lower()
    return any(s in style for s in HIDDEN_STYLE)


@lru_cache(1 << 14)
def _says_code(name: str) -> bool:
    return _CODE_CLASS.search(name[:400]) is not None


@lru_cache(1 << 14)
def _token_bits(name: str) -> int:
    bits = 0
    for word in _TOKEN.findall(name[:400]):
        bits |= TOKENS.get(word.lower(), 0)
    return bits
