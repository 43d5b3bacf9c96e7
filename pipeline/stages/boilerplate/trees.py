"""The trees of the line model, and the same laid out for scoring.

The rule of this file: `Trees` is what training writes and a person can walk; `Layout` follows from it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.kernels.trees import LOWEST, Layout

__all__ = ["Layout", "Trees", "lay_out"]


class Trees(NamedTuple):
    """Trees as flat arrays; a node whose `feature` is -1 is a leaf and its `value` counts, else it is the threshold."""

    root: NDArray[np.int32]
    feature: NDArray[np.int16]
    value: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    usual: NDArray[np.float32]      # [features]: the median of each over the rows of the training; speed only
    names: NDArray[np.str_]         # [features]: the columns that it was trained on


def lay_out(trees: Trees, names: Sequence[str]) -> Layout:
    """Number the leaves of each tree usual side first, and sort its nodes by feature and side.

    `names` are the columns of the rows that will be scored, in order: those that the trees were trained on are found among
    them wherever they stand, others are not looked at. Raises ValueError for one that is not there.
    """
    trees = find_columns(trees, names)
    nodes: list[tuple[bool, int, float, int, int]] = []     # usual side right, feature, signed threshold, tree, leaves that stay
    leaf = np.zeros((len(trees.root), 32), np.float32)
    for number, root in enumerate(trees.root.tolist()):
        found = _number_leaves(trees, root, number, nodes)
        if len(found) > 32:
            raise ValueError(f"a tree has {len(found)} leaves: a layout holds 32")
        for bit, value in enumerate(found):
            leaf[number, ((LOWEST << bit) & 0xFFFFFFFF) >> 27] = value
    nodes.sort()
    lists = [node[:2] for node in nodes]
    begin = [k for k in range(len(nodes)) if not k or lists[k] != lists[k - 1]]
    return Layout(
        np.array([lists[k][1] for k in begin], np.int16), np.array([*begin, len(nodes)], np.int32),
        sum(not lists[k][0] for k in begin),
        np.array([-node[2] if node[0] else node[2] for node in nodes], np.float32),
        np.array([node[3] for node in nodes], np.int16), np.array([node[4] for node in nodes], np.uint32), leaf,
    )


def find_columns(trees: Trees, names: Sequence[str]) -> Trees:
    """The same trees over rows whose columns have these names."""
    place = {name: k for k, name in enumerate(names)}
    missing = [name for name in trees.names.tolist() if name not in place]
    if missing:
        raise ValueError(f"the weights were trained on columns that are gone ({', '.join(missing)}): train the line model again")
    at = np.array([place[name] for name in trees.names.tolist()], np.int16)
    usual = np.zeros(len(names), np.float32)
    usual[at] = trees.usual
    return trees._replace(feature=np.where(trees.feature < 0, trees.feature, at[trees.feature]), usual=usual, names=np.array(names))


def _number_leaves(trees: Trees, root: int, number: int, nodes: list[tuple[bool, int, float, int, int]]) -> list[float]:
    """The leaves of one tree in their order; its nodes go into `nodes`."""
    leaves: list[float] = []

    def visit(at: int) -> None:
        feature, value = int(trees.feature[at]), float(trees.value[at])
        if feature < 0:
            leaves.append(value)
            return
        goes_right = bool(trees.usual[feature] > value)
        first, second = (trees.right, trees.left) if goes_right else (trees.left, trees.right)
        a = len(leaves)
        visit(int(first[at]))
        ruled_out = (1 << len(leaves)) - (1 << a)
        nodes.append((goes_right, feature, -value if goes_right else value, number, 0xFFFFFFFF & ~ruled_out))
        visit(int(second[at]))

    visit(root)
    return leaves
