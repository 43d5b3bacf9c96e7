"""Bytes to text: the charset is what the bytes say it is; a declared one is a hint, not a proof, and so is a byte order mark.

The order: bytes that are no text (`read.binary`), a byte order mark that holds, escapes of HZ and ISO-2022, then strict
UTF-8, which costs nothing and is never right by accident in Chinese, then a contest: each candidate decodes the bytes, and the
text that is most plausible (`chinese.plausibility`, in nats over the same bytes) wins. A line that the winner makes implausible, or
that is strict UTF-8, has a contest of its own: files are joined of parts in several charsets. Bytes that no Chinese candidate makes
plausible are handed to chardet, which knows the rest of the world. Bytes that are no text raise UndecodableError.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pipeline.chinese.codepoints import HANGUL, load_classes
from pipeline.chinese.plausibility import load_costs
from pipeline.errors import UndecodableError, UsageError
from pipeline.read.big5 import decode_uao, may_be_uao
from pipeline.read.binary import find_kind, is_garbled
from pipeline.wording import describe

__all__ = ["Decoded", "decode", "decode_bytes"]

WINDOW = 1 << 17            # bytes that the contest looks at: more changed no answer on the development files
#: Fewer bytes than these may be UTF-8 by accident (农业农 in GBK is ũҵũ): they enter the contest, with this bonus in nats
#: for every character of several bytes, about the chance that a pair of GBK bytes fits into UTF-8 (measured: 1 in 60).
SHORT = 32
STRICT_BONUS = 4.0
#: Nats that a declared charset is worth, for each byte and once: half of what separates the runner-up from the winner on 8 hanzi.
HINT = 0.4
HINT_ONCE = 5.0
#: Nats per character above which a text is not believed to be Chinese and chardet is asked. Lines of 8 hanzi or more:
#: 6.2 to 8.7 (95 of 100, 9,022 lines of crawled pages), right readings reached 9.9; wrong readings of Chinese bytes start at 11.
BELIEVABLE = 10.5
#: Nats per character up to which Big5-HKSCS is near enough to look for Big5-UAO: lines of PTT with kana and 円 reach 10,
#: GBK read as Big5 costs 10.7 to 16.
MAYBE_BIG5 = 12.0
#: The same for what is not ASCII in one line, which then has a contest of its own. Of 60,000 lines of the corpora 0.5 % cost more.
COSTLY = 10.0
#: Characters beyond ASCII that a line needs to be in another Chinese charset than its file; with 4, six lines of Japanese and of
#: symbols in the development files became Chinese.
LINE = 8
#: Nats by which each of fewer characters must be the likelier: GBK read as Big5 and back costs 4 to 8 more on lines of 3 to 7.
SHORT_LINE = 4.0
#: Nats that a Chinese reading is ahead of any other before the first byte is seen: this reads Chinese corpora.
PRIOR = 8.0
#: Below this confidence chardet guesses (development files: wrong answers up to 0.02, right ones from 0.11).
MIN_CONFIDENCE = 0.1
#: Hangul that make up half of Korean text, after the frequency lists of the National Institute of Korean Language.
_FREQUENT_HANGUL = "이다는에의을하고가지로한사기도인자대를은어시서나리해정아있들게스으과일수그라보제것부전상원장"
#: Share of characters that may be controls or come from bad bytes before bytes are called binary.
MAX_BAD = 0.1

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (b"\x84\x31\x95\x33", "gb18030"),
)
#: Charsets in which Chinese lines stand side by side in one file.
_CHINESE = ("utf-8", "gb18030", "big5hkscs", "big5-uao")
#: Positions of GBK that had no character in Unicode when Python's table was made, and have one since (GB 18030-2005 and -2022).
_GBK_PRIVATE = dict(zip(
    (*range(0xE78D, 0xE797), 0xE816, 0xE817, 0xE818, 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE831, 0xE832, 0xE83B, 0xE843, 0xE854,
     0xE855, 0xE864),
    "︐︒︑︓︔︕︖︗︘︙\U00020087\U00020089\U000200cc龴龵龶龷\U000215d7龸\U0002298f龹龺\U000241fe龻", strict=True))
_SUPERSET = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "gb18030": "gb18030", "hz": "hz", "x-gbk": "gb18030",
    "big5": "big5hkscs", "cp950": "big5hkscs", "big5hkscs": "big5hkscs", "latin-1": "cp1252", "iso8859-1": "cp1252",
    "shift_jis": "cp932", "euc_kr": "cp949",
}
#: HZ shifts in and out of pairs of 7-bit bytes. No nesting and one class, so linear.
_HZ = re.compile(rb"~\{(?:[\x21-\x7e]{2})+~\}")
_ISO_2022 = re.compile(rb"\x1b\$[)]?[A-H@B]|\x1b\([BJI]")         # fixed length: linear
_PRIVATE = re.compile("[\ue78d-\ue796\ue816-\ue864]")                   # one class: linear
#: What Python calls a text encoding and no page is in.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "mbcs", "oem"})
_CONTROLS = np.array([c < 32 and c not in (9, 10, 12, 13, 27) for c in range(256)])


class Decoded(NamedTuple):
    """Text, the codec that gave it, and how many characters of it are U+FFFD for want of a better one.

    Where lines are in several charsets, `encoding` is that of most lines, and `n_lines` says how many are in each (a line of
    ASCII is in none). `big5-uao` is the one codec that Python does not have.
    """

    text: str
    encoding: str
    n_replaced: int
    n_lines: Mapping[str, int] = MappingProxyType({})


class _Reading(NamedTuple):
    nats: float             # what is compared: cost a byte, with prior and hint
    encoding: str
    per_char: float         # the bare cost of a character


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str]:
    """The text of some bytes, and the codec that gave it. Raises UndecodableError for what is no text.

    >>> decode("沙里淘金".encode("gbk"), declared="utf-8")
    ('沙里淘金', 'gb18030')
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise UsageError(f"bytes are decoded, and this is {describe(data)}")
    return decode_bytes(bytes(data), declared=declared)[:2]


def decode_bytes(data: bytes, *, declared: str | None = None) -> Decoded:
    """The same with the number of characters that became U+FFFD because their bytes are bad. A byte order mark is not text."""
    if kind := find_kind(data):
        raise UndecodableError(f"these bytes are {kind}, not text: convert them first")
    hint = _codec(declared)
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            data, hint = data[len(mark):], encoding
            if (holds := _try_mark(data, encoding)) and not is_garbled(holds.text):
                return holds
            break
    decoded = _decode_shifted(data) or _decode_strictly(data) or _decode_by_contest(data, hint)
    if kind := is_garbled(decoded.text):
        raise UndecodableError(f"these bytes are {kind}, not text: convert them first")
    return decoded


def _try_mark(data: bytes, encoding: str) -> Decoded | None:
    """The text if a byte order mark tells the truth: it decodes without a fault, and no other charset makes better text of it."""
    try:
        text = _text(data, encoding)
    except UnicodeDecodeError:
        return None
    if encoding != "utf-8" and text and _nats(text[:WINDOW], encoding) > BELIEVABLE * len(text[:WINDOW]):
        best = min(_read(data[:WINDOW], encoding), default=None)
        if best is not None and best.encoding != encoding and best.per_char <= BELIEVABLE:
            return None
    return Decoded(text, encoding, 0)


def _decode_strictly(data: bytes) -> Decoded | None:
    """UTF-8 without a fault, of enough bytes to be no accident."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    sure = len(data) >= SHORT or len(text) == len(data)
    return Decoded(text, "utf-8", 0) if sure and not _is_full_of_controls(data) else None


def _decode_by_contest(data: bytes, hint: str | None) -> Decoded:
    best = _contest(data[:WINDOW], hint)
    return _decode_lines(data, best) if best in _CHINESE else _decoded(data, best)


def _codec(name: str | None) -> str | None:
    """The Python codec to use for a charset name as declared in the wild, or None if nobody knows it."""
    if not name:
        return None
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        found = name.strip().lower()
    return _SUPERSET.get(found, found if _is_charset(found) else None)


def _is_charset(name: str) -> bool:
    """Whether it is a codec of bytes and characters: it shows ASCII letters, in one way or another, as a charset does.

    `idna`, `punycode`, `undefined` and the escapes are text encodings to Python; they are no charsets of a page.
    """
    try:
        return codecs.lookup(name)._is_text_encoding and name.replace("_", "-") not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def _text(data: bytes, encoding: str, errors: str = "strict") -> str:
    """Decode, with what Python's codecs lack."""
    if encoding == "big5-uao":
        return decode_uao(data, errors)
    text = data.decode(encoding, errors)
    return text.translate(_GBK_PRIVATE) if encoding == "gb18030" and _PRIVATE.search(text) else text


def _count_bad(data: bytes, encoding: str, text: str) -> int:
    """How many U+FFFD stand for bad bytes, and not for themselves."""
    bad = text.count("\ufffd")
    return bad - _text(data, encoding, "ignore").count("\ufffd") if bad else 0


def _decoded(data: bytes, encoding: str) -> Decoded:
    text = _text(data, encoding, "replace")
    bad = _count_bad(data, encoding, text)
    _refuse_bad(text, bad, encoding)
    if encoding.startswith(("utf-16", "utf-32")):
        text = text.removeprefix("\ufeff")
    return Decoded(text, encoding, bad)


def _refuse_bad(text: str, bad: int, encoding: str) -> None:
    if bad > MAX_BAD * len(text) + 1:
        raise UndecodableError(f"{bad} of {len(text)} characters are bad in {encoding}, the best charset found: probably no text")


def _decode_lines(data: bytes, main: str) -> Decoded:
    """Each line in the charset that it is in: `main`, but for lines that this makes implausible or that are strict UTF-8."""
    rows = data.split(b"\n")
    shown = _text(data, main, "replace").split("\n")
    if len(shown) != len(rows):     # a codec took an LF for half a character
        shown = [_text(row, main, "replace") for row in rows]
    n_lines, bad = {main: 0}, 0
    costly = _find_costly(shown)
    for i, row in enumerate(rows):
        if row.isascii():
            continue
        encoding = main
        if i in costly or (main != "utf-8" and _strict(row, "utf-8") is not None):
            encoding, shown[i] = _choose(row, main, shown[i])
        if "\ufffd" in shown[i]:
            bad += _count_bad(row, encoding, shown[i])
        n_lines[encoding] = n_lines.get(encoding, 0) + 1
    text = "\n".join(shown)
    best = max(n_lines, key=lambda name: n_lines[name])
    _refuse_bad(text, bad, best)
    n_lines = {name: n for name, n in n_lines.items() if n}
    return Decoded(text, best, bad, n_lines if len(n_lines) > 1 else {})


def _choose(row: bytes, main: str, shown: str) -> tuple[str, str]:
    """The charset and text of one line: another one than `main` where it is the likelier and shows ordinary text."""
    best = min(_read(row, main, wide=False)).encoding
    if best == main:
        return main, shown
    text = _text(row, best, "replace")
    new, old = _mean_high(text, best), _mean_high(shown, main)
    n_high = sum(c > "\x7f" for c in text)
    ordinary = best == "utf-8" or (new <= COSTLY and (n_high >= LINE or (n_high >= 3 and old - new >= SHORT_LINE)))
    return (best, text) if ordinary or main == "utf-8" else (main, shown)


def _mean_high(text: str, encoding: str) -> float:
    """Mean cost of what is not ASCII."""
    high = "".join(c for c in text if c > "\x7f")
    return _nats(high, encoding) / max(1, len(high))


def _find_costly(shown: list[str]) -> frozenset[int]:
    """Lines that are not believed: what is not ASCII in them costs too much, or is U+FFFD."""
    points = np.frombuffer("\n".join([*shown, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    high = points > 0x7F
    ends = np.flatnonzero(points == 10)
    nats = np.concatenate([[0.0], np.cumsum(np.where(high, load_costs()[points], 0), dtype=np.float64)])[ends]
    count = np.concatenate([[0], np.cumsum(high)])[ends]
    bad = np.concatenate([[0], np.cumsum(points == 0xFFFD)])[ends]
    nats, count, bad = np.diff(nats, prepend=0), np.diff(count, prepend=0), np.diff(bad, prepend=0)
    return frozenset(np.flatnonzero((nats > COSTLY * count) | (bad > 0)).tolist())


def _decode_shifted(data: bytes) -> Decoded | None:
    """HZ and ISO-2022: 7-bit bytes with escapes. None where there are none, or where they do not decode."""
    if not data.isascii():
        return None
    try:
        if _HZ.search(data):
            return Decoded(data.decode("hz"), "hz", 0)
        if b"\x1b" in data and _ISO_2022.search(data):
            if b"\x1b$)A" in data:
                return Decoded(_decode_iso_2022_cn(data), "iso-2022-cn", 0)
            encoding = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_2"
            return Decoded(data.decode(encoding), encoding, 0)
    except UnicodeDecodeError:
        pass
    return None


def _decode_iso_2022_cn(data: bytes) -> str:
    """ISO-2022-CN as far as its GB 2312 plane (RFC 1922): SO and SI shift between pairs and ASCII."""
    pieces, plain = [], True
    for piece in re.split(rb"([\x0e\x0f])", data.replace(b"\x1b$)A", b"")):
        if piece in (b"\x0e", b"\x0f"):
            plain = piece == b"\x0f"
            continue
        for line in re.split(rb"(\n)", piece):      # a line end shifts back to ASCII
            plain = plain or line == b"\n"
            pieces.append(line.decode("ascii") if plain else bytes(b | 0x80 for b in line).decode("gb2312"))
    return "".join(pieces)


def _is_full_of_controls(data: bytes) -> bool:
    sample = np.frombuffer(data[:WINDOW], np.uint8)
    return len(sample) > 0 and bool(_CONTROLS[sample].mean() > MAX_BAD)


def _contest(window: bytes, declared: str | None) -> str:
    """The most plausible codec for some bytes that are not strict UTF-8."""
    readings = sorted(_read(window, declared))
    best = readings[0] if readings else None
    if best is not None and best.per_char <= BELIEVABLE:
        return best.encoding
    if several := _find_several(window):
        return several
    if _is_full_of_controls(window):
        raise UndecodableError("more than a tenth of these bytes are control characters: probably no text")
    import chardet

    guess = chardet.detect(window)
    codec = _codec(guess["encoding"])
    if codec and guess["confidence"] >= MIN_CONFIDENCE and _strict(window, codec) is not None:
        return codec
    if best is None:
        raise UndecodableError("no known charset makes text of these bytes")
    return best.encoding


def _find_several(window: bytes) -> str | None:
    """The charset of most lines, where each line by itself is believable Chinese in one of several; None where that is not so."""
    nats, n_chars, n_lines = 0.0, 0, Counter[str]()
    for row in window.split(b"\n")[:-1 if len(window) == WINDOW else None]:
        if not row.isascii():
            best = min(r for r in _read(row, None, wide=False) if r.encoding in _CHINESE)
            n = len(_text(row, best.encoding, "replace"))
            nats, n_chars = nats + n * best.per_char, n_chars + n
            n_lines[best.encoding] += 1
    return n_lines.most_common(1)[0][0] if len(n_lines) > 1 and nats <= BELIEVABLE * n_chars else None


def _read(window: bytes, declared: str | None, *, wide: bool = True) -> Iterator[_Reading]:
    """What each candidate costs in nats per byte; lines of a Chinese file have a contest that is not `wide`: among its like."""
    candidates = [*_CHINESE, "cp1252"]
    if wide:
        candidates += ["cp932", "euc_jp", "cp949"]
    if wide and (len(window) % 2 == 0 or len(window) == WINDOW):
        candidates += ["utf-16-le", "utf-16-be"]
    if wide and (len(window) % 4 == 0 or len(window) == WINDOW):
        candidates += ["utf-32-le", "utf-32-be"]
    if declared and declared not in candidates:
        candidates.append(declared)
    n_told = len(window) if wide else sum(byte > 0x7F for byte in window)       # bytes of which a hint says anything
    uao = False
    for encoding in candidates:
        if encoding == "big5-uao" and not uao:
            continue            # nothing in the bytes that Big5-HKSCS would read otherwise
        text = _strict(window, encoding)
        if text is None and encoding in (*_CHINESE, declared):
            text = _text(window, encoding, "replace")
        if text:
            nats = _nats(text, encoding)
            if encoding == "big5hkscs":
                uao = nats <= MAYBE_BIG5 * len(text) and may_be_uao(text)
            if encoding == "utf-8" and len(window) < SHORT and "\ufffd" not in text:
                nats -= STRICT_BONUS * sum(c > "\x7f" for c in text)
            prior = 0.0 if encoding.startswith(("utf", "gb", "big5")) else PRIOR
            hint = HINT_ONCE + HINT * n_told if encoding == declared else 0.0
            yield _Reading((nats + prior - hint) / len(window), encoding, nats / len(text))


def _strict(window: bytes, encoding: str) -> str | None:
    """Decode without a fault; a character cut by the end of the window is no fault."""
    for cut in range(4 if len(window) == WINDOW else 1):
        try:
            return _text(window[:len(window) - cut], encoding)
        except UnicodeDecodeError as error:
            if error.start < len(window) - 4:
                return None
        except (LookupError, UnicodeError):
            return None
    return None


def _nats(text: str, encoding: str) -> float:
    """Cost of a reading. Kana are cheap in a Japanese codec, Hangul in a Korean one, accents in a western text."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    nats = load_costs()[points]
    if encoding in ("cp932", "euc_jp"):
        full_width = (points >= 0x3040) & (points < 0x3100)
        nats = np.where(full_width, np.float32(5), nats)
    elif encoding == "gb18030":
        nats = np.where((points >= 0x3040) & (points < 0x3130), np.float32(9), nats)       # GB 2312 has kana and bopomofo
    elif encoding == "cp949":
        nats = np.where((load_classes()[points] & HANGUL) > 0, np.float32(11), nats)
        nats[np.isin(points, np.fromiter(map(ord, _FREQUENT_HANGUL), np.uint32))] = 5.5
    elif encoding in ("cp1252", "utf-8") and (points < 0x80).mean() > 0.7:
        nats = np.where((points >= 0xC0) & (points < 0x100), np.float32(6.5), nats)
    return float(nats.sum(dtype=np.float64))
