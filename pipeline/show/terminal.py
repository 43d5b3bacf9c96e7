"""Where commands print: lines, JSON and marked text, all of it made visible (`pipeline.show.visible`) on its way out."""

from __future__ import annotations

import sys
from shutil import copyfileobj
from typing import IO, TYPE_CHECKING, Any

from pipeline.show.log import the_log
from pipeline.show.visible import dump_visible, escape, find_escapes, one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["Terminal", "give", "make_visible", "print_json", "print_report", "say", "warn"]


def say(text: str) -> None:
    """Print lines for people on standard output. Names in them must be one line already."""
    print(escape(text))


def warn(text: object) -> None:
    """Print one line on standard error: errors, warnings, progress in a log; an event where these are asked for."""
    if (log := the_log()) is not None:
        log.tell("warning", "message", message=str(text))
    else:
        print(f"taosha: {one_line(text)}", file=sys.stderr)


def print_json(value: Any, *, indent: bool = False) -> None:
    """Print JSON on standard output; in ASCII where the console would not show more."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(dump_visible(value, indent=indent, ascii_only=not utf8))


def give(file: IO[bytes]) -> None:
    """Give a file to standard output as it is: data for another program, not for people."""
    copyfileobj(file, sys.stdout.buffer, 1 << 20)
    sys.stdout.buffer.flush()


def print_report(text: str) -> None:
    """Print what is for other programs, made visible by its maker: commands to a CI among it, which `say` would disarm."""
    print(text, end="")


def make_visible(text: Text) -> Text:
    """The same for rich text: each escape takes the style of what it stands for."""
    from rich.text import Text

    escapes = list(find_escapes(text.plain))
    if not escapes:
        return text
    out, at = Text(end=text.end, style=text.style), 0
    cuts = sorted({cut for found in escapes for cut in found[:2]})
    for piece in text.divide(cuts):
        while escapes and escapes[0].start == escapes[0].end == at:
            out.append(escapes.pop(0).put)
        if escapes and escapes[0].start == at and piece:
            style = piece.spans[0].style if piece.spans else ""
            out.append(escapes.pop(0).put, style)
        else:
            out.append_text(piece)
        at += len(piece)
    while escapes:
        out.append(escapes.pop(0).put)
    return out


class Terminal:
    """Rich text on standard output: in colour on a terminal, plain elsewhere."""

    def __init__(self, width: int | None = None, *, wrap: bool = False) -> None:
        from rich.console import Console

        self._console: Console = Console(highlight=False, soft_wrap=not wrap, width=width)

    @property
    def in_colour(self) -> bool:
        """Whether colours will be seen."""
        return self._console.is_terminal and not self._console.no_color

    def print(self, what: Text | Table | str) -> None:
        """Print text, or a table of our own words and figures."""
        from rich.text import Text

        if isinstance(what, str):
            what = Text(what)
        self._console.print(make_visible(what) if isinstance(what, Text) else what)
