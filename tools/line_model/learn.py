"""Train nets over pages, and score pages with them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]
from net import LineNet
from pages import KINDS
from rows import Rows
from torch.nn import functional as F  # type: ignore[import-not-found]

from pipeline.stages.boilerplate.net import N_UNUSED

Array = np.ndarray[Any, Any]
LINES = 3000        # of a batch
WINDOW = 400        # lines of a page that one batch sees


def batches(rows: Rows, rng: np.random.Generator | None, lines: int = LINES) -> Any:
    """Windows (page, first line, last line), of like length in one batch."""
    windows = []
    for i in range(len(rows.pages)):
        a, b = int(rows.first[i]), int(rows.first[i + 1])
        if rng is None or b - a <= WINDOW:
            windows.append((i, a, b))
        else:
            k = int(rng.integers(0, b - a - WINDOW + 1)) if rng.random() < .5 else (0 if rng.random() < .5 else b - a - WINDOW)
            windows.append((i, a + k, a + k + WINDOW))
    jitter = rng.random(len(windows)) if rng is not None else np.zeros(len(windows))
    order = sorted(range(len(windows)), key=lambda k: (windows[k][2] - windows[k][1]) * (1 + .3 * jitter[k]))
    out, batch = [], []
    for k in order:
        batch.append(windows[k])
        longest = max(w[2] - w[1] for w in batch)
        if longest * len(batch) >= lines:
            out.append(batch)
            batch = []
    if batch:
        out.append(batch)
    if rng is not None:
        rng.shuffle(out)
    return out


def collate(rows: Rows, batch: list[tuple[int, int, int]]) -> dict[str, Any]:
    index = np.concatenate([np.arange(a, b) for _, a, b in batch])
    longest = max(b - a for _, a, b in batch)
    at = np.concatenate([k * longest + np.arange(b - a) for k, (_, a, b) in enumerate(batch)])
    n = rows.ends[index + 1] - rows.ends[index]
    ends = np.concatenate([[0], np.cumsum(n)])
    grams = rows.grams[np.repeat(rows.ends[index] - ends[:-1], n) + np.arange(ends[-1])]
    # What the site says of a line: inputs of the layout that no net uses, see docs/boilerplate.md.
    X = np.concatenate([rows.X[index], np.zeros((len(index), N_UNUSED), np.float32)], axis=1)
    return {
        "index": index, "X": torch.from_numpy(X), "grams": torch.from_numpy(grams).long(),
        "ends": torch.from_numpy(ends), "at": torch.from_numpy(at), "size": (len(batch), longest),
    }


def line_weights(rows: Rows, bare: float) -> Array:
    """Weights for the head of keep: pages of many lines count less than by their lines, bare pages little."""
    n = np.diff(rows.first)
    w = np.array([p.weight for p in rows.pages]) * np.minimum(1, (60 / np.maximum(n, 1)) ** .5)
    w = w * np.array([bare if p.verdict > 0 else 1. for p in rows.pages])
    return np.repeat(w, n)


def train(net: LineNet, make: Any, epochs: int, lr: float, rng: np.random.Generator, keep_up: float = 1.3,
          bare: float = .25, l_title: float = .5, l_kind: float = .2, l_page: float = .3, decay: float = .01, soft: bool = False,
          average: float = .0, quiet: bool = False) -> LineNet:
    """`make(epoch)` gives the rows of an epoch. The weights of the last quarter are averaged."""
    words = [p for k, p in net.named_parameters() if k in ("table.weight", "weight.weight")]
    others = [p for k, p in net.named_parameters() if k not in ("table.weight", "weight.weight")]
    opt = torch.optim.AdamW([{"params": others, "weight_decay": decay}, {"params": words, "weight_decay": 0.}], lr=lr)
    total, step, start, mean = None, 0, time.time(), None
    for epoch in range(epochs):
        rows = make(epoch)
        weight = line_weights(rows, bare)
        todo = batches(rows, rng)
        total = total or epochs * len(todo)
        net.train()
        sums = np.zeros(4)
        for batch in todo:
            for g in opt.param_groups:
                g["lr"] = lr * min(1, (step + 1) / 50) * max(.03, 1 - step / total)
            b = collate(rows, batch)
            line, page = net(b["X"], b["grams"], b["ends"], b["at"], b["size"])
            i = b["index"]
            keep, title, kind = (torch.from_numpy(v[i].astype(np.float32)) for v in (rows.keep, rows.title, rows.kind))
            w = torch.from_numpy((weight[i] * (rows.keep[i] >= 0) * np.where(rows.keep[i] > .5, keep_up, 1)).astype(np.float32))
            by_line = F.binary_cross_entropy_with_logits(line[:, 0], keep.clamp(0, 1), reduction="none")
            loss_k = (by_line * w).sum() / w.sum().clamp(min=1)
            known, up = (title >= 0).float(), torch.tensor(3.)
            by_line = F.binary_cross_entropy_with_logits(line[:, 1], title.clamp(0, 1), reduction="none", pos_weight=up)
            loss_t = (by_line * known).sum() / (known.sum() / 20).clamp(min=1)      # one line in twenty or more is a title
            loss_c = torch.zeros(())
            if (kind >= 0).any():
                has = kind >= 0
                loss_c = F.cross_entropy(line[has][:, 2:], kind[has].long())
            odds = torch.from_numpy(np.stack([rows.pages[k].odds for k, _, _ in batch]))
            told = odds.sum(1) > 0
            loss_p = F.cross_entropy(page[told], odds[told]) if told.any() else torch.zeros(())
            loss = loss_k + l_title * loss_t + l_kind * loss_c + l_page * loss_p
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            opt.step()
            step += 1
            sums += [float(x.detach()) for x in (loss_k, loss_t, loss_c, loss_p)]
        if epoch >= epochs * .75:
            state = {k: v.detach().clone() for k, v in net.state_dict().items()}
            mean = {k: v if mean is None else mean[k] + v for k, v in state.items()}
            n_mean = epoch - int(np.ceil(epochs * .75)) + 1
        if not quiet:
            print(f"  epoch {epoch} {time.time() - start:.0f}s", np.round(sums / max(1, len(todo)), 3), flush=True)
    if mean is not None:
        net.load_state_dict({k: v / n_mean for k, v in mean.items()})
    return net


@torch.no_grad()  # type: ignore[untyped-decorator]
def score(net: LineNet, rows: Rows) -> dict[str, Array]:
    """Probabilities: `keep`, `title` by line, `page` by page and verdict."""
    net.eval()
    keep, title = np.zeros(len(rows.X)), np.zeros(len(rows.X))
    page = np.zeros((len(rows.pages), 3))
    for batch in batches(rows, None, 8000):
        b = collate(rows, batch)
        line, p = net(b["X"], b["grams"], b["ends"], b["at"], b["size"])
        keep[b["index"]], title[b["index"]] = torch.sigmoid(line[:, 0]).numpy(), torch.sigmoid(line[:, 1]).numpy()
        page[[k for k, _, _ in batch]] = torch.softmax(p, 1).numpy()
    return {"keep": keep, "title": title, "page": page}


def fresh(columns: int, X: Array | None, **config: Any) -> LineNet:
    net = LineNet(columns, len(KINDS), **config)
    if X is not None:
        net.mean[:X.shape[1]] = torch.from_numpy(X.mean(0))
        net.scale[:X.shape[1]] = torch.from_numpy(1 / (X.std(0) + .05))
    return net
