"""Script: which script a document is in, and conversion into the one that is wanted.

Conversion is OpenCC's, by phrase; it sees only the lines that it can change, and `words` puts right what it leaves or gets wrong.
Simplified documents keep names and terms in traditional characters. Japanese and Korean documents are left alone, and so are such
runs in Chinese lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HAN, SIMPLIFIED, TRADITIONAL, TRADITIONAL_ONLY, UNSETTLED, load_classes
from pipeline.edits import Found, Proposal
from pipeline.options import ScriptOptions
from pipeline.record import Texts
from pipeline.stages.script.convert import ALL, NAMES, UNMARKED, convert_lines
from pipeline.stages.script.foreign import is_japanese
from pipeline.stages.script.kernels import ANY, COLUMNS, ONLY, ROW_KANA, SIMPLE, count_scripts

__all__ = ["LABELS", "label", "propose"]

LABELS = ("simplified", "traditional", "mixed", "japanese", "korean", "other")
_SIMPLIFIED, _TRADITIONAL, _MIXED, _JAPANESE, _KOREAN, _OTHER = range(6)
#: Shares of hanzi, kana and Hangul. Japanese prose has 40 to 60 % kana, headlines 20; Chinese articles on Japan stay below 5.
_MIN_KANA, _MIN_HANGUL = 0.15, 0.3
#: Share of the minority among the hanzi that belong to one script only: traditional quotations and names reach 2 % in simplified
#: text; simplified forms in Taiwan's statutes (群 for 羣, 台 …) 1 %.
_MINORITY = 0.1
#: Less hanzi than this share of hanzi and Latin letters is a text in another language.
_MIN_HAN = 0.05
#: Fewer characters of the other script than these are a name or a slip, and the text is not mixed for them, unless it is a phrase
#: of no more hanzi than those.
_MIN_MINOR = 3
_SHORT = 16


def propose(texts: Texts, options: ScriptOptions) -> Proposal:
    """Edits that convert to the wanted script; the script of every document as `script`, as it is before the conversion."""
    counts = _count(texts, texts.starts, texts.ends)
    labels = _label(counts)
    for doc in np.flatnonzero(labels == _JAPANESE).tolist():
        if not is_japanese(texts.text(doc)):
            counts[doc, ROW_KANA] = 0
            labels[doc] = _label(counts[doc:doc + 1])[0]
    found = [Found(doc, "script", LABELS[k]) for doc, k in enumerate(labels.tolist())]
    if options.target == "none":
        return Proposal((), found)
    whole = np.where((labels == _TRADITIONAL) | (labels == _MIXED), ALL, NAMES)
    whole[(counts[:, SIMPLE] + counts[:, ONLY] == 0) & (counts[:, ANY] > 0)] = UNMARKED
    chosen = _choose(texts, labels, whole, options)
    edits = convert_lines(texts, chosen, whole, options) if len(chosen) else ()
    return Proposal(edits, found)


def label(texts: Texts, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """The script of each span of `texts.joined` (documents, lines), as an index into LABELS. Hanzi of no one script are simplified.

    >>> texts = Texts.of(["标准", "標準", "标準規則体系", "東京の図書館です", "서울시", "standard"])
    >>> [LABELS[k] for k in label(texts, texts.starts, texts.ends)]
    ['simplified', 'traditional', 'mixed', 'japanese', 'korean', 'other']
    """
    return _label(_count(texts, start, end))


def _count(texts: Texts, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.empty((len(start), COLUMNS), np.int64)
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
    texts: Texts, labels: NDArray[np.int64], whole: NDArray[np.int64], options: ScriptOptions
) -> NDArray[np.int64]:
    """Lines that conversion can change, in documents that are Chinese.

    A result of t2s holds no TRADITIONAL_ONLY character, so that a converted document is not converted again.
    """
    lines = texts.lines
    of_doc = labels[lines.doc]
    chinese = (of_doc != _JAPANESE) & (of_doc != _KOREAN)
    if options.target != "simplified":
        own = (of_doc == _SIMPLIFIED) & (lines.seen & HAN > 0)
        return np.flatnonzero(chinese & (own | (lines.seen & SIMPLIFIED > 0)))
    wanted = np.where(whole == NAMES, TRADITIONAL_ONLY, TRADITIONAL | UNSETTLED)
    if options.words == "mainland":
        wanted = np.where(whole == ALL, HAN, wanted)
    return np.flatnonzero(chinese & (lines.seen & wanted[lines.doc] > 0))
