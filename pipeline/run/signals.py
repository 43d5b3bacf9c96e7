"""What is measured on the clean text of a row, as columns: see `pipeline.signals`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.record import Texts
from pipeline.signals.measure import measure
from pipeline.signals.table import NAMES

__all__ = ["signal_columns", "signals_in"]


def signal_columns(texts: Texts) -> dict[str, pa.Array]:
    """The column `signals` of rows with these texts."""
    values = pa.array(measure(texts).ravel())
    bounds = pa.array(np.arange(0, len(values) + 1, len(NAMES)), pa.int32())
    return {"signals": pa.ListArray.from_arrays(bounds, values)}


def signals_in(table: pa.Table) -> NDArray[np.float64]:
    """The signals of rows of documents: float64 [rows, signals]."""
    values: NDArray[np.float64] = table["signals"].combine_chunks().flatten().to_numpy()
    return values.reshape(-1, len(NAMES))
