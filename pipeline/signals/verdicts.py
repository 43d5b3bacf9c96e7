"""What a document is, from its signals and its language: `text`, or why it is set aside.

The rule of this file: a verdict takes a whole document away, so each bound lies where no document of six corpora and of a crawl
comes near it. What is set aside stands in the audit with its text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.options import VerdictsOptions
from pipeline.signals.language import CHINESE
from pipeline.signals.table import NAMES

__all__ = ["ASIDE", "find_verdicts"]

#: What sets a document aside, the first of these that is so. `empty` is found before, by the stages; `filtered` means that it is
#: not what `where` wants.
ASIDE = ("empty", "garbled", "foreign", "spam", "short", "filtered")

#: Misread text that looks like Chinese costs this much for each character: 50,186 documents of six corpora and 1,505 of a crawl
#: reach 9.7, 锟斤拷 costs 11.6 and more, UTF-8 read as Big5 15. Lists of rare names, beasts and elements cost as much, so it also
#: repeats itself, as 锟斤拷 does, or holds so many unreadable characters (those documents: 0.03). Of any other text so many are
#: unreadable that nothing is left of it. Fewer visible characters than these are never garbled.
_COST, _REPEATED, _SOME, _UNREADABLE, _LEAST = 10.5, 0.3, 0.05, 0.2, 50
#: The spam score of spam. Those documents reach .32; see docs/signals.md for written ones, of which a half had no part in it.
_SPAM = 0.5


def find_verdicts(signals: NDArray[np.float64], languages: Sequence[str], options: VerdictsOptions) -> list[str | None]:
    """Why each document is set aside; None where it is not. `signals` as `measure` gives them, `languages` beside them."""
    names = ("n_visible", "mean_cost", "unreadable_share", "repeated_2", "spam_score")
    visible, cost, unreadable, repeated, spam = (signals[:, NAMES.index(name)] for name in names)
    spoken = np.array(languages, dtype=object)
    chinese, told = np.isin(spoken, CHINESE), spoken != ""
    misread = chinese & (cost >= _COST) & ((repeated >= _REPEATED) | (unreadable >= _SOME))
    garbled = (visible >= _LEAST) & (misread | (unreadable >= _UNREADABLE))
    found: NDArray[np.object_] = np.full(len(signals), None, dtype=object)
    for name, is_so in (
        ("short", visible < options.short),
        ("spam", (spam >= _SPAM) & options.spam),
        ("foreign", told & ~chinese & options.foreign),
        ("garbled", garbled & options.garbled),
    ):
        found[is_so & (visible > 0)] = name
    return list(found)
