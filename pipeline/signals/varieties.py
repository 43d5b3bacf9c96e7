"""Languages by their names: which Chinese a text is in, and which of the others.

The rule of this file: grammar tells. Written Cantonese and classical Chinese have particles of their own and none of the modern
ones; English and Vietnamese are known by their function words and their letters. What is not plainly one of these keeps the wider
name.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.signals.kernels.marks import count_marks

__all__ = ["name_chinese", "name_other"]

Ints = NDArray[np.int64]

#: Particles and pronouns, in both scripts, that one kind of Chinese alone has: Cantonese; modern; classical; and those that
#: classical has beside a modern one's rare or official use (statutes: 依, 者, 其, 之).
_CANTONESE, _MODERN, _CLASSICAL, _OLD = range(4)
_MARKS = {
    _CANTONESE: "嘅咗喺嗰哋冇佢啲嚟唔乜嘢畀諗谂攞噉咁㗎嚿嗌瞓揾搵嘥啱睇",
    _MODERN: "的了这這们們么麼吗嗎呢吧着她它把很都就给給让讓没沒还還",
    _CLASSICAL: "也矣曰焉乎哉兮吾汝孰弗耶欤歟",
    _OLD: "之其而者以于於则則乃遂故夫",
}
#: Marks of Cantonese for each hanzi, at least: 130 sentences have .1 and more, standard Chinese of Hong Kong that quotes some .01.
#: They also outnumber the modern ones, so that a quotation names no text.
_SPOKEN = 0.04
#: Classical: particles that only it has for each hanzi (statutes of Taiwan have hardly any), these and the others together, or so
#: many of them alone, and the most modern ones, that a heading or a name may hold. Set in sight of 48 pieces of classical prose; of
#: 50,186 documents of six corpora none is called so.
_OWN, _BOTH, _MUCH, _NEW = 0.015, 0.08, 0.2, 0.015

#: Characters of a text that are looked at for which of the other languages it is in.
_LOOK = 4000
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")      # runs of letters: linear
_VIETNAMESE = re.compile("[đơưăĐƠƯĂ\u1ea0-\u1ef9]")        # one character: linear; French and Portuguese have â ê ô too
_ASCII = re.compile("[A-Za-z]+")
#: The commonest function words. What several languages have says nothing.
_ENGLISH_WORDS = """
the of and to in is that for it on with as are this be by from or an at not you your can was have has will if which when we our
their they all no do does use used using cannot could should would may must more than other these its but into only set get new one
file invalid error failed unknown missing found read write open value name option line list show print
"""
_FOREIGN_WORDS = """
der die das und ist nicht ein eine den dem von zu mit für auf werden wird kann keine im bei oder aus sich le la les des du et est
une un pas pour dans sur avec par que qui ne aux ou impossible fichier el los las del para por con es su archivo il di che per non
gli della het van een niet voor os um uma não com dos yang dari untuk tidak och att det som på är ikke og til nie się jest
"""
_ENGLISH, _FOREIGN = frozenset(_ENGLISH_WORDS.split()), frozenset(_FOREIGN_WORDS.split())
#: Letters that English has in loans alone, and endings of words that are German: each word with them speaks for another language.
#: A word is read once for each ending at most, and words are short: linear.
_ACCENT = re.compile("[à-öø-ÿœß]", re.I)
_ENDING = re.compile(
    "[a-z]{2,}(?:ungs?|ungen|keit|heit|lich|isch|ische[nrs]?|iert|ieren|igen|tigt|tzt|chen|rden|ellt|eigen|ern|eren|lte[nr]?|nden"
    "|atei)"
)


@cache
def _load() -> NDArray[np.uint8]:
    marks = np.zeros(0x110000, np.uint8)
    for kind, characters in _MARKS.items():
        marks[[ord(c) for c in characters]] = kind + 1
    return marks


def name_chinese(texts: Texts, hanzi: NDArray[np.float64]) -> NDArray[np.int8]:
    """Of each text, were it Chinese: 0 for Chinese as it is written today, 1 for Cantonese, 2 for classical.

    >>> name_chinese(Texts.of(["学而时习之，不亦说乎", "佢哋话今日唔去", "今天不去了"]), np.array([9.0, 7, 5])).tolist()
    [2, 1, 0]
    """
    counts = np.zeros((len(texts), len(_MARKS)), np.int64)
    count_marks(texts.points, _load(), texts.starts, texts.ends, counts)
    cantonese, modern, classical, old = (counts[:, k] for k in range(len(_MARKS)))
    spoken = (cantonese >= 2) & (cantonese >= _SPOKEN * hanzi) & (cantonese > modern)
    own = (classical >= np.maximum(1, _OWN * hanzi)) & (classical + old >= np.maximum(2, _BOTH * hanzi))
    written = (own | (classical + old >= np.maximum(3, _MUCH * hanzi))) & (modern <= _NEW * hanzi)
    return np.where(spoken, 1, np.where(written & (cantonese == 0), 2, 0)).astype(np.int8)


def name_other(text: str) -> str:
    """Which language a text is in that is not East Asian: `en` (code too, as its words are), `vi`, or `other`.

    >>> [name_other(t) for t in ("The library is open", "Thư viện mở cửa", "Die Bibliothek ist offen", "x = f(a[0]) + 1")]
    ['en', 'vi', 'other', 'en']
    """
    text = text[:_LOOK]
    words = [word.lower() for word in _WORD.findall(text)]
    n_letters = sum(map(len, words))
    latin = [word for word in words if _ASCII.fullmatch(word.replace("'", "").replace("’", ""))]
    if len(_VIETNAMESE.findall(text)) >= max(1, n_letters / 20):
        return "vi"
    if n_letters == 0 or sum(map(len, latin)) < 0.7 * sum(len(word) for word in words if not _is_east(word)):
        return "other"
    english = sum(word in _ENGLISH for word in latin)
    foreign = sum(word in _FOREIGN or _ENDING.fullmatch(word) is not None for word in latin)
    foreign += sum(_ACCENT.search(word) is not None for word in words)
    return "other" if foreign > english else "en"


def _is_east(word: str) -> bool:
    return word[0] >= "\u2e80"
