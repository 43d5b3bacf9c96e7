"""Train the trees over a line and its place, and write `pipeline/data/boilerplate_trees.npz`.

They see pages of text only: what a page is the net says. The material is one epoch of what the nets are trained on.
"""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import augment
import numpy as np
import rows as table
import threads

from pipeline.stages.boilerplate.kernels import columns as col
from pipeline.stages.boilerplate.net import PLACES
from pipeline.stages.boilerplate.phrases import KINDS

try:
    import lightgbm as lgb  # type: ignore[import-not-found]
except ImportError:
    raise SystemExit("boost.py needs lightgbm, in an environment of its own: pip install lightgbm") from None

Array = np.ndarray[Any, Any]
LEAVES, TREES, RATE = 24, 240, 0.08
#: Pages beside the labelled ones, and the share of these that are given again as they should come out.
MIXED, MADE, THREADS, ARTICLES, CLEAN = 500, 260, 120, 150, 0.35


def join_columns(rows: table.Rows) -> Array:
    """The rows of `features.join_rows`, in its order."""
    n, places = rows.own.shape[1], PLACES.stop - PLACES.start
    return np.concatenate([rows.own, rows.X[:, n:rows.X.shape[1] - places], rows.places], axis=1, dtype=np.float32)


def weigh(rows: table.Rows, scale: float = 1.0) -> Array:
    """Weights by line: lines of long pages count less, content more, since losing it is worse than leaving noise."""
    n = np.diff(rows.first)
    by_page = np.array([p.weight for p in rows.pages]) * np.minimum(1, (60 / np.maximum(n, 1)) ** .5)
    w = np.repeat(by_page, n) * scale
    w[rows.keep < 0] = 0
    w[rows.keep == 1] *= 1.3
    return w


def train(pages: list[Any], clean: table.Rows, maker: threads.Threads, chance: random.Random) -> dict[str, Array]:
    """Trees that have seen these labelled pages, what is made of them, and documents of the clean corpora."""
    wanted = ((maker.page, MADE), (maker.thread, THREADS), (maker.article, ARTICLES))
    made = [make_one(k) for make_one, n in wanted for k in range(n)]
    rows = table.tabulate([p for p in augment.augment(pages, chance, MIXED, CLEAN, made) if p.verdict <= 0])
    X = np.concatenate([join_columns(rows), join_columns(clean)])
    y, w = np.concatenate([rows.keep, clean.keep]), np.concatenate([weigh(rows), weigh(clean, .5)])
    use = w > 0
    params = {
        "objective": "binary", "num_leaves": LEAVES, "learning_rate": RATE, "min_data_in_leaf": 25, "feature_fraction": .35,
        "bagging_fraction": .7, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1, "num_threads": 1, "seed": 7,
        "max_bin": 63, "deterministic": True, "force_row_wise": True,
    }
    model = lgb.train(params, lgb.Dataset(X[use], (y[use] == 0).astype(int), weight=w[use]), TREES)
    return flatten(model, X)


def flatten(model: Any, rows: Array) -> dict[str, Array]:
    """Trees as flat arrays, fields of `pipeline.stages.boilerplate.trees.Trees`; `rows` are usual ones, to score fast."""
    root: list[int] = []
    feature: list[int] = []
    value: list[float] = []
    left: list[int] = []
    right: list[int] = []

    def walk(node: dict[str, Any]) -> int:
        at = len(feature)
        feature.append(-1)
        value.append(node.get("leaf_value", 0.0))
        left.append(0)
        right.append(0)
        if "split_feature" in node:
            limit = np.float32(node["threshold"])          # rounded down: rows are float32, thresholds may lie between two
            feature[at] = node["split_feature"]
            value[at] = float(limit if float(limit) <= node["threshold"] else np.nextafter(limit, np.float32(-np.inf)))
            left[at] = walk(node["left_child"])
            right[at] = walk(node["right_child"])
        return at

    for tree in model.dump_model()["tree_info"]:
        root.append(walk(tree["tree_structure"]))
    return {
        "root": np.array(root, np.int32), "feature": np.array(feature, np.int16), "value": np.array(value, np.float32),
        "left": np.array(left, np.int32), "right": np.array(right, np.int32),
        "usual": np.median(rows, axis=0).astype(np.float32), "names": np.array(col.name_rows(KINDS)),
    }


def write(arrays: dict[str, Array], folder: Path, trained: list[str], left_out: list[str]) -> None:
    """`boilerplate_trees.npz`; `trained` and `left_out` as in `export.write`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, trained=np.array(trained), left_out=np.array(left_out))  # type: ignore[arg-type]
    (folder / "boilerplate_trees.npz").write_bytes(buffer.getvalue())
    print("boilerplate_trees.npz", len(buffer.getvalue()), "bytes")
