"""Single-byte charsets in which Chinese bytes are read by mistake: what each shows for the bytes 80 to FF.

Where a charset leaves a byte undefined, what it shows is the character of that number, as browsers do. Windows-1252 and Latin-1
are one: texts mix them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALSO_CHINESE", "Charmap", "load_charmaps", "load_latin"]

#: Punctuation of Chinese text that is also a byte of Windows-1252: at the ends of a run it is more likely itself.
ALSO_CHINESE = "“”‘’–—…•"
#: Windows of Europe, ISO, Macintosh; DOS of America and Europe, KOI8 of Russia and Ukraine.
_NAMES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859_2", "iso8859_5", "mac_roman", "cp437", "cp850", "cp852",
    "cp866", "koi8_r", "koi8_u",
)


@dataclass(frozen=True)
class Charmap:
    """One charset: the byte of each character, and the pattern of a run of them."""

    name: str
    to_byte: dict[int, int]         # code point to byte, ASCII too

    @cached_property
    def run(self) -> re.Pattern[str]:
        """A run of its characters. Compiled where it is asked for: those of all charsets take 25 ms, and few lines ask for one.

        Two disjoint classes, so linear; the ASCII character at the end may be the second byte of the last hanzi.
        """
        high = "".join(re.escape(chr(c)) for c in sorted(self.to_byte) if c > 0x7F)
        return re.compile(rf"[{high}](?:[\t\x20-\x7e{high}]*[{high}])?[@-~]?")

    def encode(self, text: str) -> bytes:
        """The bytes of a text whose characters are all in the charset."""
        return text.translate(self.to_byte).encode("latin-1")


@cache
def load_charmaps() -> tuple[Charmap, ...]:
    """Windows-1252 with Latin-1 first."""
    return tuple(_make(name) for name in _NAMES)


@cache
def load_holders() -> NDArray[np.uint32]:
    """Which charsets have each code point of the first plane, a bit each in the order of `load_charmaps`: uint32 [0x10000]."""
    held = np.zeros(0x10000, np.uint32)
    for bit, charmap in enumerate(load_charmaps()):
        held[list(charmap.to_byte)] |= np.uint32(1 << bit)
    return held


def load_latin() -> Charmap:
    """Windows-1252 and Latin-1."""
    return _make(_NAMES[0])


@cache
def _make(name: str) -> Charmap:
    to_byte = {c: c for c in range(0x80)}
    for byte in range(0x80, 0x100):
        with suppress(UnicodeDecodeError):
            to_byte[ord(bytes((byte,)).decode(name))] = byte
    defined = set(to_byte.values())
    for byte in range(0x80, 0x100):     # what is undefined, and the C1 controls that a decoder of Latin-1 makes of the rest
        if byte < 0xA0 or byte not in defined or name == "cp1252":
            to_byte.setdefault(byte, byte)
    return Charmap(name, to_byte)
