"""What is measured on the clean text of a row, and what follows from it, as columns: see `pipeline.signals`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.options import VerdictsOptions
from pipeline.record import Texts
from pipeline.signals.measure import find_signals, look
from pipeline.signals.quality import find_bucket
from pipeline.signals.table import NAMES
from pipeline.signals.verdicts import find_verdicts
from pipeline.signals.where import COLUMNS, parse_where

__all__ = ["signal_columns", "signals_in"]

About = Mapping[str, str]


def signal_columns(texts: Texts, about: Sequence[About], options: VerdictsOptions) -> dict[str, pa.Array]:
    """The columns `signals`, `language`, `foreign` and `verdict` of rows with these texts.

    `about` is metadata with the id and the source.
    """
    counts, languages, passages = look(texts)
    signals = find_signals(counts)
    verdicts = find_verdicts(signals, languages, options)
    if options.where:
        wanted = _find_wanted(signals, languages, texts.ends - texts.starts, about, options.where)
        full = (texts.ends > texts.starts).tolist()
        verdicts = [v or ("filtered" if some and not w else None) for v, w, some in zip(verdicts, wanted, full, strict=True)]
    bounds = pa.array(np.arange(0, signals.size + 1, len(NAMES)), pa.int32())
    return {
        "signals": pa.ListArray.from_arrays(bounds, pa.array(signals.ravel())),
        "language": pa.array([name or None for name in languages], pa.string()),
        "foreign": pa.array([list(map(str, own)) for own in passages], pa.list_(pa.string())),
        "verdict": pa.array(verdicts, pa.string()),
    }


def _find_wanted(
    signals: NDArray[np.float64], languages: Sequence[str], n_chars: NDArray[np.int64], about: Sequence[About], where: str
) -> list[bool]:
    """Of which documents `where` is true."""
    expression = parse_where(where)
    columns: dict[str, pa.Array] = {}
    for name in expression.names:
        kind = COLUMNS.field(name).type
        if name in NAMES:
            columns[name] = pa.array(signals[:, NAMES.index(name)]).cast(kind)
        elif name == "n_chars":
            columns[name] = pa.array(n_chars)
        else:
            columns[name] = pa.array([value or None for value in _tell(name, signals, languages, about)], kind)
    return expression.choose(columns, len(signals))


def _tell(
    name: str, signals: NDArray[np.float64], languages: Sequence[str], about: Sequence[About]
) -> Iterable[str | None]:
    """A column of words."""
    if name == "quality":
        return map(find_bucket, signals[:, NAMES.index("quality_score")].tolist())
    return languages if name == "language" else (own.get(name) for own in about)


def signals_in(table: pa.Table) -> NDArray[np.float64]:
    """The signals of rows of documents: float64 [rows, signals]."""
    values: NDArray[np.float64] = table["signals"].combine_chunks().flatten().to_numpy()
    return values.reshape(-1, len(NAMES))
