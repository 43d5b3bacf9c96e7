"""Markup of Chinese wikis for words that are written otherwise in other regions: `-{zh-hans:软件;zh-hant:軟體}-` becomes 软件.

What is shown is the simplified word, for whatever script is wanted is made of the text by the stage `script`. Without a name of a
variant in it, `-{…}-` keeps words from being converted: its hanzi stay, unless it stands where TeX has an exponent (`x^{-{甲}-1}`).

Flags say what else the markup does. Rules that are only noted (`H`), taken back (`-`) or for the title (`T` alone) show nothing;
those that are noted and shown (`A`), raw text (`R`) and names of variants, for which alone the text is converted (`zh-cn;zh-tw|…`),
show it. `甲=>zh-cn:乙` shows 乙. Anything else stays, as `x^{-{a}-1}` does.
Source: https://www.mediawiki.org/wiki/Writing_systems/Syntax (read as documentation).
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
_NAME = r"zh(?:-[a-z]{2,4})?"
# Flags, then `|`: bounded repeats of disjoint parts.
_FLAGS = re.compile(rf"\s{{0,4}}((?:[A-Z+-]|{_NAME})(?:\s?;\s?(?:[A-Z]|{_NAME})){{0,8}})\s{{0,4}}\|")
# What a piece begins with; all its parts are bounded.
_BEGIN = rf"\s{{0,4}}(?:[^;=]{{1,80}}=>\s{{0,4}})?({_NAME})\s{{0,4}}:"
_VARIANT = re.compile(rf"{_BEGIN}(.*)", re.DOTALL)                  # to the end of a piece: linear
# An entity, whose `;` ends no piece; or a `;` that does, for a name or the end follows. Bounded.
_CUT = re.compile(rf"(?P<entity>&#?[0-9A-Za-z]{{1,8}};)|;(?={_BEGIN}|\Z)")
_HANZI = re.compile("[\u3400-\u9fff]")
#: Variants, the one that is shown first.
_ORDER = ("zh-hans", "zh-cn", "zh-sg", "zh-my", "zh", "zh-hant", "zh-tw", "zh-hk", "zh-mo")
#: What stands before a minus in an exponent or an index of TeX.
_TEX = frozenset("^_{")


def resolve_variants(texts: Texts) -> Iterator[Edit]:
    """Edits that put the word for the markup."""
    n = len(texts.joined)       # a piece of markup holds no LF, so it lies in one document
    at = texts.joined.find("-{", 0, n)
    while at >= 0:
        match = _MARKUP.match(texts.joined, at, at + LONGEST)
        shown = _resolve(match[1], tex=texts.joined[max(0, at - 1):at] in _TEX) if match else None
        if match and shown is not None:
            yield Edit(*match.span(), shown, "wiki-variant")
        at = texts.joined.find("-{", match.end() if match else at + 2, n)


def _resolve(markup: str, *, tex: bool = False) -> str | None:
    """What is shown for what stands between the braces; None where it is no such markup. `tex`: whether it stands as in a formula.

    >>> [_resolve(m) for m in ("zh-hans:软件;zh-hant:軟體;", "北京", "H|zh-cn:a;zh-tw:b", "zh-hans:甲&amp;乙;zh-hant:丙", "a")]
    ['软件', '北京', '', '甲&amp;乙', None]
    """
    match = _FLAGS.match(markup)
    flags = {flag.strip() for flag in match[1].split(";")} if match else set()
    said = markup[match.end():] if match else markup
    pairs = [pair.groups() for piece in _cut(said.strip()) if (pair := _VARIANT.match(piece))]
    if not pairs and ((tex and not match) or not _HANZI.search(said)):
        return None
    if "R" not in flags and (flags & {"H", "-"} or flags == {"T"}):
        return ""
    if not pairs:
        return said
    words = {name: word.strip() for name, word in reversed(pairs)}
    return next((words[name] for name in _ORDER if words.get(name)), None)


def _cut(said: str) -> Iterator[str]:
    """The pieces, one for each variant."""
    start = 0
    for match in _CUT.finditer(said):
        if not match["entity"]:
            yield said[start:match.start()]
            start = match.end()
    yield said[start:]
