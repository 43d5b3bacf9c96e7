"""Pairs of texts made of a corpus, one document in two versions and two documents that look like one: seeded, labelled.

    python -m tests.near_pairs CORPUS.jsonl [COUNT] [SEED]      says how many of each kind come out right

No pair is kept: a corpus is not ours to copy. Wordings and names are made up.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.near import near_duplicates

Maker = Callable[[str, list[str], random.Random], tuple[str, str] | None]

_FILLERS = ("据悉", "据了解", "日前", "记者获悉", "近日", "有关方面表示", "与此同时", "截至目前")
_CREDITS = (
    "责任编辑：{0}", "作者：{0} 摄影：{1}", "编辑：{0} 校对：{1}", "来源：晨光网\n记者：{0}、{1}\n转载请注明出处",
    "（本文来源：江城日报 记者 {0}）",
    "总监制：{0}\n策划：{1}\n鸣谢：校友会、团委、人文学院、医学院、体育系等",
)
_HEADINGS = ("光荣传承", "志向报国", "守护山水", "立德树人", "凝聚合力", "行稳致远", "听民声解民忧", "写在前面", "未来可期")
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "晓明文丽建国志强红梅思雨子涵浩宇欣怡俊杰海燕玉兰春生"
_VERBS = "同意|批准|支持|允许|完成|达到|符合|属于|通过|接受|影响|存在|参加|实现|解决|需要|应当|可以|能够|得到"


def name(rng: random.Random) -> str:
    """A person's name."""
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))


def credit(rng: random.Random) -> str:
    """Lines of credits."""
    return rng.choice(_CREDITS).format(name(rng), name(rng))


def sentences(text: str) -> list[str]:
    """The sentences of a text, with what ends them."""
    return re.findall("[^。！？\n]+[。！？]", text)


def find_lead(text: str) -> int | None:
    """The line of a text that is a lead: the first long one, with a sentence, up to a fifth of the text."""
    for k, line in enumerate(text.split("\n")[:4]):
        if "。" in line and len(line) >= 60:
            return k if len(line) <= len(text) / 5 else None
    return None


def put_line(text: str, k: int, line: str) -> str:
    """A text with another line `k`."""
    lines = text.split("\n")
    return "\n".join([*lines[:k], line, *lines[k + 1:]])


def headings(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Headings in one, credits in the other."""
    lines = text.split("\n")
    heads = rng.sample(_HEADINGS, min(len(_HEADINGS), len(lines) // 2))
    more = []
    for k, line in enumerate(lines):
        more += [heads.pop(), line] if heads and k % 3 == 2 else [line]
    return "\n".join(more), text + "\n" + credit(rng)


def moved(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """A paragraph elsewhere."""
    lines = text.split("\n")
    if len(lines) < 5:
        return None
    k = rng.randrange(1, len(lines) - 1)
    rest = lines[:k] + lines[k + 1:]
    at = rng.choice([i for i in range(1, len(rest) + 1) if i != k])
    return text, "\n".join([*rest[:at], lines[k], *rest[at:]])


def lead(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """The lead in other words: clauses in another order, some with other openings."""
    k = find_lead(text)
    if k is None:
        return None
    clauses = [c for c in re.split("[，。；]", text.split("\n")[k]) if c]
    rng.shuffle(clauses)
    return text, put_line(text, k, "，".join(rng.choice(["", rng.choice(_FILLERS)]) + c for c in clauses) + "。")


def slips(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Slips of recognition in one hanzi of 120."""
    changed = [rng.choice(["", c + c, chr(ord(c) + 1)]) if "一" < c < "龥" and rng.random() < 1 / 120 else c for c in text]
    return text, "".join(changed)


def paragraph(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """A paragraph less."""
    lines = text.split("\n")
    k = rng.randrange(1, len(lines))
    return None if len(lines[k]) > len(text) / 8 else (text, "\n".join([*lines[:k], *lines[k + 1:]]))


def cut(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Cut to two thirds and more."""
    return text, text[:int(len(text) * rng.uniform(0.65, 0.9))] + "……查看全文"


def headline(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Another headline, a source line, credits."""
    title = sentences(rng.choice(others))[0][:24].strip("。！？ ")
    return f"{title}\n{text}", f"来源：江城日报 记者：{name(rng)}\n{text}\n{credit(rng)}"


def flash(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """A sentence as a flash, with a dateline or a source."""
    short = [s for s in sentences(text) if 40 <= len(s) <= 90]
    if not short:
        return None
    said = rng.choice(short)
    return f"新华社北京{rng.randint(1, 12)}月{rng.randint(1, 28)}日电 {said}", f"{said}\n（记者{name(rng)}）"


def other_lead(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """The lead of another text."""
    other = rng.choice(others)
    k, j = find_lead(text), find_lead(other)
    if k is None or j is None:
        return None
    own, strange = text.split("\n")[k], other.split("\n")[j]
    pairs = {strange[i:i + 2] for i in range(len(strange) - 1)}
    alike = sum(own[i:i + 2] in pairs for i in range(len(own) - 1)) / len(own)
    repeated = text.count(own[10:30]) > 1       # said again below: then nothing is exchanged
    return None if alike > 0.3 or repeated else (text, put_line(text, k, strange[:2 * len(own)]))


def sister(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Another report of one kind: three sentences inside say something else."""
    strange = [s for s in sentences(rng.choice(others)) if len(s) > 20]
    own = [s for s in sentences(text)[2:-2] if len(s) > 20]
    if len(own) < 4 or len(strange) < 3 or set(strange) & set(own):
        return None
    other = text
    for old, new in zip(rng.sample(own, 3), rng.sample(strange, 3), strict=True):
        other = other.replace(old, new, 1)
    return text, other


def figures(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """The figures of another day: half of the numbers, four at least."""
    found = list(re.finditer(r"(?<![\dA-Za-z._/#-]|第)(?<!第 )\d{2,4}(?![\d.A-Za-z_/:、-])", text))
    if len(found) < 8:
        return None
    for at in sorted(rng.sample(found, len(found) // 2), key=lambda m: -m.start()):
        other = str(rng.randrange(10 ** (len(at[0]) - 1), 10 ** len(at[0])))
        text = text[:at.start()] + (other if other != at[0] else str(int(other) % 9 + 1)) + text[at.end():]
    return "", text


def revised(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """A statute revised: in three articles words are put in, taken out, or the sentence is another one's."""
    articles = re.findall("\n第[^\n]{20,}", text)
    strange = [s for s in sentences(rng.choice(others)) if 15 < len(s) < 80]
    if len(articles) < 8 or not strange:
        return None
    other = text
    for old in rng.sample(articles[1:], 3):
        k = rng.randrange(10, len(old) - 6)
        cut_out = old[:k] + old[k + rng.randint(3, 6):]
        put_in = old[:k] + rng.choice(["或者其他组织", "依法", "以及网络平台", "县级以上"]) + old[k:]
        new = rng.choice([cut_out, put_in, old + rng.choice(strange)])
        other = other.replace(old, new, 1)
    return text, other


def negated(text: str, _: list[str], rng: random.Random) -> tuple[str, str] | None:
    """One statement negated."""
    found = list(re.finditer(f"(?<![不未没无非])(?:{_VERBS})(?![不否没性])", text))
    if not found:
        return None
    at = rng.choice(found)
    word = "不" if at[0] in ("应当", "可以", "能够", "需要") else rng.choice(["不", "未", "没有", "不再", "并未", "尚未", "从未"])
    return text, text[:at.start()] + word + text[at.start():]


def links(_: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """A list of links, a fifth of them others."""
    titles = [t.split("\n")[0].strip("# ")[:30] for t in rng.sample(others, 48)]
    other = titles[:]
    for k, title in zip(rng.sample(range(40), 8), titles[40:], strict=True):
        other[k] = title
    return "\n".join("• " + t for t in titles[:40]), "\n".join("• " + t for t in other[:40])


def half(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Two texts that begin alike."""
    lines, other = text.split("\n"), rng.choice(others).split("\n")
    return text, "\n".join([*lines[:len(lines) // 2], *other[len(other) // 2:]])


def furniture(text: str, others: list[str], rng: random.Random) -> tuple[str, str] | None:
    """Two short bodies in the furniture of one page."""
    other, page = rng.sample(others, 2)
    return f"{text[:260]}\n{page[:400]}", f"{other[:260]}\n{page[:400]}"


SAME: tuple[Maker, ...] = (headings, moved, lead, slips, paragraph, cut, headline, flash)
OTHER: tuple[Maker, ...] = (other_lead, sister, figures, revised, negated, links, half, furniture)


def make_pairs(texts: list[str], count: int, seed: int) -> Iterator[tuple[str, bool, str, str]]:
    """Kind, whether the two are one document, and the two texts: up to `count` of each kind."""
    rng = random.Random(seed)
    for maker in SAME + OTHER:
        for _ in range(count):
            text = rng.choice(texts)
            pair = maker(text, [t for t in rng.sample(texts, min(60, len(texts))) if t != text], rng)
            if pair and (pair[0] or text) != pair[1]:
                yield maker.__name__, maker in SAME, pair[0] or text, pair[1]


def load(path: Path) -> list[str]:
    """Texts of a corpus that have four lines and are neither short nor long."""
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return [t for t in texts if 450 <= len(t) <= 4_000 and t.count("\n") >= 3 and len(sentences(t)) >= 5]


def main(path: str, count: int = 60, seed: int = 1) -> None:
    """Say how many of each kind come out right."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for kind, same, a, b in make_pairs(load(Path(path)), count, seed):
        label = ("same  " if same else "other ") + kind
        total[label] += 1
        right[label] += (near_duplicates([a, b]) != [None, None]) == same
    for label in sorted(total, reverse=True):
        print(f"{label:18} {right[label]:4} of {total[label]}")
    for side in ("same", "other"):
        print(side, *(sum(n for k, n in counts.items() if k.startswith(side)) for counts in (right, total)))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]))
