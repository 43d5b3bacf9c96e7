"""Pages made up on which content and furniture stand line by line: threads, answers, comments, articles with residue.

As `synthetic`: the words are in `words.tsv`, the rest comes from the clean corpora. Posts and answers stay; panels, floors and
comments go.
"""

from __future__ import annotations

from pages import Page
from synthetic import Blocks, build, load_words

Row = tuple[str, int, str]


class Threads(Blocks):
    """Pages of which lines go between lines that stay."""

    def around(self, name: str, most: int, k: int = 1) -> list[str]:
        """Some lines of furniture, one word on each or several on one."""
        r = self.rng
        chosen = [self.fill(x, k) for x in self.some_words(name, r.randint(0, min(most, len(load_words()[name]))))]
        return [r.choice([" ", " | ", "  ", " · "]).join(chosen)] if chosen and r.random() < .5 else chosen

    def user(self) -> str:
        r = self.rng
        numbered = self.short()[:2] + str(r.randint(1, 999))
        return r.choice([self.name(), self.short()[:4], self.code(), numbered, "匿名用户", self.city() + "网友"])

    def post(self) -> list[str]:
        r = self.rng
        if r.random() < .3:
            return [self.word("reply")]
        if r.random() < .2:
            return [self.short() + r.choice(["。", "", "？", "！"]) for _ in range(r.randint(1, 4))]
        return ["".join(self.sentence() for _ in range(r.randint(1, 3))) for _ in range(r.choice([1, 1, 1, 2, 3]))]

    def marked_replies(self) -> list[Row]:
        """Replies of one line with a mark, a name and often a time."""
        r = self.rng
        marks = r.choice([("推", "→", "噓"), ("#", "#", "#"), ("回复", "回复", "回复"), ("+", "-", "→")])
        rows = []
        for _ in range(r.randint(2, 20)):
            text = self.word("reply") if r.random() < .3 else self.short()
            end = r.choice(["", " " * 12 + "04/05 10:25", " " + self.clock()])
            rows.append((f"{r.choice(marks)} {self.letters(3, 9)}: {text}{end}", 1, "post"))
        return rows

    def thread(self, number: int) -> Page:
        """A forum, a question with answers, or an article with comments."""
        r = self.rng
        what = r.choices(("forum", "question", "comments"), (5, 3, 3))[0]
        title = self.title() if r.random() < .4 else self.short() + self.short() + r.choice(["？", "", "！"])
        rows: list[Row] = [(title, 1, "title")]
        if r.random() < .5:
            rows += [(x, 0, "meta") for x in self.around("meta", 5)]
        if what == "comments":
            rows += self.commented()
        elif r.random() < .8:
            rows += [(x, 1, "post") for x in self.post()]
        if what == "forum" and r.random() < .2:
            rows += self.marked_replies()
        shape = (r.randint(0, 5), r.randint(0, 3), r.randint(0, 4))
        same = [self.sentence() for _ in range(r.randint(1, 3))] if what == "forum" and r.random() < .2 else []
        for k in range(1, r.randint(2, 12)):
            rows += self.turn(what, k, shape)
            rows += [(x, 0, "user-signature") for x in same if r.random() < .9]     # a notice of the forum under every post
        return build(f"thread-{number}", "synth", rows)

    def commented(self) -> list[Row]:
        """An article and the heading of the comments under it."""
        r = self.rng
        rows: list[Row] = [(x, 1, "para") for x in self.prose()]
        if r.random() < .6:
            rows += [(x, 1, "table") for x in self.facts()]
        rows += [(x, 0, "related") for x in self.around("tail", 4)]
        return [*rows, (self.fill(self.word("talk-head")), 0, "comments")]

    def turn(self, what: str, k: int, shape: tuple[int, int, int]) -> list[Row]:
        """One post, answer or comment with what stands around it."""
        r = self.rng
        stays, kind = (0, "comments") if what == "comments" else (1, "post" if what == "forum" else "answer")
        rows: list[Row] = []
        if what == "question" and (k == 1 or r.random() < .1):
            rows.append((self.fill(self.word("asked")), 0, "ui"))
        rows.append((self.user(), 0, "user-panel"))
        if what == "question" and r.random() < .3:
            card = (f"{r.choice(['主任医师', '副教授', '律师', '专家'])} {self.body()}", "擅长：" + self.some())
            rows += [(x, 0, "author-box") for x in card]
        rows += [(x, 0, "user-panel") for x in self.around("panel", shape[0])]
        rows += [(x, 0, "floor") for x in self.around("floor", shape[1], k)]
        rows += [(x, stays, kind) for x in self.post()]
        rows += [(x, 0, "ui") for x in self.around("after", shape[2])]
        if what == "forum" and r.random() < .12:
            signature = (r.choice(["----------", "__________________", "--"]), self.short() + "，" + self.short())
            rows += [(x, 0, "user-signature") for x in signature]
        return rows

    def residue(self, title: str) -> str:
        return self.fill(self.word("residue").replace("{T}", title))

    def headline(self) -> str:
        """A title, which may look like furniture."""
        r = self.rng
        word, text = self.word("channel"), self.short() + r.choice(["", self.short(), " " + self.short()])
        forms = [
            "{w}：{t}", "{w}｜{t}", "{w} | {t}", "{w}/{t}", "{w}／{t}", "【{w}】{t}", "[{w}] {t}", "{t}", "{t}", "{t}",
            "{w}是什么", "什么是{w}", "如何{w}", "{w}", "{w}", "# {w}", "{w}{t}", "第五章 {t}", "{w}的{t}", "{w}简史",
        ]
        return r.choice(forms).replace("{w}", word).replace("{t}", text) if r.random() < .85 else self.title()

    def article(self, number: int) -> Page:
        """An article that was extracted already: clean, or with a few lines of furniture left under, over or between its own."""
        r = self.rng
        title = self.headline()
        rows: list[Row] = [(title, 1, "title")]
        word = title.lstrip("# ").split("：")[0]
        if len(word) <= 4 or r.random() < .1:
            verb = r.choice(["是", "是指", f"，又称{self.short()}，", f"（{self.code()}）"])
            rows.append((word + verb + self.sentence(), 1, "para"))
        for _ in range(r.randint(1, 3)):
            if r.random() < .3:
                heading = self.short() if r.random() < .7 else self.word("section")
                rows.append((r.choice(["## ", "", "", "一、", "1. "]) + heading, 1, "heading"))
            makers = (self.prose, self.novel, self.plain, self.verse, self.talk, self.facts, self.contacts)
            make = r.choices(makers, (6, 3, 1, 1, 1, 1, 1))[0]
            rows += [(x, 1, "para") for x in make()]
        if r.random() < .75:
            for _ in range(r.choice([1, 1, 1, 2, 3, 5])):
                where = r.random()
                at = len(rows) if where < .45 else 1 if where < .55 else r.randint(1, len(rows))
                rows.insert(at, (self.residue(title), 0, "ui"))
        if r.random() < .1:
            rows.append((title, 0, "title-dup"))
        page = build(f"article-{number}", "clean", rows)
        page.weight = 2.0           # one line of furniture among ten of text must count
        return page
