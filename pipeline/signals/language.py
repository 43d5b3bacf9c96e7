"""Which language a text is in: Chinese, and which Chinese, Japanese, Korean, English, Vietnamese, or another one.

The rule of this file: scripts tell. Chinese of all times and places is hanzi without kana, Japanese has kana between its hanzi,
and beside hanzi a word of Latin letters weighs as much as half of one. Detectors that know 100 languages know these
less well, see docs/decisions/070-language-by-script.md. What scripts do not tell is told by grammar and letters, see
`varieties` and `letters`.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.signals.kernels import columns as c
from pipeline.signals.letters import name_other, quotes_names
from pipeline.signals.varieties import is_adorned, name_chinese
from pipeline.stages.script.foreign import is_japanese

__all__ = ["CHINESE", "LANGUAGES", "find_languages"]

Floats = NDArray[np.float64]

#: Names as in ISO 639: Cantonese is `yue` and classical Chinese `lzh`, and both are Chinese. None is said of dates, figures, names
#: of files.
CHINESE = ("zh", "yue", "lzh")
LANGUAGES = (*CHINESE, "ja", "ko", "en", "vi", "other")
_ZH, _JA, _KO, _OTHER = (LANGUAGES.index(name) for name in ("zh", "ja", "ko", "other"))
#: Letters (hanzi among them) of a text that can be told, and their share in one that is in another language: pictures made of signs
#: have a quarter, code and prose of any language two fifths and more.
MIN_LETTERS, _LETTERS = 4, 1 / 3
#: Shares of Hangul, and of kana, among what is East Asian. From the second share of kana on nothing else is looked at; below, most
#: hanzi must stand in runs with kana, for Chinese lessons in Japanese quote it. Words of Japanese locale files: 20 % and more.
_HANGUL, _KANA, _MUCH_KANA = 0.3, 0.1, 0.4
#: Kana that a text of another language may be adorned with: the の of Chinese names and titles, the face of a shrug.
_ADORNED = 2
#: A particle of Korean right behind hanzi, two times at least: 國民의 權利와. One character after another: linear.
_JOSA = re.compile("[\u3400-\u9fff](?:[의은는이가을를와과도]|으로|에서)(?![\uac00-\ud7a3])")
#: Hanzi that weigh as much as a word of Latin letters. With 1 a Chinese list of links with their addresses is English, with 0.25
#: English with Chinese names is Chinese. Lines of which this is so say it of the text where they hold so many hanzi: a question
#: about a long stack trace is Chinese.
_WORD, _PASSAGE = 0.5, 20
#: Letters for each hanzi from which on a text may be English with Chinese names.
_MOSTLY = 1.5


def find_languages(texts: Texts, counts: Floats, *, apart: bool = True) -> list[str]:
    """The language of each text, "" where it cannot be told; `counts` as in `kernels.columns`.

    Where Chinese need not be told apart (`apart`), `zh` stands for all of it.

    >>> from pipeline.signals.measure import count
    >>> texts = Texts.of(["學而時習之，不亦說乎", "図書館は休みです。", "오늘은 쉽니다", "Nothing but English", "2024-01-02"])
    >>> find_languages(texts, count(texts))
    ['lzh', 'ja', 'ko', 'en', '']
    """
    hanzi, kana, hangul, words, others = (counts[:, k] for k in (c.HANZI, c.KANA, c.HANGUL, c.WORDS, c.OTHER))
    letters = hanzi + kana + hangul + counts[:, c.LATIN] + others
    chinese = ((hanzi >= np.maximum(1, _WORD * words)) | (counts[:, c.OWN] >= _PASSAGE)) & (hanzi > others)
    for doc in np.flatnonzero(chinese & (counts[:, c.LATIN] >= _MOSTLY * hanzi) & (counts[:, c.OWN] < _PASSAGE)).tolist():
        chinese[doc] = not quotes_names(texts.text(doc))
    kinds = name_chinese(texts, hanzi, kana) if apart else np.zeros(len(texts), np.int8)
    found = np.where(chinese, kinds, _OTHER)
    found[kana > _KANA * (hanzi + kana)] = _JA
    found[hangul > _HANGUL * (hanzi + kana + hangul)] = _KO
    for doc in np.flatnonzero((found != _KO) & (hangul >= 2) & (hangul > _KANA * (hanzi + kana + hangul))).tolist():
        if len(_JOSA.findall(texts.text(doc))) > 1:
            found[doc] = _KO
    doubtful = (found == _JA) & (kana <= _MUCH_KANA * (hanzi + kana))
    for doc in np.flatnonzero(doubtful).tolist():
        if not is_japanese(texts.text(doc)):
            found[doc] = kinds[doc] if chinese[doc] else _OTHER
    for doc in np.flatnonzero((found == _JA) & (kana <= _ADORNED)).tolist():
        if is_adorned(texts.text(doc)):
            found[doc] = _ZH if chinese[doc] else _OTHER
    visible = counts[:, c.HANZI:c.UNREADABLE + 1].sum(axis=1)
    told = (letters >= MIN_LETTERS) & ((found != _OTHER) | (letters >= _LETTERS * visible))
    names = [LANGUAGES[k] if is_told else "" for k, is_told in zip(found.tolist(), told.tolist(), strict=True)]
    return [name_other(texts.text(doc)) if name == "other" else name for doc, name in enumerate(names)]
