"""The signals of a document, once: their names, types and meanings. Columns, objects and distributions are made from this list.

The rule of this file: a signal is a number that follows from the clean text alone, by a formula that is said here in one sentence.
Shares are of the visible characters (no blank, no line break) where nothing else is said, and 0 where there is nothing to share.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["DECIMALS", "NAMES", "SIGNALS", "Signal"]

#: Decimals that a number is rounded to: more than anybody asks for, and fewer than two machines could differ in.
DECIMALS = 4


class Signal(NamedTuple):
    """One signal."""

    name: str
    type: Literal["int64", "float64"]
    about: str
    most: int | None = None     # of shares 1


def _share(name: str, about: str) -> Signal:
    return Signal(name, "float64", about, 1)


#: In their order.
SIGNALS = (
    Signal("n_visible", "int64", "Characters that are no blank and no line break."),
    Signal("n_lines", "int64", "Lines with a visible character."),
    Signal("n_sentences", "int64", "Stretches of a line with a letter, hanzi or digit, up to 。！？… or to its end."),
    Signal("mean_sentence", "float64", "Visible characters for each sentence."),
    _share("ended_share", "Share of the lines that end with a sentence: with 。！？…, with quotes and brackets behind."),
    _share("link_share", "Share of the lines that look like a link: at most 25 visible characters, no sign of a clause."),
    _share("hanzi_share", "Share of hanzi."),
    _share("kana_share", "Share of kana."),
    _share("hangul_share", "Share of Hangul."),
    _share("latin_share", "Share of Latin letters, full-width and toned ones too."),
    _share("digit_share", "Share of digits."),
    _share("symbol_share", "Share of symbols: arrows, figures, pictures, and signs that text is not punctuated with."),
    _share("other_share", "Share of letters of other scripts."),
    _share("unreadable_share", "Share of characters that nobody can read: of private use, and U+FFFD."),
    _share("traditional_share", "Of the hanzi that only one of the two scripts has, the share of traditional ones."),
    Signal("distinct_hanzi", "int64", "Different hanzi."),
    _share("repeated_2", "Share of the 2-grams of visible characters that stood in the text before."),
    _share("repeated_5", "The same of 5-grams."),
    _share("repeated_10", "The same of 10-grams."),
    Signal("entropy", "float64", "Entropy of the visible characters, in bits for each."),
    Signal("mean_cost", "float64", "How implausible the letters and hanzi are as Chinese, in nats for each; ASCII apart."),
    Signal("longest_run", "int64", "Most visible characters of a line without any sign or symbol between."),
    _share("spam_score", "How far it is spam: what it sells, how much of it that is, what speaks against, see docs/signals.md."),
    Signal("n_personal", "int64", "What says who somebody is or how to reach him, see docs/personal.md."),
    Signal("n_sensitive", "int64", "Of these, numbers of identity papers, passports and bank cards."),
    Signal("n_foreign", "int64", "Passages in another language in a Chinese text."),
    _share("foreign_share", "Share of what stands in such passages."),
    _share("quality_score", "How good the text looks: a weighted mean of some of these, see docs/signals.md."),
)
NAMES = tuple(signal.name for signal in SIGNALS)
