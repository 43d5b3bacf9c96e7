"""What stands in a document, a name or an error, made safe to show: the one place where that is done.

Whatever is printed for people goes through `escape`, or `one_line` where a line must stay one line: control characters, escape
sequences, marks that turn the direction of writing and characters without a shape are written out (`\\x1b`, `\\u202e`), and no line
can be taken for a workflow command of a CI (`::error::` at its start, `##[…]` anywhere). JSON keeps its meaning (`dump_visible`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

__all__ = ["Escape", "dump_visible", "escape", "find_escapes", "one_line", "write_out"]

#: Characters that have no shape of their own, all but tab and line feed: C0, DEL, C1, soft hyphen, marks of direction, zero widths,
#: line and paragraph separators, fillers, interlinear marks, tags, and lone surrogates, which cannot be encoded.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff"
)
#: White space that a runner of workflow commands trims before it looks for `::`; hidden characters are written out anyway.
_BLANK = " \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
# One character, or blanks from the start of a line, once for each line; no choice overlaps: linear.
_UNSAFE = re.compile(f"[{_HIDDEN}]|^[{_BLANK}]*(?=::)|#(?=#\\[)", re.M)
_HIDDEN_CHARACTER = re.compile(f"[{_HIDDEN}]")
_HIDDEN_IN_JSON = re.compile(f"[{_HIDDEN}]|##(?=\\[)")     # one or two characters: linear


class Escape(NamedTuple):
    """What to show in place of `text[start:end]`."""

    start: int
    end: int
    put: str


def find_escapes(text: str) -> Iterator[Escape]:
    """Places of a text that cannot be shown as they are, in order."""
    for found in _UNSAFE.finditer(text):
        taken = found[0]
        if not taken or taken[0] in "# \t\xa0\u1680\u202f\u205f\u3000" or "\u2000" <= taken[0] <= "\u200a":
            yield Escape(found.end(), found.end(), "\\")    # a workflow command: one backslash before it is enough
        else:
            yield Escape(found.start(), found.end(), _write_out(taken))


def write_out(text: str) -> str:
    """Half of it: only the characters without a shape. For pieces of marked text, which rich would rob of some of them."""
    return _HIDDEN_CHARACTER.sub(lambda found: _write_out(found[0]), text)


def _write_out(char: str) -> str:
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def escape(text: str) -> str:
    r"""A text as it can be shown; line feeds stay.

    >>> print(escape("党\x1b]0;x\x07建\n::error::x"))
    党\x1b]0;x\x07建
    \::error::x
    """
    pieces: list[str] = []
    at = 0
    for start, end, put in find_escapes(text):
        pieces += (text[at:start], put)
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def one_line(text: object) -> str:
    r"""The same on one line: a line feed is written out too.

    >>> print(one_line("x\n::error::pwn"))
    x\n::error::pwn
    """
    return escape(str(text).replace("\n", "\\n"))


def dump_visible(value: Any, *, indent: bool = False, ascii_only: bool = False) -> str:
    r"""A value as JSON that any terminal can show: what `escape` writes out is an escape of JSON here.

    >>> print(dump_visible(["党\u202e\x9b", "##[group]"]))
    ["党\u202e\u009b","#\u0023[group]"]
    """
    text = _dump(value, indent, ascii_only)
    return _HIDDEN_IN_JSON.sub(lambda m: "#\\u0023" if m[0] == "##" else json.dumps(m[0])[1:-1], text)


def _dump(value: Any, indent: bool, ascii_only: bool) -> str:
    if not ascii_only:
        try:
            return orjson.dumps(value, option=(orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) if indent else 0).decode()
        except TypeError:       # a lone surrogate, or a number that does not fit 64 bits
            pass
    return json.dumps(value, indent=2 if indent else None, sort_keys=indent, ensure_ascii=True)
