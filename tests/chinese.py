"""Hypothesis strategies for Chinese text as crawlers bring it: both scripts, readings, furniture, and what breaks programs."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = (      # noqa: SIM905
    "基层 治理 的 党建 引领 社区 服务 群众 会议 强调 北京 昨日 我们 发展 经济 文化 一个 不断 提升 能力 全会 審議 通過 國家 "
    "體系 現代化 為了 黨 會 與 製度 複興 著力 乾隆 皇后 著名 头发 干部 里面 后来 𠮷野家 𠮷 𡃁 〇 々 龍 龜 銀行 重庆 长大 了 着 "
    "地 得"
).split()
READINGS = (   # noqa: SIM905
    "(dǎng) （dǎngjiàn） (zhìlǐ)(zhìlǐ) (hui)  (wei) (ti)  (Ma Yun) (AI) (city) (km) (zhong1guo2) （ㄉㄤˇ） [háng] (de) (a) "
    "(dǎng (yínxíng) (社区) （以下简称“办法”） (2022年9月) (x) ()"
).split(" ")
FURNITURE = (
    "首页 > 新闻 > 正文\n", "时间:2019-05-06 17:27来源:中国网 点击:\n", "责任编辑：王杰\n", "版权所有 京ICP备12345678号-1\n",
    "上一篇：春天\n下一篇：秋天\n", "相关推荐\n", "友情鏈接：\n", "分享到：微信 微博\n", "热点推荐\n", "(0)\n", "评论列表\n",
    "【关闭】\n", "打印 字号：大 中 小\n", "（记者 李明）\n", "var a = 1;\n", "```\ncode  here\n```\n", "# 标题\n", "| 一 | 二 |\n",
)
DIRT = (
    "\r\n", "\r", "\n", "\n\n", "\x00", "\ufeff", "\u200b", "\xad", "\xa0", "\u3000", "  ", "\t", "\u2028", "\x85",
    "\u0301", "e\u0301",
    "\u304b\u3099", "é", "ä¸­å›½", "ÖÐ¹ú", "锟斤拷", "\ufffd",
    "&nbsp;", "&amp;", "👨‍👩‍👧", "葛󠄀", "가나", "カナ", "\U000f0000", "\x1b[0m",
)
PUNCTUATION = tuple("，。、；：？！“”（）()《》——…,.!?:;\"'—·")

#: What the patterns of the stages look for at the ends of texts: put at seams, and given to neighbours.
EDGES = (
    "-delete", "*", "**", "= x", "：释义", ":", "】", "”", "』", "党", "黨", "(dǎng)", "（dǎng）", "dǎng", "着", "著",
    "著名", "名", "的(de)", "行(hang)", "《", "...", "…", "（摄", "来源：", "責任編輯：", "# ", "| a |", "```", "    code",
    "> ", "1. ", "key:", "&amp", ";", "amp;", "\u0301", "\ufe00", "\u200d", "乾", "隆", "傢", "俱", "瞭", "解", "籲(xū)",
    "吁吁", "ä", "¸\xad", "锟斤拷", "烫烫烫", "A. ", "①", "～重", "于", "单位", "甚", "麼", "祇", "是", "の", "です", "한",
    "\ud7a3", "𠮷", " ", "\u3000", "\r", "\n", "\n\n", "[1]", "http://a.cn/", "记者",
)

words = st.sampled_from(WORDS)
sentence = st.lists(
    st.one_of(words, words, words, st.sampled_from(READINGS), st.sampled_from(PUNCTUATION)), min_size=1, max_size=30
).map("".join)
scalar = st.characters(exclude_categories=["Cs"])

#: A page: sentences, furniture and dirt in any order, with some lines twice.
pages = st.lists(
    st.one_of(
        sentence, sentence.map("{}。\n".format), st.sampled_from(FURNITURE), st.sampled_from(DIRT),
        sentence.map(lambda s: f"{s}。\n{s}。\n"), st.text(scalar, max_size=8),
    ),
    max_size=25,
).map("".join)

#: A page that begins or ends with what a pattern may look for beyond the end of another.
edged_pages = st.tuples(st.sampled_from(("", *EDGES)), pages, st.sampled_from(("", *EDGES))).map("".join)
