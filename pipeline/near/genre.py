"""What kind of text one is, before it is compared: prose, verse, a statute, a list; and where its title ends and its body begins.

The rule of this file: a kind is told by the shape of lines and clauses and a few headings, from the beginning of the text.
"""

from __future__ import annotations

import re

__all__ = [
    "LIST", "NO_TITLE", "PROSE", "REGULAR", "STATUTE", "TITLE", "VERSE", "find_body", "find_title", "find_verse", "is_list",
    "tell_form",
]

PROSE, VERSE, REGULAR, STATUTE, LIST = 0, 1, 2, 3, 4     # forms of a text
LONGEST_VERSE = 1600    # characters of a text that is looked at for verse (长恨歌 has 1,000 with its marks)
LONGEST_HEAD = 600      # characters up to which the first sentence is looked for
TITLE = 60              # code points of the longest first line that is a title
NO_TITLE = -1           # for the length of a title: the text begins with a sentence
LISTED = 0.25           # of the characters stand in sentences at most in a list (articles 0.7 and more)
LISTED_FROM, LISTED_TO = 160, 8_000     # characters from which a text may be a list, and up to which it is read for that
_SENTENCE_ENDS = "。！？；"

_NOT_VERSE = re.compile("[0-9A-Za-z０-９]")                       # one character: linear
# A bounded class, tried at the start of the text only: linear. Both scripts.
_STATUTE = re.compile(
    "[^\n。，]{2,56}(?:[条條]例|[办辦]法|[细細][则則]|[规規][程定]|[准準规規][则則]|[标標][准準]|章程|[编編]制表|法)[ \u3000]*\n"
)
_ARTICLES = re.compile("第[ \u3000]?[一1１][ \u3000]?[条條章]|[编編]制表")       # optional single characters: linear
# A class and bounded repeats after a fixed start: linear.
_ARTICLE = re.compile("\n[ \u3000#*]{0,8}第[ \u3000]?[0-9〇零一二三四五六七八九十百]{1,6}[ \u3000]?[条條]")
_HAN = re.compile("[\u3400-\u9fff]")                              # one character: linear
_BULLETS = "•·●■◆▪◇□"
_CLAUSES = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]+")     # one class, no alternatives: linear


def tell_form(text: str) -> int:
    """The form of a text: STATUTE by how its title ends, VERSE by its short clauses, REGULAR where they are of one length.

    >>> tell_form("床前明月光，疑是地上霜。举头望明月，低头思故乡。"), tell_form("今天天气很好，我们出去玩。")
    (2, 0)
    >>> tell_form("青石县城乡环境卫生管理办法\\n第一条 为了加强管理，制定本办法。")
    3
    """
    if (_STATUTE.match(text) and _ARTICLES.search(text, 0, 800)) or len(_ARTICLE.findall(text, 0, 4_000)) >= 3:
        return STATUTE
    if len(text) > LONGEST_VERSE or _NOT_VERSE.search(text):
        return LIST if is_list(text) else PROSE
    lengths = sorted(map(len, _CLAUSES.findall(text)))
    if len(lengths) < 4 or lengths[-1] > 9:
        return LIST if is_list(text) else PROSE
    middle = lengths[len(lengths) // 2]
    return REGULAR if lengths.count(middle) >= 0.8 * len(lengths) else VERSE


def _is_sentence(line: str) -> bool:
    """Whether a line says something, and does not name it."""
    if "。" in line or "；" in line:
        return True
    return bool(line) and line[0] not in _BULLETS and (line[-1] in "！？" or line.count("，") >= 2)


def is_list(text: str) -> bool:
    """Whether next to nothing of a text stands in lines that are sentences: links, catalogues, tables. Code is not looked at."""
    if len(text) < LISTED_FROM:
        return False
    text = text[:LISTED_TO]
    lines = text.split("\n")
    if 2 * len([line for line in lines if line and line[0] in _BULLETS]) > len(lines):
        return True
    read, said = 0, 0
    for line in lines:
        if said >= LISTED * len(text):          # whatever the other lines are: true of articles within a few lines
            return False
        if _HAN.search(line):
            read += len(line)
            said += len(line) * _is_sentence(line)
    return said < LISTED * read


def find_title(text: str) -> int:
    """Length of the first line where another follows and it can be a title, else 0; NO_TITLE where it ends like a sentence."""
    end = text.find("\n", 0, 4 * TITLE)
    return max(end, 0) if end <= 0 or text[end - 1] not in _SENTENCE_ENDS else NO_TITLE


def find_body(text: str) -> int:
    """Where the line of the first sentence begins: before it stand titles, sources, menus. 0 where none is near."""
    end = text.find("。", 0, LONGEST_HEAD)
    return text.rfind("\n", 0, end) + 1 if end >= 0 else 0


def find_verse(forms: tuple[int, int]) -> int:
    """The kind of verse that two texts of these forms are, or PROSE."""
    return min(forms) if max(forms) < STATUTE else PROSE
