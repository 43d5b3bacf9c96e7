"""Subtitles (`.srt`, `.ass`): what is said becomes the lines of one document; numbers, times, styles and drawings are no text.

The lines are the original that the audit refers to and `taosha restore` gives back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import IO

from pipeline.read.inputs import Input, Span
from pipeline.read.txt import read_text
from pipeline.record import Fault, Record

__all__ = ["find_ass_lines", "find_srt_lines", "read_ass", "read_srt"]

# Bounded runs of digits between literals: linear.
_TIMES = re.compile(r"\s{0,8}\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s{0,8}-->\s{0,8}\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}")
# A tag of fixed names, or braces that open with a backslash; each class excludes what ends it: linear.
_SRT_MARK = re.compile(r"</?(?:i|b|u|s|font|c|v)(?:[\s.][^<>]{0,200})?>|\{\\[^{}]{0,500}\}", re.IGNORECASE)
_ASS_MARK = re.compile(r"\{[^{}]{0,2000}\}")
_DRAWING = re.compile(r"\\p[1-9]")                      # fixed: linear


def find_srt_lines(text: str) -> list[str] | None:
    r"""The lines that are said, None where the text is no SubRip at all.

    >>> find_srt_lines("1\n00:00:01,000 --> 00:00:02,000\n<i>你好</i>\n\n2\n00:00:03,000 --> 00:00:04,500\n世界\n和平\n")
    ['你好', '世界', '和平']
    """
    rows = text.splitlines()
    times = {n for n, row in enumerate(rows) if _TIMES.match(row)}
    if not times:
        return None
    numbers = {n - 1 for n in times if n and rows[n - 1].strip().isdecimal()}
    said = (_SRT_MARK.sub("", row).strip() for n, row in enumerate(rows) if n not in times and n not in numbers)
    return [row for row in said if row]


def find_ass_lines(text: str) -> list[str] | None:
    r"""The lines that are said in the order of the file, None where the text is no (Advanced) SubStation Alpha at all.

    >>> find_ass_lines("[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}你好，\\N世界")
    ['你好，', '世界']
    """
    rows = [row for row in text.splitlines() if row.startswith("Dialogue:")]
    if not rows and "[Script Info]" not in text[:4096] and "[Events]" not in text:
        return None
    lines: list[str] = []
    for row in rows:
        said = row.split(",", 9)[-1]        # the format has nine fields before the text, which alone may hold commas
        if not _DRAWING.search(said):
            plain = _ASS_MARK.sub("", said).replace(r"\h", " ").replace(r"\n", r"\N")
            lines += [line.strip() for line in plain.split(r"\N") if line.strip()]
    return lines


def _read(
    entry: Input, stream: IO[bytes], span: Span | None, *, find: Callable[[str], list[str] | None], what: str
) -> Iterator[Record | Fault]:
    """The one document of a file, at byte 0, or what is wrong with it."""
    from pipeline.read.encoded import OF_THE_FILE

    for item in read_text(entry, stream, span):
        if isinstance(item, Fault):
            yield item
        elif (lines := find(item.original)) is None:
            message = f"these are no subtitles of the kind {what}; give it with --input-format txt if it is a text"
            yield Fault(entry.name, "other-format", message)
        else:
            said = {key: value for key, value in item.metadata.items() if key not in OF_THE_FILE}
            yield replace(item, original="\n".join(lines), metadata=said)


read_srt = partial(_read, find=find_srt_lines, what="SubRip")
read_ass = partial(_read, find=find_ass_lines, what="SubStation Alpha")
