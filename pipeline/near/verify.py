"""Whether two texts are one document: what they share and how they differ, read from the texts themselves.

The rule of this file: a sketch only proposes. Two texts are duplicates when most of the shorter one stands in the longer one,
in order or as shingles, and what they differ in is not facts: numbers, names and places in an otherwise equal template are
another document (court notices, weather, statutes of sister counties), and so is one statement turned round (a negation, an
opposite, a sign, subject and object exchanged). Other wording is the same one: slips of recognition, synonyms, variants, a changed
headline, a paragraph more or less, elsewhere or in other words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near.form import form_spans
from pipeline.near.kernels import facts, passages
from pipeline.near.kernels.align import align
from pipeline.near.kernels.facts import count_facts
from pipeline.near.kernels.passages import measure_passages
from pipeline.near.kernels.sets import count_shared, make_sets
from pipeline.near.kernels.turns import Pair
from pipeline.near.opposites import load_tables
from pipeline.record import Texts

__all__ = [
    "LIST", "PROSE", "REGULAR", "SHORT", "STATUTE", "VERSE", "Cause", "Prepared", "Verdict", "from_canonical", "judge", "prepare",
    "tell_form", "verify",
]

Cause = Literal["exact", "near", "contained"]

# Calibrated on 107 labelled pairs of evaluate.py and 204 of tests/cases/neardup.jsonl, and by reading what was dropped of five
# corpora of news, statutes and manuals, which are full of templates. Five-fold cross-validation of the six shares: precision
# 1.00 and recall 0.99 on the pairs held out, every fold within a tenth of these values. In brackets the nearest pairs.
MIN_SHARED = 0.87       # of the dropped text, in order or as shingles (spun text 0.90 | another statute 0.55, templates to 0.95)
MIN_SHARED_SHORT = (0.78, 0.74, 0.70)   # the same up to SHORT, by kind of verse (a quatrain of two readings 0.71 | others 0.07)
MIN_COVERED = 0.50      # of the kept text (cut to 60 % with a site's furniture 0.58 | policy: a part that is quoted is no copy)
CONTAINED = 0.80        # below this share of the kept text the cause is `contained`
MAX_PHRASES = 0.05      # of the shorter text in phrases that differ (spun text 0.032 | news from one template 0.08)
MAX_PHRASES_SHORT = (0.025, 0.10, 0.30)     # the same up to FEW, by kind of verse, where another word is another reading
MAX_PHRASES_SHORTEST = 0.012    # the same up to SHORT in prose, so that a word of two characters is a fact (2 of 160: 0.0125)
MAX_REPEATED = 0.5      # share of one pair of words among those exchanged (spun text 0.36 | statutes from one model 0.9)
REPEATED_PER = 150      # code points for each time that it comes (statutes 45 | words of Taiwan for those of the mainland 175)
ECHO_SHARE = 0.36       # share of all changes that repeat one in the title (农会, 渔会: 0.5 | spun text 0.28)
FACTS_SHARE = 0.5       # facts that differ for each word that does (spun text 0 | statutes of two offices 0.8)
# Changes that turn a statement round for each other word that differs (an opposite beside two edited words 0.33 | slips of
# recognition of which one hits a negator 0.1).
TURNS_SHARE = 0.2
MIN_FRAMED = 0.60       # as MIN_SHARED_SHORT, of texts that differ in their frame alone (a flash of 35 and a dateline of 11: 0.74)
MAX_FRAME = 24          # code points of a dateline or source line
# As MIN_SHARED and MIN_COVERED, of texts that were edited by whole passages (a real repost 0.83 | items of one topic 0.66).
MIN_EDITED = 0.75
# Similarity of these (the same repost 0.65, made ones from 0.60 | timetables of two years, lists of links 0.57).
MIN_EDITED_JACCARD = 0.58
MAX_LOST = 0.015        # as MAX_PHRASES, of phrases that the kept text lacks (that repost 0.006 | statements of two years 0.04)
EDITED_FROM = 250       # code points from which a text is looked at like this: shorter ones have no passages to speak of
MAX_REWORDED = 0.25     # of the shorter text in passages in other words (made leads to 0.22; one paragraph of four is none)
MANY_NUMBERS = 3        # numbers that differ, whatever the rate, where little else does (figures of another day 3 and more)
MAX_LISTED = 3          # as MAX_SAME, in a list (小型车, 中型车: 6)
MIN_LISTED = 0.97       # as MIN_SHARED, of lists, where every item is what they say
MAX_SAME = 8            # times that one change may come in a statute (slips 6 | an office abolished 20)
MAX_IDENTIFIERS = 4     # changes inside words of letters (slips of recognition 0 to 2 | pages of two symbols 9 and more)
IDENTIFIERS_SHARE = 0.25    # of all changes
MAX_RATE = 0.15         # numbers that differ among all (copies 0 | notices from one template 0.5)
SHORT = 160             # code points up to which similarity is taken by characters, not shingles
FEW = 400               # code points up to which one fact is enough
LONGEST_VERSE = 1600    # characters of a text that is looked at for verse (长恨歌 has 1,000 with its marks)
_SENTENCE_ENDS = "。！？；"
NO_TITLE = -1           # for the length of a title: the text begins with a sentence
LONGEST_HEAD = 600      # characters up to which the first sentence is looked for
TITLE = 60              # code points of the longest first line that is a title
LISTED = 0.25           # of the characters stand in sentences at most in a list (articles 0.7 and more)
LISTED_FROM, LISTED_TO = 160, 8_000     # characters from which a text may be a list, and up to which it is read for that
_MAY = 0.45             # shared shingles of the shorter text below which no alignment reaches MIN_SHARED (spun text 0.73)

_NOT_VERSE = re.compile("[0-9A-Za-z０-９]")                       # one character: linear
# A bounded class, tried at the start of the text only: linear. Both scripts.
_STATUTE = re.compile(
    "[^\n。，]{2,56}(?:[条條]例|[办辦]法|[细細][则則]|[规規][程定]|[准準规規][则則]|[标標][准準]|章程|[编編]制表|法)[ \u3000]*\n"
)
_ARTICLES = re.compile("第[ \u3000]?[一1１][ \u3000]?[条條章]|[编編]制表")       # optional single characters: linear
# A class and bounded repeats after a fixed start: linear.
_ARTICLE = re.compile("\n[ \u3000#*]{0,8}第[ \u3000]?[0-9〇零一二三四五六七八九十百]{1,6}[ \u3000]?[条條]")
_HAN = re.compile("[\u3400-\u9fff]")                              # one character: linear
_BULLETS = "•·●■◆▪◇□"
_CLAUSES = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]+")     # one class, no alternatives: linear

PROSE, VERSE, REGULAR, STATUTE, LIST = 0, 1, 2, 3, 4     # forms of a text


class Verdict(NamedTuple):
    """What verification found: `cause` is None where the texts are not duplicates; `similarity` is 0 to 1 in any case."""

    cause: Cause | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Texts made ready to be compared: canonical points and sorted shingle hashes, end to end, with their bounds."""

    points: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    titles: NDArray[np.int64]       # canonical code points of the first line where it is a title, 0 or NO_TITLE
    bodies: NDArray[np.int64]       # canonical code points before the line of the first sentence
    forms: NDArray[np.int64]        # PROSE, VERSE, REGULAR or STATUTE
    sets: NDArray[np.uint32]
    set_bounds: NDArray[np.int64]
    shingle: int                    # characters of a shingle

    def canonical(self, i: int) -> NDArray[np.uint32]:
        """Canonical code points of text `i`."""
        return self.points[self.bounds[i]:self.bounds[i + 1]]

    def shingles(self, i: int) -> NDArray[np.uint32]:
        """Sorted unique shingle hashes of text `i`."""
        return self.sets[self.set_bounds[i]:self.set_bounds[i + 1]]


def prepare(texts: Sequence[str], size: int) -> Prepared:
    """Fold texts and take their shingle sets of `size` characters."""
    view = Texts.of(texts)
    lines = np.fromiter((_first_line(t) for t in texts), np.int64, len(texts))
    first_ends = view.starts + lines.clip(min=0)
    bodies = view.starts + np.fromiter(map(_find_body, texts), np.int64, len(texts))
    # Both folds of a text begin at its start, so the title is a prefix of the canonical text.
    points, bounds = form_spans(view.points, view.starts, view.ends)
    _, title_bounds = form_spans(view.points, view.starts, first_ends)
    titles = np.diff(title_bounds)
    titles[titles > TITLE] = 0
    titles[lines < 0] = NO_TITLE
    _, body_bounds = form_spans(view.points, view.starts, bodies)
    forms = np.fromiter(map(tell_form, texts), np.int64, len(texts))
    return from_canonical(points, bounds, titles, np.diff(body_bounds), forms, size)


def from_canonical(
    points: NDArray[np.uint32], bounds: NDArray[np.int64], titles: NDArray[np.int64], bodies: NDArray[np.int64],
    forms: NDArray[np.int64], size: int,
) -> Prepared:
    """As `prepare`, from texts that are canonical already."""
    return Prepared(points, bounds, titles, bodies, forms, *make_sets(points, bounds, size), size)


def tell_form(text: str) -> int:
    """The form of a text: STATUTE by how its title ends, VERSE by its short clauses, REGULAR where they are of one length.

    >>> tell_form("床前明月光，疑是地上霜。举头望明月，低头思故乡。"), tell_form("今天天气很好，我们出去玩。")
    (2, 0)
    >>> tell_form("青石县城乡环境卫生管理办法\\n第一条 为了加强管理，制定本办法。")
    3
    """
    if (_STATUTE.match(text) and _ARTICLES.search(text, 0, 800)) or len(_ARTICLE.findall(text, 0, 4_000)) >= 3:
        return STATUTE
    if len(text) > LONGEST_VERSE or _NOT_VERSE.search(text):
        return LIST if is_list(text) else PROSE
    lengths = sorted(map(len, _CLAUSES.findall(text)))
    if len(lengths) < 4 or lengths[-1] > 9:
        return LIST if is_list(text) else PROSE
    middle = lengths[len(lengths) // 2]
    return REGULAR if lengths.count(middle) >= 0.8 * len(lengths) else VERSE


def _is_sentence(line: str) -> bool:
    """Whether a line says something, and does not name it."""
    if "。" in line or "；" in line:
        return True
    return bool(line) and line[0] not in _BULLETS and (line[-1] in "！？" or line.count("，") >= 2)


def is_list(text: str) -> bool:
    """Whether next to nothing of a text stands in lines that are sentences: links, catalogues, tables. Code is not looked at."""
    if len(text) < LISTED_FROM:
        return False
    read, said, items = 0, 0, 0
    lines = text[:LISTED_TO].split("\n")
    for line in lines:
        items += line[:1] in _BULLETS and bool(line)
        size = len(line) * bool(_HAN.search(line))
        read += size
        said += size * _is_sentence(line)
    return said < LISTED * read or 2 * items > len(lines)


def _first_line(text: str) -> int:
    """Length of the first line where another follows and it can be a title, else 0; NO_TITLE where it ends like a sentence."""
    end = text.find("\n", 0, 4 * TITLE)
    return max(end, 0) if end <= 0 or text[end - 1] not in _SENTENCE_ENDS else NO_TITLE


def _find_body(text: str) -> int:
    """Where the line of the first sentence begins: before it stand titles, sources, menus. 0 where none is near."""
    end = text.find("。", 0, LONGEST_HEAD)
    return text.rfind("\n", 0, end) + 1 if end >= 0 else 0


class Evidence(NamedTuple):
    """What was counted of two texts, of which the first would be dropped."""

    length: int                     # code points of the shorter one
    forms: tuple[int, int]
    similarity: float
    shares: tuple[float, float]     # of each text, what stands in the other: in order, as shingles, moved or reworded
    counts: list[int]               # columns of kernels.facts
    measures: list[int]             # columns of kernels.passages: zero until they are measured
    framed: bool                    # one short text with other furniture before and behind

    @property
    def verse(self) -> int:
        """The kind of verse that both are, or PROSE."""
        return find_verse(self.forms)


def find_verse(forms: tuple[int, int]) -> int:
    """The kind of verse that two texts of these forms are, or PROSE."""
    return min(forms) if max(forms) < STATUTE else PROSE


def verify(x: Prepared, i: int, y: Prepared, j: int) -> Verdict:
    """Compare text `i` of `x`, which would be dropped, with text `j` of `y`, which would be kept."""
    a, b = x.canonical(i), y.canonical(j)
    sets = x.shingles(i), y.shingles(j)
    shared = int(count_shared(*sets))
    sizes, lengths = (len(sets[0]), len(sets[1])), (len(a), len(b))
    jaccard = shared / max(1, sum(sizes) - shared)
    if min(lengths) == 0:
        return Verdict(None, 0.0)
    if min(lengths) < MIN_COVERED * max(lengths) - TITLE and shared < MIN_COVERED * max(sizes):
        return Verdict(None, jaccard)
    forms = int(x.forms[i]), int(y.forms[j])
    if (min(lengths) > FEW or (min(lengths) > SHORT and forms[0] in (PROSE, STATUTE))) and shared < _MAY * min(sizes):
        return Verdict(None, jaccard)
    hunks = np.empty((min(lengths) + 1, 4), np.int32)
    hunks = hunks[:align(a, b, hunks)]
    pair = Pair(a, b, int(x.titles[i]), int(y.titles[j]), find_verse(forms) != PROSE, int(x.bodies[i]), int(y.bodies[j]))
    settled, measures = np.zeros(len(hunks), np.bool_), np.zeros(passages.MEASURES, np.int64)
    evidence = _weigh(pair, hunks, settled, measures, (shared, *sizes), forms)
    verdict = judge(evidence)
    if verdict.cause or not may_be_edited(evidence, hunks):
        return verdict
    measure_passages(pair, hunks, *sets, y.shingle, load_tables(), settled, measures)
    return judge(_weigh(pair, hunks, settled, measures, (shared, *sizes), forms), edited=True)


def _weigh(
    pair: Pair, hunks: NDArray[np.int32], settled: NDArray[np.bool_], measures: NDArray[np.int64],
    shingles: tuple[int, int, int], forms: tuple[int, int],
) -> Evidence:
    """Count the facts and put together what is known. `shingles`: how many both, the first and the second have."""
    counted = np.empty(facts.COUNTS, np.int64)
    count_facts(pair, hunks, settled, load_tables(), counted)
    counts, more, lengths = counted.tolist(), measures.tolist(), (len(pair.a), len(pair.b))
    matched = counts[facts.MATCHED]
    shared, *sizes = shingles
    similarity = shared / max(1, sum(sizes) - shared)
    of_dropped = max((matched + more[passages.MOVED_A] + more[passages.REWORDED_A]) / lengths[0], shared / max(1, sizes[0]))
    of_kept = max((matched + more[passages.MOVED_B] + more[passages.REWORDED_B]) / lengths[1], shared / max(1, sizes[1]))
    framed = False
    if min(lengths) <= SHORT:
        similarity = max(similarity, matched / max(lengths))
        framed = is_framed(lengths, hunks)
    return Evidence(min(lengths), forms, similarity, (of_dropped, of_kept), counts, more, framed)


def is_framed(lengths: tuple[int, int], hunks: NDArray[np.int32]) -> bool:
    """Whether short texts differ in nothing but what one has more before and one behind: a news flash with its sources."""
    for a0, a1, b0, b1 in hunks.tolist():
        at_edge = (a0 == 0 and b0 == 0) or (a1 == lengths[0] and b1 == lengths[1])
        if not at_edge or min(a1 - a0, b1 - b0) > 0 or a1 - a0 > MAX_FRAME:
            return False
    return True


def may_be_edited(evidence: Evidence, hunks: NDArray[np.int32]) -> bool:
    """Whether a closer look may show one text in two versions: long prose, most of it shared, a passage that is not."""
    if evidence.length < EDITED_FROM or max(evidence.forms) != PROSE or min(evidence.shares) < MIN_COVERED:
        return False
    return evidence.similarity >= MIN_EDITED_JACCARD and bool((hunks[:, 1::2] - hunks[:, ::2] >= facts.PASSAGE).any())


def judge(evidence: Evidence, *, edited: bool = False) -> Verdict:
    """Decide from what was counted. `edited` says that passages were measured: what was moved or reworded is shared."""
    counts, length, verse = evidence.counts, evidence.length, evidence.verse
    of_dropped, of_kept = evidence.shares
    nothing = Verdict(None, evidence.similarity)
    least = MIN_SHARED_SHORT[verse] if length <= SHORT or verse else MIN_SHARED
    covered = MIN_COVERED
    phrases = MAX_PHRASES_SHORT[verse] if length <= FEW else MAX_PHRASES
    if length <= SHORT and not verse:
        phrases = MAX_PHRASES_SHORTEST
    if evidence.framed:
        least = MIN_FRAMED
    if edited:
        least, covered, phrases = MIN_EDITED, MIN_EDITED, MAX_LOST
        if not is_edited(evidence):
            return nothing
    if of_dropped < least or of_kept < covered or counts[facts.PHRASES] - edited * counts[facts.PUT] > phrases * length:
        return nothing
    if differ_in_content(evidence) or differ_in_template(length, counts) or differ_in_facts(length, counts, verse):
        return nothing
    return Verdict("contained" if min(of_dropped, of_kept) < CONTAINED else "near", evidence.similarity)


def differ_in_content(evidence: Evidence) -> bool:
    """Whether one says what the other does not say: rewritten phrases, a revised statute, other items of a list."""
    counts, forms = evidence.counts, evidence.forms
    if evidence.verse:
        return False
    if STATUTE in forms:
        # The title of a statute is what it is, that of an article is how it is sold.
        changed = counts[facts.RETITLED] or counts[facts.REVISED] or counts[facts.ALL]
        return bool(changed or counts[facts.SAME] >= MAX_SAME)
    if counts[facts.IDENTIFIERS] >= MAX_IDENTIFIERS and counts[facts.IDENTIFIERS] >= IDENTIFIERS_SHARE * counts[facts.WORDING]:
        return True
    if max(forms) == LIST:
        lost = counts[facts.LOST] or counts[facts.REPLACED] or counts[facts.SAME] >= MAX_LISTED
        return bool(lost or evidence.shares[0] < MIN_LISTED)
    if evidence.length <= FEW and (counts[facts.LOST] or counts[facts.OTHER_TITLE]):
        return True
    return counts[facts.REWRITTEN] > 0


def is_edited(evidence: Evidence) -> bool:
    """Whether one text is another one edited by passages: what was moved or put in other words apart, no fact differs."""
    counts, measures = evidence.counts, evidence.measures
    reworded = max(measures[passages.REWORDED_A], measures[passages.REWORDED_B])
    found = counts[facts.NUMBERS] + counts[facts.NAMES] + counts[facts.TURNS]
    return not found and reworded <= MAX_REWORDED * evidence.length


def differ_in_template(length: int, counts: list[int]) -> bool:
    """Whether two texts are one template filled in for two subjects: one word for another throughout, or in the title."""
    repeated, pairs, wording = counts[facts.REPEATED], counts[facts.PAIRS], counts[facts.WORDING]
    if repeated >= 2 and repeated >= MAX_REPEATED * max(pairs, wording / 2) and repeated * REPEATED_PER >= length:
        return True
    if counts[facts.ECHOED] >= max(1.0, ECHO_SHARE * (wording + counts[facts.NAMES])):
        return True
    return bool(counts[facts.TITLE_PLACE] or (counts[facts.TITLE] and counts[facts.ALL] >= 2))


def differ_in_facts(length: int, counts: list[int], verse: int) -> bool:
    """Whether numbers, names or places differ where copies of one text agree. In verse 三 for 二 is a reading, not a fact."""
    numbers, names, wording, turns = counts[facts.NUMBERS], counts[facts.NAMES], counts[facts.WORDING], counts[facts.TURNS]
    found = numbers + names
    if verse:
        return found + turns >= 2 and found + turns > wording
    if turns and turns >= TURNS_SHARE * wording:
        return True
    found += turns
    if length <= FEW:
        return found >= 1 and found >= FACTS_SHARE * wording
    rate = numbers / max(1, numbers + counts[facts.AGREED])
    many = numbers >= MANY_NUMBERS and numbers >= 2 * wording
    return found >= 2 and found >= FACTS_SHARE * wording and (rate >= MAX_RATE or names > numbers or many)
