"""Make tests/cases/neardup.jsonl: labelled pairs of every kind that docs/policy.md names, by seeded mutators and templates.

    python -m tests.make_neardup FOLDER      of seeds_gold/ and boilerplate_more.jsonl, written for this project

Duplicates are made of those texts; templates, poems and names stand in near_material.json. Cases that were rebuilt from public
bug reports (ids F…) are not made here: they stay as they stand in the file.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "cases" / "neardup.jsonl"

MATERIAL: dict[str, Any] = json.loads((Path(__file__).parent / "near_material.json").read_text("utf-8"))


def fill(template: str, rng: random.Random) -> str:
    """Fill a template with facts; one name stands for one fact throughout."""
    facts: dict[str, str] = {}
    used: set[str] = set()

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name not in facts:
            facts[name] = pick(name, rng, used)
        return facts[name]

    return re.sub(r"\{(\w+)\}", one, template)


def pick(name: str, rng: random.Random, used: set[str]) -> str:
    """A fact of a kind."""
    if name in MATERIAL["choices"]:
        return str(rng.choice(MATERIAL["choices"][name].split()))
    if name[0] in "pcz":
        values = MATERIAL[{"p": "people", "c": "counties", "z": "firms"}[name[0]]]
        value = str(rng.choice([x for x in values if x not in used]))
        used.add(value)
        return value
    kinds: dict[str, Callable[[], int]] = {
        "y": lambda: rng.randint(2015, 2023) if name in ("y1", "y2") else rng.randint(1935, 1979),
        "m": lambda: rng.randint(1, 12), "d": lambda: rng.randint(1, 28), "h": lambda: rng.randint(1, 9),
        "n": lambda: rng.randrange(10 ** (int(name[1]) - 1), 10 ** int(name[1])),
    }
    return str(kinds[name[0]]())


def load_bases(folder: Path) -> list[str]:
    """Texts to make duplicates of: windows of the seeds, and the lines to keep of pages."""
    bases = []
    for path in sorted((folder / "seeds_gold").glob("*.txt")):
        lines = path.read_text("utf-8").strip().split("\n")
        window: list[str] = []
        for line in lines:
            window.append(line)
            if sum(map(len, window)) > 700:
                bases.append("\n".join(window))
                window = []
    for row in map(json.loads, (folder / "boilerplate_more.jsonl").read_text("utf-8").strip().split("\n")):
        text = "\n".join(x["text"] for x in row["lines"] if x["label"] == "keep")
        if len(text) >= 350:
            bases.append(text)
    return bases


def swap(text: str, table: dict[str, str], share: float, rng: random.Random) -> str:
    """Put words of a table for others, each with a probability."""
    pattern = re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    return pattern.sub(lambda m: table[m[0]] if rng.random() < share else m[0], text)


def slip(text: str, rng: random.Random) -> str:
    """Light slips of recognition: one in 120 characters mistaken, lost or doubled."""
    out = []
    for ch in text:
        if rng.random() < 1 / 120 and not ch.isspace():
            out.append(rng.choice((MATERIAL["slips"].get(ch, ch), "", ch * 2)))
        else:
            out.append(MATERIAL["slips"][ch] if ch in MATERIAL["slips"] and rng.random() < 0.1 and not ch.isdigit() else ch)
    return "".join(out)


def read_aloud(text: str, rng: random.Random) -> str:
    """Readings in brackets after some words."""
    from pypinyin import Style, lazy_pinyin

    def one(match: re.Match[str]) -> str:
        word = match[0]
        return f"{word}({''.join(lazy_pinyin(word, style=Style.TONE))})" if rng.random() < 0.2 else word

    return re.sub("[\u4e00-\u9fff]{2}", one, text)


def furnish(text: str, rng: random.Random) -> str:
    """A site's furniture before and after."""
    facts = {
        "y": rng.randint(2016, 2023), "m": rng.randint(1, 9), "d": rng.randint(0, 9), "n": rng.randint(10, 9999),
        "s": rng.choice(MATERIAL["firms"]) + "网", "p": rng.choice(MATERIAL["people"]),
    }
    lines = [x.format(**facts) for x in MATERIAL["furniture"]]
    title, _, body = text.partition("\n")
    return "\n".join([lines[0], title, lines[1], body, *lines[2:]])


def cut(text: str, share: float) -> str:
    """The first part of a text, to the end of a sentence."""
    part = text[:int(len(text) * share)]
    return part[:max(part.rfind("。"), part.rfind("\n"), len(part) - 40) + 1]


def add_paragraph(text: str, rng: random.Random) -> str:
    """A paragraph more, somewhere inside."""
    lines = text.split("\n")
    lines.insert(rng.randrange(1, len(lines) + 1), rng.choice(MATERIAL["paragraphs"]))
    return "\n".join(lines)


def convert(text: str, config: str) -> str:
    """OpenCC."""
    import opencc

    converted: str = opencc.OpenCC(config).convert(text)
    return converted


def make_duplicates(bases: list[str], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, text, copy; every mutator on several bases."""
    kinds: dict[str, Callable[[str], str]] = {
        "headline": lambda t: "\n".join([rng.choice(MATERIAL["headlines"]), *(t.split("\n")[1:] or [t])]),
        "headline-prefix": lambda t: rng.choice(("重磅：", "关注｜", "【图】")) + t,
        "source-line": lambda t: f"{t}\n（来源：{rng.choice(MATERIAL['firms'])}日报 记者 {rng.choice(MATERIAL['people'])}）",
        "furniture": lambda t: furnish(t, rng),
        "traditional": lambda t: convert(t, "s2t"),
        "taiwan-words": lambda t: convert(swap(t, MATERIAL["taiwan"], 1, rng), "s2tw"),
        "readings": lambda t: read_aloud(convert(t, "s2t"), rng),
        "slips": lambda t: slip(t, rng),
        "synonyms": lambda t: swap(t, MATERIAL["synonyms"], 0.8, rng),
        "paragraph-more": lambda t: add_paragraph(t, rng),
        "cut-80": lambda t: cut(t, 0.8),
        "cut-65": lambda t: cut(t, 0.66) + "查看全文",
        "punctuation": lambda t: re.sub("[，、]", lambda m: rng.choice(",，、 "), t).replace("\n", "\n\n\u3000\u3000"),
        "one-line": lambda t: t.replace("\n", ""),
        "combo": lambda t: add_paragraph(slip(convert(t, "s2t"), rng), rng),
        "combo-cut": lambda t: swap(cut(t, 0.7), MATERIAL["synonyms"], 0.5, rng),
    }
    for kind, change in kinds.items():
        for base in rng.sample(bases, 4):
            yield kind, base, change(base)
    yield from (("poem", a, b) for a, b in MATERIAL["poems"])


def make_others(bases: list[str], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, text, another text."""
    for kind, template in MATERIAL["templates"].items():
        for _ in range(5):
            a, b = fill(template, rng), fill(template, rng)
            if kind in ("statute", "office-rules"):
                while a.partition("\n")[0] == b.partition("\n")[0]:
                    b = fill(template, rng)
            yield f"template-{kind}", a, b
    for base in rng.sample(bases, 8):
        yield "next-chapter", base[:len(base) // 2], base[len(base) // 2:]
        other = rng.choice([b for b in bases if b is not base])
        longest = max(base.split("\n"), key=len)
        yield "quotes-a-paragraph", f"{other}\n文中写道：{longest[:len(other) // 3]}", base
        yield "another-text", base, other
        yield "a-part", base, cut(base, 0.3)
    yield from (("short", a, b) for a, b in MATERIAL["short_not"])
    texts = [a for a, _ in MATERIAL["poems"]]
    yield from (("other-poem", texts[i], texts[i + 1]) for i in range(0, len(texts) - 1, 2))


def main() -> None:
    """Write the cases."""
    rng = random.Random(20260101)
    bases = load_bases(Path(sys.argv[1]))
    found = [line for line in OUT.read_text("utf-8").splitlines(keepends=True) if line.startswith('{"id": "F')]
    rows = [("dup", *row) for row in make_duplicates(bases, rng)] + [("not", *row) for row in make_others(bases, rng)]
    with OUT.open("w", encoding="utf-8", newline="\n") as out:
        for i, (label, kind, a, b) in enumerate(rows):
            row = {"id": f"N{i:03d}", "label": label, "kind": kind, "a": a, "b": b}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        out.writelines(found)


if __name__ == "__main__":
    main()
