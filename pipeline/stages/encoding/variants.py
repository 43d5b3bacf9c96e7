"""Markup of Chinese wikis for words that are written otherwise in other regions: `-{zh-hans:软件;zh-hant:軟體}-` becomes 软件.

What is shown is the simplified word, for whatever script is wanted is made of the text by the stage `script`. Without a name of a
variant in it, `-{…}-` keeps words from being converted: its hanzi stay. `-{H|…}-` and `-{T|…}-` show nothing. Anything else stays,
as `x^{-{a}-1}` does. Source: https://www.mediawiki.org/wiki/Writing_systems/Syntax (read as documentation).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.edits import Edit
from pipeline.record import Texts

__all__ = ["resolve_variants"]

#: Characters of one such piece of markup.
LONGEST = 404
# Two literals around a bounded class that neither may hold: linear.
_MARKUP = re.compile(r"-\{([^{}\n]{1,400})\}-")
# Flags, then `|`; bounded.
_FLAGS = re.compile(r"\s{0,4}([A-Z+-](?:;[A-Z]){0,4})\s{0,4}\|")
_VARIANT = re.compile(r"\s{0,4}(zh(?:-[a-z]{2,4})?)\s{0,4}:(.*)", re.DOTALL)        # to the end of a piece: linear
_HANZI = re.compile("[\u3400-\u9fff]")
#: Variants, the one that is shown first.
_ORDER = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh", "zh-hant", "zh-tw", "zh-hk", "zh-mo")
#: Flags of what is not shown where it stands: rules for the rest of the page, its title, and those that are taken back.
_HIDDEN = frozenset("HT-")


def resolve_variants(texts: Texts) -> Iterator[Edit]:
    """Edits that put the word for the markup."""
    n = len(texts.joined)       # a piece of markup holds no LF, so it lies in one document
    at = texts.joined.find("-{", 0, n)
    while at >= 0:
        match = _MARKUP.match(texts.joined, at, at + LONGEST)
        shown = _resolve(match[1]) if match else None
        if match and shown is not None:
            yield Edit(*match.span(), shown, "wiki-variant")
        at = texts.joined.find("-{", match.end() if match else at + 2, n)


def _resolve(markup: str) -> str | None:
    """What is shown for what stands between the braces; None where it is no such markup.

    >>> [_resolve(m) for m in ("zh-hans:软件;zh-hant:軟體;", "北京", "H|zh-cn:a;zh-tw:b", "a")]
    ['软件', '北京', '', None]
    """
    flags = _FLAGS.match(markup)
    said = markup[flags.end():] if flags else markup
    pairs = [match.groups() for piece in said.split(";") if (match := _VARIANT.match(piece))]
    if not pairs:
        return said if _HANZI.search(said) else None
    if flags and _HIDDEN & {*flags[1]}:
        return ""
    words = {name: word.strip() for name, word in reversed(pairs)}
    return next((words[name] for name in _ORDER if words.get(name)), None)
