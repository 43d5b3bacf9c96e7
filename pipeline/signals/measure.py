"""The signals of texts as numbers. A text's own follow from it alone, whatever stands beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import BLANK, NEWLINE, load_classes
from pipeline.record import Texts
from pipeline.signals.counting import count_characters
from pipeline.signals.foreign import Passage, find_foreign
from pipeline.signals.kernels import columns as c
from pipeline.signals.kernels.grams import count_repeated
from pipeline.signals.language import find_languages
from pipeline.signals.quality import find_score
from pipeline.signals.spam import find_spam
from pipeline.signals.table import DECIMALS, NAMES
from pipeline.stages.personal import SENSITIVE, count_personal

__all__ = ["Look", "count", "find_signals", "look", "measure"]

Floats = NDArray[np.float64]

#: Lengths of the n-grams whose repetition is a signal.
GRAMS = (2, 5, 10)
#: Characters of a text of which they are counted: of 67 million, in a file of 200 MB, the table alone would take 3 GB.
MOST = 1 << 22


class Look(NamedTuple):
    """What is known of the texts of a batch."""

    counts: Floats                      # columns as in `kernels.columns`
    languages: list[str]
    passages: list[list[Passage]]       # in other languages


def measure(texts: Texts) -> Floats:
    """The signals of each text, columns as in `table.SIGNALS`: float64 [texts, signals].

    >>> from pipeline.signals.table import NAMES
    >>> row = dict(zip(NAMES, measure(Texts.of(["淘沙，abc。"]))[0].tolist()))
    >>> row["n_visible"], row["hanzi_share"], row["latin_share"], row["ended_share"]
    (7.0, 0.2857, 0.4286, 1.0)
    """
    return find_signals(count(texts))


def find_signals(counts: Floats) -> Floats:
    """The signals from the counts of texts."""
    columns = _find_columns(counts)
    signals: Floats = np.stack([columns[name] for name in NAMES], axis=1)
    return signals.round(DECIMALS)


def count(texts: Texts) -> Floats:
    """Counts of each text, columns as in `kernels.columns`."""
    return look(texts).counts


def look(texts: Texts) -> Look:
    """All that is known of texts: their counts, from which the signals follow, languages, and foreign passages."""
    counts = count_characters(texts)
    _count_grams(texts, counts)
    counts[:, c.SPAM] = find_spam(texts, counts[:, c.REPEATED])
    for kind, n in count_personal(texts).items():
        counts[:, c.PERSONAL] += n
        counts[:, c.SENSITIVE] += n * (kind in SENSITIVE)
    languages = find_languages(texts, counts)
    passages = find_foreign(texts, counts, languages)
    counts[:, c.PASSAGES] = list(map(len, passages))
    for doc, own in enumerate(passages):
        if own:
            whole = texts.text(doc)
            counts[doc, c.FOREIGN] = sum(len("".join(whole[p.start:p.end].split())) for p in own)
    return Look(counts, languages, passages)


def _count_grams(texts: Texts, counts: Floats) -> None:
    """Shares of repeated n-grams, into their columns."""
    classes = load_classes()
    visible = texts.points[classes[texts.points] & np.uint32(BLANK | NEWLINE) == 0]
    sizes = counts[:, c.HANZI:c.UNREADABLE + 1].sum(axis=1).astype(np.int64)
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    longest = int(min(MOST, sizes.max(initial=0)))
    room = 1 << max(4, (2 * longest).bit_length())
    out = np.empty((len(texts), len(GRAMS)))
    keys, stamps = np.empty(room, np.uint64), np.zeros(room, np.int32)
    slots, again = np.empty(longest + 1, np.int32), np.empty(longest + 1, np.bool_)
    count_repeated(visible, bounds, np.array(GRAMS), MOST, keys, stamps, slots, again, out)
    counts[:, c.REPEATED:c.REPEATED + len(GRAMS)] = out


def _find_columns(counts: Floats) -> dict[str, Floats]:
    """The signals by name, from the counts."""
    visible = counts[:, c.HANZI:c.UNREADABLE + 1].sum(axis=1)
    lines, sentences = counts[:, c.LINES], counts[:, c.SENTENCES]
    scripts = counts[:, c.SIMPLIFIED_ONLY] + counts[:, c.TRADITIONAL_ONLY]
    found = {
        "n_visible": visible,
        "n_lines": lines,
        "n_sentences": sentences,
        "mean_sentence": _divide(visible, sentences),
        "ended_share": _divide(counts[:, c.ENDED], lines),
        "link_share": _divide(counts[:, c.LINKS], lines),
        "hanzi_share": _divide(counts[:, c.HANZI], visible),
        "kana_share": _divide(counts[:, c.KANA], visible),
        "hangul_share": _divide(counts[:, c.HANGUL], visible),
        "latin_share": _divide(counts[:, c.LATIN], visible),
        "digit_share": _divide(counts[:, c.DIGIT], visible),
        "symbol_share": _divide(counts[:, c.SYMBOL], visible),
        "other_share": _divide(counts[:, c.OTHER], visible),
        "unreadable_share": _divide(counts[:, c.UNREADABLE], visible),
        "traditional_share": _divide(counts[:, c.TRADITIONAL_ONLY], scripts),
        "distinct_hanzi": counts[:, c.DISTINCT],
        **{f"repeated_{n}": counts[:, column] for column, n in enumerate(GRAMS, start=c.REPEATED)},
        "entropy": counts[:, c.ENTROPY],
        "mean_cost": _divide(counts[:, c.COST], counts[:, c.COSTED]),
        "longest_run": counts[:, c.LONGEST],
        "spam_score": counts[:, c.SPAM],
        "n_personal": counts[:, c.PERSONAL],
        "n_sensitive": counts[:, c.SENSITIVE],
        "n_foreign": counts[:, c.PASSAGES],
        "foreign_share": np.minimum(_divide(counts[:, c.FOREIGN], visible), 1),
    }
    return found | {"quality_score": find_score(found)}


def _divide(some: Floats, of: Floats) -> Floats:
    """A quotient, 0 where there is nothing to divide by."""
    return np.divide(some, of, out=np.zeros(len(of)), where=of > 0)
