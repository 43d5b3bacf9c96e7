"""Which language a text is in that is not East Asian: English, Vietnamese, or another one.

The rule of this file: letters three by three tell English from others (`pipeline/data/signals_letters.npz`), beside function words
and accents. What is doubtful is English, as code is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_words", "is_english", "name_other", "quotes_names", "read_threes"]

#: Characters of a text that are looked at for which of the other languages it is in.
_LOOK = 4000
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")      # runs of letters: linear
_VIETNAMESE = re.compile("[đơưăĐƠƯĂ\u1ea0-\u1ef9]")        # one character: linear; French and Portuguese have â ê ô too
#: Words of it without such letters: two of them, one with an accent, where French or Portuguese has none of these.
_VIETNAMESE_WORDS = frozenset((
    "công", "ty", "là", "và", "có", "cái", "con", "em", "anh", "tôi", "nhà", "làm", "này", "cho", "các", "thì", "mà", "ông", "bà",
    "gì", "rồi", "ngày", "giáo", "viên", "khi", "trong", "sáng", "mình", "cũng", "theo", "sao", "hai", "ba",
))
_MARKED = re.compile("[àáâãèéêìíòóôõùúý]")
#: Words of prose: in no path, code or name of a file.
_PROSE = re.compile(
    r"(?<![\w./\\=<>{}\[\]:$#*@&_-])[^\W\d_]{1,40}+(?:['’-][^\W\d_]{1,40}+){0,4}(?![\w/\\=({}\[\]<>*@$#_]|\.\w)"
)
#: Signs that code has and prose has not; of them to so many letters it is code.
_CODE, _CODED = re.compile(r"[={};<>\[\]|\\]"), 6
_LATIN = re.compile("[A-Za-zÀ-ɏ]+")
_LETTERS = re.compile("[a-z]+")
#: The commonest function words. What several languages have says nothing.
_ENGLISH_WORDS = """
the of and to in is that for it on with as are this be by from or an at not you your can was have has will if which when we our
their they all no do does use used using cannot could should would may must more than other these its but into only set get new one
file invalid error failed unknown missing found read write open value name option line list show print been were there what who how
about out up so then them his her she he my me us any some each where while after before between because most such many
"""
_FOREIGN_WORDS = """
der die das und ist nicht ein eine den dem von zu mit für auf werden wird kann keine im bei oder aus sich le la les des du et est
une un pas pour dans sur avec par que qui ne aux ou impossible fichier el los las del para por con es su archivo il di che per non
gli della het van een niet voor os um uma não com dos yang dari untuk tidak och att det som på är ikke og til nie się jest
ich wir sie auch noch nur aber wenn wie nach über zum zur einer einem einen hat sind war ce cette son ses mais nous vous je il elle
sont ont tout plus comme leur y en lo una pero más como esta este muy ha fue si al todo sono del dei delle alla nel anche più ho ma
de en ik je dat op te zijn met maar ook dan bij naar do na ao mais foi ele ela isso seu w z na że do jak ale nu fram har inte av den
av er jeg du vi med en af kan ja on ei että se oli mutta hän ve bir bu için ile de da ne gibi ini itu dan dengan pada adalah akan di
az egy nem hogy és van ez si nu este pe cu care din mai se je ni za na so su kao ili ako
"""
#: Of these, those that no program has for a word of its own.
_FUNCTION = frozenset((
    "the", "of", "and", "is", "that", "it", "with", "as", "are", "this", "be", "by", "an", "not", "you", "your", "was", "have",
    "has", "will", "which", "when", "we", "our", "their", "they", "these", "its", "but", "been", "were", "who", "how", "about",
    "his", "her", "she", "he", "my", "then", "than",
))
#: A run of hanzi, the longest that is a name (上海交通大学), hanzi that no name has, and function words for each name.
_NAME, _LONGEST_NAME, _EACH = re.compile("[\u3400-\u9fff]+"), 8, 0.5
_GRAMMAR = re.compile("[的了是在和与或不这為为請请將将會会可以您你我使用]")
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_FOREIGN = frozenset(_FOREIGN_WORDS.split()) - _ENGLISH
_ELISION = re.compile("(?:[cdjlmnst]|qu|dell|nell|all)['’]")
_ACCENT = re.compile("[À-ÖØ-öø-ÿĀ-ž]")
#: What a function word and an accent weigh beside the letters, and what another language must reach; nats. Set on messages of
#: programs that were not counted; docs/signals.md has what is held out.
_COMMON, _STRANGE, _ACCENTED, _OTHER = 2.0, 2.5, 4.0, -2.0
#: Of so few words, those that are syllables of Chinese with an initial (Zhang Wei, Huawei) are names that tell nothing.
_FEW = 12
_INITIAL = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcswy])"
_FINAL = "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ao|ai|an|ei|en|ia|ie|in|iu|ou|ua|ui|un|uo|ue"
_PINYIN = re.compile(f"{_INITIAL}(?:{_FINAL})(?:{_INITIAL}(?:{_FINAL}|a|e|i|o|u))?")


def name_other(text: str) -> str:
    """Which language a text is in that is not East Asian: `en` (code too, as its words are), `vi`, or `other`.

    >>> [name_other(t) for t in ("The library is open", "Thư viện mở cửa", "Die Bibliothek ist offen", "x = f(a[0]) + 1")]
    ['en', 'vi', 'other', 'en']
    """
    text = text[:_LOOK]
    words = _WORD.findall(text)
    n_letters = sum(map(len, words))
    latin = [word for word in words if _LATIN.fullmatch(word.replace("'", "").replace("’", ""))]
    if len(_VIETNAMESE.findall(text)) >= max(1, n_letters / 20):
        return "vi"
    own = [word.lower() for word in words if word.lower() in _VIETNAMESE_WORDS]
    if len(own) >= max(2, len(words) / 3) and any(map(_MARKED.search, own)):
        return "vi"
    if n_letters == 0 or sum(map(len, latin)) < 0.7 * sum(len(word) for word in words if not _is_east(word)):
        return "other"
    return "en" if _CODED * len(_CODE.findall(text)) >= n_letters or is_english(text) else "other"


def is_english(text: str) -> bool:
    """Whether a text of Latin letters is English rather than of another language; where nothing tells, it is."""
    lower = find_words(text)
    known = sum(word in _ENGLISH for word in lower)
    strange = sum(word in _FOREIGN or _ELISION.match(word) is not None for word in lower)
    accents = sum(_ACCENT.search(word) is not None for word in lower)
    names = {word.lower() for word in _PROSE.findall(text) if word[0].isupper()} if len(lower) <= _FEW else set()
    common = [word for word in lower if word not in names or not _PINYIN.fullmatch(word)]
    letters = float(_load()[:, read_threes(common)].sum(axis=1).min()) if common else 0.0
    return letters + _COMMON * known - _STRANGE * strange - _ACCENTED * accents > _OTHER


def find_words(text: str) -> list[str]:
    """Words of prose in small letters: none of code, paths, abbreviations or names of files."""
    return [word.lower() for word in _PROSE.findall(text) if word[1:].islower() or len(word) == 1]


def read_threes(words: list[str]) -> NDArray[np.int64]:
    """Letters three by three, over blanks between words and without accents, each as a number below 27 ** 3."""
    plain = " ".join(_LETTERS.findall(_strip_accents(" ".join(words))))
    codes = np.frombuffer(f" {plain} ".encode(), np.uint8).astype(np.int64) - 96
    codes[codes < 0] = 0
    return codes[:-2] * 729 + codes[1:-1] * 27 + codes[2:]


def quotes_names(text: str) -> bool:
    """Whether a text of Latin letters and some hanzi is English with Chinese names in it: function words run in it."""
    names = _NAME.findall(text[:_LOOK])
    if not names or max(map(len, names)) > _LONGEST_NAME or _GRAMMAR.search("".join(names)):
        return False
    running = sum(word.lower() in _FUNCTION for word in _PROSE.findall(text[:_LOOK]))
    return running >= max(1.0, _EACH * len(names)) and is_english(text)


def _strip_accents(text: str) -> str:
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _is_east(word: str) -> bool:
    return word[0] >= "\u2e80"


@cache
def _load() -> NDArray[np.float64]:
    """Log of how much commoner three letters are in English than in others, nats [groups of languages, 27 ** 3]."""
    data = (resources.files("pipeline") / "data" / "signals_letters.npz").read_bytes()
    with np.load(BytesIO(data)) as arrays:
        table: NDArray[np.float64] = arrays["english"].astype(np.float64) / 16
    return table
