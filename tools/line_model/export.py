"""A trained net as the package reads it: the table in int8, the rest in half width, standardisation folded into the weights."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from net import LineNet

Array = np.ndarray[Any, Any]
BOUND = 6.0         # standard deviations
#: Fields that are not written in half width.
WHOLE: dict[str, Any] = {
    "table": np.int8, "dilations": np.int64, "low": np.float32, "high": np.float32, "enter_bias": np.float32,
}


def to_arrays(net: LineNet) -> dict[str, Array]:
    """The fields of `pipeline.stages.boilerplate.net.Net`."""
    s = {k: v.detach().numpy().astype(np.float64) for k, v in net.state_dict().items()}
    mean, scale = s["mean"], s["scale"]
    table = s["table.weight"]
    grain = np.abs(table).max(axis=0) / 127
    enter = np.concatenate([s["enter.weight"].T * scale[:, None], s["words.weight"].T * grain[:, None]])
    if len(enter) % 2:
        enter = np.concatenate([enter, np.zeros((1, enter.shape[1]))])
    return {
        "low": mean - BOUND / scale, "high": mean + BOUND / scale, "table": np.round(table / grain).astype(np.int8),
        "weight": np.exp(s["weight.weight"][:, 0].clip(-4, 4)), "enter": enter,
        "enter_bias": s["enter.bias"] - (mean * scale) @ s["enter.weight"].T, "dilations": np.array(net.dilations),
        "depth": np.stack([s[f"depth.{k}"].T for k in range(len(net.dilations))]),
        "point": np.stack([s[f"point.{k}.weight"].T for k in range(len(net.dilations))]),
        "point_bias": np.stack([s[f"point.{k}.bias"] for k in range(len(net.dilations))]),
        "context": s["context.weight"].T, "context_bias": s["context.bias"],
        "heads": s["heads.weight"].T[:, :2], "heads_bias": s["heads.bias"][:2],
        "page": s["page.weight"].T, "page_bias": s["page.bias"],
    }


def write(arrays: dict[str, Array], folder: Path, trained: list[str], left_out: list[str]) -> None:
    """`line_table.npz` and `line_net.npz`; `trained` names files of which the net has seen pages, `left_out` sites it has not."""
    def pack(names: list[str], path: Path) -> None:
        buffer = io.BytesIO()
        packed = {k: arrays[k].astype(WHOLE.get(k, np.float16)) for k in names}
        if "enter" in names:
            packed |= {"trained": np.array(trained), "left_out": np.array(left_out)}
        np.savez_compressed(buffer, **packed)  # type: ignore[arg-type]
        path.write_bytes(buffer.getvalue())
        print(path.name, len(buffer.getvalue()), "bytes")
    pack(["table", "weight"], folder / "line_table.npz")
    pack([k for k in arrays if k not in ("table", "weight")], folder / "line_net.npz")
