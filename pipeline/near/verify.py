"""Whether two texts are one document: what they share and how they differ, read from the texts themselves.

The rule of this file: a sketch only proposes. Two texts are duplicates when most of the shorter one stands in the longer one,
in order or as shingles, and what they differ in is not facts: numbers, names and places in an otherwise equal template are
another document (court notices, weather, statutes of sister counties), other wording is the same one (slips of recognition,
synonyms, variants, a changed headline, a paragraph more or less).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.near.kernels import facts
from pipeline.near.kernels.align import align
from pipeline.near.kernels.facts import count_facts, hash_pair
from pipeline.near.kernels.sets import count_shared, make_sets
from pipeline.record import Texts

__all__ = [
    "PROSE", "REGULAR", "SHORT", "STATUTE", "VERSE", "Cause", "Prepared", "Verdict", "from_canonical", "judge", "prepare",
    "tell_form", "verify",
]

Cause = Literal["exact", "near", "contained"]

# Calibrated on 107 labelled pairs of evaluate.py and 185 of tests/cases/neardup.jsonl, and by reading what was dropped of five
# corpora of news, statutes and manuals, which are full of templates. Five-fold cross-validation of the six shares: precision
# 1.00 and recall 0.99 on the pairs held out, every fold within a tenth of these values. In brackets the nearest pairs.
MIN_SHARED = 0.87       # of the dropped text, in order or as shingles (spun text 0.90 | another statute 0.55, templates to 0.95)
MIN_SHARED_SHORT = (0.78, 0.74, 0.70)   # the same up to SHORT, by kind of verse (a quatrain of two readings 0.71 | others 0.07)
MIN_COVERED = 0.50      # of the kept text (cut to 60 % with a site's furniture 0.58 | policy: a part that is quoted is no copy)
CONTAINED = 0.80        # below this share of the kept text the cause is `contained`
MAX_PHRASES = 0.05      # of the shorter text in phrases that differ (spun text 0.032 | news from one template 0.08)
MAX_PHRASES_SHORT = (0.025, 0.10, 0.30)     # the same up to FEW, by kind of verse, where another word is another reading
MAX_REPEATED = 0.5      # share of one pair of words among those exchanged (spun text 0.36 | statutes from one model 0.9)
REPEATED_PER = 150      # code points for each time that it comes (statutes 45 | words of Taiwan for those of the mainland 175)
ECHO_SHARE = 0.36       # share of all changes that repeat one in the title (农会, 渔会: 0.5 | spun text 0.28)
FACTS_SHARE = 0.5       # facts that differ for each word that does (spun text 0 | statutes of two offices 0.8)
MAX_RATE = 0.15         # numbers that differ among all (copies 0 | notices from one template 0.5)
SHORT = 160             # code points up to which similarity is taken by characters, not shingles
FEW = 400               # code points up to which one fact is enough
LONGEST_VERSE = 1600    # characters of a text that is looked at for verse (长恨歌 has 1,000 with its marks)
TITLE = 60              # code points of the longest first line that is a title
_MAY = 0.45             # shared shingles of the shorter text below which no alignment reaches MIN_SHARED (spun text 0.73)

_NOT_VERSE = re.compile("[0-9A-Za-z０-９]")                       # one character: linear
# A bounded class, tried at the start of the text only: linear. Both scripts.
_STATUTE = re.compile(
    "[^\n。，]{2,56}(?:[条條]例|[办辦]法|[细細][则則]|[规規][程定]|[准準规規][则則]|[标標][准準]|章程|[编編]制表|法)[ \u3000]*\n"
)
_ARTICLES = re.compile("第[ \u3000]?[一1１][ \u3000]?[条條章]|[编編]制表")       # optional single characters: linear
_CLAUSES = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]+")     # one class, no alternatives: linear

PROSE, VERSE, REGULAR, STATUTE = 0, 1, 2, 3     # forms of a text


class Verdict(NamedTuple):
    """What verification found: `cause` is None where the texts are not duplicates; `similarity` is 0 to 1 in any case."""

    cause: Cause | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts made ready to be compared: canonical points and sorted shingle hashes, end to end, with their bounds."""

    points: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    titles: NDArray[np.int64]       # canonical code points of the first line where it is a title, else 0
    forms: NDArray[np.int64]        # PROSE, VERSE, REGULAR or STATUTE
    sets: NDArray[np.uint32]
    set_bounds: NDArray[np.int64]

    def canonical(self, i: int) -> NDArray[np.uint32]:
        """Canonical code points of text `i`."""
        return self.points[self.bounds[i]:self.bounds[i + 1]]

    def shingles(self, i: int) -> NDArray[np.uint32]:
        """Sorted unique shingle hashes of text `i`."""
        return self.sets[self.set_bounds[i]:self.set_bounds[i + 1]]


@cache
def _load_bits() -> NDArray[np.uint16]:
    """The bits of `near_facts` for every code point."""
    bits = {
        "numeral": facts.NUMERAL, "structure": facts.STRUCTURE, "place": facts.PLACE, "surname": facts.SURNAME,
        "sound": facts.SOUND, "lookalike": facts.LOOKALIKE, "facet": facts.FACET, "admin": facts.ADMIN,
        "measure": facts.MEASURE,
    }
    table = np.zeros(0x110000, np.uint16)
    text = (resources.files("pipeline") / "data" / "near_facts.txt").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, characters = line.split("\t")
            table[np.fromiter(map(ord, characters), np.int64)] |= bits[name]
    table[ord("0"):ord("9") + 1] |= facts.DIGIT
    return table


@cache
def _load_synonyms() -> NDArray[np.uint64]:
    """Sorted hashes of the pairs of data/near_synonyms.txt, both ways, without what two words begin and end with alike."""
    text = (resources.files("pipeline") / "data" / "near_synonyms.txt").read_text("utf-8")
    found = []
    for line in text.splitlines():
        for a, b in permutations(line.split() if not line.startswith("#") else (), 2):
            while a and b and a[0] == b[0]:
                a, b = a[1:], b[1:]
            while a and b and a[-1] == b[-1]:
                a, b = a[:-1], b[:-1]
            x, y = (np.fromiter(map(ord, word), np.uint32) for word in (a, b))
            found.append(hash_pair(x, y, 0, len(x), 0, len(y)))
    return np.unique(np.array(found, np.uint64))


def prepare(texts: Sequence[str], size: int) -> Prepared:
    """Fold texts and take their shingle sets of `size` characters."""
    view = Texts.of(texts)
    first_ends = view.starts + np.fromiter((_first_line(t) for t in texts), np.int64, len(texts))
    # Both folds of a text begin at its start, so the title is a prefix of the canonical text.
    points, bounds = canonical_spans(view.points, view.starts, view.ends)
    _, title_bounds = canonical_spans(view.points, view.starts, first_ends)
    titles = np.diff(title_bounds)
    titles[titles > TITLE] = 0
    return from_canonical(points, bounds, titles, np.fromiter(map(tell_form, texts), np.int64, len(texts)), size)


def from_canonical(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], titles: NDArray[np.int64], forms: NDArray[np.int64], size: int
) -> Prepared:
    """As `prepare`, from texts that are canonical already."""
    return Prepared(points, bounds, titles, forms, *make_sets(points, bounds, size))


def tell_form(text: str) -> int:
    """The form of a text: STATUTE by how its title ends, VERSE by its short clauses, REGULAR where they are of one length.

    >>> tell_form("床前明月光，疑是地上霜。举头望明月，低头思故乡。"), tell_form("今天天气很好，我们出去玩。")
    (2, 0)
    >>> tell_form("青石县城乡环境卫生管理办法\\n第一条 为了加强管理，制定本办法。")
    3
    """
    if _STATUTE.match(text) and _ARTICLES.search(text, 0, 800):
        return STATUTE
    if len(text) > LONGEST_VERSE or _NOT_VERSE.search(text):
        return PROSE
    lengths = sorted(map(len, _CLAUSES.findall(text)))
    if len(lengths) < 4 or lengths[-1] > 9:
        return PROSE
    middle = lengths[len(lengths) // 2]
    return REGULAR if lengths.count(middle) >= 0.8 * len(lengths) else VERSE


def _first_line(text: str) -> int:
    """Length of the first line where another follows and it can be a title, else 0."""
    end = text.find("\n", 0, 4 * TITLE)
    return max(end, 0)


def verify(x: Prepared, i: int, y: Prepared, j: int) -> Verdict:
    """Compare text `i` of `x`, which would be dropped, with text `j` of `y`, which would be kept."""
    a, b = x.canonical(i), y.canonical(j)
    shared = count_shared(x.shingles(i), y.shingles(j))
    sizes = len(x.shingles(i)), len(y.shingles(j))
    jaccard = shared / max(1, sum(sizes) - shared)
    lengths = len(a), len(b)
    if min(lengths) == 0:
        return Verdict(None, 0.0)
    if min(lengths) < MIN_COVERED * max(lengths) - TITLE and shared < MIN_COVERED * max(sizes):
        return Verdict(None, jaccard)
    long = min(lengths) > FEW or (min(lengths) > SHORT and x.forms[i] in (PROSE, STATUTE))
    if long and shared < _MAY * min(sizes):
        return Verdict(None, jaccard)
    hunks = np.empty((min(lengths) + 1, 4), np.int32)
    n = align(a, b, hunks)
    counts = np.empty(facts.COUNTS, np.int64)
    count_facts(a, b, int(x.titles[i]), int(y.titles[j]), hunks[:n], _load_bits(), _load_synonyms(), counts)
    return judge(lengths, sizes, shared, counts, (int(x.forms[i]), int(y.forms[j])))


def judge(
    lengths: tuple[int, int], sizes: tuple[int, int], shared: int, counts: NDArray[np.int64], forms: tuple[int, int]
) -> Verdict:
    """Decide from what was counted: canonical lengths and shingles of the dropped and the kept text, and their changes."""
    matched = int(counts[facts.MATCHED])
    of_dropped = max(matched / max(1, lengths[0]), shared / max(1, sizes[0]))
    of_kept = max(matched / max(1, lengths[1]), shared / max(1, sizes[1]))
    similarity = shared / max(1, sizes[0] + sizes[1] - shared)
    short = min(lengths) <= SHORT
    if short:
        similarity = max(similarity, matched / max(lengths))
    verse = min(forms) if max(forms) != STATUTE else PROSE
    least = MIN_SHARED_SHORT[verse] if short or verse else MIN_SHARED
    phrases = MAX_PHRASES_SHORT[verse] if min(lengths) <= FEW else MAX_PHRASES
    if of_dropped < least or of_kept < MIN_COVERED or counts[facts.PHRASES] > phrases * min(lengths):
        return Verdict(None, similarity)
    if min(forms) == STATUTE and counts[facts.RETITLED]:
        return Verdict(None, similarity)        # the title of a statute is what it is, that of an article is how it is sold
    if differ_in_template(min(lengths), counts) or differ_in_facts(min(lengths), counts, verse):
        return Verdict(None, similarity)
    return Verdict("contained" if min(of_dropped, of_kept) < CONTAINED else "near", similarity)


def differ_in_template(length: int, counts: NDArray[np.int64]) -> bool:
    """Whether two texts are one template filled in for two subjects: one word for another throughout, or in the title."""
    repeated, pairs, wording = (int(counts[c]) for c in (facts.REPEATED, facts.PAIRS, facts.WORDING))
    if repeated >= 2 and repeated >= MAX_REPEATED * max(pairs, wording / 2) and repeated * REPEATED_PER >= length:
        return True
    if counts[facts.ECHOED] >= max(1.0, ECHO_SHARE * (wording + int(counts[facts.NAMES]))):
        return True
    return bool(counts[facts.TITLE_PLACE] or (counts[facts.TITLE] and counts[facts.ALL] >= 2))


def differ_in_facts(length: int, counts: NDArray[np.int64], verse: int) -> bool:
    """Whether numbers, names or places differ where copies of one text agree. In verse 三 for 二 is a reading, not a fact."""
    numbers, names, wording = (int(counts[c]) for c in (facts.NUMBERS, facts.NAMES, facts.WORDING))
    found = numbers + names
    if verse:
        return found >= 2 and found > wording
    if length <= FEW:
        return found >= 1 and found >= FACTS_SHARE * wording
    rate = numbers / max(1, numbers + int(counts[facts.AGREED]))
    return found >= 2 and found >= FACTS_SHARE * wording and (rate >= MAX_RATE or names > numbers)
