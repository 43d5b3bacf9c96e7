"""Whether a text is spam: what it sells, how far that reaches, and what speaks against it.

The rule of this file: the phrases are data (`pipeline/data/signals_spam.tsv`), here they are only read, looked for and added up.
A report about a casino names it as the casino does, so words of reports count against, and so do the particles and pronouns of
prose, which slogans are written without. A good article with a casino's block in it is no spam, so what sells must reach over the
text.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.canonical import canonical_text
from pipeline.jit.tables import kept
from pipeline.record import Texts
from pipeline.signals.kernels.marks import count_marks
from pipeline.signals.kernels.spam import OFTEN, PAIR_BITS, TWICE, mark_pairs, weigh_phrases
from pipeline.stages.boilerplate.kernels.cover import Automaton
from pipeline.stages.boilerplate.phrases import compile_phrases, fold_phrases

__all__ = ["KINDS", "SELLING", "find_spam", "name_spam", "weigh"]

Floats = NDArray[np.float64]

#: Kinds of phrases: what is sold, what only goes with it, what is said over and over for search engines, what speaks against.
SELLING = ("casino", "adult", "essay", "papers", "loan", "drugs", "links", "cheats", "cures", "trade", "stocks", "jobs", "hint")
KINDS = (*SELLING, "promo", "contact", "stuffing", "report", "prose")
#: What phrases must weigh in all to score 1: in slogans, in prose, and the shares of grammatical characters that are these. Of 162
#: offers written for this half have none and nine of ten at most .03; of 147 reports, laws and stories half have .06 and more.
_SLOGAN, _PROSE = 8.0, 20.0
_NONE, _MANY = 0.02, 0.07
#: Characters of grammar in the canonical form.
_GRAMMAR = "的了在是他她它这那被把也就都和与及其之而但因所于从为已着却又还没曾"
#: How much more a word of reports counts than one of offers: a decree that lists what it forbids is written without grammar too.
_AGAINST = 1.5
#: A word of reports from this weight on is of an act (抓获, 判处); below, it is of prose.
_ACT, _PLAIN = 2.0, 2.5
#: The share of the text within reach of what sells that is its whole.
_WHOLE = 0.5
#: Of what is written for search engines: what is asked over and over for each character, and the share of repeated 2-grams. Texts
#: that are nothing else have .09 and .5 to .8. And so many different ones: 价格 alone is over and over in a law on prices.
_DENSE, _AGAIN, _LEAST = 0.08, 0.4, 4
#: A term in every line (苏州管道疏通 昆山管道疏通 …): so many different questions, this share of repeated 2-grams, and characters.
#: Then the commonest four or three hanzi must come so often, make up such a share, and be asked about.
_FEW, _LISTED, _LONG, _BRIEF = 2, 0.2, 60, 1200
_TERMS, _TIMES, _SHARE = (4, 3), 5, 0.3
_HAN = re.compile("[\u3400-\u9fff]+")
_ASKED = re.compile(
    "[\u3400-\u9fff]{0,3}?(哪家|哪个|哪里|多少|价格|报价|电话|公司|厂家|推荐|费用|收费|排名|怎么样|ptt|dcard|机构|培训班|官网|下载|规格|批发|安装|服务|课程"
    "|清洗|移机|师傅|欢迎|图片|方法)"
)
#: Hints count as far as something plain, an act or a hidden contact stands beside them, and so much of the rest; words of prose
#: speak against at most this much of what sells. Set on the parts of the cases but the last, the crawl and the corpora.
_ALONE, _MOST = 0.5, 0.7
#: Names of messengers, accounts and numbers as only who hides from machines writes them: 加薇❤, V♥X, 扌口, Q⑨⑧③, 1三9零零; and
#: domains that cost nothing. Single characters and bounded runs: linear. What each weighs, how often, in so many characters.
_HIDDEN, _SITE, _OFTEN, _LOOK = 3.0, 1.5, 2, 4000
_HIDING = re.compile(
    r"[+➕加] ?[薇威徽VvqQ扣]?[❤♥♡❥] ?[xX信:：]?|[微薇威徽VvWw] ?[❤♥♡❥☆★▇×] ?[xX信]?|扌口"
    r"|[加＋+➕] ?(?:薇|威|赖|賴|V|v|扣|叩|Q|飞机|飛機) ?(?:信|[:：]|[a-zA-Z0-9])"
    r"|(?:飞机|飛機|电报|電報|[Tt]elegram|TG|LINE|[Ll]ine|[Ss]kype|[Ww]hats[Aa]pp|Gleezy) ?(?:联系|聯繫|客服|号"
    r"|ID)? ?[:：→@] ?@?[A-Za-z][\w-]{4,20}"
    r"|[①-⑨⓪]{3}|(?=[0-9xX]*[零一二三四五六七八九〇])[0-9xX零一二三四五六七八九〇-]{8,20}(?<=[0-9xX])"
    r"|(?:[扣Qq群电话号微V信机鹅])[^0-9\n]{0,4}[0-9](?: [0-9xX]){6,12}(?![0-9])"
)
_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9.@/-])[a-z0-9-]{3,20}\.(?:vip|cc|top|fun|lol|xyz|la|club|bet|win|live|app|icu|pw|site|online|shop|tv)(?![A-Za-z.])"
)


#: What the kinds are called.
_CALLED = {
    "casino": "it offers bets", "adult": "it offers sex", "essay": "it offers to write for others", "papers": "it offers papers",
    "loan": "it offers loans", "drugs": "it offers drugs", "links": "it offers links, ranks or easy money",
    "cheats": "it offers cheats or private servers of games", "cures": "it offers cures",
    "trade": "it deals in accounts, data or contraband", "hint": "it advertises",
    "stocks": "it offers tips on shares", "jobs": "it offers easy money", "stuffing": "it is words for search engines",
}


class _Table(NamedTuple):
    """The phrases as one automaton, and what each is, see `kernels.spam`."""

    automaton: Automaton
    about: NDArray[np.float32]
    pairs: NDArray[np.uint8]        # of symbols that phrases begin with, as bits


def _sort(kind: str, weight: float) -> str:
    """The kind under which a phrase counts: words that others say too are hints, and prose."""
    if kind == "report" and weight < _ACT:
        return "prose"
    return "hint" if kind in SELLING and weight < _PLAIN else kind


@kept
def _load() -> _Table:
    table = (resources.files("pipeline") / "data" / "signals_spam.tsv").read_text("utf-8")
    entries: dict[str, tuple[str, float]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            kind, weight, phrases = line.split("\t")
            for phrase in fold_phrases(phrases.split(" ")):
                entries.setdefault(phrase, (_sort(kind, float(weight)), float(weight)))
    about = [
        (len(phrase), KINDS.index(kind), weight, kind in SELLING, OFTEN if kind == "stuffing" else TWICE)
        for phrase, (kind, weight) in entries.items()
    ]
    compiled = compile_phrases([(phrase, "any", kind) for phrase, (kind, _) in entries.items()], KINDS, {}, {})
    pairs = np.zeros(1 << PAIR_BITS - 3, np.uint8)
    a = compiled.automaton
    mark_pairs(a.root, a.begin, a.on, a.output, pairs)
    return _Table(a, np.array(about, np.float32), pairs)


def find_spam(texts: Texts, repeated: Floats) -> Floats:
    """The spam score of each text: float64 [texts], from 0 to 1. `repeated` is the share of its 2-grams that stood in it before.

    >>> find_spam(Texts.of(["专业代写论文，包过，不过退款，加微信", "法院判决：代写论文的合同无效"]), np.zeros(2)).tolist()
    [1.0, 0.0]
    """
    weights, sizes, grammar = weigh(texts)
    kinds = {kind: weights[:, k] for k, kind in enumerate(KINDS)}
    plain, hints = weights[:, :KINDS.index("hint")].sum(axis=1), kinds["hint"]
    hidden = _weigh_hiding(texts, (plain + hints > 0) & (weights[:, -1] >= _WHOLE / 2))
    also = kinds["promo"] + kinds["contact"]
    beside = np.minimum(hints, plain + also + hidden)
    sells = plain + beside + _ALONE * (hints - beside)
    also = np.minimum(also, sells) + np.minimum(hidden, sells)
    against = _AGAINST * kinds["report"] + np.minimum(_AGAINST * kinds["prose"], _MOST * sells)
    prose = np.clip((grammar - _NONE) / (_MANY - _NONE), 0, 1)
    sold = np.maximum(sells + also - against, 0) / (_SLOGAN + (_PROSE - _SLOGAN) * prose)
    asked, again = kinds["stuffing"] - kinds["report"] - kinds["prose"], np.minimum(repeated / _AGAIN, 1)
    dense = np.clip(asked / np.maximum(sizes, 1) / _DENSE, 0, 1) * again * (weights[:, -2] >= _LEAST)
    stuffed = (weights[:, -2] >= _FEW) & (asked > 0) & (repeated >= _LISTED) & (sizes >= _LONG) & (sizes <= _BRIEF)
    listed = _find_stuffed(texts, stuffed)
    score: Floats = np.maximum(np.minimum(sold, 1) * np.minimum(weights[:, -1] / _WHOLE, 1), np.maximum(dense, listed))
    return score


def _find_stuffed(texts: Texts, maybe: NDArray[np.bool_]) -> Floats:
    """How much of those texts that may be is one term again and again: 1 from a share on that prose does not reach."""
    out = np.zeros(len(texts))
    for doc in np.flatnonzero(maybe).tolist():
        out[doc] = _measure_term(canonical_text(texts.text(doc)))
    return out


def _measure_term(text: str) -> float:
    """How much of a text is its commonest term, where two different things and more are asked about it."""
    best = 0.0
    for size in _TERMS:
        terms = Counter(text[i:i + size] for i in range(len(text) - size + 1))
        term, times = terms.most_common(1)[0] if terms else ("", 0)
        if times >= _TIMES and _HAN.fullmatch(term) and len(_list_asked(text, term)) >= _FEW:
            best = max(best, size * times / len(text) / _SHARE)
    return min(1.0, best)


def _list_asked(text: str, term: str) -> set[str]:
    """What is asked about a term. A pattern that held it would hold words of the document: `re` remembers patterns."""
    found, at = set(), text.find(term)
    while at >= 0:
        if asked := _ASKED.match(text, at + len(term)):
            found.add(asked[1])
        at = text.find(term, at + len(term))
    return found


def _weigh_hiding(texts: Texts, sells: NDArray[np.bool_]) -> Floats:
    """What is written to be found by people and not by machines, in those texts that sell something over a good part of them."""
    out = np.zeros(len(texts))
    for doc in np.flatnonzero(sells).tolist():
        text = texts.text(doc)[:_LOOK]
        out[doc] = _HIDDEN * min(_OFTEN, len(_HIDING.findall(text))) + _SITE * min(_OFTEN, len(_DOMAIN.findall(text)))
    return out


def weigh(texts: Texts) -> tuple[Floats, Floats, Floats]:
    """What phrases weigh in each text by kind, as `kernels.spam` says; canonical sizes; shares of characters of grammar."""
    a, about, pairs = _load()
    points, bounds = texts.canonical
    bounds = bounds[texts.first_lines]
    out = np.zeros((len(texts), len(KINDS) + 2))
    weigh_phrases(
        points, bounds, a.symbol, a.root, a.begin, a.on, a.to, a.output, a.ends, pairs, about, np.zeros(len(about), np.int32), out
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
