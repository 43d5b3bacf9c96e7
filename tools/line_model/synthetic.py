"""Content in short lines, made up: facts, contacts, tables, lists, dialogues, timetables, as pages have them and prose has not.

The labelled pages hold too few of each kind of page for a net to learn that a block of labels and values may be the page's own
text. The words are in `words.tsv`, the layouts here; phrases and sentences come from the clean corpora. What is made is put into
the furniture of labelled pages by `augment.composed`. On groups left out it lifts F1 from 0.84 to 0.885 on real pages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from pages import KIND, Page

_HAN = "\u4e00-\u9fff"
_PHRASE = re.compile(f"(?<![{_HAN}])[{_HAN}]{{3,12}}(?![{_HAN}])")
_SENTENCE = re.compile("[^。！？]{6,90}[。！？]")
_SLOT = re.compile(r"\{(\w)\}")


@cache
def load_words() -> dict[str, list[str]]:
    """The table: a name and its items."""
    words = {}
    for line in (Path(__file__).parent / "words.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, items = line.split("\t")
            words[name] = items.split("|")
    return words


@cache
def load_facts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Subjects with their labels, each with the letter of its value."""
    return [(name.split(" ")[1], [(x.rpartition("=")[0], x.rpartition("=")[2]) for x in items])
            for name, items in load_words().items() if name.startswith("facts ")]


def cut_fragments(pages: list[Page]) -> tuple[list[str], list[str]]:
    """Phrases of 3 to 12 hanzi, and sentences, of clean documents."""
    fragments, sentences = [], []
    for page in pages:
        for line in page.lines[:80]:
            found = _SENTENCE.findall(line)
            sentences += found
            fragments += [x for s in found for x in _PHRASE.findall(s)]
    return fragments, sentences


class Maker:
    """Makes values out of a source of chance, words, and fragments of sentences."""

    def __init__(self, rng: random.Random, fragments: list[str], sentences: list[str]) -> None:
        self.rng, self.fragments, self.sentences = rng, fragments, sentences

    def word(self, name: str) -> str:
        return self.rng.choice(load_words()[name])

    def some_words(self, name: str, n: int) -> list[str]:
        return self.rng.sample(load_words()[name], n)

    def number(self, low: int = 1, high: int = 9999) -> str:
        n = self.rng.randint(low, high)
        return self.rng.choice([str(n), f"{n:,}", f"{n / 10:.1f}", f"{n / 100:.2f}"])

    def name(self) -> str:
        return self.word("surname") + "".join(self.word("given") for _ in range(self.rng.choice([1, 2, 2, 2])))

    def names(self) -> str:
        return self.rng.choice(["、", "，", " ", " / ", ","]).join(self.name() for _ in range(self.rng.randint(2, 6)))

    def city(self) -> str:
        return self.word("city")

    def body(self) -> str:
        return self.city() + self.rng.choice(["", self.short()[:2], "市", "第一", "华", "东方"]) + self.word("body")

    def address(self) -> str:
        r = self.rng
        inside = r.choice(["", f"{r.randint(1, 30)}楼", f"{r.randint(101, 999)}室"])
        return f"{self.city()}{r.choice(['市', '', '区'])}{self.word('road')}{r.randint(1, 999)}号{inside}"

    def date(self) -> str:
        r = self.rng
        y, m, d = r.randint(1995, 2025), r.randint(1, 12), r.randint(1, 28)
        plain = [f"{y}-{m:02}-{d:02}", f"{y}/{m}/{d}", f"{y}.{m:02}.{d:02}"]
        return r.choice([*plain, f"{y}年{m}月{d}日", f"{m}月{d}日", f"{y}年{m}月", f"{y}年"])

    def clock(self) -> str:
        r = self.rng
        a = f"{r.randint(6, 22)}:{r.choice(['00', '30', '15', '45'])}"
        return r.choice([a, f"{a}-{r.randint(9, 23)}:{r.choice(['00', '30'])}", a.replace(":", "：")])

    def phone(self) -> str:
        r = self.rng
        local, mobile = str(r.randint(2000000, 89999999)), f"1{r.choice('3578')}{r.randint(100000000, 999999999)}"
        return r.choice([f"0{r.randint(10, 999)}-{local}", mobile, local, f"400-{r.randint(100, 999)}-{r.randint(1000, 9999)}"])

    def letters(self, low: int, high: int) -> str:
        return "".join(self.rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(self.rng.randint(low, high)))

    def email(self) -> str:
        return self.letters(3, 9) + "@" + self.rng.choice(["163.com", "qq.com", "126.com", "example.edu.cn", "gmail.com"])

    def price(self) -> str:
        forms = ["￥{}", "{}元", "¥{}", "{}万元", "{}元/月", "{} 万", "{}元/㎡", "RMB {}", "免费", "面议"]
        return self.rng.choice(forms).format(self.number())

    def size(self) -> str:
        return self.number() + self.word("unit")

    def code(self) -> str:
        r = self.rng
        return r.choice(["{}-{}", "{}{}", "{}/{}", "{} {}"]).format(self.letters(1, 4).upper(), r.randint(10, 99999))

    def short(self) -> str:
        return self.rng.choice(self.fragments)

    def some(self) -> str:
        return self.rng.choice(["、", " ", "，", "/"]).join(self.short()[:6] for _ in range(self.rng.randint(2, 4)))

    def sentence(self) -> str:
        return self.rng.choice(self.sentences)

    def choice(self) -> str:
        return self.clock() if self.rng.random() < .3 else self.word("choice")

    def link(self) -> str:
        return f"http://www.{self.letters(3, 9)}.com"

    def value(self, letter: str) -> str:
        make: dict[str, Callable[[], str]] = {
            "x": self.short, "f": self.short, "s": self.size, "c": self.choice, "p": self.price, "y": self.city, "d": self.date,
            "n": self.number, "o": self.body, "m": self.some, "k": self.code, "N": self.name, "M": self.names, "z": self.sentence,
            "e": self.email, "t": self.phone, "a": self.address, "u": self.link, "g": lambda: self.rng.choice(load_facts())[0],
        }
        return make[letter]()

    def fill(self, text: str, k: int = 1) -> str:
        """A form with its values; {k} is the number `k`."""
        return _SLOT.sub(lambda m: str(k) if m[1] == "k" else self.value(m[1]), text)


class Blocks(Maker):
    """Blocks of lines that are content."""

    def facts(self) -> list[str]:
        r = self.rng
        labels = r.choice(load_facts())[1]
        if r.random() < .15:
            labels = labels + r.choice(load_facts())[1]
        chosen = r.sample(labels, min(len(labels), r.randint(3, 16)))
        if r.random() < .6:
            chosen.sort(key=labels.index)
        rows = [(name, self.value(letter)) for name, letter in chosen]
        layout = r.random()
        if layout < .5:
            mark, front = r.choice(["：", "：", ":", ": ", "： ", "\t", "  "]), r.choice(["", "", "", "• ", "· ", "◆ ", "【"])
            return [f"【{a}】{b}" if front == "【" else f"{front}{a}{mark}{b}" for a, b in rows]
        if layout < .72:
            mark = r.choice(["", "", "：", ":"])
            return [x for a, b in rows for x in (a + mark, b)]
        if layout < .82:
            return [" ".join(f"{a}：{b}" for a, b in rows[k:k + 3]) for k in range(0, len(rows), 3)]
        if layout < .92:
            mark = r.choice(["\t", "  ", " | ", "\t\t"])
            return [mark.join(x for a, b in rows[k:k + 2] for x in (a, b)) for k in range(0, len(rows), 2)]
        return [r.choice(["  ", "　"]).join(f"{a}：{b[:20]}" for a, b in rows[:8])]

    def contacts(self) -> list[str]:
        r = self.rng
        labels = r.sample(dict(load_facts())["通讯"], r.randint(2, 7))
        rows = [f"{name}{r.choice('：：:')}{self.value(letter)}" for name, letter in labels]
        return [self.body()] * (r.random() < .5) + rows + ([self.body(), self.date()] if r.random() < .4 else [])

    def table(self) -> list[str]:
        r = self.rng
        labels = [x for x in r.choice(load_facts())[1] if x[1] not in "zm"]
        columns = r.sample(labels, min(len(labels), r.randint(2, 6)))
        mark, order = r.choice(["\t", "\t", "  ", " ", " | ", "\t\t", "|", "|"]), r.random() < .5
        rows = [[str(k + 1), *(self.value(letter) for _, letter in columns)][not order:] for k in range(r.randint(3, 25))]
        head = ["序号", *(name for name, _ in columns)][not order:]
        if r.random() < .2:
            return [x for row in [head, *rows] for x in row]
        if mark == "|":         # as Markdown writes it
            pad = r.choice(["", " "])
            return ["|" + "|".join(pad + x + pad for x in row) + "|" for row in [head, ["---"] * len(head), *rows]]
        return [mark.join(row) for row in ([head] if r.random() < .85 else []) + rows]

    def entries(self) -> list[str]:
        """A list of the content: short phrases of one kind."""
        form = self.word("entry")
        return [self.fill(form, k + 1) for k in range(self.rng.randint(3, 24))]

    def posts(self) -> list[str]:
        """Offices that somebody holds, or prizes of one kind."""
        r, ends = self.rng, self.some_words("post", 4)
        front = ["", "中国", "中华", self.city(), self.city() + "市"]
        n = r.randint(3, 14)
        return [r.choice(front) + self.short()[:r.randint(2, 6)] + self.word("society") + r.choice(ends) for _ in range(n)]

    def slogans(self) -> list[str]:
        """What a course, a product or an event says for itself: short lines without a full stop."""
        chosen = self.some_words("slogan", 3)
        return [self.fill(self.rng.choice(chosen), k + 1) for k in range(self.rng.randint(3, 24))]

    def digest(self) -> list[str]:
        """Several short items, each with its heading."""
        r = self.rng
        return [x for _ in range(r.randint(2, 8)) for x in (self.short() + r.choice(["", " " + self.short()]), *self.prose()[:2])]

    def times(self) -> list[str]:
        """A timetable: places as headings, times under them."""
        r = self.rng
        mark, lines = r.choice(["　", " ", "\t", "  ", "：", "——"]), []
        for _ in range(r.randint(1, 4)):
            lines.append(self.city() + r.choice(["—", "→", "－", "至", "-"]) + self.city())
            for _ in range(r.randint(2, 9)):
                what = r.choice(["直达", self.short(), "途经" + self.some(), self.price(), ""])
                lines.append((self.clock() + mark + what).rstrip())
        return lines

    def talk(self) -> list[str]:
        r = self.rng
        named = [("记者", self.name()), (self.name(), self.name())]
        a, b = r.choice([*named, ("问", "答"), ("A", "B"), ("用户", "客服"), ("甲", "乙"), ("主持人", "嘉宾")])
        says = [(a, self.short() + "？"), (b, self.sentence()), (b, self.short() + "。")]
        return [f"{who}：{text}" for _ in range(r.randint(1, 7)) for who, text in (says[0], r.choice(says[1:]))]

    def verse(self) -> list[str]:
        r = self.rng
        return [self.short()[:r.choice([5, 7, 9])] + r.choice(["，", "。", "", "", ""]) for _ in range(r.randint(4, 24))]

    def plain(self) -> list[str]:
        """Sentences without marks, as some blogs have them."""
        return [" ".join(self.short() for _ in range(self.rng.randint(2, 5))) for _ in range(self.rng.randint(3, 20))]

    def novel(self) -> list[str]:
        """Short paragraphs, some of them spoken."""
        r = self.rng
        said = ["“{}。”", "“{}？”{}问。", "“{}，”{}说，“{}。”", "{}，{}。", "{}{}，{}，{}。"]
        forms = [r.choice(said) for _ in range(r.randint(4, 16))]
        return [form.format(*(self.short() for _ in range(form.count("{}")))) for form in forms]

    def prose(self) -> list[str]:
        return ["".join(self.sentence() for _ in range(self.rng.randint(1, 4))) for _ in range(self.rng.randint(1, 5))]

    def title(self) -> str:
        return self.fill(self.word("title"))

    def page(self, number: int) -> Page:
        """A page of one to four blocks under a title."""
        r = self.rng
        makers = (
            (self.facts, "table", 9), (self.contacts, "table", 3), (self.table, "table", 4), (self.entries, "table", 5),
            (self.posts, "table", 2), (self.slogans, "para", 3), (self.digest, "para", 1), (self.times, "table", 1),
            (self.talk, "post", 1), (self.verse, "verse", 1), (self.plain, "para", 1), (self.prose, "para", 4),
        )
        rows = [(self.title(), 1, "title")]
        for _ in range(r.choice([1, 1, 2, 2, 3, 4])):
            make, kind, _ = r.choices(makers, [weight for _, _, weight in makers])[0]
            if r.random() < .45:
                form = r.choice(["{}", "{}", "{}：", "【{}】", "■ {}", "# {}"])
                rows.append((form.format(self.word("section") if r.random() < .6 else self.short()), 1, "heading"))
            rows += [(line, 1, kind) for line in make()]
        return build(f"made-{number}", "synth", rows)


def build(name: str, of: str, rows: list[tuple[str, int, str]], verdict: int = 0) -> Page:
    """A page out of (line, keep, kind)."""
    return Page(
        name, of, name, [line for line, _, _ in rows], np.array([keep for _, keep, _ in rows], np.int8),
        np.array([kind == "title" for _, _, kind in rows], np.int8), np.array([KIND.get(kind, -1) for _, _, kind in rows], np.int8),
        verdict, .5,
    )
