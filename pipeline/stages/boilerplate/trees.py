"""The trees of the line model, and the same laid out for scoring.

The rule of this file: `Trees` is what training writes and a person can walk; `Layout` follows from it alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.kernels.trees import LOWEST

__all__ = ["Layout", "Trees", "lay_out"]


class Trees(NamedTuple):
    """Trees as flat arrays; a node whose `feature` is -1 is a leaf and its `value` counts, else it is the threshold."""

    root: NDArray[np.int32]
    feature: NDArray[np.int16]
    value: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    usual: NDArray[np.float32]      # [features]: the median of each over the rows of the training; speed only


class Layout(NamedTuple):
    """Arguments of `pipeline.stages.boilerplate.kernels.trees.score_rows`, in its order."""

    feature: NDArray[np.int16]
    begin: NDArray[np.int32]
    n_over: int
    threshold: NDArray[np.float32]
    tree: NDArray[np.int16]
    stays: NDArray[np.uint32]
    leaf: NDArray[np.float32]


def lay_out(trees: Trees) -> Layout:
    """Number the leaves of each tree usual side first, and sort its nodes by feature and side."""
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
