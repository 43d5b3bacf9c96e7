"""Chinese bytes read in a single-byte charset: GBK, Big5 and UTF-8 in any of `charmaps`.

UTF-8 read in Windows-1252 is ftfy's; in the others it does not know them (KOI8, DOS) or asks for more than Chinese needs (1251).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from pipeline.chinese.plausibility import cost
from pipeline.stages.encoding.charmaps import ALSO_CHINESE, Charmap, load_charmaps, load_holders
from pipeline.stages.encoding.repair import GAIN, ORDINARY, Repair, count_hanzi, count_high, is_chinese, is_joined

__all__ = ["extend_tail", "read_single"]

#: High bytes for each character that GBK makes of them: 2 in GB 2312, 1.9 in GBK text with rare hanzi; in western text read as GBK
#: an accent takes the ASCII letter after it: 1.
_PAIRED = 1.7
#: Share of the characters of an unlikely run that a charset must have for the line to be read in it.
_COVERED = 0.8
_LEAST = 4              # high characters of a run: two hanzi
#: Charsets from which ftfy repairs no UTF-8; from the others it does better, Chinese apart.
_NOT_FTFYS = frozenset({"iso8859_5", "cp850", "cp852", "cp866", "koi8_r", "koi8_u"})
#: Hanzi that a reading needs, and needs where it is cut at an end: with 3 and 3, 20 of 40,000 strings in 70 languages became hanzi.
_WHOLE, _CUT = 4, 7
_HAN_BLOCKS = frozenset(range(0x4E00 >> 9, 0xA000 >> 9))
_EACH = np.arange(32, dtype=np.uint32)      # bits of `load_holders`
_NAMES = {"gb18030": "gbk", "big5hkscs": "big5", "utf-8": "utf8"}


def read_single(line: str, first: int, last: int) -> Iterator[Repair]:
    """Repairs of runs of single-byte characters in a line whose most unlikely run is `[first, last)`."""
    shown = np.frombuffer(line[first:last].encode("utf-32-le"), np.uint32)
    high = shown[shown > 0x7F]
    held = ((load_holders()[np.minimum(high, 0xFFFF)][:, None] >> _EACH) & 1).sum(axis=0)
    for charmap, n_held in zip(load_charmaps(), held.tolist(), strict=False):
        if charmap.name == "cp1252" or n_held >= _COVERED * len(high):
            for run in charmap.run.finditer(line):
                if count_high(run[0]) < _LEAST:
                    continue
                bare = run[0].strip(ALSO_CHINESE)
                texts = [text for text in dict.fromkeys((bare, run[0])) if text]
                readings = [r for text in texts if (r := _read_run(line, line.index(text, run.start()), text, charmap))]
                if readings:        # the bare run where both read, but for Macintosh, whose quotes are lead bytes
                    yield readings[0] if charmap.name == "cp1252" else max(readings, key=lambda r: r.gain)


def _read_run(line: str, start: int, shown: str, charmap: Charmap) -> Repair | None:
    """The best reading of one run; the ASCII character at its end may be the second byte of the last hanzi."""
    ends = (0, 1) if shown[-1] < "\x7f" <= shown[-2:-1] else (0,)
    rights = ("gb18030", "big5hkscs") if charmap.name == "cp1252" else ("gb18030", "big5hkscs", "utf-8")
    readings = [_read(line, start, shown[:len(shown) - n], e, charmap) for n in ends for e in rights]
    return max((r for r in readings if r), key=lambda r: r.gain, default=None)


def _read(line: str, start: int, shown: str, encoding: str, charmap: Charmap) -> Repair | None:
    """One run of single bytes in one encoding, if that is Chinese; UTF-8 also where it is any other text."""
    data = charmap.encode(shown)
    if encoding == "utf-8":
        repair = _read_utf8(start, shown, data)
        return repair if repair and (charmap.name in _NOT_FTFYS or is_joined(repair.put)) else None
    put = _decode(data, encoding)
    lost = put.strip("\ufffd").count("\ufffd")      # half a hanzi at an end was cut
    if lost * 20 > len(put):
        return None                                 # before all else: of the charsets that are tried most end here
    end = start + len(shown)
    in_word = line[start - 1:start].isalpha() or (line[end:end + 1].isascii() and line[end:end + 1].isalpha())
    gain = _cost(shown) - _cost(put)
    if gain < GAIN + len(put):
        return None
    cut = put != put.strip("\ufffd")
    joined = _is_joined(put, _CUT if cut else _WHOLE)
    if charmap.name == "cp1252":
        sure = joined or (is_chinese(put, 8 if in_word else 2) and _is_dense(put))
    else:
        sure = joined
    if not sure or (cut and not joined):
        return None
    if encoding == "gb18030" and not is_chinese(put, 6, ORDINARY) and count_high(shown) < _PAIRED * count_high(put):
        return None
    return Repair(start, end, put, f"{_NAMES[encoding]}-read-as-single-bytes", gain, _kept(put))


@lru_cache(64)
def _decode(data: bytes, encoding: str) -> str:
    """A run in several charsets is often the same bytes: what comes of these is made once, here and below."""
    return data.decode(encoding, "replace")


_cost = lru_cache(64)(cost)
_is_joined = lru_cache(64)(is_joined)


def _read_utf8(start: int, shown: str, data: bytes) -> Repair | None:
    """UTF-8 without a fault (but at the end of a longer run), three characters of several bytes at least: no text is that."""
    put = data.decode("utf-8", "replace")
    if "\ufffd" in put[:-1] or count_high(put) < (_CUT if put[-1] == "\ufffd" else 3):
        return None
    alphabets = {ord(c) >> 9 for c in put if c.isalpha() and c > "\u024f"} - _HAN_BLOCKS
    if len(alphabets) > 1 or (count_hanzi(put) > 2 and not is_joined(put)):
        return None
    gain = cost(shown) - cost(put)
    return Repair(start, start + len(shown), put, "utf8-read-as-single-bytes", gain, _kept(put)) if gain >= GAIN else None


def _is_dense(put: str) -> bool:
    """Whether hanzi, more than one kind, are a fifth of the text at least: .µµµµµµ and the accents of a western line are not."""
    hanzi = [c for c in put if "\u4e00" <= c <= "\u9fff"]
    return len(set(hanzi)) > 1 and len(hanzi) * 5 >= len(put)


def _kept(put: str) -> float:
    return 1 - put.count("\ufffd") / len(put)


def extend_tail(line: str, repair: Repair) -> Repair:
    """The repair with the tail of a text that was cut inside a character: its first bytes become one U+FFFD.

    Only after hanzi, and where nothing but the end of a word follows: é after a repaired word of French stays.
    """
    tail = line[repair.end:repair.end + 4]
    if not tail or repair.put[-1:] < "\u2e80" or tail[0] < "\x80":
        return repair
    for charmap in load_charmaps():
        size = 0
        while size < len(tail) and tail[size] > "\x7f" and ord(tail[size]) in charmap.to_byte:
            size += 1
        data = charmap.encode(tail[:size])
        full = 3 if data[:1] < b"\xf0" else 4
        cut = data[:1] >= b"\xe2" and size < full and all(0x80 <= b < 0xC0 for b in data[1:])
        if cut and not line[repair.end + size:repair.end + size + 1].isalnum():
            put = repair.put + "\ufffd"
            return repair._replace(end=repair.end + size, put=put, score=_kept(put))
    return repair
