"""A batch as the patterns of this stage see it: folded, and only the places where something could be.

Folding puts one character for one: full width to half, traditional hanzi to simplified, every dash to `-`, every blank but LF to
U+0020. So patterns see one writing, and a place in it is the place in the text. Most text holds nothing personal: one look at each
code point says what part it could play (a digit, an @, the last character of a label, the sign of a province, what follows the
number of a house), and patterns run only over a few characters around those that do. A million characters of the crawl cost some
110 ms, where the same patterns over its lines with digits took 580.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, HAN, load_canonical, load_classes
from pipeline.record import Texts
from pipeline.stages.personal import kernels as k
from pipeline.stages.personal.kinds import MARKS

__all__ = ["HANZI_DIGITS", "PROVINCES", "Sieve", "View", "fold"]

#: The signs of the provinces on plates.
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# A mark in either script, as folded; words of fixed length: linear. Its word is no label for what follows.
_MARK = re.compile("〔(?:" + "|".join(mark[1:-1] for mark in MARKS.values()) + ")〕")
#: What people write for a plus, a heart (微❤) and an arrow; a variation selector is nothing.
_FIGURES = {"\ufe0f": " "} | dict.fromkeys("➕✚", "+") | dict.fromkeys("❤♥♡💗💚", "心") | dict.fromkeys("➡➜👉☞", "→")
_DASHES = "‐‑‒–—―−－﹣"

Places = NDArray[np.int64]


def _pairs(words: str) -> Places:
    """Two characters as one number, sorted."""
    return np.unique([ord(pair[0]) << 21 | ord(pair[1]) for pair in words.split()])


#: Digits in hanzi, as people write a number to hide it, and what they are.
HANZI_DIGITS = dict(zip("零一二三四五六七八九〇幺壹贰叁肆伍陆柒捌玖", "012345678901123456789", strict=True))
#: What part a character can play.
_PARTS = {
    k.DIGIT: "0123456789", k.SIGN: "@#", k.UNIT: "号弄巷幢栋座单楼层室门社组之-", k.PROVINCE: PROVINCES, k.OPEN: "([{【",
    k.AT: "tT艾",
    k.LABEL: "加儿号信芯心扣抠叩蔻寇球求秋丘鹅照证牌泡软xXqQwWpPvV微薇威围维徽卫🐧🛰", k.HANZI_DIGIT: "".join(HANZI_DIGITS),
}
_WE = "微薇威围维徽溦"
#: Labels by their last two characters, by their first, or by one that says it all.
_LAST = _pairs(" ".join((
    *(a + b for a in f"{_WE}vVwW" for b in "信芯心"), *(a + b for a in "微薇威围" for b in "xX"),
    *(a + b for a in "加+" for b in f"{_WE}卫vVwWqQ扣"),
    "我扣 →扣 扣儿 讯号 的号 大号 小号 车号 i信 vx VX Vx vX wx WX Wx wX 绿泡 泡泡 色软 卫星",
    "扣扣 抠抠 叩叩 蔻蔻 寇寇 球球 求求 秋秋 丘丘 QQ qq Qq qQ CQ cq 企鹅 鹅号 护照 行证 乡证 胞证 车牌 号牌",
)))
_FIRST = _pairs(" ".join((
    *(a + b for a in _WE for b in ":我"), *(q + str(n) for q in "Qq扣" for n in range(1, 10)),
    *(q + b for q in "Qq" for b in ":;我号找上的是换改"),
    "we We WE pa Pa PA PP v: V: v我 V我 v+ V+ 加我 扣: 扣我 牌照 牌号",
)))
_ALONE = np.array([ord(c) for c in "🐧🛰"], np.int64)


class Sieve:
    """Pieces of a folded text, for patterns to run over; a match is given with its place in the whole."""

    def __init__(self, folded: str, spots: Places, back: int, ahead: int) -> None:
        """Pieces from `back` characters before each spot to `ahead` after it; those that meet are one."""
        a, b = np.maximum(spots - back, 0), np.minimum(spots + ahead, len(folded))
        first = np.flatnonzero(np.append(True, a[1:] > b[:-1]))[:len(a)]
        self._folded = folded
        self._starts = a[first].tolist()
        ends = b[np.append(first[1:], len(a))[:len(a)] - 1].tolist()
        self._joined = "\n".join([folded[i:j] for i, j in zip(self._starts, ends, strict=True)])
        sizes = np.array(ends, np.int64) - np.array(self._starts, np.int64) + 1
        self._bases = (np.cumsum(sizes) - sizes).tolist()

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], int, int]]:
        """The matches, with start and end of each in the whole; none that a piece cuts out of a longer number or word."""
        folded = self._folded
        for m in pattern.finditer(self._joined):
            n = bisect_right(self._bases, m.start()) - 1
            start = m.start() - self._bases[n] + self._starts[n]
            end = start + len(m[0])
            cut = m.start() == self._bases[n] and start > 0 and _joins(folded[start - 1], m[0][0])
            if not cut and not _joins(m[0][-1], folded[end:end + 1]):
                yield m, start, end


def _joins(left: str, right: str) -> bool:
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum() and left.isdigit() == right.isdigit()


class View:
    """The texts of a batch, folded, and the places in them where something could be."""

    def __init__(self, texts: Texts) -> None:
        self.lines: list[int] = texts.lines.start.tolist()
        self._starts: list[int] = texts.starts.tolist()
        self._ends: list[int] = texts.ends.tolist()
        points, at = np.empty(len(texts.points), np.uint32), np.empty(len(texts.points), np.int64)
        at = at[:k.fold_parts(texts.points, _table(), _parts(), points, at)]
        self.folded = _MARK.sub(_blank_out, str(points.data, "utf-32-le"))
        self._spots = np.empty((len(k.SIEVES), k.MOST * len(at)), np.int64)
        self._n_spots = np.empty(len(k.SIEVES), np.int64)
        k.find_spots(points, _parts(), at, _LAST, _FIRST, _ALONE, self._spots, self._n_spots)
        self._raw = texts.points
        #: What was read of tables: cells of lines, and what the heads of columns say.
        self.rows: dict[tuple[int, str], list[str]] = {}
        self.heads: dict[tuple[int, str, int, int], Literal["call", "thing"] | None] = {}

    def _sieve(self, which: int, back: int, ahead: int) -> Sieve:
        return Sieve(self.folded, np.sort(self._spots[which, :self._n_spots[which]]), back, ahead)

    @cached_property
    def numbers(self) -> Sieve:
        """Where many digits stand together, with what stands beside them."""
        return self._sieve(k.NUMBERS, 10, 20)

    @cached_property
    def spelt(self) -> Sieve:
        """Where digits stand one by one, or some hanzi for digits together."""
        return self._sieve(k.SPELT, 16, 24)

    @cached_property
    def signs(self) -> Sieve:
        """About each @ and what is written for it."""
        return self._sieve(k.SIGNS, 70, 110)

    @cached_property
    def labels(self) -> Sieve:
        """About each label of QQ, WeChat, passports and plates, over one line break."""
        return self._sieve(k.LABELS, 26, 64)

    @cached_property
    def plates(self) -> Sieve:
        """After the signs of provinces before a letter."""
        return self._sieve(k.PLATES, 2, 14)

    @cached_property
    def houses(self) -> Sieve:
        """About numbers of houses."""
        return self._sieve(k.HOUSES, 48, 48)

    def before(self, at: int, most: int) -> str:
        """What stands before a place on its line; where that is nothing but signs, the end of the line before as well."""
        folded, n = self.folded, bisect_right(self.lines, at) - 1
        first = self.lines[n]
        own = folded[max(first, at - most):at]
        if first == 0 or at - first > 4 or any(c.isalnum() for c in own) or first in self._firsts:
            return own
        return f"{folded[max(self.lines[n - 1], first - 1 - most):first - 1]} {own}"

    @cached_property
    def _firsts(self) -> frozenset[int]:
        return frozenset(self._starts)

    def after(self, at: int, most: int) -> str:
        """What stands from a place on, on its line."""
        return self.folded[at:at + most].partition("\n")[0]

    def after_lines(self, at: int, most: int) -> str:
        """What stands from a place on in its document, over line breaks."""
        return self.folded[at:min(at + most, self._ends[bisect_left(self._ends, at)])]

    def line_of(self, at: int) -> int:
        """Which line a place is on."""
        return bisect_right(self.lines, at) - 1

    def line(self, n: int) -> str:
        """A line, folded, but with its tabs."""
        start = self.lines[n]
        own = self.folded[start:self.lines[n + 1] if n + 1 < len(self.lines) else None].partition("\n")[0]
        tabs = np.flatnonzero(self._raw[start:start + len(own)] == 9).tolist()
        if not tabs:
            return own
        characters = list(own)
        for at in tabs:
            characters[at] = "\t"
        return "".join(characters)

    def is_first(self, n: int) -> bool:
        """Whether a line is the first of its document."""
        return self.lines[n] in self._firsts

    def begin(self, at: int) -> int:
        """Where the document of a place begins."""
        return self._starts[bisect_left(self._ends, at)]

    def around(self, at: int, most: int) -> str:
        """What stands about a place in its document, over line breaks."""
        doc = bisect_left(self._ends, at)
        return self.folded[max(at - most, self._starts[doc]):min(at + most, self._ends[doc])]


def _blank_out(mark: re.Match[str]) -> str:
    return "〓" * len(mark[0])


def fold(text: str) -> str:
    """One character for one: see above.

    >>> fold("電話：０５７１—８８")
    '电话:0571-88'
    """
    return _table()[np.frombuffer(text.encode("utf-32-le"), np.uint32)].tobytes().decode("utf-32-le")


@cache
def _table() -> NDArray[np.uint32]:
    """What each code point is folded to, uint32 [0x110000]."""
    classes, table = load_classes(), np.arange(0x110000, dtype=np.uint32)
    han = (classes & HAN != 0) & (load_canonical() != 0)
    table[han] = load_canonical()[han]
    table[0xFF01:0xFF5F] -= np.uint32(0xFEE0)
    table[classes & BLANK != 0] = 0x20
    table[[ord(c) for c in _DASHES]] = ord("-")
    for figure, sign in _FIGURES.items():
        table[ord(figure)] = ord(sign)
    return table


@cache
def _parts() -> NDArray[np.uint8]:
    """What part each folded code point can play, uint8 [0x110000]."""
    parts = np.zeros(0x110000, np.uint8)
    for bit, characters in _PARTS.items():
        parts[[ord(c) for c in characters]] |= bit
    return parts
