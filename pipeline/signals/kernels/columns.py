"""The columns of what is counted, by name."""

from __future__ import annotations

__all__ = [
    "COST", "COSTED", "DIGIT", "DISTINCT", "ENDED", "ENTROPY", "FOREIGN", "HANGUL", "HANZI", "KANA", "LATIN", "LINES", "LINKS",
    "LONGEST", "OTHER", "OWN", "PASSAGES", "PERSONAL", "REPEATED", "SENSITIVE", "SENTENCES", "SIGN", "SIMPLIFIED_ONLY", "SPAM",
    "SYMBOL", "TRADITIONAL_ONLY", "UNREADABLE", "WIDTH", "WORDS",
]

# What a character is: each is of one kind, and a blank of none. Their counts stand in the columns of the same numbers.
HANZI, KANA, HANGUL, LATIN, DIGIT, SIGN, SYMBOL, OTHER, UNREADABLE = range(9)
# And what else is counted of a text.
LINES, SENTENCES, ENDED, LINKS, LONGEST = range(9, 14)
SIMPLIFIED_ONLY, TRADITIONAL_ONLY = 14, 15
DISTINCT, ENTROPY, COST, COSTED = range(16, 20)
#: Shares of repeated n-grams of 2, 5 and 10 characters: three columns from here.
REPEATED = 20
#: Runs of Latin letters, and the hanzi of lines that hold at least half as many hanzi as such runs.
WORDS, OWN = 23, 24
#: The spam score; personal data, all of it and what nobody publishes of himself; foreign passages, and what is visible in them.
SPAM, PERSONAL, SENSITIVE, PASSAGES, FOREIGN = range(25, 30)
WIDTH = 30
