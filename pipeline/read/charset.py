"""Bytes to text: the charset is what the bytes say it is; a declared one is a hint, not a proof.

The order: marks that prove an encoding (byte order marks, escapes of HZ and ISO-2022, NULs at every other byte), then strict
UTF-8, which costs nothing and is never right by accident in Chinese, then a contest: each candidate decodes the bytes, and the
text that is most plausible (`chinese.plausibility`, in nats over the same bytes) wins. Bytes that no Chinese candidate makes
plausible are handed to chardet, which knows the rest of the world. Bytes that are no text raise UndecodableError.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.chinese.codepoints import HANGUL, load_classes
from pipeline.chinese.plausibility import load_costs
from pipeline.errors import UndecodableError

__all__ = ["Decoded", "decode", "decode_bytes"]

WINDOW = 1 << 17            # bytes that the contest looks at: more changed no answer on the development files
#: Fewer bytes than these may be UTF-8 by accident (农业农 in GBK is ũҵũ): they enter the contest, with this bonus in nats
#: for every character of several bytes, about the chance that a pair of GBK bytes fits into UTF-8 (measured: 1 in 60).
SHORT = 32
STRICT_BONUS = 4.0
#: Nats that a declared charset is worth, for each byte and once: half of what separates the runner-up from the winner on 8 hanzi.
HINT = 0.4
HINT_ONCE = 5.0
#: Nats per character above which a text is not believed to be Chinese and chardet is asked. Prose: 5.5 to 8; right
#: readings of 8-hanzi lines reached 9.9; wrong readings of Chinese bytes start at 11.
BELIEVABLE = 10.5
#: Nats that a Chinese reading is ahead of any other before the first byte is seen: this reads Chinese corpora.
PRIOR = 8.0
#: Below this confidence chardet guesses (development files: wrong answers up to 0.02, right ones from 0.11).
MIN_CONFIDENCE = 0.1
#: Hangul that make up half of Korean text, after the frequency lists of the National Institute of Korean Language.
_FREQUENT_HANGUL = "이다는에의을하고가지로한사기도인자대를은어시서나리해정아있들게스으과일수그라보제것부전상원장"
#: Share of characters that may be controls or come from bad bytes before bytes are called binary.
MAX_BAD = 0.1

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"\x84\x31\x95\x33", "gb18030"),
)
_SUPERSET = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "gb18030": "gb18030", "hz": "hz", "x-gbk": "gb18030",
    "big5": "big5hkscs", "cp950": "big5hkscs", "big5hkscs": "big5hkscs", "latin-1": "cp1252", "iso8859-1": "cp1252",
    "shift_jis": "cp932", "euc_kr": "cp949",
}
_MAGIC = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image", b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip data", b"\x28\xb5\x2f\xfd": "zstd data", b"\xd0\xcf\x11\xe0": "an OLE file (old Word or Excel)",
    b"\x7fELF": "a program", b"BZh": "bzip2 data", b"\xfd7zXZ": "xz data", b"Rar!": "a rar archive", b"PAR1": "a Parquet file",
}
#: HZ shifts in and out of pairs of 7-bit bytes. No nesting and one class, so linear.
_HZ = re.compile(rb"~\{(?:[\x21-\x7e]{2})+~\}")
_ISO_2022 = re.compile(rb"\x1b\$[)]?[A-H@B]|\x1b\([BJI]")         # fixed length: linear
_CONTROLS = np.array([c < 32 and c not in (9, 10, 12, 13, 27) for c in range(256)])


class Decoded(NamedTuple):
    """Text, the Python codec that gave it, and how many characters of it are U+FFFD for want of a better one."""

    text: str
    encoding: str
    n_replaced: int


class _Reading(NamedTuple):
    nats: float             # what is compared: cost a byte, with prior and hint
    encoding: str
    per_char: float         # the bare cost of a character


def decode(data: bytes, *, declared: str | None = None) -> tuple[str, str]:
    """The text of some bytes, and the Python codec that gave it. Raises UndecodableError for what is no text.

    >>> decode("沙里淘金".encode("gbk"), declared="utf-8")
    ('沙里淘金', 'gb18030')
    """
    return decode_bytes(data, declared=declared)[:2]


def decode_bytes(data: bytes, *, declared: str | None = None) -> Decoded:
    """The same with the number of characters that became U+FFFD because their bytes are bad. A byte order mark is not text."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark):] if encoding in ("utf-8-sig", "gb18030") else data, encoding)
    if b"\0" not in data[:WINDOW] and (shifted := _decode_shifted(data)):
        return shifted
    if b"\0" not in data:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if (len(data) >= SHORT or len(text) == len(data)) and not _is_full_of_controls(data):
                return Decoded(text, "utf-8", 0)
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise UndecodableError(f"these bytes are {name}, not text: convert them first")
    best = _contest(data[:WINDOW], _codec(declared))
    return _decoded(data, best)


def _codec(name: str | None) -> str | None:
    """The Python codec to use for a charset name as declared in the wild, or None if nobody knows it."""
    if not name:
        return None
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        found = name.strip().lower()
    return _SUPERSET.get(found, found if _is_codec(found) else None)


def _is_codec(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _decoded(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    if bad:
        bad -= data.decode(encoding, "ignore").count("\ufffd")      # those that stood in the text itself
    if bad > MAX_BAD * len(text) + 1:
        raise UndecodableError(f"{bad} of {len(text)} characters are bad in {encoding}, the best charset found: probably no text")
    if encoding.startswith(("utf-16", "utf-32")):
        text = text.removeprefix("\ufeff")
    return Decoded(text, {"utf-8-sig": "utf-8"}.get(encoding, encoding), bad)


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


def _read(window: bytes, declared: str | None) -> Iterator[_Reading]:
    """What each candidate costs in nats per byte."""
    candidates = ["utf-8", "gb18030", "big5hkscs", "cp1252", "cp932", "euc_jp", "cp949"]
    if len(window) % 2 == 0 or len(window) == WINDOW:
        candidates += ["utf-16-le", "utf-16-be"]
    if len(window) % 4 == 0 or len(window) == WINDOW:
        candidates += ["utf-32-le", "utf-32-be"]
    if declared and declared not in candidates:
        candidates.append(declared)
    for encoding in candidates:
        text = _strict(window, encoding)
        if text is None and encoding in ("utf-8", "gb18030", "big5hkscs", declared):
            text = window.decode(encoding, "replace")
        if text:
            nats = _nats(text, encoding)
            if encoding == "utf-8" and len(window) < SHORT and "\ufffd" not in text:
                nats -= STRICT_BONUS * sum(c > "\x7f" for c in text)
            prior = 0.0 if encoding.startswith(("utf", "gb", "big5")) else PRIOR
            hint = HINT_ONCE + HINT * len(window) if encoding == declared else 0.0
            yield _Reading((nats + prior - hint) / len(window), encoding, nats / len(text))


def _strict(window: bytes, encoding: str) -> str | None:
    """Decode without a fault; a character cut by the end of the window is no fault."""
    for cut in range(4 if len(window) == WINDOW else 1):
        try:
            return window[:len(window) - cut].decode(encoding)
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
    elif encoding == "cp949":
        nats = np.where((load_classes()[points] & HANGUL) > 0, np.float32(11), nats)
        nats[np.isin(points, np.fromiter(map(ord, _FREQUENT_HANGUL), np.uint32))] = 5.5
    elif encoding in ("cp1252", "utf-8") and (points < 0x80).mean() > 0.7:
        nats = np.where((points >= 0xC0) & (points < 0x100), np.float32(6.5), nats)
    return float(nats.sum(dtype=np.float64))
