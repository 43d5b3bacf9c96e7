"""Make pipeline/data/near_words.tsv: words of Taiwan and of the mainland that stand for each other, from OpenCC's dictionaries.

    opencc_dict -i TWPhrases.ocd2 -o forward.txt -f ocd2 -t text        (and TWPhrasesRev.ocd2; both are in OpenCC's package)
    python -m tools.make_near_words forward.txt backward.txt

The two dictionaries chain (檔案 is 文件, 文件 is 文檔), and texts of both kinds are folded with one table, so words that are
joined by any entry are one class, and every word of a class is folded to its shortest one.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from pipeline.chinese.canonical import canonical_text

OUT = Path(__file__).parent.parent / "pipeline" / "data" / "near_words.tsv"
HEAD = """\
# Words of Taiwan and of the mainland (pipeline/near/form.py): a word, a tab, the word that the comparison of texts puts for it.
# Made by tools/make_near_words.py from TWPhrases and TWPhrasesRev of OpenCC 1.4.2 (Apache License 2.0), and a few words of
# everyday use and names that these leave out. In canonical form; the longest word at a place counts, from left to right.
"""
# What OpenCC leaves out: general knowledge, two and two.
MORE = """
品质 质量  计画 计划  身分 身份  部份 部分  透过 通过  水准 水平  捷运 地铁
公车 公交车  幼稚园 幼儿园  冷气 空调  凤梨 菠萝  马铃薯 土豆  原子笔 圆珠笔
太空人 航天员  北韩 朝鲜  南韩 韩国  川普 特朗普  布希 布什  普丁 普京
杜拜 迪拜  雪梨 悉尼  柴契尔 撒切尔  泽伦斯基 泽连斯基  荧幕 屏幕  录影机 录像机
连接埠 端口  数位相机 数码相机  讯息 消息  部落客 博主  资安 信息安全
上传档案 上传文件  硬体 硬件  萤光幕 屏幕  国中 初中  警员 警察  机车 摩托车
塑胶袋 塑料袋  优格 酸奶  鲑鱼 三文鱼  起司 奶酪  影集 电视剧  邮递区号 邮政编码
行动装置 移动设备
"""
AMBIGUOUS = {"乔治亚", "狮子山", "尼日", "那杜", "布林", "尤拉", "宏", "小舖", "行程", "序列", "区域性", "全域性", "许可权"}


def load_pairs(paths: list[str]) -> list[tuple[str, str]]:
    """Pairs of canonical words of two characters and more."""
    pairs = []
    for path in paths:
        for line in Path(path).read_text("utf-8").splitlines():
            word, _, others = line.partition("\t")
            pairs += [(word, other) for other in others.split() if word and not word.startswith("#")]
    words = MORE.split()
    pairs += zip(words[::2], words[1::2], strict=True)
    folded = [(canonical_text(a), canonical_text(b)) for a, b in pairs]
    return [(a, b) for a, b in folded if a != b and min(len(a), len(b)) >= 2 and not {a, b} & AMBIGUOUS]


def join(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Each word with the shortest, then first word of its class."""
    parent: dict[str, str] = {}

    def find(word: str) -> str:
        while parent.setdefault(word, word) != word:
            word = parent[word]
        return word

    for a, b in pairs:
        parent[find(a)] = find(b)
    classes = defaultdict(list)
    for word in parent:
        classes[find(word)].append(word)
    best = {root: min(words, key=lambda w: (len(w), w)) for root, words in classes.items()}
    return {w: best[find(w)] for w in sorted(parent) if w != best[find(w)]}


def fold(text: str, table: dict[str, str]) -> str:
    """Put words for words, the longest at each place, from left to right."""
    longest = max(map(len, table))
    out, i = [], 0
    while i < len(text):
        size = next((n for n in range(longest, 1, -1) if text[i:i + n] in table), 0)
        out.append(table[text[i:i + size]] if size else text[i])
        i += size or 1
    return "".join(out)


def main() -> None:
    """Write the table; an entry whose words are still different when folded is left out."""
    table = join(load_pairs(sys.argv[1:]))
    for _ in range(4):
        table = {a: fold(b, table) for a, b in table.items()}
        table = {a: b for a, b in table.items() if len(b) <= len(a) and fold(b, table) == b}
    OUT.write_text(HEAD + "".join(f"{a}\t{b}\n" for a, b in table.items()), "utf-8")


if __name__ == "__main__":
    main()
