"""Whether a text is spam: what it sells, how far that reaches, and what speaks against it.

The rule of this file: the phrases are data (`pipeline/data/signals_spam.tsv`), here they are only read, looked for and added up.
A report about a casino names it as the casino does, so words of reports count against, and so do the particles and pronouns of
prose, which slogans are written without. A good article with a casino's block in it is no spam, so what sells must reach over the
text.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_spans
from pipeline.jit.tables import kept
from pipeline.record import Texts
from pipeline.signals.kernels.marks import count_marks
from pipeline.signals.kernels.spam import OFTEN, TWICE, weigh_phrases
from pipeline.stages.boilerplate.kernels.cover import Automaton
from pipeline.stages.boilerplate.phrases import compile_phrases, fold_phrases

__all__ = ["KINDS", "SELLING", "find_spam", "name_spam", "weigh"]

Floats = NDArray[np.float64]

#: Kinds of phrases: what is sold, what only goes with it, what is said over and over for search engines, what speaks against.
SELLING = ("casino", "adult", "essay", "papers", "loan", "drugs", "links")
KINDS = (*SELLING, "promo", "contact", "stuffing", "report")
#: What phrases must weigh in all to score 1: in slogans, in prose, and the shares of grammatical characters that are these. Of 162
#: offers written for this half have none and nine of ten at most .03; of 147 reports, laws and stories half have .06 and more.
_SLOGAN, _PROSE = 8.0, 24.0
_NONE, _MANY = 0.02, 0.07
#: Characters of grammar in the canonical form.
_GRAMMAR = "的了在是他她它这那被把也就都和与及其之而但因所于从为已着却又还没曾"
#: How much more a word of reports counts than one of offers: a decree that lists what it forbids is written without grammar too.
_AGAINST = 1.5
#: The share of the text within reach of what sells that is its whole.
_WHOLE = 0.5
#: Of what is written for search engines: what is asked over and over for each character, and the share of repeated 2-grams. Texts
#: that are nothing else have .09 and .5 to .8. And so many different ones: 价格 alone is over and over in a law on prices.
_DENSE, _AGAIN, _LEAST = 0.08, 0.4, 4


#: What the kinds are called.
_CALLED = {
    "casino": "it offers bets", "adult": "it offers sex", "essay": "it offers to write for others", "papers": "it offers papers",
    "loan": "it offers loans", "drugs": "it offers drugs", "links": "it offers links, ranks or easy money",
    "stuffing": "it is words for search engines",
}


class _Table(NamedTuple):
    """The phrases as one automaton, and what each is, see `kernels.spam`."""

    automaton: Automaton
    about: NDArray[np.float32]


@kept
def _load() -> _Table:
    table = (resources.files("pipeline") / "data" / "signals_spam.tsv").read_text("utf-8")
    entries: dict[str, tuple[str, float]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            kind, weight, phrases = line.split("\t")
            for phrase in fold_phrases(phrases.split(" ")):
                entries.setdefault(phrase, (kind, float(weight)))
    about = [
        (len(phrase), KINDS.index(kind), weight, kind in SELLING, OFTEN if kind == "stuffing" else TWICE)
        for phrase, (kind, weight) in entries.items()
    ]
    compiled = compile_phrases([(phrase, "any", kind) for phrase, (kind, _) in entries.items()], KINDS, {}, {})
    return _Table(compiled.automaton, np.array(about, np.float32))


def find_spam(texts: Texts, repeated: Floats) -> Floats:
    """The spam score of each text: float64 [texts], from 0 to 1. `repeated` is the share of its 2-grams that stood in it before.

    >>> find_spam(Texts.of(["专业代写论文，包过，不过退款，加微信", "法院判决：代写论文的合同无效"]), np.zeros(2)).tolist()
    [1.0, 0.0]
    """
    weights, sizes, grammar = weigh(texts)
    kinds = {kind: weights[:, k] for k, kind in enumerate(KINDS)}
    sells = weights[:, :len(SELLING)].sum(axis=1)
    also = np.minimum(kinds["promo"] + kinds["contact"], sells)
    prose = np.clip((grammar - _NONE) / (_MANY - _NONE), 0, 1)
    sold = np.maximum(sells + also - _AGAINST * kinds["report"], 0) / (_SLOGAN + (_PROSE - _SLOGAN) * prose)
    stuffed = np.maximum(kinds["stuffing"] - kinds["report"], 0) / np.maximum(sizes, 1) / _DENSE
    score: Floats = np.maximum(
        np.minimum(sold, 1) * np.minimum(weights[:, -1] / _WHOLE, 1),
        np.minimum(stuffed, 1) * np.minimum(repeated / _AGAIN, 1) * (weights[:, -2] >= _LEAST),
    )
    return score


def weigh(texts: Texts) -> tuple[Floats, Floats, Floats]:
    """What phrases weigh in each text by kind, as `kernels.spam` says; canonical sizes; shares of characters of grammar."""
    a, about = _load()
    points, bounds = canonical_spans(texts.points, texts.starts, texts.ends)
    out = np.zeros((len(texts), len(KINDS) + 2))
    weigh_phrases(
        points, bounds, a.symbol, a.root, a.begin, a.on, a.to, a.output, a.ends, about, np.zeros(len(about), np.int32), out
    )
    sizes, grammar = np.diff(bounds).astype(np.float64), np.zeros((len(texts), 1), np.int64)
    count_marks(points, _load_grammar(), bounds[:-1], bounds[1:], grammar)
    return out, sizes, grammar[:, 0] / np.maximum(sizes, 1)


@cache
def _load_grammar() -> NDArray[np.uint8]:
    marks = np.zeros(0x110000, np.uint8)
    marks[[ord(c) for c in _GRAMMAR]] = 1
    return marks


def name_spam(text: str) -> str:
    """What a text that is spam is, in words.

    >>> name_spam("真人娱乐，注册送彩金，首存返水")
    'it offers bets'
    """
    weights, *_ = weigh(Texts.of([text]))
    kinds = [*SELLING, "stuffing"]
    return _CALLED[max(kinds, key=lambda kind: float(weights[0, KINDS.index(kind)]))]
