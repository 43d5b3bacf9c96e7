"""The tree of a page to lines: one pass over the markup that the parser writes of it, in bytes of UTF-8.

What comes in is not what a server sent but the serialisation of a tree (HTML, 13.3): every element but a void one has its end
tag, `<` is no text, and values of attributes stand in double quotes and hold neither `"` nor `>`. So a tag ends at the next `>`,
and where an end tag closes another element than the last (an element of SVG that is void in HTML), the nearest open one of that
name is closed.

300 MB/s with the parser's writing against 31 for a walk over its nodes in Python (crawl, 277 MB of HTML, 2.3 M elements); that
walk is the oracle of the tests, `tests/naive_html.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.jit import jit, jit_within
from pipeline.marks import Kind
from pipeline.read.html.kernels.columns import (
    APART,
    BEGUN,
    BOXED,
    BR,
    CLASS,
    CODE,
    CODE_TAG,
    DEPTH,
    DOWN,
    ENDS_LINE,
    FLAGS,
    HIDDEN,
    HIDDEN_AT,
    I_END,
    I_LINE,
    I_LIST,
    I_START,
    ID,
    INHERITED,
    ITEM,
    ITEMS,
    KINDS,
    LEVELS,
    LI,
    LINK,
    MOST_CLOSED,
    N_ATTRIBUTES,
    N_BYTES,
    N_COLUMNS,
    N_ITEM,
    N_ITEMS,
    N_LINES,
    N_LIST,
    N_LISTS,
    N_OPEN,
    N_OUT,
    N_SAID,
    N_SAYS,
    N_STATE,
    NAME,
    NEAREST,
    NO_TEXT,
    O_COUNT,
    O_DOWN,
    O_START,
    O_START_END,
    O_TYPE,
    O_TYPE_END,
    OL,
    PLAIN_TEXT,
    PRE,
    READING,
    REGIONS,
    ROLE_AT,
    ROW,
    RT,
    S_END,
    S_START,
    S_WHAT,
    SCRIPT,
    SHALLOW,
    START,
    STYLE,
    TD,
    TH,
    TOKEN_BITS,
    TOKENS,
    TR,
    TYPE,
    VALUE,
    WBR,
    A,
    Bytes,
    Ints,
    Rows,
)
from pipeline.read.html.kernels.line import add, add_byte, end_line, is_space
from pipeline.read.html.kernels.markup import (
    find,
    find_attributes,
    find_raw_end,
    find_words,
    hash_value,
    is_drawn,
    is_hidden,
    lays_out,
    look_up,
    read_tag,
    says_code,
)
from pipeline.read.html.words import (
    BLOCK,
    BOX,
    CODE_BLOCK,
    EMPTY,
    HAS_KIND,
    KIND,
    LEVEL,
    LIST,
    RAW_TEXT,
    REGION,
    ROLE,
    SKIP,
    WHAT,
    WORD,
    hash_name,
)

__all__ = ["scan"]

_OL = int(np.uint64(hash_name("ol")).view(np.int64))
_ROW, _CODE = int(Kind.ROW), int(Kind.CODE)
# Bytes that are added by themselves; no literals, for each of which numba would compile what takes it anew.
_APART, _LF, _OPENING, _CLOSING, _LT = np.array([APART, 10, 40, 41, 60])


class Page(NamedTuple):
    """What the functions below work on."""

    data: Bytes         # the markup
    tables: Ints
    found: Ints        # where the attributes of the element at hand stand
    now: Ints          # of the line that is open
    open: Ints         # elements that are open
    line: Bytes         # its bytes
    out: Bytes          # lines that are made
    rows: Rows
    items: Rows
    lists: Rows
    says: Rows


@jit
def scan(
    data: Bytes, tables: Ints,
) -> tuple[Bytes, Rows, Rows, Rows, Rows]:
    """The text of a page, its lines, the items and lists that have numbers, and the elements that say something of the page, from
    `SCRIPT` (of JSON-LD) to `H1`; `tables` are those of `words`.

    Lines end at their `END`, and with a line feed but for the last; those with `PRE` among their flags are as they stood.
    """
    page = _prepare(data, tables)
    now, open_ = page.now, page.open
    at = now[N_BYTES]       # 0, and no literal, for which numba would compile all below a second time
    while at < len(data):
        around = open_[now[DEPTH]]
        if data[at] != 60:
            if now[N_BYTES] == 0 and not around[FLAGS] & PRE:     # white space between blocks is none
                while at < len(data) and is_space(data[at]):
                    at += 1
            end = find(data, at, _LT)
            if end > at and not around[FLAGS] & NO_TEXT:
                add(data, at, end, page.line, now, open_)
            at = end
            continue
        closes, name, value, first, end = read_tag(data, at, tables)
        at = end + 1
        if closes:
            flags = around[FLAGS]
            ends = flags & (READING | ITEM | BOXED) or (flags & ENDS_LINE and now[N_BYTES])
            if around[NAME] == name and now[DEPTH] and not ends:
                now[DEPTH] -= 1     # nothing ends with it
                now[SHALLOW] = min(now[SHALLOW], now[DEPTH])
            else:
                _close(name, page.line, page.out, now, open_, page.rows, page.items)
        elif name:
            find_attributes(data, first, end, page.found)
            if value >> WHAT >= SCRIPT:
                _note(value >> WHAT, first, end, page.found, now, page.says)
            opened = _open(page, name, value, at)
            if value & RAW_TEXT and opened:
                end = find_raw_end(data, at, value >> WHAT, name)
                if not open_[now[DEPTH], FLAGS] & NO_TEXT:
                    add(data, at, end, page.line, now, open_)
                at = end
    end_line(page.line, page.out, now, page.rows, page.items)
    items, lists, says = page.items[:now[N_ITEMS]], page.lists[:now[N_LISTS]], page.says[:now[N_SAYS]]
    return page.out[:now[N_OUT]], page.rows[:now[N_LINES]], items, lists, says


@jit
def _prepare(data: Bytes, tables: Ints) -> Page:
    """Arrays as long as the page may need them; memory that is not written to costs nothing."""
    n_tags = n_items = n_says = 2
    for at in range(len(data) - 1):
        if data[at] == 60:
            first = data[at + 1]
            n_tags += first != 47
            n_items += first == 108 or first == 111                 # li ol
            n_says += first == 104 or first == 108 or first == 109 or first == 115 or first == 116  # html …
    now = np.zeros(N_STATE, np.int64)
    now[BEGUN] = -1
    open_ = np.empty((n_tags, N_OPEN), np.int64)
    open_[0] = 0
    return Page(
        data, tables, np.empty((N_ATTRIBUTES, 2), np.int64), now, open_, np.empty(len(data) + 2, np.uint8),
        np.empty(len(data) + 2, np.uint8), np.empty((2 * n_tags, N_COLUMNS), np.int32), np.empty((n_items, N_ITEM), np.int32),
        np.empty((n_items, N_LIST), np.int32), np.empty((n_says, N_SAID), np.int32),
    )


@jit_within
def _note(what: int, start: int, end: int, found: Ints, now: Ints, says: Rows) -> None:
    """Note an element that says something of the page; of scripts those whose type has as many letters as that of JSON-LD."""
    if what == SCRIPT and found[TYPE, 1] - found[TYPE, 0] != 19:
        return
    own = says[now[N_SAYS]]
    own[S_WHAT], own[S_START], own[S_END] = what, start, end
    now[N_SAYS] += 1


@jit_within
def _open(page: Page, name: int, value: int, at: int) -> int:
    """Begin an element, whose tag ends before `at`: 1 where it is open now, 0 for one without an end."""
    now, what = page.now, value >> WHAT
    around, inside = page.open[now[DEPTH]], page.open[now[DEPTH] + 1]
    inside[NAME] = name
    if value & BOX and now[N_BYTES] and not around[FLAGS] & (PRE | NO_TEXT) and is_drawn(page.data, page.found):
        add_byte(page.line, _APART, now, page.open)
    if around[FLAGS] & NO_TEXT or value & SKIP:
        inside[FLAGS] = NO_TEXT
        if value & EMPTY:
            return 0
        now[DEPTH] += 1
        return 1
    if what == BR:
        if around[FLAGS] & PRE:
            add_byte(page.line, _LF, now, page.open)
        else:
            end_line(page.line, page.out, now, page.rows, page.items)
        return 0
    if what == WBR:
        return 0
    if value & BLOCK and not around[FLAGS] & ROW:
        end_line(page.line, page.out, now, page.rows, page.items)
        if what == LI:
            _begin_item(around[ITEMS], page.found, now, page.open, page.items, page.lists)
    elif around[FLAGS] & ROW and what in (TD, TH) and now[N_BYTES] and not around[FLAGS] & PRE:
        add_byte(page.line, _APART, now, page.open)
    if what == RT:
        add_byte(page.line, _OPENING, now, page.open)
    if value & EMPTY:
        return 0
    _enter(page, value, at, around, inside)
    now[DEPTH] += 1
    return 1


@jit_within
def _enter(page: Page, value: int, at: int, around: Ints, inside: Ints) -> None:
    """Write down what is around the inside of an element."""
    data, found, tables = page.data, page.found, page.tables
    what, flags = value >> WHAT, around[FLAGS] & INHERITED
    for n in range(KINDS, N_OPEN):
        inside[n] = around[n]
    ends = (ENDS_LINE if value & BLOCK and not flags & ROW else 0) | (READING if what == RT else 0) | (ITEM if what == LI else 0)
    ends |= (BOXED if value & BOX else 0) | (PLAIN_TEXT if value & RAW_TEXT else 0)
    region = value >> REGION & 255
    if found[HIDDEN_AT, 0] >= 0 or (found[STYLE, 0] >= 0 and is_hidden(data, found[STYLE, 0], found[STYLE, 1])):
        region |= HIDDEN
    named = found[CLASS, 1] > found[CLASS, 0] or found[ID, 1] > found[ID, 0]
    if named:
        bits = find_words(data, found, tables[WORD])
        if bits:
            inside[TOKENS] = (around[TOKENS] << TOKEN_BITS | bits) & NEAREST
        if value & CODE_BLOCK:
            code = says_code(data, found[CLASS, 0], found[CLASS, 1]) or says_code(data, found[ID, 0], found[ID, 1])
            flags |= CODE if code else 0
    if found[ROLE_AT, 1] > found[ROLE_AT, 0]:
        region |= look_up(tables[ROLE], hash_value(data, found[ROLE_AT, 0], found[ROLE_AT, 1]))
    inside[REGIONS] = around[REGIONS] | region
    if what == A:
        flags |= LINK
    elif what == TR:
        flags |= 0 if flags & ROW or lays_out(data, at, tables) else ROW
        inside[KINDS] = _ROW if flags & ROW else around[KINDS]
    elif value & HAS_KIND and not flags & ROW:
        inside[KINDS], inside[LEVELS] = value >> KIND & 15, value >> LEVEL & 7
        flags |= PRE if inside[KINDS] == _CODE else 0
    if what == CODE_TAG:
        flags |= CODE
    if value & LIST:
        inside[ITEMS] = _begin_list(found, page.now, page.lists) if what == OL and not named else 0
    inside[FLAGS] = flags | ends


@jit_within
def _begin_list(found: Ints, now: Ints, lists: Rows) -> int:
    """A numbered list begins: its number, from 1 on."""
    own = lists[now[N_LISTS]]
    own[O_START], own[O_START_END] = found[START, 0], found[START, 1]
    own[O_TYPE], own[O_TYPE_END] = found[TYPE, 0], found[TYPE, 1]
    own[O_DOWN], own[O_COUNT] = found[DOWN, 0] >= 0, 0
    now[N_LISTS] += 1
    return now[N_LISTS]         # type: ignore[no-any-return]


@jit_within
def _begin_item(list_: int, found: Ints, now: Ints, open_: Ints, items: Rows, lists: Rows) -> None:
    """An item begins: the name of one of a numbered list is put before its first line."""
    now[BEGUN] = -1
    if not list_:
        return
    own = items[now[N_ITEMS]]
    own[I_LIST], own[I_LINE] = list_ - 1, -1
    own[I_START], own[I_END] = found[VALUE, 0], found[VALUE, 1]
    now[BEGUN] = now[N_ITEMS]
    now[N_ITEMS] += 1
    if open_[now[DEPTH], NAME] == _OL:       # of itself, not of an element in it
        lists[list_ - 1, O_COUNT] += 1


@jit_within
def _close(name: int, line: Bytes, out: Bytes, now: Ints, open_: Ints, rows: Rows, items: Rows) -> None:
    """End an element, and those in it that are still open."""
    target, last = now[DEPTH], max(0, now[DEPTH] - MOST_CLOSED)
    while target > last and open_[target, NAME] != name:
        target -= 1
    if target == 0 or open_[target, NAME] != name:
        return
    while now[DEPTH] >= target:
        flags = open_[now[DEPTH], FLAGS]
        now[DEPTH] -= 1
        now[SHALLOW] = min(now[SHALLOW], now[DEPTH])
        if flags & READING:
            add_byte(line, _CLOSING, now, open_)
        if flags & BOXED and now[N_BYTES] and not flags & PRE:
            add_byte(line, _APART, now, open_)
        if flags & ENDS_LINE:
            end_line(line, out, now, rows, items)
            if flags & ITEM:
                now[BEGUN] = -1
