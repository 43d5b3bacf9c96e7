"""Text that is none, and text that is too much of one thing: families by size, for the bench and for the test that counts work.

    python -m tests.bench.hostile [--characters N]      CPU time at n, 2n and 4n, and a character's cost beside plain prose
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from pipeline.cleaning import clean_text
from pipeline.run.clean import warm_up

__all__ = ["FAMILIES", "PROSE", "make"]

_SENTENCE = "社区图书馆每天下午四点以后都坐满了放学的孩子，管理员老吴说他识字不多。"


def _noise(n: int) -> str:
    """Bytes of a picture read as text."""
    return random.Random(n).randbytes(n).decode("latin-1")


def _gibberish(n: int) -> str:
    """Bytes of a picture read as GB18030."""
    return random.Random(n).randbytes(3 * n).decode("gb18030", "replace")[:n]


def _lines(n: int, line: Callable[[int], str]) -> str:
    """Lines until there are so many characters."""
    made, size, k = [], 0, 0
    while size < n:
        made.append(line(k))
        size += len(made[-1]) + 1
        k += 1
    return "\n".join(made)[:n]


PROSE: Callable[[int], str] = lambda n: _lines(n, lambda k: f"{_SENTENCE}第{k}天，{_SENTENCE}")  # noqa: E731


def _misread(k: int, right: str, wrong: str) -> str:
    """A sentence, each with another number, read in the wrong charset."""
    return f"第{k}天，{_SENTENCE}".encode(right).decode(wrong, "replace")


def _misread_hanzi(k: int, right: str, wrong: str) -> str:
    """The same without numbers, which both read alike, in traditional characters where the charset has no others."""
    sentence = "社區圖書館每天下午四點以後都坐滿了放學的孩子，管理員老吳說他識字不多。" if right == "big5hkscs" else _SENTENCE
    return f"{k}，{sentence}".encode(right).decode(wrong, "replace")


#: Name to a text of about so many characters.
FAMILIES: dict[str, Callable[[int], str]] = {
    "control characters": lambda n: _lines(n, lambda k: "党\x01建\x1b[0m引\x7f领" * 6),
    "bytes read as Latin-1": _noise,
    "bytes read as GB18030": _gibberish,
    "brackets": lambda n: _lines(n, lambda k: "党（建（引[领(" * 8),
    "readings": lambda n: _lines(n, lambda k: "党(dǎng)建(jiàn)" * 6),
    "combining marks": lambda n: _lines(n, lambda k: "e\u0301\u0302党\u0301" * 10),
    "digits": lambda n: _lines(n, lambda k: f"{k} 2019-05-06 12:30 {k * 7919} 010-8888{k % 10000:04}"),
    "numbered list": lambda n: _lines(n, lambda k: f"{k + 1}、{_SENTENCE}"),
    "one line": lambda n: (_SENTENCE * (n // len(_SENTENCE) + 1))[:n],
    "short lines": lambda n: _lines(n, lambda k: f"项{k % 7}"),
    "links": lambda n: _lines(n, lambda k: f"首页 > 新闻 > 第{k}条新闻的标题"),
    "UTF-8 as Latin-1": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "latin-1")),
    "UTF-8 as Windows-1252": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "cp1252")),
    "UTF-8 as GBK": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "gb18030")),
    "GBK as Latin-1": lambda n: _lines(n, lambda k: _misread(k, "gb18030", "latin-1")),
    "entities": lambda n: _lines(n, lambda k: "党&nbsp;建&amp;amp;引&#39046;" * 4),
    "blanks": lambda n: _lines(n, lambda k: "党 \u3000\xa0 建\t\t"),
    "traditional": lambda n: _lines(n, lambda k: f"黨的領導製度體係，著力複興第{k}條。"),
    "Big5 as GBK": lambda n: _lines(n, lambda k: _misread_hanzi(k, "big5hkscs", "gb18030")),
    "GBK as Big5": lambda n: _lines(n, lambda k: _misread_hanzi(k, "gb18030", "big5hkscs")),
    "GBK as Korean": lambda n: _lines(n, lambda k: _misread(k, "gb18030", "cp949")),
    "GBK as Japanese": lambda n: _lines(n, lambda k: _misread(k, "gb18030", "cp932")),
    "GBK as EUC-JP": lambda n: _lines(n, lambda k: _misread(k, "gb18030", "euc_jp")),
    "UTF-8 as Japanese": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "cp932")),
    "UTF-8 as Korean": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "cp949")),
    "UTF-8 as GBK, ? for what is lost": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "gbk").replace("\ufffd", "?")),
    "UTF-8 as Big5": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "big5hkscs")),
    "UTF-8 twice": lambda n: _lines(n, lambda k: _misread(k, "utf-8", "cp1252").encode("utf-8").decode("cp1252", "replace")),
    "lost bytes": lambda n: _lines(n, lambda k: f"第{k}天，{_SENTENCE}".encode()[:-1 - k % 2].decode("utf-8", "replace")),
    "menus": lambda n: _lines(n, lambda k: ("首页", "登录", "注册", "关于我们", "联系我们", "版权所有", "更多")[k % 7]),
    "bylines": lambda n: _lines(n, lambda k: f"2019-05-06 17:{k % 60:02} 来源：新华社 作者：王{k} 责任编辑：李{k}"),
    "turns": lambda n: _lines(n, lambda k: f"用户{k % 3}：{_SENTENCE}"),
    "doubled lines": lambda n: _lines(n, lambda k: f"第{k // 2}天，{_SENTENCE}"),
    "one passage again": lambda n: _lines(n, lambda k: f"{_SENTENCE}他说第{k % 10}次了。"),
}


def make(family: str, n: int) -> str:
    """A text of the family, or of plain prose."""
    return (PROSE if family == "prose" else FAMILIES[family])(n)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--characters", type=int, default=250_000)
    n = parser.parse_args().characters
    warm_up()
    plain = 0.0
    print(f"hostile text, CPU ms at {n:,}, twice and four times as many characters; cost of one beside prose")
    for family in ("prose", *FAMILIES):
        spent = []
        clean_text(make(family, n // 10))
        for size in (n, 2 * n, 4 * n):
            text = make(family, size)
            before = time.process_time()
            clean_text(text)
            spent.append(time.process_time() - before)
        plain = plain or spent[-1]
        print(f"  {family:32s} " + " ".join(f"{1000 * s:8.0f}" for s in spent) + f" {spent[-1] / plain:8.1f} x")


if __name__ == "__main__":
    main()
