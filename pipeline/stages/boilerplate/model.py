"""The line model: two sets of boosted trees, the second of which sees the first's scores around each line.

The rule of this file: weights in `pipeline/data/boilerplate_trees.npz` (made by `tools/train_boilerplate.py`), features
in, scores out. A score is the model's probability that a line is furniture of its site.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.features import Measured, join_rows, look_around, place
from pipeline.stages.boilerplate.kernels.columns import name_around, name_rows
from pipeline.stages.boilerplate.kernels.trees import Layout, score_rows
from pipeline.stages.boilerplate.trees import Trees, lay_out

__all__ = ["CUT", "score_lines", "score_to_rest"]

#: A line goes where its score is above this. On sites left out F1 moves by less than 0.02 between 0.45 and 0.6; higher keeps
#: more lines of forums, lower cuts more of news sites (docs/boilerplate.md).
CUT = 0.5
#: The second model looks at documents in which the first gives some line more than this. Both must agree to reach CUT, so
#: that a document under it would need 0.7 from the second alone.
HOT = 0.3
#: Rounds of cutting and looking again at what is left. Of 367 labelled pages 14 took a second round, which cut 19 lines of
#: 37,000; two took a fourth or fifth.
MAX_ROUNDS = 6
#: Rows that are put together and scored at once: 240 kB, which stay in the cache.
CHUNK = 256


@cache
def load_trees() -> tuple[Trees, Trees]:
    """The first and the second model, as trained."""
    path = resources.files("pipeline") / "data" / "boilerplate_trees.npz"
    with resources.as_file(path) as file, np.load(file) as data:
        first, second = (Trees(*(data[f"{name}_{field}"] for field in Trees._fields)) for name in ("first", "second"))
    return first, second


@cache
def load_layouts(kinds: tuple[str, ...]) -> tuple[Layout, Layout]:
    """The first and the second model, as they score rows of these kinds of phrases."""
    first, second = load_trees()
    names = name_rows(kinds)
    return lay_out(first, names), lay_out(second, [*names, *name_around()])


def score_lines(lines: Measured) -> NDArray[np.float64]:
    """How sure the model is that each line is furniture: float64 [n], 0 to 1.

    The mean of both models: the second alone is as good on furnished pages, but takes more from clean ones (held out:
    it keeps 0.962 of their characters, the mean 0.997).
    """
    first_model, second_model = load_layouts(lines.phrases.kinds)
    first, places = place(lines)
    score = np.empty(len(places), np.float64)
    for a in range(0, len(score), CHUNK):
        score_rows(join_rows(lines, places, slice(a, a + CHUNK)), first_model, score[a:a + CHUNK])
    if not len(score):
        return score
    n = np.diff(first)
    hot = np.repeat(np.maximum.reduceat(score, first[:-1]) > HOT, n)       # the other documents have nothing to decide
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(n[hot[first[:-1]]])))
    rows = np.flatnonzero(hot)
    around = look_around(lines.own[rows], bounds, score[rows])
    second = np.empty(CHUNK, np.float64)
    for a in range(0, len(rows), CHUNK):
        some = rows[a:a + CHUNK]
        score_rows(join_rows(lines, places, some, around[a:a + CHUNK]), second_model, second[:len(some)])
        score[some] = (score[some] + second[:len(some)]) / 2
    return score


def score_to_rest(lines: Measured, protected: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Scores after cutting and looking again until nothing more goes, so that the stage leaves its own output alone.

    A line that went keeps the score with which it went; a line that stays has a score of CUT or less (or is protected).
    """
    score = np.zeros(len(lines.line), np.float64)
    rows = np.arange(len(lines.line))
    left = lines
    for _ in range(MAX_ROUNDS):
        if not len(rows):
            break
        score[rows] = score_lines(left)
        goes = (score[rows] > CUT) & ~protected[rows]
        changed = np.unique(left.doc[goes])
        if not len(changed):
            break
        rows = rows[~goes & np.isin(left.doc, changed)]
        left = lines.take(rows)
    return score
