"""How the signals of a corpus are spread, as a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from pipeline.errors import InputError
from pipeline.show.terminal import Terminal
from pipeline.signals.spread import QUANTILES
from pipeline.signals.table import NAMES

__all__ = ["find_stats", "name_quantile", "print_stats"]


def find_stats(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest says of the documents of its run: what became of them, and of those kept languages, quality and
    the quantiles of each signal.

    Raises InputError where the run is of a version that measured none, or its manifest is damaged.
    """
    if "signals" not in manifest:
        raise InputError("this run measured no signals: an earlier version made it; clean its inputs again")
    fates = {k.removeprefix("fate/"): n for k, n in manifest["counts"].items() if k.startswith("fate/")}
    told = manifest["signals"]
    labels = {name: manifest.get(name, {}) for name in ("languages", "quality")}
    if not (_spreads(told) and all(map(_counts, labels.values()))):
        raise InputError("what manifest.json says of signals, languages or quality is damaged; clean the inputs of this run again")
    signals = {name: told[name] for name in NAMES if name in told}
    return {"fates": fates} | labels | {"quantiles": list(QUANTILES), "signals": signals}


def _counts(said: object) -> bool:
    return isinstance(said, dict) and all(isinstance(n, int) for n in said.values())


def _spreads(said: object) -> bool:
    return isinstance(said, dict) and all(
        isinstance(own, list) and all(isinstance(n, int | float) for n in own) for own in said.values())


def print_stats(found: Mapping[str, Any]) -> None:
    """Print it."""
    terminal = Terminal(None if sys.stdout.isatty() else 120, wrap=True)
    for name in ("fates", "languages", "quality"):
        counted = sorted(found[name].items(), key=lambda item: (-item[1], item[0]))
        terminal.print(f"{name}: " + ", ".join(f"{label or 'not told'} {n:,}" for label, n in counted))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("of those kept", no_wrap=True)
    for q in found["quantiles"]:
        table.add_column(name_quantile(q), justify="right", no_wrap=True)
    for name, values in found["signals"].items():
        table.add_row(name, *map(_show_number, values))
    terminal.print(table)


def _show_number(value: float) -> str:
    """A value of a signal, short."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def name_quantile(quantile: float) -> str:
    """What a column is called."""
    return {0.0: "least", 0.5: "median", 1.0: "most"}.get(quantile, f"{quantile:.0%}")
