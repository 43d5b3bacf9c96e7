"""Plain twins of the kernels that the encoding stage uses."""

from __future__ import annotations

import re
import unicodedata

import regex

from pipeline.chinese.plausibility import cost
from pipeline.record import Texts
from pipeline.stages.encoding.mojibake import ORDINARY

#: Format characters that show nothing, and those of ruby; joiners and tags are looked at beside what they join. One class: linear.
_INVISIBLE = regex.compile(
    r"[[\p{Cf}&&[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]]--[\u200c\u200d\U00010000-\U0010ffff]]", regex.V1
)
_BLANKS = re.compile("[ \t\u00a0\u3000]+")


def trim_lines(texts: Texts) -> list[tuple[int, int]]:
    found = []
    for i in range(len(texts.lines.start)):
        line, start = texts.line(i), int(texts.lines.start[i])
        left = len(line) - len(line.lstrip(" \t\u00a0\u3000"))
        bare = line.strip(" \t\u00a0\u3000")
        found.append((start + left, start + left + len(bare)) if bare else (start, start))
    return found


def find_runs(texts: Texts) -> list[tuple[int, int]]:
    found = []
    for i in range(len(texts.lines.start)):
        start = int(texts.lines.start[i])
        found += [(start + m.start(), start + m.end()) for m in _BLANKS.finditer(texts.line(i)) if m[0] != " "]
    return found


def largest_sum(line: str) -> float:
    """The largest sum of (cost - ORDINARY) over any run of a line, by trying all of them."""
    worth = [cost(c) - ORDINARY for c in line]
    return max([0.0, *(sum(worth[i:j]) for i in range(len(worth)) for j in range(i, len(worth) + 1))])


#: Signs of Markdown and what each is worth; 2 make a document Markdown.
MARKDOWN = (
    ("\n# ", 2), ("\n## ", 2), ("\n### ", 2), ("\n#### ", 2), ("\n```", 2), ("\n~~~", 2), ("\n====", 2), ("\n---\n", 2),
    ("|--", 2), ("| --", 2), ("|:-", 2),
    ("](http", 1), ("\n- ", 1), ("\n* ", 1), ("\n+ ", 1), ("\n> ", 1), ("**", 1), ("![", 1), ("](/", 1), ("](#", 1),
)


def is_markdown(text: str) -> bool:
    return sum(worth for sign, worth in MARKDOWN if sign in "\n" + text) >= 2


def edit_marks_alone(text: str) -> list[tuple[int, str, str]]:
    """Place, what is put there, and reason of each mark that goes whatever stands beside it (an ESC may begin a sequence)."""
    found = []
    for i, char in enumerate(text):
        if char in "\r\x0b\x0c\x85\u2028\u2029":
            found.append((i, "" if text[i:i + 2] == "\r\n" else "\n", "line-end"))
        elif unicodedata.category(char) == "Cc" and char not in "\t\n\x1b":
            found.append((i, "", "control"))
        elif _INVISIBLE.match(char):
            found.append((i, "", "invisible"))
    return found


def drop_marks_alone(text: str) -> str:
    """The text without them, and with LF for those that end a line."""
    puts = {at: put for at, put, _ in edit_marks_alone(text)}
    return "".join(puts.get(at, char) for at, char in enumerate(text))
