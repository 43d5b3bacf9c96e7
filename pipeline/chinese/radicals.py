"""Radicals that stand for hanzi: PDF files and fonts give ⼈ (U+2F08) and ⺠ (U+2EA0) where the author typed 人 and 民."""

from __future__ import annotations

import unicodedata

__all__ = ["RADICALS"]

#: The CJK supplement's radicals that look like the hanzi they are equivalent to (EquivalentUnifiedIdeograph.txt of Unicode).
#: Parts of hanzi (⺈ ⺉ ⺮ ⻌ ⻖ …) stay: no one reads them as 刀 or 阜.
_SUPPLEMENT = (
    "⺁厂⺒巳⺓幺⺜日⺝月⺟母⺠民⺬示⻁虎⻄西⻅见⻆角⻉贝⻋车⻑長⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻱龜⻳龟"
)
#: The hanzi of each radical; those of the Kangxi block (U+2F00 to U+2FD5) are their compatibility decompositions.
RADICALS: dict[str, str] = {
    **{chr(c): unicodedata.normalize("NFKC", chr(c)) for c in range(0x2F00, 0x2FD6)},
    **dict(zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True)),
}
