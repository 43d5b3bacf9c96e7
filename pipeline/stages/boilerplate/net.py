"""The net over the lines of a page: which lines are content, which is the title, what the page is.

The rule of this file: weights in `pipeline/data/line_net.npz` and `line_table.npz` (made by `tools/line_model`), measured lines in,
probabilities out. The trees (`model`) are asked about the lines of which the net is unsure.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.boilerplate.features import Measured, find_places
from pipeline.stages.boilerplate.kernels.columns import N_PLACE, PLACE
from pipeline.stages.boilerplate.kernels.line_net import score_pages
from pipeline.stages.boilerplate.kernels.tiles import WIDE, WORDS
from pipeline.stages.boilerplate.kernels.trees import Layout
from pipeline.stages.boilerplate.model import ask_trees

__all__ = ["N_HEADS", "N_UNUSED", "PLACES", "VERDICTS", "Look", "Net", "load_net", "look_at"]

F32 = NDArray[np.float32]
#: Of the columns of `place` those that the net reads: where a line stands in its page, and what stands above and below. What its
#: neighbours are the net sees from them.
PLACES = slice(PLACE, N_PLACE)
#: Columns behind those that the weights have a row for and that are 0, in training as in scoring: on how many pages of the site a
#: line stands, which `template` counts and `recurring` decides on.
N_UNUSED = 5
#: What a page is, in the order of the page's head.
VERDICTS = ("text", "listing", "empty")
KEEP, TITLE, N_HEADS = 0, 1, 2      # columns of the heads; those behind are kinds, which only train


class Net(NamedTuple):
    """The weights, in the order of the arguments of `kernels.line_net.score_pages`."""

    low: F32                        # [columns]: the bounds of each column
    high: F32
    table: NDArray[np.int8]         # [buckets, d]: embeddings of grams, in grains
    weight: F32                     # [buckets]: of each in the mean
    enter: F32                      # [columns + d, H]
    enter_bias: F32
    dilations: NDArray[np.int64]
    depth: F32                      # [blocks, 5, H]
    point: F32                      # [blocks, H, H]
    point_bias: F32
    context: F32                    # [2 H, H]
    context_bias: F32
    heads: F32                      # [H, N_HEADS]
    heads_bias: F32
    page: F32                       # [2 H, 3]
    page_bias: F32


class Look(NamedTuple):
    """What the net sees in some pages: probabilities."""

    first: NDArray[np.int64]        # [pages + 1]: bounds of the pages in the lines
    keep: F32                       # [n]: that the line is content
    title: F32                      # [n]: that it is the title
    page: F32                       # [pages, 3]: what the page is


@cache
def load_net() -> Net:
    """Read the weights."""
    folder = resources.files("pipeline") / "data"
    with resources.as_file(folder / "line_net.npz") as net, resources.as_file(folder / "line_table.npz") as table:
        return unpack({**np.load(net), **np.load(table)})


def unpack(arrays: dict[str, NDArray[np.generic]]) -> Net:
    """A net out of its file, where floats have half their width."""
    kinds = {"table": np.int8, "dilations": np.int64}
    for name, at_once in (("enter", WIDE), ("table", WORDS)):
        if (width := arrays[name].shape[1]) % at_once:
            raise ValueError(f"{name!r} of the net is {width} wide: {at_once} columns are computed at a time")
    return Net(*(np.ascontiguousarray(arrays[name], kinds.get(name, np.float32)) for name in Net._fields))


def look_at(lines: Measured, net: Net | None = None, trees: Layout | None = None) -> Look:
    """Look at pages once.

    The weights that ship look where no `net` is given; a net that is given looks alone, or with the `trees` given.
    """
    asked, net = net is None or trees is not None, net or load_net()
    places = find_places(lines)
    first = places.first
    n, pages = len(lines.doc), len(first) - 1
    by_line, by_page = np.empty((n, N_HEADS), np.float32), np.empty((max(pages, 0), len(VERDICTS)), np.float32)
    if not n:
        return Look(np.zeros(1, np.int64), by_line[:, 0], by_line[:, 1], by_page)
    score_pages(first, lines.own, lines.cover, lines.opens, places.here, lines.folded, lines.bounds, *net, by_line, by_page)
    odds = np.exp(by_page - by_page.max(axis=1, keepdims=True))
    line = ((1 + np.tanh(by_line / 2)) / 2).astype(np.float32)          # the logistic function, which overflows nowhere
    keep = ask_trees(lines, places, line[:, KEEP], trees) if asked else line[:, KEEP]
    return Look(first, keep, line[:, TITLE], (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32))
