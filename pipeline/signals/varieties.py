"""Which Chinese a text is in, were it Chinese: as it is written today, Cantonese, classical; or Japanese without kana.

The rule of this file: grammar tells. Written Cantonese and classical Chinese have particles of their own and none of the modern
ones, and classical Chinese has none of the words of two hanzi that modern Chinese is made of. What is not plainly one of these
keeps the wider name.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import SIMPLIFIED, TRADITIONAL_ONLY, load_canonical, load_classes
from pipeline.jit.tables import kept
from pipeline.record import Texts
from pipeline.signals.kernels.clauses import CLAUSES, FIRST, LAST, MODERN, SIZE, TOTAL, count_clauses
from pipeline.signals.kernels.marks import count_marks

__all__ = ["name_chinese"]

#: Particles and pronouns, in both scripts, that one kind of Chinese alone has: Cantonese; modern; classical; those that classical
#: has beside a modern one's rare or official use (statutes: 依, 者, 其, 之); those that Cantonese has beside others' rare use;
#: verbs that modern Chinese makes particles of; words of classical Chinese that are parts of modern ones; and hanzi as Japan alone
#: simplified or made them (in neither GB 2312 nor Big5), as it and the mainland did, the mainland alone, and as Taiwan has them.
_CANTONESE, _MODERN, _CLASSICAL, _OLD, _SPEECH, _JAPANESE, _EITHER, _FAINT, _SHARED, _MAINLAND, _TAIWAN = range(11)
_KINDS = 11
_MARKS = {
    _CANTONESE: "嘅咗喺嗰哋冇佢啲嚟唔乜嘢畀諗谂攞噉咁㗎嚿嗌瞓揾搵嘥啱睇",
    _MODERN: "的了這这們们麼么吗嗎吧她它很給给沒没",
    _FAINT: "亦皆甚既未無无非此所何惟唯俱悉余自與与為为卒諱讳邑卜",
    _EITHER: "着著把都就讓让還还",
    _CLASSICAL: "也矣曰焉乎哉兮吾汝孰弗耶欤歟",
    _OLD: "之其而者以于於则則乃遂故夫",
    _SPEECH: "喇喎囉咩嘞嗱仲係靚攰嬲呢",
    _SHARED: "国会学区号条来当点体党声医双宝寿属断数旧楼湾灯炉礼触随乱争尽",
    _JAPANESE: (
        "働込畑峠枠辻匂塀栃畳亜悪囲壱隠栄営駅円塩応桜仮価壊懐拡覚関陥観帰気犠戯拠挙暁駆勲恵掲渓経蛍軽継鶏撃倹剣圏検権険県顕験厳広"
        "鉱済斎剤歯児実釈収従渋獣縦粛処奨焼乗浄剰縄壌嬢譲醸図粋酔穂髄瀬斉摂専戦銭繊捜挿巣総蔵続対帯滝択沢単団弾遅鋳庁聴鉄転闘徳読"
        "弐悩脳廃拝売発髪抜払仏辺変黙薬訳揺様謡頼覧竜両猟緑塁隷霊齢暦歴錬労"
    ),
}
#: Marks of Cantonese for each hanzi, at least: 130 sentences have .1 and more, standard Chinese of Hong Kong that quotes some .01.
#: They also outnumber the modern ones, so that a quotation names no text.
_SPOKEN = 0.04
#: Classical: particles (those that it alone has count twice), modern ones, at most, that a heading or a name may hold, and modern
#: words of two hanzi, at most, for each hanzi; short texts, their fewest particles with none and with one such word, hanzi of a
#: clause that is as short as classical ones are, and of verse with one such word. Statutes have many particles, and .3 and more of
#: such words. Set on half of thirty passages and on 7,000 pieces of 20 characters of modern Chinese; docs/signals.md.
_PARTICLES, _NEW, _WORDS, _SHORT, _TWO, _FOUR, _CLAUSE, _VERSE = 0.03, 0.015, 0.08, 40, 2, 3, 6, 20
#: Verse has no particles: lines of five or seven hanzi, two at least, and no modern word. So many characters are looked at.
_LOOK = 400
#: Japanese without kana and without such hanzi still mixes forms: those that Japan simplified as the mainland did, beside those
#: that it left as Taiwan has them. Of these together for each hanzi, at least; what is brief; classical particles, at most; and how
#: many different ones: Taiwan writes 予 and 万 as Japan does, and one other by hand.
_FORMS, _BRIEF, _STRAY, _DIFFERENT = 0.2, 30, 0.02, 2
_ERA = re.compile("(?:昭和|平成|令和)[元〇一二三四五六七八九十0-9]{1,4}年")      # bounded: linear
#: Hanzi of Japan for each hanzi, at least; so many, or kana beside them: the name of a work is quoted with one.
_JAPAN, _TWICE, _KANA = 0.05, 2, 3
#: Cantonese words of two hanzi without a particle of its own.
_SAID = re.compile("真係|都係|係咪|係咁|但係|點解|而家|琴日|琴晚|聽日|今朝|成日|邊個|邊度|呢個|得閒|返工|老細|識得|好彩|頂唔")
_ZH, _YUE, _LZH, _JA = range(4)


@cache
def _load() -> NDArray[np.uint8]:
    marks = np.zeros(0x110000, np.uint8)
    classes = load_classes()
    for bit, kind in ((SIMPLIFIED, _MAINLAND), (TRADITIONAL_ONLY, _TAIWAN)):
        marks[classes & bit != 0] = kind + 1
    for kind, characters in _MARKS.items():
        marks[[ord(c) for c in characters]] = kind + 1
    return marks


@kept
def _load_words() -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Words of two hanzi, or parts of longer ones, of modern Chinese, in simplified hanzi: as `kernels.clauses` reads them."""
    table = (resources.files("pipeline") / "data" / "signals_modern.txt").read_text("utf-8")
    words = {word for line in table.splitlines() if not line.startswith("#") for word in line.split() if len(word) == 2}
    pairs = np.array(sorted([ord(word[0]) << 16 | ord(word[1]) for word in words]), np.int64)
    begins = np.searchsorted(pairs, np.arange(FIRST, LAST + 2) << 16).astype(np.int32)
    return begins, (pairs & 0xFFFF).astype(np.uint16)


def name_chinese(texts: Texts, hanzi: NDArray[np.float64], kana: NDArray[np.float64]) -> NDArray[np.int8]:
    """Of each text, were it Chinese: 0 for Chinese as it is written today, 1 for Cantonese, 2 for classical, 3 for Japanese.

    >>> texts = ["学而时习之，不亦说乎", "佢哋話今日唔去", "今天不去了", "営業時間変更", "白日依山尽，黄河入海流"]
    >>> name_chinese(Texts.of(texts), np.array([9, 7, 5, 6, 10.0]), np.zeros(5)).tolist()
    [2, 1, 0, 3, 2]
    """
    counts = np.zeros((len(texts), _KINDS), np.int64)
    count_marks(texts.points, _load(), texts.starts, texts.ends, counts)
    kinds = (counts[:, k] for k in range(_KINDS))
    cantonese, modern, classical, old, speech, japanese, either, faint, shared, mainland, taiwan = kinds
    spoken = (cantonese >= 2) & (cantonese + speech / 2 >= _SPOKEN * hanzi) & (cantonese + speech > modern + either)
    spoken |= (cantonese > 0) & (modern == 0) & ((hanzi <= _BRIEF) | ((speech > 0) & (cantonese >= _SPOKEN * hanzi)))
    found = np.where(spoken, _YUE, _ZH).astype(np.int8)
    plain = (modern == 0) & (cantonese == 0) & (hanzi <= _LOOK)
    for doc in np.flatnonzero(plain & (speech > 0) & (hanzi <= _BRIEF)).tolist():
        if _SAID.search(texts.text(doc)):
            found[doc] = _YUE
    mixed = (shared > 0) & (taiwan > 0) & (mainland == 0) & (shared + taiwan >= _FORMS * hanzi)
    both = plain & mixed & (classical == 0) & (old <= _STRAY * hanzi)
    both &= (hanzi <= 2 * _BRIEF) | (kana > 0)
    for doc in np.flatnonzero(both).tolist():
        text = texts.text(doc)
        both[doc] = len({*text} & {*_MARKS[_SHARED]}) + bool(_ERA.search(text)) >= _DIFFERENT
    japan = (japanese >= _JAPAN * hanzi) & ((japanese >= _TWICE) | ((japanese > 0) & (kana >= _KANA))) & (modern == 0)
    found[japan | both] = _JA
    maybe = (found == _ZH) & (hanzi >= 5) & (cantonese == 0) & (modern <= _NEW * hanzi)
    particles = 2 * classical + old + faint / 2
    docs = np.flatnonzero(maybe & ((particles >= _PARTICLES * hanzi) | (hanzi <= _LOOK)))
    found[docs[_are_classical(texts, docs, particles[docs])]] = _LZH
    return found


def _are_classical(texts: Texts, docs: NDArray[np.int64], particles: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of these texts without modern particles have no modern words either, and classical particles or the form of verse."""
    starts, counts = texts.starts[docs], np.empty((len(docs), 4), np.int64)
    count_clauses(texts.points, load_canonical(), starts, np.minimum(texts.ends[docs], starts + _LOOK), *_load_words(), counts)
    clauses, total, modern, size = (counts[:, k] for k in (CLAUSES, TOTAL, MODERN, SIZE))
    verse = (modern <= (total >= _VERSE)) & (clauses > 1) & ((size == 5) | (size == 7))
    long = (modern <= _WORDS * total) & (particles >= _PARTICLES * total)
    particles = particles + ((clauses > 1) & (total <= _CLAUSE * clauses))
    brief = ((modern == 0) & (particles >= _TWO)) | ((modern == 1) & (particles >= _FOUR))
    classical: NDArray[np.bool_] = verse | np.where(total >= _SHORT, long, brief)
    return classical
