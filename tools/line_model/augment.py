"""Other pages out of labelled ones: cleaned, cut, put together of several, merged, wrapped, without bullets, without stops.

The rule of this file: a line keeps its label wherever it goes; a page of an augmentation is of the fold of all its parts, for the
caller gives pages of one side only.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import numpy as np
from pages import KIND, Page
from synthetic import load_words

Array = np.ndarray[Any, Any]
#: The share of the pages without furniture whose lines are broken: else a page of such lines is taken for a list of headlines.
WRAP = 0.2
#: Lines of prose: their kinds, and canonical characters of the shortest. One whose label names no kind holds a stop, too.
PROSE, COMMENTS, LONG = {KIND[name] for name in ("para", "post", "excerpt")}, KIND["comments"], 24
#: Lines that a page of prose without commas and stops has at the least.
SHORTEST_PROSE = 6
#: The share of such pages that get a block of headlines. With 0.4, and no lists beside, more of other pages stayed on fold 1.
BESET = 0.8
#: What stands at the end of a line in place of a stop.
TAILS = ["~", "...", "!", "~~", "!!", "…", "^^", "。", "~!", " :)", "ㄟ", "啦", "XD"]
#: A clause with the sign behind it: one class, then another that shares no character with it, so that no text is read twice.
_CLAUSE = re.compile("([^，。！？；：,;!?…]+)([，。！？；：,;!?…]*[”’」』]?)")
_STOP = re.compile("[。！？!?]")
_BULLET = re.compile(r"^[•·●○▪■◆►※\-*]\s*")


def pick(page: Page, rows: Any, **change: Any) -> Page:
    rows = np.asarray(rows, np.int64)
    new = Page(page.id + "~", page.set, page.group, [page.lines[i] for i in rows], page.keep[rows], page.title[rows],
               page.kind[rows], page.verdict, page.weight, page.site)
    return replace(new, **change)


def cleaned(rng: random.Random, page: Page) -> Page | None:
    """The page as it should come out; one time in two with a few lines of its furniture left."""
    keep = np.flatnonzero(page.keep == 1)
    if len(keep) < 2:
        return None
    rows = page.keep == 1
    if rng.random() < .5:
        gone = np.flatnonzero(page.keep == 0)
        if len(gone):
            if rng.random() < .6:      # under the text, where extractors leave them
                gone = gone[gone > keep[-1]]
            k = rng.choice([1, 1, 1, 2, 3, 6])
            if len(gone):
                a = rng.randrange(len(gone)) if rng.random() < .5 else 0
                rows = rows.copy()
                rows[gone[a:a + k]] = True
    # A link or a name that is the text of a clean page tells little of it: weights as of any page.
    return pick(page, np.flatnonzero(rows), verdict=0, weight=.6 * page.weight)


def thinned(rng: random.Random, page: Page) -> Page:
    """Without some runs of its furniture: the menu, the foot, a list."""
    rows = np.ones(len(page.lines), bool)
    for _ in range(rng.choice([1, 1, 2, 3])):
        n = len(rows)
        a = rng.randrange(n) if rng.random() < .5 else 0
        b = min(n, a + rng.randrange(1, max(2, n // 2)))
        if rng.random() < .3:
            a, b = n - (b - a), n
        rows[a:b] &= page.keep[a:b] != 0
    return pick(page, np.flatnonzero(rows)) if rows.sum() >= 2 else page


def find_runs(keep: Array, least: int, most: int) -> list[tuple[int, int]]:
    """Runs of furniture of such lengths, as (first, last + 1)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], keep == 0, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if least <= b - a <= most]


def grafted(rng: random.Random, page: Page, other: Page) -> Page:
    """The page with a block of the furniture of another between or under its content."""
    runs, content = find_runs(other.keep, 2, 40), np.flatnonzero(page.keep == 1)
    if not runs or len(content) < 3:
        return page
    a, b = rng.choice(runs)
    at = int(content[-1] if rng.random() < .5 else rng.choice(content[1:])) + 1
    block = pick(other, range(a, b))
    new = chain([pick(page, range(at)), block, pick(page, range(at, len(page.lines)))], page.weight)
    return replace(new, set=page.set, verdict=page.verdict)


def composed(rng: random.Random, a: Page, b: Page, c: Page) -> Page | None:
    """The top of `a`, from the title of `b` to its last line, the foot of `c`."""
    ka, kb, kc = (np.flatnonzero(p.keep == 1) for p in (a, b, c))
    if not len(ka) or not len(kb) or not len(kc):
        return None
    top = np.arange(0, ka[0])
    foot = np.arange(kc[-1] + 1, len(c.lines))
    if rng.random() < .4:
        top = top[-rng.randint(0, 4):]
    if rng.random() < .4:
        foot = foot[:rng.randint(0, 6)]
    under = np.arange(ka[0] + 1, ka[1]) if len(ka) > 1 and a.title[ka[0]] == 1 and rng.random() < .5 else np.zeros(0, int)
    if len(under) > 8:
        under = under[:0]
    parts = [(a, top), (b, np.arange(kb[0], kb[0] + 1)), (a, under), (b, np.arange(kb[0] + 1, kb[-1] + 1)), (c, foot)]
    pages = [pick(p, rows) for p, rows in parts]
    if sum(len(p.lines) for p in pages) > 600:
        return None
    title = np.concatenate([p.title if k in (1, 3) else np.minimum(p.title, 0) for k, p in enumerate(pages)])
    if b.title[kb[0]] < 0:
        title[:] = -1
    return replace(chain(pages, .6), title=title)


def write_list(rng: random.Random, articles: list[Page], sizes: tuple[int, ...] = (5, 10, 15, 20, 30, 45)) -> list[str]:
    """Headlines of articles as a page of lists has them: in one form, cut or whole, with dates, sources, beginnings of the text."""
    words = load_words()
    form = rng.choice(words["item"])
    cut, teaser = rng.choice([0, 0, 0, 14, 20, 26]), rng.choice([0., 0., 0., .15, .5, 1., 1.])
    long, end, dated = rng.choice([30, 50, 80, 120, 200]), rng.choice(words["teaser-end"]), rng.randrange(5)
    source, many, lines = rng.choice(words["item-source"]), rng.choice(sizes), []
    for k in range(rng.randint(max(3, many // 2), many)):
        a = rng.choice(articles)
        title = a.lines[int(np.flatnonzero(a.title == 1)[0])]
        if cut and len(title) > cut:
            title = title[:cut] + "..."
        y, m, d = rng.randint(2003, 2025), rng.randint(1, 12), rng.randint(1, 28)
        date = (f"{y}-{m:02}-{d:02}", f"{m:02}-{d:02}", f"{y}/{m}/{d}", f"{m}月{d}日", f"{y}年{m:02}月{d:02}日")[dated]
        if rng.random() < .3:
            source = rng.choice(words["item-source"])
        item = form.replace("{t}", title).replace("{d}", date).replace("{n}", str(k + 1)).replace("{s}", source)
        lines += item.split("\\n")
        body = [x for x, keep in zip(a.lines, a.keep, strict=True) if keep == 1 and len(x) > 30]
        if body and rng.random() < teaser:
            lines.append(body[0][:long] + end if len(body[0]) > long or rng.random() < .5 else body[0])
    return lines


def listed(rng: random.Random, articles: list[Page], frame: Page) -> Page | None:
    """A page that only lists others, in the furniture of a page."""
    gone, lines = np.flatnonzero(frame.keep == 0), write_list(rng, articles)
    if len(gone) < 3:
        return None
    n = len(lines)
    links = Page("", "", "", lines, np.zeros(n, np.int8), np.zeros(n, np.int8), np.full(n, KIND["related"], np.int8), 1)
    at = rng.randrange(1, len(gone)) if rng.random() < .6 else min(len(gone) - 1, rng.randint(1, 8))
    top, foot = gone[:at], gone[at:]
    if rng.random() < .3:
        top = top[-rng.randint(1, 6):]
    if rng.random() < .3:
        foot = foot[:rng.randint(1, 6)]
    new = chain([pick(frame, top), links, pick(frame, foot)], .5)
    return replace(new, title=np.minimum(new.title, 0), verdict=1)


def beset(rng: random.Random, page: Page, articles: list[Page]) -> Page:
    """The page with a block of the headlines of others: above its title, as papers have it, between its lines, or below."""
    content = np.flatnonzero(page.keep == 1)
    if len(content) < 3:
        return page
    words, where = load_words(), rng.random()
    lines = write_list(rng, articles, (4, 6, 10, 16, 24))
    if rng.random() < .7:
        lines.insert(0, rng.choice(words["list-head"]))
    if where < .35:             # the issue, its parts and their headlines, its own among them
        at = int(content[0])
        if rng.random() < .6:
            title = page.lines[at]
            lines[rng.randrange(len(lines)):0] = [title] if rng.random() < .6 else []
            bar = [x.replace("{k}", str(rng.randint(1, 16))) for x in rng.sample(words["paper"], rng.randint(1, 4))]
            lines = bar + lines if rng.random() < .7 else lines + bar
    else:
        at = int(content[-1] if where > .7 else rng.choice(content[1:])) + 1
    n = len(lines)
    none, links = np.zeros(n, np.int8), np.full(n, KIND["related"], np.int8)
    block = Page("", "", "", lines, none, none if (page.title >= 0).any() else none - 1, links, 0)
    parts = [pick(page, range(at)), block, pick(page, range(at, len(page.lines)))]
    return replace(chain([p for p in parts if len(p.lines)], page.weight), set=page.set, verdict=page.verdict)


def chain(pages: list[Page], weight: float) -> Page:
    """Pages end to end, as one of text."""
    return Page("mix", "mix", "mix", [x for p in pages for x in p.lines], np.concatenate([p.keep for p in pages]),
                np.concatenate([p.title for p in pages]), np.concatenate([p.kind for p in pages]), 0, weight)


def merged(rng: random.Random, page: Page) -> Page:
    """Runs of short lines of one label on one line, as other extractors print menus and tables."""
    mark = rng.choice([" ", " | ", "  ", "　", "\t", " "])
    lines: list[str] = []
    rows: list[int] = []
    run = 0
    for i, line in enumerate(page.lines):
        same = i > 0 and page.keep[i] == page.keep[i - 1] and (page.keep[i] == 0 or page.kind[i] == KIND["table"])
        same = same and page.title[i] != 1 and page.title[i - 1] != 1
        if same and len(line) <= 8 and len(page.lines[i - 1]) <= 8 and run < 14 and page.kind[i] == page.kind[i - 1]:
            lines[-1] += mark + line
            run += 1
        else:
            lines.append(line)
            rows.append(i)
            run = 0
    return pick(page, rows, lines=lines)


def bare_bullets(page: Page) -> Page:
    return pick(page, range(len(page.lines)), lines=[_BULLET.sub("", x) or x for x in page.lines])


def wrapped(rng: random.Random, page: Page) -> Page:
    """Long lines broken at a width, as in plain text and on old sites."""
    width = rng.choice([26, 30, 34, 36, 38, 40, 60, 76])
    lines, rows = [], []
    for i, line in enumerate(page.lines):
        for k in range(0, max(1, len(line)), width):
            if line[k:k + width].strip():
                lines.append(line[k:k + width])
                rows.append(i)
    return pick(page, rows, lines=lines)


def break_clauses(rng: random.Random, text: str, low: int, high: int, gap: str, signs: float, tails: list[str]) -> list[str]:
    """A paragraph as one writes it who ends lines where others set commas: lines of `low` to `high` characters, if that may be.

    `gap` stands where a line goes on behind a clause, `signs` is the share of signs that stay, `tails` end a line.
    """
    lines, line, width, sign = [], "", rng.randint(low, high), ""
    for clause, after in _CLAUSE.findall(text):
        if line and len(line) + len(clause) > width:
            lines.append(line + (sign if rng.random() < signs else rng.choice(tails)))
            line, width = "", rng.randint(low, high)
        elif line:
            line += sign if rng.random() < signs else gap
        line, sign = line + clause.strip(), after
    return [*lines, line + (sign if rng.random() < signs else rng.choice(tails))] if line else lines


def unpunctuated(rng: random.Random, page: Page) -> Page | None:
    """Its prose in lines without commas and stops, as in blogs, posts, lyrics; what is furniture stays as it is, but for comments.

    One hand wrote the page: widths, gaps and tails are drawn once.
    """
    low = rng.randint(5, 18)
    high, gap = low + rng.randint(3, 24), rng.choice([" ", " ", "　", ""])
    signs = rng.choice([0.0, 0.0, 0.05, 0.2])
    tails = [""] * rng.choice([3, 8, 20, 60]) + rng.sample(TAILS, 3)
    talk, lines, rows, n = rng.random() < .5, [], [], 0
    for i, line in enumerate(page.lines):
        kind, prose = page.kind[i], len(line) >= LONG and bool(_STOP.search(line))
        own = page.keep[i] == 1 and page.title[i] != 1 and (kind in PROSE or kind < 0) and prose
        broken = break_clauses(rng, line, low, high, gap, signs, tails) if own or (talk and kind == COMMENTS) else [line]
        lines += broken or [line]
        rows += [i] * max(1, len(broken))
        n += own * len(broken)
    return pick(page, rows, lines=lines, weight=.5) if n >= SHORTEST_PROSE else None


def write_plainly(rng: random.Random, text: list[Page], framed: list[Page], headed: list[Page]) -> Page | None:
    """A page of such prose: in its own furniture, in that of two others, or beset by headlines, which look much like its lines."""
    page, where = unpunctuated(rng, rng.choice(text)), rng.random()
    if page and where < .4:
        page = composed(rng, rng.choice(framed), page, rng.choice(framed))
    elif page and where < .5:
        page = cleaned(rng, page)
    return beset(rng, page, headed) if page and headed and rng.random() < BESET else page


def changed(
    rng: random.Random, page: Page, framed: list[Page], graft: float, headed: list[Page] | None = None, siege: float = 0.0,
) -> Page:
    """A page as it is, or as another reader or another page of its site might have it."""
    r = rng.random()
    if r < .25:
        page = thinned(rng, page)
    elif r < .40:
        page = merged(rng, page)
    elif r < .46:
        page = wrapped(rng, page)
    if page.verdict == 0 and framed and rng.random() < graft:
        page = grafted(rng, page, rng.choice(framed))
    if page.verdict == 0 and headed and rng.random() < siege:
        page = beset(rng, page, headed)
    return bare_bullets(page) if rng.random() < .3 else page


def augment(
    pages: list[Page], rng: random.Random, n_composed: int, clean: float = .25, made: list[Page] | None = None, n_listed: int = 0,
    graft: float = 0.0, siege: float = 0.0, n_plain: int = 0,
) -> list[Page]:
    """One epoch: each page once, as it is or changed, and others made of them."""
    text = [p for p in pages if p.verdict == 0 and (p.keep == 1).sum() >= 2]
    framed = [p for p in text if (p.keep == 0).sum() >= 3]
    bare = [p for p in pages if p.verdict > 0 and len(p.lines) >= 10]
    headed = [p for p in text if (p.title == 1).any()]
    out: list[Page | None] = [changed(rng, p, framed, graft, headed, siege) for p in pages]
    bare_text = (cleaned(rng, p) for p in text if rng.random() < clean)
    out += [wrapped(rng, p) if p and rng.random() < WRAP else p for p in bare_text]
    out += [listed(rng, headed, rng.choice(bare if bare and rng.random() < .6 else framed)) for _ in range(n_listed)]
    out += [write_plainly(rng, text, framed, headed) for _ in range(n_plain if framed else 0)]
    mixed = [composed(rng, rng.choice(framed), rng.choice(text), rng.choice(framed)) for _ in range(n_composed if framed else 0)]
    for page in made or ():
        if page.set == "clean":
            out.append(page)
        else:
            mixed.append(composed(rng, rng.choice(framed), page, rng.choice(framed)) if rng.random() < .85 else page)
    mixed = [beset(rng, p, headed) if p and headed and rng.random() < siege else p for p in mixed]
    out += [bare_bullets(p) if p and rng.random() < .3 else p for p in mixed]
    return [p for p in out if p and len(p.lines)]
