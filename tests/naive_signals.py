"""The signals again, one document at a time, by the words of docs/signals.md: the twin of `pipeline.signals.measure`."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from functools import cache
from importlib import resources

from pipeline.chinese import codepoints as cp
from pipeline.chinese.canonical import canonical_text
from pipeline.chinese.codepoints import load_classes
from pipeline.chinese.plausibility import load_costs
from pipeline.signals.kernels.characters import LINK_CHARS, kind_of
from pipeline.signals.kernels.columns import DIGIT, HANGUL, HANZI, KANA, LATIN, OTHER, SIGN, SYMBOL, UNREADABLE
from pipeline.signals.kernels.spam import REACH
from pipeline.signals.spam import _DOMAIN, _GRAMMAR, _HIDING, SELLING, _measure_term

SIGNS = (SIGN, SYMBOL)
STOPS = cp.BLANK | cp.CLOSE | cp.QUOTE


def classes_of(char: str) -> int:
    return int(load_classes()[ord(char)])


def kind(char: str) -> int:
    return kind_of(ord(char), load_classes()[ord(char)])


def ends_sentence(line: str, i: int) -> bool:
    if line[i] != ".":
        return bool(classes_of(line[i]) & cp.SENTENCE)
    before = classes_of(line[i - 1]) if i else 0
    behind = i + 1 == len(line) or classes_of(line[i + 1]) & STOPS
    return bool(behind and before & (cp.HAN | cp.LATIN | cp.CLOSE | cp.QUOTE))


def sentences(line: str) -> int:
    found, words = 0, False
    for i, c in enumerate(line):
        if ends_sentence(line, i):
            found, words = found + words, False
        elif kind(c) not in (-1, *SIGNS):
            words = True
    return found + words


def is_ended(line: str) -> bool:
    for i in reversed(range(len(line))):
        if kind(line[i]) < 0:
            continue
        if ends_sentence(line, i):
            return True
        if not classes_of(line[i]) & (cp.CLOSE | cp.QUOTE):
            return False
    return False


def is_link(line: str) -> bool:
    signed = any(ends_sentence(line, i) or classes_of(c) & cp.CLAUSE for i, c in enumerate(line))
    return not signed and sum(kind(c) >= 0 for c in line) <= LINK_CHARS


def longest(line: str) -> int:
    runs = "".join("|" if kind(c) in SIGNS else "x" for c in line if kind(c) >= 0).split("|")
    return max(map(len, runs))


def repeated(visible: str, n: int) -> float:
    grams = [visible[i:i + n] for i in range(len(visible) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


#: What has a twin or a test of its own.
OTHERS = ("quality_score", "n_personal", "n_sensitive", "n_foreign", "foreign_share")


def without_score(found: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in found.items() if name not in OTHERS}


@cache
def read_phrases() -> dict[str, tuple[str, float]]:
    """The phrases of spam in canonical form, with kind and weight."""
    table = (resources.files("pipeline") / "data" / "signals_spam.tsv").read_text("utf-8")
    found: dict[str, tuple[str, float]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            what, weight, phrases = line.split("\t")
            if what == "report" and float(weight) < 2:
                what = "prose"
            elif what in SELLING and float(weight) < 2.5:
                what = "hint"
            for phrase in phrases.split(" "):
                found.setdefault(canonical_text(phrase), (what, float(weight)))
    return found


def places_of(phrase: str, text: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(phrase, at)] if phrase in text else []


def spam(original: str) -> float:
    """The score by the words of docs/signals.md."""
    visible = "".join(c for c in original if c != "\n" and kind(c) >= 0)
    text = canonical_text(original)
    weights: defaultdict[str, float] = defaultdict(float)
    near, asked = set[int](), 0
    sellers = [phrase for phrase, (what, _) in read_phrases().items() if what in SELLING and phrase in text]
    for phrase, (what, weight) in read_phrases().items():
        places = places_of(phrase, text)
        n = len(places)
        weights[what] += weight * (n if what == "stuffing" else (0, 1, 1 if sellers == [phrase] else 1.5)[min(n, 2)])
        asked += what == "stuffing" and n > 0
        if what in SELLING:
            near.update(k for at in places for k in range(at - REACH, at + len(phrase) + REACH))
    reach = len(near & set(range(len(text)))) / max(len(text), 1)
    plain, hints = sum(weights[what] for what in SELLING if what != "hint"), weights["hint"]
    hidden = 0.0
    if plain + hints > 0 and reach >= 0.25:
        hidden = 3 * min(2, len(_HIDING.findall(original[:4000]))) + 1.5 * min(2, len(_DOMAIN.findall(original[:4000])))
    also = weights["promo"] + weights["contact"]
    beside = min(hints, plain + also + hidden)
    sells = plain + beside + (hints - beside) / 2
    also = min(also, sells) + min(hidden, sells)
    against = 1.5 * weights["report"] + min(1.5 * weights["prose"], 0.7 * sells)
    grammar = sum(c in _GRAMMAR for c in text) / max(len(text), 1)
    full = 8 + 12 * min(1, max(0, (grammar - 0.02) / 0.05))
    sold = min(1, max(0, sells + also - against) / full) * min(1, reach / 0.5)
    questions, again = weights["stuffing"] - weights["report"] - weights["prose"], repeated(visible, 2)
    dense = min(1, max(0, questions) / max(len(text), 1) / 0.08) * min(1, again / 0.4) * (asked >= 4)
    stuffed = asked >= 2 and questions > 0 and again >= 0.2 and 60 <= len(text) <= 1200
    return max(sold, dense, _measure_term(text) if stuffed else 0)


def measure(text: str) -> dict[str, float]:
    lines = [line for line in text.split("\n") if any(kind(c) >= 0 for c in line)]
    visible = "".join(c for c in text if c != "\n" and kind(c) >= 0)
    kinds = Counter(map(kind, visible))
    total = max(len(visible), 1)
    n_sentences = sum(map(sentences, lines))
    hanzi = [c for c in visible if kind(c) == HANZI]
    simple, only = (sum(bool(classes_of(c) & bit) for c in hanzi) for bit in (cp.SIMPLIFIED, cp.TRADITIONAL_ONLY))
    costed = [float(load_costs()[ord(c)]) for c in visible if ord(c) > 127 and kind(c) not in SIGNS]
    shares = {
        "hanzi": HANZI, "kana": KANA, "hangul": HANGUL, "latin": LATIN, "digit": DIGIT, "symbol": SYMBOL, "other": OTHER,
        "unreadable": UNREADABLE,
    }
    return {
        "n_visible": len(visible),
        "n_lines": len(lines),
        "n_sentences": n_sentences,
        "mean_sentence": len(visible) / n_sentences if n_sentences else 0,
        "ended_share": sum(map(is_ended, lines)) / max(len(lines), 1),
        "link_share": sum(map(is_link, lines)) / max(len(lines), 1),
        **{f"{name}_share": kinds[k] / total for name, k in shares.items()},
        "traditional_share": only / (simple + only) if simple + only else 0,
        "distinct_hanzi": len(set(hanzi)),
        **{f"repeated_{n}": repeated(visible, n) for n in (2, 5, 10)},
        "entropy": -sum(n / total * math.log2(n / total) for n in Counter(visible).values()),
        "mean_cost": sum(costed) / len(costed) if costed else 0,
        "longest_run": max(map(longest, lines), default=0),
        "spam_score": spam(text),
    }
