"""Which language a text is in, as far as it matters here: Chinese, Japanese, Korean, or another one.

The rule of this file: scripts tell. Chinese of all times and places is hanzi without kana, Japanese has kana between its hanzi,
and beside hanzi a word of Latin letters weighs as much as half of one. Detectors that know 100 languages know these
four less well, see docs/decisions/070-language-by-script.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.signals.kernels import columns as c
from pipeline.stages.script.foreign import is_japanese

__all__ = ["LANGUAGES", "find_languages"]

Floats = NDArray[np.float64]

#: None of the four is said of dates, figures, names of files.
LANGUAGES = ("zh", "ja", "ko", "other")
_ZH, _JA, _KO, _OTHER = range(4)
#: Letters (hanzi among them) of a text that can be told, and their share in one that is in another language: pictures made of signs
#: have a quarter, code and prose of any language two fifths and more.
MIN_LETTERS, _LETTERS = 4, 1 / 3
#: Shares of Hangul, and of kana, among what is East Asian. From the second share of kana on nothing else is looked at; below, most
#: hanzi must stand in runs with kana, for Chinese lessons in Japanese quote it. Words of Japanese locale files: 20 % and more.
_HANGUL, _KANA, _MUCH_KANA = 0.3, 0.1, 0.3
#: Hanzi that weigh as much as a word of Latin letters. With 1 a Chinese list of links with their addresses is English, with 0.25
#: English with Chinese names is Chinese. Lines of which this is so say it of the text where they hold so many hanzi: a question
#: about a long stack trace is Chinese.
_WORD, _PASSAGE = 0.5, 20


def find_languages(texts: Texts, counts: Floats) -> list[str]:
    """The language of each text, "" where it cannot be told; `counts` as in `kernels.columns`.

    >>> from pipeline.signals.measure import count
    >>> texts = Texts.of(["學而時習之，不亦說乎", "図書館は休みです。", "오늘은 쉽니다", "Nothing but English", "2024-01-02"])
    >>> find_languages(texts, count(texts))
    ['zh', 'ja', 'ko', 'other', '']
    """
    hanzi, kana, hangul, words, others = (counts[:, k] for k in (c.HANZI, c.KANA, c.HANGUL, c.WORDS, c.OTHER))
    letters = hanzi + kana + hangul + counts[:, c.LATIN] + others
    chinese = ((hanzi >= np.maximum(1, _WORD * words)) | (counts[:, c.OWN] >= _PASSAGE)) & (hanzi > others)
    found = np.where(chinese, _ZH, _OTHER)
    found[kana > _KANA * (hanzi + kana)] = _JA
    found[hangul > _HANGUL * (hanzi + kana + hangul)] = _KO
    doubtful = (found == _JA) & (kana <= _MUCH_KANA * (hanzi + kana))
    for doc in np.flatnonzero(doubtful).tolist():
        if not is_japanese(texts.text(doc)):
            found[doc] = _ZH if chinese[doc] else _OTHER
    visible = counts[:, c.HANZI:c.UNREADABLE + 1].sum(axis=1)
    told = (letters >= MIN_LETTERS) & ((found != _OTHER) | (letters >= _LETTERS * visible))
    return [LANGUAGES[k] if is_told else "" for k, is_told in zip(found.tolist(), told.tolist(), strict=True)]
