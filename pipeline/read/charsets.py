"""The charsets that are known: one row each. **A new charset goes into `CHARSETS`.**

The rule of this file: what is particular to one charset stands in its row and nowhere else. The order of rows is that in which
they are tried, and of no account for who wins, but that `big5-uao` is tried after `big5hkscs`, whose text says whether it can be.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import HANGUL, load_classes
from pipeline.read.big5 import decode_uao, encode_uao, may_be_uao

__all__ = ["CHARSETS", "CHINESE", "MARKS", "Charset", "find_charset", "find_codec", "find_mark", "to_bytes", "to_text"]

Points = NDArray[np.uint32]
Nats = NDArray[np.float32]

#: Nats per character up to which Big5-HKSCS is near enough to look for Big5-UAO: lines of PTT with kana and 円 reach 10,
#: GBK read as Big5 costs 10.7 to 16.
MAYBE_BIG5 = 12.0
#: Hangul that make up half of Korean text, after the frequency lists of the National Institute of Korean Language.
_FREQUENT_HANGUL = "이다는에의을하고가지로한사기도인자대를은어시서나리해정아있들게스으과일수그라보제것부전상원장"
#: Positions of GBK that had no character in Unicode when Python's table was made, and have one since (GB 18030-2005 and -2022).
_GBK_PRIVATE = dict(zip(
    (*range(0xE78D, 0xE797), 0xE816, 0xE817, 0xE818, 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE831, 0xE832, 0xE83B, 0xE843, 0xE854,
     0xE855, 0xE864),
    "︐︒︑︓︔︕︖︗︘︙\U00020087\U00020089\U000200cc龴龵龶龷\U000215d7龸\U0002298f龹龺\U000241fe龻", strict=True))
_PRIVATE = re.compile("[\ue78d-\ue796\ue816-\ue864]")                   # one class: linear
_PRIVATE_FIRST, _PRIVATE_LAST = 0xE78D, 0xE864
_AS_PRIVATE = {ord(char): point for point, char in _GBK_PRIVATE.items()}
_WAS_PRIVATE = re.compile(f"[{''.join(_GBK_PRIVATE.values())}]")         # one class: linear
#: What Python calls a text encoding and no page is in.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "mbcs", "oem"})


def _decode_gb18030(data: bytes, errors: str) -> str:
    text = data.decode("gb18030", errors)
    return text.translate(_GBK_PRIVATE) if _may_be_private(text) and _PRIVATE.search(text) else text


def _encode_gb18030(text: str, errors: str) -> bytes:
    return (text.translate(_AS_PRIVATE) if _WAS_PRIVATE.search(text) else text).encode("gb18030", errors)


def _may_be_private(text: str) -> bool:
    """Whether code units of UTF-16 are where those positions are, 0.2 ns a character: the pattern takes 4, over all of a page."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    return bool((units - np.uint16(_PRIVATE_FIRST) <= np.uint16(_PRIVATE_LAST - _PRIVATE_FIRST)).any())


def _price_japanese(points: Points, nats: Nats) -> Nats:
    return np.where((points >= 0x3040) & (points < 0x3100), np.float32(5), nats)


def _price_gb18030(points: Points, nats: Nats) -> Nats:
    return np.where((points >= 0x3040) & (points < 0x3130), np.float32(9), nats)       # GB 2312 has kana and bopomofo


def _price_korean(points: Points, nats: Nats) -> Nats:
    nats = np.where((load_classes()[points] & HANGUL) > 0, np.float32(11), nats)
    nats[np.isin(points, np.fromiter(map(ord, _FREQUENT_HANGUL), np.uint32))] = 5.5
    return nats


def _price_western(points: Points, nats: Nats) -> Nats:
    """Accents are cheap where most is ASCII."""
    if not (points < 0x80).mean() > 0.7:
        return nats
    return np.where((points >= 0xC0) & (points < 0x100), np.float32(6.5), nats)


def _maybe_uao(hkscs: str, nats: float) -> bool:
    return nats <= MAYBE_BIG5 * len(hkscs) and may_be_uao(hkscs)


class Charset(NamedTuple):
    """What is known of one charset. `codec` is Python's name for it, or ours where Python has none."""

    codec: str
    #: What it is declared as beside that, by Python's name or, where Python knows none, as written: `codec` holds all of these.
    names: tuple[str, ...] = ()
    mark: bytes = b""               # the byte order mark
    #: Whether it has a part in the contest without being declared.
    tried: bool = True
    #: Whether Chinese is what it is used for: if not, its reading must be the likelier by `contest.PRIOR`.
    chinese: bool = False
    #: Whether lines of it may stand beside lines of others in one file, and bad bytes in them become U+FFFD.
    lines: bool = False
    #: Whether one line of a Chinese file may be in it.
    one_line: bool = False
    unit: int = 1                   # bytes of which every text of it is a multiple
    #: Bytes to text, where Python's codec will not do: `decode(data, errors)`.
    decode: Callable[[bytes, str], str] | None = None
    #: The way back: `encode(text, errors)`.
    encode: Callable[[str, str], bytes] | None = None
    #: What its characters cost where the frequencies of Chinese say nothing of them: `price(points, nats)`.
    price: Callable[[Points, Nats], Nats] | None = None
    #: It is tried only where this holds of the text read in the charset before it, and of what that costs.
    only_if: Callable[[str, float], bool] | None = None


CHARSETS = (
    Charset("utf-8", mark=codecs.BOM_UTF8, chinese=True, lines=True, one_line=True, price=_price_western),
    Charset("gb18030", names=("gb2312", "gbk", "x-gbk"), mark=b"\x84\x31\x95\x33", chinese=True, lines=True, one_line=True,
            decode=_decode_gb18030, encode=_encode_gb18030, price=_price_gb18030),
    Charset("big5hkscs", names=("big5", "cp950"), chinese=True, lines=True, one_line=True),
    Charset("big5-uao", chinese=True, lines=True, one_line=True, decode=decode_uao, encode=encode_uao,
            only_if=_maybe_uao),
    Charset("cp1252", names=("iso8859-1",), one_line=True, price=_price_western),
    Charset("cp932", names=("shift_jis",), price=_price_japanese),
    Charset("euc_jp", price=_price_japanese),
    Charset("cp949", names=("euc_kr",), price=_price_korean),
    Charset("utf-16-le", mark=codecs.BOM_UTF16_LE, chinese=True, unit=2),
    Charset("utf-16-be", mark=codecs.BOM_UTF16_BE, chinese=True, unit=2),
    Charset("utf-32-le", mark=codecs.BOM_UTF32_LE, chinese=True, unit=4),
    Charset("utf-32-be", mark=codecs.BOM_UTF32_BE, chinese=True, unit=4),
)

_BY_CODEC = {row.codec: row for row in CHARSETS}
_BY_NAME = {name: row.codec for row in CHARSETS for name in row.names}
#: Charsets in which Chinese lines stand side by side in one file.
CHINESE = frozenset(row.codec for row in CHARSETS if row.lines)
#: Byte order marks, the longest first: that of UTF-32 begins with that of UTF-16.
MARKS = tuple(sorted(((row.mark, row.codec) for row in CHARSETS if row.mark), key=lambda pair: -len(pair[0])))


def find_charset(codec: str) -> Charset:
    """The row of a codec; one that has none is taken as it is."""
    return _BY_CODEC.get(codec) or Charset(codec, tried=False, chinese=codec.startswith("utf"))


def find_mark(data: bytes) -> tuple[bytes, str]:
    """The byte order mark that some bytes begin with, and the codec that it is of; both empty where there is none."""
    return next(((mark, codec) for mark, codec in MARKS if data.startswith(mark)), (b"", ""))


def find_codec(name: str | None) -> str | None:
    """The codec to use for a charset name as declared in the wild, or None if nobody knows it.

    >>> find_codec(" GB2312 "), find_codec("x-gbk"), find_codec("rot13")
    ('gb18030', 'gb18030', None)
    """
    if not name:
        return None
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        found = name.strip().lower()
    return _BY_NAME.get(found, found if _is_charset(found) else None)


def _is_charset(name: str) -> bool:
    """Whether it is a codec of bytes and characters to Python, and a charset of pages.

    `idna`, `punycode`, `undefined` and the escapes are text encodings to Python; they are no charsets of a page.
    """
    try:
        return codecs.lookup(name)._is_text_encoding and name.replace("_", "-") not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def to_text(data: bytes, codec: str, errors: str = "strict") -> str:
    """Decode. Raises UnicodeDecodeError as codecs do, and LookupError for a codec that nobody knows."""
    decode = find_charset(codec).decode
    return decode(data, errors) if decode else data.decode(codec, errors)


def to_bytes(text: str, codec: str, errors: str = "strict") -> bytes:
    """Encode, without a byte order mark. Raises UnicodeEncodeError, and LookupError for what is no charset.

    It is what `to_text` was made from only where each character has one code, and none was bad: whoever wants that compares.
    """
    if codec not in _BY_CODEC and not _is_charset(codec):
        raise LookupError(codec)
    encode = find_charset(codec).encode
    return encode(text, errors) if encode else text.encode(codec, errors)
