"""Write pipeline/data/readings.tsv: every Mandarin syllable, its bopomofo, and the hanzi that may be read so.

    python tools/make_readings.py

Made from pypinyin's dictionaries (single hanzi with all their readings, and what its phrases add), without tones, because
a wrong tone is no reason to keep a bracket. Shipped as data and not asked of pypinyin at run time: importing it costs
0.16 s of CPU, reading this file 6 ms. `tests/test_readings.py` checks the file against pypinyin.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from pypinyin import __version__
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT, Style
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.style import convert

OUT = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "readings.tsv"
HEADER = f"""\
# Mandarin readings without tones: syllable (v for ü) TAB bopomofo TAB every hanzi that may be read so.
# Source: pypinyin {__version__} (MIT), PINYIN_DICT and PHRASES_DICT. Made by tools/make_readings.py; do not edit:
# readings that pypinyin lacks go into readings_extra.tsv.
"""


def read_hanzi() -> dict[str, set[str]]:
    """Toneless syllable -> hanzi."""
    hanzi: dict[str, set[str]] = defaultdict(set)
    for point, readings in PINYIN_DICT.items():
        for reading in readings.split(","):
            hanzi[plain(reading)].add(chr(point))
    for phrase, columns in PHRASES_DICT.items():
        if len(phrase) == len(columns):
            for char, column in zip(phrase, columns, strict=True):
                for reading in column:
                    hanzi[plain(reading)].add(char)
    return hanzi


def plain(reading: str) -> str:
    """A reading without its tone, in the alphabet of the parser: a-z, v for ü, e for ê."""
    return to_normal(reading, v_to_u=False).replace("ü", "v").replace("ê", "e")


def bopomofo(syllable: str) -> str:
    """The syllable in bopomofo, without a tone; empty where there is none."""
    written = convert(syllable.replace("v", "ü"), Style.BOPOMOFO, strict=True, default=None) or ""
    return "".join(c for c in written if 0x3105 <= ord(c) <= 0x312F)


def main() -> None:
    """Write the file."""
    hanzi = read_hanzi()
    rows = [f"{s}\t{bopomofo(s)}\t{''.join(sorted(hanzi[s]))}\n" for s in sorted(hanzi) if s]
    OUT.write_text(HEADER + "".join(rows), "utf-8")
    print(OUT.name, OUT.stat().st_size, "bytes", len(rows), "syllables")


if __name__ == "__main__":
    main()
