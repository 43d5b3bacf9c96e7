"""Japanese and Korean runs in Chinese lines: they are not converted."""

from __future__ import annotations

import re

__all__ = ["FOREIGN", "is_foreign", "is_japanese"]

#: Two disjoint classes, and one: linear.
FOREIGN = re.compile("[\u3005\u3040-\u30ff\u4e00-\u9fff]+|[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


def is_japanese(text: str) -> bool:
    """Whether most hanzi stand in runs with kana; where they do not, Japanese is quoted in a Chinese text."""
    runs = FOREIGN.findall(text)
    inside = sum(len(run) - len(_KANA.findall(run)) for run in runs if is_foreign(run))
    return 2 * inside >= sum(len(run) - len(_KANA.findall(run)) for run in runs)


def is_foreign(run: str) -> bool:
    """A run of hanzi and kana that is Japanese: two kana or more, or one of a few characters (鬼滅の刃); or a run of Hangul."""
    kana = len(_KANA.findall(run))
    return kana * 5 >= len(run) or (kana >= 2 and kana * 8 >= len(run)) or bool(_HANGUL.match(run))
