"""The net over the lines of a page, for training. `pipeline.stages.boilerplate.net` runs the same with numpy.

A line is its columns and the weighted mean of the embeddings of its grams; blocks of dilated convolutions carry what stands around
it; halfway the mean and the maximum over the page are added to every line. Heads: keep, title, kind; and what the page is.
"""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found]
from torch import Tensor, nn
from torch.nn import functional as F  # type: ignore[import-not-found]

DILATIONS = (1, 2, 4, 8, 16, 1)
WIDTH = 5


class LineNet(nn.Module):  # type: ignore[misc]
    """See the head of this file."""

    def __init__(self, columns: int, kinds: int, buckets: int = 1 << 15, d: int = 48, h: int = 64, drop: float = 0.15,
                 blind: float = 0.0, dilations: tuple[int, ...] = DILATIONS) -> None:
        super().__init__()
        self.d, self.dilations, self.drop, self.blind = d, dilations, drop, blind
        self.table, self.weight = nn.EmbeddingBag(buckets, d, mode="sum"), nn.Embedding(buckets, 1)
        nn.init.normal_(self.table.weight, std=.3)
        nn.init.zeros_(self.weight.weight)
        self.words = nn.Linear(d, h, bias=False)
        self.enter = nn.Linear(columns, h)
        self.depth = nn.ParameterList([nn.Parameter(torch.randn(h, WIDTH) * .3) for _ in dilations])
        self.point = nn.ModuleList([nn.Linear(h, h) for _ in dilations])
        self.context = nn.Linear(2 * h, h)
        self.heads = nn.Linear(h, 2 + kinds)
        self.page = nn.Linear(2 * h, 3)
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))

    def encode(self, grams: Tensor, ends: Tensor) -> Tensor:
        w = torch.exp(self.weight(grams)[:, 0].clamp(-4, 4))
        e = self.table(grams, ends[:-1], per_sample_weights=w)
        total = torch.zeros(len(ends) - 1).index_add_(0, torch.repeat_interleave(torch.arange(len(ends) - 1), ends.diff()), w)
        return e / total.clamp(min=1e-6)[:, None]

    def forward(self, X: Tensor, grams: Tensor, ends: Tensor, at: Tensor, size: tuple[int, int]) -> Any:
        """`at`: the place of each line in pages × longest page."""
        x = ((X - self.mean) * self.scale).clamp(-6, 6)
        p = self.drop if self.training else 0.
        h = self.enter(F.dropout(x, p / 2))
        words = self.encode(grams, ends)
        if self.training:       # some pages are read by their columns alone, so that the net does not lean on the words of a site
            words = words * (torch.rand(size[0]) >= self.blind)[at // size[1], None]
        h = h + self.words(F.dropout(words, p))
        h = F.dropout(F.relu(h), p)
        pages, longest = size
        grid = h.new_zeros(pages * longest, h.shape[1]).index_copy(0, at, h).view(pages, longest, -1).transpose(1, 2)
        mask = h.new_zeros(pages * longest).index_fill(0, at, 1.).view(pages, 1, longest)
        half = len(self.dilations) // 2
        for k, (dil, w, lin) in enumerate(zip(self.dilations, self.depth, self.point, strict=True)):
            if k == half:
                pooled = self.pool(grid, mask)
                grid = (grid + F.relu(self.context(pooled))[:, :, None]) * mask
            u = F.conv1d(grid, w[:, None, :], padding=dil * (WIDTH // 2), dilation=dil, groups=grid.shape[1])
            u = F.relu(F.linear(u.transpose(1, 2), lin.weight, lin.bias)).transpose(1, 2)
            grid = (grid + F.dropout(u, p)) * mask
        flat = grid.transpose(1, 2).reshape(pages * longest, -1)[at]
        return self.heads(F.dropout(flat, p)), self.page(F.dropout(self.pool(grid, mask), p))

    @staticmethod
    def pool(grid: Tensor, mask: Tensor) -> Tensor:
        mean = grid.sum(2) / mask.sum(2).clamp(min=1)
        return torch.cat([mean, (grid + (mask - 1) * 1e4).amax(2)], 1)
