"""Script: which script a document is in, and conversion into the one that is wanted.

Conversion is OpenCC's, by phrase, with the configuration named in `_CONFIGS`; it sees only the lines that it can change. What
machine conversion from simplified gets wrong (製度, 體係, 若幹) comes right by t2s itself; the characters that t2s must leave to
context (著 瞭 藉) are put right by the words of `data/script_heal.tsv`, in documents that are traditional. Simplified documents
keep names and terms in traditional characters. Japanese and Korean documents are left alone, and so are such runs in Chinese lines.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN, HANGUL, KANA, SIMPLIFIED, TRADITIONAL, TRADITIONAL_ONLY, load_classes
from pipeline.edits import Edit, Found, Proposal
from pipeline.options import ScriptOptions
from pipeline.record import Texts
from pipeline.stages.script.kernels import count_scripts

__all__ = ["LABELS", "label", "propose"]

LABELS = ("simplified", "traditional", "mixed", "japanese", "korean", "other")
_SIMPLIFIED, _TRADITIONAL, _MIXED, _JAPANESE, _KOREAN, _OTHER = range(6)
#: How a document's traditional characters are converted: not those that may be names; all of them; all but words that simplified
#: text keeps as well, where nothing else in the document is of one script.
_NAMES, _ALL, _UNMARKED = range(3)
#: Taiwan and Hong Kong by character forms (s2tw, s2hk), not s2twp or s2hkp: those also swap words (软件 to 軟體), which is content.
_CONFIGS = {"simplified": "t2s", "taiwan": "s2tw", "hongkong": "s2hk"}
#: Shares of hanzi, kana and Hangul. Japanese prose has 40 to 60 % kana, headlines 20; Chinese articles on Japan stay below 5.
_MIN_KANA, _MIN_HANGUL = 0.15, 0.3
#: Share of the minority among the hanzi that belong to one script only: traditional quotations and names reach 2 % in simplified
#: text; simplified forms in Taiwan's statutes (群 for 羣, 台 …) 1 %.
_MINORITY = 0.1
#: Less hanzi than this share of hanzi and Latin letters is a text in another language.
_MIN_HAN = 0.05
#: Changed characters this near to one another are one edit: 60,000 edits a megabyte become 15,000, and the audit reads better.
_JOIN = 12
#: Fewer characters of the other script than these are a name or a slip, and the text is not mixed for them, unless it is a phrase
#: of no more hanzi than those.
_MIN_MINOR = 3
_SHORT = 16
#: In simplified documents a traditional character alone in its line may be a name or a term (王丙乾, 油菜薹, 二噁英): it is
#: converted only if it is a common one, in nats of `pipeline.chinese.plausibility` (內 7.4, 拋 11.6; 樑 13.3, 薹 14.7).
_COMMON = 12.5
#: Two disjoint classes, and one: linear.
_FOREIGN = re.compile("[\u3005\u3040-\u30ff\u4e00-\u9fff]+|[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


class _Heal(NamedTuple):
    natural: str
    stays: re.Pattern[str]      # matched at the character before it


def propose(texts: Texts, options: ScriptOptions) -> Proposal:
    """Edits that convert to the wanted script; the script of every document as `script`, as it is before the conversion."""
    counts = _count(texts, texts.starts, texts.ends)
    labels = _label(counts)
    for doc in np.flatnonzero(labels == _JAPANESE).tolist():
        if not _is_japanese(texts.text(doc)):
            counts[doc, 2] = 0
            labels[doc] = _label(counts[doc:doc + 1])[0]
    found = [Found(doc, "script", LABELS[k]) for doc, k in enumerate(labels.tolist())]
    if options.target == "none":
        return Proposal((), found)
    whole = np.where((labels == _TRADITIONAL) | (labels == _MIXED), _ALL, _NAMES)
    whole[(counts[:, 4] + counts[:, 5] == 0) & (counts[:, 6] > 0)] = _UNMARKED
    chosen = _choose(texts, labels, whole, options.target)
    edits = _convert(texts, chosen, whole, options.target) if len(chosen) else ()
    return Proposal(edits, found)


def label(texts: Texts, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """The script of each span of `texts.joined` (documents, lines), as an index into LABELS. Hanzi of no one script are simplified.

    >>> texts = Texts.of(["标准", "標準", "标準規則体系", "東京の図書館です", "서울시", "standard"])
    >>> [LABELS[k] for k in label(texts, texts.starts, texts.ends)]
    ['simplified', 'traditional', 'mixed', 'japanese', 'korean', 'other']
    """
    return _label(_count(texts, start, end))


def _count(texts: Texts, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.empty((len(start), 7), np.int64)
    count_scripts(texts.points, load_classes(), start, end, counts)
    return counts


def _label(counts: NDArray[np.int64], short: int = _SHORT) -> NDArray[np.int64]:
    han, latin, kana, hangul, simplified, traditional, _ = counts.T
    asian = han + kana + hangul
    minor = np.minimum(traditional, simplified)
    mixed = (minor > _MINORITY * (traditional + simplified)) & ((minor >= _MIN_MINOR) | (han <= short))
    return np.select(
        [
            (asian == 0) | (asian < _MIN_HAN * (asian + latin)), hangul > _MIN_HANGUL * asian, kana > _MIN_KANA * asian,
            mixed, traditional > simplified,
        ],
        [_OTHER, _KOREAN, _JAPANESE, _MIXED, _TRADITIONAL],
        _SIMPLIFIED,
    )


def _choose(
    texts: Texts, labels: NDArray[np.int64], whole: NDArray[np.int64], target: str
) -> NDArray[np.int64]:
    """Lines that conversion can change, in documents that are Chinese.

    A result of t2s holds no TRADITIONAL_ONLY character, so that a converted document is not converted again.
    """
    lines = texts.lines
    of_doc = labels[lines.doc]
    chinese = (of_doc != _JAPANESE) & (of_doc != _KOREAN)
    if target != "simplified":
        whole = (of_doc == _SIMPLIFIED) & (lines.seen & HAN > 0)
        return np.flatnonzero(chinese & (whole | (lines.seen & SIMPLIFIED > 0)))
    chosen = (lines.seen & TRADITIONAL_ONLY > 0) | ((lines.seen & TRADITIONAL > 0) & (whole[lines.doc] != _NAMES))
    docs = np.flatnonzero(whole != _NAMES).tolist()
    for sign in _UNSEEN:                        # lines whose only traditional form is one of these
        for d in docs:
            at = texts.joined.find(sign, texts.starts[d], texts.ends[d])
            while at >= 0:
                line = int(np.searchsorted(lines.end, at, side="left"))
                chosen[line] = True
                at = texts.joined.find(sign, lines.end[line], texts.ends[d])
    return np.flatnonzero(chosen & chinese)


def _convert(texts: Texts, chosen: NDArray[np.int64], whole: NDArray[np.int64], target: str) -> list[Edit]:
    """Edits that convert these lines: one call for all of them, then a comparison by code points."""
    convert = _load_converter(target)
    before = _join(texts, chosen)
    after = convert(before)
    if len(after) == len(before):
        return _compare(texts, chosen, whole, target, before, after)
    edits, same = [], np.ones(len(chosen), np.bool_)    # a phrase of another length: its whole line is one edit
    for k, line in enumerate(before.split("\n")):
        put = convert(line)
        if len(put) != len(line):
            same[k] = False
            i = chosen[k]
            edits.append(Edit(int(texts.lines.start[i]), int(texts.lines.end[i]), put, "script"))
    before = _join(texts, chosen[same])
    return sorted(edits + _compare(texts, chosen[same], whole, target, before, convert(before)))


def _join(texts: Texts, chosen: NDArray[np.int64]) -> str:
    starts, ends = texts.lines.start[chosen].tolist(), texts.lines.end[chosen].tolist()
    return "\n".join([texts.joined[a:b] for a, b in zip(starts, ends, strict=True)])


def _compare(
    texts: Texts, chosen: NDArray[np.int64], whole: NDArray[np.int64], target: str, before: str, after: str
) -> list[Edit]:
    """Edits from lines and their conversion, joined by LF and of equal length."""
    lines = texts.lines
    start = lines.start[chosen]
    length = lines.end[chosen] - start
    offset = np.cumsum(length + 1) - length - 1
    how = whole[lines.doc[chosen]]
    old = np.frombuffer(before.encode("utf-32-le"), np.uint32)
    new = np.frombuffer(after.encode("utf-32-le"), np.uint32).copy()
    if target == "simplified":
        healed = _heal(texts, after, offset, lines.doc[chosen], how != _NAMES)
        new[list(healed)] = list(healed.values())
    differs = old != new
    for k in np.flatnonzero(lines.seen[chosen] & (KANA | HANGUL)).tolist():
        a = int(offset[k])
        for run in _FOREIGN.finditer(before, a, a + int(length[k])):
            if _is_foreign(run[0]):
                differs[run.start():run.end()] = False
    if target == "simplified":
        for k in np.flatnonzero(how == _UNMARKED).tolist():
            a = int(offset[k])
            for word in _load_kept().finditer(before, a, a + int(length[k])):
                differs[word.start():word.end()] = False
        alone = np.flatnonzero(how == _NAMES)
        counts = _count(texts, start[alone], start[alone] + length[alone])
        alone = alone[~np.isin(_label(counts, 0), (_TRADITIONAL, _MIXED))]
        for k in alone.tolist():
            span = slice(int(offset[k]), int(offset[k] + length[k]))
            differs[span] &= _is_common(old[span]) & (new[span] < 0x10000)
    at = np.flatnonzero(differs)
    if not len(at):
        return []
    after = np.where(differs, new, old).tobytes().decode("utf-32-le")
    line = np.searchsorted(offset, at, side="right") - 1
    opens = np.r_[True, (np.diff(at) > _JOIN) | (np.diff(line) > 0)]
    first, last = at[opens], at[np.r_[opens[1:], True]] + 1
    shift = (start - offset)[line[opens]]
    put = [after[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    rows = zip((first + shift).tolist(), (last + shift).tolist(), put, repeat("script"), repeat(1.0))
    return list(map(Edit._make, rows))


def _is_common(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    from pipeline.chinese.plausibility import load_costs

    return (load_costs()[points] <= _COMMON) & (load_classes()[points] & TRADITIONAL_ONLY > 0)


def _is_japanese(text: str) -> bool:
    """Whether most hanzi stand in runs with kana; where they do not, Japanese is quoted in a Chinese text."""
    runs = _FOREIGN.findall(text)
    inside = sum(len(run) - len(_KANA.findall(run)) for run in runs if _is_foreign(run))
    return 2 * inside >= sum(len(run) - len(_KANA.findall(run)) for run in runs)


def _is_foreign(run: str) -> bool:
    """A run of hanzi and kana that is Japanese: two kana or more, or one of a few characters (鬼滅の刃); or a run of Hangul."""
    kana = len(_KANA.findall(run))
    return kana * 5 >= len(run) or (kana >= 2 and kana * 8 >= len(run)) or bool(_HANGUL.match(run))


def _heal(
    texts: Texts, after: str, offset: NDArray[np.int64], docs: NDArray[np.int64], traditional: NDArray[np.bool_]
) -> dict[int, int]:
    """What t2s leaves to context, put right in lines of traditional documents: places and code points.

    A document that writes 着 itself means its 著.
    """
    healed: dict[int, int] = {}
    means: dict[int, bool] = {}
    for sign, heal in _load_heal().items():
        at = after.find(sign)
        while at >= 0:
            k = int(np.searchsorted(offset, at, side="right")) - 1
            doc = int(docs[k])
            if doc not in means:
                means[doc] = texts.joined.find("着", texts.starts[doc], texts.ends[doc]) >= 0
            if traditional[k] and not (sign == "著" and means[doc]) and not heal.stays.match(after, at - 1 if at else 0):
                healed[at] = ord(heal.natural)
            at = after.find(sign, at + 1)
    return healed


#: Characters of the table that have no class bit, because t2s changes them in phrases only.
_UNSEEN = ("著", "瞭", "藉")


@cache
def _load_converter(target: str) -> Any:
    import opencc

    return opencc.OpenCC(_CONFIGS[target]).convert


@cache
def _load_kept() -> re.Pattern[str]:
    """Words of simplified Chinese with a character that t2s changes elsewhere, and such characters of GB 2312. Literals: linear."""
    text = (resources.files("pipeline") / "data" / "script_kept.txt").read_text("utf-8")
    words = ["乾", "薹", "徵", "吒", "麽", *(row for row in text.splitlines() if row and not row.startswith("#"))]
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


@cache
def _load_heal() -> dict[str, _Heal]:
    """The characters of the table with what keeps them."""
    words: dict[tuple[str, str], dict[str, list[str]]] = {}
    text = (resources.files("pipeline") / "data" / "script_heal.tsv").read_text("utf-8")
    for row in text.splitlines():
        if row and not row.startswith("#"):
            sign, natural, place, listed = row.split("\t")
            words.setdefault((sign, natural), {})[place] = [re.escape(w) for w in listed.split()]
    table = {}
    for (sign, natural), places in words.items():
        never = f"(?!{sign}(?:{'|'.join(places.get('never', ['(?!)']))}))"
        unless = "".join(places.get("unless", [])) or "\0"
        stays = f"[{''.join(places.get('before', []))}]{sign}|[^{unless}]?{never}{sign}(?:{'|'.join(places.get('after', []))})"
        table[sign] = _Heal(natural, re.compile(stays, re.S))      # matched at one place, literals: constant time
    return table
